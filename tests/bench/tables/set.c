/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/tables/set.h"

#include <stdlib.h>
#include <string.h>

#include "tests/bench/tables/memory.h"
#include "tests/bench/tables/unique.h"

/* ---- numbers ---- */

/* Weyl's sequence, mixed: splitmix64. */
uint64_t
set_random(struct set *set)
{
	uint64_t x = set->random += 0x9e3779b97f4a7c15U;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
	x = (x ^ x >> 27) * 0x94d049bb133111ebU;
	return x ^ x >> 31;
}

static uint64_t
below(struct set *set, uint64_t limit)
{
	return (uint64_t)((uint128)set_random(set) * limit >> 64);
}

static uint64_t
mixed(uint64_t seed, uint64_t number)
{
	struct set one = {.random = seed + number * 0xd1342543de82ef95U};

	return set_random(&one);
}

/* ---- lengths as in tables of the Internet ---- */

struct share {
	uint8_t length;
	uint32_t weight;
};

static const struct share ipv4_shares[] = {{24, 60700}, {22, 11500},
    {23, 10000}, {21, 5000}, {20, 4300}, {19, 2500}, {18, 1400}, {16, 1300},
    {17, 800}, {32, 800}, {15, 200}, {28, 200}, {14, 120}, {25, 100}, {26, 100},
    {27, 100}, {29, 100}, {30, 100}, {13, 60}, {31, 50}, {12, 30}, {11, 10},
    {10, 4}, {8, 2}, {9, 1}};

static const struct share ipv6_shares[] = {{48, 46000}, {32, 12000},
    {44, 10000}, {40, 8000}, {36, 4500}, {46, 3500}, {47, 2500}, {64, 2500},
    {45, 1800}, {42, 1800}, {38, 1500}, {29, 1500}, {128, 1000}, {33, 900},
    {34, 700}, {35, 600}, {56, 600}, {28, 150}, {30, 150}, {31, 100}, {24, 60},
    {20, 40}, {112, 30}, {96, 30}, {22, 20}, {19, 4}};

static uint8_t
draw_length(struct set *set, const struct share *shares, size_t count)
{
	uint64_t sum = 0, at;

	for (size_t i = 0; i < count; i++)
		sum += shares[i].weight;
	at = below(set, sum);
	for (size_t i = 0; i < count; i++) {
		if (at < shares[i].weight)
			return shares[i].length;
		at -= shares[i].weight;
	}
	return shares[0].length;
}

/* ---- kinds of sets: the prefix with that number ---- */

static uint128
unicast(struct set *set)
{
	return (1 + below(set, 223)) << 24 | below(set, 1 << 24);
}

/* A /32 that a registry gave away; few of them have many prefixes. */
static uint128
allocation(struct set *set, uint64_t sites)
{
	static const uint16_t roots[] = {
	    0x2001, 0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00};
	uint64_t first = below(set, sites), second = below(set, sites);
	uint64_t site = mixed(1, first < second ? first : second);
	uint64_t root = roots[site % 6] | (site % 6 == 0 ? 0 : site >> 8 & 15);

	return (uint128)(root << 16 | (site >> 16 & 0xffff)) << 96;
}

static void
mixed4(struct set *set, size_t number, uint128 *address, uint8_t *length)
{
	(void)number;
	*length = draw_length(
	    set, ipv4_shares, sizeof(ipv4_shares) / sizeof(ipv4_shares[0]));
	*address = unicast(set);
}

/* Half of what is in an allocation counts up, as people number. */
static void
mixed6(struct set *set, size_t number, uint128 *address, uint8_t *length)
{
	uint128 inside = (uint128)set_random(set) << 32;

	(void)number;
	*length = draw_length(
	    set, ipv6_shares, sizeof(ipv6_shares) / sizeof(ipv6_shares[0]));
	*address = allocation(set, *length <= 32 ? set->room : set->room / 16);
	if (below(set, 2) == 0)
		inside = (uint128)below(set, 256) << (128 - *length) |
			 below(set, 65536);
	*address |= inside & (((uint128)1 << 96) - 1);
}

static void
hosts4(struct set *set, size_t number, uint128 *address, uint8_t *length)
{
	(void)number;
	*length = 32;
	*address = unicast(set);
}

static void
hosts6(struct set *set, size_t number, uint128 *address, uint8_t *length)
{
	*length = number % 2 == 0 ? 64 : 128;
	*address = allocation(set, set->room / 64) |
		   (uint128)(set_random(set) & 0xffffffff) << 64 |
		   set_random(set);
}

/* Every second address of 64 (or as many as it takes) /20s. */
static void
alternate32(struct set *set, size_t number, uint128 *address, uint8_t *length)
{
	uint64_t block = mixed(7, number / 2048) % (223 << 12) + (1 << 12);

	(void)set;
	*length = 32;
	*address = block << 12 | number % 2048 * 2;
}

static void
alternate31(struct set *set, size_t number, uint128 *address, uint8_t *length)
{
	(void)set;
	*length = 31;
	*address = ((uint128)100 << 24) + number * 4;
}

/* One host in each /20: structures with blocks fill one for each. */
static void
spread32(struct set *set, size_t number, uint128 *address, uint8_t *length)
{
	(void)set;
	*length = 32;
	*address = (number << 12 | mixed(9, number) % 4096) & 0xffffffff;
}

