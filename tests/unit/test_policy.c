/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/policy_fixture.h"

/*
 * Decisions over arguments as HAProxy sends them, line by line: what the
 * offline replay, whose headers are always complete, cannot show.
 */

static const char yaml[] =
    "lists:\n"
    "  lb: [10.0.0.0/24]\n"
    "  cdn: [192.0.2.0/24]\n"
    "  bad: [203.0.113.66, 2001:db8:bad::/48]\n"
    "policies:\n"
    "  default:\n"
    "    trust: [lb, cdn, unix]\n"
    "    sources: [{header: X-Forwarded-For}]\n"
    "    rules:\n"
    "      - {allow: [10.0.0.0/8, 198.51.100.0/24], name: office}\n"
    "      - {deny: bad, status: 451, message: go away}\n"
    "  first: {trust: lb, sources: [{header: X-Forwarded-For, lines: first}]}\n"
    "  last: {trust: lb, sources: [{header: X-Forwarded-For, lines: last}]}\n"
    "  left: {trust: lb, sources: [{header: X-Forwarded-For,"
    " pick: leftmost}]}\n"
    "  hops: {trust: lb, sources: [{header: X-Forwarded-For, pick: hops,"
    " hops: 3}]}\n"
    "  short: {trust: lb, sources: [{header: X-Forwarded-For, pick: hops,"
    " hops: 3, short: none}]}\n"
    "  cdn: {trust: [lb, cdn], sources: [{header: CF-Connecting-IP,"
    " from: cdn}, {header: X-Forwarded-For}]}\n"
    "  real: {trust: lb, sources: [{header: X-Real-IP}]}\n"
    "  old: {peer: src, trust: lb, sources: [{header: X-Forwarded-For}]}\n"
    "  pp: {trust: lb, proxy: {mode: require, unknown: reject}}\n"
    "  ppany: {trust: lb, proxy: {trust: any}}\n"
    "  parameter: {trust: lb, sources: [{argument: arg_ip}]}\n"
    "  shadow: {trust: lb, mode: shadow, rules: [{deny: bad}],"
    " default: deny}\n"
    "  bypass: {trust: lb, mode: bypass, default: deny}\n"
    "  nets: {trust: lb, v4-prefix: 24, v6-prefix: 48}\n"
    "  nobody: {trust: lb, untrusted-peer: none, unknown: captcha}\n"
    "  anybody: {trust: lb, sources: [{header: X-Forwarded-For, trust: any}],"
    " ip: {port: untrusted}}\n"
    "  picky: {trust: lb, ip: {unspecified: reject}}\n";

static struct generation *generation;
static struct request *request;

static void
setup(void)
{
	generation = generation_of(yaml);
	request = request_new(generation_names(generation), 16384);
	ck_assert_ptr_nonnull(request);
}

static void
teardown(void)
{
	request_free(request);
	generation_free(generation);
}

enum { ARGUMENTS = 9 };

/* name=value: @address, #integer, !0 or !1, ~ for NULL, else text. */
struct row {
	const char *name;
	const char *arguments[ARGUMENTS];
	const char *client;
	const char *verdict; /* or the error */
	int proven;
	const char *flags;
	const char *source;
};

