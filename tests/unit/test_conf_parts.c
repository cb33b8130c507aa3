/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/arena.h"
#include "conf/lists/coverage.h"
#include "conf/load/definitions.h"
#include "conf/load/likely.h"
#include "conf/load/overlap.h"
#include "conf/load/text.h"
#include "conf/load/utf8.h"
#include "tests/unit/conf_tools.h"

/* ---- likely ---- */

static const struct {
	const char *text;
	const char *words[4];
	const char *found; /* NULL: none is near */
} likely_rows[] = {
    {"threds", {"listen", "threads"}, "threads"},
    {"treads", {"threads"}, "threads"},
    {"thraeds", {"threads"}, "threads"},
    {"Threads", {"threads"}, "threads"},
    {"frame_size", {"frame-size"}, "frame-size"},
    {"frameSize", {"frame-size"}, "frame-size"},
    {"untrustedpear", {"untrusted-peer"}, "untrusted-peer"},
    {"ofice", {"offices", "office"}, "office"},
    {"ab", {"ba", "ac"}, "ba"},
    {"a", {"b"}, NULL},
    {"ab", {"xy"}, NULL},
    {"abc", {"axc"}, "axc"},
    {"abc", {"axy"}, NULL},
    {"warn", {"error", "warning"}, "warning"},
    {"wa", {"warning"}, NULL},
    {"kitten", {"sitting"}, NULL},
    {"abcdefghi", {"abcdefxyz"}, "abcdefxyz"},
    {"abcdefghi", {"abcdewxyz"}, NULL},
    {"", {"a"}, NULL},
    {"colour", {"level", "format", "decisions"}, NULL},
};

START_TEST(likely_word)
{
	unsigned budget = 10;
	struct likely likely;
	char hint[LIKELY_HINT_SIZE], expected[LIKELY_HINT_SIZE] = "";

	likely_begin(&likely, likely_rows[_i].text, &budget);
	for (size_t i = 0; i < 4 && likely_rows[_i].words[i] != NULL; i++)
		likely_offer(&likely, likely_rows[_i].words[i]);
	if (likely_rows[_i].found != NULL)
		snprintf(expected, sizeof(expected), "; did you mean '%s'?",
		    likely_rows[_i].found);
	ck_assert_str_eq(likely_hint(&likely, hint), expected);
}
END_TEST

START_TEST(likely_keeps_its_budget)
{
	unsigned budget = 1;
	struct likely likely;

	likely_begin(&likely, "office", &budget);
	likely_offer(&likely, "nothing");
	ck_assert_uint_eq(budget, 0);
	likely_offer(&likely, "offices");
	ck_assert_ptr_null(likely.word);
	/* What is too long is not compared at all. */
	budget = 1;
	likely_offer(&likely, "012345678901234567890123456789012345678901234567"
			      "89012345678901234");
	ck_assert_uint_eq(budget, 1);
}
END_TEST

/* ---- utf8 ---- */

static const struct {
	struct view text;
	size_t bytes; /* 0: not UTF-8 */
	uint32_t code;
} utf8_rows[] = {
    {TEXT("a"), 1, 'a'},
    {TEXT("\0"), 1, 0},
    {TEXT("\x7f"), 1, 0x7f},
    {TEXT("\xc2\x80"), 2, 0x80},
    {TEXT("\xdf\xbf"), 2, 0x7ff},
    {TEXT("\xe0\xa0\x80"), 3, 0x800},
    {TEXT("\xed\x9f\xbf"), 3, 0xd7ff},
    {TEXT("\xee\x80\x80"), 3, 0xe000},
    {TEXT("\xef\xbf\xbf"), 3, 0xffff},
    {TEXT("\xf0\x90\x80\x80"), 4, 0x10000},
    {TEXT("\xf4\x8f\xbf\xbf"), 4, 0x10ffff},
    {TEXT(""), 0, 0},
    {TEXT("\x80"), 0, 0},
    {TEXT("\xbf"), 0, 0},
    {TEXT("\xc0\x80"), 0, 0},
    {TEXT("\xc1\xbf"), 0, 0},
    {TEXT("\xc2"), 0, 0},
    {TEXT("\xc2 "), 0, 0},
    {TEXT("\xe0\x9f\xbf"), 0, 0},
    {TEXT("\xe0\xa0"), 0, 0},
    {TEXT("\xed\xa0\x80"), 0, 0},
    {TEXT("\xed\xbf\xbf"), 0, 0},
    {TEXT("\xf0\x8f\xbf\xbf"), 0, 0},
    {TEXT("\xf0\x90\x80"), 0, 0},
    {TEXT("\xf4\x90\x80\x80"), 0, 0},
    {TEXT("\xf5\x80\x80\x80"), 0, 0},
    {TEXT("\xff"), 0, 0},
};

