/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/trail.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* ---- which file it is ---- */

bool
identity_take(const char *path, struct identity *identity)
{
	struct stat file;

	*identity = (struct identity){0};
	if (stat(path, &file) != 0)
		return false;
	*identity = (struct identity){
	    .known = true,
	    .device = file.st_dev,
	    .inode = file.st_ino,
	    .size = file.st_size,
	    .modified = file.st_mtim,
	    .changed = file.st_ctim,
	};
	return true;
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool
identity_equal(const struct identity *a, const struct identity *b)
{
	return a->known && b->known && a->device == b->device &&
	       a->inode == b->inode && a->size == b->size &&
	       same_time(&a->modified, &b->modified) &&
	       same_time(&a->changed, &b->changed);
}

/* ---- the way to it ---- */

static const uint32_t watched =
    IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
    IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

/*
 * The path as it is walked: directory is what was passed, rest what is still
 * to come, name the part between the two.
 */
struct walk {
	char directory[PATH_MAX];
	char rest[PATH_MAX];
	char name[NAME_MAX + 1];
	unsigned links;
};

static void
add_point(struct trail *trail, int inotify, const struct walk *walk)
{
	struct point *point = &trail->points[trail->count];
	const char *directory = walk->directory[0] ? walk->directory : ".";

	if (trail->count == TRAIL_MAX) {
		trail->gaps = true;
		return;
	}
	point->watch = inotify_add_watch(inotify, directory, watched);
	point->name = strdup(walk->name);
	if (point->watch < 0 || point->name == NULL) {
		free(point->name);
		trail->gaps = true;
		return;
	}
	trail->count++;
}

/* Takes the next name off the rest; false at the end, or when it is too long.
 */
static bool
next_name(struct walk *walk)
{
	const char *at = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(at, "/");

	if (length == 0 || length > NAME_MAX)
		return false;
	memcpy(walk->name, at, length);
	walk->name[length] = '\0';
	at += length;
	at += strspn(at, "/");
	memmove(walk->rest, at, strlen(at) + 1);
	return true;
}

static bool
join(char to[PATH_MAX], const char *before, const char *after)
{
	size_t first = strlen(before);
	size_t second = strlen(after);
	bool slash = first > 0 && before[first - 1] != '/';

	if (first + slash + second >= PATH_MAX)
		return false;
	memmove(to, before, first);
	if (slash)
		to[first++] = '/';
	memcpy(to + first, after, second + 1);
	return true;
}

/* The link's target comes in front of the rest. */
static bool
enter_link(struct walk *walk, const char *target)
{
	char rest[PATH_MAX];

	memcpy(rest, walk->rest, sizeof(rest));
	if (++walk->links > TRAIL_MAX || !join(walk->rest, target, rest))
		return false;
	if (target[0] == '/')
		memcpy(walk->directory, "/", 2);
	return true;
}

/* One name further; false where the way ends. */
static bool
step(struct trail *trail, int inotify, struct walk *walk)
{
	char full[PATH_MAX];
	char target[PATH_MAX];

	if (!next_name(walk) || !join(full, walk->directory, walk->name))
		return false;
	ssize_t length = readlink(full, target, sizeof(target) - 1);
	if (length > 0) {
		target[length] = '\0';
		add_point(trail, inotify, walk);
		return enter_link(walk, target);
	}
	if (walk->rest[0] == '\0' || errno != EINVAL) {
		add_point(trail, inotify, walk);
		return false;
	}
	memcpy(walk->directory, full, strlen(full) + 1);
	return true;
}

struct trail *
trail_lay(int inotify, const char *path)
{
	struct trail *trail = calloc(1, sizeof(*trail));
	struct walk *walk = calloc(1, sizeof(*walk));

	if (trail == NULL || walk == NULL || strlen(path) >= PATH_MAX) {
		free(trail);
		free(walk);
		return NULL;
	}
	if (path[0] == '/')
		memcpy(walk->directory, "/", 2);
	memcpy(walk->rest, path, strlen(path) + 1);
	while (step(trail, inotify, walk))
		continue;
	trail->gaps |= trail->count == 0;
	free(walk);
	return trail;
}

void
trail_free(struct trail *trail)
{
	if (trail == NULL)
		return;
	for (unsigned i = 0; i < trail->count; i++)
		free(trail->points[i].name);
	free(trail);
}
