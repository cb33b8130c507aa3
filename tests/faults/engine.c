/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/faults/faults.h"

#include <errno.h>
#include <link.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Runs within malloc() and before main(): it allocates nothing, and makes its
 * own system calls directly, since the functions are what is replaced.
 */

_Static_assert(
    (int)FAULTS_CALLS <= (int)FAULTS_CALLS_MAX, "a bit and a word each");

struct range {
	uintptr_t begin;
	uintptr_t end;
};

static struct faults_page *page;
static struct range program;

/* ---- the page ---- */

static struct faults_page *
map_page(const char *path)
{
	/* PROT_READ | PROT_WRITE, MAP_SHARED; O_RDWR | O_CLOEXEC */
	long descriptor = syscall(SYS_openat, -100, path, 02000002, 0);

	if (descriptor < 0)
		return NULL;
	long address = syscall(
	    SYS_mmap, 0L, sizeof(struct faults_page), 3L, 1L, descriptor, 0L);
	syscall(SYS_close, descriptor);
	return address == -1 ? NULL : (struct faults_page *)address;
}

/* The program itself is the first of the objects. */
static int
find_program(struct dl_phdr_info *info, size_t size, void *data)
{
	struct range *range = data;

	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		uintptr_t begin = info->dlpi_addr + header->p_vaddr;

		if (header->p_type != PT_LOAD)
			continue;
		if (range->end == 0)
			range->begin = begin;
		range->end = begin + header->p_memsz;
	}
	return 1;
}

__attribute__((constructor)) static void
open_page(void)
{
	const char *path = getenv("TRUESRC_FAULTS");

	if (path == NULL)
		return;
	dl_iterate_phdr(find_program, &program);
	page = map_page(path);
}

/* ---- what fails ---- */

static void
note_peer(int descriptor)
{
	struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
	socklen_t length = sizeof(peer);
	unsigned port = 0;

	if (syscall(SYS_getpeername, descriptor, &peer, &length) != 0)
		return;
	if (peer.ss_family == AF_INET)
		port = ntohs(((struct sockaddr_in *)(void *)&peer)->sin_port);
	else if (peer.ss_family == AF_INET6)
		port = ntohs(((struct sockaddr_in6 *)(void *)&peer)->sin6_port);
	atomic_fetch_or(&page->ports[port / 8], (uint8_t)(1U << port % 8));
}

static bool
is_foreign(const void *caller)
{
	return (uintptr_t)caller < program.begin ||
	       (uintptr_t)caller >= program.end;
}

bool
faults_strike(enum faults_call call, int descriptor, const void *caller)
{
	uint64_t number;
	int before = errno;

	if (page == NULL || (page->foreign && !is_foreign(caller)))
		return false;
	atomic_fetch_add(&page->counts[call], 1);
	if (!(page->armed >> call & 1))
		return false;
	number = atomic_fetch_add(&page->seen, 1) + 1;
	if (number < page->first || number > page->last)
		return false;
	atomic_fetch_add(&page->strikes, 1);
	if (descriptor >= 0)
		note_peer(descriptor);
	errno = page->error != 0 ? (int)page->error : before;
	return true;
}

bool
faults_cut(enum faults_call call)
{
	return page != NULL && (page->cut >> call & 1);
}

int64_t
faults_step(void)
{
	return page != NULL ? page->step : 0;
}

int64_t
faults_leap(void)
{
	return page != NULL ? page->leap : 0;
}
