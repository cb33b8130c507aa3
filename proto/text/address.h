/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTO_TEXT_ADDRESS_H
#define PROTO_TEXT_ADDRESS_H

/*
 * IPv4 and IPv6 addresses: the one strict grammar that headers, arguments,
 * lists and the configuration share. Addresses are compared after parsing,
 * never as text.
 */

#include <stdint.h>

#include "proto/text/view.h"

enum address_family {
	ADDRESS_NONE = 0, /* no address: all other members are 0 */
	ADDRESS_IPV4 = 4,
	ADDRESS_IPV6 = 6,
};

/*
 * Host byte order throughout. IPv4: hi is 0, lo is the quad. IPv6: hi the
 * first 64 bits. Equal addresses have equal members.
 */
struct address {
	uint64_t hi;
	uint64_t lo;
	enum address_family family;
};

enum {
	/* "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255" and its NUL */
	ADDRESS_TEXT_SIZE = 46,
	/* An entry of a header longer than this is no address. */
	ENTRY_TEXT_MAX = 60,
};

/* What stood around the address of an entry. */
enum entry_decoration {
	ENTRY_BRACKETS = 1, /* [v6] */
	ENTRY_PORT = 2,     /* quad:port or [v6]:port */
	ENTRY_ZONE = 4,     /* v6%zone (RFC 6874), cut from the address */
};

struct entry_text {
	struct address address;
	unsigned decoration; /* bits of enum entry_decoration */
};

/*
 * Reads a bare address, the whole of text: a dotted quad of four decimal
 * numbers 0-255 without leading zeros, or RFC 4291 section 2.2 IPv6 with an
 * embedded quad allowed. No octal, hex, short or integer forms, names,
 * prefixes, brackets, ports, zones or blanks. A mapped address stays IPv6.
 * False leaves *address as it was.
 */
bool address_parse(struct view text, struct address *address);

/*
 * Reads one entry of a forwarding header, already trimmed: a bare address, or
 * one decorated by brackets, port (0-65535, one to five digits) or zone (IPv6
 * only, not empty). At most ENTRY_TEXT_MAX bytes of 0x21-0x7e. Which
 * decoration is welcome is the policy's choice. False leaves *entry as it was.
 */
bool entry_parse(struct view text, struct entry_text *entry);

/*
 * Reads "address:port" as CloudFront-Viewer-Address writes it: the port behind
 * the last colon, IPv6 without brackets. A zone is reported; nothing else
 * counts as decoration, since the port belongs to the format. False leaves
 * *entry as it was.
 */
bool entry_parse_addr_port(struct view text, struct entry_text *entry);

/* ::ffff:a.b.c.d becomes a.b.c.d (RFC 4291 section 2.5.5.2); others stay. */
struct address address_unmap(struct address address);

/* The address with all but its first length bits zero; length 0-32, 0-128. */
struct address address_mask(struct address address, unsigned length);

/* Writes canonical text (RFC 5952) and a NUL; gives its length. */
size_t address_format(
    const struct address *address, char text[ADDRESS_TEXT_SIZE]);

/* From and to network byte order: 4 or 16 bytes. */
struct address address_from_ipv4(const uint8_t bytes[4]);
struct address address_from_ipv6(const uint8_t bytes[16]);
void address_to_ipv4(const struct address *address, uint8_t bytes[4]);
void address_to_ipv6(const struct address *address, uint8_t bytes[16]);

static inline bool
address_equal(const struct address *a, const struct address *b)
{
	return a->lo == b->lo && a->hi == b->hi && a->family == b->family;
}

/* IPv4 before IPv6, then by number: less than, equal to, greater than 0. */
int address_compare(const struct address *a, const struct address *b);

/* 0.0.0.0 or :: */
static inline bool
address_unspecified(const struct address *address)
{
	return address->lo == 0 && address->hi == 0;
}

#endif
