/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTO_TEXT_FORWARDED_H
#define PROTO_TEXT_FORWARDED_H

/* One element of RFC 7239 Forwarded. */

#include "proto/text/view.h"

/*
 * The parameters that RFC 7239 section 5 registers, as they stand in the
 * element: a quoted value keeps its quotes. data is NULL where absent.
 */
struct forwarded_element {
	struct view by;
	struct view node; /* for */
	struct view host;
	struct view proto;
};

/* The search for one element goes no further: bytes and commas it holds. */
enum { FORWARDED_ELEMENT_MAX = 4096, FORWARDED_COMMAS_MAX = 32 };

/*
 * Is the whole of text one valid element? token=value pairs between
 * semicolons, blanks and tabs around, pairs may be empty; value a token, also
 * with ":[]", or a quoted string, a backslash only before tab or printable; no
 * parameter twice, at most 64. Unknown ones are passed over. *element may be
 * NULL.
 */
bool forwarded_element_parse(
    struct view text, struct forwarded_element *element);

/*
 * Finds the last element of a line: the shortest text behind a comma, or the
 * whole line, that is a valid element but for parameters that stand twice or
 * are too many. False where there is none within the bounds.
 */
bool forwarded_last(struct view line, struct view *element);

/*
 * A value without quotes and backslashes. Gives the length, or size + 1 when
 * it does not fit into size bytes (no NUL is written).
 */
size_t forwarded_value_unescape(struct view value, char *text, size_t size);

#endif
