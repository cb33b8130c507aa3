/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTO_TEXT_LINE_H
#define PROTO_TEXT_LINE_H

/*
 * The entries of one header line, from the right: the end that the nearest
 * hop wrote. What a client wrote stands on the left and costs nothing until
 * the walk gets there.
 */

#include "proto/text/address.h"

enum line_format {
	LINE_LIST,      /* split at commas, blanks and tabs cut */
	LINE_SINGLE,    /* the whole line is one entry */
	LINE_ADDR_PORT, /* the whole line is one entry; its port is unbracketed */
	LINE_FORWARDED, /* RFC 7239: the "for" of each element */
};

enum entry_kind {
	ENTRY_END,     /* no entry is left in the line */
	ENTRY_TEXT,    /* *text is the entry, trimmed, not empty */
	ENTRY_EMPTY,   /* an empty entry, or an element without "for" */
	ENTRY_INVALID, /* cannot be an entry at all */
};

struct line_cursor {
	const char *begin;
	const char *end; /* of what is still to be read */
	enum line_format format;
	bool done;
	/* Forwarded: a quoted node, unescaped. */
	char node[ENTRY_TEXT_MAX + 4];
};

/* An empty line holds one empty entry. The line outlives the cursor. */
void line_begin(
    struct line_cursor *cursor, struct view line, enum line_format format);

/*
 * Gives the next entry to the left. *text, on ENTRY_TEXT alone, lives until
 * the next call or as long as the line. LINE_FORWARDED follows RFC 7239
 * section 4, each element the shortest text behind a comma that is a whole
 * valid element; where there is none within 4 KiB and 32 commas, one
 * ENTRY_INVALID and then ENTRY_END. ":_port" is cut from nodes.
 */
enum entry_kind line_previous(struct line_cursor *cursor, struct view *text);

#endif
