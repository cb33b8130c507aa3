/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/lanes.h"

#include <stdlib.h>
#include <string.h>

#include "agent/table/region.h"

enum {
	/* Keys a bucket is meant to hold: few enough that few overflow. */
	NARROW_KEYS_IN_4 = 34, /* in four buckets of 15 */
	WIDE_KEYS_IN_4 = 17,   /* in four buckets of 7 */
	META_FULL = 1 << 8,
};

/* splitmix64 */
static uint64_t
draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

struct mixer
mixer_of(const uint64_t seed[2], unsigned attempt)
{
	uint64_t a = seed[0] + attempt, b = seed[1];
	struct mixer mixer;

	mixer.add = draw(&a) ^ draw(&b);
	mixer.first = (draw(&a) ^ draw(&b)) | 1;
	mixer.second = (draw(&a) ^ draw(&b)) | 1;
	return mixer;
}

/* Buckets behind the last take what it has no room for. */
static void *
buckets_alloc(size_t buckets, unsigned lines, uint32_t *count)
{
	size_t size = (buckets + LANES_REACH_MAX) * lines;
	void *memory;

	if (buckets > UINT32_MAX - LANES_REACH_MAX)
		return NULL;
	size *= sizeof(struct wide_bucket);
	memory = region_alloc(size);
	if (memory)
		memset(memory, 0, size);
	*count = (uint32_t)buckets;
	return memory;
}

static size_t
buckets_for(size_t keys, size_t keys_in_4, size_t least)
{
	size_t buckets = keys / keys_in_4 * 4 + 4;

	return buckets < least ? least : buckets;
}

static uint32_t
reach_of(uint32_t buckets, unsigned bits)
{
	uint32_t own = (buckets >> 8) - 1;

	if (bits == WORD_BITS || own > LANES_REACH_MAX)
		return LANES_REACH_MAX;
	return own;
}

bool
narrow_init(struct narrow_lanes *lanes, size_t keys, struct mixer mixer)
{
	*lanes = (struct narrow_lanes){.mixer = mixer};
	lanes->buckets = buckets_alloc(
	    buckets_for(keys, NARROW_KEYS_IN_4, BUCKETS_MIN), 1, &lanes->count);
	lanes->reach = reach_of(lanes->count, HOST_BITS);
	return lanes->buckets != NULL;
}

bool
wide_init(struct wide_lanes *lanes, size_t keys, unsigned lines, unsigned bits,
    struct mixer mixer)
{
	size_t least = bits == WORD_BITS ? 1 : BUCKETS_MIN;

	*lanes = (struct wide_lanes){.mixer = mixer};
	lanes->buckets = buckets_alloc(
	    buckets_for(keys, WIDE_KEYS_IN_4, least), lines, &lanes->count);
	lanes->reach = reach_of(lanes->count, bits);
	return lanes->buckets != NULL;
}

void
narrow_fini(struct narrow_lanes *lanes)
{
	free(lanes->buckets);
	lanes->buckets = NULL;
}

void
wide_fini(struct wide_lanes *lanes)
{
	free(lanes->buckets);
	lanes->buckets = NULL;
}

size_t
narrow_size(const struct narrow_lanes *lanes)
{
	return lanes->buckets ? ((size_t)lanes->count + LANES_REACH_MAX) *
				    sizeof(*lanes->buckets)
			      : 0;
}

size_t
wide_size(const struct wide_lanes *lanes, unsigned lines)
{
	return lanes->buckets ? ((size_t)lanes->count + LANES_REACH_MAX) *
				    lines * sizeof(*lanes->buckets)
			      : 0;
}

_Atomic uint32_t *
narrow_lane(struct narrow_lanes *lanes, uint32_t mixed)
{
	union narrow_bucket *home =
	    lanes->buckets + bucket_of(mixed, lanes->count);
	union narrow_bucket *bucket = home;
	_Atomic uint32_t *empty = NULL;

	for (unsigned reach = 0; reach <= lanes->reach; reach++, bucket++) {
		for (unsigned i = 0; i < NARROW_LANES - 1; i++) {
			uint32_t lane = atomic_load_explicit(
			    &bucket->lanes[i], memory_order_relaxed);

			if (lane == 0 && !empty)
				empty = &bucket->lanes[i];
			if (lane != 0 &&
			    (lane ^ mixed << HOST_BITS) >> HOST_BITS == 0)
				return &bucket->lanes[i];
		}
		if (atomic_load_explicit(&bucket->lanes[NARROW_LANES - 1],
			memory_order_relaxed) == 0) {
			if (empty)
				return empty;
			atomic_store_explicit(&bucket->lanes[NARROW_LANES - 1],
			    META_FULL, memory_order_release);
		}
	}
	return empty;
}

/* The lane in one bucket: the key's, or else the first empty one. */
static bool
wide_look(struct wide_bucket *bucket, uint64_t want, unsigned bits,
    const uint64_t *lo, _Atomic uint64_t **empty)
{
	for (unsigned i = 0; i < WIDE_LANES - 1; i++) {
		uint64_t lane = atomic_load_explicit(
		    &bucket->lanes[i], memory_order_relaxed);

		if (lane == 0) {
			if (!*empty)
				*empty = &bucket->lanes[i];
			continue;
		}
		if ((lane ^ want) >> bits != 0)
			continue;
		if (lo && atomic_load_explicit(
			      &bucket[1].lanes[i], memory_order_relaxed) != *lo)
			continue;
		*empty = &bucket->lanes[i];
		return true;
	}
	return false;
}

static _Atomic uint64_t *
lane_of(
    struct wide_lanes *lanes, uint64_t mixed, unsigned bits, const uint64_t *lo)
{
	unsigned lines = lo ? 2 : 1;
	struct wide_bucket *bucket =
	    lanes->buckets +
	    lines * bucket_of((uint32_t)(mixed >> 32), lanes->count);
	_Atomic uint64_t *lane = NULL;

	for (unsigned reach = 0; reach <= lanes->reach;
	     reach++, bucket += lines) {
		if (wide_look(bucket, mixed << bits, bits, lo, &lane))
			return lane;
		if (atomic_load_explicit(&bucket->lanes[WIDE_LANES - 1],
			memory_order_relaxed) == 0) {
			if (lane)
				return lane;
			atomic_store_explicit(&bucket->lanes[WIDE_LANES - 1],
			    META_FULL, memory_order_release);
		}
	}
	return lane;
}

_Atomic uint64_t *
wide_lane(struct wide_lanes *lanes, uint64_t mixed, unsigned bits)
{
	return lane_of(lanes, mixed, bits, NULL);
}

_Atomic uint64_t *
double_lane(struct wide_lanes *lanes, uint64_t mixed, uint64_t lo)
{
	return lane_of(lanes, mixed, HOST_BITS, &lo);
}
