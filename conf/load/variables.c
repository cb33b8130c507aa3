/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/policy.h"
#include "conf/load/printer.h"

#define NAME(literal)                          \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

static const struct view names[VARIABLE_COUNT] = {
    [VARIABLE_OK] = NAME("ok"),
    [VARIABLE_ALLOWED] = NAME("allowed"),
    [VARIABLE_VERDICT] = NAME("verdict"),
    [VARIABLE_WOULD_VERDICT] = NAME("would_verdict"),
    [VARIABLE_CLIENT_IP] = NAME("client_ip"),
    [VARIABLE_CLIENT_NET] = NAME("client_net"),
    [VARIABLE_PROVEN] = NAME("proven"),
    [VARIABLE_TRUSTED] = NAME("trusted"),
    [VARIABLE_SOURCE] = NAME("source"),
    [VARIABLE_HOPS] = NAME("hops"),
    [VARIABLE_RULE] = NAME("rule"),
    [VARIABLE_LIST] = NAME("list"),
    [VARIABLE_STATUS] = NAME("status"),
    [VARIABLE_MESSAGE] = NAME("message"),
    [VARIABLE_FLAGS] = NAME("flags"),
    [VARIABLE_GENERATION] = NAME("generation"),
    [VARIABLE_FWD_FOR] = NAME("fwd_for"),
    [VARIABLE_FWD_PROTO] = NAME("fwd_proto"),
    [VARIABLE_FWD_HOST] = NAME("fwd_host"),
    [VARIABLE_FWD_PORT] = NAME("fwd_port"),
    [VARIABLE_FWD_PATH] = NAME("fwd_path"),
    [VARIABLE_FWD_PREFIX] = NAME("fwd_prefix"),
    [VARIABLE_FWD_REAL_IP] = NAME("fwd_real_ip"),
    [VARIABLE_ERROR] = NAME("error"),
};

#undef NAME

const char *
variable_name(enum variable variable)
{
	return names[variable].data;
}

struct view
variable_view(enum variable variable)
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
		likely_offer(&likely, names[v].data);
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
		if (node_is(value, names[v].data))
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
		    names[policy->returns[i]].data);
	fputs("]\n", printer->stream);
}

const struct schema_type type_return = {
    .read = return_read, .print = return_print};
