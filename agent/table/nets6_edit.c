/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/nets6.h"

/*
 * Changing what is inside a /32. A stage is a block, or a class that stands for
 * one, and covers a window of addresses; each of its keys covers a unit, the
 * window of the stage below. Since all spans are prefixes, they are made of
 * whole units or lie within one.
 */

struct window {
	struct nets6 *nets;
	struct edit *edit;
	unsigned stage;
	wide base;
	struct span span;        /* to be changed, within the window */
	const struct span *held; /* within span */
	size_t count;
};

/* The walk over the keys of a window. */
struct walk {
	const struct window *window;
	uint32_t key;
	uint32_t last; /* of the keys alike, from key on */
	uint32_t word; /* theirs */
	size_t held;   /* the first one not behind us */
	size_t count;  /* of entries written */
};

static unsigned
unit_bits(const struct window *window)
{
	return 64 - 32 * window->stage;
}

static uint32_t
key_of(const struct window *window, wide at)
{
	return (uint32_t)(at >> unit_bits(window));
}

static struct span
unit_of(const struct window *window, uint32_t key)
{
	wide first = window->base | (wide)key << unit_bits(window);

	return (struct span){
	    first, first | (((wide)1 << unit_bits(window)) - 1)};
}

static bool
span_is_whole(const struct window *window, const struct span *span)
{
	return span->first ==
		   unit_of(window, key_of(window, span->first)).first &&
	       span->last == unit_of(window, key_of(window, span->last)).last;
}

static uint32_t rewrite(const struct window *window, uint32_t word);

static uint32_t
rewrite_unit(const struct walk *walk, const struct span *span,
    const struct span *held, size_t count)
{
	const struct window *window = walk->window;
	struct window unit = *window;

	unit.stage++;
	unit.base = unit_of(window, walk->key).first;
	unit.span = *span;
	unit.held = held;
	unit.count = count;
	return rewrite(&unit, walk->word);
}

/* All of the keys alike, which are one if they have a block. */
static uint32_t
rewrite_all(const struct walk *walk, bool on)
{
	struct span unit;

	if (!word_is_block(walk->word))
		return word_of_class(
		    edit_class(walk->window->edit, word_class(walk->word), on));
	unit = unit_of(walk->window, walk->key);
	return rewrite_unit(walk, &unit, &unit, on);
}

static void
walk_until(struct walk *walk, uint32_t last)
{
	if (last < walk->last)
		walk->last = last;
}

/* The new word from key on, of whole units; last may come nearer. */
static uint32_t
paint(struct walk *walk)
{
	const struct window *window = walk->window;
	const struct span *held = window->held + walk->held, *end;
	struct span unit;

	end = window->held + window->count;
	while (held < end && key_of(window, held->last) < walk->key)
		held++;
	walk->held = (size_t)(held - window->held);
	if (held == end)
		return rewrite_all(walk, false);
	if (walk->key < key_of(window, held->first)) {
		walk_until(walk, key_of(window, held->first) - 1);
		return rewrite_all(walk, false);
	}
	if (span_is_whole(window, held)) {
		walk_until(walk, key_of(window, held->last));
		return rewrite_all(walk, true);
	}
	walk_until(walk, walk->key);
	unit = unit_of(window, walk->key);
	while (held < end && key_of(window, held->first) == walk->key)
		held++;
	return rewrite_unit(walk, &unit, window->held + walk->held,
	    (size_t)(held - window->held) - walk->held);
}

static void
append(struct walk *walk, uint32_t word)
{
	struct edit *edit = walk->window->edit;
	uint64_t *after = edit->room->stages[walk->window->stage].after;

	if (walk->count > 0 && (uint32_t)after[walk->count - 1] == word &&
	    !word_is_block(word))
		return;
	if (walk->count == EDIT_ENTRIES_MAX)
		edit->failed = true;
	else
		after[walk->count++] = (uint64_t)walk->key << 32 | word;
}

static uint32_t
walk_word(struct walk *walk)
{
	const struct window *window = walk->window;
	uint32_t first = key_of(window, window->span.first);
	uint32_t last = key_of(window, window->span.last);

	if (walk->key > last)
		return walk->word;
	if (walk->key < first) {
		walk_until(walk, first - 1);
		return walk->word;
	}
	walk_until(walk, last);
	if (span_is_whole(window, &window->span))
		return paint(walk);
	return rewrite_unit(walk, &window->span, window->held, window->count);
}

