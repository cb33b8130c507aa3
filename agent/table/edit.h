/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_EDIT_H
#define AGENT_TABLE_EDIT_H

#include "agent/table/blocks.h"
#include "agent/table/classes.h"
#include "agent/table/retire.h"
#include "agent/table/table.h"
#include "agent/table/wide.h"

/*
 * One change of one member, while it is worked out. New blocks are made beside
 * the old ones; if all went well one store publishes them and the old ones are
 * retired, or else the new ones are released.
 */

enum {
	EDIT_ENTRIES_MAX = 4096, /* of a block that is changed in place */
	EDIT_BLOCKS_MAX = 4096,
	EDIT_STAGES = 3,
};

/* Room to work in, of one table; kept from change to change. */
struct edit_room {
	struct {
		uint64_t before[EDIT_ENTRIES_MAX + 1];
		uint64_t after[EDIT_ENTRIES_MAX + 1];
	} stages[EDIT_STAGES];
	uint32_t fresh[EDIT_BLOCKS_MAX];
	uint32_t old[EDIT_BLOCKS_MAX];
	struct span held[EDIT_ENTRIES_MAX];
	struct span kept[EDIT_ENTRIES_MAX];
};

struct edit {
	struct edit_room *room;
	struct classes *classes;
	uint64_t bit;
	struct span span; /* what is changed */
	const struct span
	    *held; /* what the member holds of it: sorted, apart */
	size_t count;
	uint64_t epoch;
	struct retire_queue *queue;
	size_t fresh;
	size_t old;
	bool changed;
	bool failed;
	uint32_t cached_from[2]; /* edit_class() of the last one, off and on */
	uint32_t cached_to[2];
};

static inline bool
edit_whole(const struct edit *edit)
{
	return edit->count == 1 && edit->held[0].first == edit->span.first &&
	       edit->held[0].last == edit->span.last;
}

/* The class with the member in it, or without. */
uint32_t edit_class(struct edit *edit, uint32_t class_, bool on);

/*
 * Makes a block and notes it. 0, with failed set, when there is no room. With
 * edit_old() the block of a word, if it is one's, will be retired.
 */
uint32_t edit_narrow(struct edit *edit, struct blocks *blocks,
    const uint32_t *entries, size_t count);
uint32_t edit_wide(struct edit *edit, struct blocks *blocks,
    const uint64_t *entries, size_t count);
void edit_old(struct edit *edit, uint32_t word);

/* Makes room for what will be retired, and a host. Ask before publishing. */
bool edit_ready(struct edit *edit);

/* After publishing: the old blocks are retired. */
void edit_done(struct edit *edit, struct blocks *blocks);

/* Nothing was published: the new blocks go. */
enum table_change edit_undo(struct edit *edit, struct blocks *blocks);

#endif
