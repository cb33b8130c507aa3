/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/text/prefix.h"
#include "proto/text/scan.h"

/* Bits that a mapped prefix has before its IPv4 part. */
enum { MAPPED_BITS = 96 };

static unsigned
address_bits(const struct address *address)
{
	return address->family == ADDRESS_IPV4 ? 32 : 128;
}

static const char *
find_byte(struct view text, char byte)
{
	return text.length > 0 ? memchr(text.data, byte, text.length) : NULL;
}

static enum prefix_status
read_address(struct view text, struct address *address)
{
	const char *percent;

	if (address_parse(text, address))
		return PREFIX_OK;
	percent = find_byte(text, '%');
	if (percent != NULL &&
	    address_parse(view_between(text.data, percent), address))
		return PREFIX_ZONE;
	return PREFIX_NO_ADDRESS;
}

/* One plain decimal up to max: no sign, no leading zero. */
static bool
read_length(struct view text, unsigned max, unsigned *length)
{
	return view_number(text, 3, max, length) &&
	       (text.data[0] != '0' || text.length == 1);
}

static enum prefix_status
make_prefix(struct address address, unsigned length, struct prefix *prefix)
{
	struct address plain = address_unmap(address);

	if (plain.family != address.family) {
		if (length <= MAPPED_BITS)
			return PREFIX_MAPPED_SHORT;
		length -= MAPPED_BITS;
	}
	if (length == 0)
		return PREFIX_EVERYTHING;
	prefix->address = address_mask(plain, length);
	prefix->length = (uint8_t)length;
	return address_equal(&prefix->address, &plain) ? PREFIX_OK
						       : PREFIX_HOST_BITS;
}

enum prefix_status
prefix_parse(struct view text, struct prefix *prefix)
{
	const char *slash = find_byte(text, '/');
	struct view head = text;
	struct address address;
	enum prefix_status status;
	unsigned length;

	if (slash != NULL)
		head = view_between(text.data, slash);
	status = read_address(head, &address);
	if (status != PREFIX_OK)
		return status;
	length = address_bits(&address);
	if (slash != NULL) {
		const char *end = text.data + text.length;
		struct view tail = view_between(slash + 1, end);

		if (!read_length(tail, length, &length))
			return PREFIX_BAD_LENGTH;
	}
	return make_prefix(address, length, prefix);
}

/* Cuts blanks at the end of a and at the begin of b. */
static void
trim_between(struct view *a, struct view *b)
{
	while (a->length > 0 && is_blank(a->data[a->length - 1]))
		a->length--;
	while (b->length > 0 && is_blank(b->data[0])) {
		b->data++;
		b->length--;
	}
}

static bool
is_whole_family(const struct range *range)
{
	struct prefix all = {address_mask(range->first, 0), 0};
	struct range whole = prefix_range(&all);

	return address_equal(&range->first, &whole.first) &&
	       address_equal(&range->last, &whole.last);
}

enum prefix_status
range_parse(struct view text, struct range *range)
{
	const char *hyphen = find_byte(text, '-');
	struct view a, b;
	struct range found;
	enum prefix_status status;

	if (hyphen == NULL)
		return PREFIX_NO_ADDRESS;
	a = view_between(text.data, hyphen);
	b = view_between(hyphen + 1, text.data + text.length);
	trim_between(&a, &b);
	status = read_address(a, &found.first);
	if (status == PREFIX_OK)
		status = read_address(b, &found.last);
	if (status != PREFIX_OK)
		return status;
	found.first = address_unmap(found.first);
	found.last = address_unmap(found.last);
	if (found.first.family != found.last.family)
		return RANGE_FAMILIES;
	if (address_compare(&found.first, &found.last) > 0)
		return RANGE_BACKWARDS;
	if (is_whole_family(&found))
		return PREFIX_EVERYTHING;
	*range = found;
	return PREFIX_OK;
}

