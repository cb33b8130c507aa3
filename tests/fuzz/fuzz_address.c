/* SPDX-License-Identifier: Apache-2.0 */

/* Any text as an address, an entry, a prefix and a range. */

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>

#include "proto/text/prefix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static bool
libc_reads(const char *text, struct address *address)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1) {
		*address = address_from_ipv4(bytes);
		return true;
	}
	if (inet_pton(AF_INET6, text, bytes) == 1) {
		*address = address_from_ipv6(bytes);
		return true;
	}
	return false;
}

static void
check_address(struct view text)
{
	struct address address, other;
	char copy[64], written[ADDRESS_TEXT_SIZE];
	bool good = address_parse(text, &address);

	if (good) {
		struct view again = {
		    written, address_format(&address, written)};

		require(text.length < ADDRESS_TEXT_SIZE);
		require(again.length < ADDRESS_TEXT_SIZE);
		require(address_parse(again, &other));
		require(address_equal(&address, &other));
	}
	if (text.length >= sizeof(copy) ||
	    memchr(text.data, '\0', text.length) != NULL)
		return;
	memcpy(copy, text.data, text.length);
	copy[text.length] = '\0';
	require(good == libc_reads(copy, &other));
	require(!good || address_equal(&address, &other));
}

static bool
view_has(struct view text, char byte)
{
	return memchr(text.data, byte, text.length) != NULL;
}

static void
check_entry(struct view text)
{
	struct entry_text entry;
	struct address bare;

	if (!entry_parse(text, &entry)) {
		require(!address_parse(text, &bare));
		return;
	}
	require(text.length <= ENTRY_TEXT_MAX && !view_has(text, ','));
	for (size_t i = 0; i < text.length; i++)
		require(text.data[i] >= 0x21 && text.data[i] <= 0x7e);
	require((text.data[0] == '[') ==
		((entry.decoration & ENTRY_BRACKETS) != 0));
	require(view_has(text, '%') == ((entry.decoration & ENTRY_ZONE) != 0));
	require(
	    entry.decoration != 0 || (address_parse(text, &bare) &&
					 address_equal(&bare, &entry.address)));
	if ((entry.decoration & (ENTRY_ZONE | ENTRY_BRACKETS)) != 0)
		require(entry.address.family == ADDRESS_IPV6);
}

static void
check_addr_port(struct view text)
{
	struct entry_text entry, head_entry;
	struct view head = {text.data, 0};

	if (!entry_parse_addr_port(text, &entry))
		return;
	require(text.length <= ENTRY_TEXT_MAX && text.data[0] != '[');
	require((entry.decoration & ~(unsigned)ENTRY_ZONE) == 0);
	for (size_t i = 0; i < text.length; i++)
		if (text.data[i] == ':')
			head.length = i;
	require(entry_parse(head, &head_entry));
	require(address_equal(&entry.address, &head_entry.address));
	require(entry.decoration == head_entry.decoration);
}

static void
check_prefix(struct view text)
{
	struct prefix prefix, again;
	enum prefix_status status = prefix_parse(text, &prefix);
	char written[PREFIX_TEXT_SIZE];
	struct address masked;
	struct range range;
	struct view view;

	require(prefix_status_text(status) != NULL);
	if (status != PREFIX_OK && status != PREFIX_HOST_BITS)
		return;
	masked = address_mask(prefix.address, prefix.length);
	range = prefix_range(&prefix);
	require(prefix.length > 0);
	require(address_equal(&masked, &prefix.address));
	require(address_equal(&range.first, &prefix.address));
	require(prefix_contains(&prefix, &range.last));
	view = (struct view){written, prefix_format(&prefix, written)};
	require(view.length < PREFIX_TEXT_SIZE);
	/* A short prefix of zeros may look like a mapped one. */
	masked = address_unmap(prefix.address);
	if (masked.family != prefix.address.family)
		return;
	require(prefix_parse(view, &again) == PREFIX_OK);
	require(again.length == prefix.length);
	require(address_equal(&again.address, &prefix.address));
}

static void
check_range(struct view text)
{
	struct prefix prefixes[RANGE_PREFIXES_MAX];
	struct address next;
	struct range range;
	unsigned count;

	if (range_parse(text, &range) != PREFIX_OK)
		return;
	require(address_compare(&range.first, &range.last) <= 0);
	count = range_split(&range, prefixes);
	require(count > 0 && count <= RANGE_PREFIXES_MAX);
	next = range.first;
	for (unsigned i = 0; i < count; i++) {
		struct range reach = prefix_range(&prefixes[i]);

		require(address_equal(&reach.first, &next));
		next = reach.last;
		require(address_compare(&next, &range.last) <= 0);
		require(address_equal(&next, &range.last) == (i + 1 == count));
		next.lo++;
		next.hi += next.lo == 0;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = {(const char *)data, size};

	if (size == 0)
		return 0;
	check_address(text);
	check_entry(text);
	check_addr_port(text);
	check_prefix(text);
	check_range(text);
	return 0;
}