START_TEST(utf8_characters)
{
	struct view text = utf8_rows[_i].text;
	char *copy = exact_copy(text);
	uint32_t code = 0;

	ck_assert_uint_eq(
	    utf8_decode(copy, text.length, &code), utf8_rows[_i].bytes);
	ck_assert_uint_eq(code, utf8_rows[_i].code);
	free(copy);
}
END_TEST

START_TEST(utf8_places)
{
	struct utf8_fault fault;
	struct view text = VIEW("é\r\nü\rx\n\tö\xff");

	ck_assert(!utf8_check(text.data, text.length, &fault));
	ck_assert_uint_eq(fault.line, 4);
	ck_assert_uint_eq(fault.column, 3);
	ck_assert(fault.invalid);
	ck_assert(utf8_check(text.data, text.length - 1, &fault));
	ck_assert(!utf8_one_line(text.data, text.length - 1));
	ck_assert(utf8_one_line("é ü", 5));
	ck_assert(!utf8_one_line("a\tb", 3));
	ck_assert_uint_eq(utf8_offset(text.data, text.length, 0), 0);
	ck_assert_uint_eq(utf8_offset(text.data, text.length, 1), 2);
	ck_assert_uint_eq(utf8_offset(text.data, text.length, 4), 6);
	ck_assert_uint_eq(utf8_offset(text.data, text.length, 99), text.length);
}
END_TEST

/* ---- coverage ---- */

/* So many prefixes; what half they are more than, each by itself and all. */
static const struct {
	const char *prefixes[6];
	const char *summed;
	const char *measured;
} coverage_rows[] = {
    {{NULL}, NULL, NULL},
    {{"0.0.0.0/1"}, NULL, NULL},
    {{"0.0.0.0/1", "128.0.0.0"}, "IPv4", "IPv4"},
    {{"0.0.0.0/1", "128.0.0.0/1"}, "IPv4", "IPv4"},
    {{"0.0.0.0/1", "0.0.0.0/1"}, "IPv4", NULL},
    {{"0.0.0.0/1", "1.0.0.0/8", "127.255.255.255"}, "IPv4", NULL},
    {{"127.255.255.255", "1.0.0.0/8", "0.0.0.0/1", "255.0.0.0/8"}, "IPv4",
	"IPv4"},
    {{"2000::/4"}, NULL, NULL},
    {{"2000::/4", "3000::"}, "IPv6", "IPv6"},
    {{"2000::/3"}, "IPv6", "IPv6"},
    {{"::/1"}, "IPv6", "IPv6"},
    {{"::/2"}, "IPv6", "IPv6"},
    {{"8000::/1", "4000::/2", "::/3"}, NULL, NULL},
    {{"2000::/4", "2001:db8::/32"}, "IPv6", NULL},
    {{"::/1", "::/2", "2000::/3", "2000::/4"}, "IPv6", "IPv6"},
    {{"0.0.0.0/1", "2000::/4"}, NULL, NULL},
};

