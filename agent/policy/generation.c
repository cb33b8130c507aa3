/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "agent/policy/build.h"
#include "agent/poison.h"

/*
 * A generation owns its names, policies and tables, and refers to its settings.
 * Policies are found by name through an open-addressing hash, at most half full.
 */

struct generation {
	struct settings *settings;
	unsigned number;
	struct names *names;
	struct policy *policies;
	size_t policy_count; /* compiled so far, while building */
	struct compiled_set *listen_from;
	size_t listen_count;
	const struct table *listen_table;
	struct table_plans trust_plans;
	struct table_plans rule_plans;
	uint32_t *index; /* number of a policy + 1 */
	size_t index_mask;
};

enum { POLICY_SETS_OF_SOURCE = 5, POLICY_SETS_OF_ITSELF = 2 };

static uint32_t
policy_hash(struct view name)
{
	uint32_t hash = UINT32_C(2166136261);

	for (size_t i = 0; i < name.length; i++)
		hash =
		    (hash ^ (unsigned char)name.data[i]) * UINT32_C(16777619);
	return hash;
}

static bool
index_build(struct generation *generation)
{
	size_t size = 4;

	while (size < 2 * generation->policy_count + 1)
		size *= 2;
	generation->index = calloc(size, sizeof(*generation->index));
	if (!generation->index)
		return false;
	generation->index_mask = size - 1;
	for (size_t i = 0; i < generation->policy_count; i++) {
		const char *name = generation->policies[i].settings->name;
		size_t at = policy_hash(view_of(name));

		while (generation->index[at & generation->index_mask] != 0)
			at++;
		generation->index[at & generation->index_mask] =
		    (uint32_t)i + 1;
	}
	return true;
}

const struct policy *
generation_policy(const struct generation *generation, struct view name)
{
	size_t at;

	if (name.length == 0)
		name = VIEW("default");
	for (at = policy_hash(name);; at++) {
		uint32_t number =
		    generation->index[at & generation->index_mask];
		const struct policy *policy;

		if (number == 0)
			return NULL;
		policy = &generation->policies[number - 1];
		if (view_equal(view_of(policy->settings->name), name))
			return policy;
	}
}

static bool
policies_compile(struct generation *generation)
{
	const struct settings *settings = generation->settings;

	generation->policies =
	    calloc(settings->policy_count + 1, sizeof(*generation->policies));
	if (!generation->policies)
		return false;
	for (size_t i = 0; i < settings->policy_count; i++) {
		struct policy *policy = &generation->policies[i];

		generation->policy_count++;
		policy->index = (unsigned)i;
		if (!policy_compile(
			policy, &settings->policies[i], generation->names))
			return false;
	}
	return true;
}

static bool
listens_compile(struct generation *generation, size_t *plan)
{
	const struct settings *settings = generation->settings;
	struct compiled_set **sets;
	bool added;

	generation->listen_from = calloc(
	    settings->listen_count + 1, sizeof(*generation->listen_from));
	sets = calloc(settings->listen_count + 1, sizeof(*sets));
	if (!generation->listen_from || !sets) {
		free(sets);
		return false;
	}
	for (size_t i = 0; i < settings->listen_count; i++) {
		sets[i] = &generation->listen_from[i];
		generation->listen_count++;
		if (!compiled_set_init(sets[i], &settings->listens[i].from)) {
			free(sets);
			return false;
		}
	}
	added = table_plans_add(
	    &generation->trust_plans, sets, settings->listen_count, plan);
	free(sets);
	return added;
}

/* Puts one policy's sets into tables; the numbers of these are in plans. */
static bool
policy_plan(
    struct generation *generation, struct policy *policy, size_t plans[2])
{
	size_t room = POLICY_SETS_OF_ITSELF +
		      POLICY_SETS_OF_SOURCE * policy->source_count +
		      policy->rule_count;
	struct compiled_set **sets = calloc(room, sizeof(*sets));
	size_t count;
	bool added;

	if (!sets)
		return false;
	count = policy_trust_sets(policy, sets);
	added =
	    table_plans_add(&generation->trust_plans, sets, count, &plans[0]);
	count = policy_rule_sets(policy, sets);
	added = added && table_plans_add(
			     &generation->rule_plans, sets, count, &plans[1]);
	free(sets);
	return added;
}

