/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/policy_rows.h"

/* Decisions that hang on a single condition, found by tests/tools/mutate.py. */

static const struct policy_row rows[] = {
    {"a from that was met says nothing of the next source",
	"trust: cdn, sources: [{header: CF-Connecting-IP, from: cdn}, "
	"{header: X-Real-IP}]",
	{BEHIND_CDN, "X-Real-IP: 203.0.113.9"},
	"203.0.113.9 x-real-ip 0 unproven allow"},
    {"leftmost: both flags of what was passed over",
	"trust: lb, sources: [{header: A, pick: leftmost, on-invalid: skip, "
	"on-empty: peer}]",
	{BEHIND_LB, "A: junk, , 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,empty-entry,"
	"leftmost-is-spoofable,answer-is-a-proxy"},
    {"farthest: everybody is in the source's trust, a local socket too",
	"trust: unix, fallback: farthest, sources: [{header: A, trust: any, "
	"all-trusted: next}]",
	{"peer=unix", "A: 203.0.113.9"},
	"203.0.113.9 a 1 unproven allow all-trusted"},
    {"farthest: the peer is not in the source's own trust",
	"trust: [lb, cdn], fallback: farthest, sources: [{header: A, "
	"trust: cdn, all-trusted: next}]",
	{BEHIND_LB, "A: 192.0.2.2"},
	"10.0.0.1 peer 0 unproven allow all-trusted,answer-is-a-proxy"},
    {"farthest: the peer is in the first source's trust alone",
	"trust: [lb, cdn], fallback: farthest, sources: [{header: A, "
	"trust: lb, all-trusted: next}, {header: B, trust: cdn}]",
	{BEHIND_LB, "A: 10.0.0.2"},
	"10.0.0.2 a 1 unproven allow all-trusted,answer-is-a-proxy"},
};

START_TEST(decides)
{
	policy_row_check(&rows[_i]);
}
END_TEST

/* A line as long as a payload can bring one, and an IPv6 peer behind it. */
START_TEST(room_for_what_is_put_together)
{
	enum { PAYLOAD = 4096, LINE = PAYLOAD - 32 };
	struct generation *generation = generation_of_policy(
	    "trust: any, forward: {x-forwarded-for: {trusted: append}}");
	struct request *request =
	    request_new(generation_names(generation), PAYLOAD);
	static const char peer[] = "2001:db8:a:b:c:d:e:f";
	char line[LINE];
	const struct policy *policy;
	struct answer answer;
	struct view told;

	memset(line, '1', sizeof(line));
	add(request, "peer", sample_address(peer));
	request_headers_begin(request);
	request_add_line(
	    request, VIEW("X-Forwarded-For"), (struct view){line, LINE});
	generation_evaluate(generation, request, &answer, &policy, NULL);
	told = answer.forward[FORWARD_FOR];
	ck_assert_uint_eq(told.length, LINE + 2 + strlen(peer));
	ck_assert_mem_eq(told.data, line, LINE);
	ck_assert_mem_eq(told.data + LINE, ", ", 2);
	ck_assert_mem_eq(told.data + LINE + 2, peer, strlen(peer));
	request_free(request);
	generation_free(generation);
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_loop_test(cases, decides, 0, ROWS(rows));
	tcase_add_test(cases, room_for_what_is_put_together);
}

int
main(void)
{
	return tests_run("mutants-policy", add_tests);
}
