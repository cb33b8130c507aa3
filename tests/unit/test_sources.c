/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/policy_rows.h"

/* Where entries come from: fields and their lines, arguments, PROXY, "from". */

#define TRUST "trust: [lb, cdn], "
#define SOURCE(keys) TRUST "sources: [{" keys "}]"
#define XFF(keys) SOURCE("header: X-Forwarded-For" keys)
#define FIRST_THEN_OTHER(keys) \
	TRUST "sources: [{header: X-Forwarded-For" keys "}, {header: Other}]"

static const struct policy_row order[] = {
    {"the first that answers", FIRST_THEN_OTHER(""),
	{BEHIND_LB, "Other: 198.51.100.1", "X-Forwarded-For: 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 proven allow"},
    {"the first is not there", FIRST_THEN_OTHER(""),
	{BEHIND_LB, "Other: 198.51.100.1"},
	"198.51.100.1 other 0 proven allow"},
    {"none is there: none", "fallback: none, " FIRST_THEN_OTHER(""),
	{BEHIND_LB}, "- - 0 unproven deny"},
    {"none is there: reject", "fallback: reject, " FIRST_THEN_OTHER(""),
	{BEHIND_LB}, "- - 0 unproven reject"},
    {"no sources", "trust: lb", {BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"no sources: farthest is the peer", "trust: lb, fallback: farthest",
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"the farthest trusted hop",
	"fallback: farthest, " XFF(", all-trusted: next"),
	{BEHIND_LB, "X-Forwarded-For: 10.0.0.3, 10.0.0.2"},
	"10.0.0.3 x-forwarded-for 2 unproven allow "
	"all-trusted,answer-is-a-proxy"},
    {"the farthest hop of the source that saw it",
	"fallback: farthest, " TRUST "sources: [{header: X-Forwarded-For, "
	"all-trusted: next}, {header: Other, on-invalid: next}]",
	{BEHIND_LB, "X-Forwarded-For: 10.0.0.3, 10.0.0.2", "Other: junk"},
	"10.0.0.3 x-forwarded-for 2 unproven allow "
	"invalid-entry,all-trusted,answer-is-a-proxy"},
    {"the farthest hop of the last source that saw one",
	"fallback: farthest, " TRUST "sources: [{header: X-Forwarded-For, "
	"all-trusted: next}, {header: Other, on-invalid: next}]",
	{BEHIND_LB, "X-Forwarded-For: 10.0.0.3, 10.0.0.2",
	    "Other: junk, 192.0.2.7"},
	"192.0.2.7 other 1 unproven allow "
	"invalid-entry,all-trusted,answer-is-a-proxy"},
    {"no hop was seen: the farthest is the peer",
	"fallback: farthest, " XFF(", on-invalid: next"),
	{BEHIND_LB, "X-Forwarded-For: junk"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"the peer is not in the first source's trust",
	"fallback: farthest, " XFF(", trust: cdn, all-trusted: next"),
	{BEHIND_LB, "X-Forwarded-For: 192.0.2.7"},
	"10.0.0.1 peer 0 unproven allow all-trusted,answer-is-a-proxy"},
    {"the first source trusts everybody",
	"fallback: farthest, " XFF(", trust: any, all-trusted: next"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 1 unproven allow all-trusted"},
    {"the first source trusts local sockets",
	"trust: unix, fallback: farthest, sources: [{header: X-Forwarded-For, "
	"trust: [unix, lb], all-trusted: next}]",
	{"peer=unix", "X-Forwarded-For: 10.0.0.2"},
	"10.0.0.2 x-forwarded-for 1 unproven allow all-trusted"},
    {"the first source trusts no local sockets",
	"trust: unix, fallback: farthest, sources: [{header: X-Forwarded-For, "
	"trust: lb, all-trusted: next}]",
	{"peer=unix", "X-Forwarded-For: 10.0.0.2"},
	"- peer 0 unproven deny all-trusted"},
};

static const struct policy_row names[] = {
    {"any case", XFF(""), {BEHIND_LB, "x-FORWARDED-for: 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 proven allow"},
    {"underscores are another name", XFF(""),
	{BEHIND_LB, "X_Forwarded_For: 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"the whole name", XFF(""),
	{BEHIND_LB, "X-Forwarded-For2: 203.0.113.9",
	    "X-Forwarded-Fo: 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"two names of one hash",
	TRUST "sources: [{argument: costarring}, {argument: liquid}]",
	{BEHIND_LB, "liquid=203.0.113.9", "costarring=junk"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"two names of one hash, the second sent",
	TRUST "sources: [{argument: costarring}, {argument: liquid}]",
	{BEHIND_LB, "liquid=203.0.113.9"}, "203.0.113.9 liquid 0 proven allow"},
};

static const struct policy_row several_lines[] = {
    {"first", XFF(", lines: first"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 10.0.0.2",
	    "X-Forwarded-For: 198.51.100.1"},
	"203.0.113.9 x-forwarded-for 1 unproven allow several-lines"},
    {"last", XFF(", lines: last"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 10.0.0.2",
	    "X-Forwarded-For: 198.51.100.1"},
	"198.51.100.1 x-forwarded-for 0 unproven allow several-lines"},
    {"first of one", XFF(", lines: first"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 proven allow"},
    {"last of one", XFF(", lines: last"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 proven allow"},
    {"one of one", XFF(", lines: one"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 proven allow"},
    {"one of two", XFF(", lines: one"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9",
	    "X-Forwarded-For: 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow "
	"invalid-entry,several-lines,answer-is-a-proxy"},
    {"one of two is one entry, and it can be skipped",
	XFF(", lines: one, on-invalid: skip"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9",
	    "X-Forwarded-For: 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow "
	"invalid-entry,several-lines,answer-is-a-proxy"},
    {"one, which was not sent", XFF(", lines: one"),
	{BEHIND_LB, "h.x-forwarded-for=~", "h.x-forwarded-for.count=#1"},
	"10.0.0.1 peer 0 unproven allow incomplete,answer-is-a-proxy"},
    {"one, and the count is not known", XFF(", lines: one"),
	{BEHIND_LB, "h.x-forwarded-for=203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow incomplete,answer-is-a-proxy"},
    {"last, which was not sent", XFF(", lines: last"),
	{BEHIND_LB, "h.x-forwarded-for=~", "h.x-forwarded-for.2=203.0.113.9",
	    "h.x-forwarded-for.count=#2"},
	"10.0.0.1 peer 0 unproven allow "
	"incomplete,several-lines,answer-is-a-proxy"},
    {"first of more lines than have names", XFF(", lines: first"),
	{BEHIND_LB, "h.x-forwarded-for=203.0.113.9",
	    "h.x-forwarded-for.count=#11"},
	"10.0.0.1 peer 0 unproven allow "
	"incomplete,several-lines,answer-is-a-proxy"},
    {"lines beyond what the count says", XFF(""),
	{BEHIND_LB, "h.x-forwarded-for=10.0.0.2",
	    "h.x-forwarded-for.3=203.0.113.9", "h.x-forwarded-for.count=#1"},
	"10.0.0.2 x-forwarded-for 1 unproven allow "
	"incomplete,several-lines,answer-is-a-proxy"},
    {"a count of none, and a line", XFF(""),
	{BEHIND_LB, "h.x-forwarded-for=203.0.113.9",
	    "h.x-forwarded-for.count=#0"},
	"203.0.113.9 x-forwarded-for 0 proven allow"},
    {"all headers outdo single lines", XFF(""),
	{BEHIND_LB, "h.x-forwarded-for=198.51.100.1",
	    "X-Forwarded-For: 203.0.113.9", "h.x-forwarded-for.count=#4"},
	"203.0.113.9 x-forwarded-for 0 proven allow"},
};

#define SINGLE(keys) SOURCE("header: X-Real-IP" keys)
#define ADDR_PORT SOURCE("header: CloudFront-Viewer-Address, from: lb")
#define FORWARDED SOURCE("header: Forwarded")

static const struct policy_row formats[] = {
    {"single: nobody vouches for it", SINGLE(""),
	{BEHIND_LB, "X-Real-IP: 203.0.113.9"},
	"203.0.113.9 x-real-ip 0 unproven allow"},
    {"single, from", SINGLE(", from: lb"),
	{BEHIND_LB, "X-Real-IP: 203.0.113.9"},
	"203.0.113.9 x-real-ip 0 proven allow"},
    {"single: a comma", SINGLE(", from: lb"),
	{BEHIND_LB, "X-Real-IP: 203.0.113.9, 10.0.0.2"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"addr-port", ADDR_PORT,
	{BEHIND_LB, "CloudFront-Viewer-Address: 203.0.113.9:4711"},
	"203.0.113.9 cloudfront-viewer-address 0 proven allow"},
    {"addr-port: IPv6", ADDR_PORT,
	{BEHIND_LB, "CloudFront-Viewer-Address: 2001:db8:c::9:4711"},
	"2001:db8:c::9 cloudfront-viewer-address 0 proven allow"},
    {"addr-port: no port", ADDR_PORT,
	{BEHIND_LB, "CloudFront-Viewer-Address: 203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"addr-port: its port is no decoration", "ip: {port: invalid}, " ADDR_PORT,
	{BEHIND_LB, "CloudFront-Viewer-Address: 203.0.113.9:4711"},
	"203.0.113.9 cloudfront-viewer-address 0 proven allow"},
    {"forwarded", FORWARDED,
	{BEHIND_LB, "Forwarded: for=203.0.113.9;proto=https, for=10.0.0.2"},
	"203.0.113.9 forwarded 1 proven allow"},
    {"forwarded: IPv6 and port", FORWARDED,
	{BEHIND_LB, "Forwarded: For=\"[2001:db8:c::9]:4711\""},
	"2001:db8:c::9 forwarded 0 proven allow"},
    {"forwarded: without for", FORWARDED,
	{BEHIND_LB, "Forwarded: for=203.0.113.9, proto=https"},
	"10.0.0.1 peer 0 unproven allow empty-entry,answer-is-a-proxy"},
    {"forwarded: unknown", FORWARDED,
	{BEHIND_LB, "Forwarded: for=203.0.113.9, for=unknown"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"forwarded: a quote that a client left open", FORWARDED,
	{BEHIND_LB, "Forwarded: for=\"1.1.1.1, for=203.0.113.9"},
	"203.0.113.9 forwarded 0 proven allow entries-left-of-client"},
};

#define ARGUMENT SOURCE("argument: ip")

static const struct policy_row arguments[] = {
    {"text", ARGUMENT, {BEHIND_LB, "ip= 203.0.113.9, 10.0.0.2\t"},
	"203.0.113.9 ip 1 proven allow"},
    {"text without an entry", ARGUMENT, {BEHIND_LB, "ip="},
	"10.0.0.1 peer 0 unproven allow empty-entry,answer-is-a-proxy"},
    {"an address", ARGUMENT, {BEHIND_LB, "ip=@::ffff:203.0.113.9"},
	"203.0.113.9 ip 0 proven allow"},
    {"an address that is trusted", ARGUMENT, {BEHIND_LB, "ip=@10.0.0.2"},
	"10.0.0.2 ip 1 unproven allow all-trusted,answer-is-a-proxy"},
    {"an address that is refused", "ip: {unspecified: reject}, " ARGUMENT,
	{BEHIND_LB, "ip=@0.0.0.0"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"a number", ARGUMENT, {BEHIND_LB, "ip=#3405803785"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"true", ARGUMENT, {BEHIND_LB, "ip=!1"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"NULL", ARGUMENT, {BEHIND_LB, "ip=~"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"single: a comma", SOURCE("argument: ip, format: single"),
	{BEHIND_LB, "ip=203.0.113.9, 10.0.0.2"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"counted", SOURCE("argument: ip, pick: hops"),
	{BEHIND_LB, "ip=@203.0.113.9"}, "203.0.113.9 ip 0 unproven allow"},
    {"leftmost", SOURCE("argument: ip, pick: leftmost"),
	{BEHIND_LB, "ip=@203.0.113.9"},
	"203.0.113.9 ip 0 unproven allow leftmost-is-spoofable"},
};

#define PROXY "proxy: ignore, " SOURCE("format: proxy")

static const struct policy_row proxies[] = {
    {"the PROXY source", PROXY, {BEHIND_LB, "proxied=!1", "src=@203.0.113.9"},
	"203.0.113.9 proxy 0 proven allow"},
    {"no PROXY header", PROXY, {BEHIND_LB, "proxied=!0", "src=@203.0.113.9"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"UNKNOWN or LOCAL", PROXY, {BEHIND_LB, "proxied=!1", "src=@10.0.0.1"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"a PROXY source that is trusted", PROXY,
	{BEHIND_LB, "proxied=!1", "src=@10.0.0.2"},
	"10.0.0.2 proxy 1 unproven allow all-trusted,answer-is-a-proxy"},
    {"a PROXY source that is trusted: the peer",
	"proxy: ignore, " SOURCE("format: proxy, all-trusted: peer"),
	{BEHIND_LB, "proxied=!1", "src=@10.0.0.2"},
	"10.0.0.1 peer 1 unproven allow all-trusted,answer-is-a-proxy"},
    {"behind a header",
	"proxy: ignore, " TRUST "sources: "
	"[{header: X-Forwarded-For}, {format: proxy}]",
	{BEHIND_LB, "proxied=!1", "src=@203.0.113.9",
	    "X-Forwarded-For: 198.51.100.1"},
	"198.51.100.1 x-forwarded-for 0 proven allow"},
    {"a sender that is not trusted", PROXY,
	{"peer=@198.51.100.1", "proxied=!1", "src=@203.0.113.9"},
	"198.51.100.1 peer 0 proven allow"},
};

#define FROM(list)                                                      \
	"trust: [unix, lb, cdn], sources: [{header: CF-Connecting-IP, " \
	"from: " list "}]"
#define CF "CF-Connecting-IP: 203.0.113.9"

static const struct policy_row from[] = {
    {"the peer", FROM("cdn"), {BEHIND_CDN, CF},
	"203.0.113.9 cf-connecting-ip 0 proven allow"},
    {"a hop", FROM("cdn"),
	{BEHIND_LB, CF, "X-Forwarded-For: 198.51.100.1, 192.0.2.7"},
	"203.0.113.9 cf-connecting-ip 0 proven allow"},
    {"a hop behind a hop", FROM("cdn"),
	{BEHIND_LB, CF, "X-Forwarded-For: 192.0.2.7, 10.0.0.2"},
	"203.0.113.9 cf-connecting-ip 0 proven allow"},
    {"nobody", FROM("cdn"), {BEHIND_LB, CF, "X-Forwarded-For: 198.51.100.1"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"no chain", FROM("cdn"), {BEHIND_LB, CF},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"only what a client wrote", FROM("cdn"),
	{BEHIND_LB, CF, "X-Forwarded-For: 192.0.2.7, 198.51.100.1"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"a hop behind no address", FROM("cdn"),
	{BEHIND_LB, CF, "X-Forwarded-For: 192.0.2.7, junk"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"a hop behind an empty entry", FROM("cdn"),
	{BEHIND_LB, CF, "X-Forwarded-For: 192.0.2.7,"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"a hop of a line that was not sent", FROM("cdn"),
	{BEHIND_LB, "h.cf-connecting-ip=203.0.113.9",
	    "h.cf-connecting-ip.count=#1", "h.x-forwarded-for=10.0.0.2",
	    "h.x-forwarded-for.count=#2"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"a hop with a port that is not trusted",
	"ip: {port: untrusted}, " FROM("cdn"),
	{BEHIND_LB, CF, "X-Forwarded-For: 198.51.100.1, 192.0.2.7:80"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"in the list, not in trust",
	"trust: lb, sources: [{header: CF-Connecting-IP, from: cdn}]",
	{BEHIND_LB, CF, "X-Forwarded-For: 198.51.100.1, 192.0.2.7"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"anybody: believed, not proven", FROM("any"), {BEHIND_LB, CF},
	"203.0.113.9 cf-connecting-ip 0 unproven allow"},
    {"anybody, a local socket too", FROM("any"), {"peer=unix", CF},
	"203.0.113.9 cf-connecting-ip 0 unproven allow"},
    {"every address is no local socket", FROM("[any]"), {"peer=unix", CF},
	"- peer 0 unproven deny"},
    {"every address: a hop", FROM("[any]"),
	{"peer=unix", CF, "X-Forwarded-For: 198.51.100.1, 10.0.0.2"},
	"203.0.113.9 cf-connecting-ip 0 unproven allow"},
    {"a local socket", FROM("unix"), {"peer=unix", CF},
	"203.0.113.9 cf-connecting-ip 0 proven allow"},
    {"every address or the CDN, which it is", FROM("[any, cdn]"),
	{BEHIND_CDN, CF}, "203.0.113.9 cf-connecting-ip 0 proven allow"},
    {"every address or the CDN, which it is not", FROM("[any, cdn]"),
	{BEHIND_LB, CF}, "203.0.113.9 cf-connecting-ip 0 unproven allow"},
    {"what is no source raises no flags", FROM("cdn"),
	{BEHIND_LB, CF, "X-Forwarded-For: junk", "X-Forwarded-For: junk"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
};

static const struct policy_row untrusted[] = {
    {"headers from a stranger", XFF(""),
	{"peer=@203.0.113.9", "X-Forwarded-For: 1.1.1.1"},
	"203.0.113.9 peer 0 proven allow headers-from-untrusted-peer"},
    {"a header that nobody reads", XFF(""),
	{"peer=@203.0.113.9", "Forwarded: for=1.1.1.1"},
	"203.0.113.9 peer 0 proven allow"},
    {"an argument is no header", ARGUMENT, {"peer=@203.0.113.9", "ip=1.1.1.1"},
	"203.0.113.9 peer 0 proven allow"},
    {"a count is a sign", XFF(""),
	{"peer=@203.0.113.9", "h.x-forwarded-for=~",
	    "h.x-forwarded-for.count=#1"},
	"203.0.113.9 peer 0 proven allow headers-from-untrusted-peer"},
    {"none", "untrusted-peer: none, " XFF(""),
	{"peer=@203.0.113.9", "X-Forwarded-For: 1.1.1.1"},
	"- - 0 unproven deny headers-from-untrusted-peer"},
    {"reject", "untrusted-peer: reject, " XFF(""), {"peer=@203.0.113.9"},
	"- - 0 unproven reject"},
};

START_TEST(in_their_order)
{
	policy_row_check(&order[_i]);
}
END_TEST

START_TEST(by_their_names)
{
	policy_row_check(&names[_i]);
}
END_TEST

START_TEST(lines_of_one_field)
{
	policy_row_check(&several_lines[_i]);
}
END_TEST

START_TEST(in_their_format)
{
	policy_row_check(&formats[_i]);
}
END_TEST

START_TEST(from_arguments)
{
	policy_row_check(&arguments[_i]);
}
END_TEST

START_TEST(from_proxy)
{
	policy_row_check(&proxies[_i]);
}
END_TEST

START_TEST(from_whom)
{
	policy_row_check(&from[_i]);
}
END_TEST

START_TEST(from_strangers)
{
	policy_row_check(&untrusted[_i]);
}
END_TEST

/* The walk for "from" ends where a source's would by default: 32 entries. */
START_TEST(from_as_far_as_a_walk_goes)
{
	for (int hops = 31; hops <= 32; hops++) {
		char line[1024] = "X-Forwarded-For: 192.0.2.7";
		const struct policy_row row = {"a CDN behind many hops",
		    FROM("cdn"), {BEHIND_LB, CF, line},
		    hops < 32
			? "203.0.113.9 cf-connecting-ip 0 proven allow"
			: "10.0.0.1 peer 0 unproven allow answer-is-a-proxy"};

		for (int i = 0; i < hops; i++)
			strcat(line, ", 10.0.0.2");
		policy_row_check(&row);
	}
}
END_TEST

/* Ten lines have names; with all of them sent, an eleventh may exist. */
START_TEST(as_many_lines_as_have_names)
{
	struct generation *generation = generation_of_policy(XFF(""));
	struct request *request =
	    request_new(generation_names(generation), 16384);

	for (int count = 10; count <= 11; count++) {
		char name[32], text[SHOWN_ANSWER_SIZE];
		const struct policy *policy;
		struct answer answer;

		request_reset(request);
		add(request, "peer", sample_address("10.0.0.1"));
		add(request, "h.x-forwarded-for", sample_text("10.0.0.2"));
		for (int line = 2; line <= 10; line++) {
			sprintf(name, "h.x-forwarded-for.%d", line);
			add(request, name, sample_text("10.0.0.2"));
		}
		add(request, "h.x-forwarded-for.count", sample_integer(count));
		generation_evaluate(
		    generation, request, &answer, &policy, NULL);
		ck_assert_str_eq(answer_shown(&answer, text),
		    count == 10 ? "10.0.0.2 x-forwarded-for 10 unproven allow "
				  "all-trusted,several-lines,answer-is-a-proxy"
				: "10.0.0.2 x-forwarded-for 10 unproven allow "
				  "incomplete,several-lines,answer-is-a-proxy");
	}
	request_free(request);
	generation_free(generation);
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_loop_test(cases, in_their_order, 0, ROWS(order));
	tcase_add_loop_test(cases, by_their_names, 0, ROWS(names));
	tcase_add_loop_test(cases, lines_of_one_field, 0, ROWS(several_lines));
	tcase_add_loop_test(cases, in_their_format, 0, ROWS(formats));
	tcase_add_loop_test(cases, from_arguments, 0, ROWS(arguments));
	tcase_add_loop_test(cases, from_proxy, 0, ROWS(proxies));
	tcase_add_loop_test(cases, from_whom, 0, ROWS(from));
	tcase_add_loop_test(cases, from_strangers, 0, ROWS(untrusted));
	tcase_add_test(cases, from_as_far_as_a_walk_goes);
	tcase_add_test(cases, as_many_lines_as_have_names);
}

int
main(void)
{
	return tests_run("sources", add_tests);
}