static const struct row rows[] = {
    {"the peer is the client", {"peer=@203.0.113.9"}, "203.0.113.9", "allow", 1,
	"", "peer"},
    {"a header from a stranger",
	{"peer=@203.0.113.9", "h.x-forwarded-for=198.51.100.1",
	    "h.x-forwarded-for.count=#1"},
	"203.0.113.9", "allow", 1, "headers-from-untrusted-peer", "peer"},
    {"one hop",
	{"peer=@10.0.0.1", "h.x-forwarded-for=203.0.113.9",
	    "h.x-forwarded-for.count=#1"},
	"203.0.113.9", "allow", 1, "", "x-forwarded-for"},
    {"two lines, the client left",
	{"peer=@10.0.0.1", "h.x-forwarded-for=10.0.0.2",
	    "h.x-forwarded-for.2=1.1.1.1, 203.0.113.9",
	    "h.x-forwarded-for.count=#2"},
	"203.0.113.9", "allow", 1, "entries-left-of-client,several-lines",
	"x-forwarded-for"},
    {"a line that was not sent is needed",
	{"peer=@10.0.0.1", "h.x-forwarded-for=10.0.0.3, 10.0.0.2",
	    "h.x-forwarded-for.count=#2"},
	"10.0.0.3", "allow", 0, "incomplete,several-lines,answer-is-a-proxy",
	"x-forwarded-for"},
    {"a line that was not sent is not needed",
	{"peer=@10.0.0.1", "h.x-forwarded-for=203.0.113.9",
	    "h.x-forwarded-for.count=#5"},
	"203.0.113.9", "allow", 1, "entries-left-of-client,several-lines",
	"x-forwarded-for"},
    {"no count, and the walk runs out",
	{"peer=@10.0.0.1", "h.x-forwarded-for=10.0.0.2"}, "10.0.0.2", "allow",
	0, "incomplete,answer-is-a-proxy", "x-forwarded-for"},
    {"no count, and the walk stops before",
	{"peer=@10.0.0.1", "h.x-forwarded-for=203.0.113.9, 10.0.0.2"},
	"203.0.113.9", "allow", 1, "", "x-forwarded-for"},
    {"a count alone",
	{"peer=@10.0.0.1", "h.x-forwarded-for=~", "h.x-forwarded-for.count=#1"},
	"10.0.0.1", "allow", 0, "incomplete,answer-is-a-proxy", "peer"},
    {"a NULL header is no header",
	{"peer=@10.0.0.1", "h.x-forwarded-for=~", "h.x-forwarded-for.count=#0"},
	"10.0.0.1", "allow", 0, "answer-is-a-proxy", "peer"},
    {"mapped everywhere",
	{"peer=@::ffff:10.0.0.1", "h.x-forwarded-for=::ffff:203.0.113.66",
	    "h.x-forwarded-for.count=#1"},
	"203.0.113.66", "deny", 1, "", "x-forwarded-for"},
    {"allow does not match a proxy's own address",
	{"peer=@10.0.0.1", "h.x-forwarded-for=unknown",
	    "h.x-forwarded-for.count=#1"},
	"10.0.0.1", "allow", 0, "invalid-entry,answer-is-a-proxy", "peer"},
    {"a local socket",
	{"peer=unix", "h.x-forwarded-for=198.51.100.7",
	    "h.x-forwarded-for.count=#1"},
	"198.51.100.7", "allow", 1, "", "x-forwarded-for"},
    {"first line, known",
	{"policy=first", "peer=@10.0.0.1", "h.x-forwarded-for=10.0.0.2",
	    "h.x-forwarded-for.2=203.0.113.9", "h.x-forwarded-for.count=#2"},
	"203.0.113.9", "allow", 0, "several-lines", "x-forwarded-for"},
    {"first line, not sent",
	{"policy=first", "peer=@10.0.0.1", "h.x-forwarded-for=203.0.113.9",
	    "h.x-forwarded-for.count=#2"},
	"10.0.0.1", "allow", 0, "incomplete,several-lines,answer-is-a-proxy",
	"peer"},
    {"last line needs no other",
	{"policy=last", "peer=@10.0.0.1", "h.x-forwarded-for=203.0.113.9",
	    "h.x-forwarded-for.count=#9"},
	"203.0.113.9", "allow", 0, "several-lines", "x-forwarded-for"},
    {"leftmost of what was not sent",
	{"policy=left", "peer=@10.0.0.1", "h.x-forwarded-for=203.0.113.9"},
	"10.0.0.1", "allow", 0,
	"incomplete,leftmost-is-spoofable,answer-is-a-proxy", "peer"},
    {"leftmost, known",
	{"policy=left", "peer=@10.0.0.1", "h.x-forwarded-for=203.0.113.9",
	    "h.x-forwarded-for.count=#1"},
	"203.0.113.9", "allow", 0, "leftmost-is-spoofable", "x-forwarded-for"},
    {"counting goes over the lines that were sent",
	{"policy=hops", "peer=@10.0.0.1", "h.x-forwarded-for=10.0.0.2",
	    "h.x-forwarded-for.2=203.0.113.9, 10.0.0.3",
	    "h.x-forwarded-for.count=#3"},
	"203.0.113.9", "allow", 0, "entries-left-of-client,several-lines",
	"x-forwarded-for"},
    {"counting beyond what was sent",
	{"policy=short", "peer=@10.0.0.1", "h.x-forwarded-for=1.1.1.1, 2.2.2.2",
	    "h.x-forwarded-for.count=#3"},
	"-", "deny", 0, "incomplete,short-chain,several-lines",
	"x-forwarded-for"},
    {"a CDN's own header",
	{"policy=cdn", "peer=@192.0.2.1", "h.cf-connecting-ip=203.0.113.9",
	    "h.cf-connecting-ip.count=#1"},
	"203.0.113.9", "allow", 1, "", "cf-connecting-ip"},
    {"a CDN behind a balancer",
	{"policy=cdn", "peer=@10.0.0.1", "h.cf-connecting-ip=203.0.113.9",
	    "h.cf-connecting-ip.count=#1",
	    "h.x-forwarded-for=198.51.100.1, 192.0.2.1",
	    "h.x-forwarded-for.count=#1"},
	"203.0.113.9", "allow", 1, "", "cf-connecting-ip"},
    {"the CDN's header without the CDN",
	{"policy=cdn", "peer=@10.0.0.1", "h.cf-connecting-ip=203.0.113.9",
	    "h.cf-connecting-ip.count=#1", "h.x-forwarded-for=198.51.100.1",
	    "h.x-forwarded-for.count=#1"},
	"198.51.100.1", "allow", 1, "", "x-forwarded-for"},
    {"the CDN's header twice",
	{"policy=cdn", "peer=@192.0.2.1", "h.cf-connecting-ip=203.0.113.9",
	    "h.cf-connecting-ip.count=#2"},
	"192.0.2.1", "allow", 0,
	"invalid-entry,several-lines,answer-is-a-proxy", "peer"},
    {"the CDN's header, not counted",
	{"policy=cdn", "peer=@192.0.2.1", "h.cf-connecting-ip=203.0.113.9"},
	"192.0.2.1", "allow", 0, "incomplete,answer-is-a-proxy", "peer"},
    {"a single value that nobody vouches for",
	{"policy=real", "peer=@10.0.0.1", "h.x-real-ip=203.0.113.9",
	    "h.x-real-ip.count=#1"},
	"203.0.113.9", "allow", 0, "", "x-real-ip"},
    {"peer: src",
	{"policy=old", "src=@10.0.0.1", "h.x-forwarded-for=203.0.113.9",
	    "h.x-forwarded-for.count=#1"},
	"203.0.113.9", "allow", 1, "", "x-forwarded-for"},
    {"PROXY from a trusted sender",
	{"peer=@10.0.0.1", "proxied=!1", "src=@203.0.113.9"}, "203.0.113.9",
	"allow", 1, "", "proxy"},
    {"PROXY, then a chain",
	{"peer=@10.0.0.1", "proxied=!1", "src=@192.0.2.7",
	    "h.x-forwarded-for=203.0.113.9", "h.x-forwarded-for.count=#1"},
	"203.0.113.9", "allow", 1, "", "x-forwarded-for"},
    {"PROXY from a stranger",
	{"peer=@203.0.113.9", "proxied=!1", "src=@198.51.100.1"}, "203.0.113.9",
	"allow", 1, "proxy-from-untrusted-peer", "peer"},
    {"PROXY UNKNOWN keeps the peer",
	{"peer=@10.0.0.1", "proxied=!1", "src=@10.0.0.1"}, "10.0.0.1", "allow",
	0, "answer-is-a-proxy", "peer"},
    {"PROXY UNKNOWN rejected",
	{"policy=pp", "peer=@10.0.0.1", "proxied=!1", "src=@10.0.0.1"}, "-",
	"reject", 0, "", ""},
    {"PROXY required",
	{"policy=pp", "peer=@10.0.0.1", "proxied=!0", "src=@10.0.0.1"}, "-",
	"reject", 0, "", ""},
    {"PROXY required of the trusted alone", {"policy=pp", "peer=@1.2.3.4"},
	"1.2.3.4", "allow", 1, "", "peer"},
    {"PROXY from anybody proves nothing",
	{"policy=ppany", "peer=@1.2.3.4", "proxied=!1", "src=@5.6.7.8"},
	"5.6.7.8", "allow", 0, "", "proxy"},
    {"PROXY from anybody who is trusted anyway",
	{"policy=ppany", "peer=@10.0.0.1", "proxied=!1", "src=@5.6.7.8"},
	"5.6.7.8", "allow", 0, "", "proxy"},
    {"an argument of text",
	{"policy=parameter", "peer=@10.0.0.1", "arg_ip= 203.0.113.9 "},
	"203.0.113.9", "allow", 1, "", "arg_ip"},
    {"an argument that is an address",
	{"policy=parameter", "peer=@10.0.0.1", "arg_ip=@::ffff:203.0.113.9"},
	"203.0.113.9", "allow", 1, "", "arg_ip"},
    {"an argument that is a number",
	{"policy=parameter", "peer=@10.0.0.1", "arg_ip=#16909060"}, "10.0.0.1",
	"allow", 0, "invalid-entry,answer-is-a-proxy", "peer"},
    {"no argument", {"policy=parameter", "peer=@10.0.0.1", "arg_ip=~"},
	"10.0.0.1", "allow", 0, "answer-is-a-proxy", "peer"},
    {"bypass allows", {"policy=bypass", "peer=@203.0.113.9"}, "203.0.113.9",
	"allow", 1, "", "peer"},
    {"no address", {"policy=nobody", "peer=@203.0.113.9"}, "-", "captcha", 0,
	"", ""},
    {"a hop that only any trusts proves nothing",
	{"policy=anybody", "peer=@10.0.0.1",
	    "h.x-forwarded-for=9.9.9.9:80, 203.0.113.9",
	    "h.x-forwarded-for.count=#1"},
	"9.9.9.9", "allow", 0, "", "x-forwarded-for"},
    {"no peer", {"h.x-forwarded-for=203.0.113.9"}, "-", "no-peer", 0, "", NULL},
    {"a NULL peer", {"peer=~"}, "-", "no-peer", 0, "", NULL},
    {"an unspecified peer, refused", {"policy=picky", "peer=@0.0.0.0"}, "-",
	"no-peer", 0, "", NULL},
    {"an unspecified peer, taken", {"peer=@0.0.0.0"}, "0.0.0.0", "allow", 1, "",
	"peer"},
    {"no such policy", {"policy=other", "peer=@10.0.0.1"}, "-", "no-policy", 0,
	"", NULL},
    {"a wrong type", {"peer=@10.0.0.1", "proxied=#1"}, "-", "bad-argument", 0,
	"", NULL},
    {"a name twice", {"peer=@10.0.0.1", "peer=@10.0.0.1"}, "-", "bad-argument",
	0, "", NULL},
};

