/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/reading.h"

#include <stdlib.h>

/*
 * List files while we run: what touches them is heard, they are left to settle,
 * a job reads them, and what is good becomes the content. Whatever goes unheard
 * is seen by looking at all files from time to time.
 */

static const double settle_done = 0.1;
static const double settle_open = 0.5; /* somebody is writing */
static const double look_interval = 1.0;

enum {
	SETTLE_MAX = 5000, /* milliseconds that a restless file is waited for */
	LOOK_ROUNDS = 10,  /* looks until every file was looked at */
	LOOK_ROUNDS_BLIND = 2,
};

bool
files_free(const struct lists *lists)
{
	bool awaited = lists->reload_wanted && !lists->reload_waits;

	return !lists->loading && !awaited;
}

/* ---- touched ---- */

static void
follow(struct lists *lists, struct owner *owner)
{
	/* Touched as a file, which a reload made something else of. */
	if (owner->settings->source != LIST_FILE) {
		owner->touched = 0;
		return;
	}
	if (!files_free(lists) || owner->reading || owner->applying) {
		owner->again = true;
		lists->again++;
		return;
	}
	owner->touched = 0;
	reading_begin(lists, owner);
}

static void
on_settled(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct owner *owner = timer->data;

	(void)events;
	ev_timer_stop(loop, timer);
	follow(ev_userdata(loop), owner);
}

void
files_touched(void *context, struct owner *owner, bool done)
{
	struct lists *lists = context;
	uint64_t now = monotonic_milliseconds();

	if (owner->touched == 0)
		owner->touched = now;
	if (ev_is_active(&owner->settle) && now - owner->touched > SETTLE_MAX)
		return;
	owner->settle.repeat = done ? settle_done : settle_open;
	ev_timer_again(lists->loop, &owner->settle);
}

void
files_follow(struct lists *lists)
{
	if (lists->again == 0 || !files_free(lists))
		return;
	lists->again = 0;
	for (size_t i = 0; i < lists->owners->count; i++) {
		struct owner *owner = lists->owners->of[i];

		if (!owner->again)
			continue;
		owner->again = false;
		follow(lists, owner);
	}
}

/* ---- looking ---- */

struct look {
	struct job job;
	struct settings
	    *settings; /* a reference; theirs, if they still serve */
	size_t first;
	size_t count;
	struct identity identities[];
};

static void
look_run(struct job *job)
{
	struct look *look = (struct look *)job;

	for (size_t i = 0; i < look->count; i++) {
		const struct list_settings *list =
		    &look->settings->lists[look->first + i];

		if (list->source == LIST_FILE)
			identity_take(list->file, &look->identities[i]);
	}
}

static void
look_discard(struct job *job)
{
	struct look *look = (struct look *)job;

	settings_unref(look->settings);
	free(look);
}

static bool
is_as_known(const struct identity *seen, const struct identity *known)
{
	return seen->known == known->known &&
	       (!seen->known || identity_equal(seen, known));
}

static void
look_done(struct lists *lists, struct job *job)
{
	struct look *look = (struct look *)job;
	bool same = look->settings == lists->owners->settings;

	for (size_t i = 0; same && i < look->count; i++) {
		struct owner *owner = lists->owners->of[look->first + i];

		if (owner->settings->source == LIST_FILE && !owner->reading &&
		    !ev_is_active(&owner->settle) &&
		    !is_as_known(&look->identities[i], &owner->identity))
			files_touched(lists, owner, false);
	}
	lists->looking = false;
	look_discard(job);
}

static void
on_look(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct lists *lists = timer->data;
	size_t all = lists->owners->count;
	unsigned rounds = lists->blind ? LOOK_ROUNDS_BLIND : LOOK_ROUNDS;
	size_t count = (all + rounds - 1) / rounds;

	(void)loop;
	(void)events;
	if (lists->looking || !files_free(lists))
		return;
	if (lists->polled >= all)
		lists->polled = 0;
	if (count > all - lists->polled)
		count = all - lists->polled;
	struct look *look =
	    calloc(1, sizeof(*look) + count * sizeof(struct identity));
	if (look == NULL)
		return;
	look->job = (struct job){
	    .run = look_run, .done = look_done, .discard = look_discard};
	look->settings = settings_ref(lists->owners->settings);
	look->first = lists->polled;
	look->count = count;
	lists->polled += count;
	lists->looking = true;
	jobs_post(&lists->files, &look->job);
}

/* ---- owners come and go ---- */

void
files_begin(struct lists *lists)
{
	bool blind = watch_descriptor(lists->watch) < 0;
	bool any = false;

	watch_start(lists->watch, lists->loop, files_touched, lists);
	for (size_t i = 0; i < lists->owners->count; i++) {
		struct owner *owner = lists->owners->of[i];

		if (owner->settle.data == NULL)
			ev_init(&owner->settle, on_settled);
		owner->settle.data = owner;
		if (owner->settings->source != LIST_FILE)
			continue;
		any = true;
		blind |= owner->trail == NULL || owner->trail->gaps;
	}
	files_blind(lists, any && blind);
	lists->polled = 0;
	ev_timer_stop(lists->loop, &lists->look);
	if (!any)
		return;
	ev_timer_init(&lists->look, on_look, look_interval, look_interval);
	lists->look.data = lists;
	ev_timer_start(lists->loop, &lists->look);
}

void
files_blind(struct lists *lists, bool blind)
{
	if (blind && !lists->blind)
		log_event(&lists->logger, LOG_WARNING_, "watch",
		    log_text("text",
			"not all list files can be watched: they are looked "
			"at every few seconds"));
	lists->blind = blind;
}

void
files_forget(struct lists *lists, struct owner *owner)
{
	ensure(!owner->reading && !owner->applying);
	ev_timer_stop(lists->loop, &owner->settle);
	keep_forget(lists, owner);
}
