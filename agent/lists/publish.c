/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/thread.h"

/* Editions and answers: what goes on only when every reader has passed. */

static const double poll_slow = 0.02;
static const double poll_fast = 0.002; /* somebody waits for an answer */

/* Those that no reader can hold any more go; before the next build, in order.
 */
static void
drop_passed(struct lists *lists)
{
	struct edition **at = &lists->retired;

	while (*at != NULL) {
		struct edition *edition = *at;

		if (!publication_passed(
			lists->settings.publication, edition->epoch)) {
			at = &edition->older;
			continue;
		}
		*at = edition->older;
		jobs_scrap(&lists->builder, &edition->scrap);
		lists->live--;
	}
}

void
publish(struct lists *lists, struct edition *edition)
{
	struct edition *before = lists->current;
	uint64_t epoch =
	    publication_replace(lists->settings.publication, edition);

	lists->current = edition;
	lists->live++;
	lists->stamped = false;
	lists->reclaimed = lists->stamps;
	if (before == NULL)
		return;
	before->epoch = epoch;
	before->older = lists->retired;
	lists->retired = before;
}

static void
reclaim(struct lists *lists)
{
	if (lists->stamped)
		publication_advance(lists->settings.publication);
	lists->stamped = false;
	if (lists->reclaimed >= lists->stamps)
		return;
	uint64_t oldest = publication_oldest(lists->settings.publication);

	if (oldest <= lists->reclaimed)
		return;
	generation_reclaim(lists->current->generation, oldest);
	lists->reclaimed = oldest;
}

/* The epoch of an answer is in the order's cursor. */
static void
post_answers(struct lists *lists)
{
	struct queue *queue = &lists->passing;

	while (queue->first != NULL) {
		struct order *order = (struct order *)queue->first;

		if (!publication_passed(
			lists->settings.publication, order->cursor))
			return;
		queue_take(queue);
		inbox_post(order->reply, &order->letter);
	}
}

static void
set_poll(struct lists *lists)
{
	bool waits = lists->passing.first != NULL;
	double pause = waits ? poll_fast : poll_slow;

	if (!waits && lists->retired == NULL &&
	    lists->reclaimed >= lists->stamps) {
		ev_timer_stop(lists->loop, &lists->poll);
		return;
	}
	if (ev_is_active(&lists->poll) && lists->poll.repeat <= pause)
		return;
	lists->poll.repeat = pause;
	ev_timer_again(lists->loop, &lists->poll);
}

void
pass(struct lists *lists)
{
	reclaim(lists);
	drop_passed(lists);
	post_answers(lists);
	set_poll(lists);
}

void
answer(struct lists *lists, struct order *order)
{
	order->generation = lists->number;
	order->cursor = lists->retired != NULL ? lists->retired->epoch : 0;
	queue_add(&lists->passing, &order->letter);
}

void
publish_fini(struct lists *lists)
{
	while (lists->retired != NULL) {
		struct edition *edition = lists->retired;

		ensure(publication_passed(
		    lists->settings.publication, edition->epoch));
		lists->retired = edition->older;
		edition_free(edition);
	}
	edition_free(lists->current);
}
