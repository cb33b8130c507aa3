/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_DIALOG_FIXTURE_H
#define TESTS_UNIT_DIALOG_FIXTURE_H

/* Bytes of the conversation, written as one reads them in SPOE.txt. */

#include <check.h>
#include <ctype.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 1 << 17 };

struct bytes {
	size_t length;
	uint8_t data[BYTES_MAX];
};

/* ---- bytes from text ---- */

static inline unsigned
digit(char c)
{
	return (unsigned)(isdigit((unsigned char)c) ? c - '0'
						    : tolower(c) - 'a' + 10);
}

static inline void
put_byte(struct bytes *bytes, unsigned byte)
{
	ck_assert_uint_lt(bytes->length, BYTES_MAX);
	bytes->data[bytes->length++] = (uint8_t)byte;
}

/*
 * Appends what the text says: two hexadecimal digits are a byte, 'text' is
 * itself, "text" too with its one-byte length in front, < and > enclose a
 * frame and put its length in front.
 */
static inline void
append(struct bytes *bytes, const char *text)
{
	size_t frame = 0;

	for (const char *at = text; *at != '\0'; at++) {
		if (isspace((unsigned char)*at))
			continue;
		if (*at == '\'' || *at == '"') {
			const char *end = strchr(at + 1, *at);
			ck_assert_ptr_nonnull(end);
			if (*at == '"')
				put_byte(bytes, (unsigned)(end - at - 1));
			for (at++; at < end; at++)
				put_byte(bytes, (unsigned char)*at);
		} else if (*at == '<') {
			frame = bytes->length;
			for (int i = 0; i < 4; i++)
				put_byte(bytes, 0);
		} else if (*at == '>') {
			size_t length = bytes->length - frame - 4;
			for (size_t i = 0; i < 4; i++)
				bytes->data[frame + i] =
				    (uint8_t)(length >> (24 - 8 * i));
		} else {
			put_byte(bytes, digit(at[0]) * 16 + digit(at[1]));
			at++;
		}
	}
}

static inline struct bytes *
bytes_of(const char *text)
{
	struct bytes *bytes = calloc(1, sizeof(*bytes));

	ck_assert_ptr_nonnull(bytes);
	append(bytes, text);
	return bytes;
}

static inline void
print_bytes(const char *what, const uint8_t *data, size_t length)
{
	fprintf(stderr, "%s:", what);
	for (size_t i = 0; i < length; i++)
		fprintf(stderr,
		    isprint(data[i]) && data[i] != '\'' ? " '%c'" : " %02x",
		    data[i]);
	fputc('\n', stderr);
}

static inline void
assert_bytes(const char *name, const uint8_t *data, size_t length,
    const struct bytes *expected)
{
	if (length != expected->length ||
	    memcmp(data, expected->data, length) != 0) {
		print_bytes("expected", expected->data, expected->length);
		print_bytes("got     ", data, length);
		ck_abort_msg("%s: other bytes", name);
	}
}

#endif