START_TEST(more_than_half)
{
	struct prefixes_builder builder = {.ipv4 = NULL};
	struct prefixes *all;
	struct prefix prefixes[6];
	struct coverage coverage = {.ipv4 = {0, 0}};
	struct coverage twice = {.ipv4 = {0, 0}};
	size_t count = 0;
	const char *half;

	for (; coverage_rows[_i].prefixes[count] != NULL; count++)
		ck_assert_int_eq(
		    prefix_parse(view_of(coverage_rows[_i].prefixes[count]),
			&prefixes[count]),
		    PREFIX_OK);
	coverage_add(&coverage, prefixes, count);
	half = coverage_half(&coverage);
	ck_assert_pstr_eq(half, coverage_rows[_i].summed);
	/* Adding never wraps around. */
	twice = coverage;
	for (int i = 0; i < 100; i++)
		coverage_merge(&twice, &twice);
	if (half != NULL)
		ck_assert_ptr_nonnull(coverage_half(&twice));
	for (size_t i = 0; i < count; i++)
		prefixes_add(&builder, &prefixes[i]);
	all = prefixes_finish(&builder);
	ck_assert_ptr_nonnull(all);
	coverage = coverage_of(all);
	ck_assert_pstr_eq(coverage_half(&coverage), coverage_rows[_i].measured);
	prefixes_unref(all);
}
END_TEST

/* ---- definitions ---- */

START_TEST(definitions_first_stands)
{
	struct definition entries[] = {{"b", {"x", 1, 1}, 0},
	    {"a", {"x", 2, 1}, 1}, {"b", {"y", 3, 4}, 2}, {"c", {"y", 4, 1}, 3},
	    {"b", {"z", 5, 1}, 4}};
	struct definitions definitions = {entries, 5};
	struct report report;

	report_init(&report);
	definitions_settle(&definitions, "the list", &report);
	ck_assert_uint_eq(definitions.count, 3);
	ck_assert_uint_eq(definitions_find(&definitions, "a")->index, 1);
	ck_assert_uint_eq(definitions_find(&definitions, "b")->index, 0);
	ck_assert_uint_eq(definitions_find(&definitions, "c")->index, 3);
	ck_assert_ptr_null(definitions_find(&definitions, "d"));
	ck_assert_ptr_null(definitions_find(&definitions, ""));
	expect_report(&report,
	    "y:3:4: error: the list 'b' is defined already, at x:1:1\n"
	    "z:5:1: error: the list 'b' is defined already, at x:1:1\n");
}
END_TEST

START_TEST(definitions_none)
{
	struct definitions definitions = {NULL, 0};
	struct report report;

	report_init(&report);
	definitions_settle(&definitions, "the list", &report);
	ck_assert_ptr_null(definitions_find(&definitions, "a"));
	expect_report(&report, "");
}
END_TEST

/* ---- overlaps ---- */

static const struct {
	const char *prefixes[6];
	const char *report;
} overlap_rows[] = {
    {{NULL}, ""},
    {{"192.0.2.1"}, ""},
    {{"192.0.2.1", "192.0.2.2", "::1", "::2"}, ""},
    {{"192.0.2.1", "192.0.2.1"},
	"t:1:2: warning: 192.0.2.1 is written twice; first at 1:1\n"},
    {{"192.0.2.1", "192.0.2.0/24", "192.0.2.0/25", "192.0.3.0/24"},
	"t:1:1: warning: 192.0.2.1 is part of 192.0.2.0/24 at 1:2\n"
	"t:1:3: warning: 192.0.2.0/25 is part of 192.0.2.0/24 at 1:2\n"},
    {{"128.0.0.0/1", "8000::/1", "0.0.0.0/1", "::/1"}, ""},
    {{"::/1", "::1", "7fff::/16", "8000::", "1.2.3.4"},
	"t:1:2: warning: ::1 is part of ::/1 at 1:1\n"
	"t:1:3: warning: 7fff::/16 is part of ::/1 at 1:1\n"},
};

START_TEST(overlaps)
{
	struct overlap_entry entries[6];
	struct report report;
	size_t count = 0;

	for (; overlap_rows[_i].prefixes[count] != NULL; count++) {
		entries[count].place =
		    (struct place){"t", 1, (unsigned)count + 1};
		ck_assert_int_eq(
		    prefix_parse(view_of(overlap_rows[_i].prefixes[count]),
			&entries[count].prefix),
		    PREFIX_OK);
	}
	report_init(&report);
	overlap_check_entries(entries, count, &report);
	expect_report(&report, overlap_rows[_i].report);
}
END_TEST

