/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/policy_rows.h"

/* What may be passed on, by whether the peer is trusted. */

#define FOR(words) "trust: [lb, unix], forward: {X-Forwarded-For: " words "}"
#define PROTO(words) "trust: lb, forward: {X-Forwarded-Proto: " words "}"
#define TWO_LINES \
	"X-Forwarded-For: 1.1.1.1,\t2.2.2.2", "X-Forwarded-For: \t3.3.3.3 "
#define STRANGER "peer=@203.0.113.9"

struct forward_row {
	const char *name;
	const char *policy;
	const char *request[REQUEST_PARTS];
	enum forward_field field;
	const char *value; /* NULL: none */
};

static const struct forward_row rows[] = {
    {"no forward", "trust: lb", {BEHIND_LB, TWO_LINES}, FORWARD_FOR, NULL},
    {"another field", PROTO("{trusted: own, untrusted: own}"),
	{BEHIND_LB, TWO_LINES}, FORWARD_FOR, NULL},
    {"append", FOR("{trusted: append, untrusted: peer}"),
	{BEHIND_LB, TWO_LINES}, FORWARD_FOR,
	"1.1.1.1,\t2.2.2.2, 3.3.3.3, 10.0.0.1"},
    {"append to nothing", FOR("{trusted: append, untrusted: peer}"),
	{BEHIND_LB}, FORWARD_FOR, "10.0.0.1"},
    {"append to an empty line", FOR("{trusted: append, untrusted: peer}"),
	{BEHIND_LB, "X-Forwarded-For:"}, FORWARD_FOR, ", 10.0.0.1"},
    {"append a local socket", FOR("{trusted: append, untrusted: peer}"),
	{"peer=unix", TWO_LINES}, FORWARD_FOR, "1.1.1.1,\t2.2.2.2, 3.3.3.3"},
    {"append a local socket to nothing",
	FOR("{trusted: append, untrusted: peer}"), {"peer=unix"}, FORWARD_FOR,
	NULL},
    {"append, from a stranger", FOR("{trusted: peer, untrusted: append}"),
	{STRANGER, "X-Forwarded-For: 1.1.1.1"}, FORWARD_FOR,
	"1.1.1.1, 203.0.113.9"},
    {"append the peer that PROXY names",
	FOR("{trusted: append, untrusted: append}"),
	{BEHIND_LB, "proxied=!1", "src=@203.0.113.9",
	    "X-Forwarded-For: 1.1.1.1"},
	FORWARD_FOR, "1.1.1.1, 203.0.113.9"},
    {"peer", FOR("{trusted: append, untrusted: peer}"), {STRANGER, TWO_LINES},
	FORWARD_FOR, "203.0.113.9"},
    {"peer, IPv6", FOR("{trusted: append, untrusted: peer}"),
	{"peer=@2001:db8:c:0::9"}, FORWARD_FOR, "2001:db8:c::9"},
    {"own is the peer", FOR("{trusted: own, untrusted: strip}"),
	{BEHIND_LB, TWO_LINES}, FORWARD_FOR, "10.0.0.1"},
    {"own of a local socket", FOR("{trusted: own, untrusted: strip}"),
	{"peer=unix", TWO_LINES}, FORWARD_FOR, NULL},
    {"strip", FOR("{trusted: own, untrusted: strip}"), {STRANGER, TWO_LINES},
	FORWARD_FOR, NULL},
    {"pass the first line", FOR("{trusted: pass, untrusted: strip}"),
	{BEHIND_LB, TWO_LINES}, FORWARD_FOR, "1.1.1.1,\t2.2.2.2"},
    {"keep the first line", FOR("{trusted: keep, untrusted: strip}"),
	{BEHIND_LB, TWO_LINES}, FORWARD_FOR, "1.1.1.1,\t2.2.2.2"},
    {"pass, from a trusted peer", PROTO("{trusted: pass, untrusted: own}"),
	{BEHIND_LB, "X-Forwarded-Proto: https", "scheme=http"}, FORWARD_PROTO,
	"https"},
    {"pass nothing: own", PROTO("{trusted: pass, untrusted: own}"),
	{BEHIND_LB, "scheme=http"}, FORWARD_PROTO, "http"},
    {"own, from a stranger", PROTO("{trusted: pass, untrusted: own}"),
	{STRANGER, "X-Forwarded-Proto: https", "scheme=http"}, FORWARD_PROTO,
	"http"},
    {"own, and nothing known", PROTO("{trusted: pass, untrusted: own}"),
	{STRANGER, "X-Forwarded-Proto: https"}, FORWARD_PROTO, NULL},
    {"keep nothing", PROTO("{trusted: keep, untrusted: own}"),
	{BEHIND_LB, "scheme=http"}, FORWARD_PROTO, NULL},
    {"pass an empty line", PROTO("{trusted: pass, untrusted: own}"),
	{BEHIND_LB, "X-Forwarded-Proto:", "scheme=http"}, FORWARD_PROTO, ""},
    {"pass a first line that was not sent: own",
	PROTO("{trusted: pass, untrusted: own}"),
	{BEHIND_LB, "h.x-forwarded-proto=https", "h.x-forwarded-proto.count=#2",
	    "scheme=http"},
	FORWARD_PROTO, "http"},
    {"keep a line that is not counted: nothing",
	PROTO("{trusted: keep, untrusted: own}"),
	{BEHIND_LB, "h.x-forwarded-proto=https"}, FORWARD_PROTO, NULL},
    {"own host", "forward: {X-Forwarded-Host: {trusted: own, untrusted: own}}",
	{STRANGER, "host=a.example", "X-Forwarded-Host: b.example"},
	FORWARD_HOST, "a.example"},
    {"own port", "forward: {X-Forwarded-Port: {trusted: own, untrusted: own}}",
	{STRANGER, "port=#8443"}, FORWARD_PORT, "8443"},
    {"own path", "forward: {X-Forwarded-Path: {trusted: own, untrusted: own}}",
	{STRANGER, "path=/a"}, FORWARD_PATH, "/a"},
    {"own prefix",
	"forward: {X-Forwarded-Prefix: {trusted: own, untrusted: own}}",
	{STRANGER, "prefix=/p"}, FORWARD_PREFIX, "/p"},
    {"own X-Real-IP is the peer",
	"trust: lb, sources: [{header: X-Forwarded-For}], "
	"forward: {X-Real-IP: {trusted: own, untrusted: own}}",
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9"}, FORWARD_REAL_IP,
	"10.0.0.1"},
    {"rejected, and passed on all the same",
	"untrusted-peer: reject, "
	"forward: {X-Forwarded-Proto: {trusted: own, untrusted: own}}",
	{STRANGER, "scheme=http"}, FORWARD_PROTO, "http"},
};

