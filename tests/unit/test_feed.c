/* SPDX-License-Identifier: Apache-2.0 */

#include <unistd.h>

#include "conf/lists/path.h"
#include "conf/lists/read.h"
#include "tests/unit/conf_tools.h"

/* What a reading gave: the prefixes, each with a blank behind it. */
static char *
contents_text(const struct prefixes *list)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(stream);
	for (size_t i = 0; list != NULL && i < prefixes_count(list); i++) {
		struct prefix prefix = prefixes_at(list, i);
		char one[PREFIX_TEXT_SIZE];

		fprintf(stream, "%s ", prefix_text(&prefix, one));
	}
	ck_assert_int_eq(fclose(stream), 0);
	return text;
}

/* prefixes: NULL when it is refused. */
static void
expect(const struct list_settings *list, struct view text, const char *prefixes,
    const char *said)
{
	char *copy = exact_copy(text);
	struct list_reading reading;
	struct report report;
	char *found;
	bool good;

	report_init(&report);
	good = list_read_text(
	    list, (struct view){copy, text.length}, "t", &report, &reading);
	expect_report(&report, said);
	ck_assert(good == (prefixes != NULL));
	found = contents_text(reading.content);
	ck_assert_str_eq(found, good ? prefixes : "");
	free(found);
	free(copy);
	prefixes_unref(reading.content);
}

/* ---- JSON: where its values stand ---- */

static const struct {
	const char *json;
	const char *report;
} place_rows[] = {
    {"[\"x\",\n \"\\u0078\\/y\"]",
	"t:1:2: error: 'x': not an IPv4 or IPv6 address\n"
	"t:2:2: error: 'x/y': not an IPv4 or IPv6 address\n"},
    /* The second time it is the second place. */
    {"[\"x\",\n\"x\"]", "t:1:2: error: 'x': not an IPv4 or IPv6 address\n"
			"t:2:1: error: 'x': not an IPv4 or IPv6 address\n"},
    {"[\"\\\"\", \"a\\\\\",\n\"\\b\\f\\n\\r\\t\"]",
	"t:1:2: error: '\"': not an IPv4 or IPv6 address\n"
	"t:1:8: error: 'a\\': not an IPv4 or IPv6 address\n"
	"t:2:1: error: '\?\?\?\?\?': not an IPv4 or IPv6 address\n"},
    {"[\n\"\\u00e4\\u20AC\\ud83d\\ude00\", \"\xc3\xa4\"]",
	"t:2:1: error: '\?\?\?\?\?\?\?\?\?': not an IPv4 or IPv6 address\n"
	"t:2:29: error: '\?\?': not an IPv4 or IPv6 address\n"},
    {"[\"192.0.2.1\",\n{\"a\":1}, 2, true]",
	"t:2:1: error: '[]': what is there is no text\n"
	"t:2:10: error: '[]': what is there is no text\n"
	"t:2:13: error: '[]': what is there is no text\n"},
    {"[\n{\"a\": 1}, 1.5, \"1.5\", 1]",
	"t: error: '[]': what is there is no text\n"
	"t:2:11: error: '[]': what is there is no text\n"
	"t:2:16: error: '1.5': not an IPv4 or IPv6 address\n"
	"t:2:23: error: '[]': what is there is no text\n"},
};

START_TEST(json_has_places)
{
	struct list_settings list = {
	    .source = LIST_FILE, .format = LIST_JSON, .path = "[]"};

	expect(
	    &list, view_of(place_rows[_i].json), NULL, place_rows[_i].report);
}
END_TEST

/* ---- JSON: filters ---- */

static const struct {
	const char *key;
	const char *value;
	const char *prefixes;
} filter_rows[] = {
    {"kind", "x", "192.0.2.1 192.0.2.9 "},
    {"kind", "y", "192.0.2.2 192.0.2.9 "},
    {"number", "5", "192.0.2.1 "},
    {"number", "6", "192.0.2.2 "},
    {"flag", "true", "192.0.2.1 "},
    {"flag", "false", "192.0.2.2 192.0.2.3 "},
    {"outer", "o", "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.9 "},
    {"number", "05", NULL},
    {"real", "1.5", NULL},
    {"none", "null", NULL},
    {"object", "", NULL},
    {"missing", "x", NULL},
    {"outer", "other", NULL},
};