/* ---- text ---- */

START_TEST(plain_numbers)
{
	static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "01",
	    "00", "0x1", "1.0", "1e3", "101", "18446744073709551616",
	    "99999999999999999999", "１"};
	uint64_t number;

	ck_assert(text_number("0", 1, 100, &number) && number == 0);
	ck_assert(text_number("100", 3, 100, &number) && number == 100);
	ck_assert(text_number("1999", 1, 100, &number) && number == 1);
	for (int i = 0; i < COUNT(bad); i++)
		ck_assert_msg(
		    !text_number(bad[i], strlen(bad[i]), 100, &number), "%s",
		    bad[i]);
}
END_TEST

START_TEST(names_and_tokens)
{
	char name[130];

	memset(name, 'x', sizeof(name));
	name[128] = '\0';
	ck_assert(!text_is_token(name) && !text_is_name(name));
	name[127] = '\0';
	ck_assert(text_is_token(name) && !text_is_name(name));
	name[64] = '\0';
	ck_assert(!text_is_name(name));
	name[63] = '\0';
	ck_assert(text_is_name(name));
	ck_assert(text_is_name("a-_0"));
	ck_assert(!text_is_name("") && !text_is_name("A"));
	ck_assert(!text_is_name("a.b") && !text_is_name("ä"));
	ck_assert(text_is_token("X-A!#$%&'*+.^_`|~9"));
	ck_assert(!text_is_token("") && !text_is_token("a b"));
	ck_assert(!text_is_token("a:") && !text_is_token("é"));
}
END_TEST

START_TEST(paths)
{
	static const struct {
		const char *file;
		const char *path;
		const char *result;
	} rows[] = {
	    {"a.yaml", "b.txt", "b.txt"},
	    {"conf/a.yaml", "b.txt", "conf/b.txt"},
	    {"/etc/x/a.yaml", "../b.txt", "/etc/x/../b.txt"},
	    {"/etc/x/a.yaml", "/b.txt", "/b.txt"},
	    {NULL, "b.txt", "b.txt"},
	};
	struct arena arena;

	arena_init(&arena);
	for (int i = 0; i < COUNT(rows); i++)
		ck_assert_str_eq(text_path(&arena, rows[i].file, rows[i].path),
		    rows[i].result);
	ck_assert_str_eq(text_lower(&arena, "X-Äb_C"), "x-Äb_c");
	arena_fini(&arena);
}
END_TEST

/* ---- arena ---- */

START_TEST(arena_gives_zeroes)
{
	struct arena arena;
	void *taken = malloc(10);

	arena_init(&arena);
	for (size_t size = 0; size < 100000; size = size * 3 / 2 + 1) {
		unsigned char *memory = arena_alloc(&arena, 1, size);

		ck_assert_ptr_nonnull(memory);
		ck_assert_uint_eq((uintptr_t)memory % 16, 0);
		for (size_t i = 0; i < size; i++)
			ck_assert(memory[i] == 0);
		memset(memory, 0xff, size);
	}
	ck_assert_ptr_nonnull(arena_adopt(&arena, &taken));
	ck_assert_ptr_null(taken);
	ck_assert(!arena.failed);
	ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX / 2, 3));
	ck_assert(arena.failed);
	arena_fini(&arena);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conf_parts");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, likely_word, 0, COUNT(likely_rows));
	tcase_add_test(all, likely_keeps_its_budget);
	tcase_add_loop_test(all, utf8_characters, 0, COUNT(utf8_rows));
	tcase_add_test(all, utf8_places);
	tcase_add_loop_test(all, more_than_half, 0, COUNT(coverage_rows));
	tcase_add_test(all, definitions_first_stands);
	tcase_add_test(all, definitions_none);
	tcase_add_loop_test(all, overlaps, 0, COUNT(overlap_rows));
	tcase_add_test(all, plain_numbers);
	tcase_add_test(all, names_and_tokens);
	tcase_add_test(all, paths);
	tcase_add_test(all, arena_gives_zeroes);
	suite_add_tcase(suite, all);
	return run_tests(suite);
}
