/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <libcidr.h>
#include <stdlib.h>

#include "agent/policy/table.h"

/* The table against a linear scan, and that against libcidr. */

enum { MEMBERS = 5, PREFIXES = 60, ROUNDS = 200 };

static uint64_t state;

/* xorshift64*: seeded, so that a failure repeats. */
static uint64_t
draw(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(2685821657736338717);
}

static struct prefix
draw_prefix(bool crowded)
{
	struct prefix prefix = {0};

	if (draw() & 1) {
		prefix.length = (uint8_t)(draw() % 33);
		prefix.address.family = ADDRESS_IPV4;
		prefix.address.lo = draw() & 0xffffffff;
		if (crowded)
			prefix.address.lo &= 0xff0000ff;
	} else {
		prefix.length = (uint8_t)(draw() % 129);
		prefix.address.family = ADDRESS_IPV6;
		prefix.address.hi = draw();
		prefix.address.lo = draw();
		if (crowded) {
			prefix.address.hi &= UINT64_C(0xff00000000000001);
			prefix.address.lo &= UINT64_C(0x80000000000000ff);
		}
	}
	prefix.address = address_mask(prefix.address, prefix.length);
	return prefix;
}

static struct address
step(struct address address, int by)
{
	uint64_t before = address.lo;

	if (by > 0 && ++address.lo < before)
		address.hi++;
	if (by < 0 && --address.lo > before)
		address.hi--;
	if (address.family == ADDRESS_IPV4) {
		address.lo &= 0xffffffff;
		address.hi = 0;
	}
	return address;
}

static uint64_t
scan(const struct table_member *members, unsigned count,
    const struct address *address)
{
	uint64_t bits = 0;

	for (unsigned m = 0; m < count; m++)
		for (size_t i = 0; i < members[m].count; i++)
			if (prefix_contains(&members[m].prefixes[i], address))
				bits |= UINT64_C(1) << m;
	return bits;
}

static void
compare(const struct table *table, const struct table_member *members,
    unsigned count, struct address address)
{
	char text[ADDRESS_TEXT_SIZE];

	address_format(&address, text);
	ck_assert_msg(
	    table_lookup(table, &address) == scan(members, count, &address),
	    "%s", text);
}

static void
compare_around(const struct table *table, const struct table_member *members,
    unsigned count, const struct prefix *prefix)
{
	struct range range = prefix_range(prefix);

	for (int by = -1; by <= 1; by++) {
		compare(table, members, count, step(range.first, by));
		compare(table, members, count, step(range.last, by));
	}
}

START_TEST(agrees_with_a_linear_scan)
{
	state = UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)_i;
	for (int round = 0; round < ROUNDS; round++) {
		struct prefix prefixes[MEMBERS][PREFIXES];
		struct table_member members[MEMBERS];
		struct table *table;

		for (int m = 0; m < MEMBERS; m++) {
			members[m].prefixes = prefixes[m];
			members[m].count = draw() % PREFIXES;
			for (size_t i = 0; i < members[m].count; i++)
				prefixes[m][i] = draw_prefix(round & 1);
		}
		table = table_build(members, MEMBERS);
		ck_assert_ptr_nonnull(table);
		for (int m = 0; m < MEMBERS; m++)
			for (size_t i = 0; i < members[m].count; i++)
				compare_around(
				    table, members, MEMBERS, &prefixes[m][i]);
		for (int i = 0; i < 200; i++)
			compare(
			    table, members, MEMBERS, draw_prefix(1).address);
		table_free(table);
	}
}
END_TEST

/* cidr_from_str() looks at bytes before a short text: give it some. */
static CIDR *
cidr_of(const char *text)
{
	char padded[16 + PREFIX_TEXT_SIZE] = {0};

	strcpy(padded + 16, text);
	return cidr_from_str(padded + 16);
}

