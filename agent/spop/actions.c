/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/ensure.h"
#include "agent/spop/actions.h"

_Static_assert(VARIABLE_COUNT <= 32, "a bit each");

/* ---- variables and their values ---- */

enum value_kind {
	VALUE_BOOLEAN,
	VALUE_TEXT,    /* struct view; none when data is NULL */
	VALUE_ADDRESS, /* none when it is no address */
	VALUE_COUNT,   /* unsigned */
	VALUE_STATUS,  /* int; none when 0 */
	VALUE_FLAGS,   /* none when there are none */
	VALUE_GENERATION,
};

struct value_place {
	enum value_kind kind;
	size_t offset; /* in struct answer */
};

#define AT(kind, member)                              \
	{                                             \
		kind, offsetof(struct answer, member) \
	}

static const struct value_place places[VARIABLE_COUNT] = {
    [VARIABLE_OK] = AT(VALUE_BOOLEAN, ok),
    [VARIABLE_ALLOWED] = AT(VALUE_BOOLEAN, allowed),
    [VARIABLE_VERDICT] = AT(VALUE_TEXT, verdict),
    [VARIABLE_WOULD_VERDICT] = AT(VALUE_TEXT, would_verdict),
    [VARIABLE_CLIENT_IP] = AT(VALUE_ADDRESS, client_ip),
    [VARIABLE_CLIENT_NET] = AT(VALUE_ADDRESS, client_net),
    [VARIABLE_PROVEN] = AT(VALUE_BOOLEAN, proven),
    [VARIABLE_TRUSTED] = AT(VALUE_BOOLEAN, trusted),
    [VARIABLE_SOURCE] = AT(VALUE_TEXT, source),
    [VARIABLE_HOPS] = AT(VALUE_COUNT, hops),
    [VARIABLE_RULE] = AT(VALUE_TEXT, rule),
    [VARIABLE_LIST] = AT(VALUE_TEXT, list),
    [VARIABLE_STATUS] = AT(VALUE_STATUS, status),
    [VARIABLE_MESSAGE] = AT(VALUE_TEXT, message),
    [VARIABLE_FLAGS] = AT(VALUE_FLAGS, flags),
    [VARIABLE_GENERATION] = {VALUE_GENERATION, 0},
    [VARIABLE_FWD_FOR] = AT(VALUE_TEXT, forward[FORWARD_FOR]),
    [VARIABLE_FWD_PROTO] = AT(VALUE_TEXT, forward[FORWARD_PROTO]),
    [VARIABLE_FWD_HOST] = AT(VALUE_TEXT, forward[FORWARD_HOST]),
    [VARIABLE_FWD_PORT] = AT(VALUE_TEXT, forward[FORWARD_PORT]),
    [VARIABLE_FWD_PATH] = AT(VALUE_TEXT, forward[FORWARD_PATH]),
    [VARIABLE_FWD_PREFIX] = AT(VALUE_TEXT, forward[FORWARD_PREFIX]),
    [VARIABLE_FWD_REAL_IP] = AT(VALUE_TEXT, forward[FORWARD_REAL_IP]),
    [VARIABLE_ERROR] = AT(VALUE_TEXT, error),
};

#undef AT

static const void *
value_at(const struct answer *answer, unsigned variable)
{
	return (const char *)answer + places[variable].offset;
}

static inline uint32_t
bit_if(enum variable variable, bool there)
{
	return (uint32_t)there << variable;
}

enum {
	ALWAYS = 1u << VARIABLE_OK | 1u << VARIABLE_ALLOWED |
		 1u << VARIABLE_GENERATION,
	WHEN_OK = 1u << VARIABLE_PROVEN | 1u << VARIABLE_TRUSTED |
		  1u << VARIABLE_HOPS,
};

static uint32_t
forwarded(const struct answer *answer)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < FORWARD_COUNT; i++)
		bits |= bit_if(
		    VARIABLE_FWD_FOR + i, answer->forward[i].data != NULL);
	return bits;
}

/* The variables that have a value, a bit each. */
static uint32_t
values_of(const struct answer *answer)
{
	if (!answer->ok)
		return ALWAYS |
		       bit_if(VARIABLE_ERROR, answer->error.data != NULL);
	return ALWAYS | WHEN_OK | forwarded(answer) |
	       bit_if(VARIABLE_VERDICT, answer->verdict.data != NULL) |
	       bit_if(
		   VARIABLE_WOULD_VERDICT, answer->would_verdict.data != NULL) |
	       bit_if(VARIABLE_CLIENT_IP,
		   answer->client_ip.family != ADDRESS_NONE) |
	       bit_if(VARIABLE_CLIENT_NET,
		   answer->client_net.family != ADDRESS_NONE) |
	       bit_if(VARIABLE_SOURCE, answer->source.data != NULL) |
	       bit_if(VARIABLE_RULE, answer->rule.data != NULL) |
	       bit_if(VARIABLE_LIST, answer->list.data != NULL) |
	       bit_if(VARIABLE_STATUS, answer->status != 0) |
	       bit_if(VARIABLE_MESSAGE, answer->message.data != NULL) |
	       bit_if(VARIABLE_FLAGS, answer->flags != 0) |
	       bit_if(VARIABLE_ERROR, answer->error.data != NULL);
}

static void
write_flags(struct spop_writer *writer, uint32_t flags)
{
	char text[FLAGS_TEXT_SIZE];
	size_t length = flags_format(flags, text);

	spop_write_text(writer, (struct view){text, length});
}

