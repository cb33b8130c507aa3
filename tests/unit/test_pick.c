/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/policy_rows.h"

/* The picks that count: the Nth from the right, and the leftmost. */

#define TRUST "trust: [lb, cdn], "
#define XFF(keys) TRUST "sources: [{header: X-Forwarded-For, " keys "}]"
#define HOPS(keys) XFF("pick: hops, hops: " keys)
#define LEFTMOST(keys) XFF("pick: leftmost" keys)
#define OTHER ", {header: Other}]"

static const struct policy_row counted[] = {
    {"the last", HOPS("1"), {BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 unproven allow"},
    {"the last of two", HOPS("1"),
	{BEHIND_LB, "X-Forwarded-For: 1.1.1.1, 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 unproven allow entries-left-of-client"},
    {"the one before the last, whoever the last is", HOPS("2"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 198.51.100.1"},
	"203.0.113.9 x-forwarded-for 0 unproven allow"},
    {"over lines", HOPS("3"),
	{BEHIND_LB, "X-Forwarded-For: 1.1.1.1", "X-Forwarded-For: 203.0.113.9",
	    "X-Forwarded-For: 10.0.0.3, 10.0.0.2"},
	"203.0.113.9 x-forwarded-for 0 unproven allow "
	"entries-left-of-client,several-lines"},
    {"empty entries that are gone", HOPS("2, on-empty: skip"),
	{BEHIND_LB, "X-Forwarded-For: ,203.0.113.9,, 10.0.0.2,"},
	"203.0.113.9 x-forwarded-for 0 unproven allow"},
    {"none is the peer", HOPS("0"), {BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"none of a field that is not there", HOPS("0") ", fallback: none",
	{BEHIND_LB}, "- - 0 unproven deny"},
    {"none, and lines that were not sent", HOPS("0") ", fallback: none",
	{BEHIND_LB, "h.x-forwarded-for=~", "h.x-forwarded-for.count=#1"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"no entries at all", HOPS("2, on-empty: skip, short: none"),
	{BEHIND_LB, "X-Forwarded-For: ,"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"no address: peer instead of stop", HOPS("2"),
	{BEHIND_LB, "X-Forwarded-For: 1.1.1.1, junk, 10.0.0.2"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"no address: peer instead of skip", HOPS("2, on-invalid: skip"),
	{BEHIND_LB, "X-Forwarded-For: 1.1.1.1, junk, 10.0.0.2"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"no address: next",
	TRUST "sources: [{header: X-Forwarded-For, pick: hops, "
	      "on-invalid: next}" OTHER,
	{BEHIND_LB, "X-Forwarded-For: junk", "Other: 203.0.113.9"},
	"203.0.113.9 other 0 unproven allow invalid-entry"},
    {"no address: none", HOPS("1, on-invalid: none"),
	{BEHIND_LB, "X-Forwarded-For: junk"},
	"- x-forwarded-for 0 unproven deny invalid-entry"},
    {"no address: reject", HOPS("1, on-invalid: reject"),
	{BEHIND_LB, "X-Forwarded-For: junk"},
	"- x-forwarded-for 0 unproven reject invalid-entry"},
    {"empty: peer instead of stop", HOPS("2"),
	{BEHIND_LB, "X-Forwarded-For: 1.1.1.1,, 10.0.0.2"},
	"10.0.0.1 peer 0 unproven allow empty-entry,answer-is-a-proxy"},
    {"empty: reject", HOPS("1, on-empty: reject"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9,"},
	"- x-forwarded-for 0 unproven reject empty-entry"},
    {"what is passed over may be anything", HOPS("2"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, junk"},
	"203.0.113.9 x-forwarded-for 0 unproven allow"},
};

static const struct policy_row verified[] = {
    {"the only one: there is nothing to verify", HOPS("1, verify: lb"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 proven allow"},
    {"a hop where it should be", HOPS("2, verify: lb"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 10.0.0.2"},
	"203.0.113.9 x-forwarded-for 1 proven allow"},
    {"two, and entries left", HOPS("3, verify: [lb, cdn]"),
	{BEHIND_LB, "X-Forwarded-For: 1.1.1.1, 203.0.113.9, 192.0.2.2, "
		    "10.0.0.2"},
	"203.0.113.9 x-forwarded-for 2 proven allow entries-left-of-client"},
    {"a stranger where a hop should be", HOPS("2, verify: lb"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 198.51.100.1"},
	"10.0.0.1 peer 0 unproven allow unexpected-hop,answer-is-a-proxy"},
    {"a stranger left of a hop", HOPS("3, verify: lb"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 198.51.100.1, 10.0.0.2"},
	"10.0.0.1 peer 1 unproven allow unexpected-hop,answer-is-a-proxy"},
    {"a hop left of a stranger", HOPS("3, verify: lb"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 10.0.0.2, 198.51.100.1"},
	"10.0.0.1 peer 0 unproven allow unexpected-hop,answer-is-a-proxy"},
    {"no address where a hop should be", HOPS("2, verify: lb"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, junk"},
	"10.0.0.1 peer 0 unproven allow unexpected-hop,answer-is-a-proxy"},
    {"a stranger: skip is peer", HOPS("2, verify: lb, on-invalid: skip"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 198.51.100.1"},
	"10.0.0.1 peer 0 unproven allow unexpected-hop,answer-is-a-proxy"},
    {"a stranger: reject", HOPS("2, verify: lb, on-invalid: reject"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 198.51.100.1"},
	"- x-forwarded-for 0 unproven reject unexpected-hop"},
    {"a stranger: next",
	HOPS("2, verify: lb, on-invalid: next") ", fallback: reject",
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 198.51.100.1"},
	"- - 0 unproven reject unexpected-hop"},
    {"anybody verifies nothing", HOPS("1, verify: any"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 unproven allow"},
    {"anybody is an address", HOPS("2, verify: any"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, junk"},
	"10.0.0.1 peer 0 unproven allow unexpected-hop,answer-is-a-proxy"},
    {"verified, and no address", HOPS("2, verify: lb"),
	{BEHIND_LB, "X-Forwarded-For: junk, 10.0.0.2"},
	"10.0.0.1 peer 1 unproven allow invalid-entry,answer-is-a-proxy"},
};

static const struct policy_row too_few[] = {
    {"next", HOPS("2") ", fallback: none",
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"- - 0 unproven deny short-chain"},
    {"next source",
	TRUST "sources: [{header: X-Forwarded-For, pick: hops, hops: 2}" OTHER,
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9", "Other: 198.51.100.1"},
	"198.51.100.1 other 0 unproven allow short-chain"},
    {"peer", HOPS("2, short: peer") ", fallback: none",
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow short-chain,answer-is-a-proxy"},
    {"none", HOPS("2, short: none"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"- x-forwarded-for 0 unproven deny short-chain"},
    {"the leftmost", HOPS("3, short: leftmost"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 198.51.100.1"},
	"203.0.113.9 x-forwarded-for 0 unproven allow short-chain"},
    {"the leftmost, which is no address", HOPS("2, short: leftmost"),
	{BEHIND_LB, "X-Forwarded-For: junk"},
	"10.0.0.1 peer 0 unproven allow "
	"invalid-entry,short-chain,answer-is-a-proxy"},
    {"the leftmost, and what lies right of it is not verified",
	HOPS("3, verify: lb, short: leftmost"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 198.51.100.1"},
	"203.0.113.9 x-forwarded-for 0 unproven allow short-chain"},
    {"the leftmost of no line that was sent", HOPS("1, short: leftmost"),
	{BEHIND_LB, "h.x-forwarded-for=~", "h.x-forwarded-for.count=#1"},
	"10.0.0.1 peer 0 unproven allow "
	"incomplete,short-chain,answer-is-a-proxy"},
};

static const struct policy_row leftmost[] = {
    {"the leftmost", LEFTMOST(""),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 10.0.0.2"},
	"203.0.113.9 x-forwarded-for 0 unproven allow leftmost-is-spoofable"},
    {"of the first line", LEFTMOST(""),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 10.0.0.3",
	    "X-Forwarded-For: 198.51.100.1"},
	"203.0.113.9 x-forwarded-for 0 unproven allow "
	"several-lines,leftmost-is-spoofable"},
    {"passing over ranges", LEFTMOST(", skip: [private, cdn]"),
	{BEHIND_LB,
	    "X-Forwarded-For: 192.168.1.1, 192.0.2.1, 203.0.113.9, 10.0.0.2"},
	"203.0.113.9 x-forwarded-for 0 unproven allow leftmost-is-spoofable"},
    {"all are passed over", LEFTMOST(", skip: private"),
	{BEHIND_LB, "X-Forwarded-For: 192.168.1.1, 10.0.0.2"},
	"10.0.0.1 peer 0 unproven allow "
	"leftmost-is-spoofable,answer-is-a-proxy"},
    {"no address: peer instead of stop", LEFTMOST(""),
	{BEHIND_LB, "X-Forwarded-For: junk, 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow "
	"invalid-entry,leftmost-is-spoofable,answer-is-a-proxy"},
    {"no address: skip", LEFTMOST(", on-invalid: skip"),
	{BEHIND_LB, "X-Forwarded-For: junk, 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 unproven allow "
	"invalid-entry,leftmost-is-spoofable"},
    {"no address behind a range", LEFTMOST(", skip: private"),
	{BEHIND_LB, "X-Forwarded-For: 192.168.1.1, junk, 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow "
	"invalid-entry,leftmost-is-spoofable,answer-is-a-proxy"},
    {"nothing but what is skipped",
	LEFTMOST(", on-invalid: skip, skip: private"),
	{BEHIND_LB, "X-Forwarded-For: junk, 192.168.1.1"},
	"10.0.0.1 peer 0 unproven allow "
	"invalid-entry,leftmost-is-spoofable,answer-is-a-proxy"},
    {"right of the answer nothing matters", LEFTMOST(", on-invalid: reject"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, junk,,"},
	"203.0.113.9 x-forwarded-for 0 unproven allow leftmost-is-spoofable"},
    {"no address: next", LEFTMOST(", on-invalid: next") ", fallback: none",
	{BEHIND_LB, "X-Forwarded-For: junk, 203.0.113.9"},
	"- - 0 unproven deny invalid-entry,leftmost-is-spoofable"},
    {"no address: none", LEFTMOST(", on-invalid: none"),
	{BEHIND_LB, "X-Forwarded-For: junk, 203.0.113.9"},
	"- x-forwarded-for 0 unproven deny "
	"invalid-entry,leftmost-is-spoofable"},
    {"no address: reject", LEFTMOST(", on-invalid: reject"),
	{BEHIND_LB, "X-Forwarded-For: junk, 203.0.113.9"},
	"- x-forwarded-for 0 unproven reject "
	"invalid-entry,leftmost-is-spoofable"},
    {"empty: peer instead of stop", LEFTMOST(""),
	{BEHIND_LB, "X-Forwarded-For: , 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow "
	"empty-entry,leftmost-is-spoofable,answer-is-a-proxy"},
    {"empty entries that are gone", LEFTMOST(", on-empty: skip"),
	{BEHIND_LB, "X-Forwarded-For: ,, 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 unproven allow leftmost-is-spoofable"},
    {"no entries at all", LEFTMOST(", on-empty: skip"),
	{BEHIND_LB, "X-Forwarded-For: ,"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"lines that were not sent", LEFTMOST("") ", fallback: none",
	{BEHIND_LB, "h.x-forwarded-for=203.0.113.9",
	    "h.x-forwarded-for.count=#2"},
	"- - 0 unproven deny "
	"incomplete,several-lines,leftmost-is-spoofable"},
};

START_TEST(the_nth_from_the_right)
{
	policy_row_check(&counted[_i]);
}
END_TEST

START_TEST(verified_hops)
{
	policy_row_check(&verified[_i]);
}
END_TEST

START_TEST(fewer_entries_than_hops)
{
	policy_row_check(&too_few[_i]);
}
END_TEST

START_TEST(the_leftmost)
{
	policy_row_check(&leftmost[_i]);
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_loop_test(cases, the_nth_from_the_right, 0, ROWS(counted));
	tcase_add_loop_test(cases, verified_hops, 0, ROWS(verified));
	tcase_add_loop_test(cases, fewer_entries_than_hops, 0, ROWS(too_few));
	tcase_add_loop_test(cases, the_leftmost, 0, ROWS(leftmost));
}

int
main(void)
{
	return tests_run("pick", add_tests);
}
