/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/reading.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * A job reads the file, has the guard look at it, and finds the difference; all
 * that is left to the lists thread is to take it. The owner stays as it is and
 * where it is until the job is back.
 */

struct reading {
	struct job job;
	struct owner *owner;
	struct settings *settings; /* a reference, for the list's */
	const struct list_settings *list;
	struct identity known;
	struct prefixes *before;
	struct contents contents; /* what the guard's "never" names */
	int inotify;
	struct order *order; /* to accept: nothing is read, nothing refused */
	/* What comes of it. */
	struct take take;
	struct trail *trail;
	struct report report;
	enum guard guard;
	char text[GUARD_TEXT_SIZE];
	struct prefixes_change *changes; /* NULL: no memory, or too many */
	size_t change_count;
};

/* ---- the job ---- */

static void
find_difference(struct reading *reading)
{
	struct prefixes_change *changes = calloc(CHANGES_MAX, sizeof(*changes));

	reading->change_count = prefixes_difference(reading->before,
	    reading->take.content, changes, changes != NULL ? CHANGES_MAX : 0);
	if (reading->change_count <= CHANGES_MAX)
		reading->changes = changes;
	else
		free(changes);
}

static void
run(struct job *job)
{
	struct reading *reading = (struct reading *)job;

	if (reading->order == NULL) {
		reading->trail =
		    trail_lay(reading->inotify, reading->list->file);
		take_list(reading->list, &reading->known, &reading->report,
		    &reading->take);
		if (reading->take.result != TAKE_GOOD)
			return;
		reading->guard = guard_check(reading->list, reading->settings,
		    &reading->contents, reading->before, reading->take.content,
		    reading->text);
	}
	if (reading->guard == GUARD_NONE)
		find_difference(reading);
}

static void
discard(struct job *job)
{
	struct reading *reading = (struct reading *)job;

	prefixes_unref(reading->before);
	prefixes_unref(reading->take.content);
	contents_fini(&reading->contents);
	trail_free(reading->trail);
	report_fini(&reading->report);
	settings_unref(reading->settings);
	free(reading->changes);
	free(reading);
}

/* ---- what comes of it ---- */

static void
set_error(struct owner *owner, char *error)
{
	free(owner->error);
	owner->error = error;
}

/* The content stays; said once for each reason. */
static void
stay(struct lists *lists, struct owner *owner, enum list_state state,
    char *error)
{
	bool news = owner->state != state || owner->error == NULL ||
		    error == NULL || strcmp(owner->error, error) != 0;

	owner->state = state;
	set_error(owner, error);
	if (news)
		news_list(lists,
		    &(struct news){.owner = owner,
			.result = list_state_name(state),
			.reason = error != NULL ? error : "out of memory",
			.before = owner_count(owner),
			.after = owner_count(owner)});
}

static void
refuse(struct lists *lists, struct reading *reading)
{
	struct owner *owner = reading->owner;
	char *text;

	if (asprintf(
		&text, "%s: %s", guard_name(reading->guard), reading->text) < 0)
		text = NULL;
	prefixes_unref(owner->refused);
	owner->refused = reading->take.content;
	reading->take.content = NULL;
	stay(lists, owner, STATE_REFUSED, text);
}

static void
take_content(struct lists *lists, struct reading *reading)
{
	struct owner *owner = reading->owner;
	uint64_t before = owner_count(owner);
	bool news = reading->change_count > 0 || owner->state != STATE_OK;

	prefixes_unref(owner->refused);
	owner->refused = NULL;
	set_error(owner, NULL);
	owner->state = STATE_OK;
	owners_set(lists->owners, owner, reading->take.content);
	reading->take.content = NULL;
	owner->taken = wall_milliseconds();
	owner->taken_at = (int64_t)monotonic_milliseconds();
	if (news)
		news_list(lists, &(struct news){.owner = owner,
				     .result = "ok",
				     .before = before,
				     .after = owner_count(owner),
				     .difference = reading->change_count,
				     .order = reading->order});
	if (reading->change_count == 0) {
		if (reading->order != NULL)
			answer(lists, reading->order);
		return;
	}
	if (reading->changes == NULL)
		build_need(lists, owner, reading->order);
	else
		apply_difference(lists, owner, reading->changes,
		    reading->change_count, reading->order);
	reading->changes = NULL;
	keep_owner(lists, owner);
}

static void
take_bad(struct lists *lists, struct reading *reading)
{
	struct owner *owner = reading->owner;
	bool missing = reading->take.result == TAKE_MISSING;

	news_report(lists, &reading->report);
	prefixes_unref(owner->refused);
	owner->refused = NULL;
	stay(lists, owner, missing ? STATE_STALE : STATE_REFUSED,
	    take_error(&reading->report, 0));
}

