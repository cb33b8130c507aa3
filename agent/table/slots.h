/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_SLOTS_H
#define AGENT_TABLE_SLOTS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "agent/table/blocks.h"
#include "agent/table/mixer.h"

/*
 * Exact hashes from hosts to values of one byte, open addressing. Values and
 * keys are arrays of their own: the place of both is known from the start, so
 * their lines are fetched together, and which value it is depends on a small
 * array alone.
 *
 * A key is in one of the SLOTS_REACH slots from its home on, and behind none
 * that is empty. Its words are written before the value that shows them. They
 * are changed only while the value is SLOT_VACANT, which a removed key's slot
 * becomes when no reader can hold an older value any more.
 */

enum {
	SLOT_EMPTY = 0, /* ends a search */
	SLOT_VALUES = 254,
	SLOT_VACANT = 254, /* for any key */
	SLOT_GONE = 255,   /* removed: for the same key alone */
	SLOTS_REACH = 96,
};

struct slots {
	_Atomic uint8_t *values;  /* NULL: there are none */
	_Atomic uint32_t *narrow; /* keys of IPv4 */
	_Atomic uint64_t *wide;   /* keys of IPv6, one or two words */
	uint32_t count;           /* of homes */
	uint32_t spoilt;          /* vacant ones and gone ones */
	struct mixer mixer;
};

/* words: of 64 bits, 0 for the narrow keys. False when memory ran out. */
bool slots_init(
    struct slots *slots, size_t keys, unsigned words, struct mixer mixer);
void slots_fini(struct slots *slots);
size_t slots_size(const struct slots *slots, unsigned words);

static inline uint32_t
slots_home(const struct slots *slots, uint32_t high)
{
	return (uint32_t)place_of(high, slots->count);
}

HOT bool
slot_has(const struct slots *slots, size_t at, unsigned words, uint64_t hi,
    uint64_t lo)
{
	const _Atomic uint64_t *wide;

	if (words == 0)
		return atomic_load_explicit(&slots->narrow[at],
			   memory_order_relaxed) == (uint32_t)lo;
	wide = slots->wide + words * at;
	return atomic_load_explicit(wide, memory_order_relaxed) == hi &&
	       (words == 1 ||
		   atomic_load_explicit(wide + 1, memory_order_relaxed) == lo);
}

/* Does a slot's value or its key begin a cache line? */
static inline unsigned
slot_lines(size_t at, unsigned words)
{
	size_t key = words == 0 ? sizeof(uint32_t) : words * sizeof(uint64_t);

	return (unsigned)(at % 64 == 0) + (unsigned)(at * key % 64 == 0);
}

/* The value of a key, SLOT_EMPTY for none; steps, if given, counts lines. */
HOT uint32_t
slots_find(const struct slots *slots, uint32_t high, unsigned words,
    uint64_t hi, uint64_t lo, unsigned *steps)
{
	size_t at = slots_home(slots, high);
	size_t begin = at;

	if (steps)
		*steps += 2;
	for (; at < begin + SLOTS_REACH; at++) {
		uint32_t value = atomic_load_explicit(
		    &slots->values[at], memory_order_acquire);

		if (steps && at != begin)
			*steps += slot_lines(at, words);
		if (value == SLOT_EMPTY)
			return SLOT_EMPTY;
		/* The words of one that is nobody's may be half written. */
		if (slot_has(slots, at, words, hi, lo) && value < SLOT_VALUES)
			return value;
	}
	return SLOT_EMPTY;
}

HOT uint32_t
slots_find_ipv4(const struct slots *slots, uint32_t address, unsigned *steps)
{
	return slots_find(
	    slots, mix_narrow(&slots->mixer, address), 0, 0, address, steps);
}

HOT uint32_t
slots_find_half(const struct slots *slots, uint64_t hi, unsigned *steps)
{
	uint64_t mixed = mix_wide(&slots->mixer, hi);

	return slots_find(slots, (uint32_t)(mixed >> 32), 1, hi, 0, steps);
}

HOT uint32_t
slots_find_ipv6(
    const struct slots *slots, uint64_t hi, uint64_t lo, unsigned *steps)
{
	uint64_t mixed = mix_double(&slots->mixer, hi, lo);

	return slots_find(slots, (uint32_t)(mixed >> 32), 2, hi, lo, steps);
}

/* ---- the writer ---- */

enum { SLOT_NONE = -1 };

struct slots_key {
	uint32_t high; /* of what was mixed */
	unsigned words;
	uint64_t hi;
	uint64_t lo; /* narrow keys are here */
};

/*
 * The slot of a key, or where it can go: then *value is SLOT_EMPTY.
 * SLOT_NONE: it is not there, and there is no room within its reach, or so many
 * keys came and went that searches have become long.
 */
int64_t slots_place(
    const struct slots *slots, const struct slots_key *key, uint32_t *value);

/* Puts the key there, which slots_place() found, or its new value. */
void slots_put(struct slots *slots, int64_t at, const struct slots_key *key,
    uint32_t value);

/* No reader holds an older value than SLOT_GONE of that slot. */
void slots_release(struct slots *slots, size_t at);

static inline void *
slots_where(const struct slots *slots, int64_t at)
{
	return (void *)(uintptr_t)&slots->values[at];
}

/* Soon that key will be placed. */
static inline void
slots_fetch(const struct slots *slots, const struct slots_key *key)
{
	size_t home = slots_home(slots, key->high);

	__builtin_prefetch((void *)(uintptr_t)&slots->values[home], 1);
	if (key->words == 0)
		__builtin_prefetch((void *)(uintptr_t)&slots->narrow[home], 1);
	else
		__builtin_prefetch(
		    (void *)(uintptr_t)&slots->wide[key->words * home], 1);
}

#endif