static void
alternate64(struct set *set, size_t number, uint128 *address, uint8_t *length)
{
	(void)set;
	*length = 64;
	*address = (uint128)0x20010db8 << 96 | (uint128)(number * 2) << 64;
}

static void
alternate63(struct set *set, size_t number, uint128 *address, uint8_t *length)
{
	(void)set;
	*length = 63;
	*address = (uint128)0x20010db8 << 96 | (uint128)(number * 4) << 64;
}

/* Every second address of one /64. */
static void
alternate128(struct set *set, size_t number, uint128 *address, uint8_t *length)
{
	(void)set;
	*length = 128;
	*address = (uint128)0x20010db800000001U << 64 | (uint128)number * 2;
}

/* Every length from /8 down to one host, one inside the other, in an eighth. */
static void
nested4(struct set *set, size_t number, uint128 *address, uint8_t *length)
{
	(void)set;
	*length = (uint8_t)(8 + number % 25);
	*address = 64 << 24 | (mixed(11, number / 25) & 0x1fffffff);
}

static void
nested6(struct set *set, size_t number, uint128 *address, uint8_t *length)
{
	uint64_t chain = number / 97;

	(void)set;
	*length = (uint8_t)(32 + number % 97);
	*address = (uint128)(mixed(12, chain) >> 3 | 1ULL << 61) << 64 |
		   mixed(13, chain);
}

struct kind {
	const char *name;
	enum address_family family;
	bool near;
	bool overlapping; /* each prefix is in several of 64 lists */
	void (*draw)(
	    struct set *set, size_t number, uint128 *address, uint8_t *length);
};

static const struct kind kinds[] = {
    {"mixed4", ADDRESS_IPV4, false, false, mixed4},
    {"mixed6", ADDRESS_IPV6, false, false, mixed6},
    {"hosts4", ADDRESS_IPV4, false, false, hosts4},
    {"hosts6", ADDRESS_IPV6, false, false, hosts6},
    {"alternate32", ADDRESS_IPV4, true, false, alternate32},
    {"alternate31", ADDRESS_IPV4, true, false, alternate31},
    {"spread32", ADDRESS_IPV4, true, false, spread32},
    {"nested4", ADDRESS_IPV4, false, false, nested4},
    {"overlapping4", ADDRESS_IPV4, false, true, mixed4},
    {"alternate64", ADDRESS_IPV6, true, false, alternate64},
    {"alternate63", ADDRESS_IPV6, true, false, alternate63},
    {"alternate128", ADDRESS_IPV6, true, false, alternate128},
    {"nested6", ADDRESS_IPV6, true, false, nested6},
    {"overlapping6", ADDRESS_IPV6, false, true, mixed6},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

const char *
set_names(void)
{
	static char names[512];

	names[0] = '\0';
	for (size_t i = 0; i < KINDS; i++) {
		strcat(names, " ");
		strcat(names, kinds[i].name);
	}
	return names;
}

/* ---- a set ---- */

struct address
set_address(const struct set *set, uint128 number)
{
	struct address address = {.family = set->family};

	address.hi = (uint64_t)(number >> 64);
	address.lo = (uint64_t)number;
	return address;
}

static void
put(struct set *set, size_t at, uint128 address, uint8_t length, uint64_t mask)
{
	address &= ~set_host_bits(set, length);
	if (set->family == ADDRESS_IPV4) {
		set->ipv4[at] = (uint32_t)address;
	} else {
		set->ipv6[at].hi = (uint64_t)(address >> 64);
		set->ipv6[at].lo = (uint64_t)address;
	}
	set->lengths[at] = length;
	set->masks[at] = mask;
}

static uint64_t
draw_mask(struct set *set, const struct kind *kind)
{
	uint64_t mask = 0;

	if (!kind->overlapping)
		return 1ULL << below(set, set->members);
	for (uint64_t i = 0, count = 1 + below(set, 4); i < count; i++)
		mask |= 1ULL << below(set, 64);
	return mask;
}

static void
fill(struct set *set, const struct kind *kind)
{
	struct unique *unique = unique_new(set);
	uint128 address;
	uint8_t length;

	for (size_t number = 0; set->count < set->room; number++) {
		kind->draw(set, number, &address, &length);
		put(set, set->count, address, length, draw_mask(set, kind));
		if (unique_add(unique, set->count))
			set->count++;
	}
	unique_free(unique);
}

static const struct kind *
find_kind(const char *name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

bool
set_make(struct set *set, const char *name, size_t count, unsigned members,
    uint64_t seed)
{
	const struct kind *kind = find_kind(name);

	if (kind == NULL)
		return false;
	memset(set, 0, sizeof(*set));
	set->name = kind->name;
	set->family = kind->family;
	set->near = kind->near;
	set->members = kind->overlapping ? 64 : members;
	set->room = count;
	set->random = mixed(seed, count);
	if (set->family == ADDRESS_IPV4)
		set->ipv4 = memory_array(count, sizeof(set->ipv4[0]));
	else
		set->ipv6 = memory_array(count, sizeof(set->ipv6[0]));
	set->lengths = memory_array(count, sizeof(set->lengths[0]));
	set->masks = memory_array(count, sizeof(set->masks[0]));
	fill(set, kind);
	unique_sort(set);
	return true;
}

void
set_free(struct set *set)
{
	free(set->ipv4);
	free(set->ipv6);
	free(set->lengths);
	free(set->masks);
}
