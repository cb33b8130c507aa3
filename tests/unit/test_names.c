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
