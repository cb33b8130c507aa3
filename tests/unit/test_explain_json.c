/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>

#include "tests/unit/explain_fixture.h"

/* Requests told as JSON, and the answers. */

struct json_row {
	const char *name;
	const char *question;
	const char *answer;
};

#define PEER_ANSWER(walk)                                                   \
	"{\"ok\":true,\"allowed\":true,\"verdict\":\"allow\","              \
	"\"client_ip\":\"10.0.0.1\",\"client_net\":\"10.0.0.1\","           \
	"\"proven\":false,\"trusted\":true,\"source\":\"peer\",\"hops\":0," \
	"\"walk\":[" walk "],\"rule\":\"default\",\"list\":null,"           \
	"\"flags\":[\"answer-is-a-proxy\"],\"forward\":{}}"
#define HOP(address, list) "{\"address\":\"" address "\",\"list\":\"" list "\"}"
#define REFUSED(word) "{\"ok\":false,\"error\":\"" word "\"}"
#define UNDECIDED(word) \
	"{\"ok\":false,\"allowed\":false,\"error\":\"" word "\"}"

static const struct json_row json_rows[] = {
    {"as the interface has it",
	"{\"policy\":\"default\",\"peer\":\"10.0.0.1\",\"headers\":"
	"[[\"X-Forwarded-For\",\"203.0.113.9, 10.0.0.2\"]],\"proxy\":null,"
	"\"arguments\":{},\"request\":{\"scheme\":\"https\",\"host\":"
	"\"a.example\",\"port\":\"443\",\"path\":\"/\"}}",
	"{\"ok\":true,\"allowed\":true,\"verdict\":\"allow\",\"client_ip\":"
	"\"203.0.113.9\",\"client_net\":\"203.0.113.9\",\"proven\":true,"
	"\"trusted\":true,\"source\":\"x-forwarded-for\",\"hops\":1,"
	"\"walk\":[{\"address\":\"10.0.0.1\",\"list\":\"lb\"},"
	"{\"address\":\"10.0.0.2\",\"list\":\"lb\"}],\"rule\":\"default\","
	"\"list\":null,\"flags\":[],\"forward\":{}}"},
    {"a rule with all it can say",
	"{\"peer\":\"203.0.113.66\",\"headers\":[[\"x-forwarded-for\","
	"\"1.1.1.1\"]]}",
	"{\"ok\":true,\"allowed\":false,\"verdict\":\"deny\",\"client_ip\":"
	"\"203.0.113.66\",\"client_net\":\"203.0.113.66\",\"proven\":true,"
	"\"trusted\":false,\"source\":\"peer\",\"hops\":0,\"walk\":[],"
	"\"rule\":\"blocked\",\"list\":\"bad\",\"status\":451,\"message\":"
	"\"go away\",\"flags\":[\"headers-from-untrusted-peer\"],"
	"\"forward\":{}}"},
    {"a local socket, vouched for by its word",
	"{\"peer\":\"unix\",\"headers\":[[\"X-Forwarded-For\","
	"\"198.51.100.7\"]]}",
	"{\"ok\":true,\"allowed\":true,\"verdict\":\"allow\",\"client_ip\":"
	"\"198.51.100.7\",\"client_net\":\"198.51.100.7\",\"proven\":true,"
	"\"trusted\":true,\"source\":\"x-forwarded-for\",\"hops\":0,"
	"\"walk\":[{\"address\":\"unix\",\"list\":\"unix\"}],\"rule\":"
	"\"allow-1\",\"list\":\"office\",\"flags\":[],\"forward\":{}}"},
    {"a local socket, vouched for by any",
	"{\"policy\":\"everybody\",\"peer\":\"unix\"}",
	"{\"ok\":true,\"allowed\":false,\"verdict\":\"deny\",\"client_ip\":"
	"null,\"client_net\":null,\"proven\":false,\"trusted\":true,"
	"\"source\":\"peer\",\"hops\":0,\"walk\":[{\"address\":\"unix\","
	"\"list\":\"any\"}],\"rule\":\"unknown\",\"list\":null,\"flags\":[],"
	"\"forward\":{}}"},
    {"an address, vouched for by any",
	"{\"policy\":\"everybody\",\"peer\":\"203.0.113.9\"}",
	"{\"ok\":true,\"allowed\":true,\"verdict\":\"allow\",\"client_ip\":"
	"\"203.0.113.9\",\"client_net\":\"203.0.113.9\",\"proven\":false,"
	"\"trusted\":true,\"source\":\"peer\",\"hops\":0,\"walk\":"
	"[{\"address\":\"203.0.113.9\",\"list\":\"any\"}],\"rule\":"
	"\"default\",\"list\":null,\"flags\":[],\"forward\":{}}"},
    {"a hop that is external alone",
	"{\"policy\":\"external\",\"peer\":\"10.0.0.1\",\"headers\":"
	"[[\"X-Forwarded-For\",\"203.0.113.9, 192.0.2.7\"]]}",
	"{\"ok\":true,\"allowed\":true,\"verdict\":\"allow\",\"client_ip\":"
	"\"203.0.113.9\",\"client_net\":\"203.0.113.9\",\"proven\":true,"
	"\"trusted\":true,\"source\":\"x-forwarded-for\",\"hops\":1,"
	"\"walk\":[{\"address\":\"10.0.0.1\",\"list\":\"lb\"},{\"address\":"
	"\"192.0.2.7\",\"list\":\"cdn\"}],\"rule\":\"default\",\"list\":null,"
	"\"flags\":[],\"forward\":{}}"},
    {"hops that are verified",
	"{\"policy\":\"hops\",\"peer\":\"10.0.0.1\",\"headers\":"
	"[[\"X-Forwarded-For\",\"203.0.113.9, 10.0.0.2\"]]}",
	"{\"ok\":true,\"allowed\":true,\"verdict\":\"allow\",\"client_ip\":"
	"\"203.0.113.9\",\"client_net\":\"203.0.113.9\",\"proven\":true,"
	"\"trusted\":true,\"source\":\"x-forwarded-for\",\"hops\":1,"
	"\"walk\":[{\"address\":\"10.0.0.1\",\"list\":\"lb\"},{\"address\":"
	"\"10.0.0.2\",\"list\":\"lb\"}],\"rule\":\"default\",\"list\":null,"
	"\"flags\":[],\"forward\":{}}"},
    {"the hops of a source that did not answer are no walk",
	"{\"policy\":\"next\",\"peer\":\"10.0.0.1\",\"headers\":"
	"[[\"X-Forwarded-For\",\"10.0.0.2\"],[\"Other\",\"203.0.113.9\"]]}",
	"{\"ok\":true,\"allowed\":true,\"verdict\":\"allow\",\"client_ip\":"
	"\"203.0.113.9\",\"client_net\":\"203.0.113.9\",\"proven\":false,"
	"\"trusted\":true,\"source\":\"other\",\"hops\":0,\"walk\":"
	"[{\"address\":\"10.0.0.1\",\"list\":\"lb\"}],\"rule\":\"default\","
	"\"list\":null,\"flags\":[\"all-trusted\"],\"forward\":{}}"},
    {"unless the farthest of them is the answer",
	"{\"policy\":\"farthest\",\"peer\":\"10.0.0.1\",\"headers\":"
	"[[\"X-Forwarded-For\",\"10.0.0.2\"]]}",
	"{\"ok\":true,\"allowed\":true,\"verdict\":\"allow\",\"client_ip\":"
	"\"10.0.0.2\",\"client_net\":\"10.0.0.2\",\"proven\":false,"
	"\"trusted\":true,\"source\":\"x-forwarded-for\",\"hops\":1,"
	"\"walk\":[{\"address\":\"10.0.0.1\",\"list\":\"lb\"},{\"address\":"
	"\"10.0.0.2\",\"list\":\"lb\"}],\"rule\":\"default\",\"list\":null,"
	"\"flags\":[\"all-trusted\",\"answer-is-a-proxy\"],\"forward\":{}}"},
    {"no PROXY header where one is required",
	"{\"policy\":\"require\",\"peer\":\"10.0.0.1\",\"proxy\":null}",
	"{\"ok\":true,\"allowed\":false,\"verdict\":\"reject\",\"client_ip\":"
	"null,\"client_net\":null,\"proven\":false,\"trusted\":true,"
	"\"source\":null,\"hops\":0,\"walk\":[{\"address\":\"10.0.0.1\","
	"\"list\":\"lb\"}],\"rule\":null,\"list\":null,\"flags\":[],"
	"\"forward\":{}}"},
    {"UNKNOWN",
	"{\"policy\":\"require\",\"peer\":\"10.0.0.1\",\"proxy\":"
	"{\"src\":null}}",
	PEER_ANSWER(HOP("10.0.0.1", "lb"))},
    {"LOCAL", "{\"policy\":\"require\",\"peer\":\"10.0.0.1\",\"proxy\":{}}",
	PEER_ANSWER(HOP("10.0.0.1", "lb"))},
    {"a PROXY header",
	"{\"policy\":\"require\",\"peer\":\"10.0.0.1\",\"proxy\":{\"src\":"
	"\"203.0.113.9\"}}",
	"{\"ok\":true,\"allowed\":true,\"verdict\":\"allow\",\"client_ip\":"
	"\"203.0.113.9\",\"client_net\":\"203.0.113.9\",\"proven\":true,"
	"\"trusted\":false,\"source\":\"proxy\",\"hops\":0,\"walk\":[],"
	"\"rule\":\"default\",\"list\":null,\"flags\":[],\"forward\":{}}"},
    {"shadow", "{\"policy\":\"shadow\",\"peer\":\"203.0.113.9\"}",
	"{\"ok\":true,\"allowed\":true,\"verdict\":\"allow\","
	"\"would_verdict\":\"deny\",\"client_ip\":\"203.0.113.9\","
	"\"client_net\":\"203.0.113.9\",\"proven\":true,\"trusted\":false,"
	"\"source\":\"peer\",\"hops\":0,\"walk\":[],\"rule\":\"default\","
	"\"list\":null,\"flags\":[],\"forward\":{}}"},
    {"arguments: text",
	"{\"policy\":\"argument\",\"peer\":\"10.0.0.1\",\"arguments\":"
	"{\"other\":1,\"more\":true,\"ip\":\"junk\",\"none\":null}}",
	"{\"ok\":true,\"allowed\":true,\"verdict\":\"allow\",\"client_ip\":"
	"\"10.0.0.1\",\"client_net\":\"10.0.0.1\",\"proven\":false,"
	"\"trusted\":true,\"source\":\"peer\",\"hops\":0,\"walk\":"
	"[{\"address\":\"10.0.0.1\",\"list\":\"lb\"}],\"rule\":\"default\","
	"\"list\":null,\"flags\":[\"invalid-entry\",\"answer-is-a-proxy\"],"
	"\"forward\":{}}"},
    {"what is passed on",
	"{\"policy\":\"forward\",\"peer\":\"203.0.113.9\",\"request\":"
	"{\"scheme\":\"https\",\"port\":8443}}",
	"{\"ok\":true,\"allowed\":true,\"verdict\":\"allow\",\"client_ip\":"
	"\"203.0.113.9\",\"client_net\":\"203.0.113.9\",\"proven\":true,"
	"\"trusted\":false,\"source\":\"peer\",\"hops\":0,\"walk\":[],"
	"\"rule\":\"default\",\"list\":null,\"flags\":[],\"forward\":"
	"{\"x-forwarded-proto\":\"https\",\"x-forwarded-port\":\"8443\"}}"},
    {"a zone of the peer is cut",
	"{\"peer\":\"fe80::1%eth0\",\"policy\":\"nobody\"}",
	"{\"ok\":true,\"allowed\":false,\"verdict\":\"deny\",\"client_ip\":"
	"null,\"client_net\":null,\"proven\":false,\"trusted\":false,"
	"\"source\":null,\"hops\":0,\"walk\":[],\"rule\":\"unknown\","
	"\"list\":null,\"flags\":[],\"forward\":{}}"},
    {"null is left out",
	"{\"policy\":null,\"peer\":\"10.0.0.1\",\"arguments\":{\"a\":null}}",
	PEER_ANSWER(HOP("10.0.0.1", "lb"))},
    {"no peer", "{}", UNDECIDED("no-peer")},
    {"null is no peer", "{\"peer\":null}", UNDECIDED("no-peer")},
    {"no such policy", "{\"peer\":\"10.0.0.1\",\"policy\":\"x\"}",
	UNDECIDED("no-policy")},
    {"a wrong type", "{\"peer\":\"10.0.0.1\",\"request\":{\"host\":1}}",
	UNDECIDED("bad-argument")},
    {"a name twice", "{\"peer\":\"10.0.0.1\",\"arguments\":{\"a\":1,\"A\":2}}",
	UNDECIDED("bad-argument")},
};

