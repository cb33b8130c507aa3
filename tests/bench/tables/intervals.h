/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_TABLES_INTERVALS_H
#define TESTS_BENCH_TABLES_INTERVALS_H

/*
 * A set as intervals: where the answer changes, and to what. The first one
 * begins at 0, neighbours differ. What the bare structures are made from.
 */

#include "tests/bench/tables/set.h"

struct intervals {
	size_t count;
	size_t room;
	uint32_t *ipv4; /* starts, of one family */
	struct ipv6_bits *ipv6;
	uint8_t *values;
};

/* Prefixes longer than longest are left out. The masks must fit 4 bits. */
void intervals_make(
    struct intervals *intervals, const struct set *set, unsigned longest);
void intervals_free(struct intervals *intervals);

/* Any set that fits 4 bits. */
bool intervals_fit(const struct set *set);

#endif
