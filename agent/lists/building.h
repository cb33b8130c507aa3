/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_BUILDING_H
#define AGENT_LISTS_BUILDING_H

/* The job that makes a generation. Private to agent/lists. */

#include "agent/lists/thread.h"

#include <stdio.h>

/* A dynamic list on its way into the contents. */
struct pack {
	size_t index;
	struct prefixes_builder builder;
};

struct build_job {
	struct job job;
	struct settings *settings; /* a reference */
	struct contents contents;
	struct pack *packs;
	size_t pack_count;
	unsigned number;
	uint64_t seed[2];
	struct lists_settings lists;
	struct edition *edition; /* NULL: memory ran out */
};

#endif
