/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>

#include "tests/unit/text_tools.h"

static bool
parse(struct view text, struct address *address)
{
	char *copy = exact_copy(text);
	bool good = address_parse((struct view){copy, text.length}, address);

	free(copy);
	return good;
}

/* ok: canonical text; the numbers are written out by hand. */
static const struct {
	const char *text;
	uint64_t hi;
	uint64_t lo;
	enum address_family family;
	const char *canonical;
} valid_rows[] = {
    {"0.0.0.0", 0, 0, 4, "0.0.0.0"},
    {"1.2.3.4", 0, 0x01020304, 4, "1.2.3.4"},
    {"10.0.0.1", 0, 0x0a000001, 4, "10.0.0.1"},
    {"192.0.2.199", 0, 0xc00002c7, 4, "192.0.2.199"},
    {"255.255.255.255", 0, 0xffffffff, 4, "255.255.255.255"},
    {"100.10.9.0", 0, 0x640a0900, 4, "100.10.9.0"},
    {"::", 0, 0, 6, "::"},
    {"::1", 0, 1, 6, "::1"},
    {"1::", 0x0001000000000000, 0, 6, "1::"},
    {"0:0:0:0:0:0:0:0", 0, 0, 6, "::"},
    {"0000:0000:0000:0000:0000:0000:0000:0000", 0, 0, 6, "::"},
    {"000:0:0000::01", 0, 1, 6, "::1"},
    {"2001:db8::1", 0x20010db800000000, 1, 6, "2001:db8::1"},
    {"2001:DB8::A", 0x20010db800000000, 10, 6, "2001:db8::a"},
    {"2001:0db8:0000:0000:0001:0000:0000:0001", 0x20010db800000000,
	0x0001000000000001, 6, "2001:db8::1:0:0:1"},
    {"2001:db8:0:1:1:1:1:1", 0x20010db800000001, 0x0001000100010001, 6,
	"2001:db8:0:1:1:1:1:1"},
    {"2001:db8::1:1:1:1:1", 0x20010db800000001, 0x0001000100010001, 6,
	"2001:db8:0:1:1:1:1:1"},
    {"2001:0:0:1:0:0:0:1", 0x2001000000000001, 0x0000000000000001, 6,
	"2001:0:0:1::1"},
    {"1:2:3:4:5:6:7:8", 0x0001000200030004, 0x0005000600070008, 6,
	"1:2:3:4:5:6:7:8"},
    {"1:2:3:4:5:6:7::", 0x0001000200030004, 0x0005000600070000, 6,
	"1:2:3:4:5:6:7:0"},
    {"::2:3:4:5:6:7:8", 0x0000000200030004, 0x0005000600070008, 6,
	"0:2:3:4:5:6:7:8"},
    {"1:2:3::5:6:7:8", 0x0001000200030000, 0x0005000600070008, 6,
	"1:2:3:0:5:6:7:8"},
    {"1:2:3:4:5:6:1.2.3.4", 0x0001000200030004, 0x0005000601020304, 6,
	"1:2:3:4:5:6:102:304"},
    {"1:2:3:4:5::1.2.3.4", 0x0001000200030004, 0x0005000001020304, 6,
	"1:2:3:4:5:0:102:304"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", UINT64_MAX, UINT64_MAX, 6,
	"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    {"::ffff:1.2.3.4", 0, 0xffff01020304, 6, "::ffff:1.2.3.4"},
    {"::fFFf:127.0.0.1", 0, 0xffff7f000001, 6, "::ffff:127.0.0.1"},
    {"::FFFF:102:304", 0, 0xffff01020304, 6, "::ffff:1.2.3.4"},
    {"0:0:0:0:0:ffff:102:304", 0, 0xffff01020304, 6, "::ffff:1.2.3.4"},
    {"::ffff:0.0.0.0", 0, 0xffff00000000, 6, "::ffff:0.0.0.0"},
    {"::ffff:255.255.255.255", 0, 0xffffffffffff, 6, "::ffff:255.255.255.255"},
    {"::1.2.3.4", 0, 0x01020304, 6, "::102:304"},
    {"64:ff9b::1.2.3.4", 0x0064ff9b00000000, 0x01020304, 6, "64:ff9b::102:304"},
    {"2002:102:304::", 0x2002010203040000, 0, 6, "2002:102:304::"},
    {"fe80::1", 0xfe80000000000000, 1, 6, "fe80::1"},
    {"ffff::", 0xffff000000000000, 0, 6, "ffff::"},
    {"::ffff:0:1.2.3.4", 0, 0xffff000001020304, 6, "::ffff:0:102:304"},
};

START_TEST(address_is_read)
{
	const char *text = valid_rows[_i].text;
	struct address address = {1, 2, ADDRESS_NONE};
	char written[ADDRESS_TEXT_SIZE];

	ck_assert_msg(parse(view_of(text), &address), "%s", text);
	ck_assert_msg(address.hi == valid_rows[_i].hi, "%s", text);
	ck_assert_msg(address.lo == valid_rows[_i].lo, "%s", text);
	ck_assert_msg(address.family == valid_rows[_i].family, "%s", text);
	ck_assert_uint_eq(address_format(&address, written),
	    strlen(valid_rows[_i].canonical));
	ck_assert_str_eq(written, valid_rows[_i].canonical);
}
END_TEST

/* What looks like an address, at least to others, and is none. */
static const struct view invalid_rows[] = {TEXT(""), TEXT("0"), TEXT(":"),
    TEXT("."), TEXT("1"),
    /* leading zeros: decimal to one, octal to another */
    TEXT("010.8.8.8"), TEXT("0127.0.0.1"), TEXT("127.0.0.01"),
    TEXT("012.0.0.1"), TEXT("010.0.0.1"), TEXT("00.0.0.0"), TEXT("1.2.3.00"),
    TEXT("017700000001"), TEXT("::ffff:010.0.0.1"), TEXT("::1.2.3.04"),
    /* hexadecimal, short and integer forms */
    TEXT("0x7f.1"), TEXT("0x0a.0.0.1"), TEXT("0x7f000001"), TEXT("127.1"),
    TEXT("127.0.1"), TEXT("2130706433"), TEXT("167772161"), TEXT("1.2.3"),
    TEXT("1.2.3."), TEXT("1.2.3.4."), TEXT(".1.2.3.4"), TEXT("1..2.3"),
    TEXT("1.2.3.4.5"), TEXT("a.b.c.d"), TEXT("1.2.3.a"), TEXT("1.2.3.-4"),
    TEXT("+1.2.3.4"), TEXT("256.1.1.1"), TEXT("1.1.1.256"), TEXT("1.1.1.1000"),
    TEXT("1.1.1.999"),
    /* names */
    TEXT("localhost"), TEXT("unknown"), TEXT("_hidden"), TEXT("a"),
    TEXT("abcd"), TEXT("any"),
    /* prefixes, masks, ranges, brackets, ports, zones, quotes, blanks */
    TEXT("1.2.3.4/24"), TEXT("1.2.3.4/255.255.255.0"), TEXT("::1/128"),
    TEXT("1.2.3.4-1.2.3.5"), TEXT("[::1]"), TEXT("[1.2.3.4]"),
    TEXT("1.2.3.4:80"), TEXT("[::1]:80"), TEXT("fe80::1%eth0"), TEXT("::%1"),
    TEXT("\"1.2.3.4\""), TEXT("1.2.3.4;x"), TEXT(" 1.2.3.4"), TEXT("1.2.3.4 "),
    TEXT("1.2.3.4\t"), TEXT("1.2.3.4\n"), TEXT("\v1.2.3.4"),
    TEXT("9.9.9.9 1.2.3.4"), TEXT("1.2.3.4,"), TEXT("::1 "),
    /* other scripts: fullwidth one, Arabic one, superscript two, NBSP */
    TEXT("\xef\xbc\x91.2.3.4"), TEXT("\xd9\xa1.2.3.4"), TEXT("1.2.3.\xc2\xb2"),
    TEXT("1.2.3.4\xc2\xa0"), TEXT("1.2.3.4\xa0"),
    /* NUL */
    TEXT("1.2.3.4\0"), TEXT("\0001.2.3.4"), TEXT("1.2.\0003.4"), TEXT("::1\0"),
    TEXT("::\0001"),
    /* IPv6 */
    TEXT(":::"), TEXT("::::"), TEXT("1:::2"), TEXT(":1"), TEXT("1:"),
    TEXT("1:2"), TEXT(":1:2:3:4:5:6:7:8"), TEXT("1:2:3:4:5:6:7:8:"),
    TEXT(":1::2"), TEXT("1::2:"), TEXT("1::2::3"), TEXT("::1::"),
    TEXT("1:2:3:4:5:6:7"), TEXT("1:2:3:4:5:6:7:8:9"), TEXT("1:2:3:4::5:6:7:8"),
    TEXT("1:2:3:4:5:6:7:8::"), TEXT("::1:2:3:4:5:6:7:8"), TEXT("00001::"),
    TEXT("::12345"), TEXT("g::"), TEXT("::g"), TEXT("::0x1"),
    TEXT("1:2:3:4:5:6:7:1.2.3.4"), TEXT("1:2:3:4:5:1.2.3.4"),
    TEXT("1:2:3:4:5:6::1.2.3.4"), TEXT("::1.2.3.4:5"), TEXT("::1.2.3.4::"),
    TEXT("1.2.3.4::"), TEXT("::1.2.3"), TEXT("::1.2.3.4.5"), TEXT("::.1.2.3"),
    TEXT("::ffff:1.2.3.256"), TEXT("::ffff:127.1"), TEXT("::a.2.3.4"),
    TEXT("2001:db8::1."), TEXT("2001:db8:"), TEXT("2001:db8"),
    TEXT("dead.beef::")};

START_TEST(no_address_leaves_it_as_it_was)
{
	struct address address = {1, 2, ADDRESS_IPV4};

	ck_assert_msg(!parse(invalid_rows[_i], &address), "row %d: %.*s", _i,
	    (int)invalid_rows[_i].length, invalid_rows[_i].data);
	ck_assert(address.hi == 1 && address.lo == 2);
	ck_assert_int_eq(address.family, ADDRESS_IPV4);
}
END_TEST

/* Long runs of what may stand in an address, as long as 1 MiB. */
START_TEST(long_text_is_no_address)
{
	static const char letters[] = "0.:a[%]-/ 1";
	const size_t length = 1 << 20;
	char *text = malloc(length);
	struct address address;

	ck_assert_ptr_nonnull(text);
	for (const char *at = letters; *at != '\0'; at++) {
		memset(text, *at, length);
		for (size_t cut = 1; cut <= length; cut *= 2) {
			struct view view = {text, cut};

			if (*at == ':' && cut == 2)
				continue;
			ck_assert(!address_parse(view, &address));
		}
	}
	free(text);
}
END_TEST

START_TEST(empty_view_without_data)
{
	struct view none = {NULL, 0};
	struct address address;

	ck_assert(!address_parse(none, &address));
}
END_TEST

START_TEST(no_family_has_no_text)
{
	struct address none = {0, 0, ADDRESS_NONE};
	char text[ADDRESS_TEXT_SIZE] = "x";

	ck_assert_uint_eq(address_format(&none, text), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

/* libc's reader takes what ours takes: none of the old forms. */
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

/* exact: the same text, without a NUL. */
static void
compare_with_libc(const char *text, const char *exact, size_t length)
{
	struct address ours, theirs;
	bool good = address_parse((struct view){exact, length}, &ours);

	EXPECT(good == libc_reads(text, &theirs), "%s", text);
	if (good)
		EXPECT(address_equal(&ours, &theirs), "%s", text);
}

static void
compare_all(const char *alphabet, size_t longest)
{
	char text[16];

	for (size_t length = 1; length <= longest; length++) {
		char *exact = malloc(length);

		ck_assert_ptr_nonnull(exact);
		memset(text, alphabet[0], length);
		text[length] = '\0';
		do {
			memcpy(exact, text, length);
			compare_with_libc(text, exact, length);
		} while (next_string(text, length, alphabet));
		free(exact);
	}
}

START_TEST(all_short_strings)
{
	compare_all("0123456789.:/xaf%[] ", 5);
}
END_TEST

/* Long enough for whole quads, and for IPv6 with every place of "::". */
START_TEST(all_strings_of_few_letters)
{
	compare_all("10.", 10);
	compare_all("2.5", 11);
	compare_all("1:", 16 - 1);
	compare_all(":0.f", 8);
}
END_TEST

/* Changes a byte, or adds one; gives the new length. */
static size_t
mutate(char *text, size_t length, uint64_t *state)
{
	static const char letters[] = "0123456789.:afAF x/%[]gG-,\n\x80\xff";
	size_t at = random_below(state, length);

	if (random_below(state, 2) == 0)
		memmove(text + at + 1, text + at, ++length - at);
	text[at] = letters[random_below(state, sizeof(letters) - 1)];
	return length;
}

START_TEST(mutated_addresses)
{
	uint64_t state = 20261120;

	for (size_t i = 0; i < rounds(300000); i++) {
		struct address address = random_address(&state);
		char text[ADDRESS_TEXT_SIZE + 4];
		size_t length = address_format(&address, text);
		char *exact;

		for (size_t n = random_below(&state, 4); n > 0; n--)
			length = mutate(text, length, &state);
		text[length] = '\0';
		exact = exact_copy((struct view){text, length});
		compare_with_libc(text, exact, length);
		free(exact);
	}
}
END_TEST

/* libc writes ::a.b.c.d for the first 2^32, as RFC 5952 does not ask. */
static bool
libc_writes_otherwise(const struct address *address)
{
	return address->family == ADDRESS_IPV6 && address->hi == 0 &&
	       address->lo >> 32 == 0;
}

static void
libc_writes(const struct address *address, char text[INET6_ADDRSTRLEN])
{
	uint8_t bytes[16];
	int family = AF_INET6;

	if (address->family == ADDRESS_IPV4) {
		family = AF_INET;
		address_to_ipv4(address, bytes);
	} else {
		address_to_ipv6(address, bytes);
	}
	EXPECT(inet_ntop(family, bytes, text, INET6_ADDRSTRLEN), "inet_ntop");
}

START_TEST(written_is_read_again)
{
	uint64_t state = 1;

	for (size_t i = 0; i < rounds(100000); i++) {
		struct address address = random_address(&state), again;
		char text[ADDRESS_TEXT_SIZE], theirs[INET6_ADDRSTRLEN];
		struct view view = {text, address_format(&address, text)};

		EXPECT(strlen(text) == view.length, "%s", text);
		EXPECT(parse(view, &again), "%s", text);
		EXPECT(address_equal(&address, &again), "%s", text);
		libc_writes(&address, theirs);
		EXPECT(libc_writes_otherwise(&address) ||
			   strcmp(text, theirs) == 0,
		    "%s %s", text, theirs);
	}
}
END_TEST

static struct address
address_of(const char *text)
{
	struct address address = {0, 0, ADDRESS_NONE};

	ck_assert_msg(address_parse(view_of(text), &address), "%s", text);
	return address;
}

static const struct {
	const char *text;
	const char *unmapped;
} unmap_rows[] = {
    {"::ffff:1.2.3.4", "1.2.3.4"},
    {"::ffff:0:0", "0.0.0.0"},
    {"::ffff:ffff:ffff", "255.255.255.255"},
    {"1.2.3.4", "1.2.3.4"},
    {"::1.2.3.4", "::1.2.3.4"},
    {"::fffe:1.2.3.4", "::fffe:1.2.3.4"},
    {"::1:ffff:1.2.3.4", "::1:ffff:1.2.3.4"},
    {"1::ffff:1.2.3.4", "1::ffff:1.2.3.4"},
    {"64:ff9b::1.2.3.4", "64:ff9b::1.2.3.4"},
    {"2002:102:304::", "2002:102:304::"},
    {"2001:0:4136:e378:8000:63bf:3fff:fdd2",
	"2001:0:4136:e378:8000:63bf:3fff:fdd2"},
    {"::ffff:0:1.2.3.4", "::ffff:0:1.2.3.4"},
    {"::", "::"},
};

START_TEST(only_mapped_is_unmapped)
{
	struct address expected = address_of(unmap_rows[_i].unmapped);
	struct address address = address_unmap(address_of(unmap_rows[_i].text));

	ck_assert_msg(
	    address_equal(&address, &expected), "%s", unmap_rows[_i].text);
}
END_TEST

static const struct {
	const char *text;
	unsigned length;
	const char *masked;
} mask_rows[] = {
    {"255.255.255.255", 0, "0.0.0.0"},
    {"255.255.255.255", 1, "128.0.0.0"},
    {"192.168.129.255", 17, "192.168.128.0"},
    {"10.1.2.3", 8, "10.0.0.0"},
    {"255.255.255.255", 31, "255.255.255.254"},
    {"1.2.3.4", 32, "1.2.3.4"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0, "::"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1, "8000::"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 63, "ffff:ffff:ffff:fffe::"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 64, "ffff:ffff:ffff:ffff::"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65,
	"ffff:ffff:ffff:ffff:8000::"},
    {"2001:db8:1:2:3:4:5:6", 48, "2001:db8:1::"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 127,
	"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"},
    {"2001:db8::1", 128, "2001:db8::1"},
};

START_TEST(bits_behind_the_length_are_cut)
{
	struct address expected = address_of(mask_rows[_i].masked);
	struct address address =
	    address_mask(address_of(mask_rows[_i].text), mask_rows[_i].length);

	ck_assert_msg(address_equal(&address, &expected), "row %d", _i);
}
END_TEST

START_TEST(order_is_family_then_number)
{
	static const char *const order[] = {"0.0.0.0", "1.2.3.4", "1.2.3.5",
	    "255.255.255.255", "::", "::1", "::ffff:0.0.0.0",
	    "0:0:0:1::", "fe80::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
	int count = sizeof(order) / sizeof(order[0]);

	for (int i = 0; i < count; i++) {
		struct address a = address_of(order[i]);

		for (int j = 0; j < count; j++) {
			struct address b = address_of(order[j]);
			int sign = address_compare(&a, &b);

			ck_assert_int_eq(
			    (sign > 0) - (sign < 0), (i > j) - (i < j));
			ck_assert_int_eq(address_equal(&a, &b), i == j);
		}
	}
}
END_TEST

START_TEST(network_byte_order)
{
	static const uint8_t quad[4] = {192, 0, 2, 129};
	static const uint8_t six[16] = {
	    0x20, 1, 0xd, 0xb8, 0, 0, 0, 5, 0x80, 0, 0, 0, 0, 0, 0, 0xff};
	struct address a = address_from_ipv4(quad);
	struct address b = address_from_ipv6(six);
	uint8_t bytes[16];

	ck_assert(a.hi == 0 && a.lo == 0xc0000281);
	ck_assert_int_eq(a.family, ADDRESS_IPV4);
	ck_assert(b.hi == 0x20010db800000005 && b.lo == 0x80000000000000ff);
	ck_assert_int_eq(b.family, ADDRESS_IPV6);
	address_to_ipv4(&a, bytes);
	ck_assert_mem_eq(bytes, quad, 4);
	address_to_ipv6(&b, bytes);
	ck_assert_mem_eq(bytes, six, 16);
}
END_TEST

START_TEST(unspecified_is_zero)
{
	struct address quad = address_of("0.0.0.0");
	struct address six = address_of("::");
	struct address one = address_of("::1");
	struct address high = address_of("1::");

	ck_assert(address_unspecified(&quad));
	ck_assert(address_unspecified(&six));
	ck_assert(!address_unspecified(&one));
	ck_assert(!address_unspecified(&high));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("address");
	TCase *tables = tcase_create("tables");
	TCase *searches = tcase_create("searches");

	tcase_add_loop_test(tables, address_is_read, 0, COUNT(valid_rows));
	tcase_add_loop_test(
	    tables, no_address_leaves_it_as_it_was, 0, COUNT(invalid_rows));
	tcase_add_loop_test(
	    tables, only_mapped_is_unmapped, 0, COUNT(unmap_rows));
	tcase_add_loop_test(
	    tables, bits_behind_the_length_are_cut, 0, COUNT(mask_rows));
	tcase_add_test(tables, long_text_is_no_address);
	tcase_add_test(tables, empty_view_without_data);
	tcase_add_test(tables, no_family_has_no_text);
	tcase_add_test(tables, order_is_family_then_number);
	tcase_add_test(tables, network_byte_order);
	tcase_add_test(tables, unspecified_is_zero);
	suite_add_tcase(suite, tables);

	tcase_set_timeout(searches, 600);
	tcase_add_test(searches, all_short_strings);
	tcase_add_test(searches, all_strings_of_few_letters);
	tcase_add_test(searches, mutated_addresses);
	tcase_add_test(searches, written_is_read_again);
	suite_add_tcase(suite, searches);
	return run_tests(suite);
}
