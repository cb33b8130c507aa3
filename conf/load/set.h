/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_SET_H
#define CONF_LOAD_SET_H

/* Sets: where names of lists, prefixes and named ranges mix. */

#include "conf/load/loader.h"

/* Is the text one of the named ranges? */
bool named_range_find(const char *text, enum named_range *range);

/* An address or prefix without host bits; false, reported, for anything else. */
bool prefix_read(
    struct loader *loader, const struct node *value, struct prefix *prefix);

/* Was nothing written into it? Bad items are something. */
bool set_is_empty(const struct set *set);

/* Does "any" stand in it? */
bool set_has_any(const struct set *set);

/*
 * Counts what the sets of one table need, from the begin on. A set that goes
 * beyond POLICY_SETS_MAX is reported at the item that does, once a table.
 */
struct set_count {
	unsigned serial;
	unsigned members;
	unsigned ranges; /* bits of the named ranges counted */
};

void set_count_begin(struct loader *loader, struct set_count *count);
void set_count_add(
    struct loader *loader, struct set_count *count, const struct set *set);

#endif
