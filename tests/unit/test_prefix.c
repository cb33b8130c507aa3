/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "proto/text/prefix.h"
#include "tests/unit/text_tools.h"

static enum prefix_status
parse(struct view text, struct prefix *prefix)
{
	char *copy = exact_copy(text);
	enum prefix_status status =
	    prefix_parse((struct view){copy, text.length}, prefix);

	free(copy);
	return status;
}

static enum prefix_status
parse_range(struct view text, struct range *range)
{
	char *copy = exact_copy(text);
	enum prefix_status status =
	    range_parse((struct view){copy, text.length}, range);

	free(copy);
	return status;
}

static struct address
address_of(const char *text)
{
	struct address address = {0, 0, ADDRESS_NONE};

	ck_assert_msg(address_parse(view_of(text), &address), "%s", text);
	return address;
}

/* text: as it is written again, for OK and HOST_BITS. */
static const struct {
	struct view text;
	enum prefix_status status;
	const char *written;
} prefix_rows[] = {
    {TEXT("1.2.3.4"), PREFIX_OK, "1.2.3.4"},
    {TEXT("1.2.3.4/32"), PREFIX_OK, "1.2.3.4"},
    {TEXT("10.0.0.0/8"), PREFIX_OK, "10.0.0.0/8"},
    {TEXT("192.0.2.0/24"), PREFIX_OK, "192.0.2.0/24"},
    {TEXT("128.0.0.0/1"), PREFIX_OK, "128.0.0.0/1"},
    {TEXT("0.0.0.0/1"), PREFIX_OK, "0.0.0.0/1"},
    {TEXT("0.0.0.0"), PREFIX_OK, "0.0.0.0"},
    {TEXT("2001:db8::/32"), PREFIX_OK, "2001:db8::/32"},
    {TEXT("2001:DB8:0::/48"), PREFIX_OK, "2001:db8::/48"},
    {TEXT("2001:db8::1"), PREFIX_OK, "2001:db8::1"},
    {TEXT("2001:db8::1/128"), PREFIX_OK, "2001:db8::1"},
    {TEXT("fe80::/10"), PREFIX_OK, "fe80::/10"},
    {TEXT("::/1"), PREFIX_OK, "::/1"},
    {TEXT("8000::/1"), PREFIX_OK, "8000::/1"},
    {TEXT("::"), PREFIX_OK, "::"},
    {TEXT("64:ff9b::/96"), PREFIX_OK, "64:ff9b::/96"},
    {TEXT("::1.2.3.0/120"), PREFIX_OK, "::102:300/120"},
    {TEXT("2001:db8:0:0:8000::/65"), PREFIX_OK, "2001:db8:0:0:8000::/65"},
    {TEXT("10.1.2.3/8"), PREFIX_HOST_BITS, "10.0.0.0/8"},
    {TEXT("1.2.3.5/31"), PREFIX_HOST_BITS, "1.2.3.4/31"},
    {TEXT("2001:db8::1/64"), PREFIX_HOST_BITS, "2001:db8::/64"},
    {TEXT("2001:db8::1/127"), PREFIX_HOST_BITS, "2001:db8::/127"},
    {TEXT("ffff::/1"), PREFIX_HOST_BITS, "8000::/1"},
    {TEXT("::ffff:1.2.3.4"), PREFIX_OK, "1.2.3.4"},
    {TEXT("::ffff:1.2.3.4/128"), PREFIX_OK, "1.2.3.4"},
    {TEXT("::FFFF:102:304"), PREFIX_OK, "1.2.3.4"},
    {TEXT("::ffff:10.0.0.0/104"), PREFIX_OK, "10.0.0.0/8"},
    {TEXT("::ffff:10.1.2.3/104"), PREFIX_HOST_BITS, "10.0.0.0/8"},
    {TEXT("::ffff:128.0.0.0/97"), PREFIX_OK, "128.0.0.0/1"},
    {TEXT("::ffff:0:0/97"), PREFIX_OK, "0.0.0.0/1"},
    {TEXT("::ffff:0:0/96"), PREFIX_MAPPED_SHORT, NULL},
    {TEXT("::ffff:10.0.0.0/8"), PREFIX_MAPPED_SHORT, NULL},
    {TEXT("::ffff:10.0.0.0/95"), PREFIX_MAPPED_SHORT, NULL},
    {TEXT("::ffff:10.0.0.0/1"), PREFIX_MAPPED_SHORT, NULL},
    {TEXT("::ffff:10.0.0.0/0"), PREFIX_MAPPED_SHORT, NULL},
    {TEXT("0.0.0.0/0"), PREFIX_EVERYTHING, NULL},
    {TEXT("1.2.3.4/0"), PREFIX_EVERYTHING, NULL},
    {TEXT("::/0"), PREFIX_EVERYTHING, NULL},
    {TEXT("2001:db8::/0"), PREFIX_EVERYTHING, NULL},
    {TEXT("1.2.3.4/33"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("1.2.3.4/128"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("::/129"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("::/256"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("1.2.3.4/288"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("1.2.3.4/4294967304"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("1.2.3.4/-1"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("1.2.3.4/+8"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("1.2.3.4/"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("1.2.3.4/8/8"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("1.2.3.4//8"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("10.0.0.0/00"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("10.0.0.0/01"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("10.0.0.0/08"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("::/001"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("::ffff:1.2.3.4/0128"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("10.0.0.0/0x8"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("10.0.0.0/8 "), PREFIX_BAD_LENGTH, NULL},
    {TEXT("10.0.0.0/ 8"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("10.0.0.0/8\0"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("10.0.0.0/8.0"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("10.0.0.0/255.0.0.0"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("::/ffff::"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("::/64%eth0"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("fe80::1%eth0"), PREFIX_ZONE, NULL},
    {TEXT("fe80::%eth0/10"), PREFIX_ZONE, NULL},
    {TEXT("fe80::1%"), PREFIX_ZONE, NULL},
    {TEXT("x%eth0"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("%"), PREFIX_NO_ADDRESS, NULL},
    {TEXT(""), PREFIX_NO_ADDRESS, NULL},
    {TEXT("/"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("/8"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("a"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("any"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("localhost/8"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("010.0.0.0/8"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("0x0a.0.0.0/8"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("10/8"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("10.0/16"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("10.0.0/24"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("10.0.0.*"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("167772160/8"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("000:0:0000::01/g"), PREFIX_BAD_LENGTH, NULL},
    {TEXT("[::1]/128"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("1.2.3.4:80"), PREFIX_NO_ADDRESS, NULL},
    {TEXT(" 10.0.0.0/8"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("10.0.0.0 /8"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("10.0.0.0-10.0.0.1"), PREFIX_NO_ADDRESS, NULL},
    {TEXT("::ffff:010.0.0.0/104"), PREFIX_NO_ADDRESS, NULL},
};

START_TEST(prefix_is_read)
{
	struct view text = prefix_rows[_i].text;
	struct prefix prefix = {{1, 2, ADDRESS_NONE}, 77};
	char written[PREFIX_TEXT_SIZE];

	ck_assert_msg(parse(text, &prefix) == prefix_rows[_i].status, "%.*s",
	    (int)text.length, text.data);
	if (prefix_rows[_i].written == NULL) {
		ck_assert(prefix.address.hi == 1 && prefix.address.lo == 2);
		ck_assert_uint_eq(prefix.length, 77);
		return;
	}
	ck_assert_uint_eq(
	    prefix_format(&prefix, written), strlen(prefix_rows[_i].written));
	ck_assert_str_eq(written, prefix_rows[_i].written);
}
END_TEST

START_TEST(empty_view_without_data)
{
	struct prefix prefix;
	struct range range;

	ck_assert_int_eq(
	    prefix_parse((struct view){NULL, 0}, &prefix), PREFIX_NO_ADDRESS);
	ck_assert_int_eq(
	    range_parse((struct view){NULL, 0}, &range), PREFIX_NO_ADDRESS);
}
END_TEST

/* A mapped prefix is refused, or means exactly the IPv4 one. */
START_TEST(mapped_prefix_is_refused_or_exact)
{
	uint64_t state = 90711;

	for (size_t i = 0; i < rounds(129 * 40); i++) {
		struct address quad = {
		    0, random_bits(&state) & UINT32_MAX, ADDRESS_IPV4};
		unsigned length = (unsigned)(i % 129);
		char text[ADDRESS_TEXT_SIZE], line[80];
		struct prefix mapped = {{0, 0, ADDRESS_NONE}, 0};
		struct prefix plain;
		enum prefix_status status;

		address_format(&quad, text);
		snprintf(line, sizeof(line), "::ffff:%s/%u", text, length);
		status = parse(view_of(line), &mapped);
		if (length <= 96) {
			EXPECT(status == PREFIX_MAPPED_SHORT, "%s", line);
			EXPECT(mapped.address.family == 0, "%s", line);
			continue;
		}
		snprintf(line, sizeof(line), "%s/%u", text, length - 96);
		EXPECT(status == parse(view_of(line), &plain), "%s", line);
		EXPECT(mapped.length == length - 96, "%s", line);
		EXPECT(
		    address_equal(&mapped.address, &plain.address), "%s", line);
		EXPECT(mapped.address.family == ADDRESS_IPV4, "%s", line);
	}
}
END_TEST

START_TEST(written_is_read_again)
{
	uint64_t state = 7;

	for (size_t i = 0; i < rounds(50000); i++) {
		struct address address = address_unmap(random_address(&state));
		size_t bits = address.family == ADDRESS_IPV4 ? 32 : 128;
		struct prefix prefix, again;
		char text[PREFIX_TEXT_SIZE];
		struct view view = {text, 0};

		prefix.length = (uint8_t)(1 + random_below(&state, bits));
		prefix.address = address_mask(address, prefix.length);
		/* A short prefix of zeros may look like a mapped one. */
		if (address_unmap(prefix.address).family != address.family)
			continue;
		view.length = prefix_format(&prefix, text);
		EXPECT(strlen(text) == view.length, "%s", text);
		EXPECT(parse(view, &again) == PREFIX_OK, "%s", text);
		EXPECT(again.length == prefix.length, "%s", text);
		EXPECT(
		    address_equal(&again.address, &prefix.address), "%s", text);
	}
}
END_TEST

START_TEST(longest_prefix_text)
{
	struct prefix prefix = {
	    {0x1111222233334444, 0x5555666677778880, ADDRESS_IPV6}, 124};
	char text[PREFIX_TEXT_SIZE];

	ck_assert_uint_eq(prefix_format(&prefix, text), 43);
	ck_assert_str_eq(text, "1111:2222:3333:4444:5555:6666:7777:8880/124");
	prefix.length = 0;
	prefix.address = address_mask(prefix.address, 0);
	ck_assert_uint_eq(prefix_format(&prefix, text), 4);
	ck_assert_str_eq(text, "::/0");
}
END_TEST

static const struct {
	struct view text;
	enum prefix_status status;
	const char *first;
	const char *last;
} range_rows[] = {
    {TEXT("1.2.3.4-1.2.3.9"), PREFIX_OK, "1.2.3.4", "1.2.3.9"},
    {TEXT("1.2.3.4 - 1.2.3.9"), PREFIX_OK, "1.2.3.4", "1.2.3.9"},
    {TEXT("1.2.3.4 \t-\t 1.2.3.9"), PREFIX_OK, "1.2.3.4", "1.2.3.9"},
    {TEXT("1.2.3.4-1.2.3.4"), PREFIX_OK, "1.2.3.4", "1.2.3.4"},
    {TEXT("0.0.0.0-255.255.255.254"), PREFIX_OK, "0.0.0.0", "255.255.255.254"},
    {TEXT("0.0.0.1-255.255.255.255"), PREFIX_OK, "0.0.0.1", "255.255.255.255"},
    {TEXT("2001:db8::-2001:db8::ff"), PREFIX_OK, "2001:db8::", "2001:db8::ff"},
    {TEXT("::ffff:1.2.3.4-::ffff:1.2.3.9"), PREFIX_OK, "1.2.3.4", "1.2.3.9"},
    {TEXT("1.2.3.4-::ffff:1.2.3.9"), PREFIX_OK, "1.2.3.4", "1.2.3.9"},
    {TEXT("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"), PREFIX_OK,
	"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"},
    {TEXT("1.2.3.9-1.2.3.4"), RANGE_BACKWARDS, NULL, NULL},
    {TEXT("2001:db8::1-2001:db8::"), RANGE_BACKWARDS, NULL, NULL},
    {TEXT("1.2.3.4-2001:db8::"), RANGE_FAMILIES, NULL, NULL},
    {TEXT("2001:db8::-1.2.3.4"), RANGE_FAMILIES, NULL, NULL},
    {TEXT("::fffe:1.2.3.4-::ffff:1.2.3.4"), RANGE_FAMILIES, NULL, NULL},
    {TEXT("0.0.0.0-255.255.255.255"), PREFIX_EVERYTHING, NULL, NULL},
    {TEXT("::ffff:0.0.0.0-::ffff:255.255.255.255"), PREFIX_EVERYTHING, NULL,
	NULL},
    {TEXT("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), PREFIX_EVERYTHING,
	NULL, NULL},
    {TEXT("fe80::1%a-fe80::2"), PREFIX_ZONE, NULL, NULL},
    {TEXT("fe80::1-fe80::2%a"), PREFIX_ZONE, NULL, NULL},
    {TEXT(""), PREFIX_NO_ADDRESS, NULL, NULL},
    {TEXT("-"), PREFIX_NO_ADDRESS, NULL, NULL},
    {TEXT(" - "), PREFIX_NO_ADDRESS, NULL, NULL},
    {TEXT("1.2.3.4"), PREFIX_NO_ADDRESS, NULL, NULL},
    {TEXT("1.2.3.4-"), PREFIX_NO_ADDRESS, NULL, NULL},
    {TEXT("-1.2.3.4"), PREFIX_NO_ADDRESS, NULL, NULL},
    {TEXT("1.2.3.4--1.2.3.9"), PREFIX_NO_ADDRESS, NULL, NULL},
    {TEXT("1.2.3.4-1.2.3.9-1.2.3.10"), PREFIX_NO_ADDRESS, NULL, NULL},
    {TEXT("1.2.3.0/24-1.2.4.0/24"), PREFIX_NO_ADDRESS, NULL, NULL},
    {TEXT("1.2.3.4-9"), PREFIX_NO_ADDRESS, NULL, NULL},
    {TEXT(" 1.2.3.4-1.2.3.9"), PREFIX_NO_ADDRESS, NULL, NULL},
    {TEXT("1.2.3.4-1.2.3.9 "), PREFIX_NO_ADDRESS, NULL, NULL},
    {TEXT("1.2.3.4\n-1.2.3.9"), PREFIX_NO_ADDRESS, NULL, NULL},
    {TEXT("1.2.3.04-1.2.3.9"), PREFIX_NO_ADDRESS, NULL, NULL},
    {TEXT("1.2.3.4-1.2.3.9\0"), PREFIX_NO_ADDRESS, NULL, NULL},
};

START_TEST(range_is_read)
{
	struct view text = range_rows[_i].text;
	struct range range = {.first = {1, 2, ADDRESS_NONE}};
	struct address first, last;

	ck_assert_msg(parse_range(text, &range) == range_rows[_i].status,
	    "%.*s", (int)text.length, text.data);
	if (range_rows[_i].first == NULL) {
		ck_assert(range.first.hi == 1 && range.first.lo == 2);
		return;
	}
	first = address_of(range_rows[_i].first);
	last = address_of(range_rows[_i].last);
	ck_assert(address_equal(&range.first, &first));
	ck_assert(address_equal(&range.last, &last));
}
END_TEST

static const struct {
	const char *prefix;
	const char *first;
	const char *last;
} reach_rows[] = {
    {"1.2.3.4", "1.2.3.4", "1.2.3.4"},
    {"1.2.3.4/31", "1.2.3.4", "1.2.3.5"},
    {"10.0.0.0/8", "10.0.0.0", "10.255.255.255"},
    {"128.0.0.0/1", "128.0.0.0", "255.255.255.255"},
    {"2001:db8::1", "2001:db8::1", "2001:db8::1"},
    {"2001:db8::/127", "2001:db8::", "2001:db8::1"},
    {"2001:db8::/65", "2001:db8::", "2001:db8::7fff:ffff:ffff:ffff"},
    {"2001:db8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"},
    {"2001:db8::/63", "2001:db8::", "2001:db8:0:1:ffff:ffff:ffff:ffff"},
    {"8000::/1", "8000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
};

START_TEST(first_and_last_are_inside_their_neighbours_not)
{
	struct address first = address_of(reach_rows[_i].first);
	struct address last = address_of(reach_rows[_i].last);
	struct address before = first, behind = last, other = first;
	struct prefix prefix;
	struct range range;

	parse(view_of(reach_rows[_i].prefix), &prefix);
	range = prefix_range(&prefix);
	ck_assert(address_equal(&range.first, &first));
	ck_assert(address_equal(&range.last, &last));
	before.hi -= before.lo == 0 && before.family == ADDRESS_IPV6;
	before.lo--;
	behind.lo++;
	behind.hi += behind.lo == 0;
	other.family =
	    first.family == ADDRESS_IPV4 ? ADDRESS_IPV6 : ADDRESS_IPV4;
	ck_assert(prefix_contains(&prefix, &first));
	ck_assert(prefix_contains(&prefix, &last));
	ck_assert(!prefix_contains(&prefix, &before));
	ck_assert(!prefix_contains(&prefix, &behind));
	ck_assert(!prefix_contains(&prefix, &other));
}
END_TEST

/*
 * The fewest prefixes of a range, by halving everything: a block inside counts
 * once, a block outside not at all, one on the edge as its halves do.
 */
static unsigned
cover(const struct range *range, struct prefix block, struct prefix *prefixes)
{
	struct range reach = prefix_range(&block);
	unsigned count;

	if (address_compare(&reach.last, &range->first) < 0 ||
	    address_compare(&reach.first, &range->last) > 0)
		return 0;
	if (address_compare(&reach.first, &range->first) >= 0 &&
	    address_compare(&reach.last, &range->last) <= 0) {
		prefixes[0] = block;
		return 1;
	}
	block.length++;
	count = cover(range, block, prefixes);
	reach = prefix_range(&block);
	block.address = reach.last;
	block.address.lo++;
	block.address.hi += block.address.lo == 0;
	return count + cover(range, block, prefixes + count);
}

static void
compare_split(const struct range *range)
{
	struct prefix ours[RANGE_PREFIXES_MAX], naive[RANGE_PREFIXES_MAX];
	struct prefix all = {address_mask(range->first, 0), 0};
	unsigned count = range_split(range, ours);

	EXPECT(count <= RANGE_PREFIXES_MAX, "%u", count);
	EXPECT(count == cover(range, all, naive), "%u", count);
	for (unsigned i = 0; i < count; i++) {
		EXPECT(ours[i].length == naive[i].length, "%u", i);
		EXPECT(address_equal(&ours[i].address, &naive[i].address), "%u",
		    i);
	}
}

/* All ranges of 48 addresses, where all of the number changes. */
START_TEST(small_ranges_are_split)
{
	static const char *const bases[] = {"0.0.0.0", "9.255.255.232",
	    "255.255.255.208", "::", "2001:db8::ffff:ffff:ffff:ffe8",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffd0"};

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++)
		for (unsigned a = 0; a < 48; a++)
			for (unsigned b = a; b < 48; b++) {
				struct address base = address_of(bases[i]);
				struct range range = {base, base};

				range.first.lo += a;
				range.first.hi += range.first.lo < a;
				range.last.lo += b;
				range.last.hi += range.last.lo < b;
				compare_split(&range);
			}
}
END_TEST

START_TEST(random_ranges_are_split)
{
	uint64_t state = 3;

	for (size_t i = 0; i < rounds(20000); i++) {
		struct range range;
		struct address swap;

		range.first = random_address(&state);
		do
			range.last = random_address(&state);
		while (range.last.family != range.first.family);
		if (address_compare(&range.first, &range.last) > 0) {
			swap = range.first;
			range.first = range.last;
			range.last = swap;
		}
		compare_split(&range);
	}
}
END_TEST

static const struct {
	const char *first;
	const char *last;
	unsigned count;
} split_rows[] = {
    {"0.0.0.0", "255.255.255.255", 1},
    {"0.0.0.1", "255.255.255.254", 62},
    {"0.0.0.1", "255.255.255.255", 32},
    {"10.0.0.0", "10.0.0.255", 1},
    {"10.0.0.1", "10.0.0.1", 1},
    {"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1},
    {"::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 254},
    {"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 128},
};

START_TEST(split_has_so_many)
{
	struct range range = {
	    address_of(split_rows[_i].first), address_of(split_rows[_i].last)};
	struct prefix prefixes[RANGE_PREFIXES_MAX];

	ck_assert_uint_eq(range_split(&range, prefixes), split_rows[_i].count);
	compare_split(&range);
}
END_TEST

START_TEST(each_status_has_its_text)
{
	for (int a = PREFIX_OK; a <= RANGE_FAMILIES + 1; a++) {
		const char *text = prefix_status_text((enum prefix_status)a);

		ck_assert_ptr_nonnull(text);
		for (int b = PREFIX_OK; b < a; b++)
			ck_assert_str_ne(
			    text, prefix_status_text((enum prefix_status)b));
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("prefix");
	TCase *tables = tcase_create("tables");
	TCase *searches = tcase_create("searches");

	tcase_add_loop_test(tables, prefix_is_read, 0, COUNT(prefix_rows));
	tcase_add_loop_test(tables, range_is_read, 0, COUNT(range_rows));
	tcase_add_loop_test(tables,
	    first_and_last_are_inside_their_neighbours_not, 0,
	    COUNT(reach_rows));
	tcase_add_loop_test(tables, split_has_so_many, 0, COUNT(split_rows));
	tcase_add_test(tables, empty_view_without_data);
	tcase_add_test(tables, longest_prefix_text);
	tcase_add_test(tables, each_status_has_its_text);
	suite_add_tcase(suite, tables);

	tcase_set_timeout(searches, 600);
	tcase_add_test(searches, mapped_prefix_is_refused_or_exact);
	tcase_add_test(searches, written_is_read_again);
	tcase_add_test(searches, small_ranges_are_split);
	tcase_add_test(searches, random_ranges_are_split);
	suite_add_tcase(suite, searches);
	return run_tests(suite);
}
