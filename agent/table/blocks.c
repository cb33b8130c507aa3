/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/blocks.h"

#include <stdlib.h>

#include "agent/table/region.h"

enum { NARROW_GRANULE = 4, WIDE_GRANULE = 2 };

const union granule *
block_line_deep(
    const union granule *at, size_t lines, int32_t key, unsigned *levels)
{
	unsigned shift = 0;
	size_t line = 0;

	while (lines > (size_t)LINE_KEYS << shift)
		shift += 4;
	for (;; shift -= 4) {
		size_t keys = (lines + ((size_t)1 << shift) - 1) >> shift;

		line = line * LINE_KEYS +
		       line_count(at + line * LINE_GRANULES, key) - 1;
		line = line < keys ? line : keys - 1;
		at += (keys + LINE_KEYS - 1) / LINE_KEYS * LINE_GRANULES;
		if (levels)
			++*levels;
		if (shift == 0)
			return at + line * LINE_GRANULES;
	}
}

bool
blocks_init(struct blocks *blocks, size_t room)
{
	size_t most = (size_t)1 << WORD_OFFSET_BITS;

	room = room < most ? room : most;
	*blocks = (struct blocks){.room = (uint32_t)room};
	blocks->base = region_alloc(room * sizeof(*blocks->base));
	blocks->free_ = calloc(BLOCK_CODES, sizeof(*blocks->free_));
	return blocks->base && blocks->free_;
}

void
blocks_fini(struct blocks *blocks)
{
	free(blocks->base);
	free(blocks->free_);
}

/* Granules of the levels above so many lines of entries. */
static size_t
levels_size(size_t lines)
{
	size_t size = 0;

	do {
		lines = (lines + LINE_KEYS - 1) / LINE_KEYS;
		size += lines * LINE_GRANULES;
	} while (lines > 1);
	return size;
}

static size_t
code_levels(unsigned code)
{
	return code < LINE_GRANULES ? 0 : levels_size(code_lines(code));
}

/* Granules of the entries alone. */
static size_t
code_entries(unsigned code)
{
	return code < LINE_GRANULES ? code + 1
				    : code_lines(code) * LINE_GRANULES;
}

static unsigned
code_for(size_t granules)
{
	unsigned code = 0;

	while (code + 1 < BLOCK_CODES && code_entries(code) < granules)
		code++;
	return code;
}

static void
free_push(struct blocks *blocks, uint32_t offset, unsigned code)
{
	blocks->base[offset].wide[0] = blocks->free_[code];
	blocks->free_[code] = offset + 1;
}

static bool
free_pop(struct blocks *blocks, unsigned code, uint32_t *offset)
{
	if (!blocks->free_[code])
		return false;
	*offset = blocks->free_[code] - 1;
	blocks->free_[code] = (uint32_t)blocks->base[*offset].wide[0];
	return true;
}

/* A small block that would cross a line begins on the next one. */
static bool
cut(struct blocks *blocks, size_t size, uint32_t *offset)
{
	uint32_t in_line = blocks->used % LINE_GRANULES;
	uint32_t gap = (LINE_GRANULES - in_line) % LINE_GRANULES;

	if (in_line + size <= LINE_GRANULES)
		gap = 0;
	if (blocks->room - blocks->used < gap + size)
		return false;
	if (gap > 0)
		free_push(blocks, blocks->used, gap - 1);
	*offset = blocks->used + gap;
	blocks->used += gap + (uint32_t)size;
	return true;
}

/* The word of a new block; its entries are for the caller to fill in. */
static uint32_t
take(struct blocks *blocks, size_t granules, union granule **entries)
{
	unsigned code = code_for(granules);
	size_t levels = code_levels(code);
	uint32_t offset;

	if (code_entries(code) < granules)
		return 0;
	if (!free_pop(blocks, code, &offset) &&
	    !cut(blocks, levels + code_entries(code), &offset))
		return 0;
	*entries = blocks->base + offset + levels;
	return WORD_BLOCK | code << WORD_OFFSET_BITS | offset;
}

void
blocks_release(struct blocks *blocks, uint32_t word)
{
	unsigned code = word_code(word);
	uint32_t offset = word_offset(word);

	region_poison(blocks->base + offset,
	    (code_levels(code) + code_entries(code)) * sizeof(*blocks->base));
	free_push(blocks, offset, code);
}