static void
take_trail(struct lists *lists, struct reading *reading)
{
	struct owner *owner = reading->owner;

	if (reading->trail == NULL)
		return;
	watch_drop(lists->watch, owner->trail);
	watch_add(lists->watch, reading->trail, owner);
	if (lists->reading == 0)
		watch_prune(lists->watch, owner->trail);
	trail_free(owner->trail);
	owner->trail = reading->trail;
	reading->trail = NULL;
	if (owner->trail->gaps)
		files_blind(lists, true);
}

static void
on_done(struct lists *lists, struct job *job)
{
	struct reading *reading = (struct reading *)job;
	struct owner *owner = reading->owner;
	enum take_result result = reading->take.result;

	owner->reading = false;
	lists->reading--;
	if (reading->order == NULL) {
		take_trail(lists, reading);
		owner->identity = reading->take.identity;
	}
	switch (result) {
	case TAKE_GOOD:
		if (reading->order == NULL)
			news_report(lists, &reading->report);
		if (reading->guard == GUARD_NONE)
			take_content(lists, reading);
		else
			refuse(lists, reading);
		break;
	case TAKE_SAME:
		break;
	case TAKE_MISSING:
	case TAKE_BAD:
		take_bad(lists, reading);
		break;
	case TAKE_MOVING:
		owner->identity = (struct identity){0};
		files_touched(lists, owner, true);
		break;
	}
	jobs_scrap(&lists->files, job);
}

/* ---- beginning ---- */

/* Of the lists that the guard looks at; false: no memory. */
static bool
gather(const struct lists *lists, const struct list_settings *list,
    struct contents *contents)
{
	const struct set *never = &list->guard.never;
	const struct owners *owners = lists->owners;

	contents->of = calloc(owners->count + 1, sizeof(struct prefixes *));
	if (contents->of == NULL)
		return false;
	contents->count = owners->count;
	for (size_t i = 0; i < never->count; i++) {
		if (never->items[i].kind != SET_LIST)
			continue;
		unsigned index = never->items[i].list;
		const struct owner *owner = owners->of[index];

		if (contents->of[index] != NULL)
			continue;
		contents->of[index] = owner->dynamic != NULL
					  ? dynamic_pack(owner->dynamic)
					  : prefixes_ref(owner->content);
		if (contents->of[index] == NULL)
			return false;
	}
	return true;
}

static struct reading *
reading_new(struct lists *lists, struct owner *owner)
{
	struct reading *reading = calloc(1, sizeof(*reading));

	if (reading == NULL)
		return NULL;
	reading->job =
	    (struct job){.run = run, .done = on_done, .discard = discard};
	reading->owner = owner;
	reading->settings = settings_ref(lists->owners->settings);
	reading->list = owner->settings;
	reading->known = owner->identity;
	reading->before = prefixes_ref(owner->content);
	reading->inotify = watch_descriptor(lists->watch);
	report_init(&reading->report);
	if (gather(lists, owner->settings, &reading->contents))
		return reading;
	discard(&reading->job);
	return NULL;
}

static void
post(struct lists *lists, struct reading *reading)
{
	reading->owner->reading = true;
	lists->reading++;
	jobs_post(&lists->files, &reading->job);
}

void
reading_begin(struct lists *lists, struct owner *owner)
{
	struct reading *reading = reading_new(lists, owner);

	if (reading != NULL)
		post(lists, reading);
	else
		files_touched(lists, owner, true);
}

static void
fail(struct lists *lists, struct order *order, enum order_status status,
    const char *text)
{
	order->status = status;
	snprintf(order->text, sizeof(order->text), "%s", text);
	answer(lists, order);
}

void
files_accept(struct lists *lists, struct order *order)
{
	struct owner *owner = owners_find(lists->owners, order->list);
	struct reading *reading;

	if (owner == NULL) {
		fail(lists, order, ORDER_NO_LIST, "");
		return;
	}
	if (owner->refused == NULL) {
		fail(lists, order, ORDER_ABSENT, "nothing was refused");
		return;
	}
	if (!files_free(lists) || owner->reading || owner->applying) {
		fail(lists, order, ORDER_FAILED,
		    "the list is being read: try again");
		return;
	}
	reading = reading_new(lists, owner);
	if (reading == NULL) {
		fail(lists, order, ORDER_FAILED, "out of memory");
		return;
	}
	order->status = ORDER_DONE;
	order->count = prefixes_count(owner->refused);
	reading->order = order;
	reading->take.result = TAKE_GOOD;
	reading->take.content = prefixes_ref(owner->refused);
	post(lists, reading);
}
