/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_tools.h"

/* What is kept comes back: whole, or not at all, and then it is said. */

static const int64_t DAY = 86400000;
/* ---- contents ---- */

START_TEST(content_comes_back)
{
	static const char *const texts[] = {
	    "", "192.0.2.1", "2001:db8::1", content_text};
	char text[TEXT_SIZE];
	int64_t taken;

	ck_assert_int_eq(load_content(text, &taken), STORE_NONE);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		save_content(texts[i], NOON + (int64_t)i);
		ck_assert_int_eq(load_content(text, &taken), STORE_OK);
		ck_assert_str_eq(text, texts[i]);
		ck_assert_int_eq(taken, NOON + (int64_t)i);
	}
}
END_TEST

/* More than fits into a frame. */
START_TEST(large_content_comes_back)
{
	enum { MANY = 50000 };
	struct prefixes_builder builder = {.starved = false};
	struct store *store = open_store();
	struct store_content content = {.taken = NOON}, loaded;

	for (uint64_t i = 0; i < MANY; i++) {
		struct prefix ipv4 = {{0, i * 7, ADDRESS_IPV4}, 32};
		struct prefix ipv6 = {{i * 7919, i, ADDRESS_IPV6}, 128};

		prefixes_add(&builder, &ipv4);
		prefixes_add(&builder, &ipv6);
	}
	content.prefixes = prefixes_finish(&builder);
	ck_assert_int_eq(
	    store_save_content(store, "feed", &content, store_error), STORE_OK);
	ck_assert_int_eq(
	    store_load_content(store, "feed", &loaded, store_error), STORE_OK);
	ck_assert_uint_eq(prefixes_count(loaded.prefixes), 2 * MANY);
	ck_assert_uint_eq(
	    prefixes_difference(content.prefixes, loaded.prefixes, NULL, 0), 0);
	prefixes_unref(content.prefixes);
	prefixes_unref(loaded.prefixes);
	store_close(store);
}
END_TEST

/* ---- dynamic lists ---- */

static void
expect(enum store_result result, const char *expected)
{
	char text[TEXT_SIZE];
	enum store_result got = load_text(NOON, 1000, text);

	ck_assert_msg(got == result, "%d: %s", got, store_error);
	ck_assert_str_eq(text, expected);
}

START_TEST(changes_come_back)
{
	struct kept kept;

	open_kept(&kept, STORE_NONE);
	kept_add(&kept, "192.0.2.1", DYNAMIC_FOREVER, "alice", "scan");
	kept_add(&kept, "2001:db8::/32", 61000, "", "");
	kept_add(&kept, "192.0.2.2", 61000, "bob", "gone");
	kept_drop(&kept, "192.0.2.2");
	close_kept(&kept);
	expect(STORE_OK, "192.0.2.1 1760000000000 -1 alice scan\n"
			 "2001:db8::/32 1760000000000 61000  \n");
	open_kept(&kept, STORE_OK);
	kept_clear(&kept);
	close_kept(&kept);
	expect(STORE_OK, "");
	open_kept(&kept, STORE_OK);
	kept_add(&kept, "10.0.0.0/8", DYNAMIC_FOREVER, "", "all of it");
	close_kept(&kept);
	expect(STORE_OK, "10.0.0.0/8 1760000000000 -1  all of it\n");
}
END_TEST

START_TEST(snapshots_come_back)
{
	struct kept kept;
	unsigned round;

	open_kept(&kept, STORE_NONE);
	for (round = 0; round < 5; round++) {
		kept_save(&kept);
		kept_add(&kept, "192.0.2.1", 2000 + round, "alice", "scan");
		kept_save(&kept);
		kept_drop(&kept, "192.0.2.1");
		kept_save(&kept);
		kept_save(&kept);
	}
	kept_add(&kept, "192.0.2.9", 5000, "bob", "last");
	kept_save(&kept);
	kept_add(&kept, "192.0.2.8", 6000, "carol", "after it");
	close_kept(&kept);
	expect(STORE_OK, "192.0.2.8 1760000000000 6000 carol after it\n"
			 "192.0.2.9 1760000000000 5000 bob last\n");
	ck_assert(is_there("manual.entries"));
	ck_assert(is_there("manual.journal0") != is_there("manual.journal1"));
}
END_TEST

