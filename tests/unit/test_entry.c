/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <regex.h>
#include <stdio.h>

#include "tests/unit/text_tools.h"

static bool
parse_entry(struct view text, struct entry_text *entry)
{
	char *copy = exact_copy(text);
	bool good = entry_parse((struct view){copy, text.length}, entry);

	free(copy);
	return good;
}

static bool
parse_addr_port(struct view text, struct entry_text *entry)
{
	char *copy = exact_copy(text);
	bool good =
	    entry_parse_addr_port((struct view){copy, text.length}, entry);

	free(copy);
	return good;
}

enum { B = ENTRY_BRACKETS, P = ENTRY_PORT, Z = ENTRY_ZONE };

/* address NULL: no entry. */
static const struct {
	struct view text;
	const char *address;
	unsigned decoration;
} entry_rows[] = {
    {TEXT("1.2.3.4"), "1.2.3.4", 0},
    {TEXT("2001:db8::1"), "2001:db8::1", 0},
    {TEXT("::"), "::", 0},
    {TEXT("::ffff:1.2.3.4"), "::ffff:1.2.3.4", 0},
    {TEXT("1.2.3.4:80"), "1.2.3.4", P},
    {TEXT("1.2.3.4:0"), "1.2.3.4", P},
    {TEXT("1.2.3.4:65535"), "1.2.3.4", P},
    {TEXT("1.2.3.4:00080"), "1.2.3.4", P},
    {TEXT("1.2.3.4:65536"), NULL, 0},
    {TEXT("1.2.3.4:99999"), NULL, 0},
    {TEXT("1.2.3.4:000080"), NULL, 0},
    {TEXT("1.2.3.4:"), NULL, 0},
    {TEXT("1.2.3.4:a"), NULL, 0},
    {TEXT("1.2.3.4:-1"), NULL, 0},
    {TEXT("1.2.3.4:+1"), NULL, 0},
    {TEXT("1.2.3.4: 1"), NULL, 0},
    {TEXT("1.2.3.4:1 "), NULL, 0},
    {TEXT("1.2.3.4:80:80"), NULL, 0},
    {TEXT("1.2.3.4:_p1"), NULL, 0},
    {TEXT("1.2.3.4:1/8"), NULL, 0},
    {TEXT(":80"), NULL, 0},
    {TEXT("010.0.0.1:80"), NULL, 0},
    {TEXT("[::1]"), "::1", B},
    {TEXT("[2001:db8::1]"), "2001:db8::1", B},
    {TEXT("[2001:db8::1]:80"), "2001:db8::1", B | P},
    {TEXT("[2001:db8::1]:0"), "2001:db8::1", B | P},
    {TEXT("[::ffff:1.2.3.4]:65535"), "::ffff:1.2.3.4", B | P},
    {TEXT("[2001:db8::1]:"), NULL, 0},
    {TEXT("[2001:db8::1]80"), NULL, 0},
    {TEXT("[2001:db8::1]:65536"), NULL, 0},
    {TEXT("[2001:db8::1]:_p"), NULL, 0},
    {TEXT("[2001:db8::1"), NULL, 0},
    {TEXT("2001:db8::1]"), NULL, 0},
    {TEXT("2001:db8::1]:80"), NULL, 0},
    {TEXT("[[::1]]"), NULL, 0},
    {TEXT("[[::1]"), NULL, 0},
    {TEXT("[::1]]"), NULL, 0},
    {TEXT("[::1]:80]"), NULL, 0},
    {TEXT("[]"), NULL, 0},
    {TEXT("[]:80"), NULL, 0},
    {TEXT("["), NULL, 0},
    {TEXT("]"), NULL, 0},
    {TEXT("[:"), NULL, 0},
    {TEXT("[1.2.3.4]"), NULL, 0},
    {TEXT("[1.2.3.4]:80"), NULL, 0},
    {TEXT("[ ::1]"), NULL, 0},
    {TEXT("fe80::1%eth0"), "fe80::1", Z},
    {TEXT("2606:4700::1%attacker"), "2606:4700::1", Z},
    {TEXT("fe80::1%25eth0"), "fe80::1", Z},
    {TEXT("fe80::1%br-lan_0.1~"), "fe80::1", Z},
    {TEXT("fe80::1%Z9"), "fe80::1", Z},
    {TEXT("[fe80::1%eth0]"), "fe80::1", B | Z},
    {TEXT("[fe80::1%eth0]:80"), "fe80::1", B | P | Z},
    {TEXT("::ffff:1.2.3.4%1"), "::ffff:1.2.3.4", Z},
    {TEXT("fe80::1%"), NULL, 0},
    {TEXT("[fe80::1%]"), NULL, 0},
    {TEXT("%eth0"), NULL, 0},
    {TEXT("[%eth0]"), NULL, 0},
    {TEXT("[%]"), NULL, 0},
    {TEXT("::%"), NULL, 0},
    {TEXT("1.2.3.4%eth0"), NULL, 0},
    {TEXT("[1.2.3.4%eth0]"), NULL, 0},
    {TEXT("1.2.3.4%eth0:80"), NULL, 0},
    {TEXT("fe80::1%eth0:80"), "fe80::1", Z},
    {TEXT("fe80::1%eth 0"), NULL, 0},
    {TEXT("fe80::1%a,1.2.3.4"), NULL, 0},
    {TEXT("fe80::1%a/64"), "fe80::1", Z},
    {TEXT("fe80::1%[a]"), NULL, 0},
    {TEXT("fe80::1%a\"b"), NULL, 0},
    {TEXT("[fe80::1%\"a\"]:80"), NULL, 0},
    {TEXT("1.2.3.4%a:1:2"), NULL, 0},
    {TEXT("fe80::1%\xc3\xa9"), NULL, 0},
    {TEXT("fe80::1%a\0"), NULL, 0},
    {TEXT("fe80::1%\x7f"), NULL, 0},
    {TEXT("fe80::g%eth0"), NULL, 0},
    {TEXT("2001:db8::1:80"), "2001:db8::1:80", 0},
    {TEXT("\"1.2.3.4\""), NULL, 0},
    {TEXT("1.2.3.4/24"), NULL, 0},
    {TEXT("1.2.3.4, 5.6.7.8"), NULL, 0},
    {TEXT("1.2.3.4,"), NULL, 0},
    {TEXT("\0"), NULL, 0},
    {TEXT("1.2.3.4\0"), NULL, 0},
    {TEXT("1.2.3.4:80\0"), NULL, 0},
    {TEXT("[::1]\0"), NULL, 0},
    {TEXT("unknown"), NULL, 0},
    {TEXT("_hidden"), NULL, 0},
    {TEXT("for=1.2.3.4"), NULL, 0},
    {TEXT("localhost:80"), NULL, 0},
    {TEXT("a:1"), NULL, 0},
    /* the zone makes 60 bytes, then 61 */
    {TEXT("fe80::1%aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeff"),
	"fe80::1", Z},
    {TEXT("fe80::1%aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeefff"),
	NULL, 0},
};

