/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "proto/text/line.h"
#include "proto/text/prefix.h"
#include "tests/unit/text_tools.h"

#define LIST LINE_LIST
#define SINGLE LINE_SINGLE
#define ADDR_PORT LINE_ADDR_PORT
#define FORWARDED LINE_FORWARDED

/* entries: from the right, "" an empty one, "!" an invalid one. */
static const struct {
	enum line_format format;
	struct view line;
	const char *entries[8];
} line_rows[] = {
    {LIST, TEXT(""), {""}},
    {LIST, TEXT(" \t "), {""}},
    {LIST, TEXT("a"), {"a"}},
    {LIST, TEXT(" \ta\t "), {"a"}},
    {LIST, TEXT("a,b,c"), {"c", "b", "a"}},
    {LIST, TEXT(" a , b\t,\tc "), {"c", "b", "a"}},
    {LIST, TEXT("a b, c"), {"c", "a b"}},
    {LIST, TEXT(","), {"", ""}},
    {LIST, TEXT(",a"), {"a", ""}},
    {LIST, TEXT("a,"), {"", "a"}},
    {LIST, TEXT("a,,b"), {"b", "", "a"}},
    {LIST, TEXT("a, ,b"), {"b", "", "a"}},
    {LIST, TEXT(",,,"), {"", "", "", ""}},
    {LIST, TEXT("a;b"), {"a;b"}},
    {LIST, TEXT("\"a,b\""), {"b\"", "\"a"}},
    {LIST, TEXT("a\v,\vb"), {"\vb", "a\v"}},
    {LIST, TEXT("a\xa0,b"), {"b", "a\xa0"}},
    {SINGLE, TEXT(""), {""}},
    {SINGLE, TEXT("\t "), {""}},
    {SINGLE, TEXT("a"), {"a"}},
    {SINGLE, TEXT(" a\t"), {"a"}},
    {SINGLE, TEXT(" a, b "), {"a, b"}},
    {ADDR_PORT, TEXT(""), {""}},
    {ADDR_PORT, TEXT(" 2001:db8::1:443 "), {"2001:db8::1:443"}},
    {FORWARDED, TEXT(""), {""}},
    {FORWARDED, TEXT(" \t"), {""}},
    {FORWARDED, TEXT(";"), {""}},
    {FORWARDED, TEXT(","), {"", ""}},
    {FORWARDED, TEXT("for=a"), {"a"}},
    {FORWARDED, TEXT("for=a,for=b"), {"b", "a"}},
    {FORWARDED, TEXT(" For=a ;by=x, FOR=b;proto=y"), {"b", "a"}},
    {FORWARDED, TEXT(",for=a"), {"a", ""}},
    {FORWARDED, TEXT("for=a,"), {"", "a"}},
    {FORWARDED, TEXT("for=a, ,for=b"), {"b", "", "a"}},
    {FORWARDED, TEXT("for=a,proto=x"), {"", "a"}},
    {FORWARDED, TEXT("for=\"\""), {""}},
    {FORWARDED, TEXT("for=\" \""), {" "}},
    {FORWARDED, TEXT("for=\"a,b\",for=c"), {"c", "a,b"}},
    {FORWARDED, TEXT("for=\"\\a\\\"\\\\\""), {"a\"\\"}},
    {FORWARDED, TEXT("a,for=b"), {"b", "!"}},
    {FORWARDED, TEXT("for=a,b,for=c"), {"c", "!"}},
    {FORWARDED, TEXT("for=a,b"), {"!"}},
    {FORWARDED, TEXT("for=a,for=b;for=c,for=d"), {"d", "!"}},
    {FORWARDED, TEXT("for=a,for=\"b,for=c"), {"c", "!"}},
    {FORWARDED, TEXT("for=a;by=\",for=b,for=c"), {"c", "b", "!"}},
    {FORWARDED, TEXT("for=a;by=\",for=b;by=\",for=c"), {"c", "a"}},
    {FORWARDED, TEXT("for=a\0,for=b"), {"b", "!"}},
    {FORWARDED, TEXT("for=a:_p"), {"a"}},
    {FORWARDED, TEXT("for=\"1.2.3.4:_p1\""), {"1.2.3.4"}},
    {FORWARDED, TEXT("for=\"[2001:db8::1]:_A.b-9_\""), {"[2001:db8::1]"}},
    {FORWARDED, TEXT("for=_hidden:_p"), {"_hidden"}},
    {FORWARDED, TEXT("for=unknown"), {"unknown"}},
    {FORWARDED, TEXT("for=a:_0"), {"a"}},
    {FORWARDED, TEXT("for=a:_azAZ09"), {"a"}},
    {FORWARDED, TEXT("for=a:__"), {"a"}},
    {FORWARDED, TEXT("for=a:_"), {"a:_"}},
    {FORWARDED, TEXT("for=a:p"), {"a:p"}},
    {FORWARDED, TEXT("for=a:"), {"a:"}},
    {FORWARDED, TEXT("for=\"a:_p \""), {"a:_p "}},
    {FORWARDED, TEXT("for=\"a:_@\""), {"a:_@"}},
    {FORWARDED, TEXT("for=\"a:_{\""), {"a:_{"}},
    {FORWARDED, TEXT("for=\"a:_p:80\""), {"a:_p:80"}},
    {FORWARDED, TEXT("for=:_p"), {"!"}},
    {FORWARDED, TEXT("for=\":_p\",for=a"), {"a", "!"}},
    /* 60 bytes, 61; the same quoted and escaped */
    {FORWARDED,
	TEXT("for=0123456789012345678901234567890123456789"
	     "01234567890123456789"),
	{"0123456789012345678901234567890123456789"
	 "01234567890123456789"}},
    {FORWARDED,
	TEXT("for=0123456789012345678901234567890123456789"
	     "012345678901234567890"),
	{"!"}},
    {FORWARDED,
	TEXT("for=\"0123456789012345678901234567890123456789"
	     "0123456789012345678\\9\""),
	{"0123456789012345678901234567890123456789"
	 "01234567890123456789"}},
    {FORWARDED,
	TEXT("for=a,for=\"0123456789012345678901234567890123456789"
	     "01234567890123456789\\0\""),
	{"!", "a"}},
};

