/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>

#include "agent/lists/guard.h"

/* What each guard refuses, and in which words. */

static struct prefix
prefix_of(const char *text)
{
	struct prefix prefix;

	ck_assert_msg(
	    prefix_parse(view_of(text), &prefix) == PREFIX_OK, "%s", text);
	return prefix;
}

static struct address
address_of(const char *text)
{
	struct address address;

	ck_assert_msg(address_parse(view_of(text), &address), "%s", text);
	return address;
}

/* "PREFIX PREFIX", or "xN" for N hosts from 192.0.0.0 on. */
static struct prefixes *
prefixes_of(const char *text)
{
	struct prefixes_builder builder = {.starved = false};
	struct prefix host = {{0, 0xc0000000, ADDRESS_IPV4}, 32};
	char *copy, *word, *rest;

	if (!text)
		return NULL;
	copy = strdup(text);
	for (word = strtok_r(copy, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		if (word[0] != 'x') {
			struct prefix prefix = prefix_of(word);

			prefixes_add(&builder, &prefix);
			continue;
		}
		for (long i = atol(word + 1); i > 0; i--) {
			prefixes_add(&builder, &host);
			host.address.lo++;
		}
	}
	free(copy);
	return prefixes_finish(&builder);
}

static const struct guard_settings defaults = {
    .shrink = 30, .growth = 50, .widest_ipv4 = 8, .widest_ipv6 = 16};

/* ---- shares ---- */

static void
check(const struct list_settings *list, const struct contents *contents,
    const char *before, const char *after, enum guard guard, const char *text)
{
	struct list_settings lists[2] = {{.name = "mine"}, {.name = "offices"}};
	struct settings settings = {.lists = lists, .list_count = 2};
	struct prefixes *old = prefixes_of(before), *new = prefixes_of(after);
	char said[GUARD_TEXT_SIZE];

	ck_assert_msg(
	    guard_check(list, &settings, contents, old, new, said) == guard,
	    "%s to %s: %s", before, after, said);
	ck_assert_str_eq(said, text);
	prefixes_unref(old);
	prefixes_unref(new);
}

START_TEST(shares)
{
	static const struct {
		const char *before;
		const char *after;
		enum guard guard;
		const char *text;
	} rows[] = {
	    {NULL, "x1", GUARD_NONE, ""},
	    {NULL, "", GUARD_NONE, ""},
	    {NULL, "x5000", GUARD_NONE, ""},
	    {"", "x5000", GUARD_NONE, ""},
	    {"", "", GUARD_NONE, ""},
	    {"x1000", "x1000", GUARD_NONE, ""},
	    {"x1000", "x700", GUARD_NONE, ""},
	    {"x1000", "x699", GUARD_SHRINK,
		"shrinks by 31 % (from 1000 to 699 entries), 30 % are "
		"allowed"},
	    {"x1000", "x550", GUARD_SHRINK,
		"shrinks by 45 % (from 1000 to 550 entries), 30 % are "
		"allowed"},
	    {"x1000", "", GUARD_SHRINK,
		"shrinks by 100 % (from 1000 to 0 entries), 30 % are "
		"allowed"},
	    {"x2", "x1", GUARD_SHRINK,
		"shrinks by 50 % (from 2 to 1 entries), 30 % are allowed"},
	    {"x99", "x5000", GUARD_NONE, ""},
	    {"x100", "x150", GUARD_NONE, ""},
	    {"x100", "x151", GUARD_GROWTH,
		"grows by 51 % (from 100 to 151 entries), 50 % are allowed"},
	    {"x1000", "x1501", GUARD_GROWTH,
		"grows by 51 % (from 1000 to 1501 entries), 50 % are "
		"allowed"},
	    {"x100", "x1000", GUARD_GROWTH,
		"grows by 900 % (from 100 to 1000 entries), 50 % are "
		"allowed"},
	};
	struct list_settings list = {.name = "mine", .guard = defaults};
	struct contents none = {NULL, 0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&list, &none, rows[i].before, rows[i].after,
		    rows[i].guard, rows[i].text);
}
END_TEST

START_TEST(shares_of_ones_own)
{
	struct list_settings list = {.name = "mine", .guard = defaults};
	struct contents none = {NULL, 0};

	list.guard.shrink = 0;
	list.guard.growth = 0;
	check(&list, &none, "x200", "x200", GUARD_NONE, "");
	check(&list, &none, "x200", "x199", GUARD_SHRINK,
	    "shrinks by 1 % (from 200 to 199 entries), 0 % are allowed");
	check(&list, &none, "x200", "x201", GUARD_GROWTH,
	    "grows by 1 % (from 200 to 201 entries), 0 % are allowed");
	list.guard.shrink = 100;
	list.guard.growth = 10000;
	check(&list, &none, "x200", "", GUARD_NONE, "");
	check(&list, &none, "x100", "x5000", GUARD_NONE, "");
}
END_TEST

/* ---- what may be in it ---- */

START_TEST(widest)
{
	static const struct {
		const char *after;
		enum guard guard;
		const char *text;
	} rows[] = {
	    {"10.0.0.0/8 2001::/16", GUARD_NONE, ""},
	    {"192.0.2.1 2001:db8::1", GUARD_NONE, ""},
	    {"8.0.0.0/7 192.0.2.1", GUARD_WIDEST, "8.0.0.0/7 is wider than /8"},
	    {"192.0.2.1 2001:db8::/32 2600::/12", GUARD_WIDEST,
		"2600::/12 is wider than /16"},
	    {"2001:db8::1 128.0.0.0/1", GUARD_WIDEST,
		"128.0.0.0/1 is wider than /8"},
	};
	struct list_settings list = {.name = "mine", .guard = defaults};
	struct contents none = {NULL, 0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&list, &none, NULL, rows[i].after, rows[i].guard,
		    rows[i].text);
	list.guard.widest_ipv4 = 24;
	check(&list, &none, NULL, "192.0.2.0/24 192.0.4.0/23", GUARD_WIDEST,
	    "192.0.4.0/23 is wider than /24");
}
END_TEST

START_TEST(never)
{
	static const struct {
		const char *after;
		const char *text; /* NULL: it passes */
	} rows[] = {
	    {"", NULL},
	    {"192.0.2.1 198.51.100.0/24 2001:db9::/48", NULL},
	    {"203.0.112.0/24 203.0.114.0/24", NULL},
	    {"203.0.113.7",
		"203.0.113.7 overlaps 203.0.113.0/24, which is in never"},
	    {"1.2.3.4 203.0.0.0/16",
		"203.0.0.0/16 overlaps 203.0.113.0/24, which is in never"},
	    {"203.0.113.0/24",
		"203.0.113.0/24 overlaps 203.0.113.0/24, which is in never"},
	    {"198.18.0.0/16 198.18.7.0/25",
		"198.18.0.0/16 overlaps 198.18.7.7 of \"offices\", which is "
		"in never"},
	    {"1.2.3.4 2001:db8::/48",
		"2001:db8::/48 overlaps 2001:db8::/32 of \"offices\", which "
		"is in never"},
	    {"172.16.0.0/24",
		"172.16.0.0/24 overlaps 172.16.0.0/12 of \"private\", which "
		"is in never"},
	    {"::1", "::1 overlaps ::1 of \"private\", which is in never"},
	};
	struct set_item items[] = {
	    {.kind = SET_PREFIX, .prefix = prefix_of("203.0.113.0/24")},
	    {.kind = SET_LIST, .list = 1, .text = "offices"},
	    {.kind = SET_RANGE, .range = RANGE_PRIVATE, .text = "private"},
	    {.kind = SET_RANGE, .range = RANGE_UNIX, .text = "unix"},
	    {.kind = SET_LIST, .list = 0, .text = "not read"},
	};
	struct prefixes *of[2] = {
	    NULL, prefixes_of("100.64.0.0/10 198.18.7.7 2001:db8::/32")};
	struct contents contents = {of, 2};
	struct list_settings list = {.name = "mine", .guard = defaults};

	list.guard.never = (struct set){items, 5, .given = true};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&list, &contents, NULL, rows[i].after,
		    rows[i].text ? GUARD_NEVER : GUARD_NONE,
		    rows[i].text ? rows[i].text : "");
	prefixes_unref(of[1]);
}
END_TEST

