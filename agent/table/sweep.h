/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_SWEEP_H
#define AGENT_TABLE_SWEEP_H

#include "agent/table/table.h"
#include "agent/table/wide.h"

/*
 * What a table is built from: the sorted sets of all members. Prefixes that
 * were given one by one are sorted into sets of their own first.
 */
struct source {
	const struct prefixes *set;
	struct prefixes *own; /* what was made of single prefixes, or NULL */
	unsigned member;
};

struct sources {
	struct source items[2 * TABLE_MEMBERS_MAX];
	unsigned count;
};

/* False when memory ran out; sources_fini() in either case. */
bool sources_init(struct sources *sources, const struct table_member *members,
    unsigned count);
void sources_fini(struct sources *sources);

/*
 * A sweep over the addresses of one family, from low to high: where the
 * members that hold an address change, and to what. Linear: each set is sorted,
 * and inside a set prefixes nest, so that only the widest ones count.
 */

/* Prefixes of these lengths are left out. */
struct sweep_skip {
	bool ipv4_hosts;
	bool ipv6_hosts;
	bool ipv6_halves; /* /64 */
};

struct run {
	const struct prefixes *set;
	size_t at;
	struct span span; /* the one that begins next, or is open */
	wide next;        /* where it begins, or the first behind it */
	unsigned member;
	bool open;
};

struct sweep {
	struct run runs[2 * TABLE_MEMBERS_MAX];
	struct run *heap[2 * TABLE_MEMBERS_MAX]; /* the least next first */
	unsigned count;
	enum address_family family;
	struct sweep_skip skip;
	uint8_t depth[TABLE_MEMBERS_MAX];
	uint64_t mask; /* who holds the addresses swept last */
	bool begun;
};

/* Only the members of that mask. */
void sweep_begin(struct sweep *sweep, const struct sources *sources,
    uint64_t members, enum address_family family, struct sweep_skip skip);

/* The next step, the first one at 0; false at the end. */
bool sweep_next(struct sweep *sweep, wide *at, uint64_t *mask);

#endif
