/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_POLICY_COMPILED_H
#define AGENT_POLICY_COMPILED_H

/*
 * Policies in the form that evaluation reads. Private to agent/policy.
 *
 * Each set of the settings becomes a mask over the members of a table: is an
 * address in the set? is one lookup and one AND. Policies share tables as long
 * as their members fit into one; a table of trust sets answers all sets that a
 * hop is asked for, a table of rule lists all rules at once.
 */

#include "agent/policy/policy.h"
#include "agent/table/table.h"
#include "proto/text/line.h"

struct compiled_set {
	const struct set *set;
	uint64_t mask;    /* members of the table, any and unix left out */
	uint8_t *members; /* one an item: its member, or MEMBER_NONE */
	bool any;         /* holds every address */
	bool any_word;    /* the bare word: holds local sockets too */
	bool local;       /* holds local sockets: the word unix */
};

enum {
	MEMBER_NONE = 255,
	FROM_HOPS_MAX = 32, /* the default "limit" of a source */
};

struct compiled_source {
	const struct source_settings *settings;
	int input; /* field or argument of the names; -1 for proxy */
	enum line_format format;
	struct view name; /* "x-forwarded-for", "proxy" */
	struct compiled_set from;
	const struct compiled_set *trust; /* its own, or the policy's */
	struct compiled_set own_trust;
	struct compiled_set external;
	struct compiled_set verify;
	struct compiled_set skip;
};

struct compiled_rule {
	const struct rule_settings *settings;
	struct compiled_set lists;
	struct view verdict;
	struct view name;
};

struct compiled_conflict {
	struct compiled_source a;
	struct compiled_source b;
	enum conflict_rule rule;
};

struct policy {
	const struct policy_settings *settings;
	const struct table
	    *trust_table; /* members of all sets but the rules' */
	const struct table *rule_table;
	struct compiled_set trust;
	struct compiled_set own_proxy_trust;
	const struct compiled_set *proxy_trust; /* its own, or trust */
	bool trust_any; /* trust holds any, in either form: nothing is proven */
	struct compiled_source *sources;
	size_t source_count;
	struct compiled_conflict *conflicts;
	size_t conflict_count;
	struct compiled_rule *rules;
	size_t rule_count;
	int forwarded_for; /* field x-forwarded-for, when a "from" needs it */
	int forward_fields[FORWARD_COUNT]; /* -1 where there is no forward */
	struct view default_;
	struct view unknown;
	unsigned index;
};

/* Is the address, whose lookup gave bits, in the set? */
static inline bool
set_holds(const struct compiled_set *set, uint64_t bits)
{
	return (bits & set->mask) != 0 || set->any;
}

/*
 * The name of what holds the address, first in written order: a list, a
 * named range or a CIDR. Empty when the set does not hold it.
 */
struct view set_holder(const struct compiled_set *set, uint64_t bits,
    const struct address *address);

/* Notes a step; does nothing without a trace. */
void trace_note(struct trace *trace, const char *text, struct view name,
    const struct address *address);
void trace_trusted(
    struct trace *trace, const struct address *address, struct view list);

/* The steps from first to last, that not, belong to a source that answered. */
void trace_answered(
    struct trace *trace, unsigned first, unsigned last, bool answered);

static inline unsigned
trace_position(const struct trace *trace)
{
	return trace ? trace->count : 0;
}

/* ---- one evaluation ---- */

/* How the answer was reached, for "proven". */
enum reach {
	REACH_OTHER,
	REACH_PEER, /* the peer itself, by PROXY or not */
	REACH_PROXY,
	REACH_WALK,
	REACH_VERIFIED, /* hops with verify */
};

enum outcome_kind {
	OUTCOME_NEXT,
	OUTCOME_ADDRESS,
	OUTCOME_PEER,
	OUTCOME_NONE,
	OUTCOME_REJECT,
};

struct outcome {
	enum outcome_kind kind;
	struct address address; /* OUTCOME_ADDRESS */
	enum reach reach;
	unsigned hops;
};

