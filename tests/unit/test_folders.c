/* SPDX-License-Identifier: Apache-2.0 */

#include <sys/stat.h>
#include <unistd.h>

#include "conf/load/arena.h"
#include "tests/unit/conf_tools.h"

/* Directories of configuration, where one stands, and odd little files. */

static char folder[32];

static void
setup(void)
{
	strcpy(folder, "/tmp/truesrc-folders-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
}

static void
teardown(void)
{
	char command[64];

	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void
write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static struct settings *
load(const char *name, struct report *report)
{
	report_init(report);
	return settings_load(&name, 1, report);
}

/* ---- directories ---- */

START_TEST(files_of_a_directory)
{
	static const char *const names[] = {"conf", "conf/", "./conf//"};
	struct report report;

	mkdir("conf", 0700);
	write_file("conf/b.yaml", "policies: {two: {}, one: {}}\n");
	write_file("conf/a.yaml", "policies: {three: {}}\n");
	write_file("conf/.yaml", "not: {}\n");
	write_file("conf/.c.yaml", "not: {}\n");
	write_file("conf/c.yml", "not: {}\n");
	write_file("conf/c.yaml.bak", "not: {}\n");
	for (int i = 0; i < COUNT(names); i++) {
		struct settings *settings = load(names[i], &report);

		ck_assert_ptr_nonnull(settings);
		ck_assert_uint_eq(settings->policy_count, 3);
		ck_assert_str_eq(settings->policies[0].name, "three");
		ck_assert_str_eq(settings->policies[1].name, "two");
		settings_unref(settings);
		report_fini(&report);
	}
}
END_TEST

START_TEST(directories_without_files)
{
	struct report report;

	mkdir("none", 0700);
	write_file("none/x.yml", "policies: {}\n");
	ck_assert_ptr_null(load("none", &report));
	expect_report(&report, "none: error: no *.yaml is in this directory\n");
}
END_TEST

/* ---- paths as they are printed: absolute, if it is known from where ---- */

#define SOCKET(path) "listen: [{address: \"unix:" path "\"}]\npolicies: {}\n"

static void
expect_printed(const char *text, const char *line)
{
	struct settings *settings = load_good(text);
	char *printed = print_settings(settings);

	ck_assert_msg(strstr(printed, line) != NULL, "%s", printed);
	free(printed);
	settings_unref(settings);
}

START_TEST(printed_from_here)
{
	char line[100];

	sprintf(line, "\"unix:%s/run/a.sock\"", folder);
	expect_printed(SOCKET("run/a.sock"), line);
	expect_printed(SOCKET("././run/a.sock"), line);
	expect_printed(SOCKET("/run/a.sock"), "\"unix:/run/a.sock\"");
}
END_TEST

START_TEST(printed_from_the_root)
{
	ck_assert_int_eq(chdir("/"), 0);
	expect_printed(SOCKET("run/a.sock"), "\"unix:/run/a.sock\"");
}
END_TEST

START_TEST(printed_from_nowhere)
{
	mkdir("gone", 0700);
	ck_assert_int_eq(chdir("gone"), 0);
	ck_assert_int_eq(rmdir("../gone"), 0);
	expect_printed(SOCKET("run/a.sock"), "\"unix:run/a.sock\"");
}
END_TEST

START_TEST(printed_from_a_name_of_two_lines)
{
	mkdir("two\nlines", 0700);
	ck_assert_int_eq(chdir("two\nlines"), 0);
	expect_printed(SOCKET("run/a.sock"), "\"unix:run/a.sock\"");
}
END_TEST

/* A socket's absolute path could be longer than a socket may have. */
START_TEST(printed_as_long_as_it_may_be)
{
	const char *hundred =
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aa";
	char text[200], line[140];

	sprintf(text, SOCKET("%s"), hundred);
	sprintf(line, "\"unix:%s\"", hundred);
	expect_printed(text, line);
}
END_TEST

/* ---- small things ---- */

/*
 * Whatever the few bytes are, they are read or refused, and what is refused is
 * refused at a place that is there.
 */
START_TEST(every_short_text)
{
	static const char bytes[] = "[]:1a \n\"";
	enum { LENGTH = 5, KINDS = sizeof(bytes) - 1 };
	long count = 1;

	for (int i = 0; i < LENGTH; i++)
		count *= KINDS;
	for (long number = 0; number < count; number++) {
		char text[LENGTH + 1] = "";
		struct settings *settings;
		struct report report;
		long rest = number;

		for (int i = 0; i < LENGTH; i++, rest /= KINDS)
			text[i] = bytes[rest % KINDS];
		report_init(&report);
		settings = settings_load_text("t", text, strlen(text), &report);
		ck_assert_msg(!settings == (report.errors > 0), "%s", text);
		for (size_t i = 0; i < report.count; i++)
			ck_assert_msg(
			    report.entries[i].place.line <= LENGTH + 1 &&
				report.entries[i].place.column <= LENGTH + 1,
			    "%s", text);
		settings_unref(settings);
		report_fini(&report);
	}
}
END_TEST

START_TEST(an_arena_takes_any_size)
{
	struct arena arena;
	char *text;

	arena_init(&arena);
	ck_assert_ptr_nonnull(arena_alloc(&arena, 1, 1000000));
	text = arena_text(&arena, NULL, 0);
	ck_assert_str_eq(text, "");
	ck_assert(!arena.failed);
	ck_assert_ptr_null(arena_alloc(&arena, 1, SIZE_MAX / 2 + 1));
	ck_assert(arena.failed);
	arena_fini(&arena);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("folders");
	TCase *all = tcase_create("all");

	tcase_set_timeout(all, 60);
	tcase_add_checked_fixture(all, setup, teardown);
	tcase_add_test(all, files_of_a_directory);
	tcase_add_test(all, directories_without_files);
	tcase_add_test(all, printed_from_here);
	tcase_add_test(all, printed_from_the_root);
	tcase_add_test(all, printed_from_nowhere);
	tcase_add_test(all, printed_from_a_name_of_two_lines);
	tcase_add_test(all, printed_as_long_as_it_may_be);
	tcase_add_test(all, every_short_text);
	tcase_add_test(all, an_arena_takes_any_size);
	suite_add_tcase(suite, all);
	return run_tests(suite);
}
