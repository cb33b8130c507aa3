/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/policy_rows.h"

/* Rules, default, unknown and mode: what is done about an address. */

#define XFF "trust: lb, sources: [{header: X-Forwarded-For}], "
#define RULES(rules) XFF "rules: [" rules "]"
#define CLIENT "peer=@203.0.113.9"
#define BAD "peer=@203.0.113.66"
#define OFFICE "peer=@198.51.100.3"
#define TRUSTED_ALONE "X-Forwarded-For: 10.0.0.2"

/* Which rule, which list, and what they say: NULL for nothing. */
struct verdict_row {
	const char *name;
	const char *policy;
	const char *request[REQUEST_PARTS];
	bool allowed;
	const char *verdict;
	const char *would;
	const char *rule;
	const char *list;
	int status;
	const char *message;
};

static const struct verdict_row rows[] = {
    {"no rules", "trust: lb", {CLIENT}, true, "allow", NULL, "default", NULL, 0,
	NULL},
    {"default: deny", "default: deny", {CLIENT}, false, "deny", NULL, "default",
	NULL, 0, NULL},
    {"default: a word", "default: captcha", {CLIENT}, false, "captcha", NULL,
	"default", NULL, 0, NULL},
    {"allow", RULES("{allow: office}") ", default: deny", {OFFICE}, true,
	"allow", NULL, "allow-1", "office", 0, NULL},
    {"deny", RULES("{deny: bad}"), {BAD}, false, "deny", NULL, "deny-1", "bad",
	0, NULL},
    {"a word", RULES("{allow: office}, {verdict: captcha, lists: bad}"), {BAD},
	false, "captcha", NULL, "captcha-2", "bad", 0, NULL},
    {"a name", RULES("{deny: bad, name: blocked}"), {BAD}, false, "deny", NULL,
	"blocked", "bad", 0, NULL},
    {"status and message", RULES("{deny: bad, status: 451, message: go away}"),
	{BAD}, false, "deny", NULL, "deny-1", "bad", 451, "go away"},
    {"the first that matches",
	RULES("{deny: office}, {allow: bad, status: 200}, {deny: bad}"), {BAD},
	true, "allow", NULL, "allow-2", "bad", 200, NULL},
    {"none matches", RULES("{deny: [bad, office]}"), {CLIENT}, true, "allow",
	NULL, "default", NULL, 0, NULL},
    {"the list first in written order",
	RULES("{deny: [cdn, 203.0.113.0/24, bad]}"), {BAD}, false, "deny", NULL,
	"deny-1", "203.0.113.0/24", 0, NULL},
    {"the CIDR that holds it, of two",
	RULES("{deny: [203.0.112.0/24, 203.0.113.64/26]}"), {BAD}, false,
	"deny", NULL, "deny-1", "203.0.113.64/26", 0, NULL},
    {"a named range", RULES("{deny: [office, private]}"), {"peer=@192.168.1.1"},
	false, "deny", NULL, "deny-1", "private", 0, NULL},
    {"every address", RULES("{deny: [office, any]}"), {"peer=@2001:db8:c::9"},
	false, "deny", NULL, "deny-1", "any", 0, NULL},
    {"everything", RULES("{deny: any}"), {CLIENT}, false, "deny", NULL,
	"deny-1", "any", 0, NULL},
    {"no address: no rule", RULES("{allow: any}, {deny: any}"), {"peer=unix"},
	false, "deny", NULL, "unknown", NULL, 0, NULL},
    {"no address: a word", "unknown: captcha", {"peer=unix"}, false, "captcha",
	NULL, "unknown", NULL, 0, NULL},
    {"no address: allow", "unknown: allow, default: deny", {"peer=unix"}, true,
	"allow", NULL, "unknown", NULL, 0, NULL},
    {"allow is not for a proxy's own address",
	RULES("{allow: private}") ", default: deny", {BEHIND_LB}, false, "deny",
	NULL, "default", NULL, 0, NULL},
    {"nor for the last of all trusted",
	"trust: lb, rules: [{allow: office}], default: deny, sources: "
	"[{header: X-Forwarded-For, trust: [lb, office]}]",
	{BEHIND_LB, "X-Forwarded-For: 198.51.100.3"}, false, "deny", NULL,
	"default", NULL, 0, NULL},
    {"allow, even for proxies",
	RULES("{allow: private, even-proxies: true}") ", default: deny",
	{BEHIND_LB, TRUSTED_ALONE}, true, "allow", NULL, "allow-1", "private",
	0, NULL},
    {"deny is for proxies too", RULES("{deny: private}"), {BEHIND_LB}, false,
	"deny", NULL, "deny-1", "private", 0, NULL},
    {"words are for proxies too", RULES("{verdict: log, lists: private}"),
	{BEHIND_LB}, false, "log", NULL, "log-1", "private", 0, NULL},
    {"a rule that is passed over, and the next",
	RULES("{allow: private}, {allow: lb, even-proxies: true}"), {BEHIND_LB},
	true, "allow", NULL, "allow-2", "lb", 0, NULL},
    {"every address is trusted: no answer is a proxy",
	"trust: any, rules: [{allow: private}], default: deny", {BEHIND_LB},
	true, "allow", NULL, "allow-1", "private", 0, NULL},
    {"reject skips the rules",
	"untrusted-peer: reject, rules: [{allow: any}], unknown: allow",
	{CLIENT}, false, "reject", NULL, NULL, NULL, 0, NULL},
    {"shadow: it would deny", "mode: shadow, rules: [{deny: bad}]", {BAD}, true,
	"allow", "deny", "deny-1", "bad", 0, NULL},
    {"shadow: it would allow", "mode: shadow, rules: [{deny: bad}]", {CLIENT},
	true, "allow", "allow", "default", NULL, 0, NULL},
    {"shadow: it would reject", "mode: shadow, untrusted-peer: reject",
	{CLIENT}, true, "allow", "reject", NULL, NULL, 0, NULL},
    {"shadow: nobody is known", "mode: shadow, untrusted-peer: none", {CLIENT},
	true, "allow", "deny", "unknown", NULL, 0, NULL},
    {"bypass", "mode: bypass, rules: [{deny: bad, status: 403}]", {BAD}, true,
	"allow", NULL, "deny-1", "bad", 403, NULL},
    {"bypass: rejected", "mode: bypass, untrusted-peer: reject", {CLIENT}, true,
	"allow", NULL, NULL, NULL, 0, NULL},
};

