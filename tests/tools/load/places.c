/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/load/places.h"
#include "tests/tools/load/dice.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char world[] =
    "# Made by the load generator, which knows what follows from it.\n"
    "lists:\n"
    "  balancers: [10.20.0.0/16, \"2001:db8:b::/48\"]\n"
    "  office: [198.18.0.0/15, \"2001:db8:1::/48\"]\n"
    "  suspects: [203.0.113.0/24, \"2001:db8:c::/48\"]\n"
    "  drop: {file: drop.txt}\n"
    "policies:\n"
    "  default:\n"
    "    trust: [balancers]\n"
    "    sources: [{header: X-Forwarded-For}]\n"
    "    rules:\n"
    "      - {allow: [office]}\n"
    "      - {verdict: captcha, lists: [suspects]}\n"
    "      - {deny: [drop], name: blocked, status: 403}\n"
    "    default: allow\n"
    "    return: &\n"
    "  admin:\n"
    "    trust: [balancers]\n"
    "    sources:\n"
    "      - {header: X-Forwarded-For, on-invalid: reject, on-empty: reject}\n"
    "    fallback: reject\n"
    "    rules: [{allow: [office], name: office}]\n"
    "    default: deny\n"
    "    return: &\n"
    "  tcp:\n"
    "    trust: [balancers]\n"
    "    rules: [{deny: [drop], name: blocked}]\n"
    "    default: allow\n"
    "    scope: sess\n"
    "    return: &\n";

static const char returned[] = "[allowed, verdict, client_ip, client_net, "
			       "proven, source, rule, flags, generation]";

/* ---- addresses ---- */

static struct ip
ip4(uint32_t value)
{
	struct ip ip = {.family = 4};

	for (unsigned i = 0; i < 4; i++)
		ip.bytes[i] = (uint8_t)(value >> (24 - 8 * i));
	return ip;
}

static struct ip
ip6(uint64_t high, uint64_t low)
{
	struct ip ip = {.family = 6};

	for (unsigned i = 0; i < 8; i++) {
		ip.bytes[i] = (uint8_t)(high >> (56 - 8 * i));
		ip.bytes[8 + i] = (uint8_t)(low >> (56 - 8 * i));
	}
	return ip;
}

struct ip
ip_mapped(struct ip ip)
{
	struct ip mapped = {.family = 6, .bytes = {[10] = 0xff, [11] = 0xff}};

	if (ip.family != 4)
		return ip;
	memcpy(mapped.bytes + 12, ip.bytes, 4);
	return mapped;
}

void
ip_format(const struct ip *ip, char text[IP_TEXT_SIZE])
{
	if (ip->family == 0 || inet_ntop(ip->family == 4 ? AF_INET : AF_INET6,
				   ip->bytes, text, IP_TEXT_SIZE) == NULL)
		snprintf(text, IP_TEXT_SIZE, "none");
}

/* ---- the slots of "drop" ---- */

enum {
	SIXES = 25,      /* percent of the slots that are IPv6 */
	CHANGING = 256,  /* hosts, the even and the odd ones together */
	SLOT_BITS4 = 8,  /* below the /24 of an IPv4 slot */
	SLOT_BITS6 = 80, /* below the /48 of an IPv6 slot */
};

struct slot {
	bool six;
	unsigned length; /* of the prefix */
	struct ip first; /* of the prefix */
	uint64_t base;   /* the slot's own bits, the upper half for IPv6 */
	unsigned which;  /* of the prefixes that the slot has room for */
};

/* More hosts than networks, as in lists of offenders. */
static unsigned
slot_length(bool six, unsigned percent)
{
	if (six)
		return percent < 40 ? 64 : percent < 60 ? 128 : 48;
	return percent < 50 ? 32 : percent < 70 ? 28 : percent < 85 ? 26 : 24;
}

static struct slot
slot_at(uint32_t index)
{
	uint64_t hash = mix(index);
	struct slot slot = {.six = hash % 100 < SIXES};

	slot.length = slot_length(slot.six, (unsigned)((hash >> 16) % 100));
	slot.which = (unsigned)(hash >> 32) & 0xff;
	if (slot.six) {
		slot.base = UINT64_C(0x2a00) << 48 | (uint64_t)index << 16;
		if (slot.length == 48)
			slot.which = 0;
		slot.first = ip6(
		    slot.base | slot.which, slot.length == 128 ? hash | 1 : 0);
		return slot;
	}
	slot.base = (UINT32_C(32) << 24) + ((uint64_t)index << SLOT_BITS4);
	slot.which &= (1U << (slot.length - 24)) - 1;
	slot.first =
	    ip4((uint32_t)slot.base | slot.which << (32 - slot.length));
	return slot;
}

