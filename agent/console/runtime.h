/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONSOLE_RUNTIME_H
#define AGENT_CONSOLE_RUNTIME_H

/*
 * The running agent as the words of the control socket see it: what they may
 * look at, and what they may ask for. Nothing here waits.
 */

#include "agent/control/counters.h"
#include "agent/lists/orders.h"

struct sight {
	uint64_t uptime; /* milliseconds */
	unsigned threads;
	unsigned generation;
	size_t policies;
	size_t lists;
	uint64_t connections;
	uint64_t dialogs;
	uint64_t log_dropped;
	bool draining;
	struct totals totals;
};

struct runtime {
	void *owner;
	void (*look)(void *owner, struct sight *sight);
	/* The settings that serve now; until they are given back. */
	const struct settings *(*borrow)(void *owner);
	void (*give_back)(void *owner);
	/* To the lists thread; the answer comes into order->reply. */
	void (*order)(void *owner, struct order *order);
	/*
	 * Leaves as after TERM. False: it is leaving already. *limit is how
	 * long that may take, in milliseconds.
	 */
	bool (*shut_down)(void *owner, uint64_t *limit);
};

#endif