static void
write_value(struct spop_writer *writer, const struct answer *answer,
    unsigned variable, unsigned generation)
{
	const void *at = value_at(answer, variable);

	switch (places[variable].kind) {
	case VALUE_BOOLEAN:
		spop_write_boolean(writer, *(const bool *)at);
		break;
	case VALUE_TEXT:
		spop_write_text(writer, *(const struct view *)at);
		break;
	case VALUE_ADDRESS:
		spop_write_address(writer, at);
		break;
	case VALUE_COUNT:
		spop_write_int64(writer, *(const unsigned *)at);
		break;
	case VALUE_STATUS:
		spop_write_int64(writer, *(const int *)at);
		break;
	case VALUE_FLAGS:
		write_flags(writer, *(const uint32_t *)at);
		break;
	case VALUE_GENERATION:
		spop_write_int64(writer, generation);
		break;
	}
}

/* ---- the plan ---- */

static inline void
plan_one(struct actions *actions, unsigned variable, enum variable_scope scope,
    bool set)
{
	uint32_t bit = UINT32_C(1) << variable;

	if (actions->touched.in[scope] & bit)
		return;
	actions->touched.in[scope] |= bit;
	ensure(actions->count < ACTIONS_MAX);
	actions->list[actions->count++] = (struct action){
	    .variable = (uint8_t)variable, .scope = (uint8_t)scope, .set = set};
}

static inline void
plan_value(struct actions *actions, uint32_t values, unsigned variable,
    enum variable_scope scope)
{
	if (values >> variable & 1)
		plan_one(actions, variable, scope, true);
	else if (scope == SCOPE_SESS)
		plan_one(actions, variable, scope, false);
}

static void
plan_forward(struct actions *actions, uint32_t values,
    const struct policy_settings *settings)
{
	for (unsigned i = 0; i < FORWARD_COUNT; i++)
		if (settings->forward[i].given)
			plan_value(actions, values, VARIABLE_FWD_FOR + i,
			    settings->scope);
}

void
actions_plan(struct actions *actions, const struct policy *policy,
    const struct answer *answer)
{
	const struct policy_settings *settings =
	    policy != NULL ? policy_settings(policy) : NULL;
	enum variable_scope scope =
	    settings != NULL ? settings->scope : SCOPE_TXN;
	size_t returns = settings != NULL ? settings->return_count : 0;
	uint32_t values = values_of(answer);

	actions->count = 0;
	actions->touched = (struct touched){0};
	plan_value(actions, values, VARIABLE_OK, scope);
	if (!answer->ok)
		plan_value(actions, values, VARIABLE_ALLOWED, scope);
	for (size_t i = 0; i < returns; i++)
		plan_value(actions, values, settings->returns[i], scope);
	plan_value(actions, values, VARIABLE_WOULD_VERDICT, scope);
	plan_value(actions, values, VARIABLE_ERROR, scope);
	if (settings != NULL)
		plan_forward(actions, values, settings);
}

void
actions_unset(struct actions *actions, const struct touched *before)
{
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++)
		for (uint32_t bits = before->in[scope]; bits != 0;
		     bits &= bits - 1)
			plan_one(actions, (unsigned)__builtin_ctz(bits),
			    (enum variable_scope)scope, false);
}

/* ---- writing ---- */

static void
write_all(const struct actions *actions, const struct answer *answer,
    unsigned generation, struct spop_writer *writer)
{
	for (unsigned i = 0; i < actions->count; i++) {
		const struct action *action = &actions->list[i];
		struct view name =
		    variable_view((enum variable)action->variable);
		enum spop_scope scope = (enum spop_scope)action->scope;

		if (!action->set) {
			spop_ack_unset(writer, scope, name);
			continue;
		}
		spop_ack_set(writer, scope, name);
		write_value(writer, answer, action->variable, generation);
	}
}

static bool
is_kept(const struct action *action)
{
	return action->set && (action->variable == VARIABLE_OK ||
				  action->variable == VARIABLE_ALLOWED ||
				  action->variable == VARIABLE_VERDICT);
}

static void
remove_action(struct actions *actions, unsigned at)
{
	actions->count--;
	memmove(&actions->list[at], &actions->list[at + 1],
	    (actions->count - at) * sizeof(actions->list[0]));
}

/*
 * Leaves out the last variable that is set and may go; when none is left, the
 * last that is unset. In scope sess what an earlier answer said must not stand
 * in its place, so there it is unset instead. Gives the variables lost.
 */
static unsigned
give_up_one(struct actions *actions)
{
	for (unsigned i = actions->count; i-- > 0;) {
		struct action *action = &actions->list[i];

		if (!action->set || is_kept(action))
			continue;
		if (action->scope == SCOPE_SESS)
			action->set = false;
		else
			remove_action(actions, i);
		return 1;
	}
	for (unsigned i = actions->count; i-- > 0;)
		if (!actions->list[i].set) {
			remove_action(actions, i);
			return 0;
		}
	ensure(false && "ok, allowed and verdict fit");
	return 0;
}

unsigned
actions_write(struct actions *actions, const struct answer *answer,
    unsigned generation, struct spop_writer *writer)
{
	struct spop_writer begin = *writer;
	unsigned lost = 0;

	ensure(!writer->overflow);
	for (;;) {
		write_all(actions, answer, generation, writer);
		if (!writer->overflow)
			return lost;
		*writer = begin;
		lost += give_up_one(actions);
	}
}