/* Few against many, many against few, and as many. */
START_TEST(never_of_any_size)
{
	static const struct {
		const char *never;
		const char *after;
		const char *text; /* NULL: it passes */
	} rows[] = {
	    {"191.255.255.255 193.0.0.0/8", "x1000", NULL},
	    {"x1000", "191.255.255.255 193.0.0.0/8 2001:db8::1", NULL},
	    {"192.0.3.231", "x1000",
		"192.0.3.231 overlaps 192.0.3.231 of \"offices\", which is in "
		"never"},
	    {"192.0.3.232", "x1000", NULL},
	    {"x1000", "192.0.3.224/28",
		"192.0.3.224/28 overlaps 192.0.3.224 of \"offices\", which is "
		"in never"},
	    {"x1000", "192.0.3.232/29", NULL},
	    {"192.0.0.0/24 192.0.2.0/24", "192.0.1.1 192.0.1.2 192.0.2.9",
		"192.0.2.9 overlaps 192.0.2.0/24 of \"offices\", which is in "
		"never"},
	    {"10.0.0.0/16 10.0.0.0/24 11.0.0.0/8 2001:db8::1",
		"10.1.0.0/16 12.0.0.0/8 2001:db8::/64",
		"2001:db8::/64 overlaps 2001:db8::1 of \"offices\", which is "
		"in never"},
	};
	struct set_item item = {.kind = SET_LIST, .list = 1};
	struct list_settings list = {.name = "mine", .guard = defaults};

	list.guard.never = (struct set){&item, 1, .given = true};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prefixes *of[2] = {NULL, prefixes_of(rows[i].never)};
		struct contents contents = {of, 2};

		check(&list, &contents, NULL, rows[i].after,
		    rows[i].text ? GUARD_NEVER : GUARD_NONE,
		    rows[i].text ? rows[i].text : "");
		prefixes_unref(of[1]);
	}
}
END_TEST

