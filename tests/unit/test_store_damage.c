/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store_tools.h"

/*
 * Files that were damaged, cut, mixed up or are of a newer version: what was
 * kept comes back, or less of it, and then it is said; never anything else.
 */

/* ---- contents ---- */

/* It must be what was saved, or be found broken and kept aside. */
static void
load_damaged_content(const struct bytes *bytes, size_t place)
{
	char text[TEXT_SIZE];
	int64_t taken;

	write_bytes("feed.good", bytes);
	ck_assert_msg(load_content(text, &taken) == STORE_BROKEN,
	    "byte %zu: %s", place, text);
	ck_assert(strncmp(store_error, "feed.good: ", 11) == 0);
	ck_assert(strstr(store_error, "; kept as feed.good.bad") != NULL);
	ck_assert(!is_there("feed.good") && is_there("feed.good.bad"));
}

static const uint8_t masks[] = {0x01, 0x10, 0x80, 0xff};

START_TEST(damaged_content_is_broken)
{
	struct bytes bytes;

	save_content(content_text, NOON);
	read_bytes("feed.good", &bytes);
	for (size_t i = 0; i < bytes.size; i++)
		for (size_t k = 0; k < sizeof(masks); k++) {
			bytes.data[i] ^= masks[k];
			load_damaged_content(&bytes, i);
			bytes.data[i] ^= masks[k];
		}
}
END_TEST

START_TEST(truncated_content_is_broken)
{
	struct bytes bytes;

	save_content(content_text, NOON);
	read_bytes("feed.good", &bytes);
	while (bytes.size-- > 0)
		load_damaged_content(&bytes, bytes.size);
}
END_TEST

START_TEST(longer_content_is_broken)
{
	struct bytes bytes;

	save_content(content_text, NOON);
	read_bytes("feed.good", &bytes);
	bytes.data[bytes.size++] = 0;
	load_damaged_content(&bytes, bytes.size);
	/* The end once more, which is right but for its place. */
	bytes.size--;
	memcpy(bytes.data + bytes.size, bytes.data + bytes.size - 21, 21);
	bytes.size += 21;
	load_damaged_content(&bytes, bytes.size);
}
END_TEST

START_TEST(content_of_another_list_is_broken)
{
	struct bytes bytes;
	struct store_content content;
	struct store *store;

	save_content(content_text, NOON);
	read_bytes("feed.good", &bytes);
	write_bytes("other.good", &bytes);
	store = open_store();
	ck_assert_int_eq(
	    store_load_content(store, "other", &content, store_error),
	    STORE_BROKEN);
	ck_assert_str_eq(store_error,
	    "other.good: the file of another list or purpose; kept as "
	    "other.good.bad");
	ck_assert_ptr_null(content.prefixes);
	store_close(store);
}
END_TEST

/* ---- of a newer version ---- */

/*
 * Header of version 2, kind 1, time 0, generation 0, name "feed", with its
 * sum; what is behind it is for that version to know.
 */
static void
make_newer(const char *name)
{
	static const uint8_t header[] = {'t', 'r', 'u', 'e', 's', 'r', 'c',
	    '\n', 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	    0, 0, 0, 'f', 'e', 'e', 'd'};
	static const uint8_t sum[] = {
	    0xbf, 0xbd, 0xcf, 0x22, 0x55, 0xa5, 0xeb, 0xbb};
	struct bytes bytes = {.size = 112};

	memcpy(bytes.data, header, sizeof(header));
	memcpy(bytes.data + 104, sum, sizeof(sum));
	write_bytes(name, &bytes);
}

START_TEST(newer_files_are_left)
{
	char text[TEXT_SIZE];
	int64_t taken;

	make_newer("feed.good");
	ck_assert_int_eq(load_content(text, &taken), STORE_BROKEN);
	ck_assert_str_eq(store_error,
	    "feed.good: of version 2, made by a newer truesrc; left as it is");
	ck_assert(is_there("feed.good") && !is_there("feed.good.bad"));
}
END_TEST

