/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/definitions.h"

#include <stdlib.h>
#include <string.h>

static int
compare_entries(const void *left, const void *right)
{
	const struct definition *a = left;
	const struct definition *b = right;
	int order = strcmp(a->name, b->name);

	return order != 0 ? order
			  : (a->index > b->index) - (a->index < b->index);
}

void
definitions_settle(
    struct definitions *definitions, const char *what, struct report *report)
{
	struct definition *entries = definitions->entries;
	size_t kept = 0;

	if (definitions->count == 0)
		return;
	qsort(entries, definitions->count, sizeof(*entries), compare_entries);
	for (size_t i = 1; i < definitions->count; i++) {
		const struct place *first = &entries[kept].place;

		if (strcmp(entries[kept].name, entries[i].name) != 0) {
			entries[++kept] = entries[i];
			continue;
		}
		report_error(report, entries[i].place,
		    "%s '%s' is defined already, at %s:%u:%u", what,
		    entries[i].name, first->file, first->line, first->column);
	}
	definitions->count = kept + 1;
}

static int
compare_name(const void *key, const void *entry)
{
	return strcmp(key, ((const struct definition *)entry)->name);
}

const struct definition *
definitions_find(const struct definitions *definitions, const char *name)
{
	if (definitions->count == 0)
		return NULL;
	return bsearch(name, definitions->entries, definitions->count,
	    sizeof(*definitions->entries), compare_name);
}