START_TEST(never_any)
{
	struct set_item item = {
	    .kind = SET_RANGE, .range = RANGE_ANY, .text = "any"};
	struct list_settings list = {.name = "mine", .guard = defaults};
	struct contents none = {NULL, 0};
	static const char text[] =
	    "192.0.2.1 overlaps \"any\", which is in never";

	list.guard.never = (struct set){&item, 1, .given = true};
	check(&list, &none, NULL, "", GUARD_NONE, "");
	check(&list, &none, NULL, "192.0.2.1", GUARD_NEVER, text);
	list.guard.never = (struct set){.given = true, .any_word = true};
	check(&list, &none, NULL, "192.0.2.1", GUARD_NEVER, text);
}
END_TEST

START_TEST(allow_and_deny)
{
	static const struct {
		bool used_to_deny;
		const char *after;
		enum guard guard;
		const char *text;
	} rows[] = {
	    {true, "198.51.100.0/24", GUARD_NONE, ""},
	    {true, "198.51.100.0/24 192.0.2.0/24", GUARD_ALLOW,
		"192.0.2.1 must stay allowed, and 192.0.2.0/24 holds it"},
	    {true, "198.51.100.0/24 2001:db8::1", GUARD_ALLOW,
		"2001:db8::1 must stay allowed, and 2001:db8::1 holds it"},
	    {true, "192.0.2.2", GUARD_DENY,
		"198.51.100.1 must stay denied, and the list does not hold "
		"it"},
	    {true, "", GUARD_DENY,
		"198.51.100.1 must stay denied, and the list does not hold "
		"it"},
	    {false, "192.0.2.0/24 2001:db8::/32", GUARD_NONE, ""},
	    {false, "2001:db8::/32", GUARD_ALLOW,
		"192.0.2.1 must stay allowed, and the list does not hold it"},
	    {false, "192.0.2.0/24 2001:db8::/32 198.51.100.0/23", GUARD_DENY,
		"198.51.100.1 must stay denied, and 198.51.100.0/23 holds "
		"it"},
	};
	struct address allow[] = {
	    address_of("::ffff:192.0.2.1"), address_of("2001:db8::1")};
	struct address deny[] = {address_of("198.51.100.1")};
	struct contents none = {NULL, 0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct list_settings list = {.name = "mine",
		    .guard = defaults,
		    .used_to_deny = rows[i].used_to_deny,
		    .denied = rows[i].used_to_deny};

		list.guard.allow = allow;
		list.guard.allow_count = 2;
		list.guard.deny = deny;
		list.guard.deny_count = 1;
		check(&list, &none, NULL, rows[i].after, rows[i].guard,
		    rows[i].text);
	}
}
END_TEST

START_TEST(coverage)
{
	static const struct {
		bool used_to_deny;
		const char *after;
		const char *text; /* NULL: it passes */
	} rows[] = {
	    {true, "0.0.0.0/1", NULL},
	    {true, "0.0.0.0/1 0.0.0.0/2 64.0.0.0/2", NULL},
	    {true, "0.0.0.0/1 128.0.0.0", "covers more than half of IPv4"},
	    {true, "0.0.0.0/2 64.0.0.0/2 128.0.0.0/8",
		"covers more than half of IPv4"},
	    {false, "0.0.0.0/1 128.0.0.0", NULL},
	    {true, "2000::/4", NULL},
	    {true, "2000::/4 fc00::/7", NULL},
	    {true, "2000::/4 3000::1", "covers more than half of IPv6"},
	    {true, "::/2", "covers more than half of IPv6"},
	    {false, "::/2", NULL},
	};
	struct contents none = {NULL, 0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct list_settings list = {.name = "mine",
		    .used_to_deny = rows[i].used_to_deny,
		    .denied = rows[i].used_to_deny};

		check(&list, &none, NULL, rows[i].after,
		    rows[i].text ? GUARD_COVERAGE : GUARD_NONE,
		    rows[i].text ? rows[i].text : "");
	}
}
END_TEST