/* What cannot be read is refused, whatever the words. */
static const char *const unreadable[] = {
    "",
    "{",
    "x",
    "[]",
    "\"peer\"",
    "null",
    "{} {}",
    "{\"peer\":\"10.0.0.1\",\"peer\":\"10.0.0.1\"}",
    "{\"peer\":\"10.0.0.1\",\"header\":[]}",
    "{\"peer\":1}",
    "{\"peer\":\"10.0.0.256\"}",
    "{\"peer\":\"10.0.0.1:80\"}",
    "{\"peer\":\"[::1]\"}",
    "{\"peer\":\"UNIX\"}",
    "{\"peer\":\"10.0.0.1\",\"policy\":1}",
    "{\"peer\":\"10.0.0.1\",\"proxy\":\"203.0.113.9\"}",
    "{\"peer\":\"10.0.0.1\",\"proxy\":{\"src\":1}}",
    "{\"peer\":\"10.0.0.1\",\"proxy\":{\"src\":\"x\"}}",
    "{\"peer\":\"10.0.0.1\",\"proxy\":{\"source\":\"203.0.113.9\"}}",
    "{\"peer\":\"10.0.0.1\",\"proxy\":{\"src\":null,\"dst\":null}}",
    "{\"peer\":\"10.0.0.1\",\"headers\":{}}",
    "{\"peer\":\"10.0.0.1\",\"headers\":[\"X-Forwarded-For\"]}",
    "{\"peer\":\"10.0.0.1\",\"headers\":[[\"X-Forwarded-For\"]]}",
    "{\"peer\":\"10.0.0.1\",\"headers\":[[\"a\",\"b\",\"c\"]]}",
    "{\"peer\":\"10.0.0.1\",\"headers\":[[1,\"b\"]]}",
    "{\"peer\":\"10.0.0.1\",\"headers\":[[\"a\",null]]}",
    "{\"peer\":\"10.0.0.1\",\"arguments\":[]}",
    "{\"peer\":\"10.0.0.1\",\"arguments\":{\"a\":1.5}}",
    "{\"peer\":\"10.0.0.1\",\"arguments\":{\"a\":{}}}",
    "{\"peer\":\"10.0.0.1\",\"request\":null}",
    "{\"peer\":\"10.0.0.1\",\"request\":{\"host\":[]}}",
};

