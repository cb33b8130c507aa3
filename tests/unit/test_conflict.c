/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/policy_rows.h"

/* Headers that contradict each other are refused. */

#define CONFLICT(a, b, rule)                         \
	"trust: [lb, cdn], sources: [{header: A}], " \
	"conflict: [{a: {" a "}, b: {" b "}, rule: " rule "}]"
#define SAME CONFLICT("header: A", "header: B", "same")
#define LEFTMOST_IN CONFLICT("header: A", "header: B", "leftmost-in")

#define AGREES "203.0.113.9 a 0 proven allow"
#define AGREES_LEFT "203.0.113.9 a 0 proven allow entries-left-of-client"
#define REFUSED "- - 0 unproven reject conflict"

static const struct policy_row same[] = {
    {"the same", SAME, {BEHIND_LB, "A: 203.0.113.9", "B: 203.0.113.9"}, AGREES},
    {"the same, written otherwise", SAME,
	{BEHIND_LB, "A: 203.0.113.9:80", "B: ::ffff:203.0.113.9"}, AGREES},
    {"others", SAME, {BEHIND_LB, "A: 203.0.113.9", "B: 203.0.113.8"}, REFUSED},
    {"one more left in b", SAME,
	{BEHIND_LB, "A: 203.0.113.9", "B: 1.1.1.1, 203.0.113.9"}, REFUSED},
    {"one more left in a", SAME,
	{BEHIND_LB, "A: 1.1.1.1, 203.0.113.9", "B: 203.0.113.9"}, REFUSED},
    {"another left", SAME,
	{BEHIND_LB, "A: 1.1.1.1, 203.0.113.9", "B: 2.2.2.2, 203.0.113.9"},
	REFUSED},
    {"another order", SAME,
	{BEHIND_LB, "A: 1.1.1.1, 203.0.113.9", "B: 203.0.113.9, 1.1.1.1"},
	REFUSED},
    {"several lines are one chain", SAME,
	{BEHIND_LB, "A: 1.1.1.1, 203.0.113.9", "B: 1.1.1.1", "B: 203.0.113.9"},
	AGREES_LEFT},
    {"what is no address is passed over", SAME,
	{BEHIND_LB, "A: 203.0.113.9", "B: junk, 203.0.113.9,, unknown"},
	AGREES},
    {"b is not there", SAME, {BEHIND_LB, "A: 203.0.113.9"}, AGREES},
    {"a is not there", SAME, {BEHIND_LB, "B: 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"b has no address", SAME, {BEHIND_LB, "A: 203.0.113.9", "B: unknown"},
	AGREES},
    {"a has no address", SAME, {BEHIND_LB, "A: unknown", "B: 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"a stranger may contradict", SAME,
	{"peer=@198.51.100.1", "A: 203.0.113.9", "B: 203.0.113.8"},
	"198.51.100.1 peer 0 proven allow headers-from-untrusted-peer"},
    {"in its own format", CONFLICT("header: A", "header: Forwarded", "same"),
	{BEHIND_LB, "A: 203.0.113.9, 2001:db8:a::2",
	    "Forwarded: for=203.0.113.9, for=\"[2001:db8:a::2]\""},
	"203.0.113.9 a 1 proven allow"},
    {"an argument", CONFLICT("header: A", "argument: ip", "same"),
	{BEHIND_LB, "A: 203.0.113.9", "ip=@203.0.113.8"}, REFUSED},
    {"the last line of b",
	CONFLICT("header: A", "header: B, lines: last", "same"),
	{BEHIND_LB, "A: 203.0.113.9", "B: 1.1.1.1", "B: 203.0.113.9"}, AGREES},
    {"a line that was not sent is no entry",
	CONFLICT("header: A", "header: B, lines: one", "same"),
	{BEHIND_LB, "h.a=203.0.113.9", "h.a.count=#1", "h.b=203.0.113.8"},
	AGREES},
    {"lines that are too many are no entry",
	CONFLICT("header: A", "header: B, lines: one", "same"),
	{BEHIND_LB, "A: 203.0.113.9", "B: 1.1.1.1", "B: 2.2.2.2"}, AGREES},
};

static const struct policy_row leftmost_in[] = {
    {"the only one", LEFTMOST_IN,
	{BEHIND_LB, "A: 203.0.113.9", "B: 203.0.113.9"}, AGREES},
    {"anywhere", LEFTMOST_IN,
	{BEHIND_LB, "A: 203.0.113.9", "B: 1.1.1.1, 203.0.113.9, 10.0.0.2"},
	AGREES},
    {"nowhere", LEFTMOST_IN,
	{BEHIND_LB, "A: 203.0.113.9", "B: 1.1.1.1, 10.0.0.2"}, REFUSED},
    {"the first of a alone", LEFTMOST_IN,
	{BEHIND_LB, "A: 1.1.1.1, 203.0.113.9", "B: 203.0.113.9"}, REFUSED},
    {"the first of a alone, and it is there", LEFTMOST_IN,
	{BEHIND_LB, "A: 1.1.1.1, 203.0.113.9", "B: 1.1.1.1"}, AGREES_LEFT},
    {"the first that is an address", LEFTMOST_IN,
	{BEHIND_LB, "A: junk, 203.0.113.9", "B: 203.0.113.9"}, AGREES_LEFT},
    {"b is not there", LEFTMOST_IN, {BEHIND_LB, "A: 203.0.113.9"}, REFUSED},
    {"b has no address", LEFTMOST_IN,
	{BEHIND_LB, "A: 203.0.113.9", "B: unknown"}, REFUSED},
    {"a is not there", LEFTMOST_IN, {BEHIND_LB, "B: 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"a has no address", LEFTMOST_IN,
	{BEHIND_LB, "A: unknown", "B: 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
};

#define TWO                                             \
	"trust: lb, sources: [{header: A}], conflict: " \
	"[{a: {header: A}, b: {header: B}}, {a: {header: A}, b: {header: C}}]"

static const struct policy_row several[] = {
    {"none of two", TWO,
	{BEHIND_LB, "A: 203.0.113.9", "B: 203.0.113.9", "C: 203.0.113.9"},
	AGREES},
    {"the second of two", TWO,
	{BEHIND_LB, "A: 203.0.113.9", "B: 203.0.113.9", "C: 1.1.1.1"}, REFUSED},
};

START_TEST(the_same_addresses)
{
	policy_row_check(&same[_i]);
}
END_TEST

START_TEST(the_leftmost_in_the_other)
{
	policy_row_check(&leftmost_in[_i]);
}
END_TEST

START_TEST(one_hit_is_enough)
{
	policy_row_check(&several[_i]);
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_loop_test(cases, the_same_addresses, 0, ROWS(same));
	tcase_add_loop_test(
	    cases, the_leftmost_in_the_other, 0, ROWS(leftmost_in));
	tcase_add_loop_test(cases, one_hit_is_enough, 0, ROWS(several));
}

int
main(void)
{
	return tests_run("conflict", add_tests);
}
