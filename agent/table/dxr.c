/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/dxr.h"

#include <stdlib.h>

#include "agent/table/region.h"

enum { ROOM_SPARE = 1 << 14 /* granules */ };

static size_t
root_count(const struct dxr *dxr)
{
	return (size_t)1 << (32 - dxr->shift);
}

/* ---- building ---- */

/*
 * A step brings a granule at most, and what small blocks leave of a line can
 * be half of one more. Pages that are not used cost nothing.
 */
static size_t
granules_for(size_t steps, unsigned share)
{
	size_t used = steps + steps / 2;

	return used + used / 8 * share +
	       (size_t)ROOM_SPARE * (share > 1 ? 4 : 1);
}

bool
dxr_begin(struct dxr_builder *builder, struct dxr *dxr, unsigned shift,
    size_t steps, unsigned share)
{
	*builder = (struct dxr_builder){.dxr = dxr};
	*dxr = (struct dxr){.shift = shift};
	builder->entries =
	    malloc(((size_t)1 << shift) * sizeof(*builder->entries));
	dxr->root = region_alloc(root_count(dxr) * sizeof(*dxr->root));
	builder->starved =
	    !builder->entries || !dxr->root ||
	    !blocks_init(&dxr->blocks, granules_for(steps, share));
	return !builder->starved;
}

static void
root_set(struct dxr *dxr, size_t slot, uint32_t word)
{
	atomic_store_explicit(&dxr->root[slot], word, memory_order_relaxed);
}

/* Writes the slot's word, and the class that it ends with up to the next. */
static void
flush(struct dxr_builder *builder, size_t next)
{
	uint32_t word = word_of_class(builder->class_);

	if (builder->count > 1)
		word = blocks_put_narrow(
		    &builder->dxr->blocks, builder->entries, builder->count);
	builder->starved |= word == 0;
	root_set(builder->dxr, builder->slot, word);
	for (size_t slot = builder->slot + 1; slot < next; slot++)
		root_set(builder->dxr, slot, word_of_class(builder->class_));
}

void
dxr_add(struct dxr_builder *builder, uint32_t key, uint32_t class_)
{
	unsigned shift = builder->dxr->shift;
	uint32_t slot = key >> shift;
	uint32_t suffix = key & ((UINT32_C(1) << shift) - 1);

	if (builder->starved)
		return;
	if (slot != builder->slot) {
		flush(builder, slot);
		builder->slot = slot;
		builder->count = 0;
	}
	if (suffix == 0)
		builder->count = 0;
	else if (builder->count == 0)
		builder->entries[builder->count++] = builder->class_;
	builder->entries[builder->count++] = suffix << 16 | class_;
	builder->class_ = class_;
}

bool
dxr_end(struct dxr_builder *builder)
{
	struct dxr *dxr = builder->dxr;

	if (!builder->starved) {
		flush(builder, root_count(dxr));
		region_trim(dxr->blocks.base,
		    dxr->blocks.used * sizeof(*dxr->blocks.base),
		    dxr->blocks.room * sizeof(*dxr->blocks.base));
	}
	free(builder->entries);
	return !builder->starved;
}

void
dxr_fini(struct dxr *dxr)
{
	free(dxr->root);
	blocks_fini(&dxr->blocks);
}

size_t
dxr_size(const struct dxr *dxr)
{
	if (!dxr->root)
		return 0;
	return root_count(dxr) * sizeof(*dxr->root) +
	       dxr->blocks.used * sizeof(*dxr->blocks.base);
}

/* ---- changing ---- */

/* Keys are within the slot from here on. */
struct walk {
	struct edit *edit;
	const uint64_t *before;
	size_t before_count;
	uint64_t *after;
	size_t count;
	uint32_t first;
	uint32_t last;
	uint32_t mask;
	size_t held;
};

/* Appends a step unless it says nothing new. */
static void
append(struct walk *walk, uint32_t key, uint32_t class_)
{
	if (walk->count > 0 &&
	    (walk->after[walk->count - 1] & UINT16_MAX) == class_)
		return;
	if (walk->count == EDIT_ENTRIES_MAX)
		walk->edit->failed = true;
	else
		walk->after[walk->count++] = (uint64_t)key << 16 | class_;
}

