/* SPDX-License-Identifier: Apache-2.0 */
#include <regex.h>
#include <stdio.h>

#include "proto/text/forwarded.h"
#include "tests/unit/text_tools.h"

/* The views of *element point into text, not into the copy. */
static bool
parse(struct view text, struct forwarded_element *element)
{
	char *copy = exact_copy(text);
	bool good =
	    forwarded_element_parse((struct view){copy, text.length}, NULL);
	bool same = forwarded_element_parse(text, element);

	free(copy);
	EXPECT(good == same, "%.*s", (int)text.length, text.data);
	return good;
}

/* NULL: the parameter is absent. */
static const struct {
	struct view text;
	const char *node, *by, *host, *proto;
} valid_rows[] = {
    {TEXT(""), NULL, NULL, NULL, NULL},
    {TEXT(" \t "), NULL, NULL, NULL, NULL},
    {TEXT(";"), NULL, NULL, NULL, NULL},
    {TEXT(" ; ;; "), NULL, NULL, NULL, NULL},
    {TEXT("for=1.2.3.4"), "1.2.3.4", NULL, NULL, NULL},
    {TEXT("for=1.2.3.4:4711"), "1.2.3.4:4711", NULL, NULL, NULL},
    {TEXT("for=[2001:db8::1]:80"), "[2001:db8::1]:80", NULL, NULL, NULL},
    {TEXT("for=2001:db8::1"), "2001:db8::1", NULL, NULL, NULL},
    {TEXT("For=\"[2001:db8:cafe::17]:4711\""), "\"[2001:db8:cafe::17]:4711\"",
	NULL, NULL, NULL},
    {TEXT("FOR=_gazonk"), "_gazonk", NULL, NULL, NULL},
    {TEXT("for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60",
	"203.0.113.43", NULL, "http"},
    {TEXT("by=a;for=b;host=c;proto=d"), "b", "a", "c", "d"},
    {TEXT(" \tfor=b\t ;\tHost=\"c:80\" "), "b", NULL, "\"c:80\"", NULL},
    {TEXT(";for=b;"), "b", NULL, NULL, NULL},
    {TEXT(" ; for=b ; ; "), "b", NULL, NULL, NULL},
    {TEXT("secret=abc;for=b;x=\"\""), "b", NULL, NULL, NULL},
    {TEXT("proto=\"\""), NULL, NULL, NULL, "\"\""},
    {TEXT("by=\"x, for=9.9.9.9\";for=1.2.3.4"), "1.2.3.4", "\"x, for=9.9.9.9\"",
	NULL, NULL},
    {TEXT("by=\"x; for=9.9.9.9\";for=1.2.3.4"), "1.2.3.4", "\"x; for=9.9.9.9\"",
	NULL, NULL},
    {TEXT("for=\"1.2.3.\\4\""), "\"1.2.3.\\4\"", NULL, NULL, NULL},
    {TEXT("by=\"\\\"\";for=\"\\\\\""), "\"\\\\\"", "\"\\\"\"", NULL, NULL},
    {TEXT("by=\"\xc3\xa9\\\t\""), NULL, "\"\xc3\xa9\\\t\"", NULL, NULL},
    {TEXT("form=1;fo=2;bye=3;hosts=4;proto2=5"), NULL, NULL, NULL, NULL},
    /* names of one hash */
    {TEXT("liquid=1;costarring=2;for=b"), "b", NULL, NULL, NULL},
};

static void
check_parameter(struct view value, const char *expected)
{
	if (expected == NULL) {
		ck_assert_ptr_null(value.data);
		ck_assert_uint_eq(value.length, 0);
	} else {
		ck_assert(view_equal(value, view_of(expected)));
	}
}

START_TEST(element_is_read)
{
	struct forwarded_element element = {.node = {"x", 1}};
	struct view text = valid_rows[_i].text;

	ck_assert_msg(
	    parse(text, &element), "%.*s", (int)text.length, text.data);
	check_parameter(element.node, valid_rows[_i].node);
	check_parameter(element.by, valid_rows[_i].by);
	check_parameter(element.host, valid_rows[_i].host);
	check_parameter(element.proto, valid_rows[_i].proto);
}
END_TEST

static const struct view invalid_rows[] = {TEXT("1.2.3.4"), TEXT("for"),
    TEXT("="), TEXT("for="), TEXT("=1.2.3.4"), TEXT("for=;by=1"),
    TEXT("for =1.2.3.4"), TEXT("for= 1.2.3.4"), TEXT("for = 1.2.3.4"),
    TEXT("for=1.2.3.4 by=1"), TEXT("for=1.2.3.4,"), TEXT(","),
    TEXT("for=1.2.3.4,for=1"), TEXT("for==1"), TEXT("for=a=b"),
    TEXT("for=\"1.2.3.4"), TEXT("for=1.2.3.4\""), TEXT("for=\""),
    TEXT("for=\"a\"b"), TEXT("for=\"a\"\"b\""), TEXT("\"for\"=a"),
    TEXT("for=a\\b"), TEXT("f\\or=a"), TEXT("for=\"a\\"), TEXT("for=\"a\\\""),
    TEXT("for=\"\\\xc3\xa9\""), TEXT("for=\"\\\n\""), TEXT("for=\"\n\""),
    TEXT("for=\"a\0b\""), TEXT("for=a\0"), TEXT("\0for=a"),
    TEXT("for=\xc3\xa9"), TEXT("f\xc3\xb6r=a"), TEXT("for=a/b"),
    TEXT("for=a@b"), TEXT("for=(a)"), TEXT("f[o]r=a"), TEXT("for:=a"),
    TEXT("for=a\r\n"), TEXT("for=a\v"), TEXT("for=a;for=b"),
    TEXT("for=a;FOR=b"), TEXT("for=a;by=c;for=a"), TEXT("x=1;y=2;X=3"),
    TEXT("secret=1;secret=1")};

START_TEST(invalid_element_leaves_it_as_it_was)
{
	struct forwarded_element element = {.node = {"x", 1}};
	struct view text = invalid_rows[_i];

	ck_assert_msg(!parse(text, &element), "row %d: %.*s", _i,
	    (int)text.length, text.data);
	ck_assert(view_equal(element.node, view_of("x")));
}
END_TEST

START_TEST(no_data_is_an_empty_element)
{
	struct view none = {NULL, 0};
	struct view found = {"x", 1};
	struct forwarded_element element;

	ck_assert(forwarded_element_parse(none, &element));
	ck_assert(forwarded_last(none, &found));
	ck_assert_uint_eq(found.length, 0);
}
END_TEST

static bool
byte_is_valid(const char *before, int byte, const char *behind)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%s*%s", before, behind);

	text[strlen(before)] = (char)byte;
	return parse((struct view){text, (size_t)length}, NULL);
}

