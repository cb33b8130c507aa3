/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent/lists/lists.h"
#include "tests/unit/lists_fixture.h"
#include "tests/unit/policy_fixture.h"

static char path[] = "/tmp/truesrc-lists-XXXXXX";
static const char *const paths[] = {path};
static struct publication publication;
static struct log the_log;
static FILE *log_file;
static struct lists *lists;
static struct listen_settings listens[3];
static bool guarded[3];
static struct running_listens running = {listens, guarded, 0};

enum { READERS = 2, WORKERS = 1 };

static void
write_config(const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

/* lists that serve this configuration, their thread running. */
static void
begin(const char *yaml)
{
	int descriptor = mkstemp(path);
	struct generation *generation;
	struct loading loading;

	ck_assert_int_ge(descriptor, 0);
	close(descriptor);
	write_config(yaml);
	log_file = tmpfile();
	log_init(&the_log, fileno(log_file));
	ck_assert(publication_init(&publication, READERS));
	const struct lists_settings settings = {
	    .log = &the_log,
	    .publication = &publication,
	    .paths = paths,
	    .path_count = 1,
	    .running = &running,
	    .workers = WORKERS,
	    .payload_max = 1000,
	    .loading = &loading,
	};
	generation = loaded_of(yaml, 7, &loading);
	lists = lists_new(&settings, &generation);
	loading_fini(&loading);
	ck_assert_ptr_nonnull(lists);
	ck_assert_ptr_null(generation);
	ck_assert(lists_start(lists));
}

static void
end(void)
{
	ck_assert(lists_stop(lists));
	lists_free(lists);
	publication_fini(&publication);
	log_fini(&the_log);
	fclose(log_file);
	unlink(path);
}

/* How often the log has that text. */
static unsigned
logged(const char *text)
{
	char line[LOG_LINE_SIZE + 1];
	unsigned count = 0;

	rewind(log_file);
	while (fgets(line, sizeof(line), log_file) != NULL)
		count += strstr(line, text) != NULL;
	return count;
}

static void
wait_logged(const char *text, unsigned count)
{
	const struct timespec pause = {.tv_nsec = 2000000};

	for (int i = 0; i < 5000 && logged(text) < count; i++)
		nanosleep(&pause, NULL);
	ck_assert_msg(
	    logged(text) == count, "%s: %u times", text, logged(text));
}

/* What a reader finds who enters and leaves. */
static unsigned
serving(unsigned reader)
{
	struct edition *edition = publication_enter(&publication, reader);
	unsigned number = generation_number(edition->generation);

	ck_assert_ptr_nonnull(edition->requests[WORKERS - 1]);
	publication_leave(&publication, reader);
	return number;
}

static const char good[] = "policies: {default: {}}\n";
static const char bad[] = "policies: {default: {trsut: []}}\n";

START_TEST(test_reload)
{
	begin(good);
	ck_assert_uint_eq(serving(0), 7);
	lists_reload(lists);
	wait_logged("event=reload result=ok generation=8 ", 1);
	ck_assert_uint_eq(serving(0), 8);
	end();
}
END_TEST

START_TEST(test_bad_one_changes_nothing)
{
	begin(good);
	write_config(bad);
	lists_reload(lists);
	wait_logged("event=reload result=failed", 1);
	ck_assert_uint_eq(logged(":1:22 text="), 1);
	ck_assert_uint_eq(serving(0), 7);
	unlink(path);
	lists_reload(lists);
	wait_logged("event=reload result=failed", 2);
	ck_assert_uint_eq(serving(0), 7);
	/* And the next good one has the next number. */
	write_config(good);
	lists_reload(lists);
	wait_logged("event=reload result=ok generation=8 ", 1);
	end();
}
END_TEST

/* A reader that stays inside holds two generations; the fourth has to wait. */
START_TEST(test_three_live_at_most)
{
	begin(good);
	struct edition *held = publication_enter(&publication, 1);
	lists_reload(lists);
	wait_logged("result=ok generation=8 ", 1);
	lists_reload(lists);
	wait_logged("result=ok generation=9 ", 1);
	lists_reload(lists);
	wait_logged("event=reload-waits", 1);
	lists_reload(lists);
	wait_logged("event=reload-waits", 2);
	ck_assert_uint_eq(serving(0), 9);
	/* What is held is still whole. */
	ck_assert_uint_eq(generation_number(held->generation), 7);
	publication_leave(&publication, 1);
	wait_logged("result=ok generation=10 ", 1);
	ck_assert_uint_eq(serving(0), 10);
	end();
}
END_TEST

START_TEST(test_a_waiting_reload_can_fail)
{
	begin(good);
	publication_enter(&publication, 1);
	lists_reload(lists);
	wait_logged("result=ok generation=8 ", 1);
	lists_reload(lists);
	wait_logged("result=ok generation=9 ", 1);
	write_config(bad);
	lists_reload(lists);
	wait_logged("event=reload-waits", 1);
	publication_leave(&publication, 1);
	wait_logged("event=reload result=failed", 1);
	ck_assert_uint_eq(serving(0), 9);
	end();
}
END_TEST

START_TEST(test_stopped_while_held)
{
	begin(good);
	publication_enter(&publication, 1);
	lists_reload(lists);
	wait_logged("result=ok generation=8 ", 1);
	publication_leave(&publication, 1);
	end(); /* whatever the timer has seen of it */
}
END_TEST

START_TEST(test_what_needs_a_restart)
{
	static const char *const keys[] = {"key=threads ",
	    "key=limits.connections ", "key=limits.frame-size ",
	    "key=limits.fragments ", "key=listen "};

	begin(good);
	write_config("threads: 7\n"
		     "limits: {connections: 5, frame-size: 4k, fragments: 8k}\n"
		     "policies: {default: {}}\n");
	lists_reload(lists);
	wait_logged("result=ok generation=8 ", 1);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		ck_assert_msg(logged(keys[i]) == 1, "%s", keys[i]);
	end();
}
END_TEST

START_TEST(test_log_is_configured)
{
	begin(good);
	write_config("log: {level: error}\npolicies: {default: {}}\n");
	lists_reload(lists);
	for (int i = 0; i < 5000 && serving(0) == 7; i++)
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	ck_assert_uint_eq(serving(0), 8);
	ck_assert_uint_eq(logged("event=reload"), 0);
	end();
}
END_TEST

/* ---- listeners, then and now ---- */

static struct edition *
edition_of(const char *yaml)
{
	struct generation *generation = generation_of(yaml);
	struct edition *edition = edition_new(&generation, 0, 1000, &running);

	ck_assert_ptr_nonnull(edition);
	return edition;
}

static void
run_listeners(void)
{
	address_parse(VIEW("127.0.0.1"), &listens[0].address);
	address_parse(VIEW("127.0.0.1"), &listens[1].address);
	listens[0].port = 0;
	listens[1].port = 0;
	listens[2].kind = LISTEN_UNIX;
	listens[2].path = "/tmp/truesrc-test.sock";
	guarded[0] = true;
	guarded[1] = false;
	guarded[2] = true;
	running.count = 3;
}

START_TEST(test_listeners_are_matched)
{
	static const struct {
		const char *yaml;
		int places[3];
	} rows[] = {
	    {"listen: [{address: '127.0.0.1:0'}, {address: '127.0.0.1:0'},"
	     " {address: 'unix:/tmp/truesrc-test.sock'}]\n",
		{0, 1, 2}},
	    {"listen: [{address: 'unix:/tmp/truesrc-test.sock'},"
	     " {address: '127.0.0.1:0'}]\n",
		{1, -1, 0}},
	    {"listen: [{address: 'unix:/tmp/another.sock'},"
	     " {address: '127.0.0.2:0'}, {address: '127.0.0.1:9000'}]\n",
		{-1, -1, -1}},
	};

	run_listeners();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct edition *edition = edition_of(rows[i].yaml);
		for (size_t at = 0; at < 3; at++)
			ck_assert_msg(
			    edition->listens[at] == rows[i].places[at],
			    "row %zu, listener %zu: %d", i, at,
			    edition->listens[at]);
		edition_free(edition);
	}
}
END_TEST

