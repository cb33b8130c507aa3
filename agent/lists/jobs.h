/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_JOBS_H
#define AGENT_LISTS_JOBS_H

/*
 * A thread for work that takes long: reading files, building generations,
 * writing. It gives way to those who answer, but is never starved by them. A
 * job moves there and back as a letter, one at a time, in order.
 */

#include "agent/control/inbox.h"

#include <stdatomic.h>

struct lists;

struct job {
	struct letter letter;
	/* In the jobs' thread; touches nothing but the job. */
	void (*run)(struct job *job);
	/* In the lists thread, which the job is back in. */
	void (*done)(struct lists *lists, struct job *job);
	/* Instead of done, when there is no lists thread any more. */
	void (*discard)(struct job *job);
};

struct jobs {
	const char *name;
	int nice;
	unsigned kind; /* of the letters that come back */
	struct inbox *reply;
	struct ev_loop *loop;
	struct inbox inbox;
	struct letter leave;
	pthread_t thread;
	bool runs;
	atomic_bool ended;
};

/* False: no loop. kind is the letters' in the reply inbox. */
bool jobs_init(struct jobs *jobs, const char *name, int nice,
    struct inbox *reply, unsigned kind);

/* When its thread runs no more, or never did. */
void jobs_fini(struct jobs *jobs);

bool jobs_start(struct jobs *jobs);
void jobs_post(struct jobs *jobs, struct job *job);

/* Discards the job in that thread: what it holds may be large. */
void jobs_scrap(struct jobs *jobs, struct job *job);

/* Tells the thread to end behind the job that it is at. */
void jobs_leave(struct jobs *jobs);

/* Has it ended? Then it is joined. */
bool jobs_ended(struct jobs *jobs);

#endif
