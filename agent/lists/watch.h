/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_WATCH_H
#define AGENT_LISTS_WATCH_H

/*
 * What happens in the directories that trails lead through. One descriptor of
 * inotify for a configuration; the lists thread hears it, the jobs add to it.
 */

#include "agent/lists/trail.h"

#include <ev.h>

struct watch;

/* done: nothing is being written any more; else more may follow soon. */
typedef void (*watch_touched_f)(void *context, struct owner *owner, bool done);

/*
 * Watches nothing yet. Where the system has no inotify (left) it hears nothing
 * ever. NULL when memory ran out.
 */
struct watch *watch_new(void);
void watch_free(struct watch *watch); /* NULL is fine */

/* For trail_lay(). -1: it hears nothing. */
int watch_descriptor(const struct watch *watch);

/* From now on touched is called from the loop. */
void watch_start(struct watch *watch, struct ev_loop *loop,
    watch_touched_f touched, void *context);

/* The trail's points tell of the owner, until it is dropped. */
void watch_add(struct watch *watch, struct trail *trail, struct owner *owner);

/* The trail's points tell no more. */
void watch_drop(struct watch *watch, struct trail *trail);

/*
 * Takes the watches of a dropped trail back that nobody needs any more. Not
 * while a job may be adding some: it could be given one of these.
 */
void watch_prune(struct watch *watch, const struct trail *trail);

#endif
