/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_LISTS_H
#define AGENT_LISTS_LISTS_H

/*
 * The lists thread: the one writer of what policies decide by. It reads the
 * configuration and its list files, builds a generation beside the one that
 * serves, and exchanges them. Whatever goes wrong on the way changes nothing.
 */

#include "agent/control/inbox.h"
#include "agent/control/log.h"
#include "agent/lists/edition.h"
#include "agent/lists/publication.h"

/*
 * The one that serves, and those that a reader may still hold. When there are
 * as many as this, a further reload waits.
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
};

struct lists {
	struct lists_settings settings;
	/* What cannot change while we run, as it was at the start. */
	unsigned threads;
	struct limits_settings limits;
	struct ev_loop *loop;
	struct edition *current;
	struct edition *retired; /* the newest first */
	unsigned live;           /* editions, current and retired */
	unsigned number;         /* of the newest generation */
	bool waiting;            /* a reload, for an edition to go */
	ev_timer poll;           /* runs while there are retired ones */
	struct logger logger;
	struct inbox inbox;
	struct letter reload;
	struct letter leave;
	pthread_t thread;
	atomic_bool ended;
};

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
 * Ends the thread. False: it is in the middle of a reload and does not end in
 * time; then nothing that it uses may be freed.
 */
bool lists_stop(struct lists *lists);

/* The level and format of the log that the settings ask for. */
void lists_configure_log(
    struct log *log, const struct settings *settings, bool debug);

#endif
