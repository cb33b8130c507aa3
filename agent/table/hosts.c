/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/hosts.h"

enum { HOST_CLASSES_MAX = HOST_GONE };

/* Where a host is, or is to be: a lane, and what else the lane holds. */
struct slot {
	_Atomic uint32_t *narrow;
	_Atomic uint64_t *wide;
	uint64_t rest;
	uint64_t lo; /* of a double lane */
	bool double_;
};

/* As the queue of what is retired knows it. */
static void *
slot_place(const struct slot *slot)
{
	return (void *)(slot->narrow ? (uintptr_t)slot->narrow
				     : (uintptr_t)slot->wide);
}

static uint64_t
slot_load(const struct slot *slot)
{
	if (slot->narrow)
		return atomic_load_explicit(slot->narrow, memory_order_relaxed);
	return atomic_load_explicit(slot->wide, memory_order_relaxed);
}

/* The value's class must have been written before. */
static void
slot_store(const struct slot *slot, uint32_t value)
{
	uint64_t lane = slot->rest << HOST_BITS | value;

	if (slot->narrow) {
		atomic_store_explicit(
		    slot->narrow, (uint32_t)lane, memory_order_release);
		return;
	}
	if (slot->double_)
		atomic_store_explicit(
		    slot->wide + WIDE_LANES, slot->lo, memory_order_relaxed);
	atomic_store_explicit(slot->wide, lane, memory_order_release);
}

/* False when it is not there and there is no room for it. */
static bool
slot_find(
    struct hosts *hosts, enum hosts_kind kind, wide host, struct slot *slot)
{
	uint64_t hi = (uint64_t)(host >> 64), lo = (uint64_t)host;

	*slot = (struct slot){.lo = lo};
	switch (kind) {
	case HOSTS_IPV4:
		slot->rest = mix_narrow(&hosts->ipv4.mixer, (uint32_t)lo);
		slot->narrow = narrow_lane(&hosts->ipv4, (uint32_t)slot->rest);
		break;
	case HOSTS_IPV6:
		slot->rest = mix_double(&hosts->ipv6.mixer, hi, lo);
		slot->wide = double_lane(&hosts->ipv6, slot->rest, lo);
		slot->double_ = true;
		break;
	case HOSTS_HALVES:
		slot->rest = mix_wide(&hosts->halves.mixer, hi);
		slot->wide = wide_lane(&hosts->halves, slot->rest, HOST_BITS);
		break;
	}
	return slot->narrow || slot->wide;
}

static bool
there(const struct hosts *hosts, enum hosts_kind kind)
{
	switch (kind) {
	case HOSTS_IPV4:
		return hosts->ipv4.buckets != NULL;
	case HOSTS_IPV6:
		return hosts->ipv6.buckets != NULL;
	case HOSTS_HALVES:
		return hosts->halves.buckets != NULL;
	}
	return false;
}

uint64_t
hosts_mask(const struct hosts *hosts, enum hosts_kind kind, wide host)
{
	uint64_t hi = (uint64_t)(host >> 64), lo = (uint64_t)host, class_ = 0;

	if (!there(hosts, kind))
		return 0;
	switch (kind) {
	case HOSTS_IPV4:
		class_ = narrow_find(&hosts->ipv4, (uint32_t)lo, NULL);
		break;
	case HOSTS_IPV6:
		class_ = double_find(&hosts->ipv6, hi, lo, NULL);
		break;
	case HOSTS_HALVES:
		class_ = wide_find(&hosts->halves,
		    mix_wide(&hosts->halves.mixer, hi), HOST_BITS, NULL);
		break;
	}
	return hosts->classes.masks[class_];
}

/* ---- changing ---- */

static void
narrow_release(const struct retired *retired)
{
	_Atomic uint32_t *lane = retired->where;

	atomic_store_explicit(lane, 0, memory_order_relaxed);
}

