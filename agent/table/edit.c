/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/edit.h"

uint32_t
edit_class(struct edit *edit, uint32_t class_, bool on)
{
	uint64_t mask = edit->classes->masks[class_];
	bool starved = false;
	uint32_t changed;

	if (((mask & edit->bit) != 0) == on)
		return class_;
	edit->changed = true;
	if (edit->cached_to[on] != 0 && edit->cached_from[on] == class_)
		return edit->cached_to[on] - 1;
	changed = classes_find(edit->classes, mask ^ edit->bit, &starved);
	if (changed == CLASS_NONE) {
		edit->failed = true;
		return class_;
	}
	edit->cached_from[on] = class_;
	edit->cached_to[on] = changed + 1;
	return changed;
}

static uint32_t
note(struct edit *edit, uint32_t word)
{
	if (word == 0)
		edit->failed = true;
	else
		edit->room->fresh[edit->fresh++] = word;
	return word;
}

uint32_t
edit_narrow(struct edit *edit, struct blocks *blocks, const uint32_t *entries,
    size_t count)
{
	bool room = edit->fresh < EDIT_BLOCKS_MAX;

	return note(edit, room ? blocks_put_narrow(blocks, entries, count) : 0);
}

uint32_t
edit_wide(struct edit *edit, struct blocks *blocks, const uint64_t *entries,
    size_t count)
{
	bool room = edit->fresh < EDIT_BLOCKS_MAX;

	return note(edit, room ? blocks_put_wide(blocks, entries, count) : 0);
}

void
edit_old(struct edit *edit, uint32_t word)
{
	if (!word_is_block(word))
		return;
	if (edit->old == EDIT_BLOCKS_MAX)
		edit->failed = true;
	else
		edit->room->old[edit->old++] = word;
}

bool
edit_ready(struct edit *edit)
{
	return retire_reserve(edit->queue, edit->old + 1);
}

static void
release(const struct retired *retired)
{
	blocks_release(retired->owner, retired->word);
}

void
edit_done(struct edit *edit, struct blocks *blocks)
{
	for (size_t i = 0; i < edit->old; i++)
		retire_push(edit->queue, (struct retired){.epoch = edit->epoch,
					     .release = release,
					     .owner = blocks,
					     .word = edit->room->old[i]});
}

enum table_change
edit_undo(struct edit *edit, struct blocks *blocks)
{
	while (edit->fresh > 0)
		blocks_release(blocks, edit->room->fresh[--edit->fresh]);
	return edit->failed ? TABLE_REBUILD : TABLE_AS_BEFORE;
}
