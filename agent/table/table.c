/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/table.h"

#include <stdlib.h>

#include "agent/table/part.h"

/*
 * A table is one part, or several where the combinations of members are more
 * than a part can number: then each knows some of the members. With 16 members
 * there can not be too many.
 */
struct table {
	struct part *parts;
	struct edit_room *room; /* from the first change on */
	struct retire_queue queue;
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

static bool
build_parts(struct table *table, const struct sources *sources, uint64_t all,
    uint64_t changes, const uint64_t seed[2])
{
	uint64_t todo[TABLE_MEMBERS_MAX] = {all};
	unsigned left = 1, attempt = 0;

	while (left > 0) {
		uint64_t members = todo[left - 1];
		struct part *part;

		switch (part_build(
		    &part, sources, members, changes, seed, attempt)) {
		case BUILT:
			part->next = table->parts;
			table->parts = part;
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
	struct table *table = calloc(1, sizeof(*table));
	struct sources sources;
	uint64_t changes = 0, all = 0;
	bool built;

	if (!table)
		return NULL;
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
	while (table->parts) {
		struct part *part = table->parts;

		table->parts = part->next;
		part_free(part);
	}
	free(table->room);
	free(table);
}

size_t
table_size(const struct table *table)
{
	size_t size = sizeof(*table);

	if (table->room)
		size += sizeof(*table->room);
	for (const struct part *part = table->parts; part; part = part->next)
		size += part_size(part);
	return size;
}

/* ---- looking up; steps are counted if given ---- */

static inline __attribute__((always_inline)) uint64_t
find_ipv4(const struct part *part, uint32_t address, unsigned *steps)
{
	const struct small4 *small =
	    atomic_load_explicit(&part->small4, memory_order_acquire);
	uint64_t found = 0;

	if (small) {
		if (steps)
			*steps += 3;
		return small4_find(small, address);
	}
	if (part->nets4.root)
		found =
		    part->classes.masks[dxr_find(&part->nets4, address, steps)];
	if (part->hosts.ipv4.buckets)
		found |=
		    part->hosts.classes
			.masks[narrow_find(&part->hosts.ipv4, address, steps)];
	return found;
}

static inline __attribute__((always_inline)) uint64_t
find_ipv6(const struct part *part, uint64_t hi, uint64_t lo, unsigned *steps)
{
	const struct small6 *small =
	    atomic_load_explicit(&part->small6, memory_order_acquire);
	const struct hosts *hosts = &part->hosts;
	uint64_t found = 0;

	if (small) {
		for (unsigned left = small->count; steps && left > 0; left /= 2)
			++*steps;
		return small6_find(small, wide_of(hi, lo));
	}
	if (part->nets6.tops.buckets)
		found = part->classes
			    .masks[nets6_find(&part->nets6, hi, lo, steps)];
	if (hosts->halves.buckets)
		found |= hosts->classes.masks[wide_find(&hosts->halves,
		    mix_wide(&hosts->halves.mixer, hi), HOST_BITS, steps)];
	if (hosts->ipv6.buckets)
		found |= hosts->classes
			     .masks[double_find(&hosts->ipv6, hi, lo, steps)];
	return found;
}

static inline __attribute__((always_inline)) uint64_t
find(const struct table *table, const struct address *address, unsigned *steps)
{
	const struct part *part = table->parts;
	uint64_t found = 0;

	if (address->family == ADDRESS_IPV4)
		do
			found |= find_ipv4(part, (uint32_t)address->lo, steps);
		while ((part = part->next));
	else if (address->family == ADDRESS_IPV6)
		do
			found |=
			    find_ipv6(part, address->hi, address->lo, steps);
		while ((part = part->next));
	return found;
}

uint64_t
table_lookup(const struct table *table, const struct address *address)
{
	return find(table, address, NULL);
}

unsigned
table_steps(const struct table *table, const struct address *address)
{
	unsigned steps = 0;

	find(table, address, &steps);
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
	struct part *part = table->parts;

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
