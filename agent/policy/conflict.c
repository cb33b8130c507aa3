/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/compiled.h"

/*
 * Headers that contradict each other. Both chains are read from the right:
 * they are the same from the right exactly when they are from the left.
 */

/* The next valid address to the left; false when there is none. */
static bool
next_address(struct entries *entries, struct address *address)
{
	struct entry entry;

	do {
		entries_previous(entries, &entry);
	} while (entry.kind == ENTRY_EMPTY || entry.kind == ENTRY_INVALID);
	*address = entry.address;
	return entry.kind == ENTRY_TEXT;
}

static bool
chains_differ(struct entries *a, struct entries *b)
{
	struct address of_a, of_b;
	bool more_a = next_address(a, &of_a), more_b = next_address(b, &of_b);

	if (!more_a || !more_b)
		return false;
	while (more_a && more_b) {
		if (!address_equal(&of_a, &of_b))
			return true;
		more_a = next_address(a, &of_a);
		more_b = next_address(b, &of_b);
	}
	return more_a || more_b;
}

static bool
first_is_nowhere(struct entries *a, struct entries *b)
{
	struct address first = {0}, address;

	while (next_address(a, &address))
		first = address;
	if (first.family == ADDRESS_NONE)
		return false;
	while (next_address(b, &address))
		if (address_equal(&first, &address))
			return false;
	return true;
}

/* An absent field, or one of which too little was sent, has no entries. */
static void
chain_begin(struct entries *entries, struct evaluation *evaluation,
    const struct compiled_source *source)
{
	struct evaluation quiet = *evaluation;

	if (entries_begin(entries, &quiet, source) != ENTRIES_READY) {
		entries->in_line = false;
		entries->more_lines = false;
		entries->has_once = false;
	}
	entries->evaluation = evaluation;
}

static bool
conflict_hits(
    struct evaluation *evaluation, const struct compiled_conflict *conflict)
{
	struct entries a, b;

	chain_begin(&a, evaluation, &conflict->a);
	chain_begin(&b, evaluation, &conflict->b);
	if (conflict->rule == CONFLICT_SAME)
		return chains_differ(&a, &b);
	return first_is_nowhere(&a, &b);
}

bool
conflict_found(struct evaluation *evaluation)
{
	const struct policy *policy = evaluation->policy;

	for (size_t i = 0; i < policy->conflict_count; i++) {
		const struct compiled_conflict *conflict =
		    &policy->conflicts[i];

		if (conflict_hits(evaluation, conflict)) {
			raise_flag(evaluation, FLAG_CONFLICT);
			trace_note(evaluation->trace,
			    "refused: it contradicts another header",
			    conflict->a.name, NULL);
			return true;
		}
	}
	return false;
}
