/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/text/address.h"

enum {
	GROUPS = 8,
	NO_GAP = GROUPS + 1,
	/* Every IPv6 address has a colon among its first five bytes. */
	COLON_WITHIN = 5,
};

/*
 * What is read of an IPv6 address: count groups, at most GROUPS. gap of them
 * stand left of "::", which is NO_GAP as long as there was none; so a group
 * with a smaller number than gap keeps its place and the others move right.
 */
struct groups {
	uint16_t group[GROUPS];
	unsigned count;
	unsigned gap;
};

/* More than 9 for what is no digit. */
static inline unsigned
digit_at(const char *at)
{
	return (unsigned char)*at - (unsigned)'0';
}

/* 0 to 255 in one to three digits, no 0 in front; NULL: there is none. */
static inline const char *
read_octet(const char *at, const char *end, uint64_t *quad)
{
	unsigned number, digit;

	if (at == end || (number = digit_at(at)) > 9)
		return NULL;
	if (++at < end && (digit = digit_at(at)) <= 9) {
		if (number == 0)
			return NULL;
		number = number * 10 + digit;
		if (++at < end && (digit = digit_at(at)) <= 9) {
			number = number * 10 + digit;
			at++;
		}
	}
	*quad = *quad << 8 | number;
	return number <= 255 ? at : NULL;
}

/* A fourth digit of an octet is no dot, and no end. */
static bool
read_quad(const char *at, const char *end, uint64_t *quad)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 3; i++) {
		at = read_octet(at, end, &value);
		if (at == NULL || at == end || *at++ != '.')
			return false;
	}
	at = read_octet(at, end, &value);
	*quad = value;
	return at == end;
}

/* Up to four hexadecimal digits; gives where they end. */
static const char *
read_hex(const char *at, const char *end, uint16_t *value)
{
	const char *stop = end - at > 4 ? at + 4 : end;
	unsigned number = 0;

	for (; at < stop; at++) {
		unsigned digit = (unsigned char)*at - (unsigned)'0';

		if (digit > 9) {
			digit = ascii_lower((unsigned char)*at) - (unsigned)'a';
			if (digit > 5)
				break;
			digit += 10;
		}
		number = number << 4 | digit;
	}
	*value = (uint16_t)number;
	return at;
}

/* A quad stands for the last two groups and ends the address. */
static const char *
read_embedded(const char *at, const char *end, struct groups *groups)
{
	uint64_t quad;

	if (groups->count > GROUPS - 2 || !read_quad(at, end, &quad))
		return NULL;
	groups->group[groups->count++] = (uint16_t)(quad >> 16);
	groups->group[groups->count++] = (uint16_t)quad;
	return end;
}

/* A group and the colons behind it. NULL: no address can begin like this. */
static const char *
read_group(const char *at, const char *end, struct groups *groups)
{
	uint16_t value;
	const char *behind = read_hex(at, end, &value);

	if (behind == at || groups->count == GROUPS)
		return NULL;
	if (behind < end && *behind == '.')
		return read_embedded(at, end, groups);
	groups->group[groups->count++] = value;
	if (behind == end)
		return end;
	if (*behind++ != ':' || behind == end)
		return NULL;
	if (*behind != ':')
		return behind;
	if (groups->gap != NO_GAP)
		return NULL;
	groups->gap = groups->count;
	return behind + 1;
}

static bool
join_groups(const struct groups *groups, struct address *address)
{
	unsigned missing = GROUPS - groups->count;
	uint64_t half[2] = {0, 0};

	/* "::" stands for at least one group (RFC 4291 section 2.2). */
	if ((groups->gap == NO_GAP) != (missing == 0))
		return false;
	for (unsigned i = 0; i < groups->count; i++) {
		unsigned place = i < groups->gap ? i : i + missing;
		unsigned shift = 16 * (3 - place % 4);

		half[place / 4] |= (uint64_t)groups->group[i] << shift;
	}
	*address = (struct address){half[0], half[1], ADDRESS_IPV6};
	return true;
}

static bool
parse_ipv4(struct view text, struct address *address)
{
	uint64_t quad;

	if (!read_quad(text.data, text.data + text.length, &quad))
		return false;
	*address = (struct address){0, quad, ADDRESS_IPV4};
	return true;
}

/* At least two bytes. */
static bool
parse_ipv6(struct view text, struct address *address)
{
	struct groups groups = {.gap = NO_GAP};
	const char *at = text.data;
	const char *end = at + text.length;

	if (at[0] == ':' && at[1] == ':') {
		groups.gap = 0;
		at += 2;
	}
	while (at < end) {
		at = read_group(at, end, &groups);
		if (at == NULL)
			return false;
	}
	return join_groups(&groups, address);
}