static void
check_entry(enum entry_kind kind, struct view text, const char *expected)
{
	if (expected == NULL)
		ck_assert_int_eq(kind, ENTRY_END);
	else if (strcmp(expected, "") == 0)
		ck_assert_int_eq(kind, ENTRY_EMPTY);
	else if (strcmp(expected, "!") == 0)
		ck_assert_int_eq(kind, ENTRY_INVALID);
	else
		ck_assert(
		    kind == ENTRY_TEXT && view_equal(text, view_of(expected)));
}

START_TEST(entries_come_from_the_right)
{
	struct view line = line_rows[_i].line;
	char *copy = exact_copy(line);
	struct line_cursor cursor;
	unsigned i = 0;

	line_begin(
	    &cursor, (struct view){copy, line.length}, line_rows[_i].format);
	for (;;) {
		const char *expected = line_rows[_i].entries[i++];
		struct view text = {NULL, 0};

		check_entry(line_previous(&cursor, &text), text, expected);
		if (expected == NULL)
			break;
	}
	ck_assert_int_eq(line_previous(&cursor, NULL), ENTRY_END);
	free(copy);
}
END_TEST

START_TEST(no_data_is_one_empty_entry)
{
	for (int format = LIST; format <= FORWARDED; format++) {
		struct line_cursor cursor;
		struct view text;

		line_begin(
		    &cursor, (struct view){NULL, 0}, (enum line_format)format);
		ck_assert_int_eq(line_previous(&cursor, &text), ENTRY_EMPTY);
		ck_assert_int_eq(line_previous(&cursor, &text), ENTRY_END);
	}
}
END_TEST

/*
 * One policy in short: the peer and 10.0.0.0/8 are trusted, what is no address
 * stops the walk, ports are cut, zones are not. P is the peer.
 */
