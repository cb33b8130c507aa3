/* SPDX-License-Identifier: Apache-2.0 */
/* The table that truesrc answers from, fed as it feeds it: packed lists. */

#include <stdlib.h>

#include "agent/table/table.h"
#include "tests/bench/tables/engine.h"
#include "tests/bench/tables/memory.h"
#include "tests/bench/tables/pack.h"

static const uint64_t seed[2] = {0x243f6a8885a308d3, 0x13198a2e03707344};

static void *
truesrc_build(const struct set *set)
{
	const struct pack *pack = pack_made();
	struct table_member members[TABLE_MEMBERS_MAX] = {{0}};
	struct table *table;

	for (unsigned i = 0; i < set->members; i++)
		members[i].packed = &pack->lists[i];
	table = table_build(members, set->members, seed);
	if (table == NULL)
		memory_out();
	return table;
}

static void
truesrc_free(void *structure)
{
	table_free(structure);
}

static size_t
truesrc_size(const void *structure)
{
	return table_size(structure);
}

static uint64_t
truesrc_find(const void *structure, const struct address *address)
{
	return table_lookup(structure, address);
}

static uint64_t
truesrc_stream(
    const void *structure, const struct address *addresses, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += table_lookup(structure, &addresses[i]);
	return sum;
}

static uint64_t
truesrc_chain(
    const void *structure, const struct address *addresses, size_t count)
{
	uint64_t zero = engine_zero, sum = 0, answer = 0;

	for (size_t i = 0; i < count; i++) {
		answer =
		    table_lookup(structure, &addresses[i + (answer & zero)]);
		sum += answer;
	}
	return sum;
}

static bool
truesrc_fits(const struct set *set)
{
	return set->count > 0;
}

const struct engine engine_truesrc = {
    "truesrc", "truesrc's table", truesrc_fits, ENGINE_CALLS(truesrc)};
