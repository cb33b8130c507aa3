/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/policy.h"

#include <string.h>

#include "conf/load/printer.h"
#include "conf/load/set.h"

/* ---- proxy and ip: mappings of their own ---- */

/* "proxy: MODE" is short for "proxy: {mode: MODE}". */
static void
proxy_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct proxy_settings *proxy = target;
	const struct schema_row *mode = &object_proxy.rows[PROXY_ROW_MODE];
	struct given given;

	if (value->kind == NODE_SCALAR && !node_is_empty(value))
		mode->type->read(loader, mode, value, &proxy->mode);
	else if (value->kind == NODE_MAPPING)
		object_read(loader, &object_proxy, value, proxy, &given);
	else
		refuse_value(loader, row, value);
}

static void
part_print(struct printer *printer, const struct schema_row *row,
    const struct schema_object *object, const void *target)
{
	print_key(printer, row->name);
	fputc('\n', printer->stream);
	printer->depth++;
	print_object(printer, object, target);
	printer->depth--;
}

static void
proxy_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	part_print(printer, row, &object_proxy, target);
}

const struct schema_type type_proxy = {
    .read = proxy_read, .print = proxy_print};

static void
ip_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct given given;

	if (value->kind == NODE_MAPPING)
		object_read(loader, &object_ip, value, target, &given);
	else
		refuse_value(loader, row, value);
}

static void
ip_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	part_print(printer, row, &object_ip, target);
}

const struct schema_type type_ip = {.read = ip_read, .print = ip_print};

/* ---- one policy ---- */

static const enum variable usual_returns[] = {VARIABLE_ALLOWED,
    VARIABLE_VERDICT, VARIABLE_CLIENT_IP, VARIABLE_CLIENT_NET, VARIABLE_PROVEN};

static void
policy_defaults(struct loader *loader, struct policy_settings *policy)
{
	object_defaults(loader, &object_policy, policy);
	object_defaults(loader, &object_proxy, &policy->proxy);
	object_defaults(loader, &object_ip, &policy->ip);
	for (enum forward_field f = FORWARD_FOR; f < FORWARD_COUNT; f++)
		forward_defaults(f, &policy->forward[f]);
	policy->returns = arena_alloc(
	    loader->arena, VARIABLE_COUNT, sizeof(*policy->returns));
	if (policy->returns == NULL)
		return;
	memcpy(policy->returns, usual_returns, sizeof(usual_returns));
	policy->return_count = sizeof(usual_returns) / sizeof(*usual_returns);
}

static void
count_source(struct loader *loader, struct set_count *count,
    const struct source_settings *source)
{
	set_count_add(loader, count, &source->from);
	set_count_add(loader, count, &source->trust);
	set_count_add(loader, count, &source->external);
	set_count_add(loader, count, &source->verify);
	set_count_add(loader, count, &source->skip);
}

/* What is trusted is one table, the lists of the rules are another. */
static void
count_sets(struct loader *loader, const struct policy_settings *policy)
{
	struct set_count count;

	set_count_begin(loader, &count);
	set_count_add(loader, &count, &policy->trust);
	set_count_add(loader, &count, &policy->proxy.trust);
	for (size_t i = 0; i < policy->source_count; i++)
		count_source(loader, &count, &policy->sources[i]);
	for (size_t i = 0; i < policy->conflict_count; i++) {
		count_source(loader, &count, &policy->conflicts[i].a);
		count_source(loader, &count, &policy->conflicts[i].b);
	}
	set_count_begin(loader, &count);
	for (size_t i = 0; i < policy->rule_count; i++)
		set_count_add(loader, &count, &policy->rules[i].lists);
}

static bool
reads_headers(const struct policy_settings *policy)
{
	for (size_t i = 0; i < policy->source_count; i++)
		if (policy->sources[i].kind == SOURCE_HEADER)
			return true;
	return false;
}

static void
warn(struct loader *loader, const struct given *given,
    const struct policy_settings *policy)
{
	const struct node *scope = given->keys[POLICY_SCOPE];
	const struct node *sources = given->keys[POLICY_SOURCES];

	if (policy->scope == SCOPE_SESS && reads_headers(policy))
		report_warning(loader->report,
		    scope != NULL ? scope->value->place : policy->place,
		    "one connection carries requests of several clients: scope "
		    "sess does not fit sources that are headers");
	if (policy->source_count > 0 && set_is_empty(&policy->trust))
		report_warning(loader->report,
		    sources != NULL ? sources->place : policy->place,
		    "nothing is trusted, so no source is ever read");
}

static void
policy_read(struct loader *loader, const struct node *key,
    struct policy_settings *policy)
{
	const struct node *value = key->value;
	const struct node *like = NULL;
	struct given given;

	name_check(loader, key, "policy");
	policy->name = arena_text(loader->arena, key->text, key->length);
	policy->place = key->place;
	policy_defaults(loader, policy);
	if (value->kind == NODE_MAPPING)
		like = node_key(value, "like");
	if (like != NULL)
		like_apply(loader, like->value, policy);
	if (!object_read(loader, &object_policy, value, policy, &given))
		return;
	count_sets(loader, policy);
	warn(loader, &given, policy);
}

/* ---- all policies ---- */

static size_t
count_policies(struct loader *loader)
{
	size_t count = 0;

	for (size_t i = 0; i < loader->document_count; i++) {
		const struct node *value =
		    document_value(&loader->documents[i], TOP_POLICIES);

		if (value != NULL && value->kind == NODE_MAPPING)
			count += value->count;
	}
	return count;
}

static void
read_all(
    struct loader *loader, const struct node *value, struct definitions *names)
{
	struct settings *settings = loader->settings;

	if (value->kind != NODE_MAPPING) {
		refuse_value(loader, &object_top.rows[TOP_POLICIES], value);
		return;
	}
	for (const struct node *key = value->child; key != NULL;
	     key = key->next) {
		size_t index = settings->policy_count;

		if (key->kind != NODE_SCALAR || key->duplicate)
			continue;
		policy_read(loader, key, &settings->policies[index]);
		names->entries[names->count++] =
		    (struct definition){key->text, key->place, (unsigned)index};
		settings->policy_count++;
	}
}

void
policies_read(struct loader *loader)
{
	struct settings *settings = loader->settings;
	size_t count = count_policies(loader);
	struct definitions names = {.count = 0};

	if (count > POLICIES_MAX) {
		report_error(loader->report, (struct place){NULL, 0, 0},
		    "more than %d policies", POLICIES_MAX);
		return;
	}
	settings->policies =
	    arena_alloc(loader->arena, count, sizeof(*settings->policies));
	names.entries =
	    arena_alloc(&loader->trees, count, sizeof(*names.entries));
	if (settings->policies == NULL || names.entries == NULL)
		return;
	for (size_t i = 0; i < loader->document_count; i++) {
		const struct node *value =
		    document_value(&loader->documents[i], TOP_POLICIES);

		if (value != NULL)
			read_all(loader, value, &names);
	}
	definitions_settle(&names, "the policy", loader->report);
}
