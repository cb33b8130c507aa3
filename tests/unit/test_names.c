/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>

#include "agent/policy/names.h"
#include "conf/load/settings.h"

static struct slot
find(const struct names *names, const char *text)
{
	return names_find(names, view_of(text));
}

START_TEST(words_of_the_interface)
{
	struct names *names = names_new();

	ck_assert_int_eq(find(names, "peer").kind, SLOT_PEER);
	ck_assert_int_eq(find(names, "PEER").kind, SLOT_PEER);
	ck_assert_int_eq(find(names, "src").kind, SLOT_SRC);
	ck_assert_int_eq(find(names, "proxied").kind, SLOT_PROXIED);
	ck_assert_int_eq(find(names, "Headers").kind, SLOT_HEADERS);
	ck_assert_int_eq(find(names, "policy").kind, SLOT_POLICY);
	ck_assert_int_eq(find(names, "prefix").kind, SLOT_PREFIX);
	ck_assert_int_eq(find(names, "peer2").kind, SLOT_UNKNOWN);
	ck_assert_int_eq(find(names, "pee").kind, SLOT_UNKNOWN);
	ck_assert_int_eq(find(names, "").kind, SLOT_UNKNOWN);
	ck_assert_int_eq(find(names, "h.").kind, SLOT_UNKNOWN);
	names_free(names);
}
END_TEST

START_TEST(lines_of_a_field)
{
	struct names *names = names_new();
	int field = names_add_field(names, VIEW("X-Forwarded-For"));
	int single = names_add_field(names, VIEW("x.1"));
	struct slot slot;

	ck_assert_int_eq(field, 0);
	ck_assert_int_eq(single, 1);
	ck_assert_int_eq(names_add_field(names, VIEW("x-forwarded-FOR")), 0);
	ck_assert_uint_eq(names_fields(names), 2);
	slot = find(names, "h.x-forwarded-for");
	ck_assert_int_eq(slot.kind, SLOT_FIELD_LINE);
	ck_assert_int_eq(slot.index, 0);
	ck_assert_int_eq(slot.distance, 0);
	for (unsigned line = 2; line <= LINES_BY_NAME_MAX; line++) {
		char text[40];

		snprintf(text, sizeof(text), "H.X-Forwarded-For.%u", line);
		slot = find(names, text);
		ck_assert_msg(slot.kind == SLOT_FIELD_LINE, "%s", text);
		ck_assert_int_eq(slot.distance, line - 1);
	}
	ck_assert_int_eq(
	    find(names, "h.x-forwarded-for.count").kind, SLOT_FIELD_COUNT);
	ck_assert_int_eq(
	    find(names, "h.x-forwarded-for.11").kind, SLOT_FIELD_UNREAD);
	ck_assert_int_eq(
	    find(names, "h.x-forwarded-for.1").kind, SLOT_FIELD_UNREAD);
	ck_assert_int_eq(
	    find(names, "h.x-forwarded-for.0").kind, SLOT_FIELD_UNREAD);
	ck_assert_int_eq(find(names, "h.x.1").kind, SLOT_FIELD_LINE);
	ck_assert_int_eq(find(names, "h.x.1").index, 1);
	slot = find(names, "h.other.count");
	ck_assert_int_eq(slot.kind, SLOT_FIELD_UNREAD);
	ck_assert(slot.counts);
	ck_assert_int_eq(names_find_field(names, VIEW("X-FORWARDED-FOR")), 0);
	ck_assert_int_eq(names_find_field(names, VIEW("X_Forwarded_For")), -1);
	names_free(names);
}
END_TEST