/* What changes while it is saved is there as well, before and after. */
START_TEST(changes_while_saving_come_back)
{
	static const char expected[] = "192.0.2.2 1760000000000 -1  new\n"
				       "192.0.2.3 1760000000000 -1  \n"
				       "192.0.2.9 1760000000000 -1  new\n";
	struct store_saving *saving;
	struct kept kept;

	open_kept(&kept, STORE_NONE);
	kept_add(&kept, "192.0.2.1", DYNAMIC_FOREVER, "", "");
	kept_add(&kept, "192.0.2.2", DYNAMIC_FOREVER, "", "old");
	kept_add(&kept, "192.0.2.3", DYNAMIC_FOREVER, "", "");
	kept_add(&kept, "192.0.2.4", DYNAMIC_FOREVER, "", "");
	saving = store_saving_begin(
	    kept.store, "manual", kept.now_wall, store_error);
	ck_assert_ptr_nonnull(saving);
	ck_assert(!store_wants_snapshot(kept.store, "manual"));
	ck_assert_ptr_null(store_saving_begin(
	    kept.store, "manual", kept.now_wall, store_error));
	ck_assert_str_eq(store_error, "manual: it is being saved");
	ck_assert(!store_saving_step(saving, kept.dynamic, 2, NOON, 1000));
	kept_drop(&kept, "192.0.2.1");
	kept_add(&kept, "192.0.2.2", DYNAMIC_FOREVER, "", "new");
	kept_drop(&kept, "192.0.2.4");
	kept_add(&kept, "192.0.2.9", DYNAMIC_FOREVER, "", "new");
	ck_assert(store_saving_step(saving, kept.dynamic, 100, NOON, 1000));
	if (_i == 0)
		store_saving_commit(saving);
	ck_assert_int_eq(store_saving_end(saving, store_error),
	    _i == 0 ? STORE_OK : STORE_FAILED);
	close_kept(&kept);
	expect(STORE_OK, expected);
	open_kept(&kept, STORE_OK);
	kept_save(&kept);
	close_kept(&kept);
	expect(STORE_OK, expected);
}
END_TEST

START_TEST(an_empty_list_is_kept)
{
	struct kept kept;

	open_kept(&kept, STORE_NONE);
	kept_save(&kept);
	close_kept(&kept);
	expect(STORE_OK, "");
	ck_assert_int_eq(chmod(directory, 0700), 0);
}
END_TEST

START_TEST(long_journals_want_a_snapshot)
{
	char reason[DYNAMIC_REASON_MAX + 1] = {0};
	struct kept kept;

	memset(reason, 'x', DYNAMIC_REASON_MAX);
	open_kept(&kept, STORE_NONE);
	for (int i = 0; i < 4000; i++)
		kept_add(&kept, "192.0.2.1", 2000, "", reason);
	ck_assert(!store_wants_snapshot(kept.store, "manual"));
	for (int i = 0; i < 1000; i++)
		kept_add(&kept, "192.0.2.1", 2000, "", reason);
	ck_assert(store_wants_snapshot(kept.store, "manual"));
	ck_assert_int_eq(store_sync(kept.store, store_error), STORE_OK);
	kept_save(&kept);
	ck_assert(!store_wants_snapshot(kept.store, "manual"));
	ck_assert(!store_wants_snapshot(kept.store, "other"));
	close_kept(&kept);
}
END_TEST

START_TEST(longest_texts_come_back)
{
	char reason[DYNAMIC_REASON_MAX + 1] = {0};
	char who[DYNAMIC_WHO_MAX + 1] = {0};
	char expected[TEXT_SIZE];
	struct kept kept;

	memset(reason, 'r', DYNAMIC_REASON_MAX);
	memset(who, 'w', DYNAMIC_WHO_MAX);
	snprintf(expected, sizeof(expected),
	    "2001:db8::1 1760000000000 -1 %s %s\n", who, reason);
	open_kept(&kept, STORE_NONE);
	kept_add(&kept, "2001:db8::1", DYNAMIC_FOREVER, who, reason);
	close_kept(&kept);
	expect(STORE_OK, expected);
	open_kept(&kept, STORE_OK);
	kept_save(&kept);
	close_kept(&kept);
	expect(STORE_OK, expected);
}
END_TEST

/* ---- clocks ---- */

