/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/tables/measure.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/tables/clock.h"
#include "tests/bench/tables/memory.h"

const volatile uint64_t engine_zero = 0;

/* Whatever was found goes here, so that it has to be found. */
static volatile uint64_t sink;

/* ---- figures ---- */

static int
compare(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

double
measure_median(double *values, size_t count)
{
	qsort(values, count, sizeof(values[0]), compare);
	if (count % 2 == 1)
		return values[count / 2];
	return (values[count / 2 - 1] + values[count / 2]) / 2;
}

void
measure_print(const struct set *set, const char *engine, const char *measure,
    double median, double least)
{
	printf("%s\t%zu\t%s\t%s\t%.3f\t%.3f\n", set->name, set->count, engine,
	    measure, median, least);
	fflush(stdout);
}

static void
print_all(const struct set *set, const char *engine, const char *measure,
    double *values, size_t count)
{
	double median = measure_median(values, count);

	measure_print(set, engine, measure, median, values[0]);
}

/* ---- warm: the same addresses again and again ---- */

/* As the agent asks: by a call for each address. */
static uint64_t
call_stream(const struct engine *engine, const void *structure,
    const struct address *addresses, size_t count)
{
	uint64_t (*find)(const void *, const struct address *) = engine->find;
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += find(structure, &addresses[i]);
	return sum;
}

static uint64_t
call_chain(const struct engine *engine, const void *structure,
    const struct address *addresses, size_t count)
{
	uint64_t (*find)(const void *, const struct address *) = engine->find;
	uint64_t zero = engine_zero, sum = 0, answer = 0;

	for (size_t i = 0; i < count; i++) {
		answer = find(structure, &addresses[i + (answer & zero)]);
		sum += answer;
	}
	return sum;
}

static uint64_t
inline_stream(const struct engine *engine, const void *structure,
    const struct address *addresses, size_t count)
{
	return engine->stream(structure, addresses, count);
}

static uint64_t
inline_chain(const struct engine *engine, const void *structure,
    const struct address *addresses, size_t count)
{
	return engine->chain(structure, addresses, count);
}

typedef uint64_t way_run(const struct engine *engine, const void *structure,
    const struct address *addresses, size_t count);

enum asked { ASKED_MIXED, ASKED_HITS, ASKED_MISSES };

struct way {
	const char *name;
	way_run *run;
	enum asked asked;
};

static const struct way ways[] = {
    {"mixed", call_stream, ASKED_MIXED},
    {"chain", call_chain, ASKED_MIXED},
    {"inline", inline_stream, ASKED_MIXED},
    {"inline-chain", inline_chain, ASKED_MIXED},
    {"hits", call_stream, ASKED_HITS},
    {"misses", call_stream, ASKED_MISSES},
};

enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

static double
time_way(const struct way *way, const struct contestant *contestant,
    const struct queries *queries)
{
	const struct address *of[] = {
	    queries->mixed, queries->hits, queries->misses};
	const struct address *addresses = of[way->asked];
	size_t count = queries->count;
	uint64_t start;

	if (way->asked != ASKED_MIXED)
		count /= 2;
	/* What others left in the caches makes room first. */
	sink = way->run(
	    contestant->engine, contestant->structure, addresses, count / 4);
	start = clock_cpu();
	sink = way->run(
	    contestant->engine, contestant->structure, addresses, count);
	return (double)(clock_cpu() - start) / (double)count;
}

void
measure_lookups(const struct measure_options *options, const struct set *set,
    const struct queries *queries, const struct contestant *contestants,
    size_t count)
{
	size_t rounds = options->rounds;
	double *times = memory_array(WAYS * count * rounds, sizeof(times[0]));

	for (size_t round = 0; round < rounds; round++)
		for (size_t way = 0; way < WAYS; way++)
			for (size_t i = 0; i < count; i++)
				times[(way * count + i) * rounds + round] =
				    time_way(
					&ways[way], &contestants[i], queries);
	for (size_t way = 0; way < WAYS; way++)
		for (size_t i = 0; i < count; i++)
			print_all(set, contestants[i].engine->name,
			    ways[way].name, times + (way * count + i) * rounds,
			    rounds);
	free(times);
}

enum { COUNTED = 20000 };

__attribute__((noinline)) uint64_t
measure_instructions(
    const struct contestant *contestant, const struct queries *queries)
{
	return contestant->engine->stream(contestant->structure, queries->mixed,
	    queries->count < COUNTED ? queries->count : COUNTED);
}

/* ---- cold: after much else was read ---- */

enum { CHASE_MIN = 64 << 20 };

static uint8_t *flush_memory;

static void
flush(size_t bytes)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < bytes; i += 64)
		sum += flush_memory[i];
	sink = sum;
}

