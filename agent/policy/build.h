/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_POLICY_BUILD_H
#define AGENT_POLICY_BUILD_H

/*
 * Tables in the making. Each table takes up to 64 members; a member is a list,
 * a named range, or the prefixes that one set writes out. The sets that are
 * asked together go into one table together, and share its members with others.
 */

#include "agent/policy/compiled.h"

enum member_kind { MEMBER_LIST, MEMBER_RANGE, MEMBER_INLINE };

struct member {
	enum member_kind kind;
	unsigned index;         /* list or named range */
	struct prefix *inline_; /* MEMBER_INLINE: owned */
	size_t count;
};

struct table_plan {
	struct member members[TABLE_MEMBERS_MAX];
	unsigned count;
	struct table *table; /* once built */
};

/* Where a list is a member. */
struct list_use {
	size_t plan;
	unsigned member;
};

struct table_plans {
	const struct settings *settings;
	struct table_plan *plans;
	size_t count;
	/* Sorted by list; those of a list begin at use_first[list]. */
	struct list_use *uses;
	size_t *use_first;
};

void table_plans_init(
    struct table_plans *plans, const struct settings *settings);

/* Frees the plans and their tables. */
void table_plans_fini(struct table_plans *plans);

/*
 * Finds a plan with room for all the sets together and gives each set its
 * members there; the plan's number is *plan. False when memory ran out or the
 * sets need more than one table can hold.
 */
bool table_plans_add(struct table_plans *plans, struct compiled_set **sets,
    size_t count, size_t *plan);

/* Builds all tables; false when memory ran out. */
bool table_plans_build(struct table_plans *plans,
    const struct contents *contents, const uint64_t seed[2]);

/* As generation_assign() and generation_reclaim(). */
bool table_plans_assign(struct table_plans *plans, unsigned list,
    const struct prefix *prefix, const struct prefix *held, size_t count,
    uint64_t epoch);
void table_plans_reclaim(struct table_plans *plans, uint64_t passed);

/* Finds where the lists are members; false when memory ran out. */
bool table_plans_index(struct table_plans *plans);

/* Fills in what needs no table: any, unix. The mask comes with the plan. */
bool compiled_set_init(struct compiled_set *compiled, const struct set *set);
void compiled_set_fini(struct compiled_set *compiled);

/* A policy, all but its tables; false when memory ran out. */
bool policy_compile(struct policy *policy,
    const struct policy_settings *settings, struct names *names);
void policy_fini(struct policy *policy);

/* Gathers the policy's sets: those for trust, and those of its rules. */
size_t policy_trust_sets(struct policy *policy, struct compiled_set **sets);
size_t policy_rule_sets(struct policy *policy, struct compiled_set **sets);

#endif
