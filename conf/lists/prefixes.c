/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/lists/prefixes.h"

#include <stdlib.h>

/* ---- life ---- */

struct prefixes *
prefixes_ref(struct prefixes *prefixes)
{
	atomic_fetch_add_explicit(
	    &prefixes->references, 1, memory_order_relaxed);
	return prefixes;
}

void
prefixes_unref(struct prefixes *prefixes)
{
	if (prefixes == NULL || atomic_fetch_sub_explicit(&prefixes->references,
				    1, memory_order_acq_rel) > 1)
		return;
	free(prefixes->ipv4);
	free(prefixes->ipv4_lengths);
	free(prefixes->ipv6);
	free(prefixes->ipv6_lengths);
	free(prefixes);
}

size_t
prefixes_size(const struct prefixes *prefixes)
{
	size_t ipv4 = sizeof(uint32_t) + (prefixes->ipv4_lengths != NULL);
	size_t ipv6 =
	    sizeof(struct ipv6_bits) + (prefixes->ipv6_lengths != NULL);

	return sizeof(*prefixes) + prefixes->ipv4_count * ipv4 +
	       prefixes->ipv6_count * ipv6;
}

/* ---- places ---- */

static struct prefix
at_ipv4(const struct prefixes *prefixes, size_t index)
{
	const uint8_t *lengths = prefixes->ipv4_lengths;

	return (struct prefix){
	    .address = {.lo = prefixes->ipv4[index], .family = ADDRESS_IPV4},
	    .length = lengths == NULL ? 32 : lengths[index]};
}

static struct prefix
at_ipv6(const struct prefixes *prefixes, size_t index)
{
	const uint8_t *lengths = prefixes->ipv6_lengths;
	const struct ipv6_bits *bits = &prefixes->ipv6[index];

	return (struct prefix){.address = {bits->hi, bits->lo, ADDRESS_IPV6},
	    .length = lengths == NULL ? 128 : lengths[index]};
}

struct prefix
prefixes_at(const struct prefixes *prefixes, size_t index)
{
	return index < prefixes->ipv4_count
		   ? at_ipv4(prefixes, index)
		   : at_ipv6(prefixes, index - prefixes->ipv4_count);
}

static int
compare(const struct prefix *a, const struct prefix *b)
{
	int order = address_compare(&a->address, &b->address);

	return order != 0 ? order : (int)a->length - (int)b->length;
}

/* The indices of one family: from first to before last. */
struct part {
	size_t first;
	size_t last;
};

static struct part
part_of(const struct prefixes *prefixes, enum address_family family)
{
	size_t all = prefixes_count(prefixes);

	switch (family) {
	case ADDRESS_IPV4:
		return (struct part){0, prefixes->ipv4_count};
	case ADDRESS_IPV6:
		return (struct part){prefixes->ipv4_count, all};
	case ADDRESS_NONE:
		break;
	}
	return (struct part){0, 0};
}

/* The first index at or behind the prefix, in order of address and length. */
static size_t
lower_bound(const struct prefixes *prefixes, const struct prefix *prefix)
{
	struct part part = part_of(prefixes, prefix->address.family);

	while (part.first < part.last) {
		size_t middle = part.first + (part.last - part.first) / 2;
		struct prefix there = prefixes_at(prefixes, middle);

		if (compare(&there, prefix) < 0)
			part.first = middle + 1;
		else
			part.last = middle;
	}
	return part.first;
}

size_t
prefixes_seek(const struct prefixes *prefixes, const struct address *address)
{
	struct prefix prefix = {*address, 0};

	return lower_bound(prefixes, &prefix);
}

static bool
is_at(
    const struct prefixes *prefixes, size_t index, const struct prefix *prefix)
{
	struct prefix there;

	if (index >= prefixes_count(prefixes))
		return false;
	there = prefixes_at(prefixes, index);
	return compare(&there, prefix) == 0;
}

bool
prefixes_has(const struct prefixes *prefixes, const struct prefix *prefix)
{
	return is_at(prefixes, lower_bound(prefixes, prefix), prefix);
}

/* ---- what holds what ---- */

