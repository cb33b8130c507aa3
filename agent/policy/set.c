/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/compiled.h"

static bool
item_holds(const struct compiled_set *set, size_t i, uint64_t bits,
    const struct address *address)
{
	const struct set_item *item = &set->set->items[i];
	unsigned member = set->members[i];

	if (member == MEMBER_NONE)
		return item->kind == SET_RANGE && item->range == RANGE_ANY;
	if (!(bits >> member & 1))
		return false;
	return item->kind != SET_PREFIX ||
	       prefix_contains(&item->prefix, address);
}

struct view
set_holder(const struct compiled_set *set, uint64_t bits,
    const struct address *address)
{
	if (set->any_word)
		return VIEW("any");
	if (!set_holds(set, bits))
		return (struct view){0};
	for (size_t i = 0; i < set->set->count; i++)
		if (item_holds(set, i, bits, address))
			return view_of(set->set->items[i].text);
	return (struct view){0};
}