static const struct {
	enum line_format format;
	struct view lines[3];
	const char *client;
} walk_rows[] = {
    {LIST, {TEXT("9.9.9.9, 1.2.3.4, 10.0.0.1")}, "1.2.3.4"},
    {LIST, {TEXT("10.0.0.7, 1.2.3.4, 10.0.0.1")}, "1.2.3.4"},
    {LIST, {TEXT("10.0.0.5, 10.0.0.1")}, "10.0.0.5"},
    {LIST, {TEXT("9.9.9.9, unknown, 10.0.0.1")}, "10.0.0.1"},
    {LIST, {TEXT("1.2.3.4, unknown")}, "P"},
    {LIST, {TEXT("_hidden, 10.0.0.1")}, "10.0.0.1"},
    {LIST, {TEXT("1.2.3.4, , 10.0.0.1")}, "10.0.0.1"},
    {LIST, {TEXT("1.2.3.4,")}, "P"},
    {LIST, {TEXT(",1.2.3.4")}, "1.2.3.4"},
    {LIST, {TEXT("1.2.3.4:80")}, "1.2.3.4"},
    {LIST, {TEXT("1.2.3.4, 10.0.0.1:8080")}, "1.2.3.4"},
    {LIST, {TEXT("[2001:db8::1]")}, "2001:db8::1"},
    {LIST, {TEXT("[2001:db8::1]:80")}, "2001:db8::1"},
    {LIST, {TEXT("fe80::1%eth0")}, "P"},
    {LIST, {TEXT("::ffff:1.2.3.4")}, "1.2.3.4"},
    {LIST, {TEXT("1.2.3.4, ::ffff:10.0.0.1")}, "1.2.3.4"},
    {LIST, {TEXT("1.2.3.4, ::10.0.0.1")}, "::a00:1"},
    {LIST, {TEXT("1.2.3.4, 64:ff9b::10.0.0.1")}, "64:ff9b::a00:1"},
    {LIST, {TEXT("1.2.3.4, 010.0.0.1")}, "P"},
    {LIST, {TEXT("1.2.3.4, 012.0.0.1")}, "P"},
    {LIST, {TEXT("9.9.9.9, 0x0a.0.0.1")}, "P"},
    {LIST, {TEXT("9.9.9.9, 127.1")}, "P"},
    {LIST, {TEXT("\"1.2.3.4\"")}, "P"},
    {LIST, {TEXT("9.9.9.9 1.2.3.4")}, "P"},
    {LIST, {TEXT("1.2.3.4,\t10.0.0.1")}, "1.2.3.4"},
    {LIST, {TEXT("9.9.9.9, localhost")}, "P"},
    {LIST, {TEXT("1.2.3.4/24")}, "P"},
    {LIST, {TEXT("9.9.9.9, \xef\xbc\x91.2.3.4")}, "P"},
    {LIST, {TEXT("9.9.9.9, 10.0.0.1\xc2\xa0")}, "P"},
    {LIST, {TEXT("9.9.9.9, 10.0.0.1\v")}, "P"},
    {LIST, {TEXT("9.9.9.9, 10.0.0.1\0")}, "P"},
    {LIST, {TEXT("9.9.9.9"), TEXT("1.2.3.4")}, "1.2.3.4"},
    {LIST, {TEXT("1.2.3.4"), TEXT("10.0.0.1")}, "1.2.3.4"},
    {LIST, {TEXT("1.2.3.4"), TEXT(" ")}, "P"},
    {LIST, {TEXT("1.2.3.4"), TEXT("unknown")}, "P"},
    {SINGLE, {TEXT("1.2.3.4")}, "1.2.3.4"},
    {SINGLE, {TEXT("1.2.3.4, 10.0.0.1")}, "P"},
    {SINGLE, {TEXT("1.2.3.4,")}, "P"},
    {ADDR_PORT, {TEXT("198.51.100.10:46532")}, "198.51.100.10"},
    {ADDR_PORT, {TEXT("2600:300:f:abcd::9:9985")}, "2600:300:f:abcd::9"},
    {ADDR_PORT, {TEXT("1.2.3.4:80, 10.0.0.1:80")}, "P"},
    {FORWARDED, {TEXT("for=9.9.9.9, for=1.2.3.4, for=10.0.0.1")}, "1.2.3.4"},
    {FORWARDED, {TEXT("for=9.9.9.9"), TEXT("for=1.2.3.4, for=10.0.0.1")},
	"1.2.3.4"},
    {FORWARDED, {TEXT("for=\"1.2.3.4:4711\"")}, "1.2.3.4"},
    {FORWARDED, {TEXT("for=1.2.3.4:4711")}, "1.2.3.4"},
    {FORWARDED, {TEXT("for=\"[2001:db8::1]:4711\"")}, "2001:db8::1"},
    {FORWARDED, {TEXT("for=[2001:db8::1]")}, "2001:db8::1"},
    {FORWARDED, {TEXT("for=2001:db8::1")}, "2001:db8::1"},
    {FORWARDED, {TEXT("for=1.2.3.4; proto=https")}, "1.2.3.4"},
    {FORWARDED, {TEXT("for=1.2.3.4;secret=abc")}, "1.2.3.4"},
    {FORWARDED, {TEXT("for=9.9.9.9, for=unknown, for=10.0.0.1")}, "10.0.0.1"},
    {FORWARDED, {TEXT("for=9.9.9.9, for=_SEVKISEK, for=10.0.0.1")}, "10.0.0.1"},
    {FORWARDED, {TEXT("for=\"1.2.3.4:_p1\"")}, "1.2.3.4"},
    {FORWARDED, {TEXT("for=1.2.3.4, proto=https")}, "P"},
    {FORWARDED, {TEXT("for=1.2.3.4, , for=10.0.0.1")}, "10.0.0.1"},
    {FORWARDED, {TEXT("for=1.2.3.4,")}, "P"},
    {FORWARDED, {TEXT("for=9.9.9.9;for=1.2.3.4")}, "P"},
    {FORWARDED, {TEXT("for = 1.2.3.4")}, "P"},
    {FORWARDED, {TEXT("for=9.9.9.9;by=\", for=1.2.3.4")}, "1.2.3.4"},
    {FORWARDED, {TEXT("for=\"9.9.9.9, for=1.2.3.4")}, "1.2.3.4"},
    {FORWARDED, {TEXT("for=9.9.9.9;by=\", for=1.2.3.4, for=10.0.0.1")},
	"1.2.3.4"},
    {FORWARDED, {TEXT("by=\"x, for=9.9.9.9\";for=1.2.3.4")}, "1.2.3.4"},
    {FORWARDED, {TEXT("for=1.2.3.4;host=\"evil, for=9.9.9.9\"")}, "1.2.3.4"},
    {FORWARDED, {TEXT("for=\"1.2.3.\\4\"")}, "1.2.3.4"},
    {FORWARDED, {TEXT("for=\"[::ffff:1.2.3.4]\"")}, "1.2.3.4"},
    {FORWARDED, {TEXT("for=1.2.3.4, for=\"[::ffff:10.0.0.1]\"")}, "1.2.3.4"},
    {FORWARDED, {TEXT("1.2.3.4")}, "P"},
    {FORWARDED, {TEXT("9.9.9.9, 1.2.3.4")}, "P"},
    {FORWARDED, {TEXT("for=010.0.0.1")}, "P"},
    {FORWARDED, {TEXT("for=10.0.0.5, for=10.0.0.1")}, "10.0.0.5"},
    {FORWARDED, {TEXT("for=9.9.9.9;by=\""), TEXT("for=1.2.3.4")}, "1.2.3.4"},
    {FORWARDED, {TEXT("for=9.9.9.9\\"), TEXT("for=10.0.0.1")}, "10.0.0.1"},
    {FORWARDED, {TEXT("for=9.9.9.9;x=\"\\, for=1.2.3.4")}, "1.2.3.4"},
    {FORWARDED, {TEXT("for=9.9.9.9;x=\"\\, for=\"1.2.3.4\"")}, "1.2.3.4"},
};

