/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_STORE_FAULTS_H
#define TESTS_UNIT_STORE_FAULTS_H

/*
 * Calls of the system that change files: each can be the last one of the
 * process, or of the machine, or be refused. The program is linked so that
 * they come here first (tests.mk).
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/shortage.h"

enum fault {
	FAULT_NONE,
	FAULT_KILL,       /* SIGKILL instead of the call */
	FAULT_KILL_HALF,  /* half of what is written, then SIGKILL */
	FAULT_POWER_DATA, /* and what was written but not synced is lost */
	FAULT_POWER,      /* names that were not synced are as before, too */
	FAULT_FULL,       /* ENOSPC from the call on, where that can be */
	FAULT_FULL_ONCE,
	FAULT_BAD, /* EIO */
	FAULT_BAD_ONCE,
	FAULT_SHORT,      /* every write writes a part */
	FAULT_UNREADABLE, /* every read fails */
};

enum { FILES_MAX = 64, NAMES_MAX = 32 };

/* A name that was given or taken away, and what it stood for before. */
struct undo {
	int directory;
	char name[128];
	int before; /* a descriptor, or -1 for nothing */
};

static struct {
	enum fault kind;
	unsigned at;
	unsigned calls;
	off_t synced[FILES_MAX]; /* size of each file, or -1: all of it */
	struct undo undo[NAMES_MAX];
	int undo_count;
	const char *directory;
} faults;

int __real_openat(int directory, const char *path, int flags, ...);
ssize_t __real_read(int file, void *bytes, size_t size);
ssize_t __real_write(int file, const void *bytes, size_t size);
ssize_t __real_pwrite(int file, const void *bytes, size_t size, off_t place);
int __real_fsync(int file);
int __real_fdatasync(int file);
int __real_ftruncate(int file, off_t size);
int __real_renameat(int from, const char *old, int to, const char *name);
int __real_unlinkat(int directory, const char *path, int flags);
int __real_close(int file);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);

int __wrap_openat(int directory, const char *path, int flags, ...);
ssize_t __wrap_read(int file, void *bytes, size_t size);
ssize_t __wrap_write(int file, const void *bytes, size_t size);
ssize_t __wrap_pwrite(int file, const void *bytes, size_t size, off_t place);
int __wrap_fsync(int file);
int __wrap_fdatasync(int file);
int __wrap_ftruncate(int file, off_t size);
int __wrap_renameat(int from, const char *old, int to, const char *name);
int __wrap_unlinkat(int directory, const char *path, int flags);
int __wrap_close(int file);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static inline void
begin_faults(enum fault kind, unsigned at, const char *in)
{
	memset(&faults, 0, sizeof(faults));
	faults.kind = kind;
	faults.at = at;
	faults.directory = in;
	for (int i = 0; i < FILES_MAX; i++)
		faults.synced[i] = -1;
}

static inline void
end_faults(void)
{
	faults.kind = FAULT_NONE;
}

/* ---- the machine stops ---- */

static void
lose_data(void)
{
	for (int i = 0; i < FILES_MAX; i++)
		if (faults.synced[i] >= 0 &&
		    __real_ftruncate(i, faults.synced[i]) < 0)
			abort();
}

