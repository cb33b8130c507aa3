/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_TABLES_SET_H
#define TESTS_BENCH_TABLES_SET_H

/*
 * Sets of prefixes to measure with, and the addresses to look up. All of it
 * follows from the name of the set and the seed.
 */

#include "conf/lists/prefixes.h"

__extension__ typedef unsigned __int128 uint128;

/* Sorted by address, then by length; no prefix is there twice. */
struct set {
	const char *name;
	enum address_family family;
	unsigned members; /* lists that the prefixes are spread over */
	bool near;        /* misses are beside the prefixes alone */
	size_t count;
	size_t room;
	uint32_t *ipv4;
	struct ipv6_bits *ipv6;
	uint8_t *lengths;
	uint64_t *masks; /* the lists that have this prefix, one bit each */
	uint64_t random; /* state of the generator */
};

uint64_t set_random(struct set *set);

/* Names are told by set_names(). False: there is no such set. */
bool set_make(struct set *set, const char *name, size_t count, unsigned members,
    uint64_t seed);
void set_free(struct set *set);
const char *set_names(void);

static inline uint128
set_first(const struct set *set, size_t i)
{
	if (set->family == ADDRESS_IPV4)
		return set->ipv4[i];
	return (uint128)set->ipv6[i].hi << 64 | set->ipv6[i].lo;
}

static inline unsigned
set_width(const struct set *set)
{
	return set->family == ADDRESS_IPV4 ? 32 : 128;
}

/* All addresses of a prefix but the first bits. */
static inline uint128
set_host_bits(const struct set *set, unsigned length)
{
	unsigned bits = set_width(set) - length;

	return bits == 128 ? ~(uint128)0 : ((uint128)1 << bits) - 1;
}

struct address set_address(const struct set *set, uint128 number);

/* ---- the answers, found without any of the structures measured ---- */

struct reference;

/* The set stays the caller's and must live on. */
struct reference *reference_new(const struct set *set);
void reference_free(struct reference *reference);
uint64_t reference_find(const struct reference *reference, uint128 address);

/* ---- what is looked up ---- */

struct queries {
	size_t count;
	struct address *mixed; /* half hits, half misses, in no order */
	struct address *hits;
	struct address *misses;
	uint64_t *answers; /* of the mixed ones */
};

void queries_make(struct queries *queries, struct set *set, size_t count);
void queries_free(struct queries *queries);

#endif
