/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TOOLS_LOAD_WIRE_H
#define TESTS_TOOLS_LOAD_WIRE_H

/*
 * SPOP's bytes as HAProxy writes and reads them. On purpose this shares
 * nothing with proto/spop: a mistake made there is not made here again.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	WIRE_NULL = 0,
	WIRE_BOOL = 1,
	WIRE_UINT32 = 3,
	WIRE_INT64 = 4,
	WIRE_IPV4 = 6,
	WIRE_IPV6 = 7,
	WIRE_STRING = 8,

	WIRE_HELLO = 1,
	WIRE_DISCONNECT = 2,
	WIRE_NOTIFY = 3,
	WIRE_AGENT_HELLO = 101,
	WIRE_AGENT_DISCONNECT = 102,
	WIRE_ACK = 103,

	WIRE_FRAME_MAX = 16380, /* what HAProxy offers by default */
	WIRE_HEADER_MAX = 4 + 1 + 4 + 10 + 10,
};

/* ---- writing: there has to be room ---- */

static inline uint8_t *
put_u32(uint8_t *at, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*at++ = (uint8_t)(value >> shift);
	return at;
}

static inline uint8_t *
put_varint(uint8_t *at, uint64_t value)
{
	if (value < 240) {
		*at++ = (uint8_t)value;
		return at;
	}
	*at++ = (uint8_t)(value | 240);
	for (value = (value - 240) >> 4; value >= 128;
	     value = (value - 128) >> 7)
		*at++ = (uint8_t)(value | 128);
	*at++ = (uint8_t)value;
	return at;
}

static inline uint8_t *
put_bytes(uint8_t *at, const void *bytes, size_t length)
{
	memcpy(at, bytes, length);
	return at + length;
}

/* A name: its length and its bytes, without a type. */
static inline uint8_t *
put_name(uint8_t *at, const char *name)
{
	size_t length = strlen(name);

	return put_bytes(put_varint(at, length), name, length);
}

static inline uint8_t *
put_text(uint8_t *at, const char *text)
{
	*at++ = WIRE_STRING;
	return put_name(at, text);
}

/*
 * The beginning of a frame whose payload has that many bytes. Gives where the
 * payload goes.
 */
static inline uint8_t *
put_header(
    uint8_t *at, unsigned type, uint64_t stream, uint64_t frame, size_t payload)
{
	uint8_t ids[20];
	uint8_t *end = put_varint(put_varint(ids, stream), frame);
	size_t length = (size_t)(end - ids);

	at = put_u32(at, (uint32_t)(1 + 4 + length + payload));
	*at++ = (uint8_t)type;
	return put_bytes(put_u32(at, 1), ids, length);
}

/* ---- reading: what is missing makes it short, and everything 0 ---- */

struct wire {
	const uint8_t *at;
	const uint8_t *end;
	bool broken;
};

static inline const uint8_t *
get_bytes(struct wire *wire, uint64_t length)
{
	const uint8_t *at = wire->at;

	if (length > (size_t)(wire->end - at)) {
		wire->broken = true;
		wire->at = wire->end;
		return NULL;
	}
	wire->at += length;
	return at;
}

static inline uint8_t
get_byte(struct wire *wire)
{
	const uint8_t *at = get_bytes(wire, 1);

	return at != NULL ? *at : 0;
}

static inline uint32_t
get_u32(struct wire *wire)
{
	const uint8_t *at = get_bytes(wire, 4);

	if (at == NULL)
		return 0;
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

static inline uint64_t
get_varint(struct wire *wire)
{
	uint64_t value = get_byte(wire);
	unsigned shift = 4;
	uint8_t byte;

	if (value < 240)
		return value;
	do {
		byte = get_byte(wire);
		if (shift > 60)
			wire->broken = true;
		value += (uint64_t)byte << (shift & 63);
		shift += 7;
	} while (byte >= 128 && !wire->broken);
	return value;
}

/* ---- what is said once a connection ---- */

/* HAPROXY-HELLO; gives its end, WIRE_HELLO_MAX bytes further at most. */
enum { WIRE_HELLO_MAX = 256 };
uint8_t *put_hello(uint8_t *at, const char *capabilities, uint64_t engine_id);

/* HAPROXY-DISCONNECT with status 0. */
uint8_t *put_disconnect(uint8_t *at);

/* Is that the payload of an AGENT-HELLO that HAProxy would take? */
bool agent_hello_good(struct wire payload);

/* The status of an AGENT-DISCONNECT; false when it is broken. */
bool agent_disconnect_read(struct wire payload, uint64_t *status);

#endif
