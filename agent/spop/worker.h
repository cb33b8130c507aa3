/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_SPOP_WORKER_H
#define AGENT_SPOP_WORKER_H

/*
 * A worker: a thread, its loop and the connections that live in it. What is
 * in here belongs to that thread, but for what crosses: the inbox, the
 * counters, the publication.
 */

#include "agent/control/inbox.h"
#include "agent/control/log.h"
#include "agent/lists/edition.h"
#include "agent/lists/publication.h"
#include "agent/spop/deadline.h"
#include "agent/spop/dialog.h"

struct connection;

/* What a worker may be told, in this order. */
enum worker_order {
	WORKER_DRAIN,    /* refuse health checks, close behind answers */
	WORKER_END_IDLE, /* close what has nothing to do */
	WORKER_LEAVE,    /* close everything and end */
	WORKER_ORDERS,
	WORKER_ADOPT, /* a connection */
};

struct worker_settings {
	unsigned number; /* among workers, and as reader of the publication */
	struct log *log;
	struct publication *publication;
	struct dialog_limits limits;
};

struct worker {
	struct counters counters;
	struct dialog_limits limits;
	unsigned number;
	bool draining;
	struct ev_loop *loop;
	struct publication *publication;
	struct edition *edition;     /* of this turn of the loop */
	uint64_t now;                /* of this turn, monotonic milliseconds */
	struct deadline_clock clock; /* of deadlines, as of this turn */
	uint8_t *input;              /* what was just received */
	size_t input_size;
	uint8_t *output; /* what is just to be sent */
	size_t output_size;
	struct pool pool;
	struct deadlines deadlines;
	struct connection *connections;
	ev_timer sweep; /* runs while there are deadlines */
	struct remark remark;
	struct log_limit remark_limit;
	struct log_limit fault_limit;
	struct logger logger;
	struct inbox inbox;
	struct letter orders[WORKER_ORDERS];
	pthread_t thread;
};

/* NULL when there is not enough memory, or no loop to be had. */
struct worker *worker_new(const struct worker_settings *settings);

/* Connections that were never adopted are closed. */
void worker_free(struct worker *worker);

bool worker_start(struct worker *worker);

/* After WORKER_LEAVE. */
void worker_join(struct worker *worker);

/* ---- from other threads ---- */

void worker_order(struct worker *worker, enum worker_order order);
void worker_adopt(struct worker *worker, struct connection **take);

/* ---- for its connections ---- */

struct dialog_context worker_context(struct worker *worker);
const struct limits_settings *worker_limits(const struct worker *worker);
void worker_set_deadline(
    struct worker *worker, struct deadline *deadline, enum deadline_kind kind);

#endif
