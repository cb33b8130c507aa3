/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h32: a hash by the first 32 bits gives the answer, or one or more lines of 8
 * of the next 32 bits and 8 words. A word is the value, or a list of second
 * halves. Prefixes shorter than /32 are in a small tree, asked on a miss.
 */

#include <stdlib.h>
#include <string.h>

#include "tests/bench/tables/count.h"
#include "tests/bench/tables/engine.h"
#include "tests/bench/tables/intervals.h"
#include "tests/bench/tables/memory.h"
#include "tests/bench/tables/tree.h"

enum { WIDTH = 8, PLACE_BITS = 24, MANY = 127 };

static const uint32_t ANSWER = 1U << 31;

struct slot {
	uint32_t key;
	uint32_t word; /* 0: free; ANSWER and a value; lines and their place */
};

struct line {
	uint32_t keys[WIDTH];
	uint32_t words[WIDTH];
};

struct h32 {
	unsigned shift;
	size_t slot_count;
	struct slot *slots;
	struct line *lines;
	size_t line_count;
	size_t line_room;
	uint32_t
	    *lists; /* where each begins in lows; one more than there are */
	size_t list_count;
	size_t list_room;
	uint64_t *lows;
	uint8_t *values;
	size_t low_count;
	size_t low_room;
	struct tree32 wide;
	uint8_t *wide_values;
};

COUNT_SEARCH(search64, uint64_t)

static inline size_t
slot_of(const struct h32 *h32, uint32_t key)
{
	return key * 0x9e3779b97f4a7c15U >> h32->shift;
}

/* ---- building ---- */

/* What is to become the lines of one slot. */
struct chunk {
	uint32_t *keys;
	uint32_t *words;
	size_t count;
	size_t room;
};

static void
chunk_add(struct chunk *chunk, uint32_t key, uint32_t word)
{
	if (chunk->count == chunk->room) {
		chunk->room = chunk->room * 2 + 64;
		chunk->keys = memory_more(
		    chunk->keys, chunk->room, sizeof(chunk->keys[0]));
		chunk->words = memory_more(
		    chunk->words, chunk->room, sizeof(chunk->words[0]));
	}
	chunk->keys[chunk->count] = key;
	chunk->words[chunk->count++] = word;
}

static uint32_t
put_lines(struct h32 *h32, const struct chunk *chunk)
{
	size_t lines = (chunk->count + WIDTH - 1) / WIDTH, at, from;
	uint32_t count = (uint32_t)lines;

	if (chunk->count == 1 && (chunk->words[0] & ANSWER))
		return chunk->words[0];
	if (lines >= MANY) {
		h32->lines[h32->line_count++].keys[0] = count;
		count = MANY;
	}
	at = h32->line_count;
	h32->line_count += lines;
	for (size_t i = 0; i < lines * WIDTH; i++) {
		from = i < chunk->count ? i : chunk->count - 1;
		h32->lines[at + i / WIDTH].keys[i % WIDTH] = chunk->keys[from];
		h32->lines[at + i / WIDTH].words[i % WIDTH] =
		    chunk->words[from];
	}
	return count << PLACE_BITS | (uint32_t)at;
}

static void
put_low(struct h32 *h32, uint64_t low, uint8_t value)
{
	h32->lows[h32->low_count] = low;
	h32->values[h32->low_count++] = value;
}

/* The intervals from i on that change inside one /64; gives the last value. */
static uint8_t
put_list(struct h32 *h32, const struct intervals *intervals, size_t i,
    size_t end, uint8_t before)
{
	h32->lists[h32->list_count++] = (uint32_t)h32->low_count;
	if (intervals->ipv6[i].lo != 0)
		put_low(h32, 0, before);
	for (; i < end; i++)
		put_low(h32, intervals->ipv6[i].lo, intervals->values[i]);
	h32->lists[h32->list_count] = (uint32_t)h32->low_count;
	return intervals->values[end - 1];
}