static int32_t
first_key(const union granule *line, bool narrow)
{
	return narrow ? line->narrow[0]
		      : key_biased((uint32_t)(line->wide[0] >> 32));
}

/* The level whose keys stand for 1 << shift lines each. */
static union granule *
fill_level(union granule *level, const union granule *entries, size_t lines,
    unsigned shift, bool narrow)
{
	size_t keys = (lines + ((size_t)1 << shift) - 1) >> shift;
	size_t room = (keys + LINE_KEYS - 1) / LINE_KEYS * LINE_KEYS;

	for (size_t i = 0; i < room; i++) {
		size_t line = (i < keys ? i : keys - 1) << shift;

		level[i / 4].narrow[i % 4] =
		    first_key(entries + line * LINE_GRANULES, narrow);
	}
	return level + room / 4;
}

static void
fill_levels(struct blocks *blocks, uint32_t word, const union granule *entries,
    bool narrow)
{
	unsigned code = word_code(word), shift = 0;
	union granule *level = blocks->base + word_offset(word);
	size_t lines;

	if (code < LINE_GRANULES)
		return;
	lines = code_lines(code);
	while (lines > (size_t)LINE_KEYS << shift)
		shift += 4;
	for (;; shift -= 4) {
		level = fill_level(level, entries, lines, shift, narrow);
		if (shift == 0)
			return;
	}
}

uint32_t
blocks_put_narrow(struct blocks *blocks, const uint32_t *entries, size_t count)
{
	union granule *to;
	uint32_t word =
	    take(blocks, (count + NARROW_GRANULE - 1) / NARROW_GRANULE, &to);
	size_t room;

	if (!word)
		return 0;
	room = code_entries(word_code(word)) * NARROW_GRANULE;
	for (size_t i = 0; i < room; i++)
		to[i / NARROW_GRANULE].narrow[i % NARROW_GRANULE] =
		    key_biased(entries[i < count ? i : count - 1]);
	fill_levels(blocks, word, to, true);
	return word;
}

uint32_t
blocks_put_wide(struct blocks *blocks, const uint64_t *entries, size_t count)
{
	union granule *to;
	uint32_t word =
	    take(blocks, (count + WIDE_GRANULE - 1) / WIDE_GRANULE, &to);
	size_t room;

	if (!word)
		return 0;
	room = code_entries(word_code(word)) * WIDE_GRANULE;
	for (size_t i = 0; i < room; i++)
		to[i / WIDE_GRANULE].wide[i % WIDE_GRANULE] =
		    entries[i < count ? i : count - 1];
	fill_levels(blocks, word, to, false);
	return word;
}

size_t
blocks_get_narrow(
    const struct blocks *blocks, uint32_t word, uint32_t *entries, size_t room)
{
	unsigned code = word_code(word);
	const union granule *from;
	size_t count = 0, most;

	if (!word_is_block(word)) {
		entries[0] = word_class(word);
		return 1;
	}
	from = blocks->base + word_offset(word) + code_levels(code);
	most = code_entries(code) * NARROW_GRANULE;
	for (size_t i = 0; i < most; i++) {
		uint32_t entry =
		    (uint32_t)key_biased((uint32_t)from[i / NARROW_GRANULE]
					     .narrow[i % NARROW_GRANULE]);

		if (count > 0 && entry == entries[count - 1])
			break;
		if (count == room)
			return 0;
		entries[count++] = entry;
	}
	return count;
}

size_t
blocks_get_wide(
    const struct blocks *blocks, uint32_t word, uint64_t *entries, size_t room)
{
	unsigned code = word_code(word);
	const union granule *from;
	size_t count = 0, most;

	if (!word_is_block(word)) {
		entries[0] = word;
		return 1;
	}
	from = blocks->base + word_offset(word) + code_levels(code);
	most = code_entries(code) * WIDE_GRANULE;
	for (size_t i = 0; i < most; i++) {
		uint64_t entry = from[i / WIDE_GRANULE].wide[i % WIDE_GRANULE];

		if (count > 0 && entry == entries[count - 1])
			break;
		if (count == room)
			return 0;
		entries[count++] = entry;
	}
	return count;
}
