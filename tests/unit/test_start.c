/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <ev.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "agent/control/control.h"
#include "tests/unit/lists_fixture.h"
#include "tests/unit/policy_rows.h"
#include "tests/unit/shortage.h"

/*
 * The agent starts and is told to leave at once; each call that it makes on
 * the way fails in turn. It starts or it does not, and leaves nothing behind.
 */

/* A call that fails with errno, told by its own result. */
#define FAILING(type, name, parameters, arguments, failure, error) \
	type __real_##name parameters;                             \
	type __wrap_##name parameters;                             \
	type __wrap_##name parameters                              \
	{                                                          \
		if (!refuses())                                    \
			return __real_##name arguments;            \
		errno = error;                                     \
		return failure;                                    \
	}

FAILING(
    void *, calloc, (size_t count, size_t size), (count, size), NULL, ENOMEM)
FAILING(void *, aligned_alloc, (size_t alignment, size_t size),
    (alignment, size), NULL, ENOMEM)
FAILING(char *, strdup, (const char *text), (text), NULL, ENOMEM)
FAILING(void *, mmap,
    (void *at, size_t size, int access, int flags, int file, off_t offset),
    (at, size, access, flags, file, offset), MAP_FAILED, ENOMEM)
FAILING(struct ev_loop *, ev_loop_new, (unsigned flags), (flags), NULL, ENOMEM)
FAILING(int, pthread_create,
    (pthread_t * thread, const pthread_attr_t *attributes, void *(*run)(void *),
	void *argument),
    (thread, attributes, run, argument), EAGAIN, EAGAIN)
FAILING(int, pthread_sigmask, (int how, const sigset_t *set, sigset_t *old),
    (how, set, old), EINVAL, EINVAL)
FAILING(int, signalfd, (int file, const sigset_t *set, int flags),
    (file, set, flags), -1, EMFILE)
FAILING(int, eventfd, (unsigned count, int flags), (count, flags), -1, EMFILE)
FAILING(
    int, getrlimit, (int what, struct rlimit *limit), (what, limit), -1, EPERM)
FAILING(int, sched_getaffinity, (pid_t pid, size_t size, cpu_set_t *set),
    (pid, size, set), -1, EPERM)
FAILING(int, socket, (int domain, int type, int protocol),
    (domain, type, protocol), -1, EMFILE)
FAILING(int, setsockopt,
    (int file, int level, int name, const void *value, socklen_t size),
    (file, level, name, value, size), -1, ENOPROTOOPT)
FAILING(int, bind, (int file, const struct sockaddr *address, socklen_t length),
    (file, address, length), -1, EACCES)
FAILING(int, listen, (int file, int backlog), (file, backlog), -1, EADDRINUSE)
FAILING(int, getsockname,
    (int file, struct sockaddr *address, socklen_t *length),
    (file, address, length), -1, ENOBUFS)
FAILING(int, lstat, (const char *path, struct stat *status), (path, status), -1,
    EACCES)
FAILING(int, unlink, (const char *path), (path), -1, EACCES)
FAILING(int, fchmod, (int file, mode_t mode), (file, mode), -1, EINVAL)
FAILING(int, chmod, (const char *path, mode_t mode), (path, mode), -1, EPERM)

static char directory[40];
static char path[sizeof(directory) + 16];
static FILE *log_file;

static unsigned
descriptors(void)
{
	DIR *open_ones = opendir("/proc/self/fd");
	unsigned count = 0;

	ck_assert_ptr_nonnull(open_ones);
	while (readdir(open_ones))
		count++;
	closedir(open_ones);
	return count;
}

/* A socket file that nobody listens at. */
static void
leave_stale_file(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int file = __real_socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	__real_unlink(path);
	ck_assert_int_eq(__real_bind(file, (const struct sockaddr *)&address,
			     sizeof(address)),
	    0);
	close(file);
}

static struct generation *
generation_to_run(struct loading *loading)
{
	char yaml[400];

	sprintf(yaml,
	    "listen:\n"
	    "  - {address: 127.0.0.1:0}\n"
	    "  - {address: \"[::1]:0\"}\n"
	    "  - {address: unix:%s, from: unix}\n"
	    "control: {socket: %s.control}\n"
	    "policies: {default: {}}\n",
	    path, path);
	return loaded_of(yaml, 7, loading);
}

static bool
was_logged(const char *event)
{
	char line[1024];
	bool found = false;

	rewind(log_file);
	while (fgets(line, sizeof(line), log_file))
		found |= strstr(line, event) != NULL;
	return found;
}

/* What an agent that did not start has not read. */
static void
forget_signal(const sigset_t *set)
{
	const struct timespec now = {0};

	sigtimedwait(set, NULL, &now);
}

static void
attempt(unsigned good, bool once)
{
	static const char *const paths[] = {"none"};
	struct loading loading;
	struct generation *generation;
	struct log log;
	const struct control_settings settings = {
	    .log = &log, .paths = paths, .path_count = 1, .loading = &loading};
	enum control_result result;
	unsigned before;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	leave_stale_file();
	log_file = tmpfile();
	before = descriptors();
	generation = generation_to_run(&loading);
	log_init(&log, fileno(log_file));
	log_configure(&log, LOG_INFO_, LOG_LOGFMT);
	kill(getpid(), SIGINT);
	begin_refusing(good, once);
	result = control_run(&settings, &generation);
	end_refusing();
	forget_signal(&set);
	log_fini(&log);
	if (result == CONTROL_DONE) {
		ck_assert(was_logged("event=ready"));
		ck_assert(was_logged("reason=interrupted"));
	} else {
		ck_assert_int_eq(result, CONTROL_NOT_STARTED);
		ck_assert_uint_gt(shortage.refused, 0);
		ck_assert(was_logged("event=not-started"));
	}
	generation_free(generation);
	loading_fini(&loading);
	ck_assert_uint_eq(descriptors(), before);
	fclose(log_file);
}

START_TEST(starts_or_does_not)
{
	strcpy(directory, "/tmp/truesrc-start-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	sprintf(path, "%s/spop.sock", directory);
	try_everywhere(attempt);
	__real_unlink(path);
	rmdir(directory);
}
END_TEST

/* Somebody listens there, or it is no socket: it is not ours to remove. */
START_TEST(files_of_others_stay)
{
	static const char *const paths[] = {"none"};
	struct log log;
	struct loading loading;
	const struct control_settings settings = {
	    .log = &log, .paths = paths, .path_count = 1, .loading = &loading};
	struct generation *generation;
	struct stat status;
	FILE *file;

	strcpy(directory, "/tmp/truesrc-start-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	sprintf(path, "%s/spop.sock", directory);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fclose(file);
	log_file = tmpfile();
	log_init(&log, fileno(log_file));
	log_configure(&log, LOG_INFO_, LOG_LOGFMT);
	generation = generation_to_run(&loading);
	ck_assert_int_eq(
	    control_run(&settings, &generation), CONTROL_NOT_STARTED);
	ck_assert(was_logged("cannot bind"));
	ck_assert_int_eq(__real_lstat(path, &status), 0);
	log_fini(&log);
	fclose(log_file);
	generation_free(generation);
	loading_fini(&loading);
	__real_unlink(path);
	rmdir(directory);
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_test(cases, starts_or_does_not);
	tcase_add_test(cases, files_of_others_stay);
}

int
main(void)
{
	return tests_run("start", add_tests);
}