static struct sample
sample_of(const char *value)
{
	switch (value[0]) {
	case '@':
		return sample_address(value + 1);
	case '#':
		return sample_integer(atoi(value + 1));
	case '!':
		return sample_boolean(value[1] == '1');
	case '~':
		return (struct sample){.kind = SAMPLE_ABSENT};
	default:
		return sample_text(value);
	}
}

static void
ask(const char *const *arguments, struct answer *answer)
{
	const struct policy *policy;

	request_reset(request);
	for (int i = 0; i < ARGUMENTS && arguments[i]; i++) {
		const char *equals = strchr(arguments[i], '=');
		struct view name = {
		    arguments[i], (size_t)(equals - arguments[i])};
		struct sample sample = sample_of(equals + 1);

		request_add(request, name, &sample);
	}
	generation_evaluate(generation, request, answer, &policy, NULL);
}

START_TEST(decides)
{
	const struct row *row = &rows[_i];
	char client[ADDRESS_TEXT_SIZE], flags[FLAGS_TEXT_SIZE];
	struct answer answer;

	ask(row->arguments, &answer);
	flags_format(answer.flags, flags);
	ck_assert_msg(
	    strcmp(shown(&answer.client_ip, client), row->client) == 0,
	    "%s: client %s", row->name, client);
	ck_assert_msg(view_equal(answer.ok ? answer.verdict : answer.error,
			  view_of(row->verdict)),
	    "%s: verdict", row->name);
	ck_assert_msg(answer.proven == row->proven, "%s: proven", row->name);
	ck_assert_msg(
	    strcmp(flags, row->flags) == 0, "%s: flags %s", row->name, flags);
	if (row->source)
		ck_assert_msg(view_equal(answer.source, view_of(row->source)),
		    "%s: source %.*s", row->name, (int)answer.source.length,
		    answer.source.data);
	if (!answer.ok)
		ck_assert_msg(!answer.allowed, "%s: allowed", row->name);
}
END_TEST

