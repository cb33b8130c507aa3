/* SPDX-License-Identifier: Apache-2.0 */
/* In builds that poison what was given back, touching it is the end. */
#include <check.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/lists/edition.h"
#include "agent/spop/pool.h"
#include "conf/load/load_text.h"

#ifdef TRUESRC_POISON

/* True: the child ended badly. */
static bool
dies(void (*action)(void))
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		/* What a sanitizer says is none of the test's output. */
		close(STDERR_FILENO);
		action();
		_exit(0);
	}
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static volatile unsigned sink;

static void
read_lent(void)
{
	struct pool pool;

	pool_init(&pool, 5000);
	uint8_t *buffer = pool_take(&pool);
	buffer[4999] = 7;
	sink = buffer[4999];
	pool_give(&pool, &buffer);
	buffer = pool_take(&pool);
	buffer[0] = 1;
	pool_give(&pool, &buffer);
	pool_fini(&pool);
}

static void
read_given_back(void)
{
	struct pool pool;

	pool_init(&pool, 5000);
	uint8_t *buffer = pool_take(&pool);
	const uint8_t *stray = buffer;
	pool_give(&pool, &buffer);
	sink = *stray;
}

static struct edition *
new_edition(void)
{
	static const struct running_listens none = {0};
	static const char text[] = "policies: {default: {}}\n";
	struct report report;

	report_init(&report);
	struct settings *settings =
	    settings_load_text("poison.yaml", text, sizeof(text) - 1, &report);
	struct contents contents;
	ck_assert(contents_read(settings, &report, &contents));
	report_fini(&report);
	const uint64_t seed[2] = {1, 2};
	struct generation *generation =
	    generation_build(settings, &contents, 1, seed);
	contents_fini(&contents);
	settings_unref(settings);
	return edition_new(&generation, 1, 4096, &none);
}

static void
read_edition(void)
{
	struct edition *edition = new_edition();

	sink = generation_number(edition->generation);
	edition_free(edition);
}

static void
read_freed_edition(void)
{
	struct edition *edition = new_edition();
	struct edition *volatile stray = edition;

	edition_free(edition);
	sink = generation_policies(stray->generation);
}

static void
read_freed_generation(void)
{
	struct edition *edition = new_edition();
	struct generation *volatile stray = edition->generation;

	edition_free(edition);
	sink = (unsigned)generation_settings(stray)->policy_count;
}

START_TEST(test_strays)
{
	ck_assert(!dies(read_lent));
	ck_assert(dies(read_given_back));
	ck_assert(!dies(read_edition));
	ck_assert(dies(read_freed_edition));
	ck_assert(dies(read_freed_generation));
}
END_TEST

#endif

/* Whatever the build, what is lent and what lives is there to be used. */
START_TEST(test_lent)
{
	struct pool pool;

	pool_init(&pool, 1);
	for (unsigned i = 0; i < 3; i++) {
		uint8_t *buffer = pool_take(&pool);

		ck_assert_ptr_nonnull(buffer);
		buffer[0] = (uint8_t)i;
		buffer[pool.size - 1] = (uint8_t)i;
		pool_give(&pool, &buffer);
	}
	pool_fini(&pool);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("poison");
	TCase *tests = tcase_create("poison");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_lent);
#ifdef TRUESRC_POISON
	tcase_add_test(tests, test_strays);
#endif
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
