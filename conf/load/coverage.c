/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/coverage.h"

#include <stdlib.h>

static const struct prefix routed = {
    {UINT64_C(0x2000000000000000), 0, ADDRESS_IPV6}, 3};

static const struct amount most = {UINT64_MAX, UINT64_MAX};
static const struct amount half_ipv4 = {0, UINT64_C(1) << 31};
static const struct amount half_ipv6 = {UINT64_C(1) << (124 - 64), 0};

static void
amount_add(struct amount *to, struct amount more)
{
	uint64_t carry = __builtin_add_overflow(to->lo, more.lo, &to->lo);

	if (__builtin_add_overflow(to->hi, more.hi, &to->hi) ||
	    __builtin_add_overflow(to->hi, carry, &to->hi))
		*to = most;
}

static bool
amount_above(const struct amount *a, const struct amount *b)
{
	return a->hi != b->hi ? a->hi > b->hi : a->lo > b->lo;
}

static struct amount
power_of_two(unsigned exponent)
{
	if (exponent >= 64)
		return (struct amount){UINT64_C(1) << (exponent - 64), 0};
	return (struct amount){0, UINT64_C(1) << exponent};
}

static void
add_prefix(struct coverage *coverage, const struct prefix *prefix)
{
	unsigned length = prefix->length;

	if (prefix->address.family == ADDRESS_IPV4) {
		amount_add(&coverage->ipv4, power_of_two(32 - length));
		return;
	}
	if (prefix_contains(prefix, &routed.address) && length < routed.length)
		length = routed.length;
	else if (!prefix_contains(&routed, &prefix->address))
		return;
	amount_add(&coverage->ipv6, power_of_two(128 - length));
}

void
coverage_add(
    struct coverage *coverage, const struct prefix *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_prefix(coverage, &prefixes[i]);
}

void
coverage_merge(struct coverage *to, const struct coverage *from)
{
	amount_add(&to->ipv4, from->ipv4);
	amount_add(&to->ipv6, from->ipv6);
}

/* By first address, then the wider one first. */
static int
compare(const void *left, const void *right)
{
	const struct prefix *a = left;
	const struct prefix *b = right;
	int order = address_compare(&a->address, &b->address);

	return order != 0 ? order : (int)a->length - (int)b->length;
}

struct coverage
coverage_measure(struct prefix *prefixes, size_t count)
{
	struct coverage coverage = {.ipv4 = {0, 0}};
	const struct prefix *last = NULL;

	qsort(prefixes, count, sizeof(*prefixes), compare);
	for (size_t i = 0; i < count; i++) {
		/* Prefixes nest: what begins in the last one ends in it. */
		if (last != NULL && prefix_contains(last, &prefixes[i].address))
			continue;
		last = &prefixes[i];
		add_prefix(&coverage, last);
	}
	return coverage;
}

const char *
coverage_half(const struct coverage *coverage)
{
	if (amount_above(&coverage->ipv4, &half_ipv4))
		return "IPv4";
	return amount_above(&coverage->ipv6, &half_ipv6) ? "IPv6" : NULL;
}
