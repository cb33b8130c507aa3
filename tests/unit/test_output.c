/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/console/output.h"
#include "agent/console/talk.h"
#include "tests/unit/policy_rows.h"

/* Answers on their way: text, tables, values; and how truesrcctl reads them. */

static struct output output;

static void
teardown(void)
{
	output_fini(&output);
}

static void
expect(const char *text)
{
	ck_assert_uint_eq(output_left(&output), strlen(text));
	ck_assert_msg(memcmp(output.data + output.at, text, strlen(text)) == 0,
	    "%.*s", (int)output_left(&output), output.data + output.at);
}

START_TEST(grows)
{
	char text[3001];

	memset(text, 'x', 3000);
	text[3000] = '\0';
	output_text(&output, "a");
	output_print(&output, "%d%s", 7, "b");
	output_add(&output, "", 0);
	expect("a7b");
	output_print(&output, "%s", text);
	ck_assert_uint_eq(output_left(&output), 3003);
	output_advance(&output, 2);
	ck_assert_int_eq(output.data[output.at], 'b');
	output_advance(&output, 3001);
	ck_assert_ptr_null(output.data);
	output_text(&output, "again");
	expect("again");
}
END_TEST

START_TEST(starved)
{
	output_json(&output, NULL);
	ck_assert(output.starved);
	output_text(&output, "more");
	output_print(&output, "%s", "more");
	ck_assert_uint_eq(output_left(&output), 0);
}
END_TEST

START_TEST(json_in_one_line)
{
	output_json(&output,
	    json_pack("{s:s,s:o}", "a", "x\n\"", "b", json_or_null("")));
	expect("{\"a\":\"x\\n\\\"\",\"b\":null}");
}
END_TEST

START_TEST(tables)
{
	struct table table = {0};
	size_t from;

	output_text(&output, "before\n");
	from = output.length;
	output_text(&output, "# name\tentries\terror\n"
			     "a\t1\t\n"
			     "gr\xc3\xbc"
			     "n-list\t1000000\tit is bad\n"
			     "only\n");
	table_align(&table, &output, from);
	expect("before\n"
	       "# name     entries  error\n"
	       "a          1\n"
	       "gr\xc3\xbc"
	       "n-list  1000000  it is bad\n"
	       "only\n");
	/* The next part is as wide. */
	output_advance(&output, output_left(&output));
	output_text(&output, "b\t2\tx\n");
	table_align(&table, &output, 0);
	expect("b          2        x\n");
	table_align(&table, &output, output.length);
	expect("b          2        x\n");
}
END_TEST

START_TEST(times)
{
	static const struct {
		uint64_t age;
		const char *text;
	} ages[] = {
	    {0, "0s"},
	    {999, "0s"},
	    {59000, "59s"},
	    {60000, "1m"},
	    {61000, "1m1s"},
	    {3600000, "1h"},
	    {3661000, "1h1m"},
	    {86400000, "1d"},
	    {90000000, "1d1h"},
	    {86400000ull * 400 + 59000, "400d"},
	};
	char text[TIME_TEXT_SIZE];

	for (int i = 0; i < ROWS(ages); i++)
		ck_assert_str_eq(format_age(ages[i].age, text), ages[i].text);
	ck_assert_str_eq(format_time(0, text), "1970-01-01T00:00:00Z");
	ck_assert_str_eq(
	    format_time(1795208400999, text), "2026-11-20T21:00:00Z");
	ck_assert_str_eq(format_age(UINT64_MAX, text), "213503982334d14h");
}
END_TEST

START_TEST(clean_text)
{
	char good[] = "gr\xc3\xbcn";
	char line[] = "two\nlines";
	char bad[] = "a\xff\xc3";

	ck_assert_str_eq(text_clean(good), "gr\xc3\xbcn");
	ck_assert_str_eq(text_clean(line), "two?lines");
	ck_assert_str_eq(text_clean(bad), "a??");
}
END_TEST

/* ---- the other side ---- */

static const struct {
	const char *text;
	unsigned ended;
	bool inside;
	bool refused;
} readings[] = {
    {"", 0, false, false},
    {"\n", 1, false, false},
    {"a\nb\n\n", 1, false, false},
    {"a\nb\n", 0, true, false},
    {"error: x\n\n", 1, false, true},
    {"error: x\n", 0, true, false},
    {"errors: 3\n\n", 1, false, false},
    {"{\"error\":\"x\"}\n\n", 1, false, true},
    {"{\"ok\":true,\"error\":1}\n\n", 1, false, false},
    {"Unknown command\n\n", 1, false, true},
    {"a\nerror: x\n\n", 1, false, false},
    {"a\n\nerror: x\n\nb\n\n", 3, false, true},
};

START_TEST(reads_answers)
{
	struct answers answers;
	unsigned ended = 0;

	answers_init(&answers);
	for (const char *at = readings[_i].text; *at != '\0'; at++)
		ended += answers_take(&answers, *at);
	ck_assert_msg(ended == readings[_i].ended &&
			  answers.inside == readings[_i].inside &&
			  answers.refused == readings[_i].refused,
	    "%s", readings[_i].text);
}
END_TEST

START_TEST(writes_lines)
{
	static const struct {
		const char *words[5];
		const char *line; /* NULL: refused */
	} rows[] = {
	    {{"show info"}, "show info\n"},
	    {{"show info; help"}, "show info; help\n"},
	    {{"show", "info"}, "show info\n"},
	    {{"because", "a b", "c;d", "e\"f"},
		"because \"a b\" \"c;d\" \"e\\\"f\"\n"},
	    {{"a", "", "b\\"}, "a \"\" \"b\\\\\"\n"},
	    {{"a\nb"}, NULL},
	    {{"a", "b\n"}, NULL},
	};

	for (int i = 0; i < ROWS(rows); i++) {
		char *words[5];
		size_t count = 0;
		char *line;

		for (; rows[i].words[count] != NULL; count++)
			words[count] = (char *)(uintptr_t)rows[i].words[count];
		line = talk_line(words, count);
		if (rows[i].line == NULL)
			ck_assert_ptr_null(line);
		else
			ck_assert_str_eq(line, rows[i].line);
		free(line);
	}
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_checked_fixture(cases, NULL, teardown);
	tcase_add_test(cases, grows);
	tcase_add_test(cases, starved);
	tcase_add_test(cases, json_in_one_line);
	tcase_add_test(cases, tables);
	tcase_add_test(cases, times);
	tcase_add_test(cases, clean_text);
	tcase_add_loop_test(cases, reads_answers, 0, ROWS(readings));
	tcase_add_test(cases, writes_lines);
}

int
main(void)
{
	return tests_run("output", add_tests);
}
