/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "agent/dynamic/private.h"

/* A heap with four children to a node: half as deep as one with two. */
enum { CHILDREN = 4, FEWEST_ENDS = 64 };

bool
ends_reserve(struct ends *ends)
{
	uint32_t room = ends->room ? ends->room + ends->room / 2 : FEWEST_ENDS;
	uint64_t *at;
	uint32_t *node;

	if (ends->count < ends->room)
		return true;
	if (room < ends->room)
		return false;
	at = realloc(ends->at, room * sizeof(*at));
	if (!at)
		return false;
	ends->at = at;
	node = realloc(ends->node, room * sizeof(*node));
	if (!node)
		return false;
	ends->node = node;
	ends->room = room;
	return true;
}

void
ends_fini(struct ends *ends)
{
	free(ends->at);
	free(ends->node);
	*ends = (struct ends){.at = NULL};
}

uint64_t
ends_get(const struct dynamic *dynamic, const struct node *node)
{
	return node->end == NEVER_ENDS ? DYNAMIC_FOREVER
				       : dynamic->ends.at[node->end];
}

static void
put(struct dynamic *dynamic, uint32_t place, uint64_t at, uint32_t number)
{
	dynamic->ends.at[place] = at;
	dynamic->ends.node[place] = number;
	node_at(dynamic, number)->end = place;
}

static uint32_t
first_child(const struct ends *ends, uint32_t place)
{
	uint64_t child = (uint64_t)place * CHILDREN + 1;
	uint64_t behind = child + CHILDREN;
	uint32_t first;

	if (child >= ends->count)
		return 0;
	if (behind > ends->count)
		behind = ends->count;
	first = (uint32_t)child;
	for (uint32_t i = first + 1; i < behind; i++)
		if (ends->at[i] < ends->at[first])
			first = i;
	return first;
}

/* Puts it where it belongs, from a place that is free. */
static void
settle(struct dynamic *dynamic, uint32_t place, uint64_t at, uint32_t number)
{
	struct ends *ends = &dynamic->ends;
	uint32_t child;

	while (place > 0) {
		uint32_t parent = (place - 1) / CHILDREN;

		if (ends->at[parent] <= at)
			break;
		put(dynamic, place, ends->at[parent], ends->node[parent]);
		place = parent;
	}
	while ((child = first_child(ends, place)) != 0) {
		if (ends->at[child] >= at)
			break;
		put(dynamic, place, ends->at[child], ends->node[child]);
		place = child;
	}
	put(dynamic, place, at, number);
}

static void
take_out(struct dynamic *dynamic, uint32_t place)
{
	struct ends *ends = &dynamic->ends;
	uint32_t last = --ends->count;

	if (place != last)
		settle(dynamic, place, ends->at[last], ends->node[last]);
}

void
ends_set(struct dynamic *dynamic, uint32_t number, uint64_t end)
{
	struct node *node = node_at(dynamic, number);

	if (end == DYNAMIC_FOREVER) {
		if (node->end != NEVER_ENDS)
			take_out(dynamic, node->end);
		node->end = NEVER_ENDS;
		return;
	}
	if (node->end == NEVER_ENDS)
		node->end = dynamic->ends.count++;
	settle(dynamic, node->end, end, number);
}
