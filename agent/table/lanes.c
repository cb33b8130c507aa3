/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/lanes.h"

#include <stdlib.h>
#include <string.h>

#include "agent/table/region.h"

enum {
	/* Keys a bucket is meant to hold: few enough that few overflow. */
	WIDE_KEYS_IN_4 = 17, /* in four buckets of 7 */
	META_FULL = 1 << 8,
};

/* Buckets behind the last take what it has no room for. */
bool
wide_init(struct wide_lanes *lanes, size_t keys, struct mixer mixer)
{
	size_t buckets = keys / WIDE_KEYS_IN_4 * 4 + 4;
	size_t size = (buckets + LANES_REACH_MAX) * sizeof(struct wide_bucket);

	*lanes = (struct wide_lanes){.mixer = mixer, .reach = LANES_REACH_MAX};
	if (buckets > UINT32_MAX - LANES_REACH_MAX)
		return false;
	lanes->buckets = region_alloc(size);
	if (!lanes->buckets)
		return false;
	memset(lanes->buckets, 0, size);
	lanes->count = (uint32_t)buckets;
	return true;
}

void
wide_fini(struct wide_lanes *lanes)
{
	free(lanes->buckets);
	lanes->buckets = NULL;
}

size_t
wide_size(const struct wide_lanes *lanes)
{
	return lanes->buckets ? ((size_t)lanes->count + LANES_REACH_MAX) *
				    sizeof(*lanes->buckets)
			      : 0;
}

/* The lane in one bucket: the key's, or else the first empty one. */
static bool
wide_look(struct wide_bucket *bucket, uint64_t want, _Atomic uint64_t **empty)
{
	for (unsigned i = 0; i < WIDE_LANES - 1; i++) {
		uint64_t lane = atomic_load_explicit(
		    &bucket->lanes[i], memory_order_relaxed);

		if (lane == 0) {
			if (!*empty)
				*empty = &bucket->lanes[i];
			continue;
		}
		if ((lane ^ want) >> WORD_BITS != 0)
			continue;
		*empty = &bucket->lanes[i];
		return true;
	}
	return false;
}

_Atomic uint64_t *
wide_lane(struct wide_lanes *lanes, uint64_t mixed)
{
	struct wide_bucket *bucket =
	    lanes->buckets + place_of((uint32_t)(mixed >> 32), lanes->count);
	_Atomic uint64_t *lane = NULL;

	for (unsigned reach = 0; reach <= lanes->reach; reach++, bucket++) {
		if (wide_look(bucket, mixed << WORD_BITS, &lane))
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