bool
address_parse(struct view text, struct address *address)
{
	if (text.length < 2)
		return false;
	if (parse_ipv4(text, address))
		return true;
	for (size_t i = 0; i < text.length && i < COLON_WITHIN; i++)
		if (text.data[i] == ':')
			return parse_ipv6(text, address);
	return false;
}

static bool
is_mapped(const struct address *address)
{
	return address->family == ADDRESS_IPV6 && address->hi == 0 &&
	       address->lo >> 32 == 0xffff;
}

struct address
address_unmap(struct address address)
{
	if (is_mapped(&address))
		return (struct address){
		    0, address.lo & UINT32_MAX, ADDRESS_IPV4};
	return address;
}

struct address
address_mask(struct address address, unsigned length)
{
	if (address.family == ADDRESS_IPV4) {
		if (length < 32)
			address.lo &= ~(uint64_t)(UINT32_MAX >> length);
	} else if (length < 64) {
		address.hi &= ~(UINT64_MAX >> length);
		address.lo = 0;
	} else if (length < 128) {
		address.lo &= ~(UINT64_MAX >> (length - 64));
	}
	return address;
}

static char *
write_quad(char *at, uint64_t quad)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		unsigned number = quad >> shift & 255;

		if (number >= 100)
			*at++ = (char)('0' + number / 100);
		if (number >= 10)
			*at++ = (char)('0' + number / 10 % 10);
		*at++ = (char)('0' + number % 10);
		if (shift > 0)
			*at++ = '.';
	}
	return at;
}

static char *
write_group(char *at, unsigned group)
{
	for (int shift = 12; shift >= 0; shift -= 4)
		if (group >> shift != 0 || shift == 0)
			*at++ = "0123456789abcdef"[group >> shift & 15];
	return at;
}

static unsigned
group_of(const struct address *address, unsigned place)
{
	uint64_t half = place < 4 ? address->hi : address->lo;

	return half >> 16 * (3 - place % 4) & 0xffff;
}

/* The first of the longest runs of two or more zero groups; else GROUPS. */
static unsigned
find_zeros(const struct address *address, unsigned *length)
{
	unsigned best = GROUPS, run = 0;

	*length = 1;
	for (unsigned i = 0; i < GROUPS; i++) {
		run = group_of(address, i) == 0 ? run + 1 : 0;
		if (run > *length) {
			*length = run;
			best = i + 1 - run;
		}
	}
	return best;
}

static char *
write_ipv6(char *at, const struct address *address)
{
	unsigned length;
	unsigned zeros = find_zeros(address, &length);

	for (unsigned i = 0; i < GROUPS; i++) {
		if (i == zeros) {
			i += length - 1;
			*at++ = ':';
			if (i == GROUPS - 1)
				*at++ = ':';
			continue;
		}
		if (i > 0)
			*at++ = ':';
		at = write_group(at, group_of(address, i));
	}
	return at;
}

size_t
address_format(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
	char *end = text;

	if (is_mapped(address)) {
		memcpy(end, "::ffff:", 7);
		end = write_quad(end + 7, address->lo);
	} else if (address->family == ADDRESS_IPV4) {
		end = write_quad(end, address->lo);
	} else if (address->family == ADDRESS_IPV6) {
		end = write_ipv6(end, address);
	}
	*end = '\0';
	return (size_t)(end - text);
}

static uint64_t
read_bytes(const uint8_t *bytes, size_t count)
{
	uint64_t value = 0;

	for (size_t i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

static void
write_bytes(uint64_t value, uint8_t *bytes, size_t count)
{
	while (count > 0) {
		bytes[--count] = (uint8_t)value;
		value >>= 8;
	}
}

struct address
address_from_ipv4(const uint8_t bytes[4])
{
	return (struct address){0, read_bytes(bytes, 4), ADDRESS_IPV4};
}

struct address
address_from_ipv6(const uint8_t bytes[16])
{
	return (struct address){
	    read_bytes(bytes, 8), read_bytes(bytes + 8, 8), ADDRESS_IPV6};
}

void
address_to_ipv4(const struct address *address, uint8_t bytes[4])
{
	write_bytes(address->lo, bytes, 4);
}

void
address_to_ipv6(const struct address *address, uint8_t bytes[16])
{
	write_bytes(address->hi, bytes, 8);
	write_bytes(address->lo, bytes + 8, 8);
}

int
address_compare(const struct address *a, const struct address *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	return (a->lo > b->lo) - (a->lo < b->lo);
}
