/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_SPOP_DIGEST_H
#define TESTS_UNIT_SPOP_DIGEST_H

/*
 * Reads whatever bytes there are by every reader of proto/spop, and aborts if
 * one of them gives what it must not: for tests and for the fuzzer.
 */

#include <stdio.h>
#include <stdlib.h>

#include "proto/spop/disconnect.h"
#include "proto/spop/hello.h"
#include "proto/spop/notify.h"

#define REQUIRE(condition) \
	((condition) ? (void)0 : digest_fail(__FILE__, __LINE__, #condition))

static inline _Noreturn void
digest_fail(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, condition);
	abort();
}

static inline void
require_inside(struct view outer, struct view inner)
{
	if (inner.length == 0)
		return;
	REQUIRE(inner.data >= outer.data);
	REQUIRE(inner.length <= outer.length);
	REQUIRE(
	    (size_t)(inner.data - outer.data) <= outer.length - inner.length);
}

/* A value has nothing but what its type says. */
static inline void
digest_value(struct view payload, const struct spop_value *value)
{
	bool text = value->type == SPOP_STRING || value->type == SPOP_BINARY;
	bool address = value->type == SPOP_IPV4 || value->type == SPOP_IPV6;
	bool integer = value->type >= SPOP_INT32 && value->type <= SPOP_UINT64;

	REQUIRE(value->type <= SPOP_BINARY);
	REQUIRE(text || value->text.length == 0);
	REQUIRE(integer || value->integer == 0);
	REQUIRE(value->type == SPOP_BOOLEAN || !value->boolean);
	REQUIRE(address == (value->address.family != ADDRESS_NONE));
	require_inside(payload, value->text);
}

static inline void
digest_write_value(struct spop_writer *writer, const struct spop_value *value)
{
	switch (value->type) {
	case SPOP_NULL:
		spop_write_null(writer);
		break;
	case SPOP_BOOLEAN:
		spop_write_boolean(writer, value->boolean);
		break;
	case SPOP_INT32:
	case SPOP_UINT32:
	case SPOP_INT64:
	case SPOP_UINT64:
		spop_write_byte(writer, (uint8_t)value->type);
		spop_write_varint(writer, value->integer);
		break;
	case SPOP_IPV4:
	case SPOP_IPV6:
		spop_write_address(writer, &value->address);
		break;
	case SPOP_STRING:
	case SPOP_BINARY:
		spop_write_byte(writer, (uint8_t)value->type);
		spop_write_string(writer, value->text);
		break;
	default:
		REQUIRE(value->type <= SPOP_BINARY);
	}
}

/* Every number and string has one form: written again, it is the same. */
static inline void
digest_write_messages(struct view payload, uint8_t *copy)
{
	struct spop_messages messages;
	struct spop_argument argument;
	struct spop_writer writer;
	struct view name;

	spop_writer_init(&writer, copy, payload.length);
	spop_messages_begin(&messages, payload);
	while (spop_messages_next(&messages, &name)) {
		spop_write_string(&writer, name);
		spop_write_byte(&writer, (uint8_t)messages.arguments);
		while (spop_argument_next(&messages, &argument)) {
			spop_write_string(&writer, argument.name);
			digest_write_value(&writer, &argument.value);
		}
	}
	REQUIRE(!spop_messages_failed(&messages));
	REQUIRE(!writer.overflow && writer.at == writer.end);
	/* Flags of a type byte, its upper half, may have been dropped. */
	for (size_t i = 0; i < payload.length; i++)
		REQUIRE(((copy[i] ^ (uint8_t)payload.data[i]) & 0x0f) == 0);
}

static inline void
digest_messages(struct view payload)
{
	struct spop_messages messages;
	struct spop_argument argument;
	struct view name;
	size_t count = 0;
	uint8_t *copy;

	spop_messages_begin(&messages, payload);
	while (spop_messages_next(&messages, &name)) {
		REQUIRE(++count <= payload.length);
		require_inside(payload, name);
		while (spop_argument_next(&messages, &argument)) {
			REQUIRE(++count <= payload.length);
			require_inside(payload, argument.name);
			digest_value(payload, &argument.value);
		}
	}
	REQUIRE(spop_reader_done(&messages.reader));
	if (spop_messages_failed(&messages) || payload.length == 0)
		return;
	copy = malloc(payload.length);
	REQUIRE(copy != NULL);
	digest_write_messages(payload, copy);
	free(copy);
}

static inline void
digest_control(const struct spop_frame *frame)
{
	struct spop_hello hello;
	enum spop_status status = spop_hello_read(frame, &hello);
	struct view message;
	uint64_t code;

	if (status == SPOP_NORMAL) {
		REQUIRE(hello.version_2_0);
		REQUIRE(hello.max_frame_size >= SPOP_FRAME_SIZE_MIN);
		REQUIRE(hello.engine_id.length <= SPOP_ENGINE_ID_MAX);
		require_inside(frame->payload, hello.engine_id);
	}
	if (spop_disconnect_read(frame, &code, &message)) {
		require_inside(frame->payload, message);
	} else {
		REQUIRE(code == SPOP_UNKNOWN && message.length == 0);
	}
}

/* Gives how many bytes were taken: 0 when no frame could be. */
static inline size_t
digest_frame(struct view input, size_t frame_size)
{
	struct spop_frame frame;
	enum spop_status status = SPOP_NORMAL;
	size_t needed = 0;

	switch (spop_frame_split(input, frame_size, &frame, &needed, &status)) {
	case SPOP_SPLIT_MORE:
		REQUIRE(needed > input.length);
		REQUIRE(needed <= SPOP_LENGTH_SIZE + frame_size);
		return 0;
	case SPOP_SPLIT_ERROR:
		REQUIRE(status == SPOP_TOO_BIG || status == SPOP_INVALID);
		return 0;
	case SPOP_SPLIT_FRAME:
	default:
		break;
	}
	REQUIRE(frame.size <= input.length);
	REQUIRE(frame.size <= SPOP_LENGTH_SIZE + frame_size);
	REQUIRE(frame.size >= SPOP_LENGTH_SIZE + SPOP_FRAME_MIN);
	require_inside(input, frame.payload);
	/* By every reader, of whatever type the frame is. */
	digest_control(&frame);
	digest_messages(frame.payload);
	return frame.size;
}

#endif
