/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TOOLS_LOAD_DICE_H
#define TESTS_TOOLS_LOAD_DICE_H

/* Numbers that look random and are the same in every run. */

#include <stdbool.h>
#include <stdint.h>

/* The finisher of splitmix64. */
static inline uint64_t
mix(uint64_t z)
{
	z += 0x9e3779b97f4a7c15U;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

struct dice {
	uint64_t state;
};

static inline uint64_t
dice_next(struct dice *dice)
{
	return mix(dice->state++);
}

/* 0 to limit - 1. */
static inline unsigned
dice_below(struct dice *dice, unsigned limit)
{
	return (unsigned)((dice_next(dice) >> 32) * limit >> 32);
}

static inline bool
dice_percent(struct dice *dice, unsigned percent)
{
	return dice_below(dice, 100) < percent;
}

#endif
