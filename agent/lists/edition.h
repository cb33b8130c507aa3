/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_EDITION_H
#define AGENT_LISTS_EDITION_H

/*
 * An edition: a generation and what its readers need beside it. The lists
 * thread makes it, publishes it and lets it go when nobody reads it any more.
 */

#include "agent/lists/jobs.h"
#include "agent/policy/policy.h"

struct edition {
	struct job scrap; /* to be freed by another thread */
	struct generation *generation;
	struct request **requests; /* scratch, one a worker */
	unsigned request_count;
	/* Of each listener that runs: its place in the settings, or -1. */
	int *listens;
	size_t listen_count;
	uint64_t epoch; /* once it is replaced: when */
	struct edition *older;
};

/* The listeners that run, as they were at the start. */
struct running_listens {
	struct listen_settings *list; /* kind, address, port, path alone */
	bool *guarded;                /* had a "from" */
	size_t count;
};

/*
 * Takes the generation (left NULL) and makes scratch for requests of
 * payload_max bytes. NULL when memory ran out; then it stays the caller's.
 */
struct edition *edition_new(struct generation **take, unsigned workers,
    size_t payload_max, const struct running_listens *running);
void edition_free(struct edition *edition);

/*
 * May the peer connect to that listener? Where the configuration has it no
 * more, it keeps its word: nobody passes a "from" whose lists are unknown.
 */
bool edition_admits(const struct edition *edition,
    const struct running_listens *running, size_t listener,
    const struct address *peer);

#endif
