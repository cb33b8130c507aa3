/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_SPOP_DEADLINE_H
#define AGENT_SPOP_DEADLINE_H

/*
 * What may not last for ever. One queue for each kind: since all of a kind
 * have the same time, the one that began first ends first, and one timer for
 * all of them is enough. Times are milliseconds of a clock that only runs
 * forward, and never by leaps.
 */

#include <stdbool.h>
#include <stdint.h>

enum deadline_kind {
	DEADLINE_HELLO,  /* until the HELLO is answered */
	DEADLINE_FRAME,  /* a frame, its fragments, output without progress */
	DEADLINE_LINGER, /* the peer's turn to close */
	DEADLINE_KINDS,
	DEADLINE_NONE = DEADLINE_KINDS,
};

/* In the queue of its kind, or in none. */
struct deadline {
	struct deadline *previous;
	struct deadline *next;
	uint64_t since;
	enum deadline_kind kind;
};

/* Rings, each closed by its head; since never falls from next to next. */
struct deadlines {
	struct deadline heads[DEADLINE_KINDS];
};

/*
 * Time as it passed for those who wait for us. Where the process was stopped,
 * or the machine, the monotonic clock may leap: what came in meanwhile has not
 * been read yet, and nobody is late for that.
 */
struct deadline_clock {
	uint64_t last; /* monotonic milliseconds */
	uint64_t time;
};

/* The most that counts between two looks at the clock, in milliseconds. */
enum { DEADLINE_LEAP = 200 };

/* Gives the time; never less than before, whatever now is. */
uint64_t deadline_clock_advance(struct deadline_clock *clock, uint64_t now);

void deadlines_init(struct deadlines *deadlines);
bool deadlines_empty(const struct deadlines *deadlines);

void deadline_init(struct deadline *deadline);

/* Begins anew, whatever it was before. */
void deadline_set(struct deadlines *deadlines, struct deadline *deadline,
    enum deadline_kind kind, uint64_t now);
void deadline_clear(struct deadline *deadline);

/* One that has lasted at least so long, the oldest first; or NULL. */
struct deadline *deadlines_expired(const struct deadlines *deadlines,
    enum deadline_kind kind, uint64_t now, uint64_t milliseconds);

#endif