/* Whatever else is wrong, the first in this order is told. */
START_TEST(order)
{
	struct address address = address_of("192.0.0.0");
	struct set_item item = {
	    .kind = SET_PREFIX, .prefix = prefix_of("192.0.0.0/8")};
	struct list_settings list = {.name = "mine",
	    .guard = defaults,
	    .used_to_deny = true,
	    .denied = true};
	struct contents none = {NULL, 0};

	list.guard.never = (struct set){&item, 1, .given = true};
	list.guard.allow = &address;
	list.guard.allow_count = 1;
	check(&list, &none, "x1000", "128.0.0.0/1", GUARD_SHRINK,
	    "shrinks by 100 % (from 1000 to 1 entries), 30 % are allowed");
	check(&list, &none, "x1", "128.0.0.0/1", GUARD_WIDEST,
	    "128.0.0.0/1 is wider than /8");
	check(&list, &none, "x1", "x1", GUARD_NEVER,
	    "192.0.0.0 overlaps 192.0.0.0/8, which is in never");
	list.guard.never.count = 0;
	check(&list, &none, "x1", "x1", GUARD_ALLOW,
	    "192.0.0.0 must stay allowed, and 192.0.0.0 holds it");
}
END_TEST

START_TEST(one)
{
	static const struct {
		bool used_to_deny;
		const char *prefix;
		enum guard guard;
		const char *text;
	} rows[] = {
	    {true, "192.0.2.2", GUARD_NONE, ""},
	    {true, "2001:db8::/32", GUARD_NONE, ""},
	    {true, "192.0.0.0/7", GUARD_WIDEST, "192.0.0.0/7 is wider than /8"},
	    {true, "2000::/15", GUARD_WIDEST, "2000::/15 is wider than /16"},
	    {true, "203.0.112.0/20", GUARD_NEVER,
		"203.0.112.0/20 overlaps 203.0.113.0/24, which is in never"},
	    {true, "198.18.0.0/15", GUARD_NEVER,
		"198.18.0.0/15 overlaps 198.18.7.7 of \"offices\", which is "
		"in never"},
	    {true, "192.0.2.0/24", GUARD_ALLOW,
		"192.0.2.1 must stay allowed, and 192.0.2.0/24 holds it"},
	    {false, "192.0.2.0/24", GUARD_NONE, ""},
	    {true, "198.51.100.0/24", GUARD_NONE, ""},
	    {false, "198.51.100.0/24", GUARD_DENY,
		"198.51.100.1 must stay denied, and 198.51.100.0/24 holds "
		"it"},
	};
	struct address allow = address_of("192.0.2.1");
	struct address deny = address_of("198.51.100.1");
	struct set_item items[] = {
	    {.kind = SET_PREFIX, .prefix = prefix_of("203.0.113.0/24")},
	    {.kind = SET_LIST, .list = 1},
	};
	struct prefixes *of[2] = {NULL, prefixes_of("198.18.7.7 x500")};
	struct list_settings lists[2] = {{.name = "mine"}, {.name = "offices"}};
	struct settings settings = {.lists = lists, .list_count = 2};
	struct contents contents = {of, 2};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct list_settings list = {.name = "mine",
		    .guard = defaults,
		    .used_to_deny = rows[i].used_to_deny,
		    .denied = rows[i].used_to_deny};
		struct prefix prefix = prefix_of(rows[i].prefix);
		char text[GUARD_TEXT_SIZE];

		list.guard.never = (struct set){items, 2, .given = true};
		list.guard.allow = &allow;
		list.guard.deny = &deny;
		list.guard.allow_count = list.guard.deny_count = 1;
		ck_assert_int_eq(
		    guard_check_one(&list, &settings, &contents, &prefix, text),
		    rows[i].guard);
		ck_assert_str_eq(text, rows[i].text);
	}
	prefixes_unref(of[1]);
}
END_TEST

START_TEST(names)
{
	static const char *const words[] = {"none", "tolerate", "shrink",
	    "growth", "widest", "never", "allow", "deny", "coverage"};

	for (int guard = GUARD_NONE; guard <= GUARD_COVERAGE; guard++)
		ck_assert_str_eq(guard_name((enum guard)guard), words[guard]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("guard");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failures;

	tcase_add_test(tcase, shares);
	tcase_add_test(tcase, shares_of_ones_own);
	tcase_add_test(tcase, widest);
	tcase_add_test(tcase, never);
	tcase_add_test(tcase, never_of_any_size);
	tcase_add_test(tcase, never_any);
	tcase_add_test(tcase, allow_and_deny);
	tcase_add_test(tcase, coverage);
	tcase_add_test(tcase, order);
	tcase_add_test(tcase, one);
	tcase_add_test(tcase, names);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