START_TEST(nothing_lives_longer_than_given)
{
	/* Given a minute at NOON, by the monotonic clock until 61000. */
	static const struct {
		int64_t wall; /* after NOON, when it is loaded */
		int64_t ends; /* by a monotonic clock that starts at 0 */
	} rows[] = {
	    {0, 60000},
	    {1, 59999},
	    {59999, 1},
	    {60000, 0}, /* has ended */
	    {60001, 0},
	    {3650 * INT64_C(86400000), 0},
	    {-1, 60000},
	    {-3650 * INT64_C(86400000), 60000},
	    {INT64_MIN / 2, 60000},
	    {INT64_MAX / 2, 0},
	};
	struct kept kept;

	open_kept(&kept, STORE_NONE);
	kept_add(&kept, "192.0.2.1", 61000, "", "minute");
	kept_add(&kept, "192.0.2.2", DYNAMIC_FOREVER, "", "for ever");
	if (_i)
		kept_save(&kept);
	close_kept(&kept);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[TEXT_SIZE], expected[TEXT_SIZE] = "";
		size_t at = 0;

		if (rows[i].ends > 0)
			at = (size_t)snprintf(expected, sizeof(expected),
			    "192.0.2.1 1760000000000 %lld  minute\n",
			    (long long)rows[i].ends);
		snprintf(expected + at, sizeof(expected) - at,
		    "192.0.2.2 1760000000000 -1  for ever\n");
		ck_assert_int_eq(
		    load_text(NOON + rows[i].wall, 0, text), STORE_OK);
		ck_assert_str_eq(text, expected);
	}
}
END_TEST

START_TEST(ends_that_do_not_fit)
{
	static const uint64_t ends[] = {DYNAMIC_FOREVER - 1,
	    (uint64_t)INT64_MAX + 2000, (uint64_t)INT64_MAX};
	char text[TEXT_SIZE];
	struct kept kept;

	open_kept(&kept, STORE_NONE);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		kept_add(&kept, "192.0.2.1", ends[i], "", "");
		ck_assert_int_eq(store_sync(kept.store, store_error), STORE_OK);
	}
	close_kept(&kept);
	ck_assert_int_eq(load_text(-1, DYNAMIC_FOREVER - 5, text), STORE_OK);
	ck_assert_str_eq(text, "192.0.2.1 1760000000000 -2  \n");
}
END_TEST

/* A renewal that has ended meanwhile takes the first one with it. */
START_TEST(a_shorter_renewal_holds)
{
	char text[TEXT_SIZE];
	struct kept kept;

	open_kept(&kept, STORE_NONE);
	kept_add(&kept, "192.0.2.1", DYNAMIC_FOREVER, "", "for ever");
	kept_save(&kept);
	kept_add(&kept, "192.0.2.1", 2000, "", "a second");
	close_kept(&kept);
	ck_assert_int_eq(load_text(NOON + DAY, 0, text), STORE_OK);
	ck_assert_str_eq(text, "");
}
END_TEST

/* ---- the directory ---- */

START_TEST(the_directory_is_made)
{
	struct stat status;
	struct store *store;
	char path[512];

	snprintf(path, sizeof(path), "%s", path_of("state"));
	store = store_open(path, store_error);
	ck_assert_msg(store != NULL, "%s", store_error);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0700);
	store_close(store);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(directories_that_cannot_be)
{
	struct bytes bytes = {.size = 1};

	write_bytes("file", &bytes);
	ck_assert_ptr_null(store_open(path_of("file"), store_error));
	ck_assert_ptr_nonnull(strstr(store_error, "file: Not a directory"));
	ck_assert_ptr_null(store_open(path_of("a/b"), store_error));
	ck_assert_ptr_nonnull(
	    strstr(store_error, "a/b: No such file or directory"));
}
END_TEST

START_TEST(two_do_not_share)
{
	struct store *store = open_store();

	ck_assert_ptr_null(store_open(directory, store_error));
	ck_assert_ptr_nonnull(strstr(store_error, ": another truesrc uses it"));
	store_close(store);
	store_close(open_store());
}
END_TEST

START_TEST(temporaries_are_removed)
{
	struct bytes bytes = {.size = 10};

	write_bytes("feed.good.0.tmp", &bytes);
	write_bytes("feed.good", &bytes);
	store_close(open_store());
	ck_assert(!is_there("feed.good.0.tmp"));
	ck_assert(is_there("feed.good"));
}
END_TEST

START_TEST(names_that_are_none)
{
	static const char *const names[] = {"", ".", "../feed", "a/b", "Feed",
	    "feed.good",
	    "0123456789012345678901234567890123456789012345678901234567890123"};
	struct store *store = open_store();
	struct dynamic *dynamic = dynamic_new();
	struct store_content content = {prefixes_of(""), 0};
	struct prefix prefix = prefix_of("192.0.2.1");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_assert_int_eq(
		    store_save_content(store, names[i], &content, store_error),
		    STORE_FAILED);
		ck_assert_ptr_nonnull(
		    strstr(store_error, "cannot be the name of a list"));
		ck_assert_int_eq(store_load_dynamic(store, names[i], dynamic, 0,
				     0, store_error),
		    STORE_FAILED);
		ck_assert_int_eq(
		    store_log_remove(store, names[i], &prefix, store_error),
		    STORE_FAILED);
	}
	prefixes_unref(content.prefixes);
	dynamic_free(dynamic);
	store_close(store);
}
END_TEST

