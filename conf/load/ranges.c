/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/settings.h"

/* Loopback, link-local, unique local, in this order: private is all three. */
static const struct prefix prefixes_of_ranges[] = {
    {{0, 0x7f000000, ADDRESS_IPV4}, 8},          /* 127.0.0.0/8 */
    {{0, 1, ADDRESS_IPV6}, 128},                 /* ::1 */
    {{0, 0xa9fe0000, ADDRESS_IPV4}, 16},         /* 169.254.0.0/16 */
    {{0xfe80000000000000, 0, ADDRESS_IPV6}, 10}, /* fe80::/10 */
    {{0, 0x0a000000, ADDRESS_IPV4}, 8},          /* 10.0.0.0/8 */
    {{0, 0xac100000, ADDRESS_IPV4}, 12},         /* 172.16.0.0/12 */
    {{0, 0xc0a80000, ADDRESS_IPV4}, 16},         /* 192.168.0.0/16 */
    {{0xfc00000000000000, 0, ADDRESS_IPV6}, 7},  /* fc00::/7 */
};

static const struct {
	const char *text;
	size_t first;
	size_t count;
} ranges[RANGE_COUNT] = {
    [RANGE_ANY] = {"any", 0, 0},
    [RANGE_LOOPBACK] = {"loopback", 0, 2},
    [RANGE_LINKLOCAL] = {"linklocal", 2, 2},
    [RANGE_UNIQUELOCAL] = {"uniquelocal", 4, 4},
    [RANGE_PRIVATE] = {"private", 0, 8},
    [RANGE_UNIX] = {"unix", 0, 0},
};

size_t
named_range_prefixes(enum named_range range, const struct prefix **prefixes)
{
	*prefixes = &prefixes_of_ranges[ranges[range].first];
	return ranges[range].count;
}

const char *
named_range_text(enum named_range range)
{
	return ranges[range].text;
}
