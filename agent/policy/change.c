/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/build.h"

#include <stdlib.h>

/* Changes of lists inside the tables of a generation. */

/* Counts the uses of each list into use_first[list + 1]; gives their sum. */
static size_t
uses_count(struct table_plans *plans)
{
	size_t sum = 0;

	for (size_t i = 0; i < plans->count; i++) {
		const struct table_plan *plan = &plans->plans[i];

		for (unsigned m = 0; m < plan->count; m++) {
			if (plan->members[m].kind != MEMBER_LIST)
				continue;
			plans->use_first[plan->members[m].index + 1]++;
			sum++;
		}
	}
	return sum;
}

/* Writes each use where its list has room left; next is where that begins. */
static void
uses_fill(struct table_plans *plans, size_t *next)
{
	for (size_t i = 0; i < plans->count; i++) {
		const struct table_plan *plan = &plans->plans[i];

		for (unsigned m = 0; m < plan->count; m++)
			if (plan->members[m].kind == MEMBER_LIST)
				plans->uses[next[plan->members[m].index]++] =
				    (struct list_use){i, m};
	}
}

bool
table_plans_index(struct table_plans *plans)
{
	size_t lists = plans->settings->list_count;
	size_t *next = calloc(lists + 1, sizeof(*next));

	plans->use_first = calloc(lists + 1, sizeof(*plans->use_first));
	if (!next || !plans->use_first) {
		free(next);
		return false;
	}
	plans->uses = calloc(uses_count(plans) + 1, sizeof(*plans->uses));
	for (size_t i = 0; i < lists; i++) {
		plans->use_first[i + 1] += plans->use_first[i];
		next[i] = plans->use_first[i];
	}
	if (plans->uses)
		uses_fill(plans, next);
	free(next);
	return plans->uses != NULL;
}

bool
table_plans_assign(struct table_plans *plans, unsigned list,
    const struct prefix *prefix, const struct prefix *held, size_t count,
    uint64_t epoch)
{
	bool all = true;

	for (size_t i = plans->use_first[list]; i < plans->use_first[list + 1];
	     i++) {
		const struct list_use *use = &plans->uses[i];

		if (table_assign(plans->plans[use->plan].table, use->member,
			prefix, held, count, epoch) == TABLE_REBUILD)
			all = false;
	}
	return all;
}

void
table_plans_reclaim(struct table_plans *plans, uint64_t passed)
{
	for (size_t i = 0; i < plans->count; i++)
		table_reclaim(plans->plans[i].table, passed);
}