/*
 * What is new from key on, inside the span, where it was class_ up to last;
 * *last becomes where it ends.
 */
static uint32_t
paint(struct walk *walk, uint32_t key, uint32_t class_, uint32_t *last)
{
	struct edit *edit = walk->edit;
	uint32_t first, behind;

	*last = *last < walk->last ? *last : walk->last;
	while (walk->held < edit->count &&
	       ((uint32_t)edit->held[walk->held].last & walk->mask) < key)
		walk->held++;
	if (walk->held == edit->count)
		return edit_class(edit, class_, false);
	first = (uint32_t)edit->held[walk->held].first & walk->mask;
	behind = (uint32_t)edit->held[walk->held].last & walk->mask;
	if (key < first) {
		*last = *last < first - 1 ? *last : first - 1;
		return edit_class(edit, class_, false);
	}
	*last = *last < behind ? *last : behind;
	return edit_class(edit, class_, true);
}

static void
walk_slot(struct walk *walk)
{
	uint64_t key = 0;
	size_t i = 0;

	while (key <= walk->mask && !walk->edit->failed) {
		uint32_t class_, last = walk->mask;

		while (i + 1 < walk->before_count &&
		       walk->before[i + 1] >> 16 <= key)
			i++;
		if (i + 1 < walk->before_count)
			last = (uint32_t)(walk->before[i + 1] >> 16) - 1;
		class_ = walk->before[i] & UINT16_MAX;
		if (key < walk->first)
			last = last < walk->first ? last : walk->first - 1;
		else if (key <= walk->last)
			class_ = paint(walk, (uint32_t)key, class_, &last);
		append(walk, (uint32_t)key, class_);
		key = (uint64_t)last + 1;
	}
}

static uint32_t
encode(struct dxr *dxr, const struct walk *walk)
{
	uint32_t *narrow = (uint32_t *)(void *)walk->after;

	if (walk->count == 1)
		return word_of_class(walk->after[0] & UINT16_MAX);
	for (size_t i = 0; i < walk->count; i++)
		narrow[i] = (uint32_t)walk->after[i];
	return edit_narrow(walk->edit, &dxr->blocks, narrow, walk->count);
}

/* As 64 bits, as walk_slot() takes them. */
static size_t
decode(const struct dxr *dxr, uint32_t word, uint64_t *entries)
{
	uint32_t *narrow = (uint32_t *)(void *)entries;
	size_t count =
	    blocks_get_narrow(&dxr->blocks, word, narrow, EDIT_ENTRIES_MAX);

	for (size_t i = count; i-- > 0;)
		entries[i] = narrow[i];
	return count;
}

enum table_change
dxr_assign(struct dxr *dxr, struct edit *edit)
{
	_Atomic uint32_t *slot =
	    &dxr->root[(uint32_t)edit->span.first >> dxr->shift];
	uint32_t word = atomic_load_explicit(slot, memory_order_relaxed);
	struct walk walk = {.edit = edit};

	walk.before = edit->room->stages[0].before;
	walk.after = edit->room->stages[0].after;
	walk.mask = (UINT32_C(1) << dxr->shift) - 1;
	walk.first = (uint32_t)edit->span.first & walk.mask;
	walk.last = (uint32_t)edit->span.last & walk.mask;
	walk.before_count = decode(dxr, word, edit->room->stages[0].before);
	edit->failed |= walk.before_count == 0;
	edit_old(edit, word);
	if (!edit->failed)
		walk_slot(&walk);
	if (edit->failed || !edit->changed)
		return edit_undo(edit, &dxr->blocks);
	word = encode(dxr, &walk);
	if (edit->failed || !edit_ready(edit)) {
		edit->failed = true;
		return edit_undo(edit, &dxr->blocks);
	}
	atomic_store_explicit(slot, word, memory_order_release);
	edit_done(edit, &dxr->blocks);
	return TABLE_CHANGED;
}
