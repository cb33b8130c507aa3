/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/policy_rows.h"

/* Who the peer is, what PROXY says of it, and whether it is trusted. */

#define PROXIED "proxied=!1"
#define NOT_PROXIED "proxied=!0"
#define CLIENT "src=@203.0.113.9"
#define STRANGER "peer=@198.51.100.1"

static const struct policy_row peers[] = {
    {"an address", "trust: lb", {"peer=@203.0.113.9"},
	"203.0.113.9 peer 0 proven allow"},
    {"an IPv6 address", "trust: lb", {"peer=@2001:db8:c::9"},
	"2001:db8:c::9 peer 0 proven allow"},
    {"a mapped address is the quad", "trust: lb", {"peer=@::ffff:10.0.0.1"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"a mapped address is another", "trust: lb, ip: {mapped: keep}",
	{"peer=@::ffff:10.0.0.1"}, "::ffff:10.0.0.1 peer 0 proven allow"},
    {"none", "trust: lb", {NULL}, "error no-peer"},
    {"NULL", "trust: any", {"peer=~"}, "error no-peer"},
    {"src alone", "trust: lb", {CLIENT}, "error no-peer"},
    {"0.0.0.0", "trust: lb", {"peer=@0.0.0.0"}, "0.0.0.0 peer 0 proven allow"},
    {"0.0.0.0, refused", "ip: {unspecified: reject}", {"peer=@0.0.0.0"},
	"error no-peer"},
    {"mapped 0.0.0.0, refused", "ip: {unspecified: reject}",
	{"peer=@::ffff:0.0.0.0"}, "error no-peer"},
    {"a local socket, trusted", "trust: unix", {"peer=unix"},
	"- peer 0 unproven deny"},
    {"a local socket among others", "trust: [lb, unix], unknown: allow",
	{"peer=unix"}, "- peer 0 unproven allow"},
    {"a local socket, not trusted", "trust: lb, untrusted-peer: reject",
	{"peer=unix"}, "- - 0 unproven reject"},
    {"a local socket is no address", "trust: [any], untrusted-peer: reject",
	{"peer=unix"}, "- - 0 unproven reject"},
    {"everybody is trusted, a local socket too",
	"trust: any, untrusted-peer: reject", {"peer=unix"},
	"- peer 0 unproven deny"},
    {"everybody is trusted, nothing proven", "trust: any",
	{"peer=@203.0.113.9"}, "203.0.113.9 peer 0 unproven allow"},
    {"every address is trusted, nothing proven",
	"trust: [any, lb], untrusted-peer: reject", {"peer=@10.0.0.1"},
	"10.0.0.1 peer 0 unproven allow"},
    {"src", "trust: lb, peer: src", {CLIENT},
	"203.0.113.9 peer 0 proven allow"},
    {"src, and peer says another", "trust: lb, peer: src",
	{"peer=@10.0.0.1", CLIENT}, "203.0.113.9 peer 0 proven allow"},
    {"src, and a local socket",
	"trust: unix, peer: src, "
	"untrusted-peer: reject",
	{"peer=unix"}, "- peer 0 unproven deny"},
    {"src, and a local socket that has an address", "trust: unix, peer: src",
	{"peer=unix", CLIENT}, "203.0.113.9 peer 0 proven allow"},
    {"src, which is not there", "trust: lb, peer: src", {"peer=@10.0.0.1"},
	"error no-peer"},
};

static const struct policy_row proxies[] = {
    {"from a trusted sender", "trust: lb", {BEHIND_LB, PROXIED, CLIENT},
	"203.0.113.9 proxy 0 proven allow"},
    {"a mapped source", "trust: lb",
	{BEHIND_LB, PROXIED, "src=@::ffff:203.0.113.9"},
	"203.0.113.9 proxy 0 proven allow"},
    {"from a local socket", "trust: unix", {"peer=unix", PROXIED, CLIENT},
	"203.0.113.9 proxy 0 proven allow"},
    {"from a local socket that is not trusted", "trust: lb",
	{"peer=unix", PROXIED, CLIENT},
	"- peer 0 unproven deny proxy-from-untrusted-peer"},
    {"from a stranger", "trust: lb", {STRANGER, PROXIED, CLIENT},
	"198.51.100.1 peer 0 proven allow proxy-from-untrusted-peer"},
    {"UNKNOWN from a stranger", "trust: lb, proxy: {unknown: reject}",
	{STRANGER, PROXIED, "src=@198.51.100.1"},
	"198.51.100.1 peer 0 proven allow proxy-from-untrusted-peer"},
    {"no header from a stranger", "trust: lb, proxy: require",
	{STRANGER, NOT_PROXIED, "src=@198.51.100.1"},
	"198.51.100.1 peer 0 proven allow"},
    {"no header", "trust: lb", {BEHIND_LB, NOT_PROXIED, "src=@10.0.0.1"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"no header, and src says another", "trust: lb",
	{BEHIND_LB, NOT_PROXIED, CLIENT},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"no header, which is required", "trust: lb, proxy: require",
	{BEHIND_LB, NOT_PROXIED, "src=@10.0.0.1"}, "- - 0 unproven reject"},
    {"nobody says whether", "trust: lb, proxy: require", {BEHIND_LB, CLIENT},
	"- - 0 unproven reject"},
    {"required, and there", "trust: lb, proxy: require",
	{BEHIND_LB, PROXIED, CLIENT}, "203.0.113.9 proxy 0 proven allow"},
    {"UNKNOWN keeps the peer", "trust: lb",
	{BEHIND_LB, PROXIED, "src=@10.0.0.1"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"UNKNOWN, where PROXY is required", "trust: lb, proxy: require",
	{BEHIND_LB, PROXIED, "src=@10.0.0.1"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"UNKNOWN is refused", "trust: lb, proxy: {unknown: reject}",
	{BEHIND_LB, PROXIED, "src=@10.0.0.1"}, "- - 0 unproven reject"},
    {"without src it is UNKNOWN", "trust: lb, proxy: {unknown: reject}",
	{BEHIND_LB, PROXIED}, "- - 0 unproven reject"},
    {"the same address, mapped, is UNKNOWN",
	"trust: lb, proxy: {unknown: reject}",
	{BEHIND_LB, PROXIED, "src=@::ffff:10.0.0.1"}, "- - 0 unproven reject"},
    {"0.0.0.0 is UNKNOWN",
	"trust: lb, proxy: {unknown: reject}, ip: {unspecified: reject}",
	{BEHIND_LB, PROXIED, "src=@0.0.0.0"}, "- - 0 unproven reject"},
    {"0.0.0.0 is an address", "trust: lb, proxy: {unknown: reject}",
	{BEHIND_LB, PROXIED, "src=@0.0.0.0"}, "0.0.0.0 proxy 0 proven allow"},
    {"ignored", "trust: lb, proxy: ignore", {BEHIND_LB, PROXIED, CLIENT},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"ignored, from a stranger", "trust: lb, proxy: ignore",
	{STRANGER, PROXIED, CLIENT}, "198.51.100.1 peer 0 proven allow"},
    {"senders of their own", "trust: lb, proxy: {trust: cdn}",
	{BEHIND_CDN, PROXIED, CLIENT}, "203.0.113.9 proxy 0 proven allow"},
    {"trusted, but no sender of PROXY", "trust: lb, proxy: {trust: cdn}",
	{BEHIND_LB, PROXIED, CLIENT},
	"10.0.0.1 peer 0 unproven allow "
	"proxy-from-untrusted-peer,answer-is-a-proxy"},
    {"anybody may send it, so it proves nothing",
	"trust: lb, proxy: {trust: any}", {STRANGER, PROXIED, CLIENT},
	"203.0.113.9 proxy 0 unproven allow"},
    {"anybody may, a local socket too", "trust: lb, proxy: {trust: any}",
	{"peer=unix", PROXIED, CLIENT}, "203.0.113.9 proxy 0 unproven allow"},
    {"anybody or the CDN, which it is",
	"trust: lb, proxy: "
	"{trust: [any, cdn]}",
	{BEHIND_CDN, PROXIED, CLIENT}, "203.0.113.9 proxy 0 proven allow"},
    {"anybody may send it, and nobody did",
	"trust: lb, "
	"proxy: {trust: any}",
	{STRANGER, NOT_PROXIED, "src=@198.51.100.1"},
	"198.51.100.1 peer 0 proven allow"},
    {"the peer that PROXY names is not trusted",
	"trust: lb, sources: [{header: X-Forwarded-For}]",
	{BEHIND_LB, PROXIED, CLIENT, "X-Forwarded-For: 1.1.1.1"},
	"203.0.113.9 proxy 0 proven allow headers-from-untrusted-peer"},
    {"the peer that PROXY names is trusted",
	"trust: [lb, cdn], sources: [{header: X-Forwarded-For}]",
	{BEHIND_LB, PROXIED, "src=@192.0.2.7", "X-Forwarded-For: 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 proven allow"},
    {"the word peer means the one that PROXY names",
	"trust: [lb, cdn], sources: [{header: X-Forwarded-For}]",
	{BEHIND_LB, PROXIED, "src=@192.0.2.7", "X-Forwarded-For: junk"},
	"192.0.2.7 proxy 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"nobody is trusted, and that peer is wanted",
	"trust: lb, untrusted-peer: none", {BEHIND_LB, PROXIED, CLIENT},
	"- - 0 unproven deny"},
};

START_TEST(who_it_is)
{
	policy_row_check(&peers[_i]);
}
END_TEST

START_TEST(what_proxy_says)
{
	policy_row_check(&proxies[_i]);
}
END_TEST

START_TEST(trusted_or_not)
{
	static const struct {
		const char *policy;
		const char *peer;
		bool trusted;
	} rows[] = {
	    {"trust: lb", "peer=@10.0.0.1", true},
	    {"trust: lb", "peer=@10.0.1.0", false},
	    {"trust: lb", "peer=@2001:db8:a:ffff::1", true},
	    {"trust: lb", "peer=@2001:db8:b::1", false},
	    {"trust: []", "peer=@10.0.0.1", false},
	    {"trust: loopback", "peer=@127.1.2.3", true},
	    {"trust: loopback", "peer=@::1", true},
	    {"trust: loopback", "peer=@128.0.0.1", false},
	    {"trust: linklocal", "peer=@169.254.7.7", true},
	    {"trust: linklocal", "peer=@febf::1", true},
	    {"trust: linklocal", "peer=@fec0::1", false},
	    {"trust: uniquelocal", "peer=@172.31.255.255", true},
	    {"trust: uniquelocal", "peer=@fdff::1", true},
	    {"trust: uniquelocal", "peer=@127.0.0.1", false},
	    {"trust: private", "peer=@127.0.0.1", true},
	    {"trust: private", "peer=@fe80::1", true},
	    {"trust: private", "peer=@192.168.7.7", true},
	    {"trust: private", "peer=@203.0.113.9", false},
	    {"trust: any", "peer=@203.0.113.9", true},
	    {"trust: any", "peer=unix", true},
	    {"trust: [any]", "peer=@203.0.113.9", true},
	    {"trust: [any]", "peer=unix", false},
	    {"trust: unix", "peer=unix", true},
	    {"trust: unix", "peer=@203.0.113.9", false},
	    {"trust: private", "peer=unix", false},
	};

	for (int i = 0; i < ROWS(rows); i++) {
		const char *const parts[REQUEST_PARTS] = {rows[i].peer};
		struct generation *generation =
		    generation_of_policy(rows[i].policy);
		struct request *request =
		    request_new(generation_names(generation), 1024);
		struct answer answer;

		policy_answer(generation, request, parts, &answer);
		ck_assert(answer.ok);
		ck_assert_msg(answer.trusted == rows[i].trusted, "%s, %s",
		    rows[i].policy, rows[i].peer);
		request_free(request);
		generation_free(generation);
	}
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_loop_test(cases, who_it_is, 0, ROWS(peers));
	tcase_add_loop_test(cases, what_proxy_says, 0, ROWS(proxies));
	tcase_add_test(cases, trusted_or_not);
}

int
main(void)
{
	return tests_run("peer", add_tests);
}
