/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_DYNAMIC_DYNAMIC_H
#define AGENT_DYNAMIC_DYNAMIC_H

/*
 * The prefixes of a dynamic list: added and removed one by one, each with its
 * time, its end and its reason. Owned by the lists thread; pure, no clock: time
 * is told in milliseconds, ends by the monotonic clock.
 */

#include "conf/lists/prefixes.h"

struct dynamic;

enum {
	DYNAMIC_REASON_MAX = 200, /* bytes; longer ones are cut by the caller */
	DYNAMIC_WHO_MAX = 40,
};

static const uint64_t DYNAMIC_FOREVER = UINT64_MAX;

struct dynamic_entry {
	struct prefix prefix;
	int64_t since;      /* wall clock, milliseconds since 1970 */
	uint64_t ends;      /* monotonic milliseconds, or DYNAMIC_FOREVER */
	struct view reason; /* lives until the entry is changed or removed */
	struct view who;
};

enum dynamic_result {
	DYNAMIC_NEW,
	DYNAMIC_RENEWED, /* was there: time, end and reason are the new ones */
	DYNAMIC_GONE,    /* was removed */
	DYNAMIC_ABSENT,  /* was not there */
	DYNAMIC_STARVED, /* memory ran out; all is as before */
};

struct dynamic *dynamic_new(void);
void dynamic_free(struct dynamic *dynamic);
size_t dynamic_count(const struct dynamic *dynamic);
size_t dynamic_size(const struct dynamic *dynamic); /* bytes */

enum dynamic_result dynamic_add(
    struct dynamic *dynamic, const struct dynamic_entry *entry);
enum dynamic_result dynamic_remove(
    struct dynamic *dynamic, const struct prefix *prefix);
void dynamic_clear(struct dynamic *dynamic);

/* The most specific entry that holds the address; false for none. */
bool dynamic_find(const struct dynamic *dynamic, const struct address *address,
    struct dynamic_entry *entry);

/* This very prefix. */
bool dynamic_get(const struct dynamic *dynamic, const struct prefix *prefix,
    struct dynamic_entry *entry);

/* As prefixes_cover() and prefixes_inside(). */
bool dynamic_cover(const struct dynamic *dynamic, const struct prefix *prefix);
size_t dynamic_inside(const struct dynamic *dynamic,
    const struct prefix *prefix, struct prefix *inside, size_t room);

/*
 * In order of address and length: the first entry (after is NULL) or the next
 * one behind that prefix, which need not be there any more. False at the end.
 */
bool dynamic_next(const struct dynamic *dynamic, const struct prefix *after,
    struct dynamic_entry *entry);

/* When the first entry ends; DYNAMIC_FOREVER when none does. */
uint64_t dynamic_next_end(const struct dynamic *dynamic);

/* An entry that has ended by now; false when there is none (left). */
bool dynamic_ended(
    const struct dynamic *dynamic, uint64_t now, struct dynamic_entry *entry);

/* All of it, for a table; NULL when memory ran out. */
struct prefixes *dynamic_pack(const struct dynamic *dynamic);

#endif
