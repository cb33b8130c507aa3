/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/thread.h"

/*
 * Entries of dynamic lists end by the monotonic clock. Nothing of it goes to the
 * journal: who reads that knows the time too.
 */

enum {
	ENDS_A_TURN = 128,
	SHOWN_A_TURN = 4,      /* each with a line of its own in the log */
	SLEEP_MAX = 60 * 1000, /* milliseconds */
};

static void
set_timer(struct lists *lists)
{
	uint64_t now = monotonic_milliseconds();
	uint64_t left = lists->next_end > now ? lists->next_end - now : 0;

	ev_timer_stop(lists->loop, &lists->expire);
	if (lists->next_end == DYNAMIC_FOREVER)
		return;
	if (left > SLEEP_MAX)
		left = SLEEP_MAX;
	/* Not a moment early: what is left is cut to milliseconds. */
	ev_timer_set(&lists->expire, (double)left / 1000 + 0.001, 0.);
	ev_timer_start(lists->loop, &lists->expire);
}

void
expiry_note(struct lists *lists, uint64_t ends)
{
	if (ends >= lists->next_end)
		return;
	lists->next_end = ends;
	set_timer(lists);
}

static void
say(struct lists *lists, const struct owner *owner, uint64_t before,
    unsigned ended, const struct prefix *prefix)
{
	char text[PREFIX_TEXT_SIZE];

	prefix_format(prefix, text);
	log_event(&lists->logger, LOG_INFO_, "expired",
	    log_text("list", owner->settings->name),
	    log_number("before", (int64_t)before),
	    log_number("after", (int64_t)owner_count(owner)),
	    log_number("removed", ended),
	    log_text(ended == 1 ? "prefix" : "last", text));
}

/* Gives how many of the turn's are left. */
static unsigned
expire(struct lists *lists, struct owner *owner, uint64_t now, unsigned left)
{
	uint64_t before = owner_count(owner);
	struct dynamic_entry entry;
	struct prefix prefix = {0};
	unsigned ended = 0;

	while (ended < left && dynamic_ended(owner->dynamic, now, &entry)) {
		prefix = entry.prefix;
		dynamic_remove(owner->dynamic, &prefix);
		apply(lists, owner, &prefix);
		owner->changed = true;
		ended++;
		if (ended > SHOWN_A_TURN)
			continue;
		say(lists, owner, before, 1, &prefix);
		before--;
	}
	if (ended > SHOWN_A_TURN)
		say(lists, owner, before, ended - SHOWN_A_TURN, &prefix);
	return left - ended;
}

static void
on_expire(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct lists *lists = timer->data;
	uint64_t now = monotonic_milliseconds();
	unsigned left = ENDS_A_TURN;

	(void)loop;
	(void)events;
	lists->next_end = DYNAMIC_FOREVER;
	for (size_t i = 0; i < lists->owners->count; i++) {
		struct owner *owner = lists->owners->of[i];

		if (owner->dynamic == NULL)
			continue;
		left = expire(lists, owner, now, left);
		uint64_t next = dynamic_next_end(owner->dynamic);

		if (next < lists->next_end)
			lists->next_end = next;
	}
	set_timer(lists);
}

void
expiry_begin(struct lists *lists)
{
	if (lists->expire.data == NULL)
		ev_timer_init(&lists->expire, on_expire, 0., 0.);
	lists->expire.data = lists;
	lists->next_end = 0;
	set_timer(lists);
}
