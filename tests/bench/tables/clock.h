/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_TABLES_CLOCK_H
#define TESTS_BENCH_TABLES_CLOCK_H

/* Time of this thread on a CPU, and of a few instructions. */

#include <stdint.h>
#include <time.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

static inline uint64_t
clock_nanoseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static inline uint64_t
clock_cpu(void)
{
	return clock_nanoseconds(CLOCK_THREAD_CPUTIME_ID);
}

/* What was written before is done; what is written behind has not begun. */
static inline uint64_t
clock_ticks(void)
{
#ifdef __x86_64__
	unsigned processor;
	uint64_t ticks;

	_mm_lfence();
	ticks = __builtin_ia32_rdtscp(&processor);
	_mm_lfence();
	return ticks;
#else
	return clock_nanoseconds(CLOCK_MONOTONIC);
#endif
}

/* How long a tick is, found by waiting 50 ms. */
double clock_tick_nanoseconds(void);

#endif
