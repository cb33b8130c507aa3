/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTO_TEXT_PREFIX_H
#define PROTO_TEXT_PREFIX_H

/* Prefixes and ranges as lists and the configuration write them. */

#include "proto/text/address.h"

/* The address is masked: no bit is set behind length. */
struct prefix {
	struct address address;
	uint8_t length; /* 0-32 for IPv4, 0-128 for IPv6 */
};

struct range {
	struct address first; /* same family, first <= last */
	struct address last;
};

enum prefix_status {
	PREFIX_OK,
	PREFIX_HOST_BITS,    /* bits set behind the length; *prefix is masked */
	PREFIX_NO_ADDRESS,   /* no address in the one grammar */
	PREFIX_ZONE,         /* a zone does not belong into a list */
	PREFIX_BAD_LENGTH,   /* not one plain decimal in range; /08, /33, /-1 */
	PREFIX_EVERYTHING,   /* /0: to be written as the word any */
	PREFIX_MAPPED_SHORT, /* mapped, /96 or shorter: it would be all of IPv4 */
	RANGE_BACKWARDS,     /* a-b with a > b */
	RANGE_FAMILIES,      /* a-b with an IPv4 and an IPv6 end */
};

enum {
	PREFIX_TEXT_SIZE = ADDRESS_TEXT_SIZE + 4,
	/* A range splits into at most this many prefixes (2 x 128 - 2). */
	RANGE_PREFIXES_MAX = 254,
};

/*
 * Reads a.b.c.d, a.b.c.d/n, or IPv6 likewise, the whole of text. A mapped
 * prefix of /97 to /128 becomes the IPv4 one. On PREFIX_OK and
 * PREFIX_HOST_BITS *prefix is set; else it stays as it was.
 */
enum prefix_status prefix_parse(struct view text, struct prefix *prefix);

/*
 * Reads "a-b", blanks around the hyphen allowed. Mapped ends become IPv4.
 * On PREFIX_OK *range is set. A range of a whole family is PREFIX_EVERYTHING.
 */
enum prefix_status range_parse(struct view text, struct range *range);

/* The fewest prefixes that make up the range, in order; gives their count. */
unsigned range_split(
    const struct range *range, struct prefix prefixes[RANGE_PREFIXES_MAX]);

/* What is wrong, for people; never NULL. */
const char *prefix_status_text(enum prefix_status status);

/* Canonical text with "/n", left out for a host; gives its length. */
size_t prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_SIZE]);

/* First and last address of the prefix. */
struct range prefix_range(const struct prefix *prefix);

bool prefix_contains(
    const struct prefix *prefix, const struct address *address);

#endif
