/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_TABLE_H
#define AGENT_TABLE_TABLE_H

/*
 * A table of prefixes: one lookup says which of up to 64 members hold an
 * address. A member is a list, a named range or the prefixes that one rule
 * writes out. Every answer is the union over all covering prefixes, not the
 * most specific one: what an overlap means is the policy's business.
 *
 * Any number of threads look up; one changes. A change touches one slot and
 * becomes visible by one store, so that a reader sees all of it or nothing;
 * what it replaced is freed when every reader has passed.
 */

#include "conf/lists/prefixes.h"

enum { TABLE_MEMBERS_MAX = 64 };

/* Both kinds may be given, in any order, and may overlap. */
struct table_member {
	const struct prefixes *packed; /* or NULL */
	const struct prefix *prefixes;
	size_t count; /* of prefixes */
	bool changes; /* table_assign() will be called for it: leave room */
};

struct table;

/*
 * Builds from count members, 0 to 64; member i is bit i of what a lookup
 * gives. Nothing of the members is needed afterwards. The seed keys the
 * hashes: unknown to those who choose addresses. NULL when memory ran out.
 */
struct table *table_build(
    const struct table_member *members, unsigned count, const uint64_t seed[2]);
void table_free(struct table *table);

/* The members that hold the address; 0 for ADDRESS_NONE. Takes no lock. */
uint64_t table_lookup(const struct table *table, const struct address *address);

/* What a lookup of that address costs, in cache lines or searches' steps. */
unsigned table_steps(const struct table *table, const struct address *address);

/* Bytes the table takes, for display. */
size_t table_size(const struct table *table);

/* ---- changes: one thread ---- */

enum table_change {
	TABLE_CHANGED,
	TABLE_AS_BEFORE, /* nothing was to be done */
	TABLE_REBUILD,   /* not by one slot; the table is as it was */
};

/*
 * From now on, inside the prefix, the member holds exactly what held holds: the
 * prefix itself, some prefixes inside it, or nothing. What the other members
 * hold stays. In place: /32 to /20 and /128 to /48, room permitting; wider
 * ones, and what finds no room or memory, want a new table.
 *
 * What is replaced may be read until every reader has seen the epoch.
 */
enum table_change table_assign(struct table *table, unsigned member,
    const struct prefix *prefix, const struct prefix *held, size_t count,
    uint64_t epoch);

/* Every reader has seen the epoch passed: what was retired up to it is free. */
void table_reclaim(struct table *table, uint64_t passed);

#endif
