/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_LANES_H
#define AGENT_TABLE_LANES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/table/blocks.h"

/*
 * Exact hashes whose buckets are cache lines.
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
 *
 *   narrow  16 lanes of 32 bits: 24 of the key, 8 of value
 *   wide    8 lanes of 64 bits: VALUE bits of value, the rest of the key
 *   double  wide, and a second line with the key's other half of each lane,
 *           written before the lane is
 */

enum {
	LANES_REACH_MAX = 24,
	/* Where values take 8 bits: then a reach of 15 is one key's own. */
	BUCKETS_MIN = 4096,
	NARROW_LANES = 16,
	WIDE_LANES = 8,
	HOST_BITS = 8, /* of a class of hosts */
	WORD_BITS = 32,
	/* Removed: only the same key may come back until readers passed. */
	HOST_GONE = 255,
};

#if defined(__SANITIZE_THREAD__)
#define LANES_ONE_BY_ONE 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LANES_ONE_BY_ONE 1
#endif
#endif
#ifndef LANES_ONE_BY_ONE
#define LANES_ONE_BY_ONE 0
#endif

typedef uint32_t lanes4 __attribute__((vector_size(16)));
typedef uint64_t lanes2 __attribute__((vector_size(16)));

union narrow_bucket {
	_Atomic uint32_t lanes[NARROW_LANES];
	lanes4 quarters[4];
};

struct wide_bucket {
	_Atomic uint64_t lanes[WIDE_LANES];
};

struct mixer {
	uint64_t add;
	uint64_t first;  /* odd */
	uint64_t second; /* odd */
};

struct narrow_lanes {
	union narrow_bucket *buckets; /* NULL: there are none */
	uint32_t count;
	uint32_t reach;
	struct mixer mixer;
};

struct wide_lanes {
	struct wide_bucket *buckets; /* of double lanes: two lines each */
	uint32_t count;
	uint32_t reach;
	struct mixer mixer;
};

struct mixer mixer_of(const uint64_t seed[2], unsigned attempt);

static inline uint32_t
mix_narrow(const struct mixer *mixer, uint32_t key)
{
	key ^= (uint32_t)mixer->add;
	key *= (uint32_t)mixer->first;
	key ^= key >> 16;
	key *= (uint32_t)mixer->second;
	return key ^ key >> 15;
}

static inline uint64_t
mix_wide(const struct mixer *mixer, uint64_t key)
{
	key ^= mixer->add;
	key *= mixer->first;
	key ^= key >> 32;
	key *= mixer->second;
	return key ^ key >> 29;
}

/* With lo, one to one with hi and lo. */
static inline uint64_t
mix_double(const struct mixer *mixer, uint64_t hi, uint64_t lo)
{
	uint64_t low = lo * mixer->second;

	return mix_wide(mixer, hi ^ low ^ low >> 31);
}

static inline size_t
bucket_of(uint32_t high, uint32_t count)
{
	return (size_t)((uint64_t)high * count >> 32);
}

/*
 * The value among 16 lanes whose other bits are want's. The vectors are read
 * whole, each of their lanes by one access; a sanitizer for threads is shown
 * the accesses one by one.
 */
#if LANES_ONE_BY_ONE
HOT uint32_t
narrow_match(const union narrow_bucket *bucket, uint32_t want)
{
	uint32_t found = 0;

	for (unsigned i = 0; i < NARROW_LANES; i++) {
		uint32_t lane = want ^ atomic_load_explicit(&bucket->lanes[i],
					   memory_order_acquire);

		found |= lane >> HOST_BITS ? 0 : lane;
	}
	return found;
}
#else
HOT lanes4
quarter_match(const union narrow_bucket *bucket, unsigned i, lanes4 want)
{
	const volatile lanes4 *quarter = &bucket->quarters[i];
	lanes4 lane = *quarter ^ want;

	return lane & (lanes4)((lane >> HOST_BITS) == 0);
}

HOT uint32_t
narrow_match(const union narrow_bucket *bucket, uint32_t want)
{
	lanes4 wanted = {want, want, want, want};
	lanes2 found = (lanes2)(quarter_match(bucket, 0, wanted) |
				quarter_match(bucket, 1, wanted) |
				quarter_match(bucket, 2, wanted) |
				quarter_match(bucket, 3, wanted));
	uint64_t both = found[0] | found[1];

	return (uint32_t)(both | both >> 32);
}
#endif

/* The value of a key, 0 for none; steps, if given, counts lines. */
HOT uint32_t
narrow_find(const struct narrow_lanes *lanes, uint32_t key, unsigned *steps)
{
	uint32_t mixed = mix_narrow(&lanes->mixer, key);
	const union narrow_bucket *bucket =
	    lanes->buckets + bucket_of(mixed, lanes->count);

	for (unsigned reach = 0;; reach++, bucket++) {
		uint32_t found = narrow_match(bucket, mixed << HOST_BITS);

		if (steps)
			++*steps;
		if (atomic_load_explicit(&bucket->lanes[NARROW_LANES - 1],
			memory_order_relaxed) == 0 ||
		    found || reach == lanes->reach)
			return found;
	}
}

