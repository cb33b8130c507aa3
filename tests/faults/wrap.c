/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls themselves, made in two ways from the same text:
 *
 *   linked into the program with --wrap, they take the place of the program's
 *   own calls, and not of those that libraries make;
 *
 *   with FAULTS_PRELOAD, as a library for LD_PRELOAD, they take the place of
 *   everybody's calls that go by name: those of libev, libyaml and libcidr,
 *   and the allocations of the C library. The system calls within the C
 *   library are out of reach: those of stdio, opendir() or pthread_create().
 */
#include "tests/faults/faults.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifdef FAULTS_PRELOAD
#define HERE(name) name
#define REAL(name) real_##name
#define DECLARE(type, name, parameters) static type(*real_##name) parameters;
#define FIND(name)               \
	if (real_##name == NULL) \
		*(void **)&real_##name = dlsym(RTLD_NEXT, #name);
int __open_2(const char *path, int flags);
#else
#define HERE(name) __wrap_##name
#define REAL(name) __real_##name
#define DECLARE(type, name, parameters) \
	type __real_##name parameters;  \
	type __wrap_##name parameters;
#define FIND(name)
#endif

#define STRIKES(name, descriptor) \
	faults_strike(FAULTS_##name, descriptor, __builtin_return_address(0))

/* One that fails with errno, or does what it always does. */
#define FAULTY(type, failure, name, parameters, arguments, descriptor) \
	DECLARE(type, name, parameters)                                \
	type HERE(name) parameters                                     \
	{                                                              \
		FIND(name)                                             \
		if (STRIKES(name, descriptor))                         \
			return failure;                                \
		return REAL(name) arguments;                           \
	}

/* clang-format off */

/* ---- memory ---- */

FAULTY(void *, NULL, malloc, (size_t size), (size), -1)
FAULTY(void *, NULL, calloc, (size_t count, size_t size), (count, size), -1)
FAULTY(void *, NULL, realloc, (void *old, size_t size), (old, size), -1)
FAULTY(void *, NULL, aligned_alloc, (size_t align, size_t size),
    (align, size), -1)
FAULTY(char *, NULL, strdup, (const char *text), (text), -1)
FAULTY(void *, MAP_FAILED, mmap,
    (void *at, size_t size, int protection, int flags, int fd, off_t offset),
    (at, size, protection, flags, fd, offset), -1)

/* ---- files ---- */

FAULTY(int, -1, __open_2, (const char *path, int flags), (path, flags), -1)
FAULTY(int, -1, scandir,
    (const char *restrict path, struct dirent ***restrict names,
	int (*filter)(const struct dirent *),
	int (*compare)(const struct dirent **, const struct dirent **)),
    (path, names, filter, compare), -1)
FAULTY(char *, NULL, getcwd, (char *path, size_t size), (path, size), -1)
FAULTY(int, -1, fstat, (int fd, struct stat *status), (fd, status), -1)
FAULTY(int, -1, stat,
    (const char *restrict path, struct stat *restrict status),
    (path, status), -1)
FAULTY(int, -1, lstat,
    (const char *restrict path, struct stat *restrict status),
    (path, status), -1)
FAULTY(int, -1, unlink, (const char *path), (path), -1)

/* ---- sockets ---- */

FAULTY(int, -1, socket, (int domain, int type, int protocol),
    (domain, type, protocol), -1)
FAULTY(int, -1, setsockopt,
    (int fd, int level, int option, const void *value, socklen_t length),
    (fd, level, option, value, length), fd)
FAULTY(int, -1, bind,
    (int fd, __CONST_SOCKADDR_ARG address, socklen_t length),
    (fd, address, length), -1)
FAULTY(int, -1, listen, (int fd, int backlog), (fd, backlog), -1)
FAULTY(int, -1, getsockname,
    (int fd, __SOCKADDR_ARG address, socklen_t *restrict length),
    (fd, address, length), -1)
FAULTY(int, -1, connect,
    (int fd, __CONST_SOCKADDR_ARG address, socklen_t length),
    (fd, address, length), -1)
FAULTY(int, -1, accept4,
    (int fd, __SOCKADDR_ARG address, socklen_t *restrict length, int flags),
    (fd, address, length, flags), -1)
FAULTY(int, -1, shutdown, (int fd, int how), (fd, how), fd)
FAULTY(int, -1, poll, (struct pollfd *polled, nfds_t count, int timeout),
    (polled, count, timeout), -1)

/* ---- loops and threads ---- */

FAULTY(int, -1, signalfd, (int fd, const sigset_t *signals, int flags),
    (fd, signals, flags), -1)
FAULTY(int, -1, epoll_create1, (int flags), (flags), -1)
FAULTY(int, -1, epoll_wait,
    (int loop, struct epoll_event *events, int count, int timeout),
    (loop, events, count, timeout), -1)
FAULTY(int, -1, eventfd, (unsigned value, int flags), (value, flags), -1)
FAULTY(int, -1, pipe, (int ends[2]), (ends), -1)
FAULTY(int, errno, pthread_create,
    (pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
	void *(*run)(void *), void *restrict argument),
    (thread, attributes, run, argument), -1)
FAULTY(int, errno, pthread_sigmask,
    (int how, const sigset_t *restrict signals, sigset_t *restrict before),
    (how, signals, before), -1)
FAULTY(int, errno, pthread_setname_np, (pthread_t thread, const char *name),
    (thread, name), -1)
FAULTY(int, -1, sigaction,
    (int number, const struct sigaction *restrict action,
	struct sigaction *restrict before),
    (number, action, before), -1)
FAULTY(int, -1, getrlimit,
    (__rlimit_resource_t resource, struct rlimit *limit),
    (resource, limit), -1)
FAULTY(int, -1, setrlimit,
    (__rlimit_resource_t resource, const struct rlimit *limit),
    (resource, limit), -1)
FAULTY(int, -1, setpriority,
    (__priority_which_t which, id_t who, int priority),
    (which, who, priority), -1)
FAULTY(int, -1, sched_getaffinity, (pid_t pid, size_t size, cpu_set_t *cpus),
    (pid, size, cpus), -1)
FAULTY(int, -1, nanosleep,
    (const struct timespec *wanted, struct timespec *left),
    (wanted, left), -1)

/* clang-format on */

/* ---- those that take more than one line ---- */

DECLARE(int, open, (const char *path, int flags, ...))
int
HERE(open)(const char *path, int flags, ...)
{
	mode_t mode = 0;

	FIND(open)
	if (flags & (O_CREAT | O_TMPFILE)) {
		va_list arguments;

		va_start(arguments, flags);
		mode = va_arg(arguments, mode_t);
		va_end(arguments);
	}
	if (STRIKES(open, -1))
		return -1;
	return REAL(open)(path, flags, mode);
}

DECLARE(int, fcntl, (int fd, int command, ...))
int
HERE(fcntl)(int fd, int command, ...)
{
	va_list arguments;
	void *argument;

	FIND(fcntl)
	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (STRIKES(fcntl, -1))
		return -1;
	return REAL(fcntl)(fd, command, argument);
}

/* The descriptor is gone all the same, as with Linux. */
DECLARE(int, close, (int fd))
int
HERE(close)(int fd)
{
	FIND(close)
	bool fails = STRIKES(close, -1);
	int error = errno;
	int result = REAL(close)(fd);

	if (!fails)
		return result;
	errno = error;
	return -1;
}

/* The system has to allocate something only for what it does not watch yet. */
DECLARE(int, epoll_ctl,
    (int loop, int operation, int fd, struct epoll_event *event))
int
HERE(epoll_ctl)(int loop, int operation, int fd, struct epoll_event *event)
{
	FIND(epoll_ctl)
	if (operation == EPOLL_CTL_ADD && STRIKES(epoll_ctl, fd))
		return -1;
	return REAL(epoll_ctl)(loop, operation, fd, event);
}

/* A signalfd or an eventfd gives all or nothing. */
static bool
is_regular(int fd)
{
	struct stat status;

#ifdef FAULTS_PRELOAD
	FIND(fstat)
#endif
	return REAL(fstat)(fd, &status) == 0 && S_ISREG(status.st_mode);
}

DECLARE(ssize_t, read, (int fd, void *bytes, size_t size))
ssize_t
HERE(read)(int fd, void *bytes, size_t size)
{
	FIND(read)
	if (STRIKES(read, -1))
		return -1;
	if (size > 1 && faults_cut(FAULTS_read) && is_regular(fd))
		size = 1;
	return REAL(read)(fd, bytes, size);
}

DECLARE(ssize_t, write, (int fd, const void *bytes, size_t size))
ssize_t
HERE(write)(int fd, const void *bytes, size_t size)
{
	FIND(write)
	if (STRIKES(write, -1))
		return -1;
	if (size > 1 && faults_cut(FAULTS_write) && is_regular(fd))
		size = 1;
	return REAL(write)(fd, bytes, size);
}

DECLARE(ssize_t, recv, (int fd, void *bytes, size_t size, int flags))
ssize_t
HERE(recv)(int fd, void *bytes, size_t size, int flags)
{
	FIND(recv)
	if (STRIKES(recv, fd))
		return -1;
	if (size > 1 && faults_cut(FAULTS_recv))
		size = 1;
	return REAL(recv)(fd, bytes, size, flags);
}

DECLARE(ssize_t, send, (int fd, const void *bytes, size_t size, int flags))
ssize_t
HERE(send)(int fd, const void *bytes, size_t size, int flags)
{
	FIND(send)
	if (STRIKES(send, fd))
		return -1;
	if (size > 1 && faults_cut(FAULTS_send))
		size = 1;
	return REAL(send)(fd, bytes, size, flags);
}

/* ---- clocks ---- */

enum { BILLION = 1000000000 };

static void
add_step(struct timespec *time, int64_t step)
{
	time->tv_sec += step / BILLION;
	time->tv_nsec += step % BILLION;
	if (time->tv_nsec >= BILLION) {
		time->tv_nsec -= BILLION;
		time->tv_sec++;
	} else if (time->tv_nsec < 0) {
		time->tv_nsec += BILLION;
		time->tv_sec--;
	}
}

DECLARE(int, clock_gettime, (clockid_t clock, struct timespec *time))
int
HERE(clock_gettime)(clockid_t clock, struct timespec *time)
{
	FIND(clock_gettime)
	if (REAL(clock_gettime)(clock, time) != 0)
		return -1;
	if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
		add_step(time, faults_step());
	else if (clock == CLOCK_MONOTONIC)
		add_step(time, faults_leap());
	return 0;
}

DECLARE(int, gettimeofday, (struct timeval *restrict time, void *restrict zone))
int
HERE(gettimeofday)(struct timeval *restrict time, void *restrict zone)
{
	struct timespec now;

	FIND(gettimeofday)
	if (REAL(gettimeofday)(time, zone) != 0)
		return -1;
	now = (struct timespec){time->tv_sec, time->tv_usec * 1000};
	add_step(&now, faults_step());
	*time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
	return 0;
}

DECLARE(time_t, time, (time_t * result))
time_t
HERE(time)(time_t *result)
{
	FIND(time)
	time_t now = REAL(time)(NULL) + (time_t)(faults_step() / BILLION);

	if (result != NULL)
		*result = now;
	return now;
}