static void
check_entry(bool good, const struct entry_text *entry, struct view text,
    const char *address, unsigned decoration)
{
	char written[ADDRESS_TEXT_SIZE];

	ck_assert_msg(
	    good == (address != NULL), "%.*s", (int)text.length, text.data);
	if (address == NULL) {
		ck_assert_uint_eq(entry->decoration, 99);
		ck_assert(entry->address.family == ADDRESS_NONE);
		return;
	}
	address_format(&entry->address, written);
	ck_assert_str_eq(written, address);
	ck_assert_msg(entry->decoration == decoration, "%.*s: %u",
	    (int)text.length, text.data, entry->decoration);
}

START_TEST(entry_is_read)
{
	struct view text = entry_rows[_i].text;
	struct entry_text entry = {.decoration = 99};
	bool good = parse_entry(text, &entry);

	check_entry(good, &entry, text, entry_rows[_i].address,
	    entry_rows[_i].decoration);
}
END_TEST

static const struct {
	struct view text;
	const char *address;
	unsigned decoration;
} addr_port_rows[] = {
    {TEXT("198.51.100.10:46532"), "198.51.100.10", 0},
    {TEXT("2600:300:f:abcd::9:9985"), "2600:300:f:abcd::9", 0},
    {TEXT("2001:db8:1:2:3:4:5:6:443"), "2001:db8:1:2:3:4:5:6", 0},
    {TEXT("::1:80"), "::1", 0},
    {TEXT(":::80"), "::", 0},
    {TEXT("::ffff:1.2.3.4:80"), "::ffff:1.2.3.4", 0},
    {TEXT("fe80::1%eth0:80"), "fe80::1", Z},
    {TEXT("1.2.3.4:0"), "1.2.3.4", 0},
    {TEXT("1.2.3.4:65535"), "1.2.3.4", 0},
    {TEXT("1.2.3.4:65536"), NULL, 0},
    {TEXT("1.2.3.4:"), NULL, 0},
    {TEXT("1.2.3.4"), NULL, 0},
    {TEXT("2001:db8::1"), NULL, 0},
    {TEXT("2001:db8:0:0:0:0:0:1"), NULL, 0},
    {TEXT("1:2:3:4:5:6:7:8"), NULL, 0},
    {TEXT("::1"), NULL, 0},
    {TEXT("[2001:db8::1]:80"), NULL, 0},
    {TEXT("[2001:db8::1]"), NULL, 0},
    {TEXT("1.2.3.4%a:80"), NULL, 0},
    {TEXT("%a:80"), NULL, 0},
    {TEXT("fe80::1%:80"), NULL, 0},
    {TEXT("1.2.3.4:8a"), NULL, 0},
    {TEXT("1.2.3.4:000080"), NULL, 0},
    {TEXT("1.2.3.4 :80"), NULL, 0},
    {TEXT("1.2.3.4: 80"), NULL, 0},
    {TEXT("010.2.3.4:80"), NULL, 0},
    {TEXT("1.2.3.4:80\0"), NULL, 0},
    {TEXT("1.2.3.4:80, 1.2.3.5:80"), NULL, 0},
    {TEXT(":80"), NULL, 0},
    {TEXT(":"), NULL, 0},
    {TEXT("80"), NULL, 0},
    {TEXT("fe80::1%aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeee:80"),
	"fe80::1", Z},
    {TEXT("fe80::1%aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee:80"),
	NULL, 0},
};

