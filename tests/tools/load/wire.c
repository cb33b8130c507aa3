/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/load/wire.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- what HAProxy says ---- */

static uint8_t *
put_number(uint8_t *at, const char *name, uint64_t value)
{
	at = put_name(at, name);
	*at++ = WIRE_UINT32;
	return put_varint(at, value);
}

static uint8_t *
put_frame(
    uint8_t *at, unsigned type, const uint8_t *payload, const uint8_t *end)
{
	size_t length = (size_t)(end - payload);

	return put_bytes(put_header(at, type, 0, 0, length), payload, length);
}

uint8_t *
put_hello(uint8_t *at, const char *capabilities, uint64_t engine_id)
{
	uint8_t payload[WIRE_HELLO_MAX];
	uint8_t *end = payload;
	char uuid[40];

	snprintf(uuid, sizeof(uuid), "%08x-%04x-4%03x-8%03x-%012" PRIx64,
	    (unsigned)(engine_id >> 32), (unsigned)(engine_id >> 16) & 0xffff,
	    (unsigned)(engine_id >> 4) & 0xfff, (unsigned)engine_id & 0xfff,
	    engine_id & UINT64_C(0xffffffffffff));
	end = put_text(put_name(end, "supported-versions"), "2.0");
	end = put_number(end, "max-frame-size", WIRE_FRAME_MAX);
	end = put_text(put_name(end, "capabilities"), capabilities);
	end = put_text(put_name(end, "engine-id"), uuid);
	return put_frame(at, WIRE_HELLO, payload, end);
}

uint8_t *
put_disconnect(uint8_t *at)
{
	uint8_t payload[64];
	uint8_t *end = put_number(payload, "status-code", 0);

	end = put_text(put_name(end, "message"), "normal");
	return put_frame(at, WIRE_DISCONNECT, payload, end);
}

/* ---- what the agent says ---- */

struct item {
	const uint8_t *name;
	uint64_t name_length;
	unsigned type;
	uint64_t number;
	const uint8_t *text;
	uint64_t text_length;
};

/* The types that an agent has use for in HELLO and DISCONNECT, no others. */
static bool
get_item(struct wire *wire, struct item *item)
{
	item->name_length = get_varint(wire);
	item->name = get_bytes(wire, item->name_length);
	item->type = get_byte(wire);
	if (item->type == WIRE_UINT32) {
		item->number = get_varint(wire);
	} else if (item->type == WIRE_STRING) {
		item->text_length = get_varint(wire);
		item->text = get_bytes(wire, item->text_length);
	} else {
		wire->broken = true;
	}
	return !wire->broken;
}

static bool
is_named(const struct item *item, const char *name, unsigned type)
{
	return item->type == type && item->name_length == strlen(name) &&
	       memcmp(item->name, name, item->name_length) == 0;
}

/* One of the words between the commas. */
static bool
has_word(const struct item *item, const char *word)
{
	size_t length = strlen(word);
	const uint8_t *at = item->text;
	const uint8_t *end = at + item->text_length;

	while (at < end) {
		const uint8_t *comma = memchr(at, ',', (size_t)(end - at));
		const uint8_t *stop = comma != NULL ? comma : end;

		if ((size_t)(stop - at) == length &&
		    memcmp(at, word, length) == 0)
			return true;
		at = stop + 1;
	}
	return false;
}

bool
agent_hello_good(struct wire payload)
{
	bool version = false;
	bool size = false;
	bool capabilities = false;
	struct item item;

	while (payload.at < payload.end) {
		if (!get_item(&payload, &item))
			return false;
		if (is_named(&item, "version", WIRE_STRING))
			version = item.text_length == 3 &&
				  memcmp(item.text, "2.0", 3) == 0;
		else if (is_named(&item, "max-frame-size", WIRE_UINT32))
			size = item.number >= 1024 &&
			       item.number <= WIRE_FRAME_MAX;
		else if (is_named(&item, "capabilities", WIRE_STRING))
			capabilities = has_word(&item, "pipelining") &&
				       !has_word(&item, "async");
	}
	return version && size && capabilities;
}

bool
agent_disconnect_read(struct wire payload, uint64_t *status)
{
	bool found = false;
	struct item item;

	while (payload.at < payload.end) {
		if (!get_item(&payload, &item))
			return false;
		if (is_named(&item, "status-code", WIRE_UINT32)) {
			*status = item.number;
			found = true;
		}
	}
	return found;
}
