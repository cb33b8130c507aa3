/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/policy_rows.h"

/* What explain tells of an evaluation: each step, in the order they happen. */

enum { TOLD_SIZE = 4096 };

struct told_row {
	const char *name;
	const char *policy;
	const char *request[REQUEST_PARTS];
	const char *told; /* the steps as steps_shown() writes them */
};

#define XFF(keys)                                     \
	"trust: [lb, cdn], unknown: allow, sources: " \
	"[{header: X-Forwarded-For" keys "}], rules: [{deny: bad, name: bad}]"

static const struct told_row walks[] = {
    {"a peer that is not trusted", "trust: lb", {"peer=@203.0.113.9"},
	"the peer is not trusted 203.0.113.9\n"},
    {"a peer in a list", "trust: [cdn, lb]", {BEHIND_LB},
	"trusted 10.0.0.1 by lb\n"
	"no source answered: fallback\n"},
    {"a peer under a prefix", "trust: [cdn, 10.0.0.0/8, lb]", {BEHIND_LB},
	"trusted 10.0.0.1 by 10.0.0.0/8\n"
	"no source answered: fallback\n"},
    {"a peer in a named range", "trust: [linklocal, private]", {BEHIND_LB},
	"trusted 10.0.0.1 by private\n"
	"no source answered: fallback\n"},
    {"a local socket", "trust: [any, unix]", {"peer=unix"},
	"trusted - by unix\n"
	"no source answered: fallback\n"},
    {"a local socket like everybody", "trust: any", {"peer=unix"},
	"trusted - by any\n"
	"no source answered: fallback\n"},
    {"everybody", "trust: any", {BEHIND_LB},
	"trusted 10.0.0.1 by any\n"
	"no source answered: fallback\n"},
    {"every address, in a list", "trust: [cdn, any]", {BEHIND_LB},
	"trusted 10.0.0.1 by any\n"
	"no source answered: fallback\n"},
    {"a source that is not there", XFF(""), {BEHIND_LB},
	"trusted 10.0.0.1 by lb\n"
	"passed over: it is not there [x-forwarded-for]\n"
	"no source answered: fallback\n"
	"rule does not match [bad]\n"},
    {"an argument that is not there", "trust: lb, sources: [{argument: arg}]",
	{BEHIND_LB, "arg=~"},
	"trusted 10.0.0.1 by lb\n"
	"passed over: it is not there [arg]\n"
	"no source answered: fallback\n"},
    {"PROXY that is not there", "trust: lb, sources: [{format: proxy}]",
	{BEHIND_LB},
	"trusted 10.0.0.1 by lb\n"
	"passed over: it is not there [proxy]\n"
	"no source answered: fallback\n"},
    {"hops and a client", XFF(""),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 192.0.2.2, 10.0.0.2"},
	"trusted 10.0.0.1 by lb\n"
	"trusted 10.0.0.2 by lb\n"
	"trusted 192.0.2.2 by cdn\n"
	"not trusted: the answer [x-forwarded-for] 203.0.113.9\n"
	"rule does not match [bad]\n"},
    {"every hop is trusted", XFF(""), {BEHIND_LB, "X-Forwarded-For: 10.0.0.2"},
	"trusted 10.0.0.1 by lb\n"
	"trusted 10.0.0.2 by lb\n"
	"every entry is trusted [x-forwarded-for]\n"
	"rule does not match [bad]\n"},
    {"every hop is trusted, and that is no answer", XFF(", all-trusted: next"),
	{BEHIND_LB, "X-Forwarded-For: 10.0.0.2"},
	"trusted 10.0.0.1 by lb\n"
	"passed 10.0.0.2 by lb\n"
	"every entry is trusted [x-forwarded-for]\n"
	"no source answered: fallback\n"
	"rule does not match [bad]\n"},
    {"the farthest of a source that did not answer",
	"fallback: farthest, " XFF(", all-trusted: next"),
	{BEHIND_LB, "X-Forwarded-For: 192.0.2.2, 10.0.0.2"},
	"trusted 10.0.0.1 by lb\n"
	"trusted 10.0.0.2 by lb\n"
	"trusted 192.0.2.2 by cdn\n"
	"every entry is trusted [x-forwarded-for]\n"
	"no source answered: fallback\n"
	"rule does not match [bad]\n"},
    {"the farthest of the first source of two",
	"trust: lb, fallback: farthest, sources: "
	"[{header: A, all-trusted: next}, {header: B, on-invalid: next}]",
	{BEHIND_LB, "A: 10.0.0.3, 10.0.0.2", "B: junk"},
	"trusted 10.0.0.1 by lb\n"
	"trusted 10.0.0.2 by lb\n"
	"trusted 10.0.0.3 by lb\n"
	"every entry is trusted [a]\n"
	"an entry that is no address [b]\n"
	"no source answered: fallback\n"},
    {"the farthest of the second source of two",
	"trust: lb, fallback: farthest, sources: "
	"[{header: A, all-trusted: next}, {header: B, all-trusted: next}]",
	{BEHIND_LB, "A: 10.0.0.2", "B: 10.0.0.3"},
	"trusted 10.0.0.1 by lb\n"
	"passed 10.0.0.2 by lb\n"
	"every entry is trusted [a]\n"
	"trusted 10.0.0.3 by lb\n"
	"every entry is trusted [b]\n"
	"no source answered: fallback\n"},
    {"an entry that is no address", XFF(""),
	{BEHIND_LB, "X-Forwarded-For: junk, 10.0.0.2"},
	"trusted 10.0.0.1 by lb\n"
	"trusted 10.0.0.2 by lb\n"
	"an entry that is no address [x-forwarded-for]\n"
	"rule does not match [bad]\n"},
    {"an empty entry", XFF(""), {BEHIND_LB, "X-Forwarded-For: ,10.0.0.2"},
	"trusted 10.0.0.1 by lb\n"
	"trusted 10.0.0.2 by lb\n"
	"an empty entry [x-forwarded-for]\n"
	"rule does not match [bad]\n"},
    {"the limit", XFF(", limit: 1"),
	{BEHIND_LB, "X-Forwarded-For: 10.0.0.3, 10.0.0.2"},
	"trusted 10.0.0.1 by lb\n"
	"trusted 10.0.0.2 by lb\n"
	"stopped: the limit of hops [x-forwarded-for]\n"
	"rule does not match [bad]\n"},
    {"a line that was not sent", XFF(""),
	{BEHIND_LB, "h.x-forwarded-for=10.0.0.2", "h.x-forwarded-for.count=#2"},
	"trusted 10.0.0.1 by lb\n"
	"trusted 10.0.0.2 by lb\n"
	"stopped: lines further left were not sent [x-forwarded-for]\n"
	"rule does not match [bad]\n"},
    {"a private address behind an external proxy", XFF(", external: cdn"),
	{BEHIND_LB, "X-Forwarded-For: 10.0.0.2, 192.0.2.2"},
	"trusted 10.0.0.1 by lb\n"
	"trusted 192.0.2.2 by cdn\n"
	"stopped: a private address, vouched for by an external proxy "
	"[x-forwarded-for] 10.0.0.2\n"
	"rule does not match [bad]\n"},
    {"an external proxy that the policy does not trust",
	XFF(", external: 198.51.100.7"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 198.51.100.7"},
	"trusted 10.0.0.1 by lb\n"
	"trusted 198.51.100.7 by 198.51.100.7\n"
	"not trusted: the answer [x-forwarded-for] 203.0.113.9\n"
	"rule does not match [bad]\n"},
    {"nobody sent it", XFF(", from: cdn"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"trusted 10.0.0.1 by lb\n"
	"passed over: nobody in its \"from\" sent it [x-forwarded-for]\n"
	"no source answered: fallback\n"
	"rule does not match [bad]\n"},
    {"its lines were not sent", XFF(", lines: one"),
	{BEHIND_LB, "h.x-forwarded-for=203.0.113.9"},
	"trusted 10.0.0.1 by lb\n"
	"passed over: its lines or their count were not sent "
	"[x-forwarded-for]\n"
	"no source answered: fallback\n"
	"rule does not match [bad]\n"},
};

#define HOPS(keys) XFF(", pick: hops, hops: 2" keys)

static const struct told_row picks[] = {
    {"counting", HOPS(""),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 10.0.0.2"},
	"trusted 10.0.0.1 by lb\n"
	"the entry counted to [x-forwarded-for] 203.0.113.9\n"
	"rule does not match [bad]\n"},
    {"counting over what is verified", HOPS(", verify: [cdn, lb]"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 10.0.0.2"},
	"trusted 10.0.0.1 by lb\n"
	"trusted 10.0.0.2 by lb\n"
	"the entry counted to [x-forwarded-for] 203.0.113.9\n"
	"rule does not match [bad]\n"},
    {"counting over what is not", HOPS(", verify: cdn"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 10.0.0.2"},
	"trusted 10.0.0.1 by lb\n"
	"an entry passed over is not where a hop should be "
	"[x-forwarded-for]\n"
	"rule does not match [bad]\n"},
    {"counting beyond what is verified",
	XFF(", pick: hops, hops: 3, verify: lb, short: leftmost"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 10.0.0.2"},
	"trusted 10.0.0.1 by lb\n"
	"passed 10.0.0.2 by lb\n"
	"fewer entries than hops [x-forwarded-for]\n"
	"the entry counted to [x-forwarded-for] 203.0.113.9\n"
	"rule does not match [bad]\n"},
    {"counting beyond what is there", HOPS(""),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"trusted 10.0.0.1 by lb\n"
	"fewer entries than hops [x-forwarded-for]\n"
	"no source answered: fallback\n"
	"rule does not match [bad]\n"},
    {"counting to what is no address", HOPS(""),
	{BEHIND_LB, "X-Forwarded-For: junk, 10.0.0.2"},
	"trusted 10.0.0.1 by lb\n"
	"an entry that is no address [x-forwarded-for]\n"
	"rule does not match [bad]\n"},
    {"the leftmost", XFF(", pick: leftmost"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, junk"},
	"trusted 10.0.0.1 by lb\n"
	"the leftmost entry [x-forwarded-for] 203.0.113.9\n"
	"rule does not match [bad]\n"},
    {"no leftmost", XFF(", pick: leftmost, on-invalid: skip"),
	{BEHIND_LB, "X-Forwarded-For: junk"},
	"trusted 10.0.0.1 by lb\n"
	"no source answered: fallback\n"
	"rule does not match [bad]\n"},
};

#define PROXIED "proxied=!1", "src=@203.0.113.9"

static const struct told_row others[] = {
    {"PROXY", "trust: lb", {BEHIND_LB, PROXIED},
	"PROXY protocol names the peer 203.0.113.9\n"
	"the peer is not trusted 203.0.113.9\n"},
    {"PROXY of a stranger", "trust: lb", {"peer=@198.51.100.1", PROXIED},
	"PROXY protocol ignored: its sender is not trusted 198.51.100.1\n"
	"the peer is not trusted 198.51.100.1\n"},
    {"PROXY that is missing", "trust: lb, proxy: {mode: require}", {BEHIND_LB},
	"trusted 10.0.0.1 by lb\n"
	"refused: PROXY protocol is required to name a client\n"},
    {"PROXY that names nobody", "trust: lb, proxy: {unknown: reject}",
	{BEHIND_LB, "proxied=!1"},
	"trusted 10.0.0.1 by lb\n"
	"refused: PROXY protocol is required to name a client\n"},
    {"a contradiction",
	"trust: lb, conflict: [{a: {header: A}, b: {header: B}, rule: same}]",
	{BEHIND_LB, "A: 203.0.113.9", "B: 203.0.113.8"},
	"trusted 10.0.0.1 by lb\n"
	"refused: it contradicts another header [a]\n"},
    {"rules", "trust: lb, rules: [{allow: office}, {deny: bad, name: evil}]",
	{"peer=@203.0.113.66"},
	"the peer is not trusted 203.0.113.66\n"
	"rule does not match [allow-1]\n"
	"rule matches [evil]\n"},
    {"a rule that is not for proxies",
	"trust: lb, rules: [{allow: lb}, {deny: lb}]", {BEHIND_LB},
	"trusted 10.0.0.1 by lb\n"
	"no source answered: fallback\n"
	"rule passed over: the address is only a proxy's [allow-1]\n"
	"rule matches [deny-2]\n"},
};

static void
step_show(const struct trace_step *step, FILE *stream)
{
	char text[ADDRESS_TEXT_SIZE];

	if (step->kind != TRACE_NOTE) {
		fprintf(stream, "%s %s by %.*s\n",
		    step->kind == TRACE_TRUSTED ? "trusted" : "passed",
		    shown(&step->address, text), (int)step->list.length,
		    step->list.data);
		return;
	}
	fputs(step->text, stream);
	if (step->name.length > 0)
		fprintf(
		    stream, " [%.*s]", (int)step->name.length, step->name.data);
	if (step->address.family != ADDRESS_NONE)
		fprintf(stream, " %s", shown(&step->address, text));
	fputc('\n', stream);
}

static void
steps_show(const struct trace *trace, char told[TOLD_SIZE])
{
	FILE *stream = fmemopen(told, TOLD_SIZE, "w");

	ck_assert_ptr_nonnull(stream);
	for (unsigned i = 0; i < trace->count; i++)
		step_show(&trace->steps[i], stream);
	fclose(stream);
}

static void
told_row_check(const struct told_row *row)
{
	static struct trace trace;
	struct generation *generation = generation_of_policy(row->policy);
	struct request *request =
	    request_new(generation_names(generation), 16384);
	char told[TOLD_SIZE] = "";
	const struct policy *policy;
	struct answer answer;

	ck_assert_ptr_nonnull(request);
	for (int i = 0; i < REQUEST_PARTS && row->request[i]; i++)
		part_add(request, row->request[i]);
	trace.count = 0;
	generation_evaluate(generation, request, &answer, &policy, &trace);
	steps_show(&trace, told);
	ck_assert_msg(strcmp(told, row->told) == 0,
	    "%s:\nexpected\n%sbut got\n%s", row->name, row->told, told);
	request_free(request);
	generation_free(generation);
}

START_TEST(tells_a_walk)
{
	told_row_check(&walks[_i]);
}
END_TEST

START_TEST(tells_a_pick)
{
	told_row_check(&picks[_i]);
}
END_TEST

START_TEST(tells_what_else_decides)
{
	told_row_check(&others[_i]);
}
END_TEST

/* What is looked at: three entries, and the one that is left of the client. */
START_TEST(counts_the_entries)
{
	static const char *const parts[REQUEST_PARTS] = {
	    BEHIND_LB, "A: 9.9.9.9, 8.8.8.8, 203.0.113.9, , 10.0.0.2"};
	static struct trace trace;
	struct generation *generation = generation_of_policy(
	    "trust: lb, sources: [{header: A, on-empty: skip}]");
	struct request *request =
	    request_new(generation_names(generation), 16384);
	const struct policy *policy;
	struct answer answer;

	for (int i = 0; parts[i]; i++)
		part_add(request, parts[i]);
	generation_evaluate(generation, request, &answer, &policy, &trace);
	ck_assert_uint_eq(trace.entries, 4);
	request_free(request);
	generation_free(generation);
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_loop_test(cases, tells_a_walk, 0, ROWS(walks));
	tcase_add_loop_test(cases, tells_a_pick, 0, ROWS(picks));
	tcase_add_loop_test(cases, tells_what_else_decides, 0, ROWS(others));
	tcase_add_test(cases, counts_the_entries);
}

int
main(void)
{
	return tests_run("trace", add_tests);
}
