/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONTROL_INBOX_H
#define AGENT_CONTROL_INBOX_H

/*
 * The way into another thread: letters that move what they are part of. Any
 * thread posts; the owner's loop opens them in order.
 */

#include <ev.h>
#include <pthread.h>
#include <stdbool.h>

/* Embedded in what is sent; 0 bytes of it mean "not on its way". */
struct letter {
	struct letter *next;
	unsigned kind; /* the receiver's */
	bool posted;   /* guarded by the inbox */
};

struct inbox {
	pthread_mutex_t mutex;
	struct letter *first;
	struct letter **last;
	struct ev_loop *loop; /* NULL: not open */
	int descriptor;       /* an eventfd */
	ev_io wake;
	void *owner;
	void (*on_letter)(void *owner, struct letter *letter);
};

/*
 * Before the owner's thread runs: on_letter is called from its loop. False:
 * the system has no way to wake the loop, and nothing is left to be undone.
 */
bool inbox_init(struct inbox *inbox, struct ev_loop *loop, void *owner,
    void (*on_letter)(void *owner, struct letter *letter));

/*
 * When nobody posts any more. Letters that were not opened are given to
 * discard, which may be NULL.
 */
void inbox_fini(
    struct inbox *inbox, void (*discard)(void *owner, struct letter *letter));

/* Any thread. A letter that is on its way already is not sent again. */
void inbox_post(struct inbox *inbox, struct letter *letter);

#endif
