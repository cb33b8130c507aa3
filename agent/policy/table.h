/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_POLICY_TABLE_H
#define AGENT_POLICY_TABLE_H

/*
 * An immutable table of prefixes: one lookup says which of up to 64 members
 * hold an address. A member is a list, a named range or the prefixes that one
 * rule writes out. Every answer is the union over all covering prefixes, not
 * the most specific one: what an overlap means is the policy's business.
 */

#include "proto/text/prefix.h"

enum { TABLE_MEMBERS_MAX = 64 };

struct table_member {
	const struct prefix *prefixes; /* any order, may overlap */
	size_t count;
};

struct table;

/*
 * Builds from count members, 0 to 64; member i is bit i of what a lookup
 * gives. The prefixes are not needed afterwards. NULL when memory ran out.
 */
struct table *table_build(const struct table_member *members, unsigned count);
void table_free(struct table *table);

/* The members that hold the address; 0 for ADDRESS_NONE. Takes no lock. */
uint64_t table_lookup(const struct table *table, const struct address *address);

/* Bytes the table takes, for display. */
size_t table_size(const struct table *table);

#endif
