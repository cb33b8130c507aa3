/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_STORE_TOOLS_H
#define TESTS_UNIT_STORE_TOOLS_H

/* A state directory of a test's own, and lists written as text. */

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/store/store.h"

static char directory[64];
static char store_error[STORE_ERROR_SIZE];

/* In memory where there is such a place: it is synced very often. */
static inline void
make_directory(void)
{
	const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	snprintf(
	    directory, sizeof(directory), "%s/truesrc-store-XXXXXX", where);
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

static inline const char *
path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static inline void
empty_directory(void)
{
	DIR *entries = opendir(directory);
	const struct dirent *entry;

	if (!entries)
		return;
	while ((entry = readdir(entries)) != NULL)
		if (entry->d_name[0] != '.' &&
		    remove(path_of(entry->d_name)) < 0)
			rmdir(path_of(entry->d_name));
	closedir(entries);
}

static inline void
remove_directory(void)
{
	empty_directory();
	rmdir(directory);
}

static inline bool
is_there(const char *name)
{
	return access(path_of(name), F_OK) == 0;
}

static inline struct store *
open_store(void)
{
	struct store *store = store_open(directory, store_error);

	ck_assert_msg(store != NULL, "%s", store_error);
	return store;
}

/* ---- files as bytes ---- */

struct bytes {
	uint8_t data[65536];
	size_t size;
};

static inline void
read_bytes(const char *name, struct bytes *bytes)
{
	FILE *stream = fopen(path_of(name), "rb");

	ck_assert_msg(stream != NULL, "%s", name);
	bytes->size = fread(bytes->data, 1, sizeof(bytes->data), stream);
	ck_assert_uint_lt(bytes->size, sizeof(bytes->data));
	fclose(stream);
}

static inline void
write_bytes(const char *name, const struct bytes *bytes)
{
	int file = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(file, 0);
	ck_assert(
	    write(file, bytes->data, bytes->size) == (ssize_t)bytes->size);
	close(file);
}

/* ---- lists as text ---- */

static inline struct prefix
prefix_of(const char *text)
{
	struct prefix prefix;

	ck_assert_msg(
	    prefix_parse(view_of(text), &prefix) == PREFIX_OK, "%s", text);
	return prefix;
}

enum { TEXT_SIZE = 4096 };

/* "PREFIX PREFIX" */
static inline struct prefixes *
prefixes_of(const char *text)
{
	struct prefixes_builder builder = {.starved = false};
	char copy[TEXT_SIZE], *rest;
	struct prefixes *prefixes;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word = strtok_r(copy, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		struct prefix prefix = prefix_of(word);

		prefixes_add(&builder, &prefix);
	}
	prefixes = prefixes_finish(&builder);
	ck_assert_ptr_nonnull(prefixes);
	return prefixes;
}

static inline void
prefixes_text(const struct prefixes *prefixes, char text[TEXT_SIZE])
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < prefixes_count(prefixes); i++) {
		struct prefix prefix = prefixes_at(prefixes, i);

		if (i > 0)
			text[at++] = ' ';
		at += prefix_format(&prefix, text + at);
	}
}

/* "PREFIX SINCE ENDS WHO REASON", each in a line. */
static inline void
dynamic_text(const struct dynamic *dynamic, char text[TEXT_SIZE])
{
	struct dynamic_entry entry;
	struct prefix after;
	size_t at = 0;

	text[0] = '\0';
	while (dynamic_next(dynamic, at ? &after : NULL, &entry)) {
		after = entry.prefix;
		at += prefix_format(&after, text + at);
		at += (size_t)snprintf(text + at, TEXT_SIZE - at,
		    " %lld %lld %.*s %.*s\n", (long long)entry.since,
		    entry.ends == DYNAMIC_FOREVER ? -1LL
						  : (long long)entry.ends,
		    (int)entry.who.length, entry.who.data,
		    (int)entry.reason.length, entry.reason.data);
	}
}

