/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_PART_H
#define AGENT_TABLE_PART_H

#include "agent/table/hosts.h"
#include "agent/table/nets6.h"
#include "agent/table/small.h"

/*
 * All that is known of some of the members; mostly of all. A family is either
 * small, or in nets and hosts; a lookup is what all structures say together.
 * What lookups of IPv4 need of this is in its first two cache lines.
 */
struct part {
	_Alignas(128) _Atomic(struct small4 *) small4;
	_Atomic(struct small6 *) small6;
	const uint64_t *masks; /* of classes */
	const uint64_t *host_masks;
	struct part *next; /* of the other members */
	struct dxr nets4;
	struct hosts hosts;
	struct nets6 nets6;
	struct classes classes; /* of nets4 and nets6 */
	uint64_t members;
};

enum { SHARE_CHANGES = 8, SHARE_OTHERS = 1 };

/* changes: which members will change. There is nothing unless it was built. */
enum built part_build(struct part *part, const struct sources *sources,
    uint64_t members, uint64_t changes, const uint64_t seed[2],
    unsigned attempt);
void part_fini(struct part *part);
size_t part_size(const struct part *part);

/* The member's bit is among the part's. */
struct part_change {
	uint64_t bit;
	const struct prefix *prefix;
	const struct prefix *held;
	size_t count;
	uint64_t epoch;
	struct edit_room *room;
	struct retire_queue *queue;
};

enum table_change part_assign(
    struct part *part, const struct part_change *change);

#endif