START_TEST(newer_lists_are_not_touched)
{
	static const char *const files[] = {
	    "manual.entries", "manual.journal0", "manual.journal1"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct store *store = open_store();
		struct dynamic *dynamic = dynamic_new();
		struct dynamic_entry entry =
		    entry_of("192.0.2.1", NOON, 1, "", "");
		struct bytes before, after;

		make_newer(files[i]);
		read_bytes(files[i], &before);
		ck_assert_int_eq(store_load_dynamic(store, "manual", dynamic,
				     NOON, 0, store_error),
		    STORE_BROKEN);
		ck_assert(strstr(store_error, "of version 2, made by a newer "
					      "truesrc; left as it is"));
		ck_assert_int_eq(store_log_add(store, "manual", &entry, NOON, 0,
				     store_error),
		    STORE_FAILED);
		ck_assert_int_eq(store_save_dynamic(store, "manual", dynamic,
				     NOON, 0, store_error),
		    STORE_FAILED);
		ck_assert_str_eq(store_error,
		    "manual: what is kept could not be read and is left as "
		    "it is");
		ck_assert(!store_wants_snapshot(store, "manual"));
		read_bytes(files[i], &after);
		ck_assert_mem_eq(before.data, after.data, before.size);
		store_close(store);
		dynamic_free(dynamic);
		empty_directory();
	}
}
END_TEST

/* ---- damage ---- */

/* Three changes in the journal of a snapshot, and what each makes of it. */
static const char *const stages[] = {
    "192.0.2.1 1760000000000 -1  snapshot\n",
    "192.0.2.1 1760000000000 -1  snapshot\n"
    "192.0.2.2 1760000000000 9000 alice first\n",
    "192.0.2.2 1760000000000 9000 alice first\n",
    "192.0.2.2 1760000000000 9000 alice first\n"
    "2001:db8::1 1760000000000 -1  third\n",
};

enum { STAGES = 4 };

static const char journal[] = "manual.journal1";

static void
make_stages(struct bytes *snapshot, struct bytes *changes)
{
	struct kept kept;

	open_kept(&kept, STORE_NONE);
	kept_add(&kept, "192.0.2.1", DYNAMIC_FOREVER, "", "snapshot");
	kept_save(&kept);
	kept_add(&kept, "192.0.2.2", 9000, "alice", "first");
	kept_drop(&kept, "192.0.2.1");
	kept_add(&kept, "2001:db8::1", DYNAMIC_FOREVER, "", "third");
	close_kept(&kept);
	read_bytes("manual.entries", snapshot);
	read_bytes(journal, changes);
}

static void
restore_stages(const struct bytes *snapshot, const struct bytes *changes)
{
	empty_directory();
	write_bytes("manual.entries", snapshot);
	write_bytes(journal, changes);
}

static int
stage_of(const char *text)
{
	for (int i = 0; i < STAGES; i++)
		if (strcmp(text, stages[i]) == 0)
			return i;
	return -1;
}

/* Loaded once more it is the same, and no harm is left to be told. */
static void
loads_again(const char *expected, size_t place)
{
	char text[TEXT_SIZE];
	enum store_result result = load_text(NOON, 1000, text);

	ck_assert_msg(result == STORE_OK || result == STORE_NONE,
	    "byte %zu: %s", place, store_error);
	ck_assert_str_eq(text, expected);
}

START_TEST(damaged_snapshots_are_broken)
{
	struct bytes snapshot, changes;
	char text[TEXT_SIZE];

	make_stages(&snapshot, &changes);
	for (size_t i = 0; i < snapshot.size; i++)
		for (size_t k = 0; k < sizeof(masks); k++) {
			struct bytes damaged = snapshot;

			damaged.data[i] ^= masks[k];
			restore_stages(&damaged, &changes);
			ck_assert_msg(
			    load_text(NOON, 1000, text) == STORE_BROKEN,
			    "byte %zu", i);
			ck_assert_str_eq(text, "");
			ck_assert(is_there("manual.entries.bad"));
			ck_assert(is_there("manual.journal1.bad"));
			loads_again("", i);
		}
	for (size_t size = snapshot.size; size-- > 0;) {
		struct bytes damaged = snapshot;

		damaged.size = size;
		restore_stages(&damaged, &changes);
		ck_assert_int_eq(load_text(NOON, 1000, text), STORE_BROKEN);
		ck_assert_str_eq(text, "");
		loads_again("", size);
	}
}
END_TEST

