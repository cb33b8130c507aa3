/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_TABLES_UNIQUE_H
#define TESTS_BENCH_TABLES_UNIQUE_H

/* The prefixes of a set, found by address and length: a hash of places. */

#include "tests/bench/tables/set.h"

struct unique {
	const struct set *set;
	uint32_t *places; /* in the set, from 1; 0: free */
	size_t slots;
};

struct unique *unique_new(const struct set *set);
void unique_free(struct unique *unique);

/* Adds the prefix at that place; false: it is there already. */
bool unique_add(struct unique *unique, size_t at);

/* The place of the prefix, or SIZE_MAX. */
size_t unique_find(
    const struct unique *unique, uint128 address, unsigned length);

void unique_sort(struct set *set);

#endif
