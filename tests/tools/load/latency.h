/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TOOLS_LOAD_LATENCY_H
#define TESTS_TOOLS_LOAD_LATENCY_H

/* A histogram of times, three percent wide each step. Nanoseconds. */

#include <stdint.h>

enum { LATENCY_STEPS = 60 * 32 };

struct latency {
	uint64_t counts[LATENCY_STEPS];
	uint64_t total;
	uint64_t longest;
};

/* Exact below 64, then 32 steps for each doubling. */
static inline unsigned
latency_step(uint64_t time)
{
	unsigned power;

	if (time < 64)
		return (unsigned)time;
	power = 63 - (unsigned)__builtin_clzll(time);
	return (power - 5) * 32 + (unsigned)(time >> (power - 5));
}

static inline void
latency_add(struct latency *latency, uint64_t time)
{
	latency->counts[latency_step(time)]++;
	latency->total++;
	if (time > latency->longest)
		latency->longest = time;
}

/* The time that so much of all (0 to 1) does not exceed. */
uint64_t latency_at(const struct latency *latency, double part);

#endif