static bool
says(struct view view, const char *text)
{
	return text ? view.data && view_equal(view, view_of(text))
		    : view.data == NULL;
}

START_TEST(decides)
{
	const struct verdict_row *row = &rows[_i];
	struct generation *generation = generation_of_policy(row->policy);
	struct request *request =
	    request_new(generation_names(generation), 1024);
	struct answer answer;

	policy_answer(generation, request, row->request, &answer);
	ck_assert_msg(answer.ok, "%s: ok", row->name);
	ck_assert_msg(answer.allowed == row->allowed, "%s: allowed", row->name);
	ck_assert_msg(says(answer.verdict, row->verdict), "%s: verdict %.*s",
	    row->name, (int)answer.verdict.length, answer.verdict.data);
	ck_assert_msg(says(answer.would_verdict, row->would),
	    "%s: would_verdict", row->name);
	ck_assert_msg(says(answer.rule, row->rule), "%s: rule %.*s", row->name,
	    (int)answer.rule.length, answer.rule.data);
	ck_assert_msg(says(answer.list, row->list), "%s: list %.*s", row->name,
	    (int)answer.list.length, answer.list.data);
	ck_assert_msg(answer.status == row->status, "%s: status", row->name);
	ck_assert_msg(
	    says(answer.message, row->message), "%s: message", row->name);
	request_free(request);
	generation_free(generation);
}
END_TEST

START_TEST(nets)
{
	static const struct {
		const char *policy;
		const char *peer;
		const char *net;
	} nets_rows[] = {
	    {"trust: lb", CLIENT, "203.0.113.9"},
	    {"trust: lb", "peer=@2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
	    {"v4-prefix: 24", CLIENT, "203.0.113.0"},
	    {"v4-prefix: 0", CLIENT, "0.0.0.0"},
	    {"v4-prefix: 24", "peer=@2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
	    {"v6-prefix: 48", "peer=@2001:db8:1:2:3:4:5:6", "2001:db8:1::"},
	    {"v6-prefix: 128", "peer=@2001:db8:1:2:3:4:5:6",
		"2001:db8:1:2:3:4:5:6"},
	    {"v6-prefix: 0", "peer=@2001:db8::1", "::"},
	    {"v4-prefix: 24", "peer=unix", "-"},
	};

	for (int i = 0; i < ROWS(nets_rows); i++) {
		const char *const parts[REQUEST_PARTS] = {nets_rows[i].peer};
		struct generation *generation =
		    generation_of_policy(nets_rows[i].policy);
		struct request *request =
		    request_new(generation_names(generation), 1024);
		char text[ADDRESS_TEXT_SIZE];
		struct answer answer;

		policy_answer(generation, request, parts, &answer);
		ck_assert_msg(strcmp(shown(&answer.client_net, text),
				  nets_rows[i].net) == 0,
		    "%s, %s: %s", nets_rows[i].policy, nets_rows[i].peer, text);
		request_free(request);
		generation_free(generation);
	}
}
END_TEST

START_TEST(errors_are_never_allowed)
{
	static const struct policy_row errors[] = {
	    {"no peer", "mode: bypass", {NULL}, "error no-peer"},
	    {"no such policy", "mode: bypass", {CLIENT, "policy=other"},
		"error no-policy"},
	    {"a wrong type", "mode: bypass", {CLIENT, "proxied=#1"},
		"error bad-argument"},
	    {"a name twice", "mode: bypass", {CLIENT, CLIENT},
		"error bad-argument"},
	    {"a wrong type and no such policy", "mode: bypass",
		{CLIENT, "policy=other", "host=#1"}, "error bad-argument"},
	};

	for (int i = 0; i < ROWS(errors); i++)
		policy_row_check(&errors[i]);
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_loop_test(cases, decides, 0, ROWS(rows));
	tcase_add_test(cases, nets);
	tcase_add_test(cases, errors_are_never_allowed);
}

int
main(void)
{
	return tests_run("verdict", add_tests);
}
