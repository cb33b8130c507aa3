/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/spop/deadline.h"

#include <stddef.h>

uint64_t
deadline_clock_advance(struct deadline_clock *clock, uint64_t now)
{
	uint64_t passed = now > clock->last ? now - clock->last : 0;

	clock->last = now;
	clock->time += passed < DEADLINE_LEAP ? passed : DEADLINE_LEAP;
	return clock->time;
}

void
deadlines_init(struct deadlines *deadlines)
{
	for (unsigned kind = 0; kind < DEADLINE_KINDS; kind++) {
		struct deadline *head = &deadlines->heads[kind];

		head->previous = head;
		head->next = head;
		head->since = 0;
		head->kind = (enum deadline_kind)kind;
	}
}

bool
deadlines_empty(const struct deadlines *deadlines)
{
	for (unsigned kind = 0; kind < DEADLINE_KINDS; kind++)
		if (deadlines->heads[kind].next != &deadlines->heads[kind])
			return false;
	return true;
}

void
deadline_init(struct deadline *deadline)
{
	*deadline = (struct deadline){.kind = DEADLINE_NONE};
}

void
deadline_clear(struct deadline *deadline)
{
	if (deadline->kind == DEADLINE_NONE)
		return;
	deadline->previous->next = deadline->next;
	deadline->next->previous = deadline->previous;
	deadline_init(deadline);
}

void
deadline_set(struct deadlines *deadlines, struct deadline *deadline,
    enum deadline_kind kind, uint64_t now)
{
	struct deadline *head = &deadlines->heads[kind];

	deadline_clear(deadline);
	deadline->kind = kind;
	deadline->since = now;
	deadline->previous = head->previous;
	deadline->next = head;
	head->previous->next = deadline;
	head->previous = deadline;
}

struct deadline *
deadlines_expired(const struct deadlines *deadlines, enum deadline_kind kind,
    uint64_t now, uint64_t milliseconds)
{
	const struct deadline *head = &deadlines->heads[kind];
	struct deadline *oldest = head->next;

	if (oldest == head || now - oldest->since < milliseconds)
		return NULL;
	return oldest;
}
