/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_TABLES_MEASURE_H
#define TESTS_BENCH_TABLES_MEASURE_H

/*
 * Measures engines beside each other: one after another in every round, so that
 * what disturbs one disturbs all; the median counts.
 */

#include "tests/bench/tables/engine.h"

enum { ENGINES_MAX = 12, CHASES_MAX = 2 };

struct measure_options {
	unsigned rounds;
	unsigned colds;  /* samples */
	unsigned builds; /* each in a process of its own */
	size_t flush;    /* bytes read between two cold lookups */
};

struct contestant {
	const struct engine *engine;
	void *structure;
	size_t size;
};

/* Prints a line for each engine and measure: set, count, engine, measure,
 * median, least. Times in nanoseconds, of building in milliseconds. */
void measure_lookups(const struct measure_options *options,
    const struct set *set, const struct queries *queries,
    const struct contestant *contestants, size_t count);
void measure_cold(const struct measure_options *options, const struct set *set,
    const struct queries *queries, const struct contestant *contestants,
    size_t count);
void measure_builds(const struct measure_options *options,
    const struct set *set, const struct engine *const *engines, size_t count);

/* Asks for 20,000 addresses once; callgrind knows it by its name. */
uint64_t measure_instructions(
    const struct contestant *contestant, const struct queries *queries);

void measure_print(const struct set *set, const char *engine,
    const char *measure, double median, double least);
double measure_median(double *values, size_t count);

/* ---- lines that lead to each other in no order ---- */

struct chase;

struct chase *chase_new(size_t bytes);
void chase_free(struct chase *chase);

/* A place to begin at, in the address's lo; and what to begin in. */
struct address chase_place(const struct chase *chase, size_t number);
const void *chase_memory(const struct chase *chase);

/* Reads one line, or one and then the one that it names. */
uint64_t chase_one(const void *memory, const struct address *from);
uint64_t chase_two(const void *memory, const struct address *from);

#endif