static const char filtered[] =
    "{\"outer\": \"o\", \"flag\": false, \"list\": [\n"
    "{\"ip\": \"192.0.2.1\", \"kind\": \"x\", \"number\": 5, \"flag\": true},\n"
    "{\"ip\": \"192.0.2.2\", \"kind\": \"y\", \"number\": 6, \"real\": 1.5},\n"
    "{\"ip\": \"192.0.2.3\", \"kind\": [], \"none\": null, \"object\": {}},\n"
    "{\"ip\": \"192.0.2.9\", \"kind\": [1, \"y\", \"x\"], \"flag\": null}\n"
    "]}\n";

START_TEST(filters_are_applied)
{
	struct list_filter filter = {
	    filter_rows[_i].key, filter_rows[_i].value};
	struct list_settings list = {.source = LIST_FILE,
	    .format = LIST_JSON,
	    .path = "list[].ip",
	    .filters = &filter,
	    .filter_count = 1};

	expect(&list, view_of(filtered), filter_rows[_i].prefixes,
	    filter_rows[_i].prefixes != NULL
		? ""
		: "t: error: none of 4 entries has the path and passes the "
		  "filter\n");
}
END_TEST

/* ---- CSV ---- */

static const struct {
	unsigned column;
	struct view text;
	const char *prefixes;
	const char *said;
} csv_rows[] = {
    {1, TEXT(""), "", ""},
    {1, TEXT("\n \r\n# a \"comment\n  # another, \"\n"), "", ""},
    {1, TEXT("192.0.2.1"), "192.0.2.1 ", ""},
    {1, TEXT("192.0.2.1,a\r\n 192.0.2.2 ,b\n\"192.0.2.3\"\n"),
	"192.0.2.1 192.0.2.2 192.0.2.3 ", ""},
    {1, TEXT("network,x\n192.0.2.1\n"), "192.0.2.1 ", ""},
    {1, TEXT("\"ip range\"\n192.0.2.0-192.0.2.3\n"), "192.0.2.0/30 ", ""},
    {1, TEXT("\n192.0.2.1\nnetwork\n"), NULL,
	"t:3:1: error: 'network': not an IPv4 or IPv6 address\n"},
    {1, TEXT("ip4\n"), NULL,
	"t:1:1: error: 'ip4': not an IPv4 or IPv6 address\n"},
    {1, TEXT(",x\n"), NULL, "t:1:1: error: '': not an IPv4 or IPv6 address\n"},
    {2, TEXT("a,\"1b,\n\"\"c\"\n d ,\"192.0.2.1\",e\n"), NULL,
	"t:1:4: error: '1b,?\"\"c': not an IPv4 or IPv6 address\n"},
    {3, TEXT("a,\"b,\nb\",192.0.2.1\nc,d,x\n"), NULL,
	"t:3:5: error: 'x': not an IPv4 or IPv6 address\n"},
    {3, TEXT("a,b\n"), NULL,
	"t:1:1: error: 'a,b': the row has no such column\n"},
    {2, TEXT("a,\"192.0.2.1\n"), NULL,
	"t:1:1: error: 'a,\"192.0.2.1?': a quote is not closed\n"},
    {2, TEXT("\"a\"b\",192.0.2.1\nc\"d,192.0.2.2\n"), "192.0.2.1 192.0.2.2 ",
	""},
    {1, TEXT("192.0.2.1,\"\"\"\",x\n192.0.2.2,\"\" \n"), "192.0.2.1 192.0.2.2 ",
	""},
};

START_TEST(csv_is_read)
{
	struct list_settings list = {.source = LIST_FILE,
	    .format = LIST_CSV,
	    .column = csv_rows[_i].column,
	    .used_as_trust = true};

	expect(
	    &list, csv_rows[_i].text, csv_rows[_i].prefixes, csv_rows[_i].said);
}
END_TEST

/* ---- across the pieces in which a file is read ---- */

/* Rows of each format, of which a number makes the length vary. */
static const struct {
	enum list_format format;
	unsigned column;
	const char *path;
	const char *before;
	const char *between;
	const char *behind;
} piece_rows[] = {
    {LIST_CSV, 2, NULL, "\"n, \n", "\",", "\n"},
    {LIST_CSV, 2, NULL, "", ",\"", "\", # \"\"\r\n"},
    {LIST_NDJSON, 1, "a.b", "{\"n\":1", ", \"a\": {\"b\": \"", "\"}}\n"},
    {LIST_LINES, 1, NULL, "# ", "\n", " ; %\n"},
};