HOT uint64_t
lane_match(
    const struct wide_bucket *bucket, unsigned i, uint64_t want, unsigned bits)
{
	uint64_t lane = want ^ atomic_load_explicit(
				   &bucket->lanes[i], memory_order_acquire);

	return lane < UINT64_C(1) << bits ? lane : 0;
}

HOT uint64_t
wide_match(const struct wide_bucket *bucket, uint64_t want, unsigned bits)
{
	return lane_match(bucket, 0, want, bits) |
	       lane_match(bucket, 1, want, bits) |
	       lane_match(bucket, 2, want, bits) |
	       lane_match(bucket, 3, want, bits) |
	       lane_match(bucket, 4, want, bits) |
	       lane_match(bucket, 5, want, bits) |
	       lane_match(bucket, 6, want, bits);
}

HOT bool
bucket_overflowed(const struct wide_bucket *bucket)
{
	return atomic_load_explicit(
		   &bucket->lanes[WIDE_LANES - 1], memory_order_relaxed) != 0;
}

HOT uint64_t
wide_find(const struct wide_lanes *lanes, uint64_t mixed, unsigned bits,
    unsigned *steps)
{
	const struct wide_bucket *bucket =
	    lanes->buckets + bucket_of((uint32_t)(mixed >> 32), lanes->count);

	for (unsigned reach = 0;; reach++, bucket++) {
		uint64_t found = wide_match(bucket, mixed << bits, bits);

		if (steps)
			++*steps;
		if (found || !bucket_overflowed(bucket) ||
		    reach == lanes->reach)
			return found;
	}
}

/* Two keys may share what a lane keeps: the other half tells them apart. */
HOT uint64_t
double_lane_match(
    const struct wide_bucket *bucket, unsigned i, uint64_t want, uint64_t lo)
{
	uint64_t found = lane_match(bucket, i, want, HOST_BITS);

	if (found == 0)
		return 0;
	return atomic_load_explicit(
		   &bucket[1].lanes[i], memory_order_relaxed) == lo
		   ? found
		   : 0;
}

static inline uint64_t
double_match(const struct wide_bucket *bucket, uint64_t want, uint64_t lo)
{
	uint64_t found = 0;

	for (unsigned i = 0; i < WIDE_LANES - 1 && found == 0; i++)
		found = double_lane_match(bucket, i, want, lo);
	return found;
}

HOT unsigned
lane_number(const struct wide_bucket *bucket, unsigned i, uint64_t want)
{
	return lane_match(bucket, i, want, HOST_BITS) ? i : 0;
}

/* The lane that matches, there being no branch to guess which. */
HOT unsigned
lane_matching(const struct wide_bucket *bucket, uint64_t want)
{
	unsigned at =
	    lane_number(bucket, 1, want) | lane_number(bucket, 2, want) |
	    lane_number(bucket, 3, want) | lane_number(bucket, 4, want) |
	    lane_number(bucket, 5, want) | lane_number(bucket, 6, want);

	return at < WIDE_LANES - 1 ? at : 0;
}

HOT uint64_t
double_find(
    const struct wide_lanes *lanes, uint64_t hi, uint64_t lo, unsigned *steps)
{
	uint64_t mixed = mix_double(&lanes->mixer, hi, lo);
	uint64_t want = mixed << HOST_BITS;
	const struct wide_bucket *bucket =
	    lanes->buckets +
	    2 * bucket_of((uint32_t)(mixed >> 32), lanes->count);

	for (unsigned reach = 0;; reach++, bucket += 2) {
		uint64_t found = wide_match(bucket, want, HOST_BITS);

		if (found) {
			found = double_lane_match(
			    bucket, lane_matching(bucket, want), want, lo);
			if (found == 0)
				found = double_match(bucket, want, lo);
		}
		if (steps)
			++*steps;
		if (found || !bucket_overflowed(bucket) ||
		    reach == lanes->reach)
			return found;
	}
}

/* ---- the writer ---- */

/*
 * Room for that many keys; lines is 2 for double lanes, bits those of values.
 * False when memory ran out.
 */
bool narrow_init(struct narrow_lanes *lanes, size_t keys, struct mixer mixer);
bool wide_init(struct wide_lanes *lanes, size_t keys, unsigned lines,
    unsigned bits, struct mixer mixer);
void narrow_fini(struct narrow_lanes *lanes);
void wide_fini(struct wide_lanes *lanes);

size_t narrow_size(const struct narrow_lanes *lanes);
size_t wide_size(const struct wide_lanes *lanes, unsigned lines);

/*
 * The lane of a key that is there (gone ones included), or one for it, which
 * stays empty; NULL when there is no room. What the key's lane is to hold is
 * its mixed form above the value.
 */
_Atomic uint32_t *narrow_lane(struct narrow_lanes *lanes, uint32_t mixed);
_Atomic uint64_t *wide_lane(
    struct wide_lanes *lanes, uint64_t mixed, unsigned bits);
_Atomic uint64_t *double_lane(
    struct wide_lanes *lanes, uint64_t mixed, uint64_t lo);

#endif
