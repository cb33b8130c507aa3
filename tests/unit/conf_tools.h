/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_CONF_TOOLS_H
#define TESTS_UNIT_CONF_TOOLS_H

/* What the tests of conf/load share. */

#include <stdio.h>

#include "conf/load/load_text.h"
#include "tests/unit/text_tools.h"

/* The report as report_print() writes it; to be freed. */
static inline char *
report_text(const struct report *report)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(stream);
	report_print(report, stream);
	ck_assert_int_eq(fclose(stream), 0);
	return text;
}

/* The report must be exactly this; it is emptied. */
static inline void
expect_report(struct report *report, const char *expected)
{
	char *text = report_text(report);

	ck_assert_str_eq(text, expected);
	free(text);
	report_fini(report);
}

/* Loads a text that must be good, warnings or not. */
static inline struct settings *
load_good(const char *text)
{
	struct contents contents;
	struct report report;
	struct settings *settings;
	char *said;

	report_init(&report);
	settings_check_text(
	    "t", text, strlen(text), &report, &settings, &contents);
	said = report_text(&report);
	ck_assert_msg(settings != NULL, "%s\n%s", text, said);
	ck_assert_uint_eq(report.errors, 0);
	free(said);
	contents_fini(&contents);
	report_fini(&report);
	return settings;
}

/* Loads a text whose report must be this; gives whether it was good. */
static inline bool
load_and_expect(const char *text, const char *expected)
{
	struct contents contents;
	struct report report;
	struct settings *settings;
	bool good;

	report_init(&report);
	good = settings_check_text(
	    "t", text, strlen(text), &report, &settings, &contents);
	ck_assert(good == (settings != NULL));
	settings_unref(settings);
	contents_fini(&contents);
	expect_report(&report, expected);
	return good;
}

static inline char *
print_settings(const struct settings *settings)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(stream);
	settings_print(settings, stream);
	ck_assert_int_eq(fclose(stream), 0);
	return text;
}

/* Printing, reading and printing again gives the same text. */
static inline void
expect_same_again(const struct settings *settings)
{
	char *text = print_settings(settings);
	struct settings *again = load_good(text);
	char *text_again = print_settings(again);

	ck_assert_str_eq(text, text_again);
	free(text);
	free(text_again);
	settings_unref(again);
}

static inline const char *
prefix_text(const struct prefix *prefix, char text[PREFIX_TEXT_SIZE])
{
	prefix_format(prefix, text);
	return text;
}

#endif
