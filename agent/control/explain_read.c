/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/explain_private.h"

/* A request told as a JSON object. */

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

const char *
explain_read(struct explain *explain, const json_t *object)
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
