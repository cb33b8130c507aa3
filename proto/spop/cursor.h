/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTO_SPOP_CURSOR_H
#define PROTO_SPOP_CURSOR_H

/*
 * The inner side of wire.h, for proto/spop alone: the same reads and writes,
 * inline, with the common case first.
 *
 * Reader: at <= end always. A failure sets failed and moves at to end, so that
 * every later read finds nothing and fails by itself.
 * Writer: at <= end always. A write that does not fit sets overflow and leaves
 * at and end alone: what was written before can still be kept.
 * Sizes are compared with the room that is left, never added to a pointer
 * first.
 */

#include "proto/spop/wire.h"

enum { CURSOR_VARINT_LONG = 240 }; /* a first byte from here on has followers */

uint64_t cursor_read_varint_long(struct spop_reader *reader);
void cursor_write_varint_long(struct spop_writer *writer, uint64_t number);

static inline size_t
cursor_left(const struct spop_reader *reader)
{
	return (size_t)(reader->end - reader->at);
}

static inline void
cursor_fail(struct spop_reader *reader)
{
	reader->at = reader->end;
	reader->failed = true;
}

/* The next count bytes, or NULL. */
static inline const uint8_t *
cursor_take(struct spop_reader *reader, size_t count)
{
	const uint8_t *bytes = reader->at;

	if (count > cursor_left(reader)) {
		cursor_fail(reader);
		return NULL;
	}
	reader->at += count;
	return bytes;
}

static inline uint8_t
cursor_read_byte(struct spop_reader *reader)
{
	const uint8_t *byte = cursor_take(reader, 1);

	return byte != NULL ? *byte : 0;
}

static inline uint64_t
cursor_read_varint(struct spop_reader *reader)
{
	if (reader->at < reader->end && *reader->at < CURSOR_VARINT_LONG)
		return *reader->at++;
	return cursor_read_varint_long(reader);
}

static inline struct view
cursor_read_string(struct spop_reader *reader)
{
	uint64_t length = cursor_read_varint(reader);
	struct view text = {NULL, 0};

	if (length > cursor_left(reader)) {
		cursor_fail(reader);
		return text;
	}
	text.data = (const char *)reader->at;
	text.length = (size_t)length;
	reader->at += length;
	return text;
}

/* Room for count bytes, all of which the caller writes; or NULL. */
static inline uint8_t *
cursor_claim(struct spop_writer *writer, size_t count)
{
	uint8_t *bytes = writer->at;

	if (writer->overflow || count > (size_t)(writer->end - writer->at)) {
		writer->overflow = true;
		return NULL;
	}
	writer->at += count;
	return bytes;
}

static inline void
cursor_write_bytes(struct spop_writer *writer, const void *bytes, size_t count)
{
	uint8_t *room = cursor_claim(writer, count);

	/* No bytes may come as a NULL pointer, which memcpy() must not see. */
	if (room != NULL && count > 0)
		memcpy(room, bytes, count);
}

static inline void
cursor_write_varint(struct spop_writer *writer, uint64_t number)
{
	uint8_t *room;

	if (number >= CURSOR_VARINT_LONG) {
		cursor_write_varint_long(writer, number);
		return;
	}
	room = cursor_claim(writer, 1);
	if (room != NULL)
		*room = (uint8_t)number;
}

/* head, count bytes that say what follows, and the text with its length. */
static inline void
cursor_write_text(struct spop_writer *writer, const uint8_t *head, size_t count,
    struct view text)
{
	uint8_t *room;

	if (text.length >= CURSOR_VARINT_LONG) {
		cursor_write_bytes(writer, head, count);
		cursor_write_varint_long(writer, text.length);
		cursor_write_bytes(writer, text.data, text.length);
		return;
	}
	room = cursor_claim(writer, count + 1 + text.length);
	if (room == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		room[i] = head[i];
	room[count] = (uint8_t)text.length;
	if (text.length > 0)
		memcpy(room + count + 1, text.data, text.length);
}

static inline void
cursor_put_u32(uint8_t bytes[4], uint32_t number)
{
	bytes[0] = (uint8_t)(number >> 24);
	bytes[1] = (uint8_t)(number >> 16);
	bytes[2] = (uint8_t)(number >> 8);
	bytes[3] = (uint8_t)number;
}

static inline uint32_t
cursor_get_u32(const uint8_t bytes[4])
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	       (uint32_t)bytes[2] << 8 | bytes[3];
}

#endif
