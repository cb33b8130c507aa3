/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/like.h"
#include "conf/lists/prefixes.h"
#include "tests/unit/conf_tools.h"

/* ---- ready policies ---- */

START_TEST(like_overrides)
{
	struct settings *settings = load_good(
	    "policies:\n"
	    "  p:\n"
	    "    ip: {unspecified: reject}\n"
	    "    proxy: {unknown: reject}\n"
	    "    trust: [192.0.2.1]\n"
	    "    like: apache-remoteip\n"
	    "  q: {like: apache-remoteip, sources: [], proxy: require}\n");
	const struct policy_settings *p = &settings->policies[0];
	const struct policy_settings *q = &settings->policies[1];

	ck_assert_str_eq(p->like, "apache-remoteip");
	ck_assert_int_eq(p->ip.port, PORT_INVALID);
	ck_assert(p->ip.zone_strip && p->ip.unspecified_reject);
	ck_assert_int_eq(p->proxy.mode, PROXY_IGNORE);
	ck_assert_int_eq(p->proxy.unknown, WORD_REJECT);
	ck_assert_uint_eq(p->trust.count, 1);
	ck_assert_uint_eq(p->source_count, 1);
	ck_assert_str_eq(p->sources[0].name, "x-forwarded-for");
	ck_assert_str_eq(p->sources[0].place.file, "like:apache-remoteip");
	ck_assert_uint_eq(q->source_count, 0);
	ck_assert_int_eq(q->proxy.mode, PROXY_REQUIRE);
	ck_assert_int_eq(q->proxy.unknown, WORD_PEER);
	ck_assert_uint_eq(q->trust.count, 0);
	settings_unref(settings);
}
END_TEST

/* All of them load, and say no more of themselves than they mean to. */
START_TEST(every_ready_policy)
{
	for (size_t i = 0; i < like_file_count; i++) {
		char text[256];
		struct settings *settings;

		ck_assert_ptr_eq(like_find(like_files[i].name), &like_files[i]);
		ck_assert(i == 0 || strcmp(like_files[i - 1].name,
					like_files[i].name) < 0);
		snprintf(text, sizeof(text), "policies: {p: {like: %s}}",
		    like_files[i].name);
		settings = load_good(text);
		ck_assert_str_eq(
		    settings->policies[0].like, like_files[i].name);
		settings_unref(settings);
	}
	ck_assert_uint_ge(like_file_count, 2);
	ck_assert_ptr_null(like_find(""));
	ck_assert_ptr_null(like_find("zzz"));
}
END_TEST

static size_t
count_lines_with(const char *text, const char *part)
{
	size_t count = 0;

	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		count++;
	return count;
}

/* Whoever uses it is warned; what is in it is told once. */
/* All that is said of a text; to be freed. */
static char *
report_of(const char *text)
{
	struct contents contents;
	struct settings *settings;
	struct report report;
	char *said;

	report_init(&report);
	ck_assert(settings_check_text(
	    "t", text, strlen(text), &report, &settings, &contents));
	said = report_text(&report);
	settings_unref(settings);
	contents_fini(&contents);
	report_fini(&report);
	return said;
}

START_TEST(ready_policy_used_twice)
{
	static const char once[] = "policies: {a: {like: rails}}";
	static const char twice[] =
	    "policies: {a: {like: rails}, b: {like: rails}}";
	char *text = report_of(once);
	char *text_twice = report_of(twice);

	ck_assert_uint_ge(
	    count_lines_with(text, "t:1:22: warning: rails: "), 1);
	ck_assert_uint_eq(
	    count_lines_with(text_twice, "t:1:22: warning: rails: "),
	    count_lines_with(text, "t:1:22: warning: rails: "));
	ck_assert_uint_eq(
	    count_lines_with(text_twice, "t:1:40: warning: rails: "),
	    count_lines_with(text, "t:1:22: warning: rails: "));
	ck_assert_uint_ge(count_lines_with(text, "like:rails:"), 1);
	ck_assert_uint_eq(count_lines_with(text_twice, "like:rails:"),
	    count_lines_with(text, "like:rails:"));
	free(text);
	free(text_twice);
}
END_TEST

/* ---- files ---- */

static char folder[] = "/tmp/test_settings.XXXXXX";

