/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_SPOP_MESSAGE_H
#define AGENT_SPOP_MESSAGE_H

/*
 * From the messages of a NOTIFY to the actions of its ACK: SPOP's values in,
 * the policy asked, SPOP's values out. Pure.
 */

#include "agent/control/counters.h"
#include "agent/policy/policy.h"
#include "proto/spop/ack.h"
#include "proto/spop/notify.h"

enum { REMARK_TEXT_SIZE = 64 };

/*
 * Something that the operator should hear of, kept until somebody has time to
 * say it: the first since event was last set to NULL.
 */
struct remark {
	const char *event; /* NULL: nothing */
	size_t length;
	char text[REMARK_TEXT_SIZE]; /* no NUL; cut */
};

/* What an answer is made from; none of it is kept. */
struct message_context {
	const struct generation *generation;
	struct request *request; /* scratch, made for the generation's names */
	struct counters *counters;
	struct remark *remark;
};

/*
 * Decides the messages of the payload, in order; the last one stands. Writes
 * the actions, never none, of at most what the writer takes: what does not fit
 * is left out from the end, but never ok, allowed and verdict. False: the
 * payload is broken, nothing was written.
 */
bool message_answer(const struct message_context *context, struct view payload,
    struct spop_writer *writer);

#endif
