/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_OVERLAP_H
#define CONF_LOAD_OVERLAP_H

/*
 * Warnings about what operators write twice: prefixes that others of the same
 * list cover, rules that can never match. Containment is libcidr's answer; its
 * parser only ever sees canonical text of ours.
 */

#include "conf/load/report.h"
#include "conf/load/settings.h"

struct overlap_entry {
	struct prefix prefix;
	struct place place;
	size_t order; /* set here */
};

/* Entries of one list, in written order; they are sorted. */
void overlap_check_entries(
    struct overlap_entry *entries, size_t count, struct report *report);

enum { OVERLAP_BUDGET = 2000000 };

/*
 * The rules of a policy, in order. Comparisons are counted down from a budget
 * that a whole run shares; when it is used up, no more is said.
 */
void overlap_check_rules(const struct settings *settings,
    const struct policy_settings *policy, unsigned *budget,
    struct report *report);

#endif