static void
tables_link(
    struct generation *generation, size_t (*plans)[2], size_t listen_plan)
{
	generation->listen_table =
	    generation->trust_plans.plans[listen_plan].table;
	for (size_t i = 0; i < generation->policy_count; i++) {
		struct policy *policy = &generation->policies[i];

		policy->trust_table =
		    generation->trust_plans.plans[plans[i][0]].table;
		policy->rule_table =
		    generation->rule_plans.plans[plans[i][1]].table;
	}
}

static bool
tables_build(struct generation *generation, const struct contents *contents,
    const uint64_t seed[2])
{
	size_t(*plans)[2] =
	    calloc(generation->policy_count + 1, sizeof(*plans));
	size_t listen_plan;
	bool built = plans && listens_compile(generation, &listen_plan);

	for (size_t i = 0; built && i < generation->policy_count; i++)
		built =
		    policy_plan(generation, &generation->policies[i], plans[i]);
	built = built &&
		table_plans_build(&generation->trust_plans, contents, seed) &&
		table_plans_build(&generation->rule_plans, contents, seed);
	if (built)
		tables_link(generation, plans, listen_plan);
	free(plans);
	return built;
}

struct generation *
generation_build(struct settings *settings, const struct contents *contents,
    unsigned number, const uint64_t seed[2])
{
	struct generation *generation = calloc(1, sizeof(*generation));

	if (!generation)
		return NULL;
	generation->settings = settings_ref(settings);
	generation->number = number;
	generation->names = names_new();
	table_plans_init(&generation->trust_plans, settings);
	table_plans_init(&generation->rule_plans, settings);
	if (!generation->names || !policies_compile(generation) ||
	    !tables_build(generation, contents, seed) ||
	    !index_build(generation)) {
		generation_free(generation);
		return NULL;
	}
	return generation;
}

void
generation_free(struct generation *generation)
{
	if (!generation)
		return;
	for (size_t i = 0; i < generation->policy_count; i++)
		policy_fini(&generation->policies[i]);
	for (size_t i = 0; i < generation->listen_count; i++)
		compiled_set_fini(&generation->listen_from[i]);
	table_plans_fini(&generation->trust_plans);
	table_plans_fini(&generation->rule_plans);
	free(generation->policies);
	free(generation->listen_from);
	free(generation->index);
	names_free(generation->names);
	settings_unref(generation->settings);
	poison(generation, sizeof(*generation));
	free(generation);
}

const struct settings *
generation_settings(const struct generation *generation)
{
	return generation->settings;
}

const struct names *
generation_names(const struct generation *generation)
{
	return generation->names;
}

unsigned
generation_number(const struct generation *generation)
{
	return generation->number;
}

unsigned
generation_policies(const struct generation *generation)
{
	return (unsigned)generation->policy_count;
}

bool
generation_admits(const struct generation *generation, size_t listen,
    const struct address *peer)
{
	const struct compiled_set *from;
	struct address address = address_unmap(*peer);

	if (listen >= generation->listen_count)
		return false;
	from = &generation->listen_from[listen];
	if (!from->set->given || from->any_word)
		return true;
	if (address.family == ADDRESS_NONE)
		return from->local;
	return set_holds(
	    from, table_lookup(generation->listen_table, &address));
}

bool
generation_assign(struct generation *generation, unsigned list,
    const struct prefix *prefix, const struct prefix *held, size_t count,
    uint64_t epoch)
{
	bool trust = table_plans_assign(
	    &generation->trust_plans, list, prefix, held, count, epoch);
	bool rules = table_plans_assign(
	    &generation->rule_plans, list, prefix, held, count, epoch);

	return trust && rules;
}

void
generation_reclaim(struct generation *generation, uint64_t passed)
{
	table_plans_reclaim(&generation->trust_plans, passed);
	table_plans_reclaim(&generation->rule_plans, passed);
}

size_t
generation_size(const struct generation *generation)
{
	size_t size = 0;

	for (size_t i = 0; i < generation->trust_plans.count; i++)
		size += table_size(generation->trust_plans.plans[i].table);
	for (size_t i = 0; i < generation->rule_plans.count; i++)
		size += table_size(generation->rule_plans.plans[i].table);
	return size;
}

unsigned
policy_index(const struct policy *policy)
{
	return policy->index;
}

const struct policy_settings *
policy_settings(const struct policy *policy)
{
	return policy->settings;
}
