/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTO_TEXT_VIEW_H
#define PROTO_TEXT_VIEW_H

/*
 * A view: bytes that belong to somebody else, usually the frame they came in.
 * Not NUL-terminated, may hold any byte. A view never outlives its owner.
 */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct view {
	const char *data; /* NULL only when length is 0 */
	size_t length;    /* bytes */
};

/* A view of a string literal, its NUL not counted. */
#define VIEW(literal) ((struct view){(literal), sizeof(literal) - 1})

static inline struct view
view_of(const char *text)
{
	return (struct view){text, strlen(text)};
}

static inline bool
view_equal(struct view a, struct view b)
{
	return a.length == b.length &&
	       (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* ASCII alone is folded: names of fields and arguments are ASCII. */
static inline unsigned char
ascii_lower(unsigned char byte)
{
	return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte | 0x20) : byte;
}

static inline bool
view_equal_nocase(struct view a, struct view b)
{
	if (a.length != b.length)
		return false;
	for (size_t i = 0; i < a.length; i++)
		if (ascii_lower((unsigned char)a.data[i]) !=
		    ascii_lower((unsigned char)b.data[i]))
			return false;
	return true;
}

static inline bool
is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* Cuts blanks and tabs (OWS of RFC 9110 section 5.6.3) at both ends. */
static inline struct view
view_trim(struct view text)
{
	while (text.length > 0 && is_blank(text.data[0])) {
		text.data++;
		text.length--;
	}
	while (text.length > 0 && is_blank(text.data[text.length - 1]))
		text.length--;
	return text;
}

#endif
