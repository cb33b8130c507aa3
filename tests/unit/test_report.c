/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/report.h"
#include "tests/unit/conf_tools.h"

static struct place
at(const char *file, unsigned line, unsigned column)
{
	return (struct place){file, line, column};
}

START_TEST(empty)
{
	struct report report;

	report_init(&report);
	ck_assert_uint_eq(report.count, 0);
	ck_assert_uint_eq(report.errors, 0);
	expect_report(&report, "");
}
END_TEST

START_TEST(sorted_by_file_and_place)
{
	struct report report;

	report_init(&report);
	report_error(&report, at("b", 1, 1), "one");
	report_warning(&report, at("a", 10, 2), "two");
	report_error(&report, at("a", 9, 20), "three");
	report_error(&report, at("a", 9, 3), "four %s %d", "is", 4);
	report_warning(&report, at("a", 9, 3), "five");
	report_error(&report, at("a", 0, 0), "six");
	report_warning(&report, at(NULL, 0, 0), "seven");
	ck_assert_uint_eq(report.count, 7);
	ck_assert_uint_eq(report.errors, 4);
	expect_report(&report, "warning: seven\n"
			       "a: error: six\n"
			       "a:9:3: error: four is 4\n"
			       "a:9:3: warning: five\n"
			       "a:9:20: error: three\n"
			       "a:10:2: warning: two\n"
			       "b:1:1: error: one\n");
}
END_TEST

START_TEST(entries_in_the_order_they_were_found)
{
	struct report report;
	char file[] = "file";

	report_init(&report);
	report_error(&report, at(file, 2, 2), "first");
	report_warning(&report, at(file, 1, 1), "second");
	/* The name was copied. */
	memset(file, 'x', 4);
	ck_assert_str_eq(report.entries[0].place.file, "file");
	ck_assert_uint_eq(report.entries[0].place.line, 2);
	ck_assert_uint_eq(report.entries[0].place.column, 2);
	ck_assert_int_eq(report.entries[0].severity, SEVERITY_ERROR);
	ck_assert_str_eq(report.entries[0].text, "first");
	ck_assert_int_eq(report.entries[1].severity, SEVERITY_WARNING);
	ck_assert_str_eq(report.entries[1].text, "second");
	report_fini(&report);
	ck_assert_uint_eq(report.count, 0);
}
END_TEST

START_TEST(controls_do_not_get_through)
{
	struct report report;

	report_init(&report);
	report_error(&report, at("a\nb", 1, 1), "c%sd", "\x1b[31m\r\n\x7f");
	expect_report(&report, "a?b:1:1: error: c?[31m???d\n");
}
END_TEST

START_TEST(told_once)
{
	struct report report;

	report_init(&report);
	report_warning(&report, at("a", 1, 1), "x");
	report_error(&report, at("a", 1, 1), "x");
	report_warning(&report, at("a", 1, 2), "x");
	report_warning(&report, at("a", 1, 1), "x");
	report_warning(&report, at("a", 1, 2), "x");
	ck_assert_uint_eq(report.count, 5);
	expect_report(&report, "a:1:1: warning: x\n"
			       "a:1:1: error: x\n"
			       "a:1:1: warning: x\n"
			       "a:1:2: warning: x\n");
}
END_TEST

/* Cut between characters, wherever the limit falls. */
START_TEST(long_texts_are_cut)
{
	struct report report;
	char text[2000] = "";

	for (int i = 0; i < _i; i++)
		text[i] = 'x';
	for (size_t i = (size_t)_i; i + 2 < sizeof(text) - 1; i += 3)
		memcpy(text + i, "…", 4);
	report_init(&report);
	report_error(&report, at("a", 1, 1), "%s", text);
	ck_assert_uint_ge(strlen(report.entries[0].text), 590);
	ck_assert_uint_le(strlen(report.entries[0].text), 600);
	ck_assert_uint_eq((strlen(report.entries[0].text) - (size_t)_i) % 3, 0);
	report_fini(&report);
}
END_TEST

START_TEST(errors_are_capped_and_counted)
{
	struct report report;
	char *text;

	report_init(&report);
	for (unsigned i = 1; i <= REPORT_MAX + 5; i++)
		report_error(&report, at("a", i, 1), "%u", i);
	ck_assert_uint_eq(report.count, REPORT_MAX);
	ck_assert_uint_eq(report.errors, REPORT_MAX + 5);
	ck_assert(report.truncated);
	text = report_text(&report);
	ck_assert_ptr_nonnull(strstr(text, "a:10000:1: error: 10000\n"));
	ck_assert_ptr_null(strstr(text, "a:10001:1"));
	ck_assert_ptr_nonnull(strstr(text, "there is more"));
	free(text);
	report_fini(&report);
}
END_TEST

START_TEST(warnings_leave_room_for_errors)
{
	struct report report;

	report_init(&report);
	for (unsigned i = 1; i <= REPORT_MAX + 5; i++)
		report_warning(&report, at("a", i, 1), "w");
	ck_assert(report.truncated);
	ck_assert_uint_lt(report.count, REPORT_MAX);
	report_error(&report, at("b", 1, 1), "e");
	ck_assert_str_eq(report.entries[report.count - 1].text, "e");
	report_fini(&report);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("report");
	TCase *all = tcase_create("all");

	tcase_add_test(all, empty);
	tcase_add_test(all, sorted_by_file_and_place);
	tcase_add_test(all, entries_in_the_order_they_were_found);
	tcase_add_test(all, controls_do_not_get_through);
	tcase_add_test(all, told_once);
	tcase_add_loop_test(all, long_texts_are_cut, 0, 4);
	tcase_add_test(all, errors_are_capped_and_counted);
	tcase_add_test(all, warnings_leave_room_for_errors);
	suite_add_tcase(suite, all);
	return run_tests(suite);
}
