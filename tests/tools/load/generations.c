/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/load/generations.h"

#include <string.h>

void
generations_turn(struct generations *generations, uint64_t now)
{
	unsigned passed = 0;

	while (passed < generations->pending &&
	       now - generations->queue[passed].since > generations->grace)
		generations->floor = generations->queue[passed++].number;
	if (passed == 0)
		return;
	generations->pending -= passed;
	memmove(generations->queue, generations->queue + passed,
	    generations->pending * sizeof(generations->queue[0]));
}

/* More than the queue holds within the grace are only looked at less often. */
static void
see(struct generations *generations, uint64_t number, uint64_t now)
{
	generations->newest = number;
	if (generations->pending == GENERATIONS_PENDING)
		return;
	generations->queue[generations->pending].number = number;
	generations->queue[generations->pending].since = now;
	generations->pending++;
}

bool
generations_live(struct generations *generations, uint64_t number,
    uint64_t floor, uint64_t now)
{
	if (number == 0)
		return false;
	if (generations->first == 0) {
		generations->first = number;
		generations->floor = number;
		generations->newest = number;
	}
	if (number < floor || number < generations->first)
		return false;
	if (generations->bounded &&
	    number > generations->first + generations->reloads)
		return false;
	if (number > generations->newest)
		see(generations, number, now);
	return true;
}
