/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/lists/prefixes.h"
#include "tests/unit/conf_tools.h"

START_TEST(defaults_of_a_list)
{
	struct settings *settings =
	    load_good("lists: {a: [192.0.2.1], b: {preset: cloudflare}}\n"
		      "policies: {p: {}}\n");
	const struct list_settings *list = &settings->lists[1];

	ck_assert_int_eq(settings->lists[0].source, LIST_INLINE);
	ck_assert_int_eq(list->source, LIST_PRESET);
	ck_assert_str_eq(list->preset, "cloudflare");
	ck_assert_int_eq(list->format, LIST_LINES);
	ck_assert_uint_eq(list->column, 1);
	ck_assert_ptr_null(list->file);
	ck_assert_ptr_null(list->path);
	ck_assert_ptr_null(list->export_);
	ck_assert_uint_eq(list->filter_count, 0);
	ck_assert_uint_eq(list->guard.tolerate, 0);
	ck_assert_uint_eq(list->guard.shrink, 30);
	ck_assert_uint_eq(list->guard.growth, 50);
	ck_assert_uint_eq(list->guard.widest_ipv4, 8);
	ck_assert_uint_eq(list->guard.widest_ipv6, 16);
	ck_assert_uint_eq(list->guard.never.count, 0);
	ck_assert_uint_eq(list->guard.allow_count, 0);
	ck_assert_uint_eq(list->guard.deny_count, 0);
	ck_assert_ptr_null(settings->control.path);
	ck_assert_ptr_null(settings->state_directory);
	settings_unref(settings);
}
END_TEST

START_TEST(every_key_of_a_list)
{
	struct settings *settings = load_good(
	    "state-directory: /var/lib/truesrc\n"
	    "control: {socket: /run/c.sock, mode: \"0660\"}\n"
	    "lists:\n"
	    "  a: {dynamic: true, export: /run/a.lst, guard: {tolerate: 1%,"
	    " shrink: 2%, growth: 300%, widest: [24, 48],"
	    " never: [b, 192.0.2.0/24], allow: [192.0.2.1, \"::1\"],"
	    " deny: \"::ffff:192.0.2.2\"}}\n"
	    "  b: {prefixes: [192.0.2.9], export: /run/b.lst}\n"
	    "policies: {p: {}}\n");
	const struct list_settings *list = &settings->lists[0];

	ck_assert_str_eq(settings->state_directory, "/var/lib/truesrc");
	ck_assert_str_eq(settings->control.path, "/run/c.sock");
	ck_assert_uint_eq(settings->control.mode, 0660);
	ck_assert_int_eq(list->source, LIST_DYNAMIC);
	ck_assert_str_eq(list->export_, "/run/a.lst");
	ck_assert_uint_eq(list->guard.tolerate, 1);
	ck_assert_uint_eq(list->guard.shrink, 2);
	ck_assert_uint_eq(list->guard.growth, 300);
	ck_assert_uint_eq(list->guard.widest_ipv4, 24);
	ck_assert_uint_eq(list->guard.widest_ipv6, 48);
	ck_assert_uint_eq(list->guard.never.count, 2);
	ck_assert_uint_eq(list->guard.never.items[0].list, 1);
	ck_assert_uint_eq(list->guard.allow_count, 2);
	ck_assert_int_eq(list->guard.allow[1].family, ADDRESS_IPV6);
	ck_assert_uint_eq(list->guard.deny_count, 1);
	ck_assert_int_eq(list->guard.deny[0].family, ADDRESS_IPV4);
	ck_assert_int_eq(settings->lists[1].source, LIST_INLINE);
	ck_assert_uint_eq(settings->lists[1].count, 1);
	ck_assert(!settings->lists[1].used_as_trust);
	expect_same_again(settings);
	settings_unref(settings);
}
END_TEST