START_TEST(pieces_make_no_difference)
{
	struct list_settings list = {.source = LIST_FILE,
	    .format = piece_rows[_i].format,
	    .column = piece_rows[_i].column,
	    .path = piece_rows[_i].path};
	char path[] = "/tmp/test_feed.XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	struct list_reading reading;
	struct report report;

	ck_assert_ptr_nonnull(file);
	for (unsigned i = 0; i < 1U << 16; i++)
		fprintf(file, "%s%u%s10.%u.%u.0/24%s", piece_rows[_i].before,
		    i * i, piece_rows[_i].between, i >> 8, i & 255,
		    piece_rows[_i].behind);
	ck_assert_int_eq(fclose(file), 0);
	list.file = path;
	report_init(&report);
	ck_assert(list_read(&list, &report, &reading));
	expect_report(&report, "");
	ck_assert_uint_eq(reading.lines, 1U << 16);
	ck_assert_uint_eq(prefixes_count(reading.content), 1U << 16);
	prefixes_unref(reading.content);
	unlink(path);
}
END_TEST

START_TEST(a_quote_that_never_ends)
{
	struct list_settings list = {
	    .source = LIST_FILE, .format = LIST_CSV, .column = 1};
	char path[] = "/tmp/test_feed.XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	struct list_reading reading;
	struct report report;
	char expected[128];

	ck_assert_ptr_nonnull(file);
	fputs("192.0.2.1\n\"192.0.2.2\n", file);
	for (unsigned i = 0; i < LIST_LINE_MAX / 8; i++)
		fputs("10.0.0.1\n", file);
	ck_assert_int_eq(fclose(file), 0);
	list.file = path;
	report_init(&report);
	ck_assert(!list_read(&list, &report, &reading));
	snprintf(expected, sizeof(expected),
	    "%s:2:1: error: a line is longer than 256 KiB\n", path);
	expect_report(&report, expected);
	unlink(path);
}
END_TEST

/* ---- paths ---- */

START_TEST(paths_are_taken_apart)
{
	struct paths paths;

	ck_assert_ptr_null(
	    paths_parse("a[].b[][] , [].c, [], d e.f-g[]", &paths));
	ck_assert_uint_eq(paths.count, 4);
	ck_assert_uint_eq(paths.list[0].count, 2);
	ck_assert(view_equal(paths.list[0].text, VIEW("a[].b[][]")));
	ck_assert(view_equal(paths.list[0].steps[0].key, VIEW("a")));
	ck_assert_uint_eq(paths.list[0].steps[0].arrays, 1);
	ck_assert(view_equal(paths.list[0].steps[1].key, VIEW("b")));
	ck_assert_uint_eq(paths.list[0].steps[1].arrays, 2);
	ck_assert_uint_eq(paths.list[1].steps[0].key.length, 0);
	ck_assert_uint_eq(paths.list[1].steps[0].arrays, 1);
	ck_assert(view_equal(paths.list[1].steps[1].key, VIEW("c")));
	ck_assert_uint_eq(paths.list[2].count, 1);
	ck_assert(view_equal(paths.list[3].steps[0].key, VIEW("d e")));
	ck_assert(view_equal(paths.list[3].steps[1].key, VIEW("f-g")));
	ck_assert_str_eq(paths_parse("", &paths), "a key is missing");
	ck_assert_str_eq(paths_parse("a.[]", &paths), "a key is missing");
	ck_assert_str_eq(paths_parse(".a", &paths), "a key is missing");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("feed");
	TCase *all = tcase_create("all");

	tcase_set_timeout(all, 30);
	tcase_add_loop_test(all, json_has_places, 0, COUNT(place_rows));
	tcase_add_loop_test(all, filters_are_applied, 0, COUNT(filter_rows));
	tcase_add_loop_test(all, csv_is_read, 0, COUNT(csv_rows));
	tcase_add_loop_test(
	    all, pieces_make_no_difference, 0, COUNT(piece_rows));
	tcase_add_test(all, a_quote_that_never_ends);
	tcase_add_test(all, paths_are_taken_apart);
	suite_add_tcase(suite, all);
	return run_tests(suite);
}