START_TEST(told_as_json)
{
	const struct json_row *row = &json_rows[_i];
	char *told =
	    explain_json(explain, row->question, strlen(row->question));
	json_t *got = json_loads(told, 0, NULL);
	json_t *expected = json_loads(row->answer, 0, NULL);

	ck_assert_ptr_nonnull(expected);
	ck_assert_msg(json_equal(got, expected), "%s:\n  %s", row->name, told);
	ck_assert_ptr_null(strchr(told, '\n'));
	json_decref(got);
	json_decref(expected);
	free(told);
}
END_TEST

START_TEST(refused)
{
	const char *question = unreadable[_i];
	char *told = explain_json(explain, question, strlen(question));
	json_t *got = json_loads(told, 0, NULL);

	ck_assert_msg(json_is_false(json_object_get(got, "ok")), "%s: %s",
	    question, told);
	ck_assert(json_string_length(json_object_get(got, "error")) > 0);
	ck_assert_uint_eq(json_object_size(got), 2);
	json_decref(got);
	free(told);
	/* The next one is read as if nothing had been. */
	told = explain_json(explain, "{\"peer\":\"10.0.0.1\"}", 19);
	ck_assert_str_eq(told, PEER_ANSWER(HOP("10.0.0.1", "lb")));
	free(told);
}
END_TEST