/* Gives a name back to what it stood for: by a link to its descriptor. */
static void
lose_names(void)
{
	while (faults.undo_count > 0) {
		struct undo *undo = &faults.undo[--faults.undo_count];
		char path[64];

		__real_unlinkat(undo->directory, undo->name, 0);
		if (undo->before < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", undo->before);
		/* A file without any name left cannot be linked: copy it. */
		if (linkat(AT_FDCWD, path, undo->directory, undo->name,
			AT_SYMLINK_FOLLOW) < 0) {
			char bytes[65536];
			ssize_t size =
			    pread(undo->before, bytes, sizeof(bytes), 0);
			int file = __real_openat(undo->directory, undo->name,
			    O_WRONLY | O_CREAT | O_TRUNC, 0600);

			if (size < 0 || file < 0 ||
			    __real_write(file, bytes, (size_t)size) != size)
				abort();
			__real_close(file);
		}
	}
}

_Noreturn static void
die(void)
{
	if (faults.kind == FAULT_POWER_DATA || faults.kind == FAULT_POWER)
		lose_data();
	if (faults.kind == FAULT_POWER)
		lose_names();
	raise(SIGKILL);
	abort();
}

/* ---- is this the call? ---- */

static bool
is_deadly(void)
{
	return faults.kind >= FAULT_KILL && faults.kind <= FAULT_POWER;
}

/* Counts a call that writes; true: it is refused, errno says why. */
static bool
strikes(bool needs_room)
{
	bool once =
	    faults.kind == FAULT_FULL_ONCE || faults.kind == FAULT_BAD_ONCE;
	bool full = faults.kind == FAULT_FULL || faults.kind == FAULT_FULL_ONCE;
	unsigned call;

	if (faults.kind == FAULT_NONE || faults.kind == FAULT_SHORT ||
	    faults.kind == FAULT_UNREADABLE || (full && !needs_room))
		return false;
	call = faults.calls++;
	if (is_deadly() && call == faults.at)
		die();
	if (is_deadly() || (once ? call != faults.at : call < faults.at))
		return false;
	errno = full ? ENOSPC : EIO;
	return true;
}

/* ---- the calls ---- */

int
__wrap_openat(int directory, const char *path, int flags, ...)
{
	if ((flags & O_CREAT) && strikes(true))
		return -1;
	return __real_openat(directory, path, flags, 0600);
}

ssize_t
__wrap_read(int file, void *bytes, size_t size)
{
	if (faults.kind == FAULT_UNREADABLE) {
		errno = EIO;
		return -1;
	}
	return __real_read(file, bytes, size);
}

/* From here on the file's end is not on the disk. */
static void
dirty(int file)
{
	struct stat status;

	if (file < FILES_MAX && faults.synced[file] < 0 &&
	    fstat(file, &status) == 0)
		faults.synced[file] = status.st_size;
}

static size_t
part_of(size_t size)
{
	return size > 1 ? size / 2 : size;
}

ssize_t
__wrap_write(int file, const void *bytes, size_t size)
{
	if (faults.kind == FAULT_NONE)
		return __real_write(file, bytes, size);
	dirty(file);
	if (faults.kind == FAULT_KILL_HALF && faults.calls == faults.at &&
	    __real_write(file, bytes, size / 2) < 0)
		abort();
	if (strikes(true))
		return -1;
	return __real_write(
	    file, bytes, faults.kind == FAULT_SHORT ? part_of(size) : size);
}

ssize_t
__wrap_pwrite(int file, const void *bytes, size_t size, off_t place)
{
	if (faults.kind == FAULT_NONE)
		return __real_pwrite(file, bytes, size, place);
	dirty(file);
	if (faults.kind == FAULT_KILL_HALF && faults.calls == faults.at &&
	    __real_pwrite(file, bytes, size / 2, place) < 0)
		abort();
	if (strikes(true)) {
		/* A full disk takes what fits. */
		if (__real_pwrite(file, bytes, size / 3, place) < 0)
			abort();
		return -1;
	}
	return __real_pwrite(file, bytes,
	    faults.kind == FAULT_SHORT ? part_of(size) : size, place);
}

/* Descriptors of the same file are synced together. */
static void
synced(int file)
{
	struct stat status, other;

	if (fstat(file, &status) < 0)
		abort();
	if (S_ISDIR(status.st_mode)) {
		while (faults.undo_count > 0) {
			int before = faults.undo[--faults.undo_count].before;

			if (before >= 0)
				__real_close(before);
		}
		return;
	}
	for (int i = 0; i < FILES_MAX; i++)
		if (faults.synced[i] >= 0 && fstat(i, &other) == 0 &&
		    other.st_ino == status.st_ino)
			faults.synced[i] = -1;
}

int
__wrap_fsync(int file)
{
	if (strikes(false))
		return -1;
	if (faults.kind != FAULT_NONE)
		synced(file);
	return __real_fsync(file);
}

int
__wrap_fdatasync(int file)
{
	if (strikes(false))
		return -1;
	if (faults.kind != FAULT_NONE)
		synced(file);
	return __real_fdatasync(file);
}

int
__wrap_ftruncate(int file, off_t size)
{
	return strikes(false) ? -1 : __real_ftruncate(file, size);
}

static void
remember_name(int directory, const char *name)
{
	struct undo *undo = &faults.undo[faults.undo_count];

	if (faults.kind != FAULT_POWER)
		return;
	ensure(faults.undo_count < NAMES_MAX);
	undo->directory = directory;
	snprintf(undo->name, sizeof(undo->name), "%s", name);
	undo->before = __real_openat(directory, name, O_RDWR | O_CLOEXEC, 0);
	/* Out of the way of those that are looked after. */
	if (undo->before >= 0) {
		int high = fcntl(undo->before, F_DUPFD_CLOEXEC, 100);

		__real_close(undo->before);
		undo->before = high;
	}
	faults.undo_count++;
}

int
__wrap_renameat(int from, const char *old, int to, const char *name)
{
	if (strikes(false))
		return -1;
	remember_name(to, name);
	return __real_renameat(from, old, to, name);
}

int
__wrap_unlinkat(int directory, const char *path, int flags)
{
	if (strikes(false))
		return -1;
	remember_name(directory, path);
	return __real_unlinkat(directory, path, flags);
}

int
__wrap_close(int file)
{
	if (faults.kind != FAULT_NONE && file >= 0 && file < FILES_MAX &&
	    faults.synced[file] >= 0) {
		/* What was not synced stays so when it is closed. */
		int kept = fcntl(file, F_DUPFD_CLOEXEC, FILES_MAX / 2);

		ensure(kept >= 0 && kept < FILES_MAX);
		faults.synced[kept] = faults.synced[file];
		faults.synced[file] = -1;
	}
	return __real_close(file);
}

/* ---- memory ---- */

void *
__wrap_malloc(size_t size)
{
	return refuses() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return refuses() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *memory, size_t size)
{
	return refuses() ? NULL : __real_realloc(memory, size);
}

#endif