START_TEST(addr_port_is_read)
{
	struct view text = addr_port_rows[_i].text;
	struct entry_text entry = {.decoration = 99};
	bool good = parse_addr_port(text, &entry);

	check_entry(good, &entry, text, addr_port_rows[_i].address,
	    addr_port_rows[_i].decoration);
}
END_TEST

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

static const char *const entry_patterns[] = {
    "^([0-9.]+)(:([0-9]{1,5}))?$",
    "^([0-9A-Fa-f:.]+)(%[-!#-+./0-Z\\^-~]+)?$",
    "^\\[([0-9A-Fa-f:.]+)(%[-!#-+./0-Z\\^-~]+)?\\](:([0-9]{1,5}))?$",
};

static regex_t entry_expressions[3];

/* The grammar of an entry once more, with other means. */
static bool
oracle_reads(const char *text, struct address *address)
{
	char head[ADDRESS_TEXT_SIZE + 1];
	regmatch_t match[5];

	for (size_t i = 0; i < 3; i++) {
		const regex_t *expression = &entry_expressions[i];

		if (regexec(expression, text, 5, match, 0) != 0 ||
		    match[1].rm_eo - match[1].rm_so > ADDRESS_TEXT_SIZE)
			continue;
		snprintf(head, sizeof(head), "%.*s",
		    (int)(match[1].rm_eo - match[1].rm_so),
		    text + match[1].rm_so);
		if (!libc_reads(head, address) ||
		    (address->family == ADDRESS_IPV4) != (i == 0))
			continue;
		if (i == 1 || match[2 + i / 2].rm_so < 0)
			return true;
		return strtoul(text + match[3 + i / 2].rm_so, NULL, 10) <=
		       65535;
	}
	return false;
}

