// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_TOOLS_SAFETY_PLAN_H
#define TESTS_TOOLS_SAFETY_PLAN_H

/* Random policies, safe and unsafe, and what a world has to know of them. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* splitmix64: any seed is good, the state is one word. */
struct random {
	uint64_t state;
};

static inline uint64_t
random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15U;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

/* 0 to limit - 1; the bias does not matter here. */
static inline unsigned
random_below(struct random *random, unsigned limit)
{
	return (unsigned)((random_next(random) >> 32) * limit >> 32);
}

static inline bool
random_percent(struct random *random, unsigned percent)
{
	return random_below(random, 100) < percent;
}

/*
 * Pools of addresses. The first ones are infrastructure that sets are made
 * of, the others are where clients live. Sets are bits of pools.
 */
enum pool {
	POOL_BALANCERS,
	POOL_NODES,
	POOL_EDGE,
	POOL_CDN,
	POOL_LOOPBACK,
	POOL_LINKLOCAL,
	POOL_UNIX, /* a local socket, no addresses */
	POOL_PUBLIC,
	POOL_OTHERS,
	POOL_PRIVATE,
	POOL_COUNT,
	POOLS_TRUSTED = POOL_UNIX + 1,
};

/* The header fields of this world; the first three are lists. */
enum header {
	HEADER_FOR,
	HEADER_FORWARDED,
	HEADER_CHAIN,
	HEADER_REAL_IP,
	HEADER_CONNECTING,
	HEADER_VIEWER,
	HEADER_COUNT,
	HEADER_LISTS = HEADER_REAL_IP,
};

const char *header_name(enum header header);

struct plan {
	char name[16];
	char *yaml;        /* the policy, as in the file */
	uint32_t trust;    /* pools; any is all of them */
	uint32_t proxy;    /* pools of proxy.trust, the default filled in */
	uint32_t believed; /* pools in any set: clients live elsewhere */
	uint32_t overwriters[HEADER_COUNT]; /* pools in "from" */
	bool ignores_proxy;
	bool keeps_mapped;
	bool plain; /* has to find the client, and prove it */
};

/* Fills count plans; aborts when memory runs out. */
void plans_make(struct plan *plans, unsigned count, struct random *random);
void plans_free(struct plan *plans, unsigned count);

/* Writes the configuration that holds them all. */
void plans_write(const struct plan *plans, unsigned count, FILE *stream);

#endif