static inline struct dynamic_entry
entry_of(const char *prefix, int64_t since, uint64_t ends, const char *who,
    const char *reason)
{
	return (struct dynamic_entry){
	    prefix_of(prefix), since, ends, view_of(reason), view_of(who)};
}

/* Opens the store, loads the list, says what is in it. */
static inline enum store_result
load_text(int64_t now_wall, uint64_t now, char text[TEXT_SIZE])
{
	struct store *store = open_store();
	struct dynamic *dynamic = dynamic_new();
	enum store_result result = store_load_dynamic(
	    store, "manual", dynamic, now_wall, now, store_error);

	dynamic_text(dynamic, text);
	dynamic_free(dynamic);
	store_close(store);
	return result;
}

/* ---- contents and dynamic lists that are kept ---- */

static const int64_t NOON = INT64_C(1760000000000);

static const char content_text[] =
    "10.0.0.0/8 192.0.2.1 192.0.2.128/25 2001:db8::/32 2001:db8::1";

static inline void
save_content(const char *text, int64_t taken)
{
	struct store_content content = {prefixes_of(text), taken};
	struct store *store = open_store();

	ck_assert_int_eq(
	    store_save_content(store, "feed", &content, store_error), STORE_OK);
	ck_assert_str_eq(store_error, "");
	store_close(store);
	prefixes_unref(content.prefixes);
}

/* Gives "" where there is nothing. */
static inline enum store_result
load_content(char text[TEXT_SIZE], int64_t *taken)
{
	struct store *store = open_store();
	struct store_content content;
	enum store_result result =
	    store_load_content(store, "feed", &content, store_error);

	text[0] = '\0';
	*taken = content.taken;
	ck_assert((result == STORE_OK) == (content.prefixes != NULL));
	if (content.prefixes)
		prefixes_text(content.prefixes, text);
	prefixes_unref(content.prefixes);
	store_close(store);
	return result;
}

struct kept {
	struct store *store;
	struct dynamic *dynamic;
	int64_t now_wall;
	uint64_t now;
};

static inline void
open_kept(struct kept *kept, enum store_result result)
{
	*kept = (struct kept){open_store(), dynamic_new(), NOON, 1000};
	ck_assert_int_eq(
	    store_load_dynamic(kept->store, "manual", kept->dynamic,
		kept->now_wall, kept->now, store_error),
	    result);
}

static inline void
close_kept(struct kept *kept)
{
	dynamic_free(kept->dynamic);
	store_close(kept->store);
}

static inline void
kept_add(struct kept *kept, const char *prefix, uint64_t ends, const char *who,
    const char *reason)
{
	struct dynamic_entry entry =
	    entry_of(prefix, kept->now_wall, ends, who, reason);

	ck_assert_int_eq(store_log_add(kept->store, "manual", &entry,
			     kept->now_wall, kept->now, store_error),
	    STORE_OK);
	ck_assert_int_ne(dynamic_add(kept->dynamic, &entry), DYNAMIC_STARVED);
}

static inline void
kept_drop(struct kept *kept, const char *prefix)
{
	struct prefix gone = prefix_of(prefix);

	ck_assert_int_eq(
	    store_log_remove(kept->store, "manual", &gone, store_error),
	    STORE_OK);
	dynamic_remove(kept->dynamic, &gone);
}

static inline void
kept_clear(struct kept *kept)
{
	ck_assert_int_eq(
	    store_log_clear(kept->store, "manual", store_error), STORE_OK);
	dynamic_clear(kept->dynamic);
}

static inline void
kept_save(struct kept *kept)
{
	ck_assert_msg(store_save_dynamic(kept->store, "manual", kept->dynamic,
			  kept->now_wall, kept->now, store_error) == STORE_OK,
	    "%s", store_error);
}

static inline TCase *
case_of(const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, make_directory, remove_directory);
	return tcase;
}

static inline int
run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failures;

	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
