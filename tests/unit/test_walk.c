/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/policy_rows.h"

/* The walk: from the right, as far as hops are trusted. */

#define TRUST "trust: [lb, cdn], "
#define XFF(keys) TRUST "sources: [{header: X-Forwarded-For" keys "}]"
#define IP(keys) "ip: {" keys "}, " XFF("")

static const struct policy_row ends[] = {
    {"no header", XFF(""), {BEHIND_LB},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
    {"the first entry that is not trusted", XFF(""),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 proven allow"},
    {"a trusted hop is passed", XFF(""),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 10.0.0.2"},
	"203.0.113.9 x-forwarded-for 1 proven allow"},
    {"hops of both families", XFF(""),
	{"peer=@2001:db8:a::1",
	    "X-Forwarded-For: 2001:db8:c::9, 10.0.0.2, 2001:db8:a::2"},
	"2001:db8:c::9 x-forwarded-for 2 proven allow"},
    {"what a client wrote stands left", XFF(""),
	{BEHIND_LB, "X-Forwarded-For: 1.1.1.1, 203.0.113.9, 10.0.0.2"},
	"203.0.113.9 x-forwarded-for 1 proven allow entries-left-of-client"},
    {"what stands left is not looked at", XFF(""),
	{BEHIND_LB, "X-Forwarded-For: junk,, 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 proven allow entries-left-of-client"},
    {"an empty entry is left of it", XFF(""),
	{BEHIND_LB, "X-Forwarded-For: , 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 proven allow entries-left-of-client"},
    {"empty entries that are gone are not left of it", XFF(", on-empty: skip"),
	{BEHIND_LB, "X-Forwarded-For: , 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 proven allow"},
    {"lines in order of arrival", XFF(""),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9",
	    "X-Forwarded-For: 10.0.0.3, 10.0.0.2"},
	"203.0.113.9 x-forwarded-for 2 proven allow several-lines"},
    {"a line that is left", XFF(""),
	{BEHIND_LB, "X-Forwarded-For: 1.1.1.1", "X-Forwarded-For: 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 proven allow "
	"entries-left-of-client,several-lines"},
    {"the source's own trust", XFF(", trust: cdn"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 192.0.2.2"},
	"203.0.113.9 x-forwarded-for 1 proven allow"},
    {"the policy's trust is not the source's own", XFF(", trust: cdn"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 10.0.0.2"},
	"10.0.0.2 x-forwarded-for 0 unproven allow "
	"entries-left-of-client,answer-is-a-proxy"},
    {"everybody is trusted, so nothing is proven",
	"trust: any, sources: [{header: X-Forwarded-For}]",
	{"peer=@203.0.113.9", "X-Forwarded-For: 1.1.1.1, 2.2.2.2"},
	"1.1.1.1 x-forwarded-for 2 unproven allow all-trusted"},
    {"every entry is trusted", XFF(""),
	{BEHIND_LB, "X-Forwarded-For: 10.0.0.3, 10.0.0.2"},
	"10.0.0.3 x-forwarded-for 2 unproven allow "
	"all-trusted,answer-is-a-proxy"},
    {"every entry is trusted: next, and fallback",
	"fallback: none, " XFF(", all-trusted: next"),
	{BEHIND_LB, "X-Forwarded-For: 10.0.0.3, 10.0.0.2"},
	"- - 0 unproven deny all-trusted"},
    {"every entry is trusted: next source",
	TRUST "sources: [{header: X-Forwarded-For, all-trusted: next},"
	      " {header: Other}]",
	{BEHIND_LB, "X-Forwarded-For: 10.0.0.2", "Other: 203.0.113.9"},
	"203.0.113.9 other 0 unproven allow all-trusted"},
    {"every entry is trusted: peer", XFF(", all-trusted: peer"),
	{BEHIND_LB, "X-Forwarded-For: 10.0.0.3, 10.0.0.2"},
	"10.0.0.1 peer 2 unproven allow all-trusted,answer-is-a-proxy"},
    {"every entry is trusted: none", XFF(", all-trusted: none"),
	{BEHIND_LB, "X-Forwarded-For: 10.0.0.3, 10.0.0.2"},
	"- x-forwarded-for 2 unproven deny all-trusted"},
};

static const struct policy_row refused[] = {
    {"no address, and nothing yet", XFF(""),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, junk"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"no address: the last good hop", XFF(""),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, junk, 10.0.0.2"},
	"10.0.0.2 x-forwarded-for 1 unproven allow "
	"invalid-entry,answer-is-a-proxy"},
    {"no address: next source",
	TRUST "sources: [{header: X-Forwarded-For, on-invalid: next},"
	      " {header: Other}]",
	{BEHIND_LB, "X-Forwarded-For: junk", "Other: 203.0.113.9"},
	"203.0.113.9 other 0 unproven allow invalid-entry"},
    {"no address: peer", XFF(", on-invalid: peer"),
	{BEHIND_LB, "X-Forwarded-For: junk, 10.0.0.2"},
	"10.0.0.1 peer 1 unproven allow invalid-entry,answer-is-a-proxy"},
    {"no address: none", XFF(", on-invalid: none"),
	{BEHIND_LB, "X-Forwarded-For: junk, 10.0.0.2"},
	"- x-forwarded-for 1 unproven deny invalid-entry"},
    {"no address: reject", XFF(", on-invalid: reject"),
	{BEHIND_LB, "X-Forwarded-For: junk, 10.0.0.2"},
	"- x-forwarded-for 1 unproven reject invalid-entry"},
    {"no address: skip", XFF(", on-invalid: skip"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, junk, 10.0.0.2"},
	"203.0.113.9 x-forwarded-for 1 unproven allow invalid-entry"},
    {"nothing but what is skipped", XFF(", on-invalid: skip"),
	{BEHIND_LB, "X-Forwarded-For: junk, unknown"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"empty: the last good hop", XFF(""),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9,, 10.0.0.2"},
	"10.0.0.2 x-forwarded-for 1 unproven allow "
	"empty-entry,answer-is-a-proxy"},
    {"an empty line holds one empty entry", XFF(""),
	{BEHIND_LB, "X-Forwarded-For:"},
	"10.0.0.1 peer 0 unproven allow empty-entry,answer-is-a-proxy"},
    {"empty: next", XFF(", on-empty: next"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9,, 10.0.0.2"},
	"10.0.0.1 peer 0 unproven allow empty-entry,answer-is-a-proxy"},
    {"empty: peer", XFF(", on-empty: peer"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9,, 10.0.0.2"},
	"10.0.0.1 peer 1 unproven allow empty-entry,answer-is-a-proxy"},
    {"empty: none", XFF(", on-empty: none"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9,"},
	"- x-forwarded-for 0 unproven deny empty-entry"},
    {"empty: reject", XFF(", on-empty: reject"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9,"},
	"- x-forwarded-for 0 unproven reject empty-entry"},
    {"empty: skip", XFF(", on-empty: skip"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9,,\t,10.0.0.2,"},
	"203.0.113.9 x-forwarded-for 1 proven allow"},
    {"nothing but empty entries that are skipped", XFF(", on-empty: skip"),
	{BEHIND_LB, "X-Forwarded-For: ,,"},
	"10.0.0.1 peer 0 unproven allow answer-is-a-proxy"},
};

static const struct policy_row limits[] = {
    {"more trusted entries than the limit", XFF(", limit: 2"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 10.0.0.3, 10.0.0.2"},
	"10.0.0.3 x-forwarded-for 2 unproven allow "
	"hop-limit,answer-is-a-proxy"},
    {"as many as the limit", XFF(", limit: 2"),
	{BEHIND_LB, "X-Forwarded-For: 10.0.0.3, 10.0.0.2"},
	"10.0.0.3 x-forwarded-for 2 unproven allow "
	"all-trusted,answer-is-a-proxy"},
    {"the client is the last that is looked at", XFF(", limit: 2"),
	{BEHIND_LB, "X-Forwarded-For: 1.1.1.1, 203.0.113.9, 10.0.0.2"},
	"203.0.113.9 x-forwarded-for 1 proven allow entries-left-of-client"},
    {"skipped entries count", XFF(", limit: 2, on-invalid: skip"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, junk, 10.0.0.2"},
	"10.0.0.2 x-forwarded-for 1 unproven allow "
	"invalid-entry,hop-limit,answer-is-a-proxy"},
    {"entries that are gone do not", XFF(", limit: 2, on-empty: skip"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9,,,10.0.0.2"},
	"203.0.113.9 x-forwarded-for 1 proven allow"},
    {"beyond the limit a line was not sent", XFF(", limit: 1"),
	{BEHIND_LB, "h.x-forwarded-for=10.0.0.2", "h.x-forwarded-for.count=#2"},
	"10.0.0.2 x-forwarded-for 1 unproven allow "
	"incomplete,several-lines,answer-is-a-proxy"},
};

#define EXTERNAL                                       \
	"trust: [lb, cdn, 198.51.100.0/28], sources: " \
	"[{header: X-Forwarded-For, external: cdn}]"

static const struct policy_row externals[] = {
    {"a CDN says a public address", EXTERNAL,
	{BEHIND_CDN, "X-Forwarded-For: 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 proven allow"},
    {"a CDN says a private address", EXTERNAL,
	{BEHIND_CDN, "X-Forwarded-For: 10.1.2.3"},
	"192.0.2.1 peer 0 unproven allow "
	"private-behind-external,answer-is-a-proxy"},
    {"a CDN says a balancer's address", EXTERNAL,
	{BEHIND_CDN, "X-Forwarded-For: 203.0.113.9, 10.0.0.2"},
	"192.0.2.1 peer 0 unproven allow "
	"private-behind-external,answer-is-a-proxy"},
    {"a hop of the CDN says a private address", EXTERNAL,
	{BEHIND_LB, "X-Forwarded-For: 10.1.2.3, 192.0.2.9"},
	"192.0.2.9 x-forwarded-for 1 unproven allow "
	"private-behind-external,answer-is-a-proxy"},
    {"a hop in between undoes nothing", EXTERNAL,
	{BEHIND_LB, "X-Forwarded-For: 10.1.2.3, 198.51.100.1, 192.0.2.9"},
	"198.51.100.1 x-forwarded-for 2 unproven allow "
	"private-behind-external,answer-is-a-proxy"},
    {"a balancer right of the CDN", EXTERNAL,
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 192.0.2.9, 10.0.0.2"},
	"203.0.113.9 x-forwarded-for 2 proven allow"},
    {"a balancer says a private address", EXTERNAL,
	{BEHIND_LB, "X-Forwarded-For: 10.1.2.3"},
	"10.1.2.3 x-forwarded-for 0 proven allow"},
    {"external alone is trusted too",
	"trust: lb, sources: [{header: X-Forwarded-For, external: cdn}]",
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 192.0.2.9"},
	"203.0.113.9 x-forwarded-for 1 proven allow"},
    {"a local socket that is external",
	"trust: unix, sources: [{header: X-Forwarded-For, external: unix}]",
	{"peer=unix", "X-Forwarded-For: 192.168.1.1"},
	"- peer 0 unproven deny private-behind-external"},
    {"a local socket that is not",
	"trust: unix, sources: [{header: X-Forwarded-For, external: cdn}]",
	{"peer=unix", "X-Forwarded-For: 192.168.1.1"},
	"192.168.1.1 x-forwarded-for 0 proven allow"},
    {"everybody is external",
	"trust: lb, sources: [{header: X-Forwarded-For, external: any}]",
	{BEHIND_LB, "X-Forwarded-For: 192.168.1.1, 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 1 unproven allow "
	"private-behind-external"},
};

static const struct policy_row syntax[] = {
    {"a port is cut", IP(""),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9:4711, 10.0.0.2:80"},
	"203.0.113.9 x-forwarded-for 1 proven allow"},
    {"brackets and a port are cut", IP(""),
	{BEHIND_LB, "X-Forwarded-For: [2001:db8:c::9]:443, [2001:db8:a::2]"},
	"2001:db8:c::9 x-forwarded-for 1 proven allow"},
    {"ports are refused", IP("port: invalid"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9:4711, 10.0.0.2"},
	"10.0.0.2 x-forwarded-for 1 unproven allow "
	"invalid-entry,answer-is-a-proxy"},
    {"brackets are refused", IP("port: invalid"),
	{BEHIND_LB, "X-Forwarded-For: [2001:db8:c::9]"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"bare addresses are not refused", IP("port: invalid"),
	{BEHIND_LB, "X-Forwarded-For: 2001:db8:c::9, 10.0.0.2"},
	"2001:db8:c::9 x-forwarded-for 1 proven allow"},
    {"brackets are taken", IP("port: brackets"),
	{BEHIND_LB, "X-Forwarded-For: [2001:db8:c::9], 10.0.0.2"},
	"2001:db8:c::9 x-forwarded-for 1 proven allow"},
    {"brackets are taken, not ports", IP("port: brackets"),
	{BEHIND_LB, "X-Forwarded-For: [2001:db8:c::9]:443"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"a hop with a port is not trusted", IP("port: untrusted"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 10.0.0.2:80"},
	"10.0.0.2 x-forwarded-for 0 unproven allow "
	"entries-left-of-client,answer-is-a-proxy"},
    {"a hop in brackets is not trusted", IP("port: untrusted"),
	{BEHIND_LB, "X-Forwarded-For: [2001:db8:a::2]"},
	"2001:db8:a::2 x-forwarded-for 0 unproven allow answer-is-a-proxy"},
    {"a client with a port is a client", IP("port: untrusted"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9:4711, 10.0.0.2"},
	"203.0.113.9 x-forwarded-for 1 proven allow"},
    {"a zone is refused", IP(""), {BEHIND_LB, "X-Forwarded-For: fe80::1%eth0"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"a zone is cut", IP("zone: strip"),
	{BEHIND_LB, "X-Forwarded-For: fe80::1%eth0"},
	"fe80::1 x-forwarded-for 0 proven allow"},
    {"a zone is no port", IP("zone: strip, port: invalid"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 2001:db8:a::2%eth0"},
	"203.0.113.9 x-forwarded-for 1 proven allow"},
    {"mapped hops are hops", IP(""),
	{BEHIND_LB, "X-Forwarded-For: ::ffff:203.0.113.9, ::ffff:10.0.0.2"},
	"203.0.113.9 x-forwarded-for 1 proven allow"},
    {"mapped hops are other addresses", IP("mapped: keep"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, ::ffff:10.0.0.2"},
	"::ffff:10.0.0.2 x-forwarded-for 0 proven allow "
	"entries-left-of-client"},
    {"0.0.0.0 is an address", IP(""), {BEHIND_LB, "X-Forwarded-For: 0.0.0.0"},
	"0.0.0.0 x-forwarded-for 0 proven allow"},
    {"0.0.0.0 is none", IP("unspecified: reject"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9, 0.0.0.0"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {":: is none", IP("unspecified: reject"),
	{BEHIND_LB, "X-Forwarded-For: ::, 10.0.0.2"},
	"10.0.0.2 x-forwarded-for 1 unproven allow "
	"invalid-entry,answer-is-a-proxy"},
    {"mapped 0.0.0.0 is none", IP("unspecified: reject"),
	{BEHIND_LB, "X-Forwarded-For: ::ffff:0.0.0.0"},
	"10.0.0.1 peer 0 unproven allow invalid-entry,answer-is-a-proxy"},
    {"1.2.3.4 is not unspecified", IP("unspecified: reject"),
	{BEHIND_LB, "X-Forwarded-For: 203.0.113.9"},
	"203.0.113.9 x-forwarded-for 0 proven allow"},
};

START_TEST(where_it_ends)
{
	policy_row_check(&ends[_i]);
}
END_TEST

START_TEST(what_is_no_address)
{
	policy_row_check(&refused[_i]);
}
END_TEST

START_TEST(how_far_it_goes)
{
	policy_row_check(&limits[_i]);
}
END_TEST

START_TEST(external_proxies)
{
	policy_row_check(&externals[_i]);
}
END_TEST

START_TEST(syntax_of_addresses)
{
	policy_row_check(&syntax[_i]);
}
END_TEST

/* Behind an external proxy: the range "private", and IPv6 outside 2000::/3. */
START_TEST(what_is_private)
{
	static const struct {
		const char *address;
		int is_private;
	} rows[] = {
	    {"9.255.255.255", 0},
	    {"10.0.0.0", 1},
	    {"10.255.255.255", 1},
	    {"11.0.0.0", 0},
	    {"100.64.0.1", 0},
	    {"127.0.0.1", 1},
	    {"128.0.0.1", 0},
	    {"169.253.255.255", 0},
	    {"169.254.0.1", 1},
	    {"172.15.255.255", 0},
	    {"172.16.0.1", 1},
	    {"172.31.255.255", 1},
	    {"172.32.0.1", 0},
	    {"192.168.0.1", 1},
	    {"192.169.0.1", 0},
	    {"::", 1},
	    {"::1", 1},
	    {"1fff:ffff::1", 1},
	    {"2000::", 0},
	    {"2001:db8:c::9", 0},
	    {"3fff:ffff::1", 0},
	    {"4000::", 1},
	    {"fc00::1", 1},
	    {"fdff::1", 1},
	    {"fe80::1", 1},
	    {"ff02::1", 1},
	};

	for (int i = 0; i < ROWS(rows); i++) {
		char line[80], answer[120];
		const struct policy_row row = {
		    rows[i].address, EXTERNAL, {BEHIND_CDN, line}, answer};

		sprintf(line, "X-Forwarded-For: %s", rows[i].address);
		if (rows[i].is_private)
			strcpy(answer,
			    "192.0.2.1 peer 0 unproven allow "
			    "private-behind-external,answer-is-a-proxy");
		else
			sprintf(answer, "%s x-forwarded-for 0 proven allow",
			    rows[i].address);
		policy_row_check(&row);
	}
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_loop_test(cases, where_it_ends, 0, ROWS(ends));
	tcase_add_loop_test(cases, what_is_no_address, 0, ROWS(refused));
	tcase_add_loop_test(cases, how_far_it_goes, 0, ROWS(limits));
	tcase_add_loop_test(cases, external_proxies, 0, ROWS(externals));
	tcase_add_loop_test(cases, syntax_of_addresses, 0, ROWS(syntax));
	tcase_add_test(cases, what_is_private);
}

int
main(void)
{
	return tests_run("walk", add_tests);
}
