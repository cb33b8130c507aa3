/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONTROL_AGENT_H
#define AGENT_CONTROL_AGENT_H

/*
 * The parts of a running agent, and the order in which they start and stop:
 * lists, workers, acceptor, and back.
 */

#include "agent/control/control.h"
#include "agent/console/runtime.h"
#include "agent/lists/lists.h"
#include "agent/spop/acceptor.h"
#include "agent/spop/worker.h"

struct agent {
	const struct control_settings *settings;
	struct logger logger;
	struct running_listens running;
	struct listener *listeners;
	size_t listener_count; /* open ones */
	struct publication publication;
	struct lists *lists;
	struct worker **workers;
	unsigned worker_count;
	struct acceptor *acceptor;
	bool lists_run;
	unsigned workers_run;
	bool acceptor_runs;
	unsigned consoles_max; /* as descriptors allow */
	uint64_t started;      /* monotonic milliseconds */
};

/*
 * Opens the listeners and starts the threads; takes the generation (left NULL)
 * once that is past failing. False: the log tells why; agent_stop() is still
 * to be called.
 */
bool agent_start(struct agent *agent, const struct control_settings *settings,
    struct generation **take);

/* When all that can fail has not: what it listens at, and that it does. */
void agent_say_ready(struct agent *agent);

/*
 * Ends all threads at once, in order, and leaves nothing behind. False: the
 * lists thread is in the middle of a reload; the agent, its settings and the
 * log stay in use until the process ends.
 */
bool agent_stop(struct agent *agent);

void agent_order(struct agent *agent, enum worker_order order);

/* Conversations that are neither health checks nor over; all there were. */
uint64_t agent_dialogs(const struct agent *agent);
uint64_t agent_dialogs_begun(const struct agent *agent);

/* As the configuration has it now, in milliseconds. */
uint64_t agent_drain_timeout(struct agent *agent);

/*
 * ---- for the control socket, in the main thread ----
 * Settings that are borrowed are given back before the next look.
 */
void agent_look(struct agent *agent, struct sight *sight);
const struct settings *agent_borrow(struct agent *agent);
void agent_give_back(struct agent *agent);

#endif