static unsigned
common_bits(const struct address *a, const struct address *b)
{
	uint64_t hi = a->hi ^ b->hi;
	uint64_t lo = a->lo ^ b->lo;

	if (a->family == ADDRESS_IPV4)
		return lo == 0 ? 32 : (unsigned)__builtin_clzll(lo) - 32;
	if (hi != 0)
		return (unsigned)__builtin_clzll(hi);
	return lo == 0 ? 128 : 64 + (unsigned)__builtin_clzll(lo);
}

/*
 * The last prefix not behind (address, length) holds the address, or whatever
 * holds the address holds that prefix' begin too and is no longer than the
 * bits they share. So each turn looks for something shorter.
 */
static bool
find_holder(const struct prefixes *prefixes, const struct address *address,
    unsigned length, struct prefix *found)
{
	struct part part = part_of(prefixes, address->family);

	for (;;) {
		struct prefix key = {
		    address_mask(*address, length), (uint8_t)length};
		size_t index = lower_bound(prefixes, &key);
		struct prefix there;

		if (!is_at(prefixes, index, &key)) {
			if (index == part.first)
				return false;
			index--;
		}
		there = prefixes_at(prefixes, index);
		if (prefix_contains(&there, address)) {
			*found = there;
			return true;
		}
		length = common_bits(&there.address, address);
	}
}

bool
prefixes_find(const struct prefixes *prefixes, const struct address *address,
    struct prefix *found)
{
	if (address->family == ADDRESS_NONE)
		return false;
	return find_holder(prefixes, address,
	    address->family == ADDRESS_IPV4 ? 32 : 128, found);
}

bool
prefixes_cover(const struct prefixes *prefixes, const struct prefix *prefix)
{
	struct prefix found;

	return prefix->address.family != ADDRESS_NONE && prefix->length > 0 &&
	       find_holder(
		   prefixes, &prefix->address, prefix->length - 1U, &found);
}

/* The first index whose prefix begins behind the end of this one. */
static size_t
seek_behind(const struct prefixes *prefixes, const struct prefix *prefix)
{
	struct prefix last = {prefix_range(prefix).last, UINT8_MAX};

	return lower_bound(prefixes, &last);
}

size_t
prefixes_inside(const struct prefixes *prefixes, const struct prefix *prefix,
    struct prefix *inside, size_t room)
{
	size_t index = lower_bound(prefixes, prefix);
	size_t end = seek_behind(prefixes, prefix);
	size_t count = 0;

	if (is_at(prefixes, index, prefix))
		index++;
	while (index < end && count <= room) {
		struct prefix there = prefixes_at(prefixes, index);

		if (count < room)
			inside[count] = there;
		count++;
		index++;
		/* Often the next one is not inside it: then no search. */
		if (index < end) {
			struct prefix next = prefixes_at(prefixes, index);

			if (prefix_contains(&there, &next.address))
				index = seek_behind(prefixes, &there);
		}
	}
	return count;
}

/* ---- differences ---- */

struct changes {
	struct prefixes_change *list;
	size_t room;
	size_t count;
};

static void
note(struct changes *changes, const struct prefix *prefix, bool added)
{
	if (changes->count < changes->room)
		changes->list[changes->count] =
		    (struct prefixes_change){*prefix, added};
	changes->count++;
}

size_t
prefixes_difference(const struct prefixes *before, const struct prefixes *after,
    struct prefixes_change *changes, size_t room)
{
	struct changes all = {changes, room, 0};
	size_t before_count = prefixes_count(before);
	size_t after_count = prefixes_count(after);
	size_t i = 0, k = 0;

	while (i < before_count || k < after_count) {
		struct prefix old = {0}, new = {0};
		int order = i == before_count ? 1 : -1;

		if (i < before_count)
			old = prefixes_at(before, i);
		if (k < after_count)
			new = prefixes_at(after, k);
		if (i < before_count && k < after_count)
			order = compare(&old, &new);
		if (order < 0)
			note(&all, &old, false);
		else if (order > 0)
			note(&all, &new, true);
		i += order <= 0;
		k += order >= 0;
	}
	return all.count;
}
