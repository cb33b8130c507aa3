/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_WIDE_H
#define AGENT_TABLE_WIDE_H

/*
 * Addresses of both families as one number: positions in the space of their
 * family, and spans of them. Private to agent/table.
 */

#include "proto/text/prefix.h"

__extension__ typedef unsigned __int128 wide;

/* From first to last, both included. */
struct span {
	wide first;
	wide last;
};

static inline wide
wide_of(uint64_t hi, uint64_t lo)
{
	return (wide)hi << 64 | lo;
}

static inline wide
wide_of_address(const struct address *address)
{
	return wide_of(address->hi, address->lo);
}

/* The last address of a family. */
static inline wide
wide_end(enum address_family family)
{
	return family == ADDRESS_IPV4 ? (wide)UINT32_MAX : ~(wide)0;
}

static inline struct span
span_of(const struct prefix *prefix)
{
	wide first = wide_of_address(&prefix->address);
	unsigned bits = prefix->address.family == ADDRESS_IPV4 ? 32 : 128;
	unsigned free = bits - prefix->length;
	wide inside = free == 128 ? ~(wide)0 : ((wide)1 << free) - 1;

	return (struct span){first, first | inside};
}

#endif
