/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/tables/pack.h"

#include <stdlib.h>

#include "tests/bench/tables/memory.h"

static struct pack pack;

static bool
single_length(const struct set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->lengths[i] != set_width(set))
			return false;
	return true;
}

static void
pack_ipv4(struct prefixes *list, const struct set *set, uint64_t mask)
{
	size_t count = list->ipv4_count;

	list->ipv4 = memory_array(count, sizeof(list->ipv4[0]));
	if (!single_length(set))
		list->ipv4_lengths = memory_array(count, 1);
	for (size_t i = 0, at = 0; i < set->count; i++) {
		if ((set->masks[i] & mask) == 0)
			continue;
		list->ipv4[at] = set->ipv4[i];
		if (list->ipv4_lengths != NULL)
			list->ipv4_lengths[at] = set->lengths[i];
		at++;
	}
}

static void
pack_ipv6(struct prefixes *list, const struct set *set, uint64_t mask)
{
	size_t count = list->ipv6_count;

	list->ipv6 = memory_array(count, sizeof(list->ipv6[0]));
	if (!single_length(set))
		list->ipv6_lengths = memory_array(count, 1);
	for (size_t i = 0, at = 0; i < set->count; i++) {
		if ((set->masks[i] & mask) == 0)
			continue;
		list->ipv6[at] = set->ipv6[i];
		if (list->ipv6_lengths != NULL)
			list->ipv6_lengths[at] = set->lengths[i];
		at++;
	}
}

void
pack_make(const struct set *set)
{
	pack.count = set->members;
	for (unsigned member = 0; member < pack.count; member++) {
		struct prefixes *list = &pack.lists[member];
		uint64_t mask = 1ULL << member;
		size_t count = 0;

		for (size_t i = 0; i < set->count; i++)
			count += (set->masks[i] & mask) != 0;
		*list = (struct prefixes){.references = 1};
		if (set->family == ADDRESS_IPV4) {
			list->ipv4_count = count;
			pack_ipv4(list, set, mask);
		} else {
			list->ipv6_count = count;
			pack_ipv6(list, set, mask);
		}
	}
}

const struct pack *
pack_made(void)
{
	return &pack;
}

void
pack_free(void)
{
	for (unsigned member = 0; member < pack.count; member++) {
		free(pack.lists[member].ipv4);
		free(pack.lists[member].ipv4_lengths);
		free(pack.lists[member].ipv6);
		free(pack.lists[member].ipv6_lengths);
	}
	pack.count = 0;
}
