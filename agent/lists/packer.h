/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_PACKER_H
#define AGENT_LISTS_PACKER_H

/*
 * Packs a dynamic list a few entries at a time, while it goes on changing. What
 * changes meanwhile is in it or not; who cares remembers it.
 */

#include "agent/dynamic/dynamic.h"

struct packer {
	struct prefixes_builder builder;
	struct prefix last;
	bool begun;
};

/* Takes up to count more entries; true when there are no more. */
bool packer_step(
    struct packer *packer, const struct dynamic *dynamic, unsigned count);

#endif
