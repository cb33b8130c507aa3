/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_HOSTS_H
#define AGENT_TABLE_HOSTS_H

#include "agent/table/classes.h"
#include "agent/table/retire.h"
#include "agent/table/slots.h"
#include "agent/table/sweep.h"

/*
 * Hosts in hashes: /32 of IPv4, /128 and /64 of IPv6, each where there are
 * many. They have classes of their own, few enough for 8 bits. They say only
 * what these prefixes say; the rest is with the nets.
 *
 * That a key is there for a member means that its very prefix is in the
 * member, and was not covered by another one when it came.
 */
struct hosts {
	struct slots ipv4;
	struct slots halves;
	struct slots ipv6;
	struct classes classes;
};

enum hosts_kind { HOSTS_IPV4, HOSTS_IPV6, HOSTS_HALVES };

struct hosts_counts {
	size_t ipv4; /* 0: not in a hash */
	size_t ipv6;
	size_t halves;
};

enum built {
	BUILT,
	BUILT_STARVED, /* memory ran out */
	BUILT_CROWDED, /* a hash did not work out: another mixer may do */
	BUILT_CLASSES, /* too many of them */
};

enum built hosts_build(struct hosts *hosts, const struct sources *sources,
    uint64_t members, const struct hosts_counts *counts, struct mixer mixer);
void hosts_fini(struct hosts *hosts);
size_t hosts_size(const struct hosts *hosts);

/* A host as a position in its family; of halves, their first address. */
uint64_t hosts_mask(const struct hosts *hosts, enum hosts_kind kind, wide host);

/* Puts the member in or out. */
struct hosts_change {
	enum hosts_kind kind;
	wide host;
	uint64_t bit;
	bool on;
	uint64_t epoch;
	struct retire_queue *queue;
	bool trial; /* say what would come of it: it will not fail then */
};

enum table_change hosts_assign(
    struct hosts *hosts, const struct hosts_change *change);

#endif