static bool
entry_address(
    struct view text, enum line_format format, struct address *address)
{
	struct entry_text entry;
	bool good = format == LINE_ADDR_PORT
			? entry_parse_addr_port(text, &entry)
			: entry_parse(text, &entry);

	if (!good || (entry.decoration & ENTRY_ZONE) != 0)
		return false;
	*address = address_unmap(entry.address);
	return true;
}

/* Walks one line; false when the walk ends in it. */
static bool
walk_line(struct view line, enum line_format format, struct address *last)
{
	static const struct prefix trusted = {{0, 0x0a000000, ADDRESS_IPV4}, 8};
	struct line_cursor cursor;
	struct view text;

	line_begin(&cursor, line, format);
	for (;;) {
		enum entry_kind kind = line_previous(&cursor, &text);

		if (kind == ENTRY_END)
			return true;
		if (kind != ENTRY_TEXT || !entry_address(text, format, last) ||
		    !prefix_contains(&trusted, last))
			return false;
	}
}

START_TEST(walk_ends_at_the_client)
{
	struct address last = {0, 0, ADDRESS_NONE};
	char answer[ADDRESS_TEXT_SIZE];
	int i = COUNT(walk_rows[0].lines);

	while (i-- > 0) {
		struct view line = walk_rows[_i].lines[i];

		if (line.data != NULL &&
		    !walk_line(line, walk_rows[_i].format, &last))
			break;
	}
	address_format(&last, answer);
	ck_assert_str_eq(
	    last.family == ADDRESS_NONE ? "P" : answer, walk_rows[_i].client);
}
END_TEST

/* Every count of entries, each read once. */
START_TEST(one_to_500_entries)
{
	char text[500 * 4 + 1];

	for (int format = LIST; format <= FORWARDED; format += FORWARDED) {
		size_t length = 0;

		for (int count = 1; count <= 500; count++) {
			struct line_cursor cursor;
			struct view entry;
			int seen = 0;

			length += (size_t)snprintf(text + length,
			    sizeof(text) - length, "%sa=1", &","[count == 1]);
			line_begin(&cursor, (struct view){text, length},
			    (enum line_format)format);
			while (line_previous(&cursor, &entry) != ENTRY_END)
				seen++;
			EXPECT(seen == count, "%d of %d", seen, count);
		}
	}
}
END_TEST

