/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/compiled.h"

/*
 * The walk: from the right, as far as hops are trusted. The invariant is that
 * `last` was vouched for by the peer or by a trusted hop to its right; what
 * stands left of an untrusted or unreadable entry is never looked at.
 */

struct walk {
	struct evaluation *evaluation;
	const struct compiled_source *source;
	struct address last; /* ADDRESS_NONE: nothing yet */
	unsigned hops;
	bool external; /* an external proxy vouched, the peer or a hop */
	bool anybody;  /* a hop was trusted by the word any alone */
};

/* RFC 4291 section 2.4: global unicast is 2000::/3. */
static bool
is_private(const struct address *address)
{
	const struct prefix *prefixes;
	size_t count;

	if (address->family == ADDRESS_IPV6)
		return address->hi >> 61 != 1;
	count = named_range_prefixes(RANGE_PRIVATE, &prefixes);
	for (size_t i = 0; i < count; i++)
		if (prefix_contains(&prefixes[i], address))
			return true;
	return false;
}

static struct outcome
walk_answer(const struct walk *walk)
{
	struct outcome outcome = {.kind = OUTCOME_PEER, .reach = REACH_PEER};

	if (walk->last.family != ADDRESS_NONE) {
		outcome.kind = OUTCOME_ADDRESS;
		outcome.address = walk->last;
		outcome.reach = walk->anybody ? REACH_OTHER : REACH_WALK;
	}
	outcome.hops = walk->hops;
	return outcome;
}

static struct outcome
walk_ended(struct walk *walk, const struct entries *entries)
{
	struct evaluation *evaluation = walk->evaluation;
	enum word word = walk->source->settings->all_trusted;
	struct outcome outcome;

	if (entries->missing) {
		raise_flag(evaluation, FLAG_INCOMPLETE);
		trace_note(evaluation->trace,
		    "stopped: lines further left were not sent",
		    walk->source->name, NULL);
		return walk_answer(walk);
	}
	if (walk->last.family == ADDRESS_NONE)
		return (struct outcome){.kind = OUTCOME_NEXT};
	raise_flag(evaluation, FLAG_ALL_TRUSTED);
	trace_note(evaluation->trace, "every entry is trusted",
	    walk->source->name, NULL);
	if (word == WORD_LEFTMOST)
		return walk_answer(walk);
	outcome = outcome_of_word(word);
	outcome.hops = walk->hops;
	return outcome;
}

/* An entry that is no address. False: go on to the left. */
static bool
walk_refused(
    struct walk *walk, const struct entry *entry, struct outcome *outcome)
{
	enum word word =
	    entry_refused(walk->evaluation, walk->source, entry->kind);

	if (word == WORD_SKIP)
		return false;
	*outcome =
	    word == WORD_STOP ? walk_answer(walk) : outcome_of_word(word);
	outcome->hops = walk->hops;
	return true;
}

/* A trusted hop vouches for what stands left of it. */
static void
walk_trust(struct walk *walk, const struct entry *entry, uint64_t bits)
{
	struct evaluation *evaluation = walk->evaluation;
	const struct compiled_source *source = walk->source;
	struct view list;

	walk->hops++;
	walk->external |= set_holds(&source->external, bits);
	walk->anybody |=
	    (bits & (source->trust->mask | source->external.mask)) == 0;
	evaluation->farthest = entry->address;
	evaluation->farthest_source = source;
	evaluation->farthest_hops = walk->hops;
	if (!evaluation->trace)
		return;
	list = set_holder(source->trust, bits, &entry->address);
	if (list.length == 0)
		list = set_holder(&source->external, bits, &entry->address);
	trace_trusted(evaluation->trace, &entry->address, list);
	evaluation->farthest_first = evaluation->source_step;
	evaluation->farthest_last = trace_position(evaluation->trace);
}

static bool
walk_trusts(const struct walk *walk, const struct entry *entry, uint64_t bits)
{
	const struct policy *policy = walk->evaluation->policy;

	if (entry->decorated && policy->settings->ip.port == PORT_UNTRUSTED)
		return false;
	return set_holds(&walk->source->external, bits) ||
	       set_holds(walk->source->trust, bits);
}

/* An address. False: it is a trusted hop, go on to the left. */
static bool
walk_address(struct walk *walk, const struct entry *entry,
    struct entries *entries, struct outcome *outcome)
{
	struct evaluation *evaluation = walk->evaluation;
	uint64_t bits = trust_lookup(evaluation, &entry->address);

