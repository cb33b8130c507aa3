/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Entries of forwarding headers: an address and what proxies put around it.
 * The grammar has no byte outside 0x21-0x7e and no comma, so none is looked
 * for: a text with one of them is no entry.
 */

#include "proto/text/address.h"
#include "proto/text/scan.h"

static bool
is_port(struct view text)
{
	unsigned number;

	return view_number(text, 5, 65535, &number);
}

/*
 * Zones are local names (RFC 4007 section 11.2), of any printable bytes but
 * those that end an entry or stand around one.
 */
static bool
is_zone_byte(unsigned char byte)
{
	return byte > 0x20 && byte < 0x7f && byte != ',' && byte != '"' &&
	       byte != '[' && byte != ']';
}

static bool
is_zone(struct view text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!is_zone_byte((unsigned char)text.data[i]))
			return false;
	return text.length > 0;
}

/* IPv6 with or without zone. The text is not empty. */
static bool
read_zoned(struct view text, struct entry_text *entry)
{
	const char *end = text.data + text.length;
	const char *percent = memchr(text.data, '%', text.length);

	if (percent != NULL) {
		if (!is_zone(view_between(percent + 1, end)))
			return false;
		entry->decoration |= ENTRY_ZONE;
		text = view_between(text.data, percent);
	}
	return address_parse(text, &entry->address) &&
	       entry->address.family == ADDRESS_IPV6;
}

/* "[v6]" or "[v6]:port"; the first byte is the bracket. */
static bool
read_bracketed(struct view text, struct entry_text *entry)
{
	const char *end = text.data + text.length;
	const char *close = memchr(text.data, ']', text.length);

	if (close == NULL)
		return false;
	entry->decoration = ENTRY_BRACKETS;
	if (close + 1 < end) {
		if (close[1] != ':' || !is_port(view_between(close + 2, end)))
			return false;
		entry->decoration |= ENTRY_PORT;
	}
	return close > text.data + 1 &&
	       read_zoned(view_between(text.data + 1, close), entry);
}

/*
 * A quad has no colon, a quad with a port has one, and every IPv6 address has
 * two or more.
 */
static bool
read_plain(struct view text, struct entry_text *entry)
{
	const char *end = text.data + text.length;
	const char *colon = memchr(text.data, ':', text.length);

	if (colon == NULL)
		return address_parse(text, &entry->address);
	if (memchr(colon + 1, ':', (size_t)(end - colon - 1)) != NULL)
		return read_zoned(text, entry);
	entry->decoration = ENTRY_PORT;
	return is_port(view_between(colon + 1, end)) &&
	       address_parse(view_between(text.data, colon), &entry->address);
}

bool
entry_parse(struct view text, struct entry_text *entry)
{
	struct entry_text found = {.decoration = 0};
	bool good;

	if (text.length == 0 || text.length > ENTRY_TEXT_MAX)
		return false;
	good = text.data[0] == '[' ? read_bracketed(text, &found)
				   : read_plain(text, &found);
	if (good)
		*entry = found;
	return good;
}

bool
entry_parse_addr_port(struct view text, struct entry_text *entry)
{
	struct entry_text found = {.decoration = 0};
	const char *colon;
	struct view head;

	if (text.length == 0 || text.length > ENTRY_TEXT_MAX)
		return false;
	colon = memrchr(text.data, ':', text.length);
	if (colon == NULL || colon == text.data ||
	    !is_port(view_between(colon + 1, text.data + text.length)))
		return false;
	head = view_between(text.data, colon);
	if (!address_parse(head, &found.address) && !read_zoned(head, &found))
		return false;
	*entry = found;
	return true;
}
