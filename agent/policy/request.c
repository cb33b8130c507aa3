/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/request.h"
#include "agent/poison.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Nothing is cleared between messages: fields and arguments carry the stamp
 * of the request that wrote them, and an old stamp means that nothing was sent.
 */

enum {
	/* A line of "headers" takes at least two lengths and a name. */
	LINE_BYTES_MIN = 3,
	TEXT_SLACK = 128,
};

struct request *
request_new(const struct names *names, size_t payload_max)
{
	struct request *request = calloc(1, sizeof(*request));

	if (!request)
		return NULL;
	request->names = names;
	request->fields =
	    calloc(names_fields(names) + 1, sizeof(*request->fields));
	request->arguments =
	    calloc(names_arguments(names) + 1, sizeof(*request->arguments));
	request->appended_max = (uint32_t)(payload_max / LINE_BYTES_MIN + 1);
	request->appended =
	    calloc(request->appended_max, sizeof(*request->appended));
	request->text_size = payload_max + TEXT_SLACK;
	request->text = malloc(request->text_size);
	if (!request->fields || !request->arguments || !request->appended ||
	    !request->text) {
		request_free(request);
		return NULL;
	}
	request_reset(request);
	return request;
}

void
request_free(struct request *request)
{
	if (!request)
		return;
	free(request->fields);
	free(request->arguments);
	free(request->appended);
	free(request->text);
	poison(request, sizeof(*request));
	free(request);
}

void
request_reset(struct request *request)
{
	static const struct view none;

	request->stamp++;
	request->error = REQUEST_GOOD;
	request->seen = 0;
	request->unix_peer = false;
	request->peer = (struct address){0};
	request->src = (struct address){0};
	request->proxied = false;
	request->headers_sent = false;
	request->policy = none;
	request->scheme = none;
	request->host = none;
	request->port = none;
	request->path = none;
	request->prefix = none;
	request->unknown = 0;
	request->unknown_name = none;
	request->unread_count = 0;
	request->appended_count = 0;
	request->position = 0;
}

static void
bad_argument(struct request *request)
{
	request->error = REQUEST_BAD_ARGUMENT;
}

/* A field's input in this request; what an older one left is forgotten. */
static struct field_input *
field_input(struct request *request, unsigned field)
{
	struct field_input *input = &request->fields[field];

	if (input->stamp == request->stamp)
		return input;
	input->stamp = request->stamp;
	input->count = -1;
	input->mask = 0;
	input->counted = false;
	input->named = 0;
	input->appended = 0;
	input->last = 0;
	input->first = 0;
	return input;
}

static void
add_peer(struct request *request, const struct sample *sample)
{
	if (sample->kind == SAMPLE_ADDRESS)
		request->peer = sample->address;
	else if (sample->kind == SAMPLE_TEXT &&
		 view_equal(sample->text, VIEW("unix")))
		request->unix_peer = true;
	else
		bad_argument(request);
}

static void
add_text(
    struct request *request, struct view *place, const struct sample *sample)
{
	if (sample->kind == SAMPLE_TEXT)
		*place = sample->text;
	else
		bad_argument(request);
}

/* dst_port is an integer. */
static void
add_port(struct request *request, const struct sample *sample)
{
	int length;

	if (sample->kind != SAMPLE_INTEGER) {
		add_text(request, &request->port, sample);
		return;
	}
	length = snprintf(request->port_text, sizeof(request->port_text),
	    "%lld", (long long)sample->integer);
	request->port = (struct view){request->port_text, (size_t)length};
}

static void
add_line(struct request *request, struct slot slot, const struct sample *sample)
{
	struct field_input *input = field_input(request, slot.index);
	uint16_t bit = (uint16_t)(1u << slot.distance);

	if (input->named & bit)
		bad_argument(request);
	input->named |= bit;
	if (sample->kind == SAMPLE_TEXT) {
		input->mask |= bit;
		input->lines[slot.distance] = sample->text;
	} else if (sample->kind != SAMPLE_ABSENT) {
		bad_argument(request);
	}
}

static void
add_count(
    struct request *request, struct slot slot, const struct sample *sample)
{
	struct field_input *input = field_input(request, slot.index);

	if (input->counted)
		bad_argument(request);
	input->counted = true;
	if (sample->kind == SAMPLE_INTEGER && sample->integer >= 0)
		input->count = sample->integer;
	else if (sample->kind != SAMPLE_ABSENT)
		bad_argument(request);
}

static void
add_argument(
    struct request *request, unsigned index, const struct sample *sample)
{
	struct argument_input *input = &request->arguments[index];

	if (input->stamp == request->stamp)
		bad_argument(request);
	input->stamp = request->stamp;
	input->sample = *sample;
}

/* A name twice is wrong even where no policy reads it. */
static void
unread_once(struct request *request, struct view name)
{
	for (unsigned i = 0; i < request->unread_count; i++)
		if (view_equal_nocase(request->unread[i], name))
			bad_argument(request);
	if (request->unread_count < ARGUMENTS_MAX)
		request->unread[request->unread_count++] = name;
}

static void
add_unread(struct request *request, struct view name, struct slot slot,
    const struct sample *sample)
{
	enum sample_kind right = slot.counts ? SAMPLE_INTEGER : SAMPLE_TEXT;

	unread_once(request, name);
	if (sample->kind != SAMPLE_ABSENT && sample->kind != right)
		bad_argument(request);
}