	if (walk->external && is_private(&entry->address)) {
		raise_flag(evaluation, FLAG_PRIVATE_BEHIND_EXTERNAL);
		trace_note(evaluation->trace,
		    "stopped: a private address, vouched for by an external "
		    "proxy",
		    walk->source->name, &entry->address);
		*outcome = walk_answer(walk);
		return true;
	}
	walk->last = entry->address;
	if (walk_trusts(walk, entry, bits)) {
		walk_trust(walk, entry, bits);
		return false;
	}
	trace_note(evaluation->trace, "not trusted: the answer",
	    walk->source->name, &entry->address);
	*outcome = walk_answer(walk);
	if (entries_left(entries))
		raise_flag(evaluation, FLAG_ENTRIES_LEFT_OF_CLIENT);
	return true;
}

static struct outcome
walk_limited(struct walk *walk, struct entries *entries)
{
	struct entry entry;

	entries_previous(entries, &entry);
	if (entry.kind == ENTRY_END)
		return walk_ended(walk, entries);
	raise_flag(walk->evaluation, FLAG_HOP_LIMIT);
	trace_note(walk->evaluation->trace, "stopped: the limit of hops",
	    walk->source->name, NULL);
	return walk_answer(walk);
}

struct outcome
pick_walk(struct evaluation *evaluation, struct entries *entries)
{
	const struct compiled_source *source = entries->source;
	struct walk walk = {.evaluation = evaluation, .source = source};
	struct outcome outcome;

	walk.external =
	    source->external.any_word ||
	    (evaluation->peer.family != ADDRESS_NONE
		    ? set_holds(&source->external, evaluation->peer_bits)
		    : source->external.local);
	for (unsigned i = 0; i < source->settings->limit; i++) {
		struct entry entry;

		entries_previous(entries, &entry);
		if (entry.kind == ENTRY_END)
			return walk_ended(&walk, entries);
		if (entry.kind != ENTRY_TEXT) {
			if (walk_refused(&walk, &entry, &outcome))
				return outcome;
		} else if (walk_address(&walk, &entry, entries, &outcome)) {
			return outcome;
		}
	}
	return walk_limited(&walk, entries);
}

/*
 * A hop that the trusted walk of X-Forwarded-For passes is in the set. The walk
 * is the default one over the policy's trust; it raises no flags of its own.
 */
static bool
passed_hop_in(struct evaluation *evaluation, const struct compiled_set *from,
    uint64_t *bits)
{
	static const struct source_settings settings = {
	    .kind = SOURCE_HEADER,
	    .lines = LINES_JOIN,
	    .on_empty = WORD_STOP,
	};
	const struct policy *policy = evaluation->policy;
	struct compiled_source source = {.settings = &settings,
	    .input = policy->forwarded_for,
	    .format = LINE_LIST,
	    .trust = &policy->trust};
	struct evaluation quiet = *evaluation;
	struct walk walk = {.evaluation = &quiet, .source = &source};
	struct entries entries;
	struct entry entry;

	if (entries_begin(&entries, &quiet, &source) != ENTRIES_READY)
		return false;
	for (unsigned i = 0; i < FROM_HOPS_MAX; i++) {
		entries_previous(&entries, &entry);
		if (entry.kind != ENTRY_TEXT)
			return false;
		*bits = trust_lookup(&quiet, &entry.address);
		if (!walk_trusts(&walk, &entry, *bits))
			return false;
		if (set_holds(from, *bits))
			return true;
	}
	return false;
}

static bool
peer_in(const struct evaluation *evaluation, const struct compiled_set *set)
{
	if (set->any_word)
		return true;
	if (evaluation->peer.family == ADDRESS_NONE)
		return set->local;
	return set_holds(set, evaluation->peer_bits);
}

static bool
peer_in_explicitly(
    const struct evaluation *evaluation, const struct compiled_set *set)
{
	if (evaluation->peer.family == ADDRESS_NONE)
		return set->local;
	return (evaluation->peer_bits & set->mask) != 0;
}

bool
source_from_met(
    struct evaluation *evaluation, const struct compiled_source *source)
{
	const struct compiled_set *from = &source->from;
	uint64_t bits = 0;

	evaluation->from_explicit = false;
	if (!source->settings->from.given)
		return true;
	if (peer_in_explicitly(evaluation, from)) {
		evaluation->from_explicit = true;
		return true;
	}
	if (passed_hop_in(evaluation, from, &bits)) {
		evaluation->from_explicit = (bits & from->mask) != 0;
		return true;
	}
	return peer_in(evaluation, from);
}
