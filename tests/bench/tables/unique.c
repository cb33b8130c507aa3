/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/tables/unique.h"

#include <stdlib.h>

#include "tests/bench/tables/memory.h"

struct unique *
unique_new(const struct set *set)
{
	struct unique *unique = memory_array(1, sizeof(*unique));

	unique->set = set;
	unique->slots = 64;
	while (unique->slots < 2 * set->room)
		unique->slots *= 2;
	unique->places = memory_new(unique->slots, sizeof(unique->places[0]));
	return unique;
}

void
unique_free(struct unique *unique)
{
	memory_free(unique->places, unique->slots, sizeof(unique->places[0]));
	free(unique);
}

/* The slot of the prefix, or the free one where it would be. */
static size_t
find_slot(const struct unique *unique, uint128 address, unsigned length)
{
	const struct set *set = unique->set;
	uint64_t hash = (uint64_t)(address >> 64) * 0x9e3779b97f4a7c15U;
	size_t slot, place;

	hash = (hash ^ hash >> 32 ^ (uint64_t)address) * 0xd6e8feb86659fd93U;
	hash = (hash ^ hash >> 32 ^ length) * 0xd6e8feb86659fd93U;
	slot = (hash ^ hash >> 32) & (unique->slots - 1);
	for (;; slot = (slot + 1) & (unique->slots - 1)) {
		place = unique->places[slot];
		if (place == 0 || (set_first(set, place - 1) == address &&
				      set->lengths[place - 1] == length))
			return slot;
	}
}

bool
unique_add(struct unique *unique, size_t at)
{
	const struct set *set = unique->set;
	size_t slot = find_slot(unique, set_first(set, at), set->lengths[at]);

	if (unique->places[slot] != 0)
		return false;
	unique->places[slot] = (uint32_t)at + 1;
	return true;
}

size_t
unique_find(const struct unique *unique, uint128 address, unsigned length)
{
	size_t place = unique->places[find_slot(unique, address, length)];

	return place == 0 ? SIZE_MAX : place - 1;
}

/* ---- sorting ---- */

struct row {
	uint128 first;
	uint64_t mask;
	uint8_t length;
};

static int
compare(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return (a->length > b->length) - (a->length < b->length);
}

void
unique_sort(struct set *set)
{
	struct row *rows = memory_new(set->count, sizeof(rows[0]));

	for (size_t i = 0; i < set->count; i++) {
		rows[i].first = set_first(set, i);
		rows[i].mask = set->masks[i];
		rows[i].length = set->lengths[i];
	}
	qsort(rows, set->count, sizeof(rows[0]), compare);
	for (size_t i = 0; i < set->count; i++) {
		if (set->family == ADDRESS_IPV4) {
			set->ipv4[i] = (uint32_t)rows[i].first;
		} else {
			set->ipv6[i].hi = (uint64_t)(rows[i].first >> 64);
			set->ipv6[i].lo = (uint64_t)rows[i].first;
		}
		set->lengths[i] = rows[i].length;
		set->masks[i] = rows[i].mask;
	}
	memory_free(rows, set->count, sizeof(rows[0]));
}
