/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_LANES_H
#define AGENT_TABLE_LANES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/table/blocks.h"
#include "agent/table/mixer.h"

/*
 * An exact hash whose buckets are cache lines: 8 lanes of 64 bits, the value in
 * 32 of them.
 *
 * A key is mixed by a bijection that the seed chooses. The high bits of what
 * comes out give the bucket; the low bits stay in the bucket's lane, above the
 * value. A bucket being a range of what comes out, the low bits name the key
 * among those of so many buckets in a row that reach stays below: nothing of
 * the key needs to be kept but what is left of it. A lane is written by one
 * store, key and value together; 0 is an empty one, for no value is 0.
 *
 * The last lane of a bucket is no key's: it is not 0 once a key that belonged
 * here found no lane. Such a key is at most reach buckets behind.
 */

enum {
	LANES_REACH_MAX = 24,
	WIDE_LANES = 8,
	WORD_BITS = 32,
};

struct wide_bucket {
	_Atomic uint64_t lanes[WIDE_LANES];
};

struct wide_lanes {
	struct wide_bucket *buckets; /* NULL: there are none */
	uint32_t count;
	uint32_t reach;
	struct mixer mixer;
};

HOT uint64_t
lane_match(const struct wide_bucket *bucket, unsigned i, uint64_t want)
{
	uint64_t lane = want ^ atomic_load_explicit(
				   &bucket->lanes[i], memory_order_acquire);

	return lane >> WORD_BITS == 0 ? lane : 0;
}

HOT uint64_t
wide_match(const struct wide_bucket *bucket, uint64_t want)
{
	return lane_match(bucket, 0, want) | lane_match(bucket, 1, want) |
	       lane_match(bucket, 2, want) | lane_match(bucket, 3, want) |
	       lane_match(bucket, 4, want) | lane_match(bucket, 5, want) |
	       lane_match(bucket, 6, want);
}

HOT bool
bucket_overflowed(const struct wide_bucket *bucket)
{
	return atomic_load_explicit(
		   &bucket->lanes[WIDE_LANES - 1], memory_order_relaxed) != 0;
}

HOT uint64_t
wide_find(const struct wide_lanes *lanes, uint64_t mixed, unsigned *steps)
{
	const struct wide_bucket *bucket =
	    lanes->buckets + place_of((uint32_t)(mixed >> 32), lanes->count);

	for (unsigned reach = 0;; reach++, bucket++) {
		uint64_t found = wide_match(bucket, mixed << WORD_BITS);

		if (steps)
			++*steps;
		if (found || !bucket_overflowed(bucket) ||
		    reach == lanes->reach)
			return found;
	}
}

/* ---- the writer ---- */

/* Room for that many keys; false when memory ran out. */
bool wide_init(struct wide_lanes *lanes, size_t keys, struct mixer mixer);
void wide_fini(struct wide_lanes *lanes);
size_t wide_size(const struct wide_lanes *lanes);

/*
 * The lane of a key that is there, or one for it, which stays empty; NULL when
 * there is no room. What the key's lane is to hold is its mixed form above the
 * value.
 */
_Atomic uint64_t *wide_lane(struct wide_lanes *lanes, uint64_t mixed);

#endif
