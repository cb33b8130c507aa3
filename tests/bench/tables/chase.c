/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <time.h>

#include "tests/bench/tables/clock.h"
#include "tests/bench/tables/measure.h"
#include "tests/bench/tables/memory.h"

enum { LINE = 64 };

/* One ring through all lines: what is read last tells where to go on. */
struct chase {
	size_t lines;
	size_t *next; /* the first word of each line */
};

enum { WORDS = LINE / sizeof(size_t) };

static void
link_all(struct chase *chase, size_t *order)
{
	struct set random = {.random = 42};

	for (size_t i = 0; i < chase->lines; i++)
		order[i] = i;
	for (size_t i = chase->lines; i > 1; i--) {
		size_t other = set_random(&random) % i, kept = order[i - 1];

		order[i - 1] = order[other];
		order[other] = kept;
	}
	for (size_t i = 0; i < chase->lines; i++)
		chase->next[order[i] * WORDS] =
		    order[(i + 1) % chase->lines] * WORDS;
}

struct chase *
chase_new(size_t bytes)
{
	struct chase *chase = memory_array(1, sizeof(*chase));
	size_t *order;

	chase->lines = bytes / LINE < 16 ? 16 : bytes / LINE;
	chase->next = memory_new(chase->lines, LINE);
	order = memory_new(chase->lines, sizeof(order[0]));
	link_all(chase, order);
	memory_free(order, chase->lines, sizeof(order[0]));
	return chase;
}

void
chase_free(struct chase *chase)
{
	memory_free(chase->next, chase->lines, LINE);
	free(chase);
}

struct address
chase_place(const struct chase *chase, size_t number)
{
	struct set random = {.random = number};

	return (struct address){
	    .lo = set_random(&random) % chase->lines * WORDS};
}

const void *
chase_memory(const struct chase *chase)
{
	return chase->next;
}

uint64_t
chase_one(const void *memory, const struct address *from)
{
	const size_t *next = memory;

	return next[from->lo];
}

uint64_t
chase_two(const void *memory, const struct address *from)
{
	const size_t *next = memory;

	return next[next[from->lo]];
}

double
clock_tick_nanoseconds(void)
{
	uint64_t start = clock_nanoseconds(CLOCK_MONOTONIC), now;
	uint64_t ticks = clock_ticks();

	do
		now = clock_nanoseconds(CLOCK_MONOTONIC);
	while (now - start < 50000000);
	return (double)(now - start) / (double)(clock_ticks() - ticks);
}