static struct ip
slot_inside(const struct slot *slot, uint64_t dice)
{
	if (slot->six) {
		if (slot->length == 128)
			return slot->first;
		return ip6(
		    slot->base | (slot->length == 64 ? slot->which
						     : dice >> 32 & 0xffff),
		    dice);
	}
	return ip4((uint32_t)slot->base | slot->which << (32 - slot->length) |
		   ((uint32_t)dice & ((1U << (32 - slot->length)) - 1)));
}

/* An address of the slot that its prefix does not hold; false: there is none. */
static bool
slot_outside(const struct slot *slot, uint64_t dice, struct ip *ip)
{
	unsigned others = slot->six ? 0x100 : 1U << (slot->length - 24);
	unsigned which = (unsigned)(dice >> 32) % others;

	if (slot->length == (slot->six ? 48 : 24))
		return false;
	if (which == slot->which)
		which ^= 1;
	if (slot->six)
		*ip = ip6(slot->base | which, dice);
	else
		*ip = ip4((uint32_t)slot->base | which << (32 - slot->length) |
			  ((uint32_t)dice & ((1U << (32 - slot->length)) - 1)));
	return true;
}

/* ---- places ---- */

static struct ip
clear_address(uint64_t index, uint64_t dice)
{
	if (dice % 100 < SIXES)
		return ip6(
		    UINT64_C(0x2a10) << 48 | (index & 0xffffffff), mix(dice));
	/* An odd factor: all of 64.0.0.0/3, none twice. */
	return ip4(UINT32_C(0x40000000) |
		   ((uint32_t)index * UINT32_C(0x9e3779b1) & 0x1fffffff));
}

static struct ip
either(uint64_t dice, uint32_t four, unsigned bits, uint64_t six)
{
	if (dice % 100 < SIXES)
		return ip6(six | (dice >> 16 & 0xffff), mix(dice));
	return ip4(four | ((uint32_t)(dice >> 16) & ((1U << bits) - 1)));
}

static struct ip
changing_address(uint64_t dice, unsigned odd)
{
	return ip4(
	    UINT32_C(0xc0000200) | ((uint32_t)(dice >> 16) & 0xfe) | odd);
}

struct ip
place_address(
    enum place place, uint32_t prefixes, uint64_t index, uint64_t dice)
{
	struct slot slot;
	struct ip ip;

	switch (place) {
	case PLACE_NEAR:
		slot = slot_at((uint32_t)(mix(index) % prefixes));
		if (slot_outside(&slot, dice, &ip))
			return ip;
		break;
	case PLACE_LISTED:
		slot = slot_at((uint32_t)(mix(index) % prefixes));
		return slot_inside(&slot, dice);
	case PLACE_OFFICE:
		return either(dice, UINT32_C(0xc6120000), 17,
		    UINT64_C(0x20010db800010000));
	case PLACE_SUSPECT:
		return either(dice, UINT32_C(0xcb007100), 8,
		    UINT64_C(0x20010db8000c0000));
	case PLACE_EVEN:
	case PLACE_ODD:
		return changing_address(dice, place == PLACE_ODD);
	case PLACE_CLEAR:
		break;
	}
	return clear_address(index, dice);
}

struct ip
balancer_address(uint64_t index)
{
	if (index % 8 == 7)
		return ip6(
		    UINT64_C(0x20010db8000b0000) | (index >> 3 & 0xffff), 1);
	return ip4(UINT32_C(0x0a140000) | (uint32_t)(index & 0xffff));
}

/* ---- files ---- */

static FILE *
file_begin(const char *directory, const char *name)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (file == NULL)
		perror(path);
	return file;
}

static bool
file_end(FILE *file, const char *name)
{
	bool good = !ferror(file);

	if (fclose(file) == 0 && good)
		return true;
	perror(name);
	return false;
}

static bool
write_drop(const char *directory, const char *name, uint32_t prefixes, bool odd)
{
	char text[IP_TEXT_SIZE];
	FILE *file = file_begin(directory, name);

	if (file == NULL)
		return false;
	for (uint32_t i = 0; i < prefixes; i++) {
		struct slot slot = slot_at(i);

		ip_format(&slot.first, text);
		fprintf(file, "%s/%u\n", text, slot.length);
	}
	for (unsigned i = odd; i < CHANGING; i += 2)
		fprintf(file, "192.0.2.%u\n", i);
	return file_end(file, name);
}

static bool
write_world(const char *directory)
{
	static const char name[] = "world.yaml";
	FILE *file = file_begin(directory, name);

	if (file == NULL)
		return false;
	for (const char *at = world; *at != '\0'; at++)
		if (*at == '&')
			fputs(returned, file);
		else
			fputc(*at, file);
	return file_end(file, name);
}

bool
places_write(const char *directory, uint32_t prefixes)
{
	return write_world(directory) &&
	       write_drop(directory, "drop.txt", prefixes, false) &&
	       write_drop(directory, "drop-odd.txt", prefixes, true);
}
