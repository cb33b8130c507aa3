/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>

#include "agent/spop/deadline.h"

static struct deadlines deadlines;
static struct deadline a;
static struct deadline b;
static struct deadline c;

static void
set_up(void)
{
	deadlines_init(&deadlines);
	deadline_init(&a);
	deadline_init(&b);
	deadline_init(&c);
}

static struct deadline *
expired(enum deadline_kind kind, uint64_t now)
{
	return deadlines_expired(&deadlines, kind, now, 100);
}

START_TEST(test_empty)
{
	ck_assert(deadlines_empty(&deadlines));
	for (unsigned kind = 0; kind < DEADLINE_KINDS; kind++)
		ck_assert_ptr_null(
		    expired((enum deadline_kind)kind, UINT64_MAX));
	deadline_clear(&a);
	ck_assert(deadlines_empty(&deadlines));
}
END_TEST

START_TEST(test_to_the_millisecond)
{
	deadline_set(&deadlines, &a, DEADLINE_HELLO, 1000);
	ck_assert(!deadlines_empty(&deadlines));
	ck_assert_ptr_null(expired(DEADLINE_HELLO, 1000));
	ck_assert_ptr_null(expired(DEADLINE_HELLO, 1099));
	ck_assert_ptr_eq(expired(DEADLINE_HELLO, 1100), &a);
	ck_assert_ptr_null(expired(DEADLINE_FRAME, 1100));
}
END_TEST

START_TEST(test_oldest_first)
{
	deadline_set(&deadlines, &a, DEADLINE_FRAME, 1000);
	deadline_set(&deadlines, &b, DEADLINE_FRAME, 1010);
	deadline_set(&deadlines, &c, DEADLINE_FRAME, 1010);
	ck_assert_ptr_eq(expired(DEADLINE_FRAME, 5000), &a);
	deadline_clear(&a);
	ck_assert_ptr_eq(expired(DEADLINE_FRAME, 5000), &b);
	deadline_clear(&b);
	ck_assert_ptr_eq(expired(DEADLINE_FRAME, 5000), &c);
	deadline_clear(&c);
	ck_assert(deadlines_empty(&deadlines));
}
END_TEST

START_TEST(test_begun_anew)
{
	deadline_set(&deadlines, &a, DEADLINE_FRAME, 1000);
	deadline_set(&deadlines, &b, DEADLINE_FRAME, 1050);
	deadline_set(&deadlines, &a, DEADLINE_FRAME, 1090);
	ck_assert_ptr_null(expired(DEADLINE_FRAME, 1149));
	ck_assert_ptr_eq(expired(DEADLINE_FRAME, 1150), &b);
	deadline_clear(&b);
	ck_assert_ptr_null(expired(DEADLINE_FRAME, 1189));
	ck_assert_ptr_eq(expired(DEADLINE_FRAME, 1190), &a);
}
END_TEST

/* Milliseconds of the monotonic clock, and the time that counts then. */
START_TEST(test_leaps)
{
	static const struct {
		uint64_t now;
		uint64_t time;
	} rows[] = {
	    {5000, 200},
	    {5000, 200},
	    {5001, 201},
	    {5100, 300},
	    {5299, 499},
	    {5499, 699},
	    {5700, 899},
	    {9000, 1099},
	    {315360000000, 1299},
	    {315360000050, 1349},
	    {315359999000, 1349},
	    {315359999010, 1359},
	    {UINT64_MAX, 1559},
	    {0, 1559},
	};
	struct deadline_clock clock = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(
		    deadline_clock_advance(&clock, rows[i].now) == rows[i].time,
		    "row %zu", i);
}
END_TEST

START_TEST(test_another_kind)
{
	deadline_set(&deadlines, &a, DEADLINE_HELLO, 1000);
	deadline_set(&deadlines, &a, DEADLINE_LINGER, 1000);
	ck_assert_ptr_null(expired(DEADLINE_HELLO, 5000));
	ck_assert_ptr_eq(expired(DEADLINE_LINGER, 5000), &a);
	ck_assert_int_eq(a.kind, DEADLINE_LINGER);
	deadline_clear(&a);
	deadline_clear(&a);
	ck_assert_int_eq(a.kind, DEADLINE_NONE);
	ck_assert(deadlines_empty(&deadlines));
}
END_TEST

START_TEST(test_from_the_middle)
{
	deadline_set(&deadlines, &a, DEADLINE_FRAME, 1000);
	deadline_set(&deadlines, &b, DEADLINE_FRAME, 1001);
	deadline_set(&deadlines, &c, DEADLINE_FRAME, 1002);
	deadline_clear(&b);
	ck_assert_ptr_eq(expired(DEADLINE_FRAME, 5000), &a);
	deadline_clear(&a);
	ck_assert_ptr_eq(expired(DEADLINE_FRAME, 5000), &c);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("deadline");
	TCase *tests = tcase_create("deadline");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, test_empty);
	tcase_add_test(tests, test_to_the_millisecond);
	tcase_add_test(tests, test_oldest_first);
	tcase_add_test(tests, test_begun_anew);
	tcase_add_test(tests, test_leaps);
	tcase_add_test(tests, test_another_kind);
	tcase_add_test(tests, test_from_the_middle);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
