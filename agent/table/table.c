/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/table.h"

#include <stdlib.h>
#include <string.h>

#include "agent/table/part.h"
#include "agent/table/region.h"

/*
 * A table is one part, or several where the combinations of members are more
 * than a part can number: then each knows some of the members. With 16 members
 * there can not be too many.
 */
struct table {
	struct part part;       /* the others are behind it */
	struct edit_room *room; /* from the first change on */
	struct retire_queue queue;
	bool begun; /* part is built */
};

enum { ATTEMPTS_MAX = 16 };

/* ---- building ---- */

/* The lower half of the members of a mask. */
static uint64_t
half_of(uint64_t members)
{
	uint64_t half = 0;
	int count = __builtin_popcountll(members) / 2;

	for (; count > 0; count--) {
		half |= members & -members;
		members &= members - 1;
	}
	return half;
}

/* In the table itself, which is empty at first, or in memory of its own. */
static enum built
build_part(struct table *table, const struct sources *sources, uint64_t members,
    uint64_t changes, const uint64_t seed[2], unsigned attempt)
{
	bool first = !table->begun;
	struct part *part = first ? &table->part : region_alloc(sizeof(*part));
	enum built built = BUILT_STARVED;

	if (part)
		built =
		    part_build(part, sources, members, changes, seed, attempt);
	table->begun |= built == BUILT;
	if (first)
		return built;
	if (built == BUILT) {
		part->next = table->part.next;
		table->part.next = part;
	} else
		free(part);
	return built;
}

static bool
build_parts(struct table *table, const struct sources *sources, uint64_t all,
    uint64_t changes, const uint64_t seed[2])
{
	uint64_t todo[TABLE_MEMBERS_MAX] = {all};
	unsigned left = 1, attempt = 0;

	while (left > 0) {
		uint64_t members = todo[left - 1];

		switch (build_part(
		    table, sources, members, changes, seed, attempt)) {
		case BUILT:
			left--;
			break;
		case BUILT_CLASSES:
			todo[left - 1] = half_of(members);
			todo[left++] = members & ~half_of(members);
			break;
		case BUILT_CROWDED:
			if (++attempt == ATTEMPTS_MAX)
				return false;
			break;
		case BUILT_STARVED:
			return false;
		}
	}
	return true;
}

struct table *
table_build(
    const struct table_member *members, unsigned count, const uint64_t seed[2])
{
	struct table *table = region_alloc(sizeof(*table));
	struct sources sources;
	uint64_t changes = 0, all = 0;
	bool built;

	if (!table)
		return NULL;
	memset(table, 0, sizeof(*table));
	for (unsigned m = 0; m < count; m++) {
		all |= UINT64_C(1) << m;
		changes |= (uint64_t)members[m].changes << m;
	}
	built = sources_init(&sources, members, count) &&
		build_parts(table, &sources, all, changes, seed);
	sources_fini(&sources);
	if (built)
		return table;
	table_free(table);
	return NULL;
}

void
table_free(struct table *table)
{
	if (!table)
		return;
	retire_reclaim(&table->queue, UINT64_MAX);
	retire_fini(&table->queue);
	while (table->part.next) {
		struct part *part = table->part.next;

		table->part.next = part->next;
		part_fini(part);
		free(part);
	}
	part_fini(&table->part);
	free(table->room);
	free(table);
}

size_t
table_size(const struct table *table)
{
	size_t size = sizeof(*table) - sizeof(table->part);

	if (table->room)
		size += sizeof(*table->room);
	for (const struct part *part = &table->part; part; part = part->next)
		size += part_size(part);
	return size;
}

/*
 * ---- looking up ----
 *
 * The narrowest come first, always: a prefix that comes is put in before what it
 * covers leaves the hashes, and one that goes leaves after what was inside has
 * its own place. In the other order a reader could miss both.
 *
 * What is most frequent calls nothing, so that it saves no registers: several
 * parts, and IPv4 in blocks of several lines, begin anew in functions of their
 * own. The first classes are the most frequent ones, and needed in the end.
 */

