/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_TABLES_PACK_H
#define TESTS_BENCH_TABLES_PACK_H

/* A set as the lists that truesrc keeps, one for each member. */

#include "tests/bench/tables/set.h"

struct pack {
	unsigned count;
	struct prefixes lists[64];
};

/* Made once, so that it is not counted where a table is built of it. */
void pack_make(const struct set *set);
const struct pack *pack_made(void);
void pack_free(void);

#endif
