/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/spop/wire.h"

#include "proto/spop/cursor.h"

/* A type byte: the code below, flags above; the one flag is "true". */
enum { TYPE_MASK = 0x0f, FLAGS_SHIFT = 4, FLAGS_TRUE = 1 };

enum { IPV4_SIZE = 4, IPV6_SIZE = 16 };

void
spop_reader_init(struct spop_reader *reader, struct view bytes)
{
	static const uint8_t nothing[1];

	/* Pointers are compared and subtracted; with NULL that is undefined. */
	reader->at = bytes.data != NULL ? (const uint8_t *)bytes.data : nothing;
	reader->end = reader->at + bytes.length;
	reader->failed = false;
}

/* True after a failure as well: a loop that reads up to the end, ends. */
bool
spop_reader_done(const struct spop_reader *reader)
{
	return reader->at == reader->end;
}

uint8_t
spop_read_byte(struct spop_reader *reader)
{
	return cursor_read_byte(reader);
}

uint32_t
spop_read_u32(struct spop_reader *reader)
{
	const uint8_t *bytes = cursor_take(reader, sizeof(uint32_t));

	return bytes != NULL ? cursor_get_u32(bytes) : 0;
}

uint64_t
spop_read_varint(struct spop_reader *reader)
{
	return cursor_read_varint(reader);
}

/*
 * The continuation bits stay in the sum, so each number has one form only.
 * shift cannot pass 60: there, in the tenth byte, four bits of the 64 are left,
 * and a byte with a follower needs eight.
 */
uint64_t
cursor_read_varint_long(struct spop_reader *reader)
{
	uint64_t number = cursor_read_byte(reader);
	unsigned shift = 4;
	uint64_t byte;

	if (number < CURSOR_VARINT_LONG)
		return number; /* 0, since nothing was left to read */
	do {
		byte = cursor_read_byte(reader);
		if (byte > UINT64_MAX >> shift ||
		    __builtin_add_overflow(number, byte << shift, &number))
			cursor_fail(reader);
		if (reader->failed)
			return 0;
		shift += 7;
	} while (byte >= 128);
	return number;
}

struct view
spop_read_string(struct spop_reader *reader)
{
	return cursor_read_string(reader);
}

static void
read_address(struct spop_reader *reader, struct spop_value *value)
{
	bool ipv4 = value->type == SPOP_IPV4;
	const uint8_t *bytes =
	    cursor_take(reader, ipv4 ? IPV4_SIZE : IPV6_SIZE);

	if (bytes != NULL)
		value->address =
		    ipv4 ? address_from_ipv4(bytes) : address_from_ipv6(bytes);
}

void
spop_read_value(struct spop_reader *reader, struct spop_value *value)
{
	unsigned head = cursor_read_byte(reader);

	*value = (struct spop_value){.type = head & TYPE_MASK};
	switch (head & TYPE_MASK) {
	case SPOP_NULL:
		break;
	case SPOP_BOOLEAN:
		value->boolean = head >> FLAGS_SHIFT == FLAGS_TRUE;
		break;
	case SPOP_INT32:
	case SPOP_UINT32:
	case SPOP_INT64:
	case SPOP_UINT64:
		value->integer = cursor_read_varint(reader);
		break;
	case SPOP_IPV4:
	case SPOP_IPV6:
		read_address(reader, value);
		break;
	case SPOP_STRING:
	case SPOP_BINARY:
		value->text = cursor_read_string(reader);
		break;
	default:
		cursor_fail(reader);
	}
	if (reader->failed)
		*value = (struct spop_value){.type = SPOP_NULL};
}

void
spop_writer_init(struct spop_writer *writer, uint8_t *bytes, size_t size)
{
	writer->at = bytes;
	writer->end = bytes + size;
	writer->overflow = false;
}

void
spop_write_byte(struct spop_writer *writer, uint8_t byte)
{
	cursor_write_bytes(writer, &byte, 1);
}

void
spop_write_u32(struct spop_writer *writer, uint32_t number)
{
	uint8_t *room = cursor_claim(writer, sizeof(number));

	if (room != NULL)
		cursor_put_u32(room, number);
}

void
spop_write_varint(struct spop_writer *writer, uint64_t number)
{
	cursor_write_varint(writer, number);
}

/* The number is at least CURSOR_VARINT_LONG. */
void
cursor_write_varint_long(struct spop_writer *writer, uint64_t number)
{
	uint8_t bytes[SPOP_VARINT_MAX];
	size_t count = 0;

	bytes[count++] = (uint8_t)(number | 0xf0);
	number = (number - 0xf0) >> 4;
	while (number >= 128) {
		bytes[count++] = (uint8_t)(number | 0x80);
		number = (number - 0x80) >> 7;
	}
	bytes[count++] = (uint8_t)number;
	cursor_write_bytes(writer, bytes, count);
}

void
spop_write_string(struct spop_writer *writer, struct view text)
{
	cursor_write_text(writer, NULL, 0, text);
}

void
spop_write_null(struct spop_writer *writer)
{
	spop_write_byte(writer, SPOP_NULL);
}

void
spop_write_boolean(struct spop_writer *writer, bool boolean)
{
	unsigned flags = boolean ? FLAGS_TRUE : 0;

	spop_write_byte(writer, (uint8_t)(flags << FLAGS_SHIFT | SPOP_BOOLEAN));
}

void
spop_write_uint32(struct spop_writer *writer, uint32_t number)
{
	spop_write_byte(writer, SPOP_UINT32);
	cursor_write_varint(writer, number);
}

void
spop_write_int64(struct spop_writer *writer, int64_t number)
{
	spop_write_byte(writer, SPOP_INT64);
	cursor_write_varint(writer, (uint64_t)number);
}

void
spop_write_address(struct spop_writer *writer, const struct address *address)
{
	uint8_t bytes[1 + IPV6_SIZE];
	size_t size = 1;

	bytes[0] = SPOP_NULL;
	if (address->family == ADDRESS_IPV4) {
		bytes[0] = SPOP_IPV4;
		address_to_ipv4(address, bytes + 1);
		size += IPV4_SIZE;
	} else if (address->family == ADDRESS_IPV6) {
		bytes[0] = SPOP_IPV6;
		address_to_ipv6(address, bytes + 1);
		size += IPV6_SIZE;
	}
	cursor_write_bytes(writer, bytes, size);
}

void
spop_write_text(struct spop_writer *writer, struct view text)
{
	const uint8_t head[] = {SPOP_STRING};

	cursor_write_text(writer, head, sizeof(head), text);
}
