/* SPDX-License-Identifier: Apache-2.0 */
/* bs4, bs6: the starts of the intervals, searched in halves without branches. */

#include <stdlib.h>
#include <string.h>

#include "tests/bench/tables/count.h"
#include "tests/bench/tables/engine.h"
#include "tests/bench/tables/intervals.h"
#include "tests/bench/tables/memory.h"

struct sorted {
	size_t count;
	uint32_t *ipv4;
	uint128 *ipv6;
	uint8_t *values;
};

COUNT_SEARCH(search32, uint32_t)
COUNT_SEARCH(search128, uint128)

static void *
bs4_build(const struct set *set)
{
	struct sorted *sorted = memory_array(1, sizeof(*sorted));
	struct intervals intervals;
	size_t count;

	intervals_make(&intervals, set, 128);
	count = sorted->count = intervals.count;
	sorted->ipv4 = NULL;
	sorted->ipv6 = NULL;
	if (set->family == ADDRESS_IPV4) {
		sorted->ipv4 = memory_new(count, sizeof(uint32_t));
		memcpy(sorted->ipv4, intervals.ipv4, count * sizeof(uint32_t));
	} else {
		sorted->ipv6 = memory_new(count, sizeof(uint128));
	}
	for (size_t i = 0; i < count && sorted->ipv6 != NULL; i++)
		sorted->ipv6[i] =
		    (uint128)intervals.ipv6[i].hi << 64 | intervals.ipv6[i].lo;
	sorted->values = memory_new(count, 1);
	memcpy(sorted->values, intervals.values, count);
	intervals_free(&intervals);
	return sorted;
}

static void
bs4_free(void *structure)
{
	struct sorted *sorted = structure;

	memory_free(sorted->ipv4, sorted->count, sizeof(uint32_t));
	memory_free(sorted->ipv6, sorted->count, sizeof(uint128));
	memory_free(sorted->values, sorted->count, 1);
	free(sorted);
}

static size_t
bs4_size(const void *structure)
{
	const struct sorted *sorted = structure;
	size_t start = sorted->ipv4 != NULL ? 4 : 16;

	return sizeof(*sorted) + sorted->count * (start + 1);
}

static inline uint64_t
bs4_look_up(const struct sorted *sorted, const struct address *address)
{
	return sorted->values[search32(
	    sorted->ipv4, sorted->count, (uint32_t)address->lo)];
}

static inline uint64_t
bs6_look_up(const struct sorted *sorted, const struct address *address)
{
	uint128 number = (uint128)address->hi << 64 | address->lo;

	return sorted->values[search128(sorted->ipv6, sorted->count, number)];
}

ENGINE_WAYS(bs4, struct sorted, bs4_look_up)
ENGINE_WAYS(bs6, struct sorted, bs6_look_up)

static bool
bs4_fits(const struct set *set)
{
	return set->family == ADDRESS_IPV4 && intervals_fit(set);
}

static bool
bs6_fits(const struct set *set)
{
	return set->family == ADDRESS_IPV6 && intervals_fit(set);
}

#define bs6_build bs4_build
#define bs6_free bs4_free
#define bs6_size bs4_size

const struct engine engine_bs4 = {
    "bs4", "binary search", bs4_fits, ENGINE_CALLS(bs4)};
const struct engine engine_bs6 = {
    "bs6", "binary search", bs6_fits, ENGINE_CALLS(bs6)};
