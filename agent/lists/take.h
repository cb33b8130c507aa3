/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_TAKE_H
#define AGENT_LISTS_TAKE_H

/* Taking the content of one list from its file, whole and settled. */

#include "agent/lists/trail.h"
#include "conf/lists/read.h"

enum take_result {
	TAKE_GOOD,
	TAKE_SAME,    /* the file is the one that is known; it was not read */
	TAKE_MISSING, /* there is none, or it may not be opened */
	TAKE_BAD,     /* its text is no list */
	TAKE_MOVING,  /* it changed while it was read */
};

struct take {
	enum take_result result;
	struct identity identity;
	struct prefixes *content; /* TAKE_GOOD: the caller's */
};

/* Any thread. known may be NULL: read it, whatever it is. */
void take_list(const struct list_settings *list, const struct identity *known,
    struct report *report, struct take *take);

/*
 * The first error of the report from entry first on, with its place; it is the
 * caller's to be freed. NULL when there is none, or no memory.
 */
char *take_error(const struct report *report, size_t first);

/* The prefixes of an inline list; NULL when memory ran out. */
struct prefixes *take_inline(const struct list_settings *list);

/* Are both the same file, read in the same way? */
bool take_alike(
    const struct list_settings *one, const struct list_settings *other);

#endif