static void
walk_window(struct walk *walk, size_t before_count)
{
	struct edit *edit = walk->window->edit;
	const uint64_t *before = edit->room->stages[walk->window->stage].before;
	size_t i = 0;

	do {
		while (i + 1 < before_count && before[i + 1] >> 32 <= walk->key)
			i++;
		walk->word = (uint32_t)before[i];
		walk->last = UINT32_MAX;
		if (i + 1 < before_count)
			walk->last = (uint32_t)(before[i + 1] >> 32) - 1;
		append(walk, walk_word(walk));
		walk->key = walk->last + 1;
	} while (walk->key != 0 && !edit->failed);
}

static uint32_t
encode(const struct walk *walk)
{
	struct edit *edit = walk->window->edit;
	const uint64_t *after = edit->room->stages[walk->window->stage].after;

	if (walk->count == 1 && !word_is_block((uint32_t)after[0]))
		return (uint32_t)after[0];
	return edit_wide(edit, &walk->window->nets->blocks, after, walk->count);
}

/* The word that stands for the window afterwards; the same if it is alike. */
static uint32_t
rewrite(const struct window *window, uint32_t word)
{
	struct edit *edit = window->edit;
	struct walk walk = {.window = window};
	size_t old = edit->old, before_count;
	bool changed = edit->changed;

	before_count = blocks_get_wide(&window->nets->blocks, word,
	    edit->room->stages[window->stage].before, EDIT_ENTRIES_MAX);
	edit->failed |= before_count == 0;
	if (edit->failed)
		return word;
	edit_old(edit, word);
	edit->changed = false;
	walk_window(&walk, before_count);
	if (!edit->changed) {
		edit->changed = changed;
		edit->old = old;
		return word;
	}
	return edit->failed ? word : encode(&walk);
}

enum table_change
nets6_assign(struct nets6 *nets, struct edit *edit)
{
	uint32_t top = (uint32_t)(edit->span.first >> 96), word;
	uint64_t mixed = nets6_mix(nets, top);
	_Atomic uint64_t *lane = wide_lane(&nets->tops, mixed);
	struct window window = {.nets = nets,
	    .edit = edit,
	    .base = (wide)top << 96,
	    .span = edit->span,
	    .held = edit->held,
	    .count = edit->count};

	if (!lane)
		return TABLE_REBUILD;
	word = (uint32_t)atomic_load_explicit(lane, memory_order_relaxed);
	if (word == 0)
		word = word_of_class(dxr_find(&nets->shorts, top, NULL, NULL));
	word = rewrite(&window, word);
	if (edit->failed || !edit->changed)
		return edit_undo(edit, &nets->blocks);
	if (!edit_ready(edit)) {
		edit->failed = true;
		return edit_undo(edit, &nets->blocks);
	}
	atomic_store_explicit(
	    lane, mixed << WORD_BITS | word, memory_order_release);
	edit_done(edit, &nets->blocks);
	return TABLE_CHANGED;
}

static bool
word_holds(
    const struct nets6 *nets, struct edit *edit, uint32_t word, unsigned stage)
{
	uint64_t *entries;
	size_t count;

	if (!word_is_block(word))
		return (edit->classes->masks[word_class(word)] & edit->bit) !=
		       0;
	entries = edit->room->stages[stage].before;
	count = blocks_get_wide(&nets->blocks, word, entries, EDIT_ENTRIES_MAX);
	edit->failed |= count == 0;
	for (size_t i = 0; i < count; i++)
		if (!word_holds(nets, edit, (uint32_t)entries[i], stage + 1))
			return false;
	return true;
}

bool
nets6_holds(const struct nets6 *nets, struct edit *edit, uint64_t half)
{
	uint32_t top = (uint32_t)(half >> 32);
	uint32_t word =
	    (uint32_t)wide_find(&nets->tops, nets6_mix(nets, top), NULL);

	if (word == 0)
		word = word_of_class(dxr_find(&nets->shorts, top, NULL, NULL));
	if (word_is_block(word))
		word = block_wide(&nets->blocks, word, (uint32_t)half, NULL);
	return word_holds(nets, edit, word, 1);
}