START_TEST(long_requests)
{
	enum { ENTRIES = 100000 };
	char *line = malloc(ENTRIES * 10 + 200), *told;
	size_t length = (size_t)sprintf(line,
	    "{\"peer\":\"10.0.0.1\",\"headers\":[[\"X-Forwarded-For\",\"");

	for (int i = 0; i < ENTRIES; i++)
		length += (size_t)sprintf(line + length, "1.1.1.1, ");
	length += (size_t)sprintf(line + length, "203.0.113.9\"]]}");
	told = explain_json(explain, line, length);
	ck_assert_ptr_nonnull(strstr(told, "\"client_ip\":\"203.0.113.9\""));
	free(told);
	free(line);
}
END_TEST

/* More steps than a trace has room for: the rest is left out. */
START_TEST(more_steps_than_are_kept)
{
	enum { ENTRIES = 1000 };
	char *text = malloc(ENTRIES * 40 + 1000);
	size_t size = (size_t)sprintf(
	    text, "policies: {default: {trust: 10.0.0.0/8, sources: [");
	struct generation *many;
	struct explain *of_many;
	char *line, *told;

	for (int i = 0; i < 10; i++)
		size += (size_t)sprintf(text + size,
		    "%s{header: H, limit: 1000, all-trusted: next}",
		    i ? ", " : "");
	sprintf(text + size, "]}}");
	many = generation_of(text);
	of_many = explain_new(many);
	line = malloc(ENTRIES * 12 + 200);
	size = (size_t)sprintf(
	    line, "{\"peer\":\"10.0.0.1\",\"headers\":[[\"H\",\"");
	for (int i = 0; i < ENTRIES; i++)
		size +=
		    (size_t)sprintf(line + size, "%s10.1.0.1", i ? ", " : "");
	size += (size_t)sprintf(line + size, "\"]]}");
	told = explain_json(of_many, line, size);
	ck_assert_ptr_nonnull(strstr(told, "\"source\":\"peer\""));
	ck_assert_ptr_nonnull(strstr(told, "\"flags\":[\"all-trusted\""));
	free(told);
	free(line);
	free(text);
	explain_free(of_many);
	generation_free(many);
	explain_free(NULL);
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_loop_test(cases, told_as_json, 0, ROWS(json_rows));
	tcase_add_loop_test(cases, refused, 0, ROWS(unreadable));
	tcase_add_test(cases, long_requests);
	tcase_add_test(cases, more_steps_than_are_kept);
}

int
main(void)
{
	return tests_run("explain_json", add_tests);
}