static void
wide_release(const struct retired *retired)
{
	_Atomic uint64_t *lane = retired->where;

	atomic_store_explicit(lane, 0, memory_order_relaxed);
}

/* The key stays, with no members, until nobody can be reading its lane. */
static enum table_change
slot_remove(const struct slot *slot, const struct hosts_change *change)
{
	struct retired retired = {.epoch = change->epoch,
	    .release = slot->narrow ? narrow_release : wide_release,
	    .where = slot_place(slot)};

	if (!retire_reserve(change->queue, 1))
		return TABLE_REBUILD;
	if (change->trial)
		return TABLE_CHANGED;
	slot_store(slot, HOST_GONE);
	retire_push(change->queue, retired);
	return TABLE_CHANGED;
}

enum table_change
hosts_assign(struct hosts *hosts, const struct hosts_change *change)
{
	struct slot slot;
	bool starved = false;
	uint32_t value, class_;
	uint64_t before, after;

	if (!slot_find(hosts, change->kind, change->host, &slot))
		return change->on ? TABLE_REBUILD : TABLE_AS_BEFORE;
	value = (uint32_t)slot_load(&slot) & HOST_GONE;
	before = hosts->classes.masks[value];
	after = change->on ? before | change->bit : before & ~change->bit;
	if (after == before)
		return TABLE_AS_BEFORE;
	if (after == 0)
		return slot_remove(&slot, change);
	class_ = classes_find(&hosts->classes, after, &starved);
	if (class_ == CLASS_NONE)
		return TABLE_REBUILD;
	if (change->trial)
		return TABLE_CHANGED;
	if (value == HOST_GONE)
		retire_cancel(change->queue, slot_place(&slot));
	slot_store(&slot, class_);
	return TABLE_CHANGED;
}

/* ---- building ---- */

enum { AHEAD = 16 };

struct filling {
	struct hosts *hosts;
	const struct prefixes *set;
	uint64_t bit;
	uint64_t before; /* the mask of the last slot, and what became of it */
	uint32_t class_;
	enum built built;
};

static uint32_t
class_with(struct filling *filling, uint64_t before)
{
	bool starved = false;

	if (before != filling->before || filling->class_ == 0) {
		filling->before = before;
		filling->class_ = classes_find(
		    &filling->hosts->classes, before | filling->bit, &starved);
		if (filling->class_ == CLASS_NONE)
			filling->built =
			    starved ? BUILT_STARVED : BUILT_CLASSES;
	}
	return filling->class_;
}

static void
fill(struct filling *filling, enum hosts_kind kind, wide host)
{
	struct slot slot;
	uint32_t class_, value;

	if (!slot_find(filling->hosts, kind, host, &slot)) {
		filling->built = BUILT_CROWDED;
		return;
	}
	value = (uint32_t)slot_load(&slot) & HOST_GONE;
	class_ = class_with(filling, filling->hosts->classes.masks[value]);
	if (class_ != CLASS_NONE)
		slot_store(&slot, class_);
}

static void
fetch_ipv4(const struct hosts *hosts, uint32_t address)
{
	uint32_t mixed = mix_narrow(&hosts->ipv4.mixer, address);

	__builtin_prefetch(
	    &hosts->ipv4.buckets[bucket_of(mixed, hosts->ipv4.count)], 1);
}

static void
fill_ipv4(struct filling *filling)
{
	const struct prefixes *set = filling->set;
	const uint8_t *lengths = set->ipv4_lengths;

	if (!there(filling->hosts, HOSTS_IPV4))
		return;
	for (size_t i = 0; i < set->ipv4_count && filling->built == BUILT;
	     i++) {
		if (i + AHEAD < set->ipv4_count)
			fetch_ipv4(filling->hosts, set->ipv4[i + AHEAD]);
		if (!lengths || lengths[i] == 32)
			fill(filling, HOSTS_IPV4, set->ipv4[i]);
	}
}

