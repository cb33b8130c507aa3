/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LISTS_PREFIXES_H
#define CONF_LISTS_PREFIXES_H

/*
 * What a list holds: a packed set of prefixes, 4 to 5 bytes each for IPv4, 16
 * to 17 for IPv6. Made by a builder, then never changed, and shared by
 * counting references; any thread may read it, take or drop a reference.
 */

#include <stdatomic.h>

#include "proto/text/prefix.h"

struct ipv6_bits {
	uint64_t hi;
	uint64_t lo;
};

/*
 * Each family is sorted by address, then by length, the wider one first. No
 * prefix is there twice; one may hold another. Bits behind the length are 0.
 */
struct prefixes {
	atomic_uint references;
	size_t ipv4_count;
	uint32_t *ipv4;
	uint8_t *ipv4_lengths; /* NULL: all are 32 */
	size_t ipv6_count;
	struct ipv6_bits *ipv6;
	uint8_t *ipv6_lengths; /* NULL: all are 128 */
};

/* Zero-initialised to begin with. Sorted runs cost least. */
struct prefixes_builder {
	uint64_t *ipv4; /* address << 8 | length */
	size_t ipv4_count;
	size_t ipv4_room;
	struct ipv6_bits *ipv6;
	uint8_t *ipv6_lengths;
	size_t ipv6_count;
	size_t ipv6_room;
	bool starved; /* memory ran out: nothing can be made of it */
};

void prefixes_add(
    struct prefixes_builder *builder, const struct prefix *prefix);

/*
 * Sorts, drops what is there twice, and makes the set; the builder is empty
 * afterwards. NULL when memory ran out, then or before.
 */
struct prefixes *prefixes_finish(struct prefixes_builder *builder);
void prefixes_abandon(struct prefixes_builder *builder);

struct prefixes *prefixes_ref(struct prefixes *prefixes);
void prefixes_unref(struct prefixes *prefixes); /* NULL is fine */

static inline size_t
prefixes_count(const struct prefixes *prefixes)
{
	return prefixes->ipv4_count + prefixes->ipv6_count;
}

/* The one at index, from 0: IPv4 first, then IPv6, each sorted. */
struct prefix prefixes_at(const struct prefixes *prefixes, size_t index);

/* The first index whose prefix begins at or behind the address. */
size_t prefixes_seek(
    const struct prefixes *prefixes, const struct address *address);

/* Is this very prefix in the set? */
bool prefixes_has(const struct prefixes *prefixes, const struct prefix *prefix);

/* The most specific prefix that holds the address; false for none. */
bool prefixes_find(const struct prefixes *prefixes,
    const struct address *address, struct prefix *found);

/* Does a wider prefix of the set, not this very one, hold all of it? */
bool prefixes_cover(
    const struct prefixes *prefixes, const struct prefix *prefix);

/*
 * The widest prefixes inside this one, without it itself, in order; up to room
 * of them are written. Gives how many there are, or more than room.
 */
size_t prefixes_inside(const struct prefixes *prefixes,
    const struct prefix *prefix, struct prefix *inside, size_t room);

struct prefixes_change {
	struct prefix prefix;
	bool added; /* or removed */
};

/*
 * What makes the old set the new one; up to room changes are written. Gives
 * how many there are in all.
 */
size_t prefixes_difference(const struct prefixes *before,
    const struct prefixes *after, struct prefixes_change *changes, size_t room);

/* Bytes it takes, for display. */
size_t prefixes_size(const struct prefixes *prefixes);

#endif
