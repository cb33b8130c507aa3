/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_POLICY_POLICY_H
#define AGENT_POLICY_POLICY_H

/*
 * Policies as they are evaluated, and the generation that holds them: made
 * from settings, then never changed, so that any number of threads may read.
 */

#include "agent/policy/answer.h"
#include "agent/policy/request.h"
#include "conf/load/settings.h"

struct policy;
struct generation;

/*
 * Builds a generation, which takes a reference to the settings; contents are
 * not needed afterwards. number is what the variable "generation" says, seed
 * keys the tables. NULL when memory ran out.
 */
struct generation *generation_build(struct settings *settings,
    const struct contents *contents, unsigned number, const uint64_t seed[2]);
void generation_free(struct generation *generation);

const struct settings *generation_settings(const struct generation *generation);
const struct names *generation_names(const struct generation *generation);
unsigned generation_number(const struct generation *generation);

/* The listener's "from": does it admit the peer (NONE: a local socket)? */
bool generation_admits(const struct generation *generation, size_t listen,
    const struct address *peer);

/* Bytes of the tables, for display. */
size_t generation_size(const struct generation *generation);

/*
 * One thread, the writer's: inside the prefix the list holds exactly what held
 * holds (table_assign() says how). False: some of it cannot be done in place,
 * a new generation is needed.
 */
bool generation_assign(struct generation *generation, unsigned list,
    const struct prefix *prefix, const struct prefix *held, size_t count,
    uint64_t epoch);

/* Every reader has seen the epoch passed. */
void generation_reclaim(struct generation *generation, uint64_t passed);

/* The policy of that name, "default" when length is 0; NULL for none. */
const struct policy *generation_policy(
    const struct generation *generation, struct view name);

unsigned generation_policies(const struct generation *generation);

/* Number of a policy within its generation, from 0. */
unsigned policy_index(const struct policy *policy);
const struct policy_settings *policy_settings(const struct policy *policy);

/* ---- what happened, hop by hop, for explain ---- */

enum { TRACE_STEPS_MAX = 4096 };

enum trace_step_kind {
	TRACE_TRUSTED, /* address is trusted, list vouches for it */
	TRACE_PASSED,  /* the same, in a source that did not answer */
	TRACE_NOTE, /* text says what happened, to the address if there is one */
};

struct trace_step {
	enum trace_step_kind kind;
	struct address address;
	struct view list; /* lives as long as the generation */
	const char *text; /* constant */
	struct view
	    name; /* what it is about: field, argument, rule; or empty */
};

/* Filled up to TRACE_STEPS_MAX; what does not fit is left out. */
struct trace {
	unsigned count;
	uint64_t entries; /* that were looked at, empty ones too */
	struct trace_step steps[TRACE_STEPS_MAX];
};

/*
 * Decides: the peer, the sources, the verdict. The request carries the policy
 * name, so this finds the policy too. No allocation, no lock, no clock; work is
 * bounded by the request's bytes. *policy is the one that answered, or NULL.
 * trace may be NULL.
 */
void generation_evaluate(const struct generation *generation,
    struct request *request, struct answer *answer,
    const struct policy **policy, struct trace *trace);

#endif
