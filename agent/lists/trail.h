/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_TRAIL_H
#define AGENT_LISTS_TRAIL_H

/*
 * Files by their outside: which file it is, and the way to it. A path leads
 * through symbolic links, each of which may be exchanged (Kubernetes does it
 * with ..data), so every directory on the way that holds one is watched, and
 * the one that holds the file.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <time.h>

struct identity {
	bool known;
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
	struct timespec changed;
};

/* False, with errno, when there is no such file; then it is not known. */
bool identity_take(const char *path, struct identity *identity);

/* An unknown one is equal to none. */
bool identity_equal(const struct identity *a, const struct identity *b);

/* A name in a watched directory. */
struct point {
	int watch; /* of inotify */
	char *name;
	struct point *next; /* the watch's own */
	struct owner *owner;
};

enum { TRAIL_MAX = 40 };

struct trail {
	struct point points[TRAIL_MAX];
	unsigned count;
	bool gaps; /* not all of it could be watched */
};

/*
 * Any thread: follows the path and adds watches to the inotify descriptor. Has
 * to be done before the file is looked at, so that nothing goes unseen. NULL
 * when memory ran out.
 */
struct trail *trail_lay(int inotify, const char *path);
void trail_free(struct trail *trail); /* NULL is fine */

#endif