static void
fetch_wide(const struct wide_lanes *lanes, uint64_t mixed, unsigned lines)
{
	const struct wide_bucket *bucket =
	    lanes->buckets +
	    lines * bucket_of((uint32_t)(mixed >> 32), lanes->count);

	__builtin_prefetch(bucket, 1);
	if (lines == 2)
		__builtin_prefetch(bucket + 1, 1);
}

static void
fetch_ipv6(
    const struct hosts *hosts, const struct ipv6_bits *bits, unsigned length)
{
	if (length == 128 && there(hosts, HOSTS_IPV6))
		fetch_wide(&hosts->ipv6,
		    mix_double(&hosts->ipv6.mixer, bits->hi, bits->lo), 2);
	else if (length == 64 && there(hosts, HOSTS_HALVES))
		fetch_wide(&hosts->halves,
		    mix_wide(&hosts->halves.mixer, bits->hi), 1);
}

static void
fill_ipv6(struct filling *filling)
{
	const struct prefixes *set = filling->set;
	const uint8_t *lengths = set->ipv6_lengths;

	for (size_t i = 0; i < set->ipv6_count && filling->built == BUILT;
	     i++) {
		unsigned length = lengths ? lengths[i] : 128;
		size_t ahead = i + AHEAD;
		enum hosts_kind kind =
		    length == 128 ? HOSTS_IPV6 : HOSTS_HALVES;

		if (ahead < set->ipv6_count)
			fetch_ipv6(filling->hosts, &set->ipv6[ahead],
			    lengths ? lengths[ahead] : 128);
		if ((length == 128 || length == 64) &&
		    there(filling->hosts, kind))
			fill(filling, kind,
			    wide_of(set->ipv6[i].hi, set->ipv6[i].lo));
	}
}

static bool
lanes_init(
    struct hosts *hosts, const struct hosts_counts *counts, struct mixer mixer)
{
	size_t ipv4 = counts->ipv4 + counts->ipv4 / 8 * counts->share;
	size_t ipv6 = counts->ipv6 + counts->ipv6 / 8 * counts->share;
	size_t halves = counts->halves + counts->halves / 8 * counts->share;

	return (ipv4 == 0 || narrow_init(&hosts->ipv4, ipv4, mixer)) &&
	       (ipv6 == 0 ||
		   wide_init(&hosts->ipv6, ipv6, 2, HOST_BITS, mixer)) &&
	       (halves == 0 ||
		   wide_init(&hosts->halves, halves, 1, HOST_BITS, mixer));
}

enum built
hosts_build(struct hosts *hosts, const struct sources *sources,
    uint64_t members, const struct hosts_counts *counts, struct mixer mixer)
{
	struct filling filling = {.hosts = hosts};

	/* As many from the start as there can be: masks[HOST_GONE] is 0. */
	if (!classes_init(&hosts->classes, HOST_CLASSES_MAX) ||
	    !classes_seal(&hosts->classes) || !lanes_init(hosts, counts, mixer))
		return BUILT_STARVED;
	hosts->classes.masks[HOST_GONE] = 0;
	for (unsigned i = 0; i < sources->count; i++) {
		if (!(members >> sources->items[i].member & 1))
			continue;
		filling.set = sources->items[i].set;
		filling.bit = UINT64_C(1) << sources->items[i].member;
		filling.class_ = 0;
		fill_ipv4(&filling);
		fill_ipv6(&filling);
	}
	return filling.built;
}

void
hosts_fini(struct hosts *hosts)
{
	classes_fini(&hosts->classes);
	narrow_fini(&hosts->ipv4);
	wide_fini(&hosts->ipv6);
	wide_fini(&hosts->halves);
}

size_t
hosts_size(const struct hosts *hosts)
{
	return hosts->classes.room * sizeof(uint64_t) +
	       narrow_size(&hosts->ipv4) + wide_size(&hosts->ipv6, 2) +
	       wide_size(&hosts->halves, 1);
}
