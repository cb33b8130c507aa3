/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/spop/pool.h"

START_TEST(test_size_is_whole_pages)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	static const size_t sizes[] = {1, 100, 4096, 4097, 262144};
	struct pool pool;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		pool_init(&pool, sizes[i]);
		ck_assert_uint_ge(pool.size, sizes[i]);
		ck_assert_uint_lt(pool.size, sizes[i] + page);
		ck_assert_uint_eq(pool.size % page, 0);
		pool_fini(&pool);
	}
}
END_TEST

START_TEST(test_buffers_are_apart_and_writable)
{
	struct pool pool;
	uint8_t *buffers[8];

	pool_init(&pool, 10000);
	for (int i = 0; i < 8; i++) {
		buffers[i] = pool_take(&pool);
		ck_assert_ptr_nonnull(buffers[i]);
		memset(buffers[i], i, pool.size);
	}
	ck_assert_uint_eq(pool.lent, 8);
	for (int i = 0; i < 8; i++) {
		ck_assert_uint_eq(buffers[i][0], (unsigned)i);
		ck_assert_uint_eq(buffers[i][pool.size - 1], (unsigned)i);
		pool_give(&pool, &buffers[i]);
		ck_assert_ptr_null(buffers[i]);
	}
	ck_assert_uint_eq(pool.lent, 0);
	pool_fini(&pool);
}
END_TEST

START_TEST(test_given_back_is_lent_again)
{
	struct pool pool;

	pool_init(&pool, 4096);
	uint8_t *first = pool_take(&pool);
	uint8_t *again = first;
	pool_give(&pool, &again);
	ck_assert_uint_eq(pool.count, 1);
	again = pool_take(&pool);
	ck_assert_ptr_eq(again, first);
	ck_assert_uint_eq(pool.count, 0);
	pool_give(&pool, &again);
	pool_fini(&pool);
}
END_TEST

START_TEST(test_few_are_kept)
{
	enum { MANY = 3 * POOL_FREE_MAX };
	struct pool pool;
	uint8_t *buffers[MANY];

	pool_init(&pool, 4096);
	for (int i = 0; i < MANY; i++)
		buffers[i] = pool_take(&pool);
	for (int i = 0; i < MANY; i++)
		pool_give(&pool, &buffers[i]);
	ck_assert_uint_eq(pool.count, POOL_FREE_MAX);
	ck_assert_uint_eq(pool.lent, 0);
	pool_fini(&pool);
}
END_TEST

START_TEST(test_nothing_given_back)
{
	struct pool pool;
	uint8_t *nothing = NULL;

	pool_init(&pool, 4096);
	pool_give(&pool, &nothing);
	ck_assert_uint_eq(pool.count, 0);
	pool_fini(&pool);
}
END_TEST

START_TEST(test_no_memory)
{
	struct pool pool;

	pool_init(&pool, (size_t)1 << 60);
	ck_assert_ptr_null(pool_take(&pool));
	ck_assert_uint_eq(pool.lent, 0);
	pool_fini(&pool);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pool");
	TCase *tests = tcase_create("pool");

	tcase_add_test(tests, test_size_is_whole_pages);
	tcase_add_test(tests, test_buffers_are_apart_and_writable);
	tcase_add_test(tests, test_given_back_is_lent_again);
	tcase_add_test(tests, test_few_are_kept);
	tcase_add_test(tests, test_nothing_given_back);
	tcase_add_test(tests, test_no_memory);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
