/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTO_SPOP_WIRE_H
#define PROTO_SPOP_WIRE_H

/*
 * Cursors over SPOP's bytes (SPOE.txt section 3.1). Errors stick: after the
 * first failure every read gives zeroes and every write nothing, so that one
 * look at the end is enough.
 */

#include <stdint.h>

#include "proto/text/address.h"

struct spop_reader {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

struct spop_writer {
	uint8_t *at;
	uint8_t *end;
	bool overflow; /* something did not fit; nothing was written past end */
};

/* Type codes of typed data, SPOE.txt section 3.1. */
enum spop_type {
	SPOP_NULL = 0,
	SPOP_BOOLEAN = 1,
	SPOP_INT32 = 2,
	SPOP_UINT32 = 3,
	SPOP_INT64 = 4,
	SPOP_UINT64 = 5,
	SPOP_IPV4 = 6,
	SPOP_IPV6 = 7,
	SPOP_STRING = 8,
	SPOP_BINARY = 9,
};

struct spop_value {
	enum spop_type type;
	bool boolean;     /* SPOP_BOOLEAN */
	uint64_t integer; /* the four integers: as sent, two's complement */
	struct address address; /* SPOP_IPV4, SPOP_IPV6 (never unmapped here) */
	struct view text;       /* SPOP_STRING, SPOP_BINARY: into the frame */
};

enum { SPOP_VARINT_MAX = 10 }; /* bytes of the longest varint */

void spop_reader_init(struct spop_reader *reader, struct view bytes);
bool spop_reader_done(const struct spop_reader *reader);

uint8_t spop_read_byte(struct spop_reader *reader);
uint32_t spop_read_u32(struct spop_reader *reader); /* network byte order */
/* More than ten bytes, or more than 64 bits, is a failure. */
uint64_t spop_read_varint(struct spop_reader *reader);
/* varint length and bytes: the raw string of names. */
struct view spop_read_string(struct spop_reader *reader);
/* A type byte and its value. Types 10 to 15 are a failure. */
void spop_read_value(struct spop_reader *reader, struct spop_value *value);

void spop_writer_init(struct spop_writer *writer, uint8_t *bytes, size_t size);
void spop_write_byte(struct spop_writer *writer, uint8_t byte);
void spop_write_u32(struct spop_writer *writer, uint32_t number);
void spop_write_varint(struct spop_writer *writer, uint64_t number);
void spop_write_string(struct spop_writer *writer, struct view text);
void spop_write_null(struct spop_writer *writer);
void spop_write_boolean(struct spop_writer *writer, bool boolean);
void spop_write_uint32(struct spop_writer *writer, uint32_t number);
void spop_write_int64(struct spop_writer *writer, int64_t number);
/* IPv4 or IPv6 by its family; ADDRESS_NONE writes NULL. */
void spop_write_address(
    struct spop_writer *writer, const struct address *address);
void spop_write_text(struct spop_writer *writer, struct view text);

#endif
