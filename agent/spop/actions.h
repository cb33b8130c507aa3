/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_SPOP_ACTIONS_H
#define AGENT_SPOP_ACTIONS_H

/*
 * The variables of an answer as the actions of an ACK: which are set, which
 * unset, in what order, and what goes when they do not fit.
 */

#include "agent/policy/policy.h"
#include "proto/spop/ack.h"

enum { SCOPE_COUNT = 4, ACTIONS_MAX = SCOPE_COUNT * VARIABLE_COUNT };

/* Variables by scope: bit n is enum variable n. */
struct touched {
	uint32_t in[SCOPE_COUNT];
};

struct action {
	uint8_t variable; /* enum variable */
	uint8_t scope;    /* enum variable_scope */
	bool set;
};

/* At most one action for a variable of a scope. */
struct actions {
	unsigned count;
	struct touched touched;
	struct action list[ACTIONS_MAX];
};

/*
 * What the answer does, without policy in scope txn: ok first, what is
 * returned in its order, then what comes by itself. In scope sess a variable
 * without a value is unset.
 */
void actions_plan(struct actions *actions, const struct policy *policy,
    const struct answer *answer);

/* Unsets what was touched before and is not now. */
void actions_unset(struct actions *actions, const struct touched *before);

/*
 * Writes all that fits and gives the number of variables that were left out,
 * from the end. ok, allowed and verdict always fit into SPOP_FRAME_SIZE_MIN.
 */
unsigned actions_write(struct actions *actions, const struct answer *answer,
    unsigned generation, struct spop_writer *writer);

#endif