static void
is_kept_aside(const char *name, const struct bytes *bytes)
{
	struct bytes aside;

	read_bytes(name, &aside);
	ck_assert_uint_eq(aside.size, bytes->size);
	ck_assert_mem_eq(aside.data, bytes->data, bytes->size);
}

/* What stands before the damage counts; a wrong length may look torn. */
START_TEST(damaged_journals_are_broken)
{
	struct bytes snapshot, changes;
	unsigned cut = 0;

	make_stages(&snapshot, &changes);
	for (size_t i = 0; i < changes.size; i++)
		for (size_t k = 0; k < sizeof(masks); k++) {
			struct bytes damaged = changes;
			enum store_result result;
			char text[TEXT_SIZE];

			damaged.data[i] ^= masks[k];
			restore_stages(&snapshot, &damaged);
			result = load_text(NOON, 1000, text);
			ck_assert_msg(
			    stage_of(text) >= 0 && stage_of(text) < STAGES - 1,
			    "byte %zu: %s", i, text);
			cut += result == STORE_OK;
			ck_assert(result == STORE_BROKEN ||
				  (result == STORE_OK &&
				      stage_of(text) == STAGES - 2));
			if (result == STORE_BROKEN)
				is_kept_aside("manual.journal1.bad", &damaged);
			loads_again(text, i);
		}
	/* Of the last record's length. */
	ck_assert_uint_le(cut, sizeof(masks));
}
END_TEST

START_TEST(torn_journals_are_cut)
{
	struct bytes snapshot, changes;
	int last = STAGES - 1;

	make_stages(&snapshot, &changes);
	for (size_t size = changes.size; size >= 112; size--) {
		struct bytes torn = changes, cut;
		char text[TEXT_SIZE];
		struct kept kept;
		int stage;

		torn.size = size;
		restore_stages(&snapshot, &torn);
		ck_assert_int_eq(load_text(NOON, 1000, text), STORE_OK);
		stage = stage_of(text);
		ck_assert(stage >= 0 && stage <= last && stage >= last - 1);
		last = stage;
		read_bytes(journal, &cut);
		ck_assert_uint_le(cut.size, size);
		loads_again(stages[stage], size);
		/* And it goes on from there. */
		open_kept(&kept, STORE_OK);
		kept_clear(&kept);
		close_kept(&kept);
		loads_again("", size);
	}
	ck_assert_int_eq(last, 0);
}
END_TEST

START_TEST(a_journal_without_header_is_broken)
{
	struct bytes snapshot, changes;
	char text[TEXT_SIZE];

	make_stages(&snapshot, &changes);
	for (changes.size = 0; changes.size < 112; changes.size++) {
		restore_stages(&snapshot, &changes);
		ck_assert_int_eq(load_text(NOON, 1000, text), STORE_BROKEN);
		ck_assert_str_eq(store_error,
		    "manual.journal1: damaged at byte 0; what stands before "
		    "counts, kept as manual.*.bad");
		ck_assert_str_eq(text, stages[0]);
		loads_again(text, changes.size);
	}
}
END_TEST

START_TEST(a_hole_in_the_journal_is_broken)
{
	struct bytes snapshot, changes;
	char text[TEXT_SIZE];

	make_stages(&snapshot, &changes);
	/* As a machine leaves it that lost power: a part was not written. */
	memset(changes.data + 112, 0, 20);
	restore_stages(&snapshot, &changes);
	ck_assert_int_eq(load_text(NOON, 1000, text), STORE_BROKEN);
	ck_assert_str_eq(text, stages[0]);
	ck_assert_str_eq(store_error,
	    "manual.journal1: damaged at byte 112; what stands before counts, "
	    "kept as manual.*.bad");
	loads_again(text, 112);
}
END_TEST

/* A record that is right, but of another place: it is not done again. */
START_TEST(records_that_are_moved_are_none)
{
	enum { FIRST = 112, FIRST_SIZE = 12 + 1 + 6 + 24 + 6 + 6 };
	struct bytes snapshot, changes;
	char text[TEXT_SIZE];

	make_stages(&snapshot, &changes);
	memcpy(changes.data + changes.size, changes.data + FIRST, FIRST_SIZE);
	changes.size += FIRST_SIZE;
	restore_stages(&snapshot, &changes);
	ck_assert_int_eq(load_text(NOON, 1000, text), STORE_BROKEN);
	ck_assert_str_eq(text, stages[STAGES - 1]);
	is_kept_aside("manual.journal1.bad", &changes);
	loads_again(text, 0);
}
END_TEST

