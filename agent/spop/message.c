/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/spop/actions.h"
#include "agent/spop/message.h"

static const enum sample_kind sample_kinds[] = {
    [SPOP_NULL] = SAMPLE_ABSENT,
    [SPOP_BOOLEAN] = SAMPLE_BOOLEAN,
    [SPOP_INT32] = SAMPLE_INTEGER,
    [SPOP_UINT32] = SAMPLE_INTEGER,
    [SPOP_INT64] = SAMPLE_INTEGER,
    [SPOP_UINT64] = SAMPLE_INTEGER,
    [SPOP_IPV4] = SAMPLE_ADDRESS,
    [SPOP_IPV6] = SAMPLE_ADDRESS,
    [SPOP_STRING] = SAMPLE_TEXT,
    [SPOP_BINARY] = SAMPLE_BINARY,
};

static struct sample
sample_of(const struct spop_value *value)
{
	struct sample sample = {
	    .kind = sample_kinds[value->type],
	    .text = value->text,
	    .address = value->address,
	    .integer = (int64_t)value->integer,
	};

	if (value->type == SPOP_BOOLEAN)
		sample.integer = value->boolean;
	return sample;
}

static void
read_arguments(struct spop_messages *messages, struct request *request)
{
	struct spop_argument argument;

	request_reset(request);
	while (spop_argument_next(messages, &argument)) {
		struct sample sample = sample_of(&argument.value);

		request_add(request, argument.name, &sample);
	}
}

/* ---- what is counted and said ---- */

static void
remark(struct remark *remark, const char *event, struct view text)
{
	if (remark->event != NULL)
		return;
	remark->event = event;
	remark->length =
	    text.length < REMARK_TEXT_SIZE ? text.length : REMARK_TEXT_SIZE;
	if (remark->length > 0)
		memcpy(remark->text, text.data, remark->length);
}

static enum counter
verdict_counter(const struct answer *answer)
{
	if (!answer->ok)
		return COUNTER_VERDICTS_ERROR;
	if (view_equal(answer->verdict, VIEW("allow")))
		return COUNTER_VERDICTS_ALLOW;
	if (view_equal(answer->verdict, VIEW("deny")))
		return COUNTER_VERDICTS_DENY;
	if (view_equal(answer->verdict, VIEW("reject")))
		return COUNTER_VERDICTS_REJECT;
	return COUNTER_VERDICTS_WORD;
}

static void
take_note(const struct message_context *context, const struct answer *answer)
{
	const struct request *request = context->request;
	struct counters *counters = context->counters;

	counters_add(counters, COUNTER_REQUESTS, 1);
	counters_add(counters, verdict_counter(answer), 1);
	counters_add_flags(counters, answer->flags);
	if (!answer->ok)
		remark(context->remark, "not-decided", answer->error);
	if (request->unknown > 0) {
		counters_add(
		    counters, COUNTER_UNKNOWN_ARGUMENTS, request->unknown);
		remark(
		    context->remark, "unknown-argument", request->unknown_name);
	}
}

/* ---- the answer ---- */

/* Variables that the messages before touched, when the last one stands. */
static void
touched_add(struct touched *before, const struct touched *touched)
{
	for (unsigned scope = 0; scope < SCOPE_COUNT; scope++)
		before->in[scope] |= touched->in[scope];
}

/* Nothing was asked; an ACK without actions would stall some HAProxys. */
static void
answer_nothing(struct spop_writer *writer)
{
	spop_ack_unset(writer, SPOP_SCOPE_TXN, variable_view(VARIABLE_ERROR));
}

bool
message_answer(const struct message_context *context, struct view payload,
    struct spop_writer *writer)
{
	struct touched before = {0};
	const struct policy *policy;
	struct actions actions;
	struct spop_messages messages;
	struct answer answer;
	struct view name;

	actions.count = 0;
	actions.touched = before;
	spop_messages_begin(&messages, payload);
	while (spop_messages_next(&messages, &name)) {
		touched_add(&before, &actions.touched);
		read_arguments(&messages, context->request);
		if (spop_messages_failed(&messages))
			break;
		generation_evaluate(context->generation, context->request,
		    &answer, &policy, NULL);
		take_note(context, &answer);
		actions_plan(&actions, policy, &answer);
	}
	if (spop_messages_failed(&messages))
		return false;
	if (actions.count == 0) {
		answer_nothing(writer);
		return true;
	}
	actions_unset(&actions, &before);
	counters_add(context->counters, COUNTER_DROPPED_VARIABLES,
	    actions_write(&actions, &answer,
		generation_number(context->generation), writer));
	return true;
}
