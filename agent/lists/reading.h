/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_READING_H
#define AGENT_LISTS_READING_H

/* The job that reads one list file. Private to agent/lists. */

#include "agent/lists/thread.h"

/* The owner's file, if it is another one than was read last. */
void reading_begin(struct lists *lists, struct owner *owner);

#endif
