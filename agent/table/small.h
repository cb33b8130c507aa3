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
	SMALL_STEPS_MAX = 192,
	/* With changes to come, a new table is small only up to here. */
	SMALL_STEPS_ROOMY = 96,
	LEAF4_KEYS = 12,
	LEAVES4 = SMALL_STEPS_MAX / LEAF4_KEYS,
	LEAF6_KEYS = 16,
	LEAVES6 = SMALL_STEPS_MAX / LEAF6_KEYS,
};

/*
 * Two levels of a tree: the first key of each leaf, and the leaves. Classes are
 * the block's own, in the order in which they occur. Behind the last step all
 * is filled up with it.
 */
struct leaf4 {
	union granule keys[LEAF4_KEYS / 4];
	uint8_t classes[LEAF4_KEYS];
	uint32_t count; /* of all steps, in the first leaf */
};

struct small4 {
	union granule level[LINE_GRANULES];
	struct leaf4 leaves[LEAVES4];
	uint64_t masks[SMALL_STEPS_MAX];
};

struct small6 {
	wide level[LEAVES6];
	uint8_t classes[SMALL_STEPS_MAX];
	uint64_t masks[SMALL_STEPS_MAX];
	wide keys[SMALL_STEPS_MAX];
	unsigned count;
	unsigned leaves;
};

HOT uint64_t
small4_find(const struct small4 *small, uint32_t address)
{
	int32_t key = key_biased(address);
	const struct leaf4 *leaf;

	__builtin_prefetch(small->masks);
	leaf = &small->leaves[line_count(small->level, key) - 1];
	return small
	    ->masks[leaf->classes[keys_count(leaf->keys, LEAF4_KEYS, key) - 1]];
}

/* The last of the keys at or below the address. */
HOT const wide *
keys_search(const wide *at, unsigned count, wide address)
{
	while (count > 1) {
		unsigned half = count / 2;

		at += at[half] <= address ? half : 0;
		count -= half;
	}
	return at;
}

/* Each level is fetched as a whole, for it is searched from its middle. */
HOT uint64_t
small6_find(const struct small6 *small, wide address)
{
	const wide *keys = small->level;

	__builtin_prefetch(keys + 4);
	__builtin_prefetch(keys + 8);
	__builtin_prefetch(small->masks);
	keys = keys_search(keys, small->leaves, address);
	keys = small->keys + (keys - small->level) * LEAF6_KEYS;
	__builtin_prefetch(keys);
	__builtin_prefetch(keys + 4);
	__builtin_prefetch(keys + 12);
	__builtin_prefetch(small->classes + (keys - small->keys));
	keys = keys_search(keys, LEAF6_KEYS, address);
	return small->masks[small->classes[keys - small->keys]];
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
