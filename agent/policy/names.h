/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_POLICY_NAMES_H
#define AGENT_POLICY_NAMES_H

/*
 * The names that HAProxy may send, and the place of each in a request. Built
 * once a generation from what its policies read; found without allocation.
 */

#include <stdint.h>

#include "proto/text/view.h"

enum slot_kind {
	SLOT_UNKNOWN, /* no policy reads it */
	SLOT_PEER,
	SLOT_SRC,
	SLOT_PROXIED,
	SLOT_HEADERS,
	SLOT_POLICY,
	SLOT_SCHEME,
	SLOT_HOST,
	SLOT_PORT,
	SLOT_PATH,
	SLOT_PREFIX,
	SLOT_FIELD_LINE,   /* h.NAME, h.NAME.2 …: index is the field */
	SLOT_FIELD_COUNT,  /* h.NAME.count: index is the field */
	SLOT_FIELD_UNREAD, /* h.… of a field that no policy reads */
	SLOT_ARGUMENT,     /* index is the argument */
};

enum { LINES_BY_NAME_MAX = 10 }; /* req.fhdr() goes back ten lines */

struct slot {
	enum slot_kind kind;
	uint16_t index;
	uint8_t distance; /* SLOT_FIELD_LINE: 0 the last line, up to 9 */
	bool counts;      /* SLOT_FIELD_UNREAD: the count, not a line */
};

struct names;

/* An empty set of names; NULL when memory ran out. */
struct names *names_new(void);
void names_free(struct names *names);

/*
 * Adds a header field or an argument that a policy reads, in any case; gives
 * its index, the same for the same name, or -1 when memory ran out or there
 * are too many (FIELDS_MAX each).
 */
int names_add_field(struct names *names, struct view name);
int names_add_argument(struct names *names, struct view name);

unsigned names_fields(const struct names *names);
unsigned names_arguments(const struct names *names);

/* The field's name in lower case, for display. */
struct view names_field(const struct names *names, unsigned field);
struct view names_argument(const struct names *names, unsigned argument);

/* Where an argument of that name belongs; case is folded. */
struct slot names_find(const struct names *names, struct view argument);

/* The index of a header field, or -1 when no policy reads it. */
int names_find_field(const struct names *names, struct view field);

#endif