/* Every byte at every kind of place, against the words of the RFCs. */
START_TEST(each_byte_has_its_place)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789"
				    "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (int byte = 0; byte < 256; byte++) {
		bool in_token = byte != 0 && strchr(token, byte) != NULL;
		bool in_node = byte == ':' || byte == '[' || byte == ']';
		bool blank = byte == ' ' || byte == '\t';
		bool escapable = byte == '\t' || (byte >= 0x20 && byte < 0x7f);
		bool quoted =
		    (escapable && byte != '"' && byte != '\\') || byte >= 0x80;

		EXPECT(byte_is_valid("", byte, "a=1") ==
			   (in_token || blank || byte == ';'),
		    "%d", byte);
		EXPECT(byte_is_valid("a", byte, "=1") == in_token, "%d", byte);
		EXPECT(byte_is_valid("a=", byte, "") == (in_token || in_node),
		    "%d", byte);
		EXPECT(byte_is_valid("a=\"", byte, "\"") == quoted, "%d", byte);
		EXPECT(byte_is_valid("a=\"\\", byte, "x\"") == escapable, "%d",
		    byte);
	}
}
END_TEST

/* pairs "a0=1", "a1=1", … with empty ones between them */
static size_t
write_pairs(char *text, size_t size, unsigned count)
{
	size_t length = 0;

	for (unsigned i = 0; i < count; i++)
		length += (size_t)snprintf(
		    text + length, size - length, "a%u=1; ;", i);
	return length;
}