START_TEST(passes_on)
{
	const struct forward_row *row = &rows[_i];
	struct generation *generation = generation_of_policy(row->policy);
	struct request *request =
	    request_new(generation_names(generation), 1024);
	struct answer answer;
	struct view value;

	policy_answer(generation, request, row->request, &answer);
	ck_assert_msg(answer.ok, "%s", row->name);
	value = answer.forward[row->field];
	if (row->value)
		ck_assert_msg(
		    value.data && view_equal(value, view_of(row->value)),
		    "%s: %.*s", row->name, (int)value.length, value.data);
	else
		ck_assert_msg(!value.data, "%s: %.*s", row->name,
		    (int)value.length, value.data);
	request_free(request);
	generation_free(generation);
}
END_TEST

START_TEST(fields_are_apart)
{
	static const char *const parts[REQUEST_PARTS] = {BEHIND_LB,
	    "scheme=https", "host=a.example", "port=443", "path=/a",
	    "prefix=/p", "X-Forwarded-For: 203.0.113.9"};
	static const char *const values[FORWARD_COUNT] = {
	    [FORWARD_FOR] = "203.0.113.9, 10.0.0.1",
	    [FORWARD_PROTO] = "https",
	    [FORWARD_HOST] = "a.example",
	    [FORWARD_PORT] = "443",
	    [FORWARD_PATH] = "/a",
	    [FORWARD_PREFIX] = "/p",
	    [FORWARD_REAL_IP] = "10.0.0.1",
	};
	struct generation *generation =
	    generation_of_policy("like: kong, trust: lb, forward: "
				 "{X-Forwarded-For: {trusted: append}, "
				 "X-Forwarded-Proto: {trusted: own}, "
				 "X-Forwarded-Host: {trusted: own}, "
				 "X-Forwarded-Port: {trusted: own}, "
				 "X-Forwarded-Path: {trusted: own}, "
				 "X-Forwarded-Prefix: {trusted: own}, "
				 "X-Real-IP: {trusted: own}}");
	struct request *request =
	    request_new(generation_names(generation), 1024);
	struct answer answer;

	policy_answer(generation, request, parts, &answer);
	for (int i = 0; i < FORWARD_COUNT; i++)
		ck_assert_msg(view_equal(answer.forward[i], view_of(values[i])),
		    "%s", values[i]);
	request_free(request);
	generation_free(generation);
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_loop_test(cases, passes_on, 0, ROWS(rows));
	tcase_add_test(cases, fields_are_apart);
}

int
main(void)
{
	return tests_run("forward", add_tests);
}
