/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/explain_private.h"

#include <stdlib.h>

/* The explanation for programs: one JSON object a line. */

/*
 * The library overlooks some failures of its own to allocate, and then a key
 * or a text is missing without a word. So we remember them.
 */
static _Thread_local bool starved;

static void *
allocate(size_t size)
{
	void *memory = malloc(size);

	if (!memory)
		starved = true;
	return memory;
}

void
explain_json_init(void)
{
	json_set_alloc_funcs(allocate, free);
}

/* What is told came as JSON, or from the configuration: it is UTF-8. */
static json_t *
json_view(struct view text)
{
	return text.data ? json_stringn_nocheck(text.data, text.length)
			 : json_null();
}

static json_t *
json_address(const struct address *address)
{
	char text[ADDRESS_TEXT_SIZE];

	if (address->family == ADDRESS_NONE)
		return json_null();
	address_format(address, text);
	return json_string_nocheck(text);
}

static json_t *
json_walk(const struct trace *trace)
{
	json_t *walk = json_array();

	for (unsigned i = 0; i < trace->count; i++) {
		const struct trace_step *step = &trace->steps[i];
		char text[ADDRESS_TEXT_SIZE];
		json_t *hop;

		if (step->kind != TRACE_TRUSTED)
			continue;
		hop = json_object();
		json_object_set_new_nocheck(hop, "address",
		    json_string_nocheck(explain_address(&step->address, text)));
		json_object_set_new_nocheck(hop, "list", json_view(step->list));
		json_array_append_new(walk, hop);
	}
	return walk;
}

static json_t *
json_flags(uint32_t flags)
{
	json_t *array = json_array();

	for (unsigned flag = 0; flag < FLAG_COUNT; flag++)
		if (flags >> flag & 1)
			json_array_append_new(array,
			    json_string_nocheck(flag_name((enum flag)flag)));
	return array;
}

static json_t *
json_forward(const struct answer *answer)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < FORWARD_COUNT; i++)
		if (answer->forward[i].data)
			json_object_set_new_nocheck(object,
			    forward_field_name((enum forward_field)i),
			    json_view(answer->forward[i]));
	return object;
}

static json_t *
json_refusal(const char *error)
{
	json_t *object = json_object();

	json_object_set_new_nocheck(object, "ok", json_false());
	json_object_set_new_nocheck(object, "error", json_string(error));
	return object;
}

/* A request that was read but is not decided: what HAProxy would get. */
static json_t *
json_undecided(const struct answer *answer)
{
	json_t *object = json_object();

	json_object_set_new_nocheck(object, "ok", json_false());
	json_object_set_new_nocheck(object, "allowed", json_false());
	json_object_set_new_nocheck(object, "error", json_view(answer->error));
	return object;
}

static void
set_when(json_t *object, const char *key, json_t *value, bool there_is_one)
{
	if (there_is_one)
		json_object_set_new_nocheck(object, key, value);
	else
		json_decref(value);
}

static json_t *
json_answer(const struct answer *answer, const struct trace *trace)
{
	json_t *object = json_object();

	json_object_set_new_nocheck(object, "ok", json_true());
	json_object_set_new_nocheck(
	    object, "allowed", json_boolean(answer->allowed));
	json_object_set_new_nocheck(
	    object, "verdict", json_view(answer->verdict));
	set_when(object, "would_verdict", json_view(answer->would_verdict),
	    answer->would_verdict.data);
	json_object_set_new_nocheck(
	    object, "client_ip", json_address(&answer->client_ip));
	json_object_set_new_nocheck(
	    object, "client_net", json_address(&answer->client_net));
	json_object_set_new_nocheck(
	    object, "proven", json_boolean(answer->proven));
	json_object_set_new_nocheck(
	    object, "trusted", json_boolean(answer->trusted));
	json_object_set_new_nocheck(
	    object, "source", json_view(answer->source));
	json_object_set_new_nocheck(object, "hops", json_integer(answer->hops));
	json_object_set_new_nocheck(object, "walk", json_walk(trace));
	json_object_set_new_nocheck(object, "rule", json_view(answer->rule));
	json_object_set_new_nocheck(object, "list", json_view(answer->list));
	set_when(object, "status", json_integer(answer->status),
	    answer->status != 0);
	set_when(object, "message", json_view(answer->message),
	    answer->message.data);
	json_object_set_new_nocheck(object, "flags", json_flags(answer->flags));
	json_object_set_new_nocheck(object, "forward", json_forward(answer));
	return object;
}

char *
explain_json(struct explain *explain, const char *line, size_t length)
{
	json_error_t wrong;
	json_t *question, *told;
	const struct policy *policy;
	const char *error;
	struct answer answer;
	char *text;

	if (!explain_begin(explain, length))
		return NULL;
	starved = false;
	question = json_loadb(
	    line, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &wrong);
	error = question ? explain_read(explain, question) : wrong.text;
	if (error) {
		told = json_refusal(error);
	} else {
		explain_evaluate(explain, &answer, &policy);
		told = answer.ok ? json_answer(&answer, &explain->trace)
				 : json_undecided(&answer);
	}
	text = json_dumps(told, JSON_COMPACT);
	json_decref(told);
	json_decref(question);
	if (starved) {
		free(text);
		return NULL;
	}
	return text;
}
