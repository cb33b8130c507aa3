/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/build.h"

#include <stdlib.h>

/* Which members go into which table. */

void
table_plans_init(struct table_plans *plans, const struct settings *settings)
{
	*plans = (struct table_plans){.settings = settings};
}

void
table_plans_fini(struct table_plans *plans)
{
	for (size_t i = 0; i < plans->count; i++) {
		for (unsigned m = 0; m < plans->plans[i].count; m++)
			free(plans->plans[i].members[m].inline_);
		table_free(plans->plans[i].table);
	}
	free(plans->plans);
	free(plans->uses);
	free(plans->use_first);
	*plans = (struct table_plans){0};
}

bool
compiled_set_init(struct compiled_set *compiled, const struct set *set)
{
	*compiled = (struct compiled_set){.set = set};
	compiled->any_word = set->any_word;
	compiled->any = set->any_word;
	for (size_t i = 0; i < set->count; i++) {
		if (set->items[i].kind != SET_RANGE)
			continue;
		compiled->any |= set->items[i].range == RANGE_ANY;
		compiled->local |= set->items[i].range == RANGE_UNIX;
	}
	if (set->count == 0)
		return true;
	compiled->members = malloc(set->count);
	if (!compiled->members)
		return false;
	memset(compiled->members, MEMBER_NONE, set->count);
	return true;
}

void
compiled_set_fini(struct compiled_set *compiled)
{
	free(compiled->members);
}

/* Members are few: a linear search is enough. */
static bool
plan_find(const struct table_plan *plan, enum member_kind kind, unsigned index,
    unsigned *member)
{
	for (unsigned m = 0; m < plan->count; m++)
		if (plan->members[m].kind == kind &&
		    plan->members[m].index == index && kind != MEMBER_INLINE) {
			*member = m;
			return true;
		}
	return false;
}

static bool
plan_member(struct table_plan *plan, enum member_kind kind, unsigned index,
    unsigned *member)
{
	if (plan_find(plan, kind, index, member))
		return true;
	if (plan->count == TABLE_MEMBERS_MAX)
		return false;
	*member = plan->count++;
	plan->members[*member] = (struct member){.kind = kind, .index = index};
	return true;
}

static bool
inline_add(struct table_plan *plan, const struct set *set, unsigned *member)
{
	struct prefix *prefixes = malloc(set->count * sizeof(*prefixes));
	size_t count = 0;

	if (!prefixes || !plan_member(plan, MEMBER_INLINE, 0, member)) {
		free(prefixes);
		return false;
	}
	for (size_t i = 0; i < set->count; i++)
		if (set->items[i].kind == SET_PREFIX)
			prefixes[count++] = set->items[i].prefix;
	plan->members[*member].inline_ = prefixes;
	plan->members[*member].count = count;
	return true;
}

static bool
item_add(struct table_plan *plan, const struct set *set, size_t i,
    unsigned *written_out, unsigned *member)
{
	const struct set_item *item = &set->items[i];

	switch (item->kind) {
	case SET_LIST:
		return plan_member(plan, MEMBER_LIST, item->list, member);
	case SET_RANGE:
		if (item->range == RANGE_ANY || item->range == RANGE_UNIX) {
			*member = MEMBER_NONE;
			return true;
		}
		return plan_member(plan, MEMBER_RANGE, item->range, member);
	case SET_PREFIX:
		if (*written_out == MEMBER_NONE &&
		    !inline_add(plan, set, written_out))
			return false;
		*member = *written_out;
		return true;
	}
	return false;
}

static bool
set_add(struct table_plan *plan, struct compiled_set *compiled)
{
	unsigned written_out = MEMBER_NONE;

	compiled->mask = 0;
	for (size_t i = 0; i < compiled->set->count; i++) {
		unsigned member;

		if (!item_add(plan, compiled->set, i, &written_out, &member))
			return false;
		compiled->members[i] = (uint8_t)member;
		if (member != MEMBER_NONE)
			compiled->mask |= UINT64_C(1) << member;
	}
	return true;
}

/* Adds all sets, or leaves the plan as it was. */
static bool
plan_try(struct table_plan *plan, struct compiled_set **sets, size_t count)
{
	unsigned before = plan->count;

	for (size_t i = 0; i < count; i++) {
		if (set_add(plan, sets[i]))
			continue;
		while (plan->count > before)
			free(plan->members[--plan->count].inline_);
		return false;
	}
	return true;
}

bool
table_plans_add(struct table_plans *plans, struct compiled_set **sets,
    size_t count, size_t *plan)
{
	/* Policies that share lists mostly stand together. */
	size_t look = plans->count < 8 ? plans->count : 8;
	struct table_plan *grown;

	for (size_t i = plans->count - look; i < plans->count; i++)
		if (plan_try(&plans->plans[i], sets, count)) {
			*plan = i;
			return true;
		}
	grown = realloc(plans->plans, (plans->count + 1) * sizeof(*grown));
	if (!grown)
		return false;
	plans->plans = grown;
	plans->plans[plans->count] = (struct table_plan){0};
	*plan = plans->count++;
	return plan_try(&plans->plans[*plan], sets, count);
}

/* A list whose content may be another one without a new configuration. */
static bool
list_changes(const struct list_settings *list)
{
	return list->source == LIST_FILE || list->source == LIST_DYNAMIC;
}

static struct table_member
member_prefixes(const struct settings *settings,
    const struct contents *contents, const struct member *member)
{
	struct table_member made = {
	    .prefixes = member->inline_, .count = member->count};

	switch (member->kind) {
	case MEMBER_LIST:
		made.packed = contents->of[member->index];
		made.changes = list_changes(&settings->lists[member->index]);
		break;
	case MEMBER_RANGE:
		made.count = named_range_prefixes(
		    (enum named_range)member->index, &made.prefixes);
		break;
	case MEMBER_INLINE:
		break;
	}
	return made;
}

bool
table_plans_build(struct table_plans *plans, const struct contents *contents,
    const uint64_t seed[2])
{
	for (size_t i = 0; i < plans->count; i++) {
		struct table_plan *plan = &plans->plans[i];
		struct table_member members[TABLE_MEMBERS_MAX];

		for (unsigned m = 0; m < plan->count; m++)
			members[m] = member_prefixes(
			    plans->settings, contents, &plan->members[m]);
		plan->table = table_build(members, plan->count, seed);
		if (!plan->table)
			return false;
	}
	return table_plans_index(plans);
}