struct evaluation {
	const struct policy *policy;
	const struct request *request;
	struct trace *trace;
	struct address peer; /* ADDRESS_NONE: a local socket */
	uint64_t peer_bits;  /* of the trust table */
	bool by_proxy;       /* a PROXY header replaced the peer */
	bool unvouched;      /* only "any" vouches for the sender of PROXY */
	bool trusted;
	struct address proxy_source; /* usable PROXY source, or ADDRESS_NONE */
	uint32_t flags;
	struct address farthest; /* last trusted hop seen, or ADDRESS_NONE */
	const struct compiled_source *farthest_source;
	unsigned farthest_hops;
	unsigned source_step;    /* where the trace of this source begins */
	unsigned farthest_first; /* the steps of the farthest hop's source */
	unsigned farthest_last;
	const struct compiled_source *answered; /* the source that answered */
	bool from_explicit; /* its from was met by more than "any" */
};

static inline void
raise_flag(struct evaluation *evaluation, enum flag flag)
{
	evaluation->flags |= UINT32_C(1) << flag;
}

/* The outcome that a word stands for; stop and skip are the caller's. */
struct outcome outcome_of_word(enum word word);

static inline uint64_t
trust_lookup(const struct evaluation *evaluation, const struct address *address)
{
	return table_lookup(evaluation->policy->trust_table, address);
}

/* ---- entries of a source (entries.c) ---- */

struct entry {
	enum entry_kind kind; /* ENTRY_TEXT: address is set */
	struct address address;
	bool decorated; /* in brackets or with a port */
};

struct entries {
	const struct evaluation *evaluation;
	const struct compiled_source *source;
	struct field_lines lines;
	struct line_cursor line;
	bool in_line;      /* line has entries left */
	bool more_lines;   /* lines may be asked for another line */
	bool missing;      /* at the end: lines to the left were not sent */
	struct entry once; /* an entry that no line holds */
	bool has_once;
};

enum entries_status {
	ENTRIES_ABSENT, /* the field is not there */
	ENTRIES_READY,
	ENTRIES_INCOMPLETE, /* what is asked for was not sent */
};

/*
 * Begins at the right end of what the source reads. Flags what is known
 * from the lines alone (several-lines) in evaluation->flags.
 */
enum entries_status entries_begin(struct entries *entries,
    struct evaluation *evaluation, const struct compiled_source *source);

/*
 * The next entry to the left; kind ENTRY_END when there is none that was sent:
 * then entries->missing says whether there are others. With "on-empty: skip"
 * empty entries are gone.
 */
void entries_previous(struct entries *entries, struct entry *entry);

/* Is there an entry, or an unsent line, left of where the cursor stands? */
bool entries_left(struct entries *entries);

/* An address under the policy's "ip"; false: the policy refuses it. */
bool ip_accept(const struct ip_settings *ip, struct address *address);

/* ---- picking (walk.c, pick.c) ---- */

struct outcome source_pick(
    struct evaluation *evaluation, const struct compiled_source *source);
struct outcome pick_walk(
    struct evaluation *evaluation, struct entries *entries);
struct outcome pick_hops(
    struct evaluation *evaluation, struct entries *entries);
struct outcome pick_leftmost(
    struct evaluation *evaluation, struct entries *entries);

/* The outcome of a word where stop and skip mean the peer. */
struct outcome outcome_or_peer(enum word word);

/* Flags an entry that is no address; gives the word for it. */
enum word entry_refused(struct evaluation *evaluation,
    const struct compiled_source *source, enum entry_kind kind);

/* Is the source's "from" met? Sets evaluation->from_explicit. */
bool source_from_met(
    struct evaluation *evaluation, const struct compiled_source *source);

/* ---- the steps of an evaluation ---- */

/* Part 2 of semantics: false when PROXY's absence or kind is refused. */
bool peer_resolve(struct evaluation *evaluation);

/* Part 3.1: does one of the policy's conflicts hit? */
bool conflict_found(struct evaluation *evaluation);

/* Parts 7 and 8, on an answer whose client_ip and flags are set. */
void verdict_decide(const struct policy *policy, struct answer *answer,
    bool rejected, struct trace *trace);
void forward_decide(const struct evaluation *evaluation,
    struct request *request, struct answer *answer);

#endif
