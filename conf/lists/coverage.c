/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/lists/coverage.h"

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

struct coverage
coverage_of(const struct prefixes *prefixes)
{
	size_t count = prefixes_count(prefixes);
	struct coverage coverage = {.ipv4 = {0, 0}};
	struct prefix last = {.address = {.family = ADDRESS_NONE}};

	for (size_t i = 0; i < count; i++) {
		struct prefix prefix = prefixes_at(prefixes, i);

		/* Prefixes nest: what begins in the last one ends in it. */
		if (last.address.family == prefix.address.family &&
		    prefix_contains(&last, &prefix.address))
			continue;
		last = prefix;
		add_prefix(&coverage, &prefix);
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