/* A directory stands where a file is to be. */
START_TEST(files_that_cannot_be_read)
{
	struct dynamic *dynamic = dynamic_new();
	struct store *store = open_store();
	struct store_content content;

	ck_assert_int_eq(mkdir(path_of("feed.good"), 0700), 0);
	ck_assert_int_eq(mkdir(path_of("manual.entries"), 0700), 0);
	ck_assert_int_eq(mkfifo(path_of("other.journal0"), 0600), 0);
	ck_assert_int_eq(
	    store_load_content(store, "feed", &content, store_error),
	    STORE_FAILED);
	ck_assert_str_eq(store_error, "feed.good: not a regular file");
	content = (struct store_content){prefixes_of("192.0.2.1"), 0};
	ck_assert_int_eq(
	    store_save_content(store, "feed", &content, store_error),
	    STORE_FAILED);
	ck_assert_str_eq(
	    store_error, "feed.good: cannot be written: Is a directory");
	prefixes_unref(content.prefixes);
	ck_assert_int_eq(
	    store_load_dynamic(store, "manual", dynamic, 0, 0, store_error),
	    STORE_FAILED);
	ck_assert_str_eq(store_error, "manual.entries: not a regular file");
	ck_assert_int_eq(
	    store_log_clear(store, "manual", store_error), STORE_FAILED);
	ck_assert_int_eq(
	    store_load_dynamic(store, "other", dynamic, 0, 0, store_error),
	    STORE_FAILED);
	ck_assert_str_eq(store_error, "other.journal0: not a regular file");
	dynamic_free(dynamic);
	store_close(store);
}
END_TEST

/* Two lists in one store, one of them loaded again as after a reload. */
START_TEST(lists_do_not_mix)
{
	struct dynamic *other = dynamic_new();
	struct dynamic_entry entry = entry_of("192.0.2.7", NOON, 1, "", "");
	struct kept kept;
	char text[TEXT_SIZE];

	open_kept(&kept, STORE_NONE);
	ck_assert_int_eq(store_load_dynamic(kept.store, "other", other, NOON,
			     1000, store_error),
	    STORE_NONE);
	entry.ends = DYNAMIC_FOREVER;
	ck_assert_int_eq(
	    store_log_add(kept.store, "other", &entry, NOON, 1000, store_error),
	    STORE_OK);
	kept_add(&kept, "192.0.2.1", DYNAMIC_FOREVER, "", "mine");
	ck_assert_int_eq(store_load_dynamic(kept.store, "other", other, NOON,
			     1000, store_error),
	    STORE_OK);
	dynamic_text(other, text);
	ck_assert_str_eq(text, "192.0.2.7 1760000000000 -1  \n");
	close_kept(&kept);
	dynamic_free(other);
	expect(STORE_OK, "192.0.2.1 1760000000000 -1  mine\n");
}
END_TEST

static TCase *
contents(void)
{
	TCase *tcase = case_of("contents");

	tcase_add_test(tcase, content_comes_back);
	tcase_add_test(tcase, large_content_comes_back);
	return tcase;
}

static TCase *
dynamic_lists(void)
{
	TCase *tcase = case_of("dynamic lists");

	tcase_add_test(tcase, changes_come_back);
	tcase_add_test(tcase, snapshots_come_back);
	tcase_add_loop_test(tcase, changes_while_saving_come_back, 0, 2);
	tcase_add_test(tcase, an_empty_list_is_kept);
	tcase_add_test(tcase, long_journals_want_a_snapshot);
	tcase_add_test(tcase, longest_texts_come_back);
	tcase_add_loop_test(tcase, nothing_lives_longer_than_given, 0, 2);
	tcase_add_test(tcase, ends_that_do_not_fit);
	tcase_add_test(tcase, a_shorter_renewal_holds);
	tcase_add_test(tcase, lists_do_not_mix);
	return tcase;
}

static TCase *
directories(void)
{
	TCase *tcase = case_of("directories");

	tcase_add_test(tcase, the_directory_is_made);
	tcase_add_test(tcase, directories_that_cannot_be);
	tcase_add_test(tcase, two_do_not_share);
	tcase_add_test(tcase, temporaries_are_removed);
	tcase_add_test(tcase, names_that_are_none);
	tcase_add_test(tcase, files_that_cannot_be_read);
	return tcase;
}

int
main(void)
{
	Suite *suite = suite_create("store");

	suite_add_tcase(suite, contents());
	suite_add_tcase(suite, dynamic_lists());
	suite_add_tcase(suite, directories());
	return run_suite(suite);
}
