/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_LISTS_H
#define AGENT_LISTS_LISTS_H

/*
 * The lists thread: the one writer of what policies decide by. It owns what
 * every list holds, hears of changes, puts them into the tables that serve, and
 * exchanges whole generations where that is not enough. Whatever goes wrong on
 * the way changes nothing.
 */

#include "agent/control/inbox.h"
#include "agent/control/log.h"
#include "agent/lists/edition.h"
#include "agent/lists/loading.h"
#include "agent/lists/orders.h"
#include "agent/lists/publication.h"

/*
 * The one that serves, and those that a reader may still hold. When there are
 * as many as this, a further one waits.
 */
enum { GENERATIONS_MAX = 3 };

struct lists_settings {
	struct log *log;
	struct publication *publication;
	const char *const *paths; /* what was given with -f */
	size_t path_count;
	bool debug; /* -d: whatever the configuration says of the log */
	const struct running_listens *running;
	unsigned workers;
	size_t payload_max; /* of a NOTIFY, in bytes */
	/* What the first generation was made from; lists_new() takes of it. */
	struct loading *loading;
};

struct lists;

/*
 * Publishes the first generation, which it takes (left NULL) if it does not
 * fail. NULL when there is not enough memory, or no loop to be had.
 */
struct lists *lists_new(
    const struct lists_settings *settings, struct generation **take);

/* When no reader is left. */
void lists_free(struct lists *lists);

bool lists_start(struct lists *lists);

/* Any thread: reads the configuration again. The log tells the outcome. */
void lists_reload(struct lists *lists);

/*
 * Any thread: does what the order says and posts it back, filled in, into its
 * reply. Orders that are still here when the thread ends are not answered.
 */
void lists_order(struct lists *lists, struct order *order);

/*
 * Ends the thread and its jobs. False: one is in the middle of something and
 * does not end in time; then nothing that they use may be freed.
 */
bool lists_stop(struct lists *lists);

/* The level and format of the log that the settings ask for. */
void lists_configure_log(
    struct log *log, const struct settings *settings, bool debug);

#endif
