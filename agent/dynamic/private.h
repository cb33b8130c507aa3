/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_DYNAMIC_PRIVATE_H
#define AGENT_DYNAMIC_PRIVATE_H

/* What dynamic.c and its two indices share. */

#include "agent/dynamic/dynamic.h"
#include "agent/dynamic/texts.h"

/*
 * Entries are nodes of an AVL tree, ordered by address and length, and known
 * by a number from 1; 0 is none. The tree's height is bounded whatever is
 * inserted in whatever order (1.44 log2 of the count), and so is the work of
 * each call. Nodes live in chunks and never move.
 *
 * Those that end are in a heap beside, the first end on top. A node knows its
 * place there, so that it can be taken out.
 */
struct node {
	uint64_t hi;
	uint64_t lo;
	int64_t since;
	uint32_t child[2]; /* free nodes hang together by child[0] */
	uint32_t end;      /* place in the heap, or NEVER_ENDS */
	uint32_t reason;   /* numbers of texts */
	uint32_t who;
	uint8_t family;
	uint8_t length;
	int8_t tilt; /* height on the right less height on the left */
};

enum {
	CHUNK_NODES = 512,
	HEIGHT_MAX = 48, /* of 2^32 nodes it is 46 */
	LENGTHS = 129,
};

static const uint32_t NEVER_ENDS = UINT32_MAX;

/* Two arrays of 12 bytes an end instead of one of 16. */
struct ends {
	uint64_t *at;
	uint32_t *node;
	uint32_t count;
	uint32_t room;
};

struct dynamic {
	struct node **chunks;
	uint32_t chunk_count;
	uint32_t chunk_room;
	uint32_t used; /* nodes that were ever used, 0 among them */
	uint32_t free; /* the first of a chain, or 0 */
	uint32_t root;
	uint32_t count;
	uint32_t lengths[2][LENGTHS]; /* entries of each, IPv4 and IPv6 */
	struct ends ends;
	struct texts texts;
};

static inline struct node *
node_at(const struct dynamic *dynamic, uint32_t number)
{
	return &dynamic->chunks[number / CHUNK_NODES][number % CHUNK_NODES];
}

static inline struct prefix
node_prefix(const struct node *node)
{
	return (struct prefix){
	    {node->hi, node->lo, (enum address_family)node->family},
	    node->length};
}

static inline uint32_t *
length_count(struct dynamic *dynamic, const struct prefix *prefix)
{
	return &dynamic->lengths[prefix->address.family == ADDRESS_IPV6]
				[prefix->length];
}

/* ---- tree.c ---- */

/* Room for one more node; false when memory ran out. */
bool tree_reserve(struct dynamic *dynamic);
void tree_fini(struct dynamic *dynamic);

/* Of a prefix that is not there, after tree_reserve(). Gives its number. */
uint32_t tree_insert(struct dynamic *dynamic, const struct prefix *prefix);

/* Of a prefix that is there. */
void tree_remove(struct dynamic *dynamic, const struct prefix *prefix);

/* That very one, the last at or before it, the first behind it; or 0. */
uint32_t tree_get(const struct dynamic *dynamic, const struct prefix *prefix);
uint32_t tree_floor(const struct dynamic *dynamic, const struct prefix *prefix);
uint32_t tree_above(const struct dynamic *dynamic, const struct prefix *prefix);
uint32_t tree_first(const struct dynamic *dynamic);

/* Calls visit for all in order until it says false. */
void tree_walk(const struct dynamic *dynamic,
    bool (*visit)(const struct node *node, void *data), void *data);

/* ---- ends.c ---- */

bool ends_reserve(struct ends *ends);
void ends_fini(struct ends *ends);

/* After ends_reserve() if it had none and ends now. */
void ends_set(struct dynamic *dynamic, uint32_t number, uint64_t end);
uint64_t ends_get(const struct dynamic *dynamic, const struct node *node);

#endif