/* Files that do not belong together, as a backup may bring them. */
START_TEST(what_is_missing_is_told)
{
	struct bytes snapshot, changes;
	char text[TEXT_SIZE];

	make_stages(&snapshot, &changes);
	remove(path_of("manual.entries"));
	ck_assert_int_eq(load_text(NOON, 1000, text), STORE_BROKEN);
	ck_assert_str_eq(store_error,
	    "manual.journal0: missing; what stands before counts, kept as "
	    "manual.*.bad");
	ck_assert_str_eq(text, "");
	loads_again("", 0);
	restore_stages(&snapshot, &changes);
	remove(path_of(journal));
	loads_again(stages[0], 0);
}
END_TEST

/* Saving was cut off: two journals count, of which the older is damaged. */
START_TEST(what_is_behind_the_damage_is_kept)
{
	struct bytes first, second;
	struct store_saving *saving;
	char text[TEXT_SIZE];
	struct kept kept;

	open_kept(&kept, STORE_NONE);
	kept_add(&kept, "192.0.2.1", DYNAMIC_FOREVER, "", "");
	kept_add(&kept, "192.0.2.2", DYNAMIC_FOREVER, "", "");
	saving = store_saving_begin(
	    kept.store, "manual", kept.now_wall, store_error);
	ck_assert_ptr_nonnull(saving);
	kept_add(&kept, "192.0.2.9", DYNAMIC_FOREVER, "", "");
	ck_assert_int_eq(store_saving_end(saving, store_error), STORE_FAILED);
	close_kept(&kept);
	read_bytes("manual.journal0", &first);
	read_bytes("manual.journal1", &second);
	first.data[first.size / 2] ^= 1;
	write_bytes("manual.journal0", &first);
	ck_assert_int_eq(load_text(NOON, 1000, text), STORE_BROKEN);
	ck_assert_ptr_null(strstr(text, "192.0.2.9"));
	is_kept_aside("manual.journal0.bad", &first);
	is_kept_aside("manual.journal1.bad", &second);
}
END_TEST

START_TEST(past_journals_do_not_count)
{
	struct bytes snapshot, changes, past;
	struct kept kept;

	make_stages(&snapshot, &changes);
	past = changes;
	open_kept(&kept, STORE_OK);
	kept_save(&kept);
	kept_drop(&kept, "192.0.2.2");
	close_kept(&kept);
	write_bytes(journal, &past);
	loads_again("2001:db8::1 1760000000000 -1  third\n", 0);
}
END_TEST

static TCase *
contents(void)
{
	TCase *tcase = case_of("contents");

	tcase_add_test(tcase, damaged_content_is_broken);
	tcase_add_test(tcase, truncated_content_is_broken);
	tcase_add_test(tcase, longer_content_is_broken);
	tcase_add_test(tcase, content_of_another_list_is_broken);
	tcase_add_test(tcase, newer_files_are_left);
	return tcase;
}

static TCase *
damage(void)
{
	TCase *tcase = case_of("damage");

	tcase_add_test(tcase, newer_lists_are_not_touched);
	tcase_add_test(tcase, damaged_snapshots_are_broken);
	tcase_add_test(tcase, damaged_journals_are_broken);
	tcase_add_test(tcase, torn_journals_are_cut);
	tcase_add_test(tcase, a_journal_without_header_is_broken);
	tcase_add_test(tcase, a_hole_in_the_journal_is_broken);
	tcase_add_test(tcase, records_that_are_moved_are_none);
	tcase_add_test(tcase, what_is_missing_is_told);
	tcase_add_test(tcase, what_is_behind_the_damage_is_kept);
	tcase_add_test(tcase, past_journals_do_not_count);
	return tcase;
}

int
main(void)
{
	Suite *suite = suite_create("store_damage");

	suite_add_tcase(suite, contents());
	suite_add_tcase(suite, damage());
	return run_suite(suite);
}
