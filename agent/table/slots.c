/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/slots.h"

#include <stdlib.h>
#include <string.h>

#include "agent/table/region.h"

/* Slots for ten keys: longer keys have to do with fewer empty ones. */
static const unsigned slots_for_ten[] = {30, 20, 16};

enum {
	SLOTS_MIN = 1024,
	/* One home in so many may be neither empty nor somebody's. */
	SPOILT_PART = 2,
};

static size_t
key_size(unsigned words)
{
	return words == 0 ? sizeof(uint32_t) : words * sizeof(uint64_t);
}

static size_t
slots_all(const struct slots *slots)
{
	/* The last one is nobody's, and stays empty. */
	return (size_t)slots->count + SLOTS_REACH + 1;
}

bool
slots_init(struct slots *slots, size_t keys, unsigned words, struct mixer mixer)
{
	size_t count = keys / 10 * slots_for_ten[words] + SLOTS_MIN;
	void *names;

	*slots = (struct slots){.mixer = mixer};
	if (count > UINT32_MAX - SLOTS_REACH)
		return false;
	slots->count = (uint32_t)count;
	slots->values = region_alloc(slots_all(slots));
	names = region_alloc(slots_all(slots) * key_size(words));
	slots->narrow = words == 0 ? names : NULL;
	slots->wide = words == 0 ? NULL : names;
	if (!slots->values || !names) {
		slots_fini(slots);
		return false;
	}
	memset((void *)(uintptr_t)slots->values, SLOT_EMPTY, slots_all(slots));
	return true;
}

void
slots_fini(struct slots *slots)
{
	free((void *)(uintptr_t)slots->values);
	free((void *)(uintptr_t)slots->narrow);
	free((void *)(uintptr_t)slots->wide);
	*slots = (struct slots){0};
}

size_t
slots_size(const struct slots *slots, unsigned words)
{
	return slots->values ? slots_all(slots) * (1 + key_size(words)) : 0;
}

static uint32_t
value_at(const struct slots *slots, size_t at)
{
	return atomic_load_explicit(&slots->values[at], memory_order_relaxed);
}

/* A vacant slot that was the key's own is taken as found: nothing changes. */
int64_t
slots_place(
    const struct slots *slots, const struct slots_key *key, uint32_t *value)
{
	size_t home = slots_home(slots, key->high);
	int64_t vacant = SLOT_NONE;

	*value = SLOT_EMPTY;
	for (size_t at = home; at < home + SLOTS_REACH; at++) {
		uint32_t found = value_at(slots, at);

		if (found == SLOT_EMPTY && vacant == SLOT_NONE &&
		    slots->spoilt <= slots->count / SPOILT_PART)
			return (int64_t)at;
		if (found == SLOT_EMPTY)
			return vacant;
		if (slot_has(slots, at, key->words, key->hi, key->lo)) {
			*value = found;
			return (int64_t)at;
		}
		if (found == SLOT_VACANT && vacant == SLOT_NONE)
			vacant = (int64_t)at;
	}
	return vacant;
}

static void
name(struct slots *slots, size_t at, const struct slots_key *key)
{
	_Atomic uint64_t *wide;

	if (key->words == 0) {
		atomic_store_explicit(&slots->narrow[at], (uint32_t)key->lo,
		    memory_order_relaxed);
		return;
	}
	wide = slots->wide + key->words * at;
	atomic_store_explicit(wide, key->hi, memory_order_relaxed);
	if (key->words == 2)
		atomic_store_explicit(wide + 1, key->lo, memory_order_relaxed);
}

/* The words of a slot that has been somebody else's until now come first. */
void
slots_put(struct slots *slots, int64_t place, const struct slots_key *key,
    uint32_t value)
{
	size_t at = (size_t)place;
	uint32_t before = value_at(slots, at);

	if (before == SLOT_EMPTY || before == SLOT_VACANT)
		name(slots, at, key);
	if (before < SLOT_VALUES && value == SLOT_GONE)
		slots->spoilt++;
	else if (before >= SLOT_VALUES && value < SLOT_VALUES)
		slots->spoilt--;
	atomic_store_explicit(
	    &slots->values[at], (uint8_t)value, memory_order_release);
}

/*
 * Before an empty slot nobody's search goes on: there, and so further to the
 * left, a vacant one is empty as well.
 */
void
slots_release(struct slots *slots, size_t at)
{
	atomic_store_explicit(
	    &slots->values[at], SLOT_VACANT, memory_order_relaxed);
	if (value_at(slots, at + 1) != SLOT_EMPTY)
		return;
	for (;; at--) {
		atomic_store_explicit(
		    &slots->values[at], SLOT_EMPTY, memory_order_relaxed);
		slots->spoilt--;
		if (at == 0 || value_at(slots, at - 1) != SLOT_VACANT)
			return;
	}
}
