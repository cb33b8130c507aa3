/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/loop.h"

#include <stdlib.h>
#include <time.h>

enum { TRIES = 100, PAUSE = 10000000 /* nanoseconds */ };

static void *
keep_trying(void *old, long size)
{
	const struct timespec pause = {.tv_nsec = PAUSE};

	if (size == 0) {
		free(old);
		return NULL;
	}
	for (unsigned i = 0; i < TRIES; i++) {
		void *memory = realloc(old, (size_t)size);

		if (memory != NULL)
			return memory;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

void
loops_init(void)
{
	ev_set_allocator(keep_trying);
}

struct ev_loop *
loop_new(void)
{
	return ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
}

static void
ignore(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)io;
	(void)events;
}

/* A watcher that the system refuses has been stopped when the turn is over. */
bool
loop_watch(struct ev_loop *loop, ev_io *io)
{
	void (*callback)(struct ev_loop *, ev_io *, int) = ev_cb(io);

	ev_set_cb(io, ignore);
	ev_io_start(loop, io);
	ev_run(loop, EVRUN_NOWAIT);
	ev_set_cb(io, callback);
	return ev_is_active(io);
}
