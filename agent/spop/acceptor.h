/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_SPOP_ACCEPTOR_H
#define AGENT_SPOP_ACCEPTOR_H

/*
 * The thread that accepts and hands over, and does nothing else: when all
 * nodes reconnect at once, none waits for another's work. Each connection goes
 * to the worker that has the fewest.
 */

#include "agent/spop/listener.h"
#include "agent/spop/worker.h"

struct acceptor_settings {
	struct log *log;
	struct publication *publication;
	unsigned reader; /* its place among the readers */
	const struct running_listens *running;
	const struct listener *listeners; /* as many as are running */
	struct worker *const *workers;
	unsigned worker_count;
	unsigned connections_max;
};

struct accepting; /* the watcher of one listener */

struct acceptor {
	struct counters counters;
	struct acceptor_settings settings;
	struct ev_loop *loop;
	struct edition *edition; /* of this turn of the loop */
	struct accepting *accepting;
	uint64_t *handed; /* to each worker, so far */
	unsigned next;    /* the worker that is looked at first */
	double pause;     /* seconds, of the next one */
	ev_timer resume;
	struct log_limit pause_limit;
	struct log_limit refusal_limit;
	struct logger logger;
	struct inbox inbox;
	struct letter leave;
	pthread_t thread;
};

/* NULL when there is not enough memory, or no loop to be had. */
struct acceptor *acceptor_new(const struct acceptor_settings *settings);
void acceptor_free(struct acceptor *acceptor);

bool acceptor_start(struct acceptor *acceptor);

/* Accepts no more, and waits until its thread has ended. */
void acceptor_stop(struct acceptor *acceptor);

#endif