/* What looks like an ending, and names that are too short for one. */
START_TEST(endings_of_a_name)
{
	static const struct {
		const char *argument;
		const char *field;
		int distance; /* -1: the count */
	} rows[] = {
	    {"h.f", "f", 0},
	    {"h.ff", "ff", 0},
	    {"h.fff", "fff", 0},
	    {"h.f.2", "f", 1},
	    {"h.f.9", "f", 8},
	    {"h.f.10", "f", 9},
	    {"h.f.1", "f.1", 0},
	    {"h.f.a", "f.a", 0},
	    {"h.f.11", "f.11", 0},
	    {"h.f.20", "f.20", 0},
	    {"h.fff10", "fff10", 0},
	    {"h.f2", "f2", 0},
	    {"h.f.2.3", "f.2", 2},
	    {"h.f.count", "f", -1},
	    {"h.f.COUNT", "f", -1},
	    {"h.f.counts", "f.counts", 0},
	    {"h..2", ".2", 0},
	    {"h..10", ".10", 0},
	    {"h..count", ".count", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct names *names = names_new();
		struct slot slot;

		names_add_field(names, VIEW("other"));
		names_add_field(names, view_of(rows[i].field));
		slot = find(names, rows[i].argument);
		ck_assert_msg(slot.index == 1, "%s", rows[i].argument);
		ck_assert_msg(
		    slot.kind == (rows[i].distance < 0 ? SLOT_FIELD_COUNT
						       : SLOT_FIELD_LINE),
		    "%s", rows[i].argument);
		if (rows[i].distance >= 0)
			ck_assert_int_eq(slot.distance, rows[i].distance);
		names_free(names);
	}
}
END_TEST

START_TEST(names_of_one_hash)
{
	struct names *names = names_new();

	ck_assert_int_eq(names_add_argument(names, VIEW("costarring")), 0);
	ck_assert_int_eq(names_add_argument(names, VIEW("liquid")), 1);
	ck_assert_int_eq(find(names, "costarring").index, 0);
	ck_assert_int_eq(find(names, "liquid").index, 1);
	names_free(names);
}
END_TEST

START_TEST(a_word_stays_a_word)
{
	struct names *names = names_new();

	names_add_argument(names, VIEW("Peer"));
	ck_assert_int_eq(find(names, "peer").kind, SLOT_PEER);
	names_free(names);
}
END_TEST

START_TEST(arguments_are_no_fields)
{
	struct names *names = names_new();

	ck_assert_int_eq(names_add_argument(names, VIEW("Arg_IP")), 0);
	ck_assert_int_eq(names_add_argument(names, VIEW("arg_ip")), 0);
	ck_assert_int_eq(find(names, "ARG_ip").kind, SLOT_ARGUMENT);
	ck_assert_int_eq(find(names, "h.arg_ip").kind, SLOT_FIELD_UNREAD);
	ck_assert(view_equal(names_argument(names, 0), VIEW("arg_ip")));
	names_free(names);
}
END_TEST

START_TEST(as_many_as_there_may_be)
{
	struct names *names = names_new();
	char text[24];

	for (int i = 0; i < FIELDS_MAX; i++) {
		snprintf(text, sizeof(text), "x-%d", i);
		ck_assert_int_eq(names_add_field(names, view_of(text)), i);
		ck_assert_int_eq(names_add_argument(names, view_of(text)), i);
	}
	ck_assert_int_eq(names_add_field(names, VIEW("one-more")), -1);
	ck_assert_int_eq(names_add_argument(names, VIEW("one-more")), -1);
	for (int i = 0; i < FIELDS_MAX; i++) {
		snprintf(text, sizeof(text), "h.X-%d", i);
		ck_assert_int_eq(find(names, text).index, i);
		ck_assert_int_eq(names_find_field(names, view_of(text + 2)), i);
	}
	names_free(names);
	names_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("names");
	TCase *cases = tcase_create("names");
	SRunner *runner;
	int failed;

	tcase_add_test(cases, words_of_the_interface);
	tcase_add_test(cases, lines_of_a_field);
	tcase_add_test(cases, endings_of_a_name);
	tcase_add_test(cases, names_of_one_hash);
	tcase_add_test(cases, a_word_stays_a_word);
	tcase_add_test(cases, arguments_are_no_fields);
	tcase_add_test(cases, as_many_as_there_may_be);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
