/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/explain.h"

#include <jansson.h>
#include <stdlib.h>

#include "agent/control/explain_private.h"

enum { ROOM_MIN = 65536 };

struct explain *
explain_new(const struct generation *generation)
{
	struct explain *explain = calloc(1, sizeof(*explain));

	if (explain)
		explain->generation = generation;
	return explain;
}

void
explain_free(struct explain *explain)
{
	if (!explain)
		return;
	request_free(explain->request);
	free(explain);
}

bool
explain_begin(struct explain *explain, size_t bytes)
{
	if (!explain->request || bytes > explain->room) {
		request_free(explain->request);
		explain->room = bytes > ROOM_MIN ? 2 * bytes : ROOM_MIN;
		explain->request = request_new(
		    generation_names(explain->generation), explain->room);
	}
	if (!explain->request)
		return false;
	request_reset(explain->request);
	request_headers_begin(explain->request);
	explain->trace.count = 0;
	return true;
}

/* A bare address; a zone is cut. */
static bool
peer_parse(struct view text, struct address *address)
{
	struct entry_text entry;

	if (!entry_parse(text, &entry) ||
	    (entry.decoration & (ENTRY_BRACKETS | ENTRY_PORT)))
		return false;
	*address = entry.address;
	return true;
}

const char *
explain_peer(struct explain *explain, struct view text)
{
	struct sample sample = {.kind = SAMPLE_TEXT, .text = VIEW("unix")};

	if (!view_equal(text, VIEW("unix"))) {
		sample.kind = SAMPLE_ADDRESS;
		if (!peer_parse(text, &sample.address))
			return "peer is neither an address nor \"unix\"";
	}
	request_add(explain->request, VIEW("peer"), &sample);
	return NULL;
}

const char *
explain_proxy(struct explain *explain, struct view text)
{
	struct sample proxied = {.kind = SAMPLE_BOOLEAN, .integer = 1};
	struct sample source = {.kind = SAMPLE_ADDRESS};

	request_add(explain->request, VIEW("proxied"), &proxied);
	if (!text.data)
		return NULL;
	if (!peer_parse(text, &source.address))
		return "proxy's src is no address";
	request_add(explain->request, VIEW("src"), &source);
	return NULL;
}

void
explain_evaluate(struct explain *explain, struct answer *answer,
    const struct policy **policy)
{
	struct request *request = explain->request;

	if (request->src.family == ADDRESS_NONE)
		request->src = request->peer;
	generation_evaluate(
	    explain->generation, request, answer, policy, &explain->trace);
}

const char *
explain_address(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
	if (address->family == ADDRESS_NONE)
		return "unix";
	address_format(address, text);
	return text;
}

/* ---- reading a request ---- */

static struct view
string_view(const json_t *string)
{
	return (struct view){
	    json_string_value(string), json_string_length(string)};
}

static const char *
read_policy(struct explain *explain, const json_t *value)
{
	struct sample sample = {.kind = SAMPLE_TEXT};

	if (json_is_null(value))
		return NULL;
	if (!json_is_string(value))
		return "policy is no string";
	sample.text = string_view(value);
	request_add(explain->request, VIEW("policy"), &sample);
	return NULL;
}

static const char *
read_peer(struct explain *explain, const json_t *value)
{
	if (json_is_null(value))
		return NULL;
	if (!json_is_string(value))
		return "peer is no string";
	return explain_peer(explain, string_view(value));
}

static const char *
read_proxy(struct explain *explain, const json_t *value)
{
	const json_t *source = json_object_get(value, "src");

	if (json_is_null(value))
		return NULL;
	if (!json_is_object(value) ||
	    json_object_size(value) > (source ? 1 : 0))
		return "proxy is neither null nor {\"src\": …}";
	if (!source || json_is_null(source))
		return explain_proxy(explain, (struct view){0});
	if (!json_is_string(source))
		return "proxy's src is neither null nor a string";
	return explain_proxy(explain, string_view(source));
}