#define ASK(answer, ...) ask((const char *[ARGUMENTS]){__VA_ARGS__}, answer)

START_TEST(tells_rule_and_list)
{
	struct answer answer;

	ASK(&answer, "peer=@203.0.113.66");
	ck_assert(view_equal(answer.rule, VIEW("deny-2")));
	ck_assert(view_equal(answer.list, VIEW("bad")));
	ck_assert_int_eq(answer.status, 451);
	ck_assert(view_equal(answer.message, VIEW("go away")));
	ck_assert(!answer.allowed);
	ASK(&answer, "peer=@198.51.100.3");
	ck_assert(view_equal(answer.rule, VIEW("office")));
	ck_assert(view_equal(answer.list, VIEW("198.51.100.0/24")));
	ASK(&answer, "peer=@8.8.8.8");
	ck_assert(view_equal(answer.rule, VIEW("default")));
	ck_assert_ptr_null(answer.list.data);
	ASK(&answer, "policy=nobody", "peer=@8.8.8.8");
	ck_assert(view_equal(answer.rule, VIEW("unknown")));
}
END_TEST

START_TEST(shadow_says_what_it_would_do)
{
	struct answer answer;

	ASK(&answer, "policy=shadow", "peer=@203.0.113.66");
	ck_assert(answer.allowed);
	ck_assert(view_equal(answer.verdict, VIEW("allow")));
	ck_assert(view_equal(answer.would_verdict, VIEW("deny")));
	ck_assert(view_equal(answer.rule, VIEW("deny-1")));
	ASK(&answer, "policy=bypass", "peer=@203.0.113.66");
	ck_assert_ptr_null(answer.would_verdict.data);
}
END_TEST