START_TEST(at_most_64_pairs)
{
	char text[1024];

	ck_assert(
	    parse((struct view){text, write_pairs(text, 1024, 64)}, NULL));
	ck_assert(
	    !parse((struct view){text, write_pairs(text, 1024, 65)}, NULL));
	memset(text, ';', sizeof(text));
	ck_assert(parse((struct view){text, sizeof(text)}, NULL));
}
END_TEST

/* length: what is given; text: what is written of it. */
static const struct {
	struct view value;
	size_t size;
	size_t length;
	const char *text;
} unescape_rows[] = {
    {TEXT("abc"), 8, 3, "abc"},
    {TEXT("abc"), 3, 3, "abc"},
    {TEXT("abc"), 2, 3, "ab"},
    {TEXT("abc"), 0, 1, ""},
    {TEXT(""), 8, 0, ""},
    {TEXT(""), 0, 0, ""},
    {TEXT("\"\""), 8, 0, ""},
    {TEXT("\"\""), 0, 0, ""},
    {TEXT("\"a b\""), 8, 3, "a b"},
    {TEXT("\"1.2.3.\\4\""), 8, 7, "1.2.3.4"},
    {TEXT("\"1.2.3.\\4\""), 7, 7, "1.2.3.4"},
    {TEXT("\"1.2.3.\\4\""), 6, 7, "1.2.3."},
    {TEXT("\"\\\"\\\\\""), 8, 2, "\"\\"},
    {TEXT("\""), 8, 1, "\""},
    {TEXT("\"a\\\""), 8, 2, "a\\"},
};

START_TEST(value_is_unescaped)
{
	char *copy = exact_copy(unescape_rows[_i].value);
	struct view value = {copy, unescape_rows[_i].value.length};
	const char *text = unescape_rows[_i].text;
	char written[10];

	memset(written, 'z', sizeof(written));
	ck_assert_uint_eq(
	    forwarded_value_unescape(value, written, unescape_rows[_i].size),
	    unescape_rows[_i].length);
	ck_assert_mem_eq(written, text, strlen(text));
	for (size_t i = strlen(text); i < sizeof(written); i++)
		ck_assert_int_eq(written[i], 'z');
	free(copy);
}
END_TEST

static regex_t element_expression;

/* The grammar once more, as a regular expression. */
static void
compile_grammar(void)
{
#define NAME "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
#define BARE "[][!#$%&'*+.^_`|~0-9A-Za-z:-]+"
#define STRING "\"([]\t !#-[^-~\x80-\xff]|\\\\[\t -~])*\""
#define PAIR "(" NAME "=(" BARE "|" STRING ")[\t ]*)?"
	ck_assert_int_eq(
	    regcomp(&element_expression, "^[\t ]*" PAIR "(;[\t ]*" PAIR ")*$",
		REG_EXTENDED | REG_NOSUB),
	    0);
}

static void
free_grammar(void)
{
	regfree(&element_expression);
}

static bool
in_grammar(const char *text)
{
	return regexec(&element_expression, text, 0, NULL, 0) == 0;
}

/* Of a text that is in the grammar; the names are of letters. */
static bool
names_differ(const char *text)
{
	struct view names[32];
	size_t count = 0, start = 0;
	bool string = false;

	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] == '"')
			string = !string;
		else if (text[i] == '\\')
			i++;
		else if (!string && strchr("; \t", text[i]) != NULL)
			start = i + 1;
		else if (!string && text[i] == '=')
			names[count++] = (struct view){text + start, i - start};
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (view_equal_nocase(names[i], names[j]))
				return false;
	return true;
}

/* The shortest text behind a comma, by trying one after the other. */
static const char *
search_last(const char *line)
{
	for (size_t i = strlen(line) + 1; i-- > 0;)
		if ((i == 0 || line[i - 1] == ',') && in_grammar(line + i))
			return line + i;
	return NULL;
}

