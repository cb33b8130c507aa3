/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/compiled.h"

/* The picks that are no walk, and the choice among them. */

/* The count from the right, and what was passed over on the way. */
struct counting {
	struct entry entry; /* the leftmost one so far */
	unsigned entries;
	unsigned verified; /* passed over, up to the first that is not */
	bool expected;     /* all that were passed over are verified */
};

/* An empty "verify", its default, asks for nothing. */
static bool
verifies(const struct compiled_source *source)
{
	return source->verify.any || source->settings->verify.count > 0;
}

static bool
is_verified(const struct evaluation *evaluation,
    const struct compiled_set *verify, const struct entry *entry)
{
	uint64_t bits;

	if (entry->kind != ENTRY_TEXT)
		return false;
	bits = trust_lookup(evaluation, &entry->address);
	if (!set_holds(verify, bits))
		return false;
	if (evaluation->trace)
		trace_trusted(evaluation->trace, &entry->address,
		    set_holder(verify, bits, &entry->address));
	return true;
}

/* One entry more to the left; the one before is passed over. */
static void
count_on(struct counting *counting, const struct evaluation *evaluation,
    const struct compiled_source *source, const struct entry *next)
{
	if (counting->entries++ > 0 && verifies(source) && counting->expected) {
		counting->expected =
		    is_verified(evaluation, &source->verify, &counting->entry);
		counting->verified += counting->expected;
	}
	counting->entry = *next;
}

/* The entry counted to is the answer, if what lies right of it is verified. */
static struct outcome
counted_answer(struct evaluation *evaluation,
    const struct compiled_source *source, const struct counting *counting)
{
	const struct entry *entry = &counting->entry;
	struct outcome outcome = {
	    .kind = OUTCOME_ADDRESS, .address = entry->address};

	if (!counting->expected) {
		raise_flag(evaluation, FLAG_UNEXPECTED_HOP);
		trace_note(evaluation->trace,
		    "an entry passed over is not where a hop should be",
		    source->name, NULL);
		outcome = outcome_or_peer(source->settings->on_invalid);
	} else if (entry->kind != ENTRY_TEXT) {
		outcome = outcome_or_peer(
		    entry_refused(evaluation, source, entry->kind));
	} else {
		trace_note(evaluation->trace, "the entry counted to",
		    source->name, &entry->address);
	}
	outcome.hops = counting->verified;
	return outcome;
}

/* What was passed over is not asked for: there is no Nth entry. */
static struct outcome
hops_short(struct evaluation *evaluation, const struct entries *entries,
    struct counting *counting)
{
	const struct compiled_source *source = entries->source;

	raise_flag(evaluation, FLAG_SHORT_CHAIN);
	if (entries->missing)
		raise_flag(evaluation, FLAG_INCOMPLETE);
	trace_note(
	    evaluation->trace, "fewer entries than hops", source->name, NULL);
	trace_answered(evaluation->trace, evaluation->source_step,
	    trace_position(evaluation->trace), false);
	counting->expected = true;
	counting->verified = 0;
	if (source->settings->short_ == WORD_LEFTMOST && counting->entries > 0)
		return counted_answer(evaluation, source, counting);
	return outcome_of_word(source->settings->short_);
}

struct outcome
pick_hops(struct evaluation *evaluation, struct entries *entries)
{
	const struct compiled_source *source = entries->source;
	struct counting counting = {.expected = true};
	struct outcome outcome;

	do {
		struct entry next;

		entries_previous(entries, &next);
		if (next.kind == ENTRY_END && counting.entries == 0 &&
		    !entries->missing)
			return outcome_of_word(WORD_NEXT);
		if (source->settings->hops == 0)
			return outcome_of_word(WORD_PEER);
		if (next.kind == ENTRY_END)
			return hops_short(evaluation, entries, &counting);
		count_on(&counting, evaluation, source, &next);
	} while (counting.entries < source->settings->hops);
	outcome = counted_answer(evaluation, source, &counting);
	if (outcome.kind == OUTCOME_ADDRESS) {
		if (verifies(source) && !source->verify.any)
			outcome.reach = REACH_VERIFIED;
		if (entries_left(entries))
			raise_flag(evaluation, FLAG_ENTRIES_LEFT_OF_CLIENT);
	}
	return outcome;
}

/*
 * What reading from this entry on to the right would answer, given what the
 * rest to the right answers: so one pass from the right finds the leftmost,
 * and flags of entries that are never reached are dropped again.
 */
static void
leftmost_fold(struct evaluation *evaluation, struct entries *entries,
    const struct entry *entry, struct outcome *rest, uint32_t *flags)
{
	const struct compiled_source *source = entries->source;
	struct evaluation quiet = {.policy = evaluation->policy};
	uint32_t own;
	enum word word;

	if (entry->kind == ENTRY_TEXT) {
		uint64_t bits = trust_lookup(evaluation, &entry->address);

		if (set_holds(&source->skip, bits))
			return;
		*rest = (struct outcome){
		    .kind = OUTCOME_ADDRESS, .address = entry->address};
		*flags = 0;
		return;
	}
	word = entry_refused(&quiet, source, entry->kind);
	own = quiet.flags;
	if (word == WORD_SKIP) {
		*flags |= own;
		return;
	}
	*rest = outcome_or_peer(word);
	*flags = own;
}

struct outcome
pick_leftmost(struct evaluation *evaluation, struct entries *entries)
{
	struct outcome outcome = {.kind = OUTCOME_NEXT};
	uint32_t flags = 0;
	struct entry entry;

	for (;;) {
		entries_previous(entries, &entry);
		if (entry.kind == ENTRY_END)
			break;
		raise_flag(evaluation, FLAG_LEFTMOST_IS_SPOOFABLE);
		leftmost_fold(evaluation, entries, &entry, &outcome, &flags);
	}
	if (entries->missing) {
		raise_flag(evaluation, FLAG_INCOMPLETE);
		return outcome_of_word(WORD_NEXT);
	}
	evaluation->flags |= flags;
	if (outcome.kind == OUTCOME_ADDRESS)
		trace_note(evaluation->trace, "the leftmost entry",
		    entries->source->name, &outcome.address);
	return outcome;
}

struct outcome
source_pick(struct evaluation *evaluation, const struct compiled_source *source)
{
	struct entries entries;

	switch (entries_begin(&entries, evaluation, source)) {
	case ENTRIES_ABSENT:
		trace_note(evaluation->trace, "passed over: it is not there",
		    source->name, NULL);
		return outcome_of_word(WORD_NEXT);
	case ENTRIES_INCOMPLETE:
		trace_note(evaluation->trace,
		    "passed over: its lines or their count were not sent",
		    source->name, NULL);
		return outcome_of_word(WORD_NEXT);
	case ENTRIES_READY:
		break;
	}
	switch (source->settings->pick) {
	case PICK_WALK:
		return pick_walk(evaluation, &entries);
	case PICK_HOPS:
		return pick_hops(evaluation, &entries);
	case PICK_LEFTMOST:
		return pick_leftmost(evaluation, &entries);
	}
	return outcome_of_word(WORD_NEXT);
}
