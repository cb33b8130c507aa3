/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TOOLS_LOAD_PLACES_H
#define TESTS_TOOLS_LOAD_PLACES_H

/*
 * Where addresses live, and the configuration that says so: from the place
 * that an address was drawn from follows which lists hold it.
 *
 * The list "drop" has a slot for each of its prefixes, 32.0.0.0/24 and on or
 * 2a00::/48 and on, each with one prefix somewhere in it. So there are both,
 * addresses that are listed, and their next neighbours that are not.
 */

#include <stdbool.h>
#include <stdint.h>

enum {
	PREFIXES_MAX = 1 << 20,
	IP_TEXT_SIZE = 48,
};

/* family: 4, 6, or 0 for none; of IPv4 the first four bytes count. */
struct ip {
	uint8_t family;
	uint8_t bytes[16];
};

enum place {
	PLACE_CLEAR,   /* in no list, each index another address */
	PLACE_NEAR,    /* in no list, but next to a prefix of "drop" */
	PLACE_LISTED,  /* in "drop" */
	PLACE_OFFICE,  /* in "office" */
	PLACE_SUSPECT, /* in "suspects" */
	PLACE_EVEN,    /* in "drop" while the odd ones are not */
	PLACE_ODD,     /* in "drop" while the even ones are not */
};

/* Some address of that place, with so many prefixes in "drop". */
struct ip place_address(
    enum place place, uint32_t prefixes, uint64_t index, uint64_t dice);

/* An address of "balancers", which are trusted; different indices differ. */
struct ip balancer_address(uint64_t index);

/* ::ffff:a.b.c.d instead of a.b.c.d. */
struct ip ip_mapped(struct ip ip);

void ip_format(const struct ip *ip, char text[IP_TEXT_SIZE]);

/*
 * Writes into the directory: world.yaml (lists and policies), and twice the
 * list "drop": drop.txt, where the even ones are listed, and drop-odd.txt to
 * exchange it with. False: standard error says why.
 */
bool places_write(const char *directory, uint32_t prefixes);

#endif
