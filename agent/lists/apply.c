/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/thread.h"

#include <stdlib.h>

/* Changes inside the tables that serve. */

enum { CHANGES_A_STEP = 64 };

static bool
assign(
    struct lists *lists, const struct owner *owner, const struct prefix *prefix)
{
	struct publication *publication = lists->settings.publication;
	uint64_t epoch = atomic_load(&publication->epoch) + 1;
	size_t count = owner_held(owner, prefix, lists->held, HELD_MAX);

	if (count > HELD_MAX)
		return false;
	lists->stamped = true;
	lists->stamps = epoch;
	return generation_assign(lists->current->generation, owner->index,
	    prefix, lists->held, count, epoch);
}

bool
apply(struct lists *lists, struct owner *owner, const struct prefix *prefix)
{
	bool in_force = assign(lists, owner, prefix);

	/* The build that is under way may have room where this one has none. */
	if (lists->build.stage != BUILD_NONE)
		build_remember(lists, owner, prefix, in_force);
	else if (!in_force)
		lists->build.wanted = true;
	return in_force;
}

/* ---- differences ---- */

void
apply_difference(struct lists *lists, struct owner *owner,
    struct prefixes_change *changes, size_t count, struct order *order)
{
	struct applying *applying = calloc(1, sizeof(*applying));
	struct applying **last = &lists->applying;

	if (applying == NULL) {
		free(changes);
		build_need(lists, owner, order);
		return;
	}
	while (*last != NULL)
		last = &(*last)->next;
	*applying = (struct applying){
	    .owner = owner, .changes = changes, .count = count, .order = order};
	owner->applying = true;
	*last = applying;
}

static void
take_off(struct lists *lists)
{
	struct applying *applying = lists->applying;

	lists->applying = applying->next;
	applying->owner->applying = false;
	free(applying->changes);
	free(applying);
}

bool
apply_step(struct lists *lists)
{
	struct applying *applying = lists->applying;

	for (unsigned i = 0; applying != NULL && i < CHANGES_A_STEP; i++) {
		struct owner *owner = applying->owner;
		struct order *order = applying->order;
		bool done = applying->done == applying->count;

		if (!done && apply(lists, owner,
				 &applying->changes[applying->done].prefix)) {
			applying->done++;
			continue;
		}
		take_off(lists);
		/* What is left comes with the new generation. */
		if (!done)
			build_need(lists, owner, order);
		else if (order != NULL)
			answer(lists, order);
		applying = lists->applying;
	}
	return applying != NULL;
}

void
apply_forget(struct lists *lists)
{
	while (lists->applying != NULL)
		take_off(lists);
}
