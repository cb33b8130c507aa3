/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/build.h"

#include <stdlib.h>

/* From a policy's settings to what evaluation reads. */

static bool
source_input(struct compiled_source *source,
    const struct source_settings *settings, struct names *names)
{
	switch (settings->kind) {
	case SOURCE_HEADER:
		source->name = view_of(settings->name);
		source->input = names_add_field(names, source->name);
		return source->input >= 0;
	case SOURCE_ARGUMENT:
		source->name = view_of(settings->name);
		source->input = names_add_argument(names, source->name);
		return source->input >= 0;
	case SOURCE_PROXY:
		source->name = VIEW("proxy");
		source->input = -1;
		return true;
	}
	return false;
}

static enum line_format
line_format_of(enum source_format format)
{
	switch (format) {
	case FORMAT_LIST:
		return LINE_LIST;
	case FORMAT_FORWARDED:
		return LINE_FORWARDED;
	case FORMAT_ADDR_PORT:
		return LINE_ADDR_PORT;
	case FORMAT_SINGLE:
	case FORMAT_PROXY:
		break;
	}
	return LINE_SINGLE;
}

static bool
source_compile(struct compiled_source *source,
    const struct source_settings *settings, const struct compiled_set *trust,
    struct names *names)
{
	source->settings = settings;
	source->format = line_format_of(settings->format);
	source->trust = settings->trust.given ? &source->own_trust : trust;
	return source_input(source, settings, names) &&
	       compiled_set_init(&source->from, &settings->from) &&
	       compiled_set_init(&source->own_trust, &settings->trust) &&
	       compiled_set_init(&source->external, &settings->external) &&
	       compiled_set_init(&source->verify, &settings->verify) &&
	       compiled_set_init(&source->skip, &settings->skip);
}

static void
source_fini(struct compiled_source *source)
{
	compiled_set_fini(&source->from);
	compiled_set_fini(&source->own_trust);
	compiled_set_fini(&source->external);
	compiled_set_fini(&source->verify);
	compiled_set_fini(&source->skip);
}

static bool
sources_compile(struct policy *policy, struct names *names)
{
	const struct policy_settings *settings = policy->settings;

	policy->sources =
	    calloc(settings->source_count + 1, sizeof(*policy->sources));
	if (!policy->sources)
		return false;
	for (size_t i = 0; i < settings->source_count; i++) {
		policy->source_count++;
		if (!source_compile(&policy->sources[i], &settings->sources[i],
			&policy->trust, names))
			return false;
		if (!settings->sources[i].from.given)
			continue;
		policy->forwarded_for =
		    names_add_field(names, VIEW("x-forwarded-for"));
		if (policy->forwarded_for < 0)
			return false;
	}
	return true;
}

static bool
conflicts_compile(struct policy *policy, struct names *names)
{
	const struct policy_settings *settings = policy->settings;

	policy->conflicts =
	    calloc(settings->conflict_count + 1, sizeof(*policy->conflicts));
	if (!policy->conflicts)
		return false;
	for (size_t i = 0; i < settings->conflict_count; i++) {
		struct compiled_conflict *conflict = &policy->conflicts[i];

		policy->conflict_count++;
		conflict->rule = settings->conflicts[i].rule;
		if (!source_compile(&conflict->a, &settings->conflicts[i].a,
			&policy->trust, names) ||
		    !source_compile(&conflict->b, &settings->conflicts[i].b,
			&policy->trust, names))
			return false;
	}
	return true;
}

static bool
rules_compile(struct policy *policy)
{
	const struct policy_settings *settings = policy->settings;

	policy->rules =
	    calloc(settings->rule_count + 1, sizeof(*policy->rules));
	if (!policy->rules)
		return false;
	for (size_t i = 0; i < settings->rule_count; i++) {
		struct compiled_rule *rule = &policy->rules[i];

		policy->rule_count++;
		rule->settings = &settings->rules[i];
		rule->verdict = view_of(rule->settings->verdict);
		rule->name = view_of(rule->settings->name);
		if (!compiled_set_init(&rule->lists, &rule->settings->lists))
			return false;
	}
	return true;
}

static bool
forward_compile(struct policy *policy, struct names *names)
{
	for (unsigned i = 0; i < FORWARD_COUNT; i++) {
		enum forward_field field = (enum forward_field)i;

		policy->forward_fields[i] = -1;
		if (!policy->settings->forward[i].given)
			continue;
		policy->forward_fields[i] =
		    names_add_field(names, view_of(forward_field_name(field)));
		if (policy->forward_fields[i] < 0)
			return false;
	}
	return true;
}

bool
policy_compile(struct policy *policy, const struct policy_settings *settings,
    struct names *names)
{
	policy->settings = settings;
	policy->forwarded_for = -1;
	policy->default_ = view_of(settings->default_);
	policy->unknown = view_of(settings->unknown);
	if (!compiled_set_init(&policy->trust, &settings->trust) ||
	    !compiled_set_init(
		&policy->own_proxy_trust, &settings->proxy.trust))
		return false;
	policy->trust_any = policy->trust.any;
	policy->proxy_trust = settings->proxy.trust.given
				  ? &policy->own_proxy_trust
				  : &policy->trust;
	return sources_compile(policy, names) &&
	       conflicts_compile(policy, names) && rules_compile(policy) &&
	       forward_compile(policy, names);
}

void
policy_fini(struct policy *policy)
{
	for (size_t i = 0; i < policy->source_count; i++)
		source_fini(&policy->sources[i]);
	for (size_t i = 0; i < policy->conflict_count; i++) {
		source_fini(&policy->conflicts[i].a);
		source_fini(&policy->conflicts[i].b);
	}
	for (size_t i = 0; i < policy->rule_count; i++)
		compiled_set_fini(&policy->rules[i].lists);
	compiled_set_fini(&policy->trust);
	compiled_set_fini(&policy->own_proxy_trust);
	free(policy->sources);
	free(policy->conflicts);
	free(policy->rules);
}

size_t
policy_trust_sets(struct policy *policy, struct compiled_set **sets)
{
	size_t count = 0;

	sets[count++] = &policy->trust;
	sets[count++] = &policy->own_proxy_trust;
	for (size_t i = 0; i < policy->source_count; i++) {
		struct compiled_source *source = &policy->sources[i];

		sets[count++] = &source->from;
		sets[count++] = &source->own_trust;
		sets[count++] = &source->external;
		sets[count++] = &source->verify;
		sets[count++] = &source->skip;
	}
	return count;
}

size_t
policy_rule_sets(struct policy *policy, struct compiled_set **sets)
{
	for (size_t i = 0; i < policy->rule_count; i++)
		sets[i] = &policy->rules[i].lists;
	return policy->rule_count;
}