/* A length of "headers": SPOP's varint. False when it is cut short. */
static bool
blob_length(struct view *blob, size_t *length)
{
	uint64_t number;
	unsigned shift = 4;

	if (blob->length == 0)
		return false;
	number = (unsigned char)*blob->data++;
	blob->length--;
	if (number >= 240) {
		unsigned char byte;

		do {
			if (blob->length == 0 || shift > 32)
				return false;
			byte = (unsigned char)*blob->data++;
			blob->length--;
			number += (uint64_t)byte << shift;
			shift += 7;
		} while (byte >= 128);
	}
	*length = number;
	return true;
}

static bool
blob_string(struct view *blob, struct view *text)
{
	if (!blob_length(blob, &text->length) || text->length > blob->length)
		return false;
	text->data = blob->data;
	blob->data += text->length;
	blob->length -= text->length;
	return true;
}

/* req.hdrs_bin: names and values, an empty name and value at the end. */
static void
add_headers(struct request *request, const struct sample *sample)
{
	struct view blob = sample->text, name, value;

	if (sample->kind != SAMPLE_BINARY) {
		bad_argument(request);
		return;
	}
	request_headers_begin(request);
	for (;;) {
		if (!blob_string(&blob, &name) || !blob_string(&blob, &value)) {
			bad_argument(request);
			return;
		}
		if (name.length == 0 && value.length == 0)
			break;
		request_add_line(request, name, value);
	}
	if (blob.length != 0)
		bad_argument(request);
}

/* The names that exist once; NULL counts as not sent. */
static void
add_single(
    struct request *request, enum slot_kind kind, const struct sample *sample)
{
	switch (kind) {
	case SLOT_PEER:
		add_peer(request, sample);
		break;
	case SLOT_SRC:
		request->src = sample->address;
		if (sample->kind != SAMPLE_ADDRESS)
			bad_argument(request);
		break;
	case SLOT_PROXIED:
		request->proxied = sample->integer != 0;
		if (sample->kind != SAMPLE_BOOLEAN)
			bad_argument(request);
		break;
	case SLOT_HEADERS:
		add_headers(request, sample);
		break;
	case SLOT_POLICY:
		add_text(request, &request->policy, sample);
		break;
	case SLOT_SCHEME:
		add_text(request, &request->scheme, sample);
		break;
	case SLOT_HOST:
		add_text(request, &request->host, sample);
		break;
	case SLOT_PORT:
		add_port(request, sample);
		break;
	case SLOT_PATH:
		add_text(request, &request->path, sample);
		break;
	case SLOT_PREFIX:
		add_text(request, &request->prefix, sample);
		break;
	case SLOT_UNKNOWN:
	case SLOT_FIELD_LINE:
	case SLOT_FIELD_COUNT:
	case SLOT_FIELD_UNREAD:
	case SLOT_ARGUMENT:
		break;
	}
}

/* Most names have 8 bytes or more: words, the last of which may overlap. */
static inline bool
same_bytes(const char *a, const char *b, size_t length)
{
	uint64_t one, other;
	size_t at = 0;

	if (length < sizeof(one)) {
		while (at < length && a[at] == b[at])
			at++;
		return at == length;
	}
	for (;; at += sizeof(one)) {
		if (at > length - sizeof(one))
			at = length - sizeof(one);
		memcpy(&one, a + at, sizeof(one));
		memcpy(&other, b + at, sizeof(other));
		if (one != other)
			return false;
		if (at == length - sizeof(one))
			return true;
	}
}

static struct slot
find_slot(struct request *request, struct view name)
{
	struct remembered_name *remembered;

	if (request->position == REMEMBERED_NAMES ||
	    name.length > REMEMBERED_LENGTH)
		return names_find(request->names, name);
	remembered = &request->remembered[request->position++];
	if (remembered->length == name.length &&
	    same_bytes(remembered->text, name.data, name.length))
		return remembered->slot;
	remembered->slot = names_find(request->names, name);
	remembered->length = (uint8_t)name.length;
	if (name.length > 0)
		memcpy(remembered->text, name.data, name.length);
	return remembered->slot;
}

void
request_add(
    struct request *request, struct view name, const struct sample *sample)
{
	struct slot slot = find_slot(request, name);
	uint32_t bit = UINT32_C(1) << slot.kind;

	switch (slot.kind) {
	case SLOT_UNKNOWN:
		request->unknown++;
		request->unknown_name = name;
		unread_once(request, name);
		break;
	case SLOT_FIELD_LINE:
		add_line(request, slot, sample);
		break;
	case SLOT_FIELD_COUNT:
		add_count(request, slot, sample);
		break;
	case SLOT_FIELD_UNREAD:
		add_unread(request, name, slot, sample);
		break;
	case SLOT_ARGUMENT:
		add_argument(request, slot.index, sample);
		break;
	case SLOT_PEER:
	case SLOT_SRC:
	case SLOT_PROXIED:
	case SLOT_HEADERS:
	case SLOT_POLICY:
	case SLOT_SCHEME:
	case SLOT_HOST:
	case SLOT_PORT:
	case SLOT_PATH:
	case SLOT_PREFIX:
		if (request->seen & bit)
			bad_argument(request);
		request->seen |= bit;
		if (sample->kind != SAMPLE_ABSENT)
			add_single(request, slot.kind, sample);
		break;
	}
}

void
request_headers_begin(struct request *request)
{
	request->headers_sent = true;
}

void
request_add_line(struct request *request, struct view field, struct view value)
{
	int index = names_find_field(request->names, field);
	struct field_input *input;

	if (index < 0)
		return;
	if (request->appended_count == request->appended_max) {
		bad_argument(request);
		return;
	}
	input = field_input(request, (unsigned)index);
	request->appended[request->appended_count] =
	    (struct appended_line){value, input->last};
	input->last = ++request->appended_count;
	if (input->first == 0)
		input->first = input->last;
	input->appended++;
}
