/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dxr16, dxr20: a table by the first 16 or 20 bits. Its word is the answer, or
 * tells where the intervals within are: sorted entries of the bits that follow
 * and the value, in granules of 16 bytes. The last entry is repeated in what is
 * left of a granule.
 */

#include <stdlib.h>
#include <string.h>

#include "tests/bench/tables/count.h"
#include "tests/bench/tables/engine.h"
#include "tests/bench/tables/intervals.h"
#include "tests/bench/tables/memory.h"

enum {
	GRANULE = 16,
	VALUE_BITS = 4,
	/* A word: one bit, the count of granules or MANY, their place. */
	PLACE_BITS = 24,
	MANY = 127, /* the granule before the first one tells how many */
};

static const uint32_t ANSWER = 1U << 31;

struct direct {
	unsigned bits;
	unsigned entry; /* bytes */
	uint32_t *words;
	uint8_t *granules;
	size_t used; /* granules */
	size_t room;
};

/* ---- building ---- */

static void
put_entry(struct direct *direct, size_t at, uint32_t entry)
{
	if (direct->entry == 2)
		((uint16_t *)(void *)direct->granules)[at] = (uint16_t)entry;
	else
		((uint32_t *)(void *)direct->granules)[at] = entry;
}

/* Intervals first to last, all of one word whose addresses begin at base. */
static uint32_t
put_chunk(struct direct *direct, const struct intervals *intervals,
    size_t first, size_t last, uint32_t base)
{
	size_t per = GRANULE / direct->entry;
	size_t granules = (last - first) / per + 1;
	size_t at;
	uint32_t entry = 0, count = (uint32_t)granules, word;

	if (granules >= MANY) {
		memcpy(direct->granules + direct->used++ * GRANULE, &count,
		    sizeof(count));
		count = MANY;
	}
	word = count << PLACE_BITS | (uint32_t)direct->used;
	at = direct->used * per;
	direct->used += granules;
	for (size_t i = 0; i < granules * per; i++) {
		if (first + i <= last) {
			uint32_t start = intervals->ipv4[first + i];

			entry = start > base ? start - base : 0;
			entry =
			    entry << VALUE_BITS | intervals->values[first + i];
		}
		put_entry(direct, at + i, entry);
	}
	return word;
}

static size_t
granules_needed(const struct direct *direct, const struct intervals *intervals)
{
	size_t per = GRANULE / direct->entry;

	/* Each word with intervals has at least two; one more for its count. */
	return intervals->count / per + intervals->count + 64;
}

static void
fill(struct direct *direct, const struct intervals *intervals)
{
	size_t first = 0, last;
	unsigned shift = 32 - direct->bits;

	for (uint64_t word = 0; word < 1ULL << direct->bits; word++) {
		uint64_t base = word << shift, end = (word + 1) << shift;

		while (first + 1 < intervals->count &&
		       intervals->ipv4[first + 1] <= base)
			first++;
		for (last = first; last + 1 < intervals->count &&
				   intervals->ipv4[last + 1] < end;)
			last++;
		if (first == last)
			direct->words[word] = ANSWER | intervals->values[first];
		else
			direct->words[word] = put_chunk(
			    direct, intervals, first, last, (uint32_t)base);
		first = last;
	}
}

static void *
build(const struct set *set, unsigned bits, unsigned entry)
{
	struct direct *direct = memory_array(1, sizeof(*direct));
	struct intervals intervals;

	intervals_make(&intervals, set, 32);
	direct->bits = bits;
	direct->entry = entry;
	direct->used = 0;
	direct->words = memory_new((size_t)1 << bits, sizeof(uint32_t));
	/* What is not used is never touched, and costs nothing. */
	direct->room = granules_needed(direct, &intervals);
	direct->granules = memory_new(direct->room, GRANULE);
	fill(direct, &intervals);
	intervals_free(&intervals);
	return direct;
}

static void *
dxr16_build(const struct set *set)
{
	return build(set, 16, 4);
}

static void *
dxr20_build(const struct set *set)
{
	return build(set, 20, 2);
}

static void
dxr16_free(void *structure)
{
	struct direct *direct = structure;

	memory_free(direct->words, (size_t)1 << direct->bits, sizeof(uint32_t));
	memory_free(direct->granules, direct->room, GRANULE);
	free(direct);
}

static size_t
dxr16_size(const void *structure)
{
	const struct direct *direct = structure;

	return sizeof(*direct) + ((size_t)4 << direct->bits) +
	       direct->used * GRANULE;
}

/* ---- looking up ---- */

static inline size_t
granules_of(const struct direct *direct, uint32_t word)
{
	size_t granules = word >> PLACE_BITS;
	size_t place = word & ((1U << PLACE_BITS) - 1);
	uint32_t count;

	if (granules != MANY)
		return granules;
	memcpy(&count, direct->granules + (place - 1) * GRANULE, sizeof(count));
	return count;
}

/* The granule that has the last entry up to number. */
#define GRANULE_SEARCH(name, type)                                             \
	static inline const type *name(                                        \
	    const struct direct *direct, uint32_t word, type number)           \
	{                                                                      \
		const size_t per = GRANULE / sizeof(type);                     \
		size_t count = granules_of(direct, word);                      \
		const type *base =                                             \
		    (const type *)(const void *)(direct->granules +            \
						 (word & ((1U << PLACE_BITS) - \
							     1)) *             \
						     (size_t)GRANULE);         \
		while (count > 1) {                                            \
			size_t half = count / 2;                               \
			base += base[half * per] <= number ? half * per : 0;   \
			count -= half;                                         \
		}                                                              \
		return base;                                                   \
	}

GRANULE_SEARCH(granule16, uint32_t)
GRANULE_SEARCH(granule20, uint16_t)

static inline uint64_t
dxr16_look_up(const struct direct *direct, const struct address *address)
{
	uint32_t number = (uint32_t)address->lo;
	uint32_t word = direct->words[number >> 16];
	uint32_t entry = (number & 0xffff) << VALUE_BITS | 15;
	const uint32_t *granule;

	if (word & ANSWER)
		return word & 15;
	granule = granule16(direct, word, entry);
	return granule[count_4x32(granule, entry) - 1] & 15;
}

static inline uint64_t
dxr20_look_up(const struct direct *direct, const struct address *address)
{
	uint32_t number = (uint32_t)address->lo;
	uint32_t word = direct->words[number >> 12];
	uint16_t entry = (uint16_t)((number & 0xfff) << VALUE_BITS | 15);
	const uint16_t *granule;

	if (word & ANSWER)
		return word & 15;
	granule = granule20(direct, word, entry);
	return granule[count_8x16(granule, entry) - 1] & 15;
}

ENGINE_WAYS(dxr16, struct direct, dxr16_look_up)
ENGINE_WAYS(dxr20, struct direct, dxr20_look_up)

static bool
fits(const struct set *set)
{
	return set->family == ADDRESS_IPV4 && intervals_fit(set);
}

#define dxr20_free dxr16_free
#define dxr20_size dxr16_size

const struct engine engine_dxr16 = {
    "dxr16", "direct by 16 bits, entries of 32", fits, ENGINE_CALLS(dxr16)};
const struct engine engine_dxr20 = {
    "dxr20", "direct by 20 bits, entries of 16", fits, ENGINE_CALLS(dxr20)};
