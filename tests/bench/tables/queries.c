/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/tables/memory.h"
#include "tests/bench/tables/unique.h"

/* ---- the reference: each length that there is, one by one ---- */

struct reference {
	struct unique *unique;
	unsigned lengths[129];
	unsigned length_count;
};

struct reference *
reference_new(const struct set *set)
{
	struct reference *reference = memory_array(1, sizeof(*reference));
	bool there[129] = {false};

	reference->unique = unique_new(set);
	for (size_t i = 0; i < set->count; i++) {
		unique_add(reference->unique, i);
		there[set->lengths[i]] = true;
	}
	reference->length_count = 0;
	for (unsigned length = 0; length <= 128; length++)
		if (there[length])
			reference->lengths[reference->length_count++] = length;
	return reference;
}

void
reference_free(struct reference *reference)
{
	unique_free(reference->unique);
	free(reference);
}

uint64_t
reference_find(const struct reference *reference, uint128 address)
{
	const struct set *set = reference->unique->set;
	uint64_t mask = 0;
	size_t place;

	for (unsigned i = 0; i < reference->length_count; i++) {
		unsigned length = reference->lengths[i];

		place = unique_find(reference->unique,
		    address & ~set_host_bits(set, length), length);
		if (place != SIZE_MAX)
			mask |= set->masks[place];
	}
	return mask;
}

/* ---- drawing ---- */

static uint128
wide_random(struct set *set)
{
	uint128 high = set_random(set);

	return high << 64 | set_random(set);
}

static size_t
any_place(struct set *set)
{
	return (size_t)((uint128)set_random(set) * set->count >> 64);
}

/* In a prefix of the set, all of which are alike, however wide. */
static uint128
draw_inside(struct set *set)
{
	size_t place = any_place(set);

	return set_first(set, place) |
	       (wide_random(set) & set_host_bits(set, set->lengths[place]));
}

/* In one of the prefixes of the same length beside one of the set. */
static uint128
draw_beside(struct set *set)
{
	size_t place = any_place(set);
	unsigned length = set->lengths[place];
	uint128 step = set_host_bits(set, length) + 1;
	uint128 all = set_host_bits(set, 0);
	uint128 offset = step * (1 + set_random(set) % 7);

	return ((set_first(set, place) + offset) & all) |
	       (wide_random(set) & (step - 1));
}

static uint128
draw_anywhere(struct set *set)
{
	if (set->family == ADDRESS_IPV4)
		return (uint32_t)set_random(set) % (223U << 24) + (1U << 24);
	return wide_random(set) >> 3 | (uint128)1 << 125;
}

/* Half of the misses lie close to a prefix, where that is not all. */
static uint128
draw_miss(struct set *set, const struct reference *reference)
{
	uint128 address;
	unsigned tries = 0;

	do {
		if (++tries > 100000) {
			fputs("the set leaves nothing to miss\n", stderr);
			exit(1);
		}
		if (set->near || set_random(set) % 2 == 0)
			address = draw_beside(set);
		else
			address = draw_anywhere(set);
	} while (reference_find(reference, address) != 0);
	return address;
}

static void
shuffle(struct set *set, struct address *addresses, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t other = set_random(set) % i;
		struct address kept = addresses[i - 1];

		addresses[i - 1] = addresses[other];
		addresses[other] = kept;
	}
}

static uint128
number_of(const struct address *address)
{
	return (uint128)address->hi << 64 | address->lo;
}

void
queries_make(struct queries *queries, struct set *set, size_t count)
{
	struct reference *reference = reference_new(set);
	size_t half = count / 2;

	queries->count = half * 2;
	queries->mixed = memory_new(half * 2, sizeof(queries->mixed[0]));
	queries->hits = memory_new(half, sizeof(queries->hits[0]));
	queries->misses = memory_new(half, sizeof(queries->misses[0]));
	queries->answers = memory_new(half * 2, sizeof(queries->answers[0]));
	for (size_t i = 0; i < half; i++) {
		queries->hits[i] = set_address(set, draw_inside(set));
		queries->misses[i] =
		    set_address(set, draw_miss(set, reference));
	}
	memcpy(queries->mixed, queries->hits, half * sizeof(queries->hits[0]));
	memcpy(queries->mixed + half, queries->misses,
	    half * sizeof(queries->misses[0]));
	shuffle(set, queries->mixed, half * 2);
	for (size_t i = 0; i < half * 2; i++)
		queries->answers[i] =
		    reference_find(reference, number_of(&queries->mixed[i]));
	reference_free(reference);
}

void
queries_free(struct queries *queries)
{
	size_t half = queries->count / 2;

	memory_free(queries->mixed, half * 2, sizeof(queries->mixed[0]));
	memory_free(queries->hits, half, sizeof(queries->hits[0]));
	memory_free(queries->misses, half, sizeof(queries->misses[0]));
	memory_free(queries->answers, half * 2, sizeof(queries->answers[0]));
}