struct built {
	char text[4096];
	size_t length;
	char node[8][ADDRESS_TEXT_SIZE];
};

static void
build(struct built *line, const char *text)
{
	line->length += (size_t)snprintf(line->text + line->length,
	    sizeof(line->text) - line->length, "%s", text);
}

/* What a client may send to reach over what a proxy appends. */
static void
build_client(struct built *line, uint64_t *state)
{
	static const char *const parts[] = {"for=9.9.9.9", "for=\"9.9.9.9\"",
	    ",", ", ", ";", "by=\"", "\"", "\\", "\\\"", "\\\\", "=", "for",
	    "x=\"\\", "a", " ", "\x80", "\x01", "for=\"", "host=\"a, b\"", "\t",
	    "\"\"", ";by=", "proto=\",\""};

	for (size_t n = random_below(state, 12); n > 0; n--)
		build(line, parts[random_below(state, COUNT(parts))]);
}

static void
build_element(struct built *line, uint64_t *state, char *node)
{
	static const char *const before[] = {"", " ", "\t", "by=x;",
	    "by=\"a, b\";", " host=\"\\\"\"; ", "x=\"\\\\\";", ";",
	    "a=\",\";b=\",,\";", "secret=\"for=9.9.9.9, \";", "y=\"\x80\";"};
	static const char *const behind[] = {"", " ", ";proto=https",
	    ";by2=\",for=9.9.9.9\"", "; x2=\"\\\",\"", ";", " ; ",
	    ";z=\"for=8.8.8.8\\\\\"", ";b2=\"\\,\\,\""};
	struct address address = random_address(state);

	address_format(&address, node);
	build(line, before[random_below(state, COUNT(before))]);
	build(line, "For=");
	if (address.family == ADDRESS_IPV4 && random_below(state, 2) == 0) {
		build(line, node);
	} else if (address.family == ADDRESS_IPV4) {
		build(line, "\"");
		build(line, node);
		build(line, random_below(state, 2) == 0 ? "\"" : ":\\80\"");
	} else {
		build(line, "\"[");
		build(line, node);
		build(line, random_below(state, 2) == 0 ? "]\"" : "]:_ab\"");
	}
	build(line, behind[random_below(state, COUNT(behind))]);
}

static void
check_node(enum entry_kind kind, struct view text, const char *node,
    const struct built *line)
{
	struct entry_text entry;
	char found[ADDRESS_TEXT_SIZE];

	EXPECT(kind == ENTRY_TEXT, "%s", line->text);
	EXPECT(entry_parse(text, &entry), "%s", line->text);
	address_format(&entry.address, found);
	EXPECT(strcmp(found, node) == 0, "%s: %s", line->text, found);
}

/* Whatever a client sent, what proxies appended is read as they meant it. */
START_TEST(client_cannot_reach_what_is_appended)
{
	uint64_t state = 15;

	for (size_t i = 0; i < rounds(60000); i++) {
		struct built line = {.length = 0};
		struct line_cursor cursor;
		size_t appended = 1 + random_below(&state, 4);
		struct view text;
		char *exact;

		build_client(&line, &state);
		for (size_t n = 0; n < appended; n++) {
			if (n > 0 || line.length > 0 ||
			    random_below(&state, 2) == 0)
				build(&line, ",");
			build_element(&line, &state, line.node[n]);
		}
		exact = exact_copy((struct view){line.text, line.length});
		line_begin(
		    &cursor, (struct view){exact, line.length}, LINE_FORWARDED);
		for (size_t n = appended; n-- > 0;)
			check_node(line_previous(&cursor, &text), text,
			    line.node[n], &line);
		for (size_t n = 0; n <= line.length; n++)
			if (line_previous(&cursor, &text) == ENTRY_END)
				break;
		EXPECT(line_previous(&cursor, &text) == ENTRY_END, "%s",
		    line.text);
		free(exact);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("line");
	TCase *tables = tcase_create("tables");
	TCase *searches = tcase_create("searches");

	tcase_add_loop_test(
	    tables, entries_come_from_the_right, 0, COUNT(line_rows));
	tcase_add_loop_test(
	    tables, walk_ends_at_the_client, 0, COUNT(walk_rows));
	tcase_add_test(tables, no_data_is_one_empty_entry);
	suite_add_tcase(suite, tables);

	tcase_set_timeout(searches, 600);
	tcase_add_test(searches, one_to_500_entries);
	tcase_add_test(searches, client_cannot_reach_what_is_appended);
	suite_add_tcase(suite, searches);
	return run_tests(suite);
}