START_TEST(cuts_the_net_alone)
{
	char text[ADDRESS_TEXT_SIZE];
	struct answer answer;

	ASK(&answer, "policy=nets", "peer=@203.0.113.66");
	ck_assert_str_eq(shown(&answer.client_net, text), "203.0.113.0");
	ck_assert_str_eq(shown(&answer.client_ip, text), "203.0.113.66");
	ASK(&answer, "policy=nets", "peer=@2001:db8:1:2::3");
	ck_assert_str_eq(shown(&answer.client_net, text), "2001:db8:1::");
	ASK(&answer, "peer=@2001:db8:1:2::3");
	ck_assert_str_eq(shown(&answer.client_net, text), "2001:db8:1:2::");
}
END_TEST

START_TEST(hops_are_counted)
{
	struct answer answer;

	ASK(&answer, "peer=@10.0.0.1",
	    "h.x-forwarded-for=203.0.113.9, 10.0.0.9, 10.0.0.8",
	    "h.x-forwarded-for.count=#1");
	ck_assert_uint_eq(answer.hops, 2);
	ck_assert(answer.trusted);
	ASK(&answer, "peer=@203.0.113.9");
	ck_assert_uint_eq(answer.hops, 0);
	ck_assert(!answer.trusted);
}
END_TEST

