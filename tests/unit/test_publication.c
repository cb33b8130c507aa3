/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "agent/lists/publication.h"

/* Any object will do; the publication never looks inside. */
struct edition {
	uint64_t number;
	uint64_t epoch;
	struct edition *older;
	unsigned char filling[512];
};

enum { READERS = 8, EDITIONS = 3000, LIVE_MAX = 64 };

static struct publication publication;
static atomic_bool stopping;

static struct edition *
edition_new(uint64_t number)
{
	struct edition *edition = calloc(1, sizeof(*edition));

	ck_assert_ptr_nonnull(edition);
	edition->number = number;
	memset(edition->filling, (int)(number & 255), sizeof(edition->filling));
	return edition;
}

START_TEST(test_alone)
{
	struct edition *first = edition_new(1);
	struct edition *second = edition_new(2);

	ck_assert(publication_init(&publication, 1));
	ck_assert_uint_eq(publication_replace(&publication, first), 2);
	ck_assert(publication_passed(&publication, 2));
	ck_assert_ptr_eq(publication_enter(&publication, 0), first);
	uint64_t epoch = publication_replace(&publication, second);
	/* Who is inside may still hold the first. */
	ck_assert(!publication_passed(&publication, epoch));
	publication_leave(&publication, 0);
	ck_assert(publication_passed(&publication, epoch));
	ck_assert_ptr_eq(publication_enter(&publication, 0), second);
	ck_assert(publication_passed(&publication, epoch));
	publication_leave(&publication, 0);
	publication_fini(&publication);
	free(first);
	free(second);
}
END_TEST

START_TEST(test_the_slowest_counts)
{
	struct edition *first = edition_new(1);
	struct edition *second = edition_new(2);

	ck_assert(publication_init(&publication, 3));
	publication_replace(&publication, first);
	publication_enter(&publication, 0);
	publication_enter(&publication, 2);
	uint64_t epoch = publication_replace(&publication, second);
	publication_enter(&publication, 1);
	publication_leave(&publication, 0);
	ck_assert(!publication_passed(&publication, epoch));
	/* Entering anew is as good as leaving. */
	ck_assert_ptr_eq(publication_enter(&publication, 2), second);
	ck_assert(publication_passed(&publication, epoch));
	publication_fini(&publication);
	free(first);
	free(second);
}
END_TEST

/* Looks at every byte of what it was given: a freed one would show. */
static void *
read_on(void *argument)
{
	unsigned reader = *(unsigned *)argument;
	uint64_t newest = 0;

	while (!atomic_load(&stopping)) {
		struct edition *edition =
		    publication_enter(&publication, reader);
		uint64_t number = edition->number;

		if (number < newest)
			abort();
		newest = number;
		for (size_t i = 0; i < sizeof(edition->filling); i++)
			if (edition->filling[i] != (number & 255))
				abort();
		publication_leave(&publication, reader);
		if (number % 7 == reader)
			sched_yield();
	}
	return NULL;
}

static unsigned
drop_passed(struct edition **at)
{
	unsigned left = 0;

	while (*at != NULL) {
		struct edition *edition = *at;
		if (!publication_passed(&publication, edition->epoch)) {
			at = &edition->older;
			left++;
			continue;
		}
		*at = edition->older;
		memset(edition, 0xee, sizeof(*edition));
		free(edition);
	}
	return left;
}

START_TEST(test_many_readers)
{
	struct edition *current = edition_new(1);
	struct edition *retired = NULL;
	unsigned numbers[READERS];
	pthread_t threads[READERS];

	ck_assert(publication_init(&publication, READERS));
	publication_replace(&publication, current);
	for (unsigned i = 0; i < READERS; i++) {
		numbers[i] = i;
		pthread_create(&threads[i], NULL, read_on, &numbers[i]);
	}
	for (uint64_t number = 2; number < EDITIONS; number++) {
		struct edition *edition = edition_new(number);
		struct edition *before = current;

		current = edition;
		before->epoch = publication_replace(&publication, edition);
		before->older = retired;
		retired = before;
		while (drop_passed(&retired) > LIVE_MAX)
			sched_yield();
	}
	atomic_store(&stopping, true);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(drop_passed(&retired), 0);
	free(current);
	publication_fini(&publication);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("publication");
	TCase *tests = tcase_create("publication");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, test_alone);
	tcase_add_test(tests, test_the_slowest_counts);
	tcase_add_test(tests, test_many_readers);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