START_TEST(scan_agrees_with_libcidr)
{
	state = 42;
	for (int i = 0; i < 20000; i++) {
		struct prefix prefix = draw_prefix(true);
		struct address address = draw_prefix(true).address;
		char a[PREFIX_TEXT_SIZE], b[ADDRESS_TEXT_SIZE];
		CIDR *big, *little;

		if (prefix.address.family != address.family)
			continue;
		prefix_format(&prefix, a);
		address_format(&address, b);
		big = cidr_of(a);
		little = cidr_of(b);
		ck_assert_ptr_nonnull(big);
		ck_assert_ptr_nonnull(little);
		ck_assert_msg((cidr_contains(big, little) == 0) ==
				  prefix_contains(&prefix, &address),
		    "%s in %s", b, a);
		cidr_free(big);
		cidr_free(little);
	}
}
END_TEST

static struct prefix
prefix_of(const char *text)
{
	struct prefix prefix;

	ck_assert_int_eq(prefix_parse(view_of(text), &prefix), PREFIX_OK);
	return prefix;
}

static uint64_t
lookup(const struct table *table, const char *text)
{
	struct address address;

	ck_assert(address_parse(view_of(text), &address));
	return table_lookup(table, &address);
}

START_TEST(union_of_all_covering_prefixes)
{
	struct prefix office[] = {
	    prefix_of("10.0.0.0/8"), prefix_of("2001:db8::/32")};
	struct prefix bans[] = {prefix_of("10.1.2.3"), prefix_of("10.1.0.0/16"),
	    prefix_of("255.255.255.255"), prefix_of("2001:db8::1")};
	struct table_member members[] = {{office, 2}, {bans, 4}};
	struct table *table = table_build(members, 2);
	struct address none = {0};

	ck_assert_ptr_nonnull(table);
	ck_assert_uint_eq(lookup(table, "10.1.2.3"), 3);
	ck_assert_uint_eq(lookup(table, "10.1.2.4"), 3);
	ck_assert_uint_eq(lookup(table, "10.2.0.0"), 1);
	ck_assert_uint_eq(lookup(table, "9.255.255.255"), 0);
	ck_assert_uint_eq(lookup(table, "11.0.0.0"), 0);
	ck_assert_uint_eq(lookup(table, "255.255.255.255"), 2);
	ck_assert_uint_eq(lookup(table, "0.0.0.0"), 0);
	ck_assert_uint_eq(lookup(table, "2001:db8::1"), 3);
	ck_assert_uint_eq(lookup(table, "2001:db8::2"), 1);
	ck_assert_uint_eq(lookup(table, "::ffff:10.1.2.3"), 0);
	ck_assert_uint_eq(table_lookup(table, &none), 0);
	table_free(table);
}
END_TEST

START_TEST(sixty_four_members)
{
	struct prefix prefixes[TABLE_MEMBERS_MAX];
	struct table_member members[TABLE_MEMBERS_MAX];
	struct table *table;

	for (unsigned m = 0; m < TABLE_MEMBERS_MAX; m++) {
		prefixes[m] = prefix_of("192.0.2.0/24");
		members[m] = (struct table_member){&prefixes[m], 1};
	}
	table = table_build(members, TABLE_MEMBERS_MAX);
	ck_assert_uint_eq(lookup(table, "192.0.2.1"), UINT64_MAX);
	ck_assert_uint_eq(lookup(table, "192.0.3.0"), 0);
	table_free(table);
}
END_TEST

START_TEST(no_members_hold_nothing)
{
	struct table *table = table_build(NULL, 0);

	ck_assert_uint_eq(lookup(table, "192.0.2.1"), 0);
	ck_assert_uint_eq(lookup(table, "::1"), 0);
	ck_assert_uint_gt(table_size(table), 0);
	table_free(table);
	table_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("table");
	TCase *cases = tcase_create("table");
	SRunner *runner;
	int failed;

	tcase_set_timeout(cases, 120);
	tcase_add_test(cases, union_of_all_covering_prefixes);
	tcase_add_test(cases, sixty_four_members);
	tcase_add_test(cases, no_members_hold_nothing);
	tcase_add_test(cases, scan_agrees_with_libcidr);
	tcase_add_loop_test(cases, agrees_with_a_linear_scan, 0, 5);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
