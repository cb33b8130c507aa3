/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/lists/reader.h"

/*
 * The lines that make up nearly all of a large list, a.b.c.d or full or
 * shortened IPv6 with or without a length, read without looking back. What it
 * takes prefix_parse() takes too, and to the same prefix; whatever is unusual,
 * be it good or bad, it leaves to that. It stops at the first byte that does
 * not belong, so a newline must be somewhere behind.
 */

/* 0 to 9, or more. */
static inline unsigned
digit(char byte)
{
	return (unsigned)(unsigned char)byte - (unsigned)'0';
}

/* One to three digits, no leading zero; NULL when there are none. */
static inline const char *
read_number(const char *at, unsigned *number)
{
	unsigned value = digit(*at);

	if (value > 9)
		return NULL;
	at++;
	if (digit(*at) <= 9) {
		if (value == 0)
			return NULL;
		value = value * 10 + digit(*at++);
		if (digit(*at) <= 9)
			value = value * 10 + digit(*at++);
	}
	*number = value;
	return at;
}

/* "/n", from 1 to max, or nothing. */
static inline const char *
read_length(const char *at, unsigned max, unsigned *length)
{
	*length = max;
	if (*at != '/')
		return at;
	at = read_number(at + 1, length);
	return at == NULL || *length == 0 || *length > max ? NULL : at;
}

static const char *
read_ipv4(const char *at, struct prefix *prefix)
{
	uint32_t quad = 0;
	unsigned length;

	for (unsigned i = 0; i < 4; i++) {
		unsigned number;

		if (i > 0 && *at++ != '.')
			return NULL;
		at = read_number(at, &number);
		if (at == NULL || number > 255)
			return NULL;
		quad = quad << 8 | number;
	}
	at = read_length(at, 32, &length);
	if (at == NULL || (length < 32 && (quad & UINT32_MAX >> length) != 0))
		return NULL;
	*prefix =
	    (struct prefix){.address = {.lo = quad, .family = ADDRESS_IPV4},
		.length = (uint8_t)length};
	return at;
}

static const uint8_t hex_digits[256] = {['0'] = 1,
    ['1'] = 2,
    ['2'] = 3,
    ['3'] = 4,
    ['4'] = 5,
    ['5'] = 6,
    ['6'] = 7,
    ['7'] = 8,
    ['8'] = 9,
    ['9'] = 10,
    ['a'] = 11,
    ['b'] = 12,
    ['c'] = 13,
    ['d'] = 14,
    ['e'] = 15,
    ['f'] = 16,
    ['A'] = 11,
    ['B'] = 12,
    ['C'] = 13,
    ['D'] = 14,
    ['E'] = 15,
    ['F'] = 16};

/* Groups of an address, eight at most, and where "::" stood. */
struct groups {
	uint64_t hi; /* of what was read so far, the last group lowest */
	uint64_t lo;
	unsigned count;
	unsigned gap; /* groups before "::"; NO_GAP for none */
};

enum { NO_GAP = 9 };

static inline void
push_group(struct groups *groups, unsigned value)
{
	groups->hi = groups->hi << 16 | groups->lo >> 48;
	groups->lo = groups->lo << 16 | value;
	groups->count++;
}

/* One to four digits. */
static inline const char *
read_group(const char *at, unsigned *value)
{
	const char *begin = at;
	unsigned group = 0;

	for (; at < begin + 4; at++) {
		unsigned hex = hex_digits[(unsigned char)*at];

		if (hex == 0)
			break;
		group = group << 4 | (hex - 1);
	}
	*value = group;
	return at == begin ? NULL : at;
}

static inline const char *
read_groups(const char *at, struct groups *groups)
{
	unsigned value;

	if (at[0] == ':') {
		if (at[1] != ':')
			return NULL;
		groups->gap = 0;
		at += 2;
		/* Nothing behind "::" is the address of zeros. */
		if (hex_digits[(unsigned char)*at] == 0)
			return at;
	}
	for (;;) {
		if (groups->count == 8)
			return NULL;
		at = read_group(at, &value);
		if (at == NULL)
			return NULL;
		push_group(groups, value);
		if (*at != ':')
			return at;
		at++;
		if (*at != ':')
			continue;
		if (groups->gap != NO_GAP)
			return NULL;
		groups->gap = groups->count;
		at++;
		if (hex_digits[(unsigned char)*at] == 0)
			return at;
	}
}

__extension__ typedef unsigned __int128 bits128;

/* Puts the zeros of "::" between what stood before and behind it. */
static bool
spread(const struct groups *groups, struct address *address)
{
	unsigned behind = groups->count - groups->gap;
	bits128 all = (bits128)groups->hi << 64 | groups->lo;
	bits128 low = 0;

	if (groups->gap == NO_GAP) {
		*address =
		    (struct address){groups->hi, groups->lo, ADDRESS_IPV6};
		return groups->count == 8;
	}
	/* "::" stands for one group at least. */
	if (groups->count > 7)
		return false;
	if (behind > 0) {
		low = all & (((bits128)1 << 16 * behind) - 1);
		all >>= 16 * behind;
	}
	if (groups->gap > 0)
		low |= all << 16 * (8 - groups->gap);
	*address = (struct address){
	    (uint64_t)(low >> 64), (uint64_t)low, ADDRESS_IPV6};
	return true;
}

static bool
is_mapped(const struct address *address)
{
	return address->hi == 0 && address->lo >> 32 == 0xffff;
}

static const char *
read_ipv6(const char *at, struct prefix *prefix)
{
	struct groups groups = {.gap = NO_GAP};
	struct address address;
	struct address masked;
	unsigned length;

	at = read_groups(at, &groups);
	if (at == NULL || !spread(&groups, &address) || is_mapped(&address))
		return NULL;
	at = read_length(at, 128, &length);
	if (at == NULL)
		return NULL;
	masked = address_mask(address, length);
	if (!address_equal(&masked, &address))
		return NULL;
	*prefix = (struct prefix){address, (uint8_t)length};
	return at;
}

/* The end of a line, if nothing but that follows. */
static inline const char *
line_end(const char *at)
{
	if (*at == '\n')
		return at;
	return at[0] == '\r' && at[1] == '\n' ? at + 1 : NULL;
}

static inline const char *
fast_prefix(const char *at, struct prefix *prefix)
{
	/* Where a number ends tells which it is. */
	if (digit(at[0]) <= 9 &&
	    (at[1] == '.' ||
		(digit(at[1]) <= 9 &&
		    (at[2] == '.' || (digit(at[2]) <= 9 && at[3] == '.')))))
		return read_ipv4(at, prefix);
	return read_ipv6(at, prefix);
}

const char *
fast_lines(struct reader *reader, const char *at, const char *last)
{
	struct prefixes_builder *builder = &reader->builder;
	size_t count = 0;

	while (at <= last) {
		struct prefix prefix;
		const char *behind = fast_prefix(at, &prefix);

		if (behind == NULL || (behind = line_end(behind)) == NULL)
			break;
		prefixes_add(builder, &prefix);
		count++;
		at = behind + 1;
	}
	reader->line += count;
	reader->entries += count;
	return at;
}
