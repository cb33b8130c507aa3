/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/policy.h"
#include "conf/load/printer.h"

static const char *const names[VARIABLE_COUNT] = {
    [VARIABLE_OK] = "ok",
    [VARIABLE_ALLOWED] = "allowed",
    [VARIABLE_VERDICT] = "verdict",
    [VARIABLE_WOULD_VERDICT] = "would_verdict",
    [VARIABLE_CLIENT_IP] = "client_ip",
    [VARIABLE_CLIENT_NET] = "client_net",
    [VARIABLE_PROVEN] = "proven",
    [VARIABLE_TRUSTED] = "trusted",
    [VARIABLE_SOURCE] = "source",
    [VARIABLE_HOPS] = "hops",
    [VARIABLE_RULE] = "rule",
    [VARIABLE_LIST] = "list",
    [VARIABLE_STATUS] = "status",
    [VARIABLE_MESSAGE] = "message",
    [VARIABLE_FLAGS] = "flags",
    [VARIABLE_GENERATION] = "generation",
    [VARIABLE_FWD_FOR] = "fwd_for",
    [VARIABLE_FWD_PROTO] = "fwd_proto",
    [VARIABLE_FWD_HOST] = "fwd_host",
    [VARIABLE_FWD_PORT] = "fwd_port",
    [VARIABLE_FWD_PATH] = "fwd_path",
    [VARIABLE_FWD_PREFIX] = "fwd_prefix",
    [VARIABLE_FWD_REAL_IP] = "fwd_real_ip",
    [VARIABLE_ERROR] = "error",
};

const char *
variable_name(enum variable variable)
{
	return names[variable];
}

/* What an answer always has, or has when there is something to say. */
static bool
comes_by_itself(enum variable variable)
{
	return variable == VARIABLE_OK || variable == VARIABLE_WOULD_VERDICT ||
	       variable == VARIABLE_ERROR ||
	       (variable >= VARIABLE_FWD_FOR &&
		   variable <= VARIABLE_FWD_REAL_IP);
}

static void
refuse_name(struct loader *loader, const struct node *value)
{
	struct likely likely;
	char hint[LIKELY_HINT_SIZE];
	char shown[SHOWN_SIZE];

	likely_begin(&likely, value->text, &loader->guesses);
	for (enum variable v = VARIABLE_OK; v < VARIABLE_COUNT; v++)
		likely_offer(&likely, names[v]);
	report_error(loader->report, value->place, "no variable is named %s%s",
	    text_shown(value->text, shown), likely_hint(&likely, hint));
}

/* VARIABLE_COUNT, reported, when there is none of that name. */
static enum variable
find(struct loader *loader, const struct schema_row *row,
    const struct node *value)
{
	if (value->kind != NODE_SCALAR || node_is_empty(value)) {
		refuse_value(loader, row, value);
		return VARIABLE_COUNT;
	}
	for (enum variable v = VARIABLE_OK; v < VARIABLE_COUNT; v++)
		if (node_is(value, names[v]))
			return v;
	refuse_name(loader, value);
	return VARIABLE_COUNT;
}

static void
add(struct loader *loader, const struct schema_row *row,
    const struct node *value, struct policy_settings *policy, unsigned *seen)
{
	enum variable variable = find(loader, row, value);

	if (variable == VARIABLE_COUNT)
		return;
	if ((*seen >> variable & 1) != 0)
		report_error(loader->report, value->place,
		    "'%s' is written twice", value->text);
	else if (comes_by_itself(variable))
		report_warning(loader->report, value->place,
		    "'%s' comes by itself", value->text);
	else
		policy->returns[policy->return_count++] = variable;
	*seen |= 1U << variable;
}

static void
return_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct policy_settings *policy = target;
	const struct node *item = value->child;
	size_t count = value->count;
	unsigned seen = 0;

	if (value->kind == NODE_SCALAR && !node_is_empty(value)) {
		item = value;
		count = 1;
	} else if (value->kind != NODE_SEQUENCE) {
		refuse_value(loader, row, value);
		return;
	}
	policy->return_count = 0;
	policy->returns = arena_alloc(
	    loader->arena, VARIABLE_COUNT, sizeof(*policy->returns));
	if (policy->returns == NULL)
		return;
	for (; count > 0; count--, item = item->next)
		add(loader, row, item, policy, &seen);
}

static void
return_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct policy_settings *policy = target;

	print_key(printer, row->name);
	fputs(" [", printer->stream);
	for (size_t i = 0; i < policy->return_count; i++)
		fprintf(printer->stream, "%s%s", i == 0 ? "" : ", ",
		    names[policy->returns[i]]);
	fputs("]\n", printer->stream);
}

const struct schema_type type_return = {
    .read = return_read, .print = return_print};
