/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_STORE_LIFE_H
#define TESTS_UNIT_STORE_LIFE_H

/* The life of a process that keeps lists: changes, one after the other. */

#include "tests/unit/store_faults.h"
#include "tests/unit/store_tools.h"

static const char feed_texts[3][TEXT_SIZE] = {
    "", "192.0.2.1 2001:db8::/32", "10.0.0.0/8 192.0.2.7"};

struct life {
	struct store *store;
	struct dynamic *dynamic;
	struct store_saving *saving;
	bool loaded;
	bool failed; /* the last change was refused */
};

static inline void
add(struct life *life, const char *prefix, const char *reason)
{
	struct dynamic_entry entry =
	    entry_of(prefix, NOON, DYNAMIC_FOREVER, "who", reason);

	life->failed = store_log_add(life->store, "manual", &entry, NOON, 1000,
			   store_error) != STORE_OK;
	if (!life->failed)
		dynamic_add(life->dynamic, &entry);
}

static inline void
drop(struct life *life, const char *text)
{
	struct prefix prefix = prefix_of(text);

	life->failed = store_log_remove(life->store, "manual", &prefix,
			   store_error) != STORE_OK;
	if (!life->failed)
		dynamic_remove(life->dynamic, &prefix);
}

static inline void
open_and_load(struct life *life)
{
	enum store_result result;

	life->store = store_open(directory, store_error);
	life->dynamic = dynamic_new();
	life->failed = !life->store || !life->dynamic;
	if (life->failed)
		return;
	result = store_load_dynamic(
	    life->store, "manual", life->dynamic, NOON, 1000, store_error);
	life->loaded = result != STORE_FAILED;
	life->failed = !life->loaded;
}

static inline void
add_first(struct life *life)
{
	add(life, "192.0.2.1", "first");
}

static inline void
add_second(struct life *life)
{
	add(life, "192.0.2.5", "second");
}

static inline void
add_network(struct life *life)
{
	add(life, "2001:db8::/32", "network");
}

static inline void
add_behind(struct life *life)
{
	add(life, "192.0.2.2", "behind what is written");
}

static inline void
add_ahead(struct life *life)
{
	add(life, "192.0.2.8", "ahead of it");
}

static inline void
drop_first(struct life *life)
{
	drop(life, "192.0.2.1");
}

static inline void
sync_all(struct life *life)
{
	life->failed = store_sync(life->store, store_error) != STORE_OK;
}

static inline void
clear(struct life *life)
{
	life->failed =
	    store_log_clear(life->store, "manual", store_error) != STORE_OK;
	if (!life->failed)
		dynamic_clear(life->dynamic);
}

static inline void
save(struct life *life)
{
	life->failed = store_save_dynamic(life->store, "manual", life->dynamic,
			   NOON, 1000, store_error) != STORE_OK;
}

static inline void
begin_saving(struct life *life)
{
	life->saving =
	    store_saving_begin(life->store, "manual", NOON, store_error);
	life->failed = !life->saving;
	if (life->saving)
		store_saving_step(life->saving, life->dynamic, 2, NOON, 1000);
}

static inline void
end_saving(struct life *life)
{
	if (!life->saving)
		return;
	while (!store_saving_step(life->saving, life->dynamic, 1, NOON, 1000))
		;
	store_saving_commit(life->saving);
	life->failed = store_saving_end(life->saving, store_error) != STORE_OK;
	life->saving = NULL;
}

static inline void
save_feed(struct life *life, int number)
{
	struct store_content content = {
	    prefixes_of(feed_texts[number]), number};

	life->failed = store_save_content(life->store, "feed", &content,
			   store_error) != STORE_OK;
	prefixes_unref(content.prefixes);
}

static inline void
save_feed_1(struct life *life)
{
	save_feed(life, 1);
}

static inline void
save_feed_2(struct life *life)
{
	save_feed(life, 2);
}

/*
 * What a machine that loses its power behind a change has to have kept: the
 * changes before this one (KEEPS_OLD), or this one too (KEEPS).
 */
enum keeping { KEEPS_NOTHING, KEEPS_OLD, KEEPS };

struct change {
	void (*make)(struct life *life);
	enum keeping keeping;
	int feed; /* its content after it */
};

static const struct change long_life[] = {
    {open_and_load, KEEPS, 0},
    {add_first, KEEPS_NOTHING, 0},
    {save_feed_1, KEEPS_NOTHING, 1},
    {add_network, KEEPS_NOTHING, 1},
    {sync_all, KEEPS, 1},
    {add_second, KEEPS_NOTHING, 1},
    {begin_saving, KEEPS_OLD, 1},
    {drop_first, KEEPS_NOTHING, 1},
    {add_behind, KEEPS_NOTHING, 1},
    {add_ahead, KEEPS_NOTHING, 1},
    {end_saving, KEEPS_OLD, 1},
    {clear, KEEPS_NOTHING, 1},
    {add_first, KEEPS_NOTHING, 1},
    {save_feed_2, KEEPS_NOTHING, 2},
    {save, KEEPS_OLD, 2},
    {save, KEEPS_OLD, 2},
    {add_network, KEEPS_NOTHING, 2},
    {sync_all, KEEPS, 2},
};

/* Nothing was changed before it is saved. */
static const struct change short_life[] = {
    {open_and_load, KEEPS, 0},
    {save, KEEPS, 0},
    {begin_saving, KEEPS, 0},
    {add_first, KEEPS_NOTHING, 0},
    {end_saving, KEEPS, 0},
    {save_feed_1, KEEPS_NOTHING, 1},
};

enum {
	LONG_LIFE = sizeof(long_life) / sizeof(long_life[0]),
	SHORT_LIFE = sizeof(short_life) / sizeof(short_life[0]),
};

static const struct change *changes = long_life;
static int change_count = LONG_LIFE;

/* What the process has come to, as its parent sees it. */
struct progress {
	int done;  /* changes */
	int kept;  /* of them: those that a lost machine must have kept */
	int calls; /* of the system */
	bool loaded;
	char text[TEXT_SIZE];
};

static struct progress *progress;
static char expected[LONG_LIFE + 1][TEXT_SIZE];

static inline void
end_life(struct life *life)
{
	if (life->saving)
		store_saving_end(life->saving, store_error);
	dynamic_free(life->dynamic);
	store_close(life->store);
}

static inline void
live(void)
{
	struct life life = {.store = NULL};

	*progress = (struct progress){.done = 0};
	for (int i = 0; i < change_count; i++) {
		changes[i].make(&life);
		if (life.dynamic)
			dynamic_text(life.dynamic, progress->text);
		snprintf(expected[i + 1], TEXT_SIZE, "%s", progress->text);
		progress->loaded = life.loaded;
		progress->done = i + 1;
		progress->calls = (int)faults.calls;
		if (changes[i].keeping != KEEPS_NOTHING)
			progress->kept = i + (changes[i].keeping == KEEPS);
		if (!life.store)
			break;
	}
	end_life(&life);
}

#endif