static const char *
read_headers(struct explain *explain, const json_t *value)
{
	size_t i;
	const json_t *line;

	if (!json_is_array(value))
		return "headers is no array";
	json_array_foreach(value, i, line)
	{
		const json_t *name = json_array_get(line, 0);
		const json_t *text = json_array_get(line, 1);

		if (json_array_size(line) != 2 || !json_is_string(name) ||
		    !json_is_string(text))
			return "a header is no [name, value]";
		request_add_line(
		    explain->request, string_view(name), string_view(text));
	}
	return NULL;
}

static bool
sample_of(const json_t *value, struct sample *sample)
{
	*sample = (struct sample){0};
	if (json_is_string(value)) {
		sample->kind = SAMPLE_TEXT;
		sample->text = string_view(value);
	} else if (json_is_boolean(value)) {
		sample->kind = SAMPLE_BOOLEAN;
		sample->integer = json_is_true(value);
	} else if (json_is_integer(value)) {
		sample->kind = SAMPLE_INTEGER;
		sample->integer = json_integer_value(value);
	}
	return sample->kind != SAMPLE_ABSENT || json_is_null(value);
}

static const char *
read_samples(struct explain *explain, const json_t *object, const char *wrong)
{
	void *at = json_object_iter((json_t *)(uintptr_t)object);

	if (!json_is_object(object))
		return wrong;
	for (; at;
	     at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
		struct sample sample;

		if (!sample_of(json_object_iter_value(at), &sample))
			return wrong;
		request_add(explain->request, view_of(json_object_iter_key(at)),
		    &sample);
	}
	return NULL;
}

static const char *
read_arguments(struct explain *explain, const json_t *value)
{
	return read_samples(explain, value,
	    "arguments is no object of strings, numbers, booleans and nulls");
}

static const char *
read_request(struct explain *explain, const json_t *value)
{
	return read_samples(explain, value,
	    "request is no object of strings, numbers, booleans and nulls");
}

static const struct {
	const char *key;
	const char *(*read)(struct explain *explain, const json_t *value);
} readers[] = {
    {"policy", read_policy},
    {"peer", read_peer},
    {"headers", read_headers},
    {"proxy", read_proxy},
    {"arguments", read_arguments},
    {"request", read_request},
};

static const char *
read_object(struct explain *explain, const json_t *object)
{
	size_t known = 0;

	if (!json_is_object(object))
		return "the line is no JSON object";
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		const json_t *value = json_object_get(object, readers[i].key);
		const char *wrong;

		if (!value)
			continue;
		known++;
		wrong = readers[i].read(explain, value);
		if (wrong)
			return wrong;
	}
	if (known != json_object_size(object))
		return "a key that is none of policy, peer, headers, proxy, "
		       "arguments, request";
	return NULL;
}

/* ---- writing an answer ---- */

static json_t *
json_view(struct view text)
{
	return text.data ? json_stringn_nocheck(text.data, text.length)
			 : json_null();
}

/* Bytes of a client may be no UTF-8: those are shown as U+FFFD. */
static json_t *
json_bytes(struct view text)
{
	json_t *string = json_stringn(text.data, text.length);
	char *clean;
	size_t length = 0;

	if (string)
		return string;
	clean = malloc(3 * text.length + 1);
	if (!clean)
		return NULL;
	for (size_t i = 0; i < text.length; i++) {
		if ((unsigned char)text.data[i] < 0x80) {
			clean[length++] = text.data[i];
		} else {
			memcpy(clean + length, "\xef\xbf\xbd", 3);
			length += 3;
		}
	}
	string = json_stringn_nocheck(clean, length);
	free(clean);
	return string;
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
			    json_bytes(answer->forward[i]));
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
	question = json_loadb(
	    line, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &wrong);
	error = question ? read_object(explain, question) : wrong.text;
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
	return text;
}