static void
compare_entry(const char *text, size_t length)
{
	struct entry_text entry;
	struct address theirs;
	bool good = parse_entry((struct view){text, length}, &entry);

	ck_assert_msg(good == oracle_reads(text, &theirs), "%s", text);
	if (good)
		ck_assert_msg(
		    address_equal(&entry.address, &theirs), "%s", text);
}

static void
compile_patterns(void)
{
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(regcomp(&entry_expressions[i],
				     entry_patterns[i], REG_EXTENDED),
		    0);
}

static void
free_patterns(void)
{
	for (size_t i = 0; i < 3; i++)
		regfree(&entry_expressions[i]);
}

START_TEST(all_short_entries)
{
	char text[8];

	for (size_t length = 1; length <= 7; length++) {
		memset(text, '1', length);
		text[length] = '\0';
		do
			compare_entry(text, length);
		while (next_string(text, length, "1:[]%"));
	}
}
END_TEST

START_TEST(mutated_entries)
{
	static const char *const shapes[] = {"%s", "[%s]", "%s:65536", "%s:1",
	    "[%s]:65535", "[%s]:65536", "%s%%e0", "[%s%%e0]", "[%s%%e0]:80"};
	static const char letters[] = "0123456789.:af%[]_~x";
	uint64_t state = 42;

	for (size_t i = 0; i < rounds(60000); i++) {
		struct address address = random_address(&state);
		char head[ADDRESS_TEXT_SIZE], text[ADDRESS_TEXT_SIZE + 16];
		const char *shape = shapes[random_below(&state, 9)];
		int length;

		address_format(&address, head);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		length = snprintf(text, sizeof(text), shape, head);
#pragma GCC diagnostic pop
		if (random_below(&state, 2) == 0)
			text[random_below(&state, (size_t)length)] =
			    letters[random_below(&state, sizeof(letters) - 1)];
		compare_entry(text, (size_t)length);
	}
}
END_TEST

/* Long runs of what may stand in an address, as long as 1 MiB. */
START_TEST(long_text_is_no_entry)
{
	static const char letters[] = "0.:a[%]-/ 1";
	const size_t length = 1 << 20;
	char *text = malloc(length);
	struct entry_text entry;

	ck_assert_ptr_nonnull(text);
	for (const char *at = letters; *at != '\0'; at++) {
		memset(text, *at, length);
		for (size_t cut = 1; cut <= length; cut *= 2) {
			struct view view = {text, cut};

			if (*at == ':' && cut == 2)
				continue;
			ck_assert(!entry_parse(view, &entry));
			ck_assert(!entry_parse_addr_port(view, &entry));
		}
	}
	free(text);
}
END_TEST

START_TEST(empty_view_without_data)
{
	struct view none = {NULL, 0};
	struct entry_text entry;

	ck_assert(!entry_parse(none, &entry));
	ck_assert(!entry_parse_addr_port(none, &entry));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("entry");
	TCase *tables = tcase_create("tables");
	TCase *searches = tcase_create("searches");

	tcase_add_loop_test(tables, entry_is_read, 0, COUNT(entry_rows));
	tcase_add_loop_test(
	    tables, addr_port_is_read, 0, COUNT(addr_port_rows));
	tcase_add_test(tables, long_text_is_no_entry);
	tcase_add_test(tables, empty_view_without_data);
	suite_add_tcase(suite, tables);

	tcase_set_timeout(searches, 600);
	tcase_add_unchecked_fixture(searches, compile_patterns, free_patterns);
	tcase_add_test(searches, all_short_entries);
	tcase_add_test(searches, mutated_entries);
	suite_add_tcase(suite, searches);
	return run_tests(suite);
}