static uint64_t
find_nothing(const void *structure, const struct address *address)
{
	(void)structure;
	return address->lo;
}

static double
time_find(uint64_t (*find)(const void *, const struct address *),
    const void *structure, const struct address *address, size_t bytes)
{
	volatile struct address kept = *address;
	struct address own;
	uint64_t start, end;

	flush(bytes);
	own = kept;
	start = clock_ticks();
	sink = find(structure, &own);
	end = clock_ticks();
	return (double)(end - start);
}

/* What two lines cost when they may be anywhere. */
static size_t
chase_bytes(const struct contestant *contestants, size_t count)
{
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < count; i++)
		if (contestants[i].size < least)
			least = contestants[i].size;
	return least > CHASE_MIN ? least : CHASE_MIN;
}

struct cold {
	const struct measure_options *options;
	const struct queries *queries;
	struct chase *chase;
	double *base;
	double *line;
	double *lines;
	double *finds; /* of each contestant */
};

static void
sample_all(const struct cold *cold, const struct contestant *contestants,
    size_t count, size_t sample)
{
	size_t bytes = cold->options->flush;
	size_t at = sample * 7919 % cold->queries->count;
	const struct address *address = &cold->queries->mixed[at];
	struct address from = chase_place(cold->chase, sample);
	const void *lines = chase_memory(cold->chase);

	cold->base[sample] = time_find(find_nothing, NULL, address, bytes);
	cold->line[sample] = time_find(chase_one, lines, &from, bytes);
	cold->lines[sample] = time_find(chase_two, lines, &from, bytes);
	for (size_t i = 0; i < count; i++)
		cold->finds[i * cold->options->colds + sample] =
		    time_find(contestants[i].engine->find,
			contestants[i].structure, address, bytes);
}

static void
print_cold(const struct set *set, const char *engine, const char *measure,
    double *values, size_t count, double base, double tick)
{
	double median = measure_median(values, count);

	measure_print(set, engine, measure, (median - base) * tick,
	    (values[count / 10] - base) * tick);
}

void
measure_cold(const struct measure_options *options, const struct set *set,
    const struct queries *queries, const struct contestant *contestants,
    size_t count)
{
	size_t samples = options->colds;
	struct cold cold = {.options = options, .queries = queries};
	double *all = memory_array((count + 3) * samples, sizeof(all[0]));
	double base, tick = clock_tick_nanoseconds();

	flush_memory = memory_array(options->flush, 1);
	for (size_t i = 0; i < options->flush; i++)
		flush_memory[i] = (uint8_t)i;
	cold.chase = chase_new(chase_bytes(contestants, count));
	cold.base = all;
	cold.line = all + samples;
	cold.lines = all + 2 * samples;
	cold.finds = all + 3 * samples;
	for (size_t sample = 0; sample < samples; sample++)
		sample_all(&cold, contestants, count, sample);
	base = measure_median(cold.base, samples);
	print_cold(set, "line", "cold", cold.line, samples, base, tick);
	print_cold(set, "two-lines", "cold", cold.lines, samples, base, tick);
	for (size_t i = 0; i < count; i++)
		print_cold(set, contestants[i].engine->name, "cold",
		    cold.finds + i * samples, samples, base, tick);
	chase_free(cold.chase);
	free(flush_memory);
	free(all);
}