/* Zero bits at the end of the address, 128 when there is no other. */
static unsigned
trailing_zeros(const struct address *address)
{
	if (address->lo != 0)
		return (unsigned)__builtin_ctzll(address->lo);
	if (address->hi != 0)
		return 64 + (unsigned)__builtin_ctzll(address->hi);
	return 128;
}

/* The greatest n for which there are 2^n addresses from first to last. */
static unsigned
count_log2(const struct address *first, const struct address *last)
{
	uint64_t hi = last->hi - first->hi - (last->lo < first->lo);
	uint64_t lo = last->lo - first->lo + 1;

	hi += lo == 0;
	if (hi != 0)
		return 127 - (unsigned)__builtin_clzll(hi);
	if (lo != 0)
		return 63 - (unsigned)__builtin_clzll(lo);
	return 128;
}

/* The widest prefix that starts at first and does not reach beyond last. */
static struct prefix
widest_prefix(const struct address *first, const struct address *last)
{
	unsigned aligned = trailing_zeros(first);
	unsigned fitting = count_log2(first, last);
	unsigned free_bits = aligned < fitting ? aligned : fitting;

	return (struct prefix){
	    *first, (uint8_t)(address_bits(first) - free_bits)};
}

static struct address
next_address(struct address address)
{
	address.lo++;
	if (address.lo == 0)
		address.hi++;
	return address;
}

unsigned
range_split(
    const struct range *range, struct prefix prefixes[RANGE_PREFIXES_MAX])
{
	struct address first = range->first;
	unsigned count = 0;

	for (;;) {
		struct prefix prefix = widest_prefix(&first, &range->last);
		struct range reach = prefix_range(&prefix);

		prefixes[count++] = prefix;
		if (address_compare(&reach.last, &range->last) >= 0)
			return count;
		first = next_address(reach.last);
	}
}

const char *
prefix_status_text(enum prefix_status status)
{
	static const char *const texts[] = {
	    [PREFIX_OK] = "no error",
	    [PREFIX_HOST_BITS] = "bits are set behind the prefix length",
	    [PREFIX_NO_ADDRESS] = "not an IPv4 or IPv6 address",
	    [PREFIX_ZONE] = "a zone does not belong here",
	    [PREFIX_BAD_LENGTH] = "the prefix length is not a plain number "
				  "up to 32 (IPv4) or 128 (IPv6)",
	    [PREFIX_EVERYTHING] = "covers a whole family: write any",
	    [PREFIX_MAPPED_SHORT] = "a mapped prefix of /96 or shorter covers "
				    "all of IPv4: write any",
	    [RANGE_BACKWARDS] = "the range ends before it begins",
	    [RANGE_FAMILIES] = "the range mixes IPv4 and IPv6",
	};

	if ((size_t)status >= sizeof(texts) / sizeof(texts[0]))
		return "unknown error";
	return texts[status];
}

size_t
prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_SIZE])
{
	size_t length = address_format(&prefix->address, text);
	unsigned bits = prefix->length;

	if (bits == address_bits(&prefix->address))
		return length;
	text[length++] = '/';
	if (bits >= 100)
		text[length++] = '1';
	if (bits >= 10)
		text[length++] = (char)('0' + bits / 10 % 10);
	text[length++] = (char)('0' + bits % 10);
	text[length] = '\0';
	return length;
}

struct range
prefix_range(const struct prefix *prefix)
{
	struct range range = {prefix->address, prefix->address};
	unsigned length = prefix->length;

	if (prefix->address.family == ADDRESS_IPV4) {
		if (length < 32)
			range.last.lo |= UINT32_MAX >> length;
	} else if (length < 64) {
		range.last.hi |= UINT64_MAX >> length;
		range.last.lo = UINT64_MAX;
	} else if (length < 128) {
		range.last.lo |= UINT64_MAX >> (length - 64);
	}
	return range;
}

bool
prefix_contains(const struct prefix *prefix, const struct address *address)
{
	struct address masked = address_mask(*address, prefix->length);

	return address_equal(&masked, &prefix->address);
}
