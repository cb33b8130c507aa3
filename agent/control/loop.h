/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONTROL_LOOP_H
#define AGENT_CONTROL_LOOP_H

/* libev's loops, so that what they cannot have is known before they run. */

#include <ev.h>
#include <stdbool.h>

/*
 * Before the first loop: where memory runs out libev waits for it, a second
 * long. It cannot fail, and ends the process then.
 */
void loops_init(void);

/* NULL when there is none to be had. */
struct ev_loop *loop_new(void);

/*
 * Starts a watcher and sees to it that the system agrees, which libev would
 * ask only later. What is already waiting is left to the watcher's callback,
 * in the first turn. False: the watcher is not started.
 */
bool loop_watch(struct ev_loop *loop, ev_io *io);

#endif
