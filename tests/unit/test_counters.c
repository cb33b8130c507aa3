/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "agent/control/counters.h"

static struct counters first;
static struct counters second;

static void
reset(void)
{
	memset(&first, 0, sizeof(first));
	memset(&second, 0, sizeof(second));
}

START_TEST(test_sum_of_threads)
{
	struct totals totals = {0};

	counters_add(&first, COUNTER_REQUESTS, 3);
	counters_add(&first, COUNTER_REQUESTS, 4);
	counters_add(&second, COUNTER_REQUESTS, 100);
	counters_add(&second, COUNTER_FRAMES_ACK, 1);
	ck_assert_uint_eq(counters_get(&first, COUNTER_REQUESTS), 7);
	totals_add(&totals, &first);
	totals_add(&totals, &second);
	ck_assert_uint_eq(totals.of[COUNTER_REQUESTS], 107);
	ck_assert_uint_eq(totals.of[COUNTER_FRAMES_ACK], 1);
	ck_assert_uint_eq(totals.of[COUNTER_CONNECTIONS], 0);
}
END_TEST

START_TEST(test_statuses)
{
	static const struct {
		unsigned status;
		unsigned place;
	} rows[] = {{0, 0}, {3, 3}, {13, 13}, {14, 14}, {99, 14}, {~0u, 14}};
	struct totals totals = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		reset();
		memset(&totals, 0, sizeof(totals));
		counters_add_status(&first, rows[i].status);
		totals_add(&totals, &first);
		for (unsigned at = 0; at < COUNTER_STATUSES; at++)
			ck_assert_msg(
			    totals.statuses[at] == (at == rows[i].place),
			    "status %u at %u", rows[i].status, at);
	}
}
END_TEST

START_TEST(test_flags)
{
	struct totals totals = {0};

	counters_add_flags(&first, 0);
	counters_add_flags(&first, 1u << 0 | 1u << 14);
	counters_add_flags(&second, 1u << 14);
	totals_add(&totals, &first);
	totals_add(&totals, &second);
	ck_assert_uint_eq(totals.flags[0], 1);
	ck_assert_uint_eq(totals.flags[14], 2);
	for (unsigned flag = 1; flag < 14; flag++)
		ck_assert_uint_eq(totals.flags[flag], 0);
}
END_TEST

START_TEST(test_names_are_distinct)
{
	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		const char *name = counter_name((enum counter)i);
		ck_assert_ptr_nonnull(name);
		ck_assert_uint_eq(
		    strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
		for (unsigned j = 0; j < i; j++)
			ck_assert_str_ne(name, counter_name((enum counter)j));
	}
}
END_TEST

START_TEST(test_lines_are_not_shared)
{
	ck_assert_uint_eq(sizeof(struct counters) % CACHE_LINE, 0);
	ck_assert_uint_eq((uintptr_t)&first % CACHE_LINE, 0);
}
END_TEST

enum { ROUNDS = 200000 };

static void *
count_up(void *argument)
{
	for (int i = 0; i < ROUNDS; i++)
		counters_add(argument, COUNTER_FRAMES_NOTIFY, 1);
	return NULL;
}

/* A reader beside the writer never sees a number fall. */
START_TEST(test_read_while_written)
{
	pthread_t writer;
	uint64_t before = 0;

	ck_assert_int_eq(pthread_create(&writer, NULL, count_up, &first), 0);
	while (before < ROUNDS) {
		uint64_t now = counters_get(&first, COUNTER_FRAMES_NOTIFY);
		ck_assert_uint_ge(now, before);
		before = now;
	}
	pthread_join(writer, NULL);
	ck_assert_uint_eq(before, ROUNDS);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("counters");
	TCase *tests = tcase_create("counters");

	tcase_add_checked_fixture(tests, reset, NULL);
	tcase_add_test(tests, test_sum_of_threads);
	tcase_add_test(tests, test_statuses);
	tcase_add_test(tests, test_flags);
	tcase_add_test(tests, test_names_are_distinct);
	tcase_add_test(tests, test_lines_are_not_shared);
	tcase_add_test(tests, test_read_while_written);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