/* Where the intervals that begin in the same /64 as this one end. */
static size_t
end_of_half(const struct intervals *intervals, size_t i)
{
	uint64_t high = intervals->ipv6[i].hi;

	while (i < intervals->count && intervals->ipv6[i].hi == high)
		i++;
	return i;
}

/*
 * The intervals from i on that begin inside the /32 key, which has the value
 * given at its beginning. Gives the first one that does not.
 */
static size_t
collect(struct h32 *h32, struct chunk *chunk, const struct intervals *intervals,
    size_t i, uint32_t key, uint8_t value)
{
	uint64_t next = (uint64_t)key << 32;
	bool pending = true; /* an entry is still to be written for next */
	size_t end;

	chunk->count = 0;
	for (; i < intervals->count && intervals->ipv6[i].hi >> 32 == key;
	     i = end) {
		uint64_t high = intervals->ipv6[i].hi;
		uint32_t mid = (uint32_t)high;

		if (pending && high > next)
			chunk_add(chunk, (uint32_t)next, ANSWER | value);
		end = end_of_half(intervals, i);
		pending = end > i + 1 || intervals->ipv6[i].lo != 0;
		next = high + 1;
		if (pending) {
			chunk_add(chunk, mid, (uint32_t)h32->list_count);
			value = put_list(h32, intervals, i, end, value);
		} else {
			value = intervals->values[i];
			chunk_add(chunk, mid, ANSWER | value);
		}
	}
	if (pending && next >> 32 == key)
		chunk_add(chunk, (uint32_t)next, ANSWER | value);
	return i;
}

static struct slot *
take_slot(struct h32 *h32, uint32_t key)
{
	size_t at = slot_of(h32, key);

	while (h32->slots[at].word != 0)
		at = (at + 1) & (h32->slot_count - 1);
	h32->slots[at].key = key;
	return &h32->slots[at];
}

static void
fill(struct h32 *h32, const struct set *set, const struct intervals *intervals)
{
	struct chunk chunk = {0};
	uint64_t last = UINT64_MAX;
	size_t i = 0;
	uint32_t key;

	for (size_t place = 0; place < set->count; place++) {
		key = (uint32_t)(set->ipv6[place].hi >> 32);
		if (set->lengths[place] < 32 || key == last)
			continue;
		last = key;
		while (
		    i < intervals->count && intervals->ipv6[i].hi >> 32 < key)
			i++;
		i = collect(h32, &chunk, intervals, i, key,
		    i > 0 ? intervals->values[i - 1] : 0);
		take_slot(h32, key)->word = put_lines(h32, &chunk);
	}
	free(chunk.keys);
	free(chunk.words);
}

static size_t
count_keys(const struct set *set)
{
	uint64_t last = UINT64_MAX, key;
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++) {
		key = set->ipv6[i].hi >> 32;
		count += set->lengths[i] >= 32 && key != last;
		last = set->lengths[i] >= 32 ? key : last;
	}
	return count;
}

/* What is not used is never touched, and costs nothing. */
static void
make_room(struct h32 *h32, const struct set *set, size_t intervals)
{
	size_t keys = count_keys(set);

	h32->slot_count = 16;
	h32->shift = 60;
	while (h32->slot_count < 2 * keys) {
		h32->slot_count *= 2;
		h32->shift--;
	}
	h32->slots = memory_new(h32->slot_count, sizeof(h32->slots[0]));
	h32->line_count = 0;
	h32->line_room = 2 * keys + intervals / 2 + 64;
	h32->lines = memory_new(h32->line_room, sizeof(h32->lines[0]));
	h32->list_count = 0;
	h32->list_room = intervals + 2;
	h32->lists = memory_new(h32->list_room, sizeof(h32->lists[0]));
	h32->low_count = 0;
	h32->low_room = 2 * intervals + 2;
	h32->lows = memory_new(h32->low_room, sizeof(h32->lows[0]));
	h32->values = memory_new(h32->low_room, 1);
}

