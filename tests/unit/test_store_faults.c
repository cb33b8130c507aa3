/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/unit/store_life.h"

/*
 * A process that keeps lists dies at each of its calls, or the machine does,
 * or the disk refuses. The next start finds what was there before a change or
 * after it.
 */

static void
prepare(void)
{
	make_directory();
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(progress != MAP_FAILED);
}

static void
tidy_up(void)
{
	munmap(progress, sizeof(*progress));
	remove_directory();
}

/* In a process of its own; gives how it ended. */
static int
live_apart(enum fault kind, unsigned at)
{
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		begin_faults(kind, at, directory);
		live();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

/* ---- what is found afterwards ---- */

static bool
is_of(const char *text, int first, int last)
{
	for (int i = first; i <= last && i <= change_count; i++)
		if (strcmp(text, expected[i]) == 0)
			return true;
	return false;
}

static void
find_feed(int first, int last, unsigned at)
{
	struct store *store = open_store();
	struct store_content content;
	enum store_result result =
	    store_load_content(store, "feed", &content, store_error);
	char text[TEXT_SIZE] = "";
	bool found = false;

	ck_assert_msg(result == STORE_OK || result == STORE_NONE, "call %u: %s",
	    at, store_error);
	if (content.prefixes)
		prefixes_text(content.prefixes, text);
	for (int i = first; i <= last && i <= change_count; i++)
		found |= strcmp(text,
			     feed_texts[i > 0 ? changes[i - 1].feed : 0]) == 0;
	ck_assert_msg(found, "call %u: %s", at, text);
	prefixes_unref(content.prefixes);
	store_close(store);
}

static void
find_list(int first, int last, unsigned at)
{
	char text[TEXT_SIZE], again[TEXT_SIZE];
	enum store_result result = load_text(NOON, 1000, text);

	ck_assert_msg(result == STORE_OK || result == STORE_NONE, "call %u: %s",
	    at, store_error);
	ck_assert_msg(is_of(text, first, last), "call %u, %d to %d:\n%s", at,
	    first, last, text);
	load_text(NOON, 1000, again);
	ck_assert_str_eq(text, again);
}

/* It goes on from there as ever. */
static void
go_on(void)
{
	struct life life = {.store = NULL};
	char before[TEXT_SIZE], after[TEXT_SIZE];

	open_and_load(&life);
	add(&life, "198.51.100.1", "later");
	ck_assert_msg(!life.failed, "%s", store_error);
	save(&life);
	ck_assert_msg(!life.failed, "%s", store_error);
	add(&life, "198.51.100.2", "latest");
	ck_assert_msg(!life.failed, "%s", store_error);
	dynamic_text(life.dynamic, before);
	end_life(&life);
	ck_assert_int_eq(load_text(NOON, 1000, after), STORE_OK);
	ck_assert_str_eq(before, after);
}

static const enum fault deaths[] = {
    FAULT_KILL, FAULT_KILL_HALF, FAULT_POWER_DATA, FAULT_POWER};

START_TEST(dies_at_each_call)
{
	enum fault death = deaths[_i / 2];
	bool power = death == FAULT_POWER || death == FAULT_POWER_DATA;
	unsigned at = 0;
	int status;

	if (_i % 2) {
		changes = short_life;
		change_count = SHORT_LIFE;
	}
	live(); /* for what is expected of each change */
	do {
		int first, last;

		empty_directory();
		status = live_apart(death, at);
		first = power ? progress->kept : progress->done;
		last = progress->done + 1;
		find_list(first, last, at);
		find_feed(power ? 0 : first, last, at);
		go_on();
		at++;
	} while (WIFSIGNALED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert_uint_gt(at, _i % 2 ? 20 : 60);
}
END_TEST

/*
 * The disk refuses: what was told to be kept is kept, what was refused is not
 * there; and when the disk is well again, so is the list.
 */
static void
refuse(enum fault kind, unsigned at)
{
	char text[TEXT_SIZE];

	empty_directory();
	ck_assert_int_eq(live_apart(kind, at), 0);
	load_text(NOON, 1000, text);
	ck_assert_msg(!progress->loaded || strcmp(text, progress->text) == 0,
	    "call %u: %s instead of\n%s", at, text, progress->text);
	find_feed(0, change_count, at);
	go_on();
}

static const enum fault refusals[] = {
    FAULT_FULL, FAULT_FULL_ONCE, FAULT_BAD, FAULT_BAD_ONCE};

START_TEST(disk_refuses)
{
	unsigned at = 0;

	do
		refuse(refusals[_i], at++);
	while ((int)at <= progress->calls);
	ck_assert_uint_gt(at, 20);
}
END_TEST

START_TEST(short_writes_are_no_matter)
{
	live();
	empty_directory();
	ck_assert_int_eq(live_apart(FAULT_SHORT, 0), 0);
	find_list(change_count, change_count, 0);
	find_feed(change_count, change_count, 0);
}
END_TEST

/* The kernel's own refusal: a file may not grow. */
START_TEST(files_may_not_grow)
{
	struct rlimit limit, before;
	struct life life = {.store = NULL};
	char text[TEXT_SIZE], after[TEXT_SIZE];

	open_and_load(&life);
	add(&life, "192.0.2.1", "first");
	ck_assert(!life.failed);
	dynamic_text(life.dynamic, text);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = 200;
	setrlimit(RLIMIT_FSIZE, &limit);
	add(&life, "192.0.2.2", "second");
	ck_assert(life.failed);
	ck_assert_str_eq(
	    store_error, "manual.journal0: cannot be written: File too large");
	save_feed(&life, 1);
	ck_assert(
	    life.failed || strstr(store_error, "cannot be written") == NULL);
	setrlimit(RLIMIT_FSIZE, &before);
	end_life(&life);
	ck_assert_int_eq(load_text(NOON, 1000, after), STORE_OK);
	ck_assert_str_eq(text, after);
}
END_TEST

START_TEST(a_journal_that_is_not_synced_is_lost)
{
	struct life life = {.store = NULL};

	open_and_load(&life);
	add(&life, "192.0.2.1", "first");
	begin_faults(FAULT_BAD, 0, directory);
	sync_all(&life);
	end_faults();
	ck_assert(life.failed);
	ck_assert_str_eq(store_error,
	    "manual: the journal cannot be synced: Input/output error");
	add(&life, "192.0.2.2", "second");
	ck_assert(life.failed);
	ck_assert_str_eq(store_error,
	    "manual: nothing is kept of changes until all of it is saved");
	ck_assert(store_wants_snapshot(life.store, "manual"));
	save(&life);
	ck_assert(!life.failed);
	ck_assert(!store_wants_snapshot(life.store, "manual"));
	add(&life, "192.0.2.2", "second");
	ck_assert(!life.failed);
	end_life(&life);
}
END_TEST

/* Changes that were made although they could not be logged. */
START_TEST(a_snapshot_makes_up_for_what_was_refused)
{
	struct dynamic_entry entry =
	    entry_of("192.0.2.2", NOON, DYNAMIC_FOREVER, "", "refused");
	struct life life = {.store = NULL};
	char text[TEXT_SIZE], after[TEXT_SIZE];

	open_and_load(&life);
	add(&life, "192.0.2.1", "first");
	add(&life, "192.0.2.3", "third");
	for (int i = 0; i < 2; i++) {
		if (i == 1)
			begin_saving(&life);
		begin_faults(FAULT_FULL_ONCE, 0, directory);
		add(&life, "192.0.2.2", "refused");
		ck_assert(life.failed);
		end_faults();
		dynamic_add(life.dynamic, &entry);
		entry.prefix.address.lo = 0xc0000200;
		if (i == 1)
			end_saving(&life);
		ck_assert(store_wants_snapshot(life.store, "manual"));
	}
	save(&life);
	ck_assert(!life.failed);
	ck_assert(!store_wants_snapshot(life.store, "manual"));
	dynamic_text(life.dynamic, text);
	end_life(&life);
	ck_assert_int_eq(load_text(NOON, 1000, after), STORE_OK);
	ck_assert_str_eq(text, after);
}
END_TEST

START_TEST(reading_fails)
{
	struct life life = {.store = NULL};
	struct store_content content;
	char text[TEXT_SIZE];

	live();
	life.store = open_store();
	life.dynamic = dynamic_new();
	begin_faults(FAULT_UNREADABLE, 0, directory);
	ck_assert_int_eq(store_load_dynamic(life.store, "manual", life.dynamic,
			     NOON, 1000, store_error),
	    STORE_FAILED);
	ck_assert_str_eq(
	    store_error, "manual.entries: cannot be read: Input/output error");
	ck_assert_uint_eq(dynamic_count(life.dynamic), 0);
	ck_assert_int_eq(
	    store_load_content(life.store, "feed", &content, store_error),
	    STORE_FAILED);
	end_faults();
	end_life(&life);
	ck_assert_int_eq(load_text(NOON, 1000, text), STORE_OK);
	ck_assert_str_eq(text, expected[change_count]);
}
END_TEST

/* ---- memory ---- */

/* Loads and saves again with what memory there is; no harm is done. */
static void
short_of_memory(unsigned good, bool once)
{
	struct store_content content = {prefixes_of(feed_texts[2]), 2};
	struct life life = {.dynamic = dynamic_new()};
	struct store_content loaded = {NULL, 0};
	enum store_result result = STORE_FAILED;

	begin_refusing(good, once);
	life.store = store_open(directory, store_error);
	if (life.store) {
		result = store_load_dynamic(life.store, "manual", life.dynamic,
		    NOON, 1000, store_error);
		store_load_content(life.store, "feed", &loaded, store_error);
		store_save_content(life.store, "feed", &content, store_error);
		store_save_dynamic(life.store, "manual", life.dynamic, NOON,
		    1000, store_error);
	}
	end_refusing();
	ck_assert(result == STORE_OK || dynamic_count(life.dynamic) == 0);
	prefixes_unref(content.prefixes);
	prefixes_unref(loaded.prefixes);
	end_life(&life);
	find_list(change_count, change_count, good);
	find_feed(change_count, change_count, good);
}

START_TEST(no_memory_does_no_harm)
{
	live();
	try_everywhere(short_of_memory);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store_faults");
	TCase *tcase = tcase_create("faults");

	tcase_set_timeout(tcase, 300);
	tcase_add_checked_fixture(tcase, prepare, tidy_up);
	tcase_add_loop_test(tcase, dies_at_each_call, 0, 8);
	tcase_add_loop_test(tcase, disk_refuses, 0, 4);
	tcase_add_test(tcase, short_writes_are_no_matter);
	tcase_add_test(tcase, files_may_not_grow);
	tcase_add_test(tcase, a_journal_that_is_not_synced_is_lost);
	tcase_add_test(tcase, a_snapshot_makes_up_for_what_was_refused);
	tcase_add_test(tcase, reading_fails);
	tcase_add_test(tcase, no_memory_does_no_harm);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