static void
compare_with_grammar(const char *text, const char *exact, size_t length)
{
	struct view line = {exact, length}, found;
	const char *expected = search_last(text);
	bool valid = expected == text && names_differ(text);

	EXPECT(forwarded_element_parse(line, NULL) == valid, "%s", text);
	EXPECT(forwarded_last(line, &found) == (expected != NULL), "%s", text);
	if (expected != NULL)
		EXPECT(found.data - exact == expected - text, "%s", text);
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
			compare_with_grammar(text, exact, length);
		} while (next_string(text, length, alphabet));
		free(exact);
	}
}

START_TEST(all_short_lines)
{
	compare_all("a=\"\\;, \x80\x01", 6);
	compare_all("a=\"\\,", 9);
}
END_TEST

/* Pairs, strings and rubbish, joined at random. */
START_TEST(random_lines)
{
	static const char *const parts[] = {"a=", "b=", "A=", "\"", "\"", "\\",
	    "\\\"", "\\\\", ",", ", ", ";", "; ", "x", "=", "\"\"", "\",\"",
	    "for=1", "a=\"b, c\"", "d=\"\\\"\"", "\x80", "\t", "(", "\\\x80",
	    "[::1]"};
	uint64_t state = 7239;

	for (size_t i = 0; i < rounds(200000); i++) {
		char text[128];
		size_t length = 0;
		char *exact;

		for (size_t n = 1 + random_below(&state, 12); n > 0; n--)
			length += (size_t)snprintf(text + length,
			    sizeof(text) - length, "%s",
			    parts[random_below(&state, COUNT(parts))]);
		exact = exact_copy((struct view){text, length});
		compare_with_grammar(text, exact, length);
		free(exact);
	}
}
END_TEST

/* x="…" of so many bytes, so many of them commas, behind before. */
static char *
long_element(const char *before, size_t length, size_t commas)
{
	size_t skip = strlen(before);
	char *text = malloc(skip + length + 1);

	ck_assert_ptr_nonnull(text);
	memcpy(text, before, skip);
	memset(text + skip, 'y', length);
	memcpy(text + skip, "x=\"", 3);
	memset(text + skip + 3, ',', commas);
	text[skip + length - 1] = '"';
	text[skip + length] = '\0';
	return text;
}

static const struct {
	const char *before;
	size_t length;
	size_t commas;
	bool found;
} bound_rows[] = {
    {"", 4096, 0, true},
    {"", 4097, 0, false},
    {"", 65536, 0, false},
    {"for=a,", 4096, 0, true},
    {"for=a,", 4097, 0, false},
    {"for=a,", 4096, 32, true},
    {"", 4096, 32, true},
    {"", 100, 32, true},
    {"", 100, 33, false},
    {"for=a,", 100, 32, true},
    {"for=a,", 100, 33, false},
    {"for=a,", 4000, 3900, false},
};

START_TEST(search_is_bounded)
{
	char *text = long_element(bound_rows[_i].before, bound_rows[_i].length,
	    bound_rows[_i].commas);
	struct view line = view_of(text), found = {NULL, 0};

	ck_assert_int_eq(forwarded_last(line, &found), bound_rows[_i].found);
	ck_assert_uint_eq(
	    found.length, bound_rows[_i].found ? bound_rows[_i].length : 0);
	free(text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("forwarded");
	TCase *tables = tcase_create("tables");
	TCase *searches = tcase_create("searches");

	tcase_add_loop_test(tables, element_is_read, 0, COUNT(valid_rows));
	tcase_add_loop_test(tables, invalid_element_leaves_it_as_it_was, 0,
	    COUNT(invalid_rows));
	tcase_add_loop_test(
	    tables, value_is_unescaped, 0, COUNT(unescape_rows));
	tcase_add_loop_test(tables, search_is_bounded, 0, COUNT(bound_rows));
	tcase_add_test(tables, no_data_is_an_empty_element);
	tcase_add_test(tables, each_byte_has_its_place);
	tcase_add_test(tables, at_most_64_pairs);
	suite_add_tcase(suite, tables);

	tcase_set_timeout(searches, 600);
	tcase_add_unchecked_fixture(searches, compile_grammar, free_grammar);
	tcase_add_test(searches, all_short_lines);
	tcase_add_test(searches, random_lines);
	suite_add_tcase(suite, searches);
	return run_tests(suite);
}
