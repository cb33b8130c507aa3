/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONTROL_CONTROL_H
#define AGENT_CONTROL_CONTROL_H

/*
 * The running agent: what it is made of, the order in which that starts and
 * stops, and the signals it obeys. Its loop is the main thread's.
 */

#include "agent/control/log.h"
#include "agent/policy/policy.h"

struct loading;

struct control_settings {
	struct log *log;
	const char *const *paths; /* given with -f */
	size_t path_count;
	bool debug;              /* -d */
	struct loading *loading; /* what the generation was made from */
};

enum control_result {
	CONTROL_DONE,
	CONTROL_NOT_STARTED, /* the log tells why */
	/*
	 * Done, but a thread is still busy with what the settings point to:
	 * exit without a step back.
	 */
	CONTROL_EXIT_NOW,
};

/* Runs until a signal ends it. Takes the first generation (left NULL). */
enum control_result control_run(
    const struct control_settings *settings, struct generation **take);

#endif