static void
write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static void
make_folder(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void
remove_folder(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(paths_are_relative_to_their_file)
{
	char path[128], expected[128];
	const char *paths[] = {path};
	struct contents contents;
	struct report report;
	struct settings *settings;

	write_file("list.txt", "192.0.2.1\n192.0.2.2\n");
	write_file("conf.yaml", "lists: {l: {file: list.txt}}\n"
				"listen: [{address: unix:run/sock}]\n"
				"policies: {p: {rules: [{deny: l}]}}\n");
	snprintf(path, sizeof(path), "%s/conf.yaml", folder);
	report_init(&report);
	ck_assert(settings_check(paths, 1, &report, &settings, &contents));
	expect_report(&report, "");
	ck_assert_ptr_nonnull(settings);
	ck_assert_int_eq(settings->lists[0].source, LIST_FILE);
	ck_assert_uint_eq(settings->lists[0].count, 0);
	ck_assert_uint_eq(contents.count, 1);
	ck_assert_uint_eq(prefixes_count(contents.of[0]), 2);
	contents_fini(&contents);
	ck_assert_str_eq(settings->lists[0].file_written, "list.txt");
	snprintf(expected, sizeof(expected), "%s/list.txt", folder);
	ck_assert_str_eq(settings->lists[0].file, expected);
	snprintf(expected, sizeof(expected), "%s/run/sock", folder);
	ck_assert_str_eq(settings->listens[0].path, expected);
	expect_same_again(settings);
	settings_unref(settings);
}
END_TEST

START_TEST(errors_before_do_not_count)
{
	struct report report;
	struct settings *settings;
	const char *text = "policies: {p: {}}";

	report_init(&report);
	report_error(&report, (struct place){"x", 1, 1}, "before");
	settings = settings_load_text("t", text, strlen(text), &report);
	ck_assert_ptr_nonnull(settings);
	settings_unref(settings);
	expect_report(&report, "x:1:1: error: before\n");
}
END_TEST

START_TEST(no_files_at_all)
{
	struct report report;
	struct settings *settings;

	report_init(&report);
	settings = settings_load(NULL, 0, &report);
	ck_assert_ptr_nonnull(settings);
	settings_unref(settings);
	settings_unref(NULL);
	expect_report(&report,
	    "warning: there are no policies: every request gets no-policy\n");
}
END_TEST

/* ---- limits ---- */

static char *
many_policies(unsigned count)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(stream);
	fputs("policies:\n", stream);
	for (unsigned i = 0; i < count; i++)
		fprintf(stream, "  p%u: {}\n", i);
	ck_assert_int_eq(fclose(stream), 0);
	return text;
}

START_TEST(twenty_thousand_policies)
{
	char *text = many_policies(20000);
	struct settings *settings = load_good(text);

	ck_assert_uint_eq(settings->policy_count, 20000);
	ck_assert_str_eq(settings->policies[19999].name, "p19999");
	settings_unref(settings);
	free(text);
}
END_TEST

static char *
many_headers(unsigned count)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(stream);
	fputs("policies:\n", stream);
	for (unsigned i = 0; i < count; i++) {
		if (i % 32 == 0)
			fprintf(stream,
			    "  p%u:\n    trust: 192.0.2.1\n    sources:\n", i);
		fprintf(stream, "      - {header: X-%u}\n", i);
	}
	fputs(
	    "  again: {trust: 192.0.2.1, sources: [{header: x-0}]}\n", stream);
	ck_assert_int_eq(fclose(stream), 0);
	return text;
}

START_TEST(limit_of_headers)
{
	char *text = many_headers(FIELDS_MAX - FORWARD_COUNT);
	struct report report;

	settings_unref(load_good(text));
	free(text);
	text = many_headers(FIELDS_MAX - FORWARD_COUNT + 1);
	report_init(&report);
	ck_assert_ptr_null(
	    settings_load_text("t", text, strlen(text), &report));
	free(text);
	/* The last source: 1017 sources and three lines for each 32. */
	expect_report(&report,
	    "t:1115:9: error: the policies read more than 1017 headers\n");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("load");
	TCase *all = tcase_create("all");
	TCase *files = tcase_create("files");

	tcase_add_test(all, like_overrides);
	tcase_add_test(all, every_ready_policy);
	tcase_add_test(all, ready_policy_used_twice);
	tcase_add_test(all, errors_before_do_not_count);
	tcase_add_test(all, no_files_at_all);
	tcase_add_test(all, twenty_thousand_policies);
	tcase_add_test(all, limit_of_headers);
	tcase_set_timeout(all, 30);
	suite_add_tcase(suite, all);
	tcase_add_unchecked_fixture(files, make_folder, remove_folder);
	tcase_add_test(files, paths_are_relative_to_their_file);
	suite_add_tcase(suite, files);
	return run_tests(suite);
}