/* Which lists deny anybody, or give a word. */
static const struct {
	const char *policy;
	bool denies;
	bool word; /* of its own: denied by it is nobody */
} deny_rows[] = {
    {"trust: l", false, false},
    {"rules: [{allow: l}]", false, false},
    {"rules: [{deny: l}]", true, false},
    {"rules: [{allow: 192.0.2.0/24}, {deny: [m, l]}]", true, false},
    {"rules: [{verdict: captcha, lists: [l]}]", true, true},
    {"rules: [{deny: m}]", false, false},
};

START_TEST(lists_used_to_deny)
{
	char text[256];
	struct settings *settings;

	snprintf(text, sizeof(text),
	    "lists: {l: [192.0.2.1], m: []}\npolicies: {o: {}, p: {%s}}",
	    deny_rows[_i].policy);
	settings = load_good(text);
	ck_assert_msg(settings->lists[0].used_to_deny == deny_rows[_i].denies,
	    "%s", text);
	ck_assert_msg(settings->lists[0].denied ==
			  (deny_rows[_i].denies && !deny_rows[_i].word),
	    "%s", text);
	settings_unref(settings);
}
END_TEST

START_TEST(settings_are_shared)
{
	struct settings *settings = load_good("policies: {p: {}}");

	ck_assert_ptr_eq(settings_ref(settings), settings);
	settings_unref(settings);
	ck_assert_str_eq(settings->policies[0].name, "p");
	settings_unref(settings);
	settings_unref(NULL);
}
END_TEST

START_TEST(contents_of_each_kind)
{
	static const char text[] = "state-directory: /nowhere\n"
				   "lists:\n"
				   "  a: [192.0.2.9, 192.0.2.0/24, 192.0.2.9]\n"
				   "  b: {preset: cloudflare}\n"
				   "  c: {dynamic: true}\n"
				   "  d: {file: /nowhere/list.txt}\n"
				   "policies: {p: {trust: d}}\n";
	struct contents contents;
	struct report report;
	struct settings *settings;

	report_init(&report);
	settings = settings_load_text("t", text, strlen(text), &report);
	ck_assert_ptr_nonnull(settings);
	report_fini(&report);
	/* Loading looks at no file; what is missing is NULL, and no more. */
	ck_assert(!contents_read(settings, &report, &contents));
	expect_report(&report,
	    "t:6:13: error: cannot read the list file /nowhere/list.txt: "
	    "No such file or directory\n");
	ck_assert_uint_eq(contents.count, 4);
	ck_assert_uint_eq(prefixes_count(contents.of[0]), 2);
	ck_assert_uint_eq(prefixes_count(contents.of[1]), 22);
	ck_assert_uint_eq(prefixes_count(contents.of[2]), 0);
	ck_assert_ptr_null(contents.of[3]);
	settings_review(settings, &contents, &report);
	expect_report(&report, "");
	contents_fini(&contents);
	ck_assert_uint_eq(contents.count, 0);
	settings_unref(settings);
}
END_TEST

/* Files that hold what is worth a warning. */
START_TEST(review_looks_into_lists)
{
	static const char text[] = "lists: {a: [10.0.0.0/7], b: [\"::/1\"]}\n"
				   "policies: {p: {trust: [a], rules: "
				   "[{deny: b}]}, q: {trust: a}}\n";

	ck_assert(!load_and_expect(text,
	    "t:2:24: warning: trust: the list 'a' holds 10.0.0.0/7, wider than "
	    "/8\n"
	    "t:2:43: error: this rule denies more than half of IPv6; write any "
	    "to deny everybody\n"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("list_settings");
	TCase *all = tcase_create("all");

	tcase_add_test(all, defaults_of_a_list);
	tcase_add_test(all, every_key_of_a_list);
	tcase_add_loop_test(all, lists_used_to_deny, 0, COUNT(deny_rows));
	tcase_add_test(all, settings_are_shared);
	tcase_add_test(all, contents_of_each_kind);
	tcase_add_test(all, review_looks_into_lists);
	suite_add_tcase(suite, all);
	return run_tests(suite);
}
