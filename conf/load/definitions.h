/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_DEFINITIONS_H
#define CONF_LOAD_DEFINITIONS_H

/*
 * Names and where each was defined. Sorted once, then searched: neither many
 * definitions nor many uses cost more than that.
 */

#include "conf/load/report.h"

struct definition {
	const char *name;
	struct place place;
	unsigned index; /* in the order of definition */
};

struct definitions {
	struct definition *entries;
	size_t count;
};

/*
 * Sorts the entries and drops those whose name an entry of smaller index has,
 * each reported as an error naming both places.
 */
void definitions_settle(
    struct definitions *definitions, const char *what, struct report *report);

/* NULL when there is none. */
const struct definition *definitions_find(
    const struct definitions *definitions, const char *name);

#endif