START_TEST(test_admission)
{
	struct address node;
	struct address stranger;
	const struct address local = {0};

	run_listeners();
	address_parse(VIEW("192.0.2.1"), &node);
	address_parse(VIEW("192.0.2.2"), &stranger);
	struct edition *edition =
	    edition_of("listen:\n"
		       "  - {address: '127.0.0.1:0', from: [192.0.2.1]}\n");
	ck_assert(edition_admits(edition, &running, 0, &node));
	ck_assert(!edition_admits(edition, &running, 0, &stranger));
	ck_assert(!edition_admits(edition, &running, 0, &local));
	/* Not configured any more: as strict as they were. */
	ck_assert(edition_admits(edition, &running, 1, &stranger));
	ck_assert(!edition_admits(edition, &running, 2, &local));
	edition_free(edition);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lists");
	TCase *tests = tcase_create("lists");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_reload);
	tcase_add_test(tests, test_bad_one_changes_nothing);
	tcase_add_test(tests, test_three_live_at_most);
	tcase_add_test(tests, test_a_waiting_reload_can_fail);
	tcase_add_test(tests, test_stopped_while_held);
	tcase_add_test(tests, test_what_needs_a_restart);
	tcase_add_test(tests, test_log_is_configured);
	tcase_add_test(tests, test_listeners_are_matched);
	tcase_add_test(tests, test_admission);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