HOT uint64_t
find_ipv4(
    const struct part *part, uint32_t address, unsigned *steps, bool *large)
{
	const struct small4 *small =
	    atomic_load_explicit(&part->small4, memory_order_acquire);
	uint64_t found = 0;

	if (small) {
		if (steps)
			*steps += 3;
		return small4_find(small, address);
	}
	if (part->hosts.ipv4.values) {
		__builtin_prefetch(part->host_masks);
		found = part->host_masks[slots_find_ipv4(
		    &part->hosts.ipv4, address, steps)];
	}
	if (part->nets4.root) {
		__builtin_prefetch(part->masks);
		found |=
		    part->masks[dxr_find(&part->nets4, address, steps, large)];
	}
	return found;
}

HOT uint64_t
find_ipv6(const struct part *part, uint64_t hi, uint64_t lo, unsigned *steps)
{
	const struct small6 *small =
	    atomic_load_explicit(&part->small6, memory_order_acquire);
	const struct hosts *hosts = &part->hosts;
	uint64_t found = 0;

	if (small) {
		if (steps)
			*steps += 4;
		return small6_find(small, wide_of(hi, lo));
	}
	if (hosts->ipv6.values) {
		__builtin_prefetch(part->host_masks);
		found = part->host_masks[slots_find_ipv6(
		    &hosts->ipv6, hi, lo, steps)];
	}
	if (hosts->halves.values) {
		__builtin_prefetch(part->host_masks);
		found |= part->host_masks[slots_find_half(
		    &hosts->halves, hi, steps)];
	}
	if (part->nets6.tops.buckets) {
		__builtin_prefetch(part->masks);
		found |= part->masks[nets6_find(&part->nets6, hi, lo, steps)];
	}
	return found;
}

static __attribute__((noinline)) uint64_t
ipv4_lookup_all(const struct part *part, uint32_t address)
{
	uint64_t found = 0;

	for (; part; part = part->next)
		found |= find_ipv4(part, address, NULL, NULL);
	return found;
}

static __attribute__((noinline)) uint64_t
ipv6_lookup_all(const struct part *part, uint64_t hi, uint64_t lo)
{
	uint64_t found = 0;

	for (; part; part = part->next)
		found |= find_ipv6(part, hi, lo, NULL);
	return found;
}

static __attribute__((noinline)) uint64_t
ipv4_lookup(const struct part *part, uint32_t address)
{
	bool more = part->next != NULL;
	uint64_t found = more ? 0 : find_ipv4(part, address, NULL, &more);

	return more ? ipv4_lookup_all(part, address) : found;
}

static __attribute__((noinline)) uint64_t
ipv6_lookup(const struct part *part, uint64_t hi, uint64_t lo)
{
	if (part->next)
		return ipv6_lookup_all(part, hi, lo);
	return find_ipv6(part, hi, lo, NULL);
}

uint64_t
table_lookup(const struct table *table, const struct address *address)
{
	if (address->family == ADDRESS_IPV4)
		return ipv4_lookup(&table->part, (uint32_t)address->lo);
	if (address->family == ADDRESS_IPV6)
		return ipv6_lookup(&table->part, address->hi, address->lo);
	return 0;
}

unsigned
table_steps(const struct table *table, const struct address *address)
{
	const struct part *part = &table->part;
	unsigned steps = 0;

	for (; part; part = part->next)
		if (address->family == ADDRESS_IPV4)
			find_ipv4(part, (uint32_t)address->lo, &steps, NULL);
		else if (address->family == ADDRESS_IPV6)
			find_ipv6(part, address->hi, address->lo, &steps);
	return steps;
}

/* ---- changing ---- */

enum table_change
table_assign(struct table *table, unsigned member, const struct prefix *prefix,
    const struct prefix *held, size_t count, uint64_t epoch)
{
	struct part_change change = {.bit = UINT64_C(1) << member,
	    .prefix = prefix,
	    .held = held,
	    .count = count,
	    .epoch = epoch,
	    .queue = &table->queue};
	struct part *part = &table->part;

	if (!table->room)
		table->room = malloc(sizeof(*table->room));
	if (!table->room)
		return TABLE_REBUILD;
	change.room = table->room;
	while (!(part->members & change.bit))
		part = part->next;
	return part_assign(part, &change);
}

void
table_reclaim(struct table *table, uint64_t passed)
{
	retire_reclaim(&table->queue, passed);
}
