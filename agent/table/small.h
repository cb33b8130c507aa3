/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_SMALL_H
#define AGENT_TABLE_SMALL_H

#include <stdatomic.h>

#include "agent/table/blocks.h"
#include "agent/table/edit.h"
#include "agent/table/sweep.h"

/*
 * A family with few steps: all of it in one sorted block, members included.
 * A change makes a new block and exchanges the pointer.
 */

enum {
	SMALL_STEPS_MAX = 256,
	/* With changes to come, a new table is small only up to here. */
	SMALL_STEPS_ROOMY = 128,
};

/* Behind the last step both are filled up with it. */
struct small4 {
	union granule level[LINE_GRANULES]; /* the first key of each line */
	union granule keys[SMALL_STEPS_MAX / 4];
	uint64_t masks[SMALL_STEPS_MAX];
	unsigned count;
};

struct small6 {
	unsigned count;
	uint64_t masks[SMALL_STEPS_MAX];
	wide keys[SMALL_STEPS_MAX];
};

static inline uint64_t
small4_find(const struct small4 *small, uint32_t address)
{
	int32_t key = key_biased(address);
	unsigned line = line_count(small->level, key) - 1;
	unsigned in_line = line_count(small->keys + line * LINE_GRANULES, key);

	return small->masks[line * LINE_KEYS + in_line - 1];
}

static inline uint64_t
small6_find(const struct small6 *small, wide address)
{
	const wide *at = small->keys;

	for (unsigned left = small->count; left > 1;) {
		unsigned half = left / 2;

		at += at[half] <= address ? half : 0;
		left -= half;
	}
	return small->masks[at - small->keys];
}

/* What small blocks are made of, in order, the first step at 0. */
struct small_steps {
	unsigned count;
	wide keys[SMALL_STEPS_MAX];
	uint64_t masks[SMALL_STEPS_MAX];
};

/* False when there are more than most steps. */
bool small_gather(
    struct small_steps *steps, struct sweep *sweep, unsigned most);

/* NULL when memory ran out. */
struct small4 *small4_build(const struct small_steps *steps);
struct small6 *small6_build(const struct small_steps *steps);

void small4_steps(const struct small4 *small, struct small_steps *steps);
void small6_steps(const struct small6 *small, struct small_steps *steps);

/* The steps after the change. */
enum table_change small_paint(const struct edit *edit,
    const struct small_steps *before, struct small_steps *after,
    enum address_family family);

#endif