/* The prefixes shorter than /32, by their first 32 bits. */
static void
build_wide(struct h32 *h32, const struct set *set)
{
	struct intervals intervals;
	uint32_t *starts;

	intervals_make(&intervals, set, 31);
	starts = memory_new(intervals.count, sizeof(starts[0]));
	for (size_t i = 0; i < intervals.count; i++)
		starts[i] = (uint32_t)(intervals.ipv6[i].hi >> 32);
	tree32_build(&h32->wide, starts, intervals.count);
	memory_free(starts, intervals.count, sizeof(starts[0]));
	h32->wide_values = memory_new(intervals.count, 1);
	memcpy(h32->wide_values, intervals.values, intervals.count);
	intervals_free(&intervals);
}

static void *
h32_build(const struct set *set)
{
	struct h32 *h32 = memory_array(1, sizeof(*h32));
	struct intervals intervals;

	intervals_make(&intervals, set, 128);
	make_room(h32, set, intervals.count);
	fill(h32, set, &intervals);
	intervals_free(&intervals);
	build_wide(h32, set);
	return h32;
}

static void
h32_free(void *structure)
{
	struct h32 *h32 = structure;

	memory_free(h32->slots, h32->slot_count, sizeof(h32->slots[0]));
	memory_free(h32->lines, h32->line_room, sizeof(h32->lines[0]));
	memory_free(h32->lists, h32->list_room, sizeof(h32->lists[0]));
	memory_free(h32->lows, h32->low_room, sizeof(h32->lows[0]));
	memory_free(h32->values, h32->low_room, 1);
	memory_free(h32->wide_values, h32->wide.count, 1);
	tree32_free(&h32->wide);
	free(h32);
}

static size_t
h32_size(const void *structure)
{
	const struct h32 *h32 = structure;

	return sizeof(*h32) + h32->slot_count * sizeof(h32->slots[0]) +
	       h32->line_count * sizeof(h32->lines[0]) +
	       h32->list_count * sizeof(h32->lists[0]) + h32->low_count * 9 +
	       h32->wide.total * 4 + h32->wide.count;
}

/* ---- looking up ---- */

static inline uint32_t
slot_word(const struct h32 *h32, uint32_t key)
{
	for (size_t at = slot_of(h32, key);;
	     at = (at + 1) & (h32->slot_count - 1)) {
		const struct slot *slot = &h32->slots[at];

		if (slot->word == 0 || slot->key == key)
			return slot->word;
	}
}

static inline const struct line *
line_of(const struct h32 *h32, uint32_t word, uint32_t key)
{
	size_t place = word & ((1U << PLACE_BITS) - 1);
	size_t count = word >> PLACE_BITS;
	const struct line *base = h32->lines + place;

	if (count == MANY)
		count = base[-1].keys[0];
	while (count > 1) {
		size_t half = count / 2;

		base += base[half].keys[0] <= key ? half : 0;
		count -= half;
	}
	return base;
}

static inline uint64_t
h32_look_up(const struct h32 *h32, const struct address *address)
{
	uint32_t key = (uint32_t)address->hi, start;
	uint32_t word = slot_word(h32, (uint32_t)(address->hi >> 32));
	const struct line *line;

	if (word == 0)
		return h32->wide_values[tree32_find(
		    &h32->wide, (uint32_t)(address->hi >> 32))];
	if (word & ANSWER)
		return word & 15;
	line = line_of(h32, word, key);
	word = line->words[count_8x32(line->keys, key) - 1];
	if (word & ANSWER)
		return word & 15;
	start = h32->lists[word];
	return h32
	    ->values[start + search64(h32->lows + start,
				 h32->lists[word + 1] - start, address->lo)];
}

ENGINE_WAYS(h32, struct h32, h32_look_up)

static bool
h32_fits(const struct set *set)
{
	return set->family == ADDRESS_IPV6 && intervals_fit(set);
}

const struct engine engine_h32 = {
    "h32", "hash by /32, lines of 8", h32_fits, ENGINE_CALLS(h32)};
