/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/explain_fixture.h"

/* What people are told of a request. */

static char *
printed(const struct explain_question *question, bool *good)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	*good = explain_print(explain, question, stream);
	fclose(stream);
	return text;
}

static void
check_printed(const struct explain_question *question, const char *expected)
{
	bool good;
	char *text = printed(question, &good);

	ck_assert_str_eq(text, expected);
	ck_assert(good);
	free(text);
}

#define KNOWS \
	"what the agent knows (sent is what the policy's \"return\" names)\n"

START_TEST(printed_walk)
{
	static const struct explain_pair headers[] = {
	    {"X-Forwarded-For", "1.1.1.1"},
	    {"X-Forwarded-For", "203.0.113.66, 10.0.0.2"},
	};

	check_printed(
	    &(struct explain_question){
		.peer = "10.0.0.1", .headers = headers, .header_count = 2},
	    "policy default\n"
	    "walk and rules\n"
	    "  10.0.0.1: trusted, by lb\n"
	    "  10.0.0.2: trusted, by lb\n"
	    "  x-forwarded-for: 203.0.113.66: not trusted: the answer\n"
	    "  allow-1: rule does not match\n"
	    "  blocked: rule matches\n" KNOWS "  txn.truesrc.ok = true\n"
	    "  txn.truesrc.allowed = false\n"
	    "  txn.truesrc.verdict = deny\n"
	    "  txn.truesrc.client_ip = 203.0.113.66\n"
	    "  txn.truesrc.client_net = 203.0.113.66\n"
	    "  txn.truesrc.proven = true\n"
	    "  txn.truesrc.trusted = true\n"
	    "  txn.truesrc.source = x-forwarded-for\n"
	    "  txn.truesrc.hops = 1\n"
	    "  txn.truesrc.rule = blocked\n"
	    "  txn.truesrc.list = bad\n"
	    "  txn.truesrc.status = 451\n"
	    "  txn.truesrc.message = go away\n"
	    "  txn.truesrc.flags = entries-left-of-client,several-lines\n");
}
END_TEST

START_TEST(printed_shadow)
{
	check_printed(
	    &(struct explain_question){
		.peer = "10.0.0.1", .policy = "shadow", .proxy = "203.0.113.9"},
	    "policy shadow\n"
	    "walk and rules\n"
	    "  203.0.113.9: PROXY protocol names the peer\n"
	    "  203.0.113.9: the peer is not trusted\n" KNOWS
	    "  sess.truesrc.ok = true\n"
	    "  sess.truesrc.allowed = true\n"
	    "  sess.truesrc.verdict = allow\n"
	    "  sess.truesrc.would_verdict = deny\n"
	    "  sess.truesrc.client_ip = 203.0.113.9\n"
	    "  sess.truesrc.client_net = 203.0.113.9\n"
	    "  sess.truesrc.proven = true\n"
	    "  sess.truesrc.trusted = false\n"
	    "  sess.truesrc.source = proxy\n"
	    "  sess.truesrc.hops = 0\n"
	    "  sess.truesrc.rule = default\n");
}
END_TEST

START_TEST(printed_nobody)
{
	check_printed(
	    &(struct explain_question){
		.peer = "unix", .policy = "nobody", .proxy = "unknown"},
	    "policy nobody\n"
	    "walk and rules\n"
	    "  PROXY protocol ignored: its sender is not trusted\n"
	    "  the peer is not trusted\n" KNOWS "  req.truesrc.ok = true\n"
	    "  req.truesrc.allowed = false\n"
	    "  req.truesrc.verdict = deny\n"
	    "  req.truesrc.proven = false\n"
	    "  req.truesrc.trusted = false\n"
	    "  req.truesrc.hops = 0\n"
	    "  req.truesrc.rule = unknown\n"
	    "  req.truesrc.flags = proxy-from-untrusted-peer\n");
}
END_TEST

START_TEST(printed_forward)
{
	static const struct explain_pair arguments[] = {
	    {"scheme", "h\x1b[2J\x7f"}, {"port", "443"}};

	check_printed(&(struct explain_question){.peer = "unix",
			  .policy = "forward",
			  .arguments = arguments,
			  .argument_count = 2},
	    "policy forward\n"
	    "walk and rules\n"
	    "  the peer is not trusted\n" KNOWS "  txn.truesrc.ok = true\n"
	    "  txn.truesrc.allowed = false\n"
	    "  txn.truesrc.verdict = deny\n"
	    "  txn.truesrc.proven = false\n"
	    "  txn.truesrc.trusted = false\n"
	    "  txn.truesrc.source = peer\n"
	    "  txn.truesrc.hops = 0\n"
	    "  txn.truesrc.rule = unknown\n"
	    "  txn.truesrc.fwd_proto = h\\x1b[2J\\x7f\n"
	    "  txn.truesrc.fwd_port = 443\n");
}
END_TEST

START_TEST(printed_errors)
{
	bool good;
	char *text = printed(
	    &(struct explain_question){.peer = "10.0.0.1", .policy = "x"},
	    &good);

	ck_assert_str_eq(text,
	    "policy (none)\n" KNOWS "  txn.truesrc.ok = false\n"
	    "  txn.truesrc.allowed = false\n"
	    "  txn.truesrc.error = no-policy\n");
	ck_assert(!good);
	free(text);
	text = printed(&(struct explain_question){.peer = "10.0.0"}, &good);
	ck_assert_str_eq(text, "peer is neither an address nor \"unix\"\n");
	ck_assert(!good);
	free(text);
	text = printed(
	    &(struct explain_question){.peer = "10.0.0.1", .proxy = "x"},
	    &good);
	ck_assert_str_eq(text, "proxy's src is no address\n");
	ck_assert(!good);
	free(text);
	text = printed(&(struct explain_question){.policy = "default"}, &good);
	ck_assert_ptr_nonnull(strstr(text, "error = no-peer\n"));
	ck_assert(!good);
	free(text);
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, printed_walk);
	tcase_add_test(cases, printed_shadow);
	tcase_add_test(cases, printed_nobody);
	tcase_add_test(cases, printed_forward);
	tcase_add_test(cases, printed_errors);
}

int
main(void)
{
	return tests_run("explain_text", add_tests);
}
