/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/table.h"

#include <stdlib.h>

/*
 * Per family, the address space cut into intervals: starts[i] is where
 * interval i begins, members[i] who holds all of it. starts[0] is the lowest
 * address, starts grow, neighbours differ in members. A lookup is a search for
 * the last start at or below the address.
 */

struct point {
	uint64_t hi;
	uint64_t lo;
};

struct intervals {
	struct point *starts;
	uint64_t *members;
	size_t count; /* at least 1 */
};

struct table {
	struct intervals ipv4;
	struct intervals ipv6;
};

/* Where a prefix of a member begins, or the first address behind it. */
struct edge {
	struct point at;
	uint8_t member;
	bool begins;
};

static int
point_compare(const struct point *a, const struct point *b)
{
	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	if (a->lo != b->lo)
		return a->lo < b->lo ? -1 : 1;
	return 0;
}

static int
edge_compare(const void *a, const void *b)
{
	return point_compare(
	    &((const struct edge *)a)->at, &((const struct edge *)b)->at);
}

/* The address behind point; false when point is the last of its family. */
static bool
point_next(struct point *point, enum address_family family)
{
	if (family == ADDRESS_IPV4)
		return point->lo++ != UINT32_MAX;
	if (++point->lo == 0)
		return ++point->hi != 0;
	return true;
}

static size_t
edges_of_prefix(
    const struct prefix *prefix, unsigned member, struct edge *edges)
{
	struct range range = prefix_range(prefix);
	struct point behind = {range.last.hi, range.last.lo};

	edges[0] = (struct edge){
	    {range.first.hi, range.first.lo}, (uint8_t)member, true};
	if (!point_next(&behind, prefix->address.family))
		return 1;
	edges[1] = (struct edge){behind, (uint8_t)member, false};
	return 2;
}

/* All edges of one family, sorted; NULL when memory ran out. */
static struct edge *
edges_gather(const struct table_member *members, unsigned count,
    enum address_family family, size_t *edge_count)
{
	size_t total = 0, n = 0;
	struct edge *edges;

	for (unsigned m = 0; m < count; m++)
		total += members[m].count;
	edges = malloc((2 * total + 1) * sizeof(*edges));
	if (!edges)
		return NULL;
	for (unsigned m = 0; m < count; m++)
		for (size_t i = 0; i < members[m].count; i++)
			if (members[m].prefixes[i].address.family == family)
				n += edges_of_prefix(
				    &members[m].prefixes[i], m, edges + n);
	qsort(edges, n, sizeof(*edges), edge_compare);
	*edge_count = n;
	return edges;
}

static void
interval_add(
    struct intervals *intervals, const struct point *start, uint64_t members)
{
	size_t last = intervals->count - 1;

	if (point_compare(&intervals->starts[last], start) == 0) {
		intervals->members[last] = members;
		if (last > 0 && intervals->members[last - 1] == members)
			intervals->count--;
	} else if (intervals->members[last] != members) {
		intervals->starts[last + 1] = *start;
		intervals->members[last + 1] = members;
		intervals->count++;
	}
}

/* Walks the edges from low to high, counting how often each member covers. */
static void
edges_sweep(const struct edge *edges, size_t count, struct intervals *intervals)
{
	size_t depth[TABLE_MEMBERS_MAX] = {0};
	uint64_t members = 0;

	intervals->count = 1;
	intervals->starts[0] = (struct point){0, 0};
	intervals->members[0] = 0;
	for (size_t i = 0; i < count; i++) {
		const struct edge *edge = &edges[i];
		uint64_t bit = UINT64_C(1) << edge->member;

		if (edge->begins && depth[edge->member]++ == 0)
			members |= bit;
		else if (!edge->begins && --depth[edge->member] == 0)
			members &= ~bit;
		if (i + 1 == count ||
		    point_compare(&edge->at, &edges[i + 1].at) != 0)
			interval_add(intervals, &edge->at, members);
	}
}

/* Gives back what merging saved; a table that cannot shrink stays as it is. */
static void
intervals_trim(struct intervals *intervals)
{
	void *starts = realloc(
	    intervals->starts, intervals->count * sizeof(*intervals->starts));
	void *members = realloc(
	    intervals->members, intervals->count * sizeof(*intervals->members));

	if (starts)
		intervals->starts = starts;
	if (members)
		intervals->members = members;
}

static bool
intervals_build(struct intervals *intervals, const struct table_member *members,
    unsigned count, enum address_family family)
{
	size_t edge_count = 0;
	struct edge *edges = edges_gather(members, count, family, &edge_count);

	if (!edges)
		return false;
	intervals->starts =
	    malloc((edge_count + 1) * sizeof(*intervals->starts));
	intervals->members =
	    malloc((edge_count + 1) * sizeof(*intervals->members));
	if (!intervals->starts || !intervals->members) {
		free(edges);
		return false;
	}
	edges_sweep(edges, edge_count, intervals);
	intervals_trim(intervals);
	free(edges);
	return true;
}

struct table *
table_build(const struct table_member *members, unsigned count)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	if (!intervals_build(&table->ipv4, members, count, ADDRESS_IPV4) ||
	    !intervals_build(&table->ipv6, members, count, ADDRESS_IPV6)) {
		table_free(table);
		return NULL;
	}
	return table;
}

static void
intervals_free(struct intervals *intervals)
{
	free(intervals->starts);
	free(intervals->members);
}

void
table_free(struct table *table)
{
	if (!table)
		return;
	intervals_free(&table->ipv4);
	intervals_free(&table->ipv6);
	free(table);
}

static inline bool
at_or_below(const struct point *start, uint64_t hi, uint64_t lo)
{
	return start->hi < hi || (start->hi == hi && start->lo <= lo);
}

uint64_t
table_lookup(const struct table *table, const struct address *address)
{
	const struct intervals *intervals = &table->ipv6;
	const struct point *base;
	size_t left;

	if (address->family == ADDRESS_IPV4)
		intervals = &table->ipv4;
	else if (address->family == ADDRESS_NONE)
		return 0;
	base = intervals->starts;
	for (left = intervals->count; left > 1;) {
		size_t half = left / 2;

		if (at_or_below(base + half, address->hi, address->lo))
			base += half;
		left -= half;
	}
	return intervals->members[base - intervals->starts];
}

size_t
table_size(const struct table *table)
{
	return sizeof(*table) + (table->ipv4.count + table->ipv6.count) *
				    (sizeof(struct point) + sizeof(uint64_t));
}
