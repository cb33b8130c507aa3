/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { BUCKETS = 256, EVENTS_SIZE = 16384 };

struct watch {
	int descriptor;
	struct ev_loop *loop; /* once started */
	ev_io readable;
	watch_touched_f touched;
	void *context;
	struct point *buckets[BUCKETS]; /* by watch */
};

struct watch *
watch_new(void)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (watch != NULL)
		watch->descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	return watch;
}

void
watch_free(struct watch *watch)
{
	if (watch == NULL)
		return;
	if (watch->loop != NULL)
		ev_io_stop(watch->loop, &watch->readable);
	if (watch->descriptor >= 0)
		close(watch->descriptor);
	free(watch);
}

int
watch_descriptor(const struct watch *watch)
{
	return watch->descriptor;
}

/* ---- points ---- */

static struct point **
bucket_of(struct watch *watch, int number)
{
	return &watch->buckets[(unsigned)number % BUCKETS];
}

void
watch_add(struct watch *watch, struct trail *trail, struct owner *owner)
{
	for (unsigned i = 0; trail != NULL && i < trail->count; i++) {
		struct point *point = &trail->points[i];
		struct point **bucket = bucket_of(watch, point->watch);

		point->owner = owner;
		point->next = *bucket;
		*bucket = point;
	}
}

static void
take_out(struct watch *watch, struct point *point)
{
	struct point **at = bucket_of(watch, point->watch);

	while (*at != NULL && *at != point)
		at = &(*at)->next;
	if (*at != NULL)
		*at = point->next;
}

static bool
is_needed(struct watch *watch, int number)
{
	for (struct point *at = *bucket_of(watch, number); at != NULL;
	     at = at->next)
		if (at->watch == number)
			return true;
	return false;
}

void
watch_drop(struct watch *watch, struct trail *trail)
{
	for (unsigned i = 0; trail != NULL && i < trail->count; i++)
		take_out(watch, &trail->points[i]);
}

void
watch_prune(struct watch *watch, const struct trail *trail)
{
	for (unsigned i = 0; trail != NULL && i < trail->count; i++)
		if (!is_needed(watch, trail->points[i].watch))
			inotify_rm_watch(
			    watch->descriptor, trail->points[i].watch);
}

/* ---- events ---- */

static void
tell_all(struct watch *watch)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct point *at = watch->buckets[i]; at != NULL;
		     at = at->next)
			watch->touched(watch->context, at->owner, true);
}

static void
on_event(struct watch *watch, const struct inotify_event *event)
{
	bool whole = event->len == 0; /* the directory itself, or its watch */
	bool done = (event->mask & (IN_CREATE | IN_MODIFY)) == 0;

	if (event->mask & IN_Q_OVERFLOW) {
		tell_all(watch);
		return;
	}
	for (struct point *at = *bucket_of(watch, event->wd); at != NULL;
	     at = at->next)
		if (at->watch == event->wd &&
		    (whole || strcmp(at->name, event->name) == 0))
			watch->touched(watch->context, at->owner, done);
}

static void
on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct watch *watch = io->data;
	_Alignas(struct inotify_event) char buffer[EVENTS_SIZE];
	ssize_t length = read(watch->descriptor, buffer, sizeof(buffer));
	size_t size;

	(void)loop;
	(void)events;
	for (char *at = buffer; length > 0;
	     at += size, length -= (ssize_t)size) {
		const void *event = at;

		size = sizeof(struct inotify_event) +
		       ((const struct inotify_event *)event)->len;
		on_event(watch, event);
	}
}

void
watch_start(struct watch *watch, struct ev_loop *loop, watch_touched_f touched,
    void *context)
{
	if (watch->descriptor < 0)
		return;
	watch->touched = touched;
	watch->context = context;
	ev_io_init(&watch->readable, on_readable, watch->descriptor, EV_READ);
	watch->readable.data = watch;
	watch->loop = loop;
	ev_io_start(loop, &watch->readable);
}