START_TEST(listeners_admit)
{
	struct generation *other = generation_of(
	    "lists: {nodes: [192.0.2.0/28]}\n"
	    "listen:\n"
	    "  - {address: 127.0.0.1:9000}\n"
	    "  - {address: 127.0.0.1:9001, from: [nodes, 2001:db8::1]}\n"
	    "  - {address: 127.0.0.1:9002, from: [unix]}\n"
	    "  - {address: 127.0.0.1:9003, from: any}\n");
	struct address node = sample_address("192.0.2.3").address;
	struct address mapped = sample_address("::ffff:192.0.2.3").address;
	struct address stranger = sample_address("192.0.2.16").address;
	struct address local = {0};

	ck_assert(generation_admits(other, 0, &stranger));
	ck_assert(generation_admits(other, 0, &local));
	ck_assert(generation_admits(other, 1, &node));
	ck_assert(generation_admits(other, 1, &mapped));
	ck_assert(!generation_admits(other, 1, &stranger));
	ck_assert(!generation_admits(other, 1, &local));
	ck_assert(generation_admits(other, 2, &local));
	ck_assert(!generation_admits(other, 2, &node));
	ck_assert(generation_admits(other, 3, &stranger));
	ck_assert(generation_admits(other, 3, &local));
	ck_assert(!generation_admits(other, 4, &node));
	ck_assert_ptr_null(generation_policy(other, VIEW("default")));
	ck_assert_uint_eq(generation_number(other), 7);
	ck_assert_uint_gt(generation_size(other), 0);
	generation_free(other);
}
END_TEST

START_TEST(a_thousand_policies)
{
	enum { POLICIES = 1000, LISTS = 64 };
	size_t size = 0, room = 8u << 20;
	char *text = malloc(room);
	struct generation *many;
	struct request *scratch;

	size += (size_t)sprintf(text + size, "lists:\n");
	for (int i = 0; i < POLICIES; i++)
		size += (size_t)sprintf(text + size, "  l%d: [11.%d.%d.0/24]\n",
		    i, i / 256, i % 256);
	size += (size_t)sprintf(text + size, "policies:\n");
	for (int i = 0; i < POLICIES; i++) {
		size += (size_t)sprintf(text + size,
		    "  p%d:\n    trust: [10.0.0.1]\n    rules: [{deny: [", i);
		for (int l = 0; l < LISTS; l++)
			size += (size_t)sprintf(text + size, "%sl%d",
			    l ? ", " : "", (i + l) % POLICIES);
		size += (size_t)sprintf(text + size, "]}]\n");
	}
	many = generation_of(text);
	scratch = request_new(generation_names(many), 4096);
	for (int i = 0; i < POLICIES; i += 37) {
		const struct policy *policy;
		struct answer answer;
		char name[16], peer[40];

		for (int l = 0; l <= LISTS; l++) {
			int list = (i + l) % POLICIES;

			snprintf(name, sizeof(name), "p%d", i);
			snprintf(peer, sizeof(peer), "11.%d.%d.1", list / 256,
			    list % 256);
			request_reset(scratch);
			add(scratch, "policy", sample_text(name));
			add(scratch, "peer", sample_address(peer));
			generation_evaluate(
			    many, scratch, &answer, &policy, NULL);
			ck_assert_msg(answer.allowed == (l == LISTS),
			    "%s asked for %s", name, peer);
		}
	}
	request_free(scratch);
	generation_free(many);
	free(text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("policy");
	TCase *cases = tcase_create("policy");
	SRunner *runner;
	int failed;

	tcase_set_timeout(cases, 60);
	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_loop_test(cases, decides, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(cases, tells_rule_and_list);
	tcase_add_test(cases, shadow_says_what_it_would_do);
	tcase_add_test(cases, cuts_the_net_alone);
	tcase_add_test(cases, hops_are_counted);
	tcase_add_test(cases, listeners_admit);
	tcase_add_test(cases, a_thousand_policies);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
