/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LISTS_COVERAGE_H
#define CONF_LISTS_COVERAGE_H

/* How much of the address space prefixes cover together. */

#include "conf/lists/prefixes.h"

/* A count of addresses: hi times 2^64 and lo. Stops at its largest value. */
struct amount {
	uint64_t hi;
	uint64_t lo;
};

/* All of IPv4, and of IPv6 what is routed on the Internet: 2000::/3. */
struct coverage {
	struct amount ipv4;
	struct amount ipv6;
};

/* Adds each prefix by itself: never too little, too much where they overlap. */
void coverage_add(
    struct coverage *coverage, const struct prefix *prefixes, size_t count);

void coverage_merge(struct coverage *to, const struct coverage *from);

/* What a set covers, exactly. */
struct coverage coverage_of(const struct prefixes *prefixes);

/* "IPv4" or "IPv6" if it is more than half of one, else NULL. */
const char *coverage_half(const struct coverage *coverage);

#endif
