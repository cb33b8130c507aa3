/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/unit/conf_tools.h"

/* ---- names ---- */

START_TEST(names_of_variables)
{
	static const char *const names[VARIABLE_COUNT] = {"ok", "allowed",
	    "verdict", "would_verdict", "client_ip", "client_net", "proven",
	    "trusted", "source", "hops", "rule", "list", "status", "message",
	    "flags", "generation", "fwd_for", "fwd_proto", "fwd_host",
	    "fwd_port", "fwd_path", "fwd_prefix", "fwd_real_ip", "error"};

	for (enum variable v = VARIABLE_OK; v < VARIABLE_COUNT; v++)
		ck_assert_str_eq(variable_name(v), names[v]);
}
END_TEST

START_TEST(names_of_forward_fields)
{
	static const char *const names[FORWARD_COUNT] = {"x-forwarded-for",
	    "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port",
	    "x-forwarded-path", "x-forwarded-prefix", "x-real-ip"};

	for (enum forward_field f = FORWARD_FOR; f < FORWARD_COUNT; f++)
		ck_assert_str_eq(forward_field_name(f), names[f]);
}
END_TEST

static const struct {
	enum named_range range;
	const char *name;
	const char *prefixes;
} ranges[] = {
    {RANGE_ANY, "any", ""},
    {RANGE_LOOPBACK, "loopback", "127.0.0.0/8 ::1 "},
    {RANGE_LINKLOCAL, "linklocal", "169.254.0.0/16 fe80::/10 "},
    {RANGE_UNIQUELOCAL, "uniquelocal",
	"10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 "},
    {RANGE_PRIVATE, "private",
	"127.0.0.0/8 ::1 169.254.0.0/16 fe80::/10 "
	"10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 "},
    {RANGE_UNIX, "unix", ""},
};

START_TEST(named_ranges)
{
	const struct prefix *prefixes;
	size_t count = named_range_prefixes(ranges[_i].range, &prefixes);
	char text[256] = "";

	for (size_t i = 0; i < count; i++) {
		char prefix[PREFIX_TEXT_SIZE];

		strcat(text, prefix_text(&prefixes[i], prefix));
		strcat(text, " ");
	}
	ck_assert_str_eq(text, ranges[_i].prefixes);
	ck_assert_str_eq(named_range_text(ranges[_i].range), ranges[_i].name);
}
END_TEST

/* ---- what is understood ---- */

START_TEST(defaults_of_everything)
{
	struct settings *settings = load_good("policies: {p: {}}");
	const struct policy_settings *policy = settings->policies;

	ck_assert_uint_eq(settings->listen_count, 1);
	ck_assert_str_eq(settings->listens[0].written, "127.0.0.1:9000");
	ck_assert_int_eq(settings->listens[0].kind, LISTEN_TCP);
	ck_assert_uint_eq(settings->listens[0].port, 9000);
	ck_assert_uint_eq(settings->listens[0].address.lo, 0x7f000001);
	ck_assert(!settings->listens[0].from.given);
	ck_assert_uint_eq(settings->threads, 0);
	ck_assert_uint_eq(settings->limits.connections, 50000);
	ck_assert_uint_eq(settings->limits.frame_size, 65536);
	ck_assert_uint_eq(settings->limits.fragments, 262144);
	ck_assert_uint_eq(settings->limits.hello_timeout, 2000);
	ck_assert_uint_eq(settings->limits.frame_timeout, 5000);
	ck_assert_uint_eq(settings->limits.drain_timeout, 10000);
	ck_assert(settings->limits.pipelining);
	ck_assert_int_eq(settings->log.level, LOG_INFO_);
	ck_assert_int_eq(settings->log.format, LOG_LOGFMT);
	ck_assert_uint_eq(settings->list_count, 0);
	ck_assert_uint_eq(settings->policy_count, 1);
	ck_assert_str_eq(policy->name, "p");
	ck_assert_ptr_null(policy->like);
	ck_assert_uint_eq(policy->trust.count, 0);
	ck_assert_int_eq(policy->untrusted_peer, WORD_PEER);
	ck_assert(!policy->peer_is_src);
	ck_assert_int_eq(policy->proxy.mode, PROXY_PEER);
	ck_assert(!policy->proxy.trust.given);
	ck_assert_int_eq(policy->proxy.unknown, WORD_PEER);
	ck_assert_uint_eq(policy->source_count, 0);
	ck_assert_int_eq(policy->fallback, WORD_PEER);
	ck_assert_uint_eq(policy->conflict_count, 0);
	ck_assert_int_eq(policy->ip.port, PORT_STRIP);
	ck_assert(!policy->ip.zone_strip);
	ck_assert(!policy->ip.mapped_keep);
	ck_assert(!policy->ip.unspecified_reject);
	ck_assert_uint_eq(policy->rule_count, 0);
	ck_assert_str_eq(policy->default_, "allow");
	ck_assert_str_eq(policy->unknown, "deny");
	for (enum forward_field f = FORWARD_FOR; f < FORWARD_COUNT; f++)
		ck_assert(!policy->forward[f].given);
	ck_assert_uint_eq(policy->v4_prefix, 32);
	ck_assert_uint_eq(policy->v6_prefix, 64);
	ck_assert_int_eq(policy->scope, SCOPE_TXN);
	ck_assert_uint_eq(policy->return_count, 5);
	ck_assert_int_eq(policy->returns[0], VARIABLE_ALLOWED);
	ck_assert_int_eq(policy->returns[1], VARIABLE_VERDICT);
	ck_assert_int_eq(policy->returns[2], VARIABLE_CLIENT_IP);
	ck_assert_int_eq(policy->returns[3], VARIABLE_CLIENT_NET);
	ck_assert_int_eq(policy->returns[4], VARIABLE_PROVEN);
	ck_assert_int_eq(policy->mode, MODE_ENFORCE);
	ck_assert_str_eq(policy->place.file, "t");
	ck_assert_uint_eq(policy->place.line, 1);
	ck_assert_uint_eq(policy->place.column, 12);
	settings_unref(settings);
}
END_TEST

START_TEST(defaults_of_a_source)
{
	struct settings *settings =
	    load_good("policies: {p: {sources: [{header: X-Any}]}}");
	const struct source_settings *source = settings->policies[0].sources;

	ck_assert_uint_eq(settings->policies[0].source_count, 1);
	ck_assert_int_eq(source->kind, SOURCE_HEADER);
	ck_assert_str_eq(source->name, "x-any");
	ck_assert_str_eq(source->written, "X-Any");
	ck_assert_int_eq(source->format, FORMAT_LIST);
	ck_assert_int_eq(source->lines, LINES_JOIN);
	ck_assert_int_eq(source->pick, PICK_WALK);
	ck_assert(!source->from.given);
	ck_assert(!source->trust.given);
	ck_assert_uint_eq(source->external.count, 0);
	ck_assert_uint_eq(source->hops, 1);
	ck_assert_uint_eq(source->verify.count, 0);
	ck_assert_uint_eq(source->limit, 32);
	ck_assert_uint_eq(source->skip.count, 0);
	ck_assert_int_eq(source->on_invalid, WORD_STOP);
	ck_assert_int_eq(source->on_empty, WORD_STOP);
	ck_assert_int_eq(source->all_trusted, WORD_LEFTMOST);
	ck_assert_int_eq(source->short_, WORD_NEXT);
	settings_unref(settings);
}
END_TEST

static const struct {
	const char *source;
	enum source_kind kind;
	enum source_format format;
	enum source_lines lines;
} source_rows[] = {
    {"header: X-Forwarded-For", SOURCE_HEADER, FORMAT_LIST, LINES_JOIN},
    {"header: FORWARDED", SOURCE_HEADER, FORMAT_FORWARDED, LINES_JOIN},
    {"header: CloudFront-Viewer-Address", SOURCE_HEADER, FORMAT_ADDR_PORT,
	LINES_ONE},
    {"header: X-Real-IP", SOURCE_HEADER, FORMAT_SINGLE, LINES_ONE},
    {"header: CF-Connecting-IP", SOURCE_HEADER, FORMAT_SINGLE, LINES_ONE},
    {"header: CF-Connecting-IPv6", SOURCE_HEADER, FORMAT_SINGLE, LINES_ONE},
    {"header: True-Client-IP", SOURCE_HEADER, FORMAT_SINGLE, LINES_ONE},
    {"header: Fastly-Client-IP", SOURCE_HEADER, FORMAT_SINGLE, LINES_ONE},
    {"header: X-Azure-ClientIP", SOURCE_HEADER, FORMAT_SINGLE, LINES_ONE},
    {"header: X-Azure-SocketIP", SOURCE_HEADER, FORMAT_SINGLE, LINES_ONE},
    {"header: X-Client-IP", SOURCE_HEADER, FORMAT_SINGLE, LINES_ONE},
    {"header: Client-IP", SOURCE_HEADER, FORMAT_SINGLE, LINES_ONE},
    {"header: X-Cluster-Client-IP", SOURCE_HEADER, FORMAT_SINGLE, LINES_ONE},
    {"header: X-Envoy-External-Address", SOURCE_HEADER, FORMAT_SINGLE,
	LINES_ONE},
    {"header: X-Appengine-User-IP", SOURCE_HEADER, FORMAT_SINGLE, LINES_ONE},
    {"header: Fly-Client-IP", SOURCE_HEADER, FORMAT_SINGLE, LINES_ONE},
    {"header: DO-Connecting-IP", SOURCE_HEADER, FORMAT_SINGLE, LINES_ONE},
    {"header: X_Real_IP", SOURCE_HEADER, FORMAT_LIST, LINES_JOIN},
    {"header: X-Real-IP, format: list", SOURCE_HEADER, FORMAT_LIST, LINES_JOIN},
    {"header: X-Real-IP, lines: first", SOURCE_HEADER, FORMAT_SINGLE,
	LINES_FIRST},
    {"header: X, format: single", SOURCE_HEADER, FORMAT_SINGLE, LINES_ONE},
    {"header: X, format: addr-port", SOURCE_HEADER, FORMAT_ADDR_PORT,
	LINES_ONE},
    {"header: X, format: single, lines: join", SOURCE_HEADER, FORMAT_SINGLE,
	LINES_JOIN},
    {"argument: x-real-ip", SOURCE_ARGUMENT, FORMAT_LIST, LINES_JOIN},
    {"argument: x, format: forwarded", SOURCE_ARGUMENT, FORMAT_FORWARDED,
	LINES_JOIN},
    {"format: proxy", SOURCE_PROXY, FORMAT_PROXY, LINES_JOIN},
};

START_TEST(format_and_lines_by_header)
{
	char text[256];
	struct settings *settings;
	const struct source_settings *source;

	snprintf(text, sizeof(text), "policies: {p: {sources: [{%s}]}}",
	    source_rows[_i].source);
	settings = load_good(text);
	source = settings->policies[0].sources;
	ck_assert_int_eq(source->kind, source_rows[_i].kind);
	ck_assert_int_eq(source->format, source_rows[_i].format);
	ck_assert_int_eq(source->lines, source_rows[_i].lines);
	settings_unref(settings);
}
END_TEST

START_TEST(sets)
{
	struct settings *settings = load_good(
	    "lists: {a: [192.0.2.1], b: [192.0.2.2, \"::ffff:192.0.2.3\"]}\n"
	    "policies:\n"
	    "  p:\n"
	    "    trust: [b, any, 192.0.2.0/24, unix, \"2001:DB8::\"]\n"
	    "    proxy: {trust: any}\n"
	    "    rules: [{deny: a}]\n");
	const struct policy_settings *policy = settings->policies;
	const struct set *trust = &policy->trust;

	ck_assert(trust->given && !trust->any_word);
	ck_assert_uint_eq(trust->count, 5);
	ck_assert_int_eq(trust->items[0].kind, SET_LIST);
	ck_assert_uint_eq(trust->items[0].list, 1);
	ck_assert_str_eq(trust->items[0].text, "b");
	ck_assert_uint_eq(trust->items[0].place.line, 4);
	ck_assert_uint_eq(trust->items[0].place.column, 13);
	ck_assert_int_eq(trust->items[1].kind, SET_RANGE);
	ck_assert_int_eq(trust->items[1].range, RANGE_ANY);
	ck_assert_str_eq(trust->items[1].text, "any");
	ck_assert_int_eq(trust->items[2].kind, SET_PREFIX);
	ck_assert_uint_eq(trust->items[2].prefix.length, 24);
	ck_assert_str_eq(trust->items[2].text, "192.0.2.0/24");
	ck_assert_int_eq(trust->items[3].range, RANGE_UNIX);
	ck_assert_str_eq(trust->items[4].text, "2001:db8::");
	ck_assert(policy->proxy.trust.given && policy->proxy.trust.any_word);
	ck_assert_uint_eq(policy->proxy.trust.count, 1);
	ck_assert_uint_eq(policy->rules[0].lists.count, 1);
	ck_assert(!policy->rules[0].lists.any_word);
	ck_assert_uint_eq(settings->list_count, 2);
	ck_assert_str_eq(settings->lists[0].name, "a");
	ck_assert(!settings->lists[0].used_as_trust);
	ck_assert(settings->lists[1].used_as_trust);
	ck_assert_int_eq(settings->lists[1].source, LIST_INLINE);
	ck_assert_uint_eq(settings->lists[1].count, 2);
	ck_assert_int_eq(
	    settings->lists[1].prefixes[1].address.family, ADDRESS_IPV4);
	ck_assert_uint_eq(settings->lists[1].prefixes[1].length, 32);
	settings_unref(settings);
}
END_TEST

/* Every key through which a list is trusted, and those that do not. */
static const struct {
	const char *policy;
	bool trusted;
} trust_rows[] = {
    {"trust: l", true},
    {"proxy: {trust: l}", true},
    {"sources: [{header: X, from: l}]", true},
    {"sources: [{header: X, trust: l}]", true},
    {"sources: [{header: X, external: l}]", true},
    {"sources: [{header: X, pick: hops, verify: l}]", true},
    {"sources: [{header: X, pick: leftmost, skip: l}]", true},
    {"conflict: [{a: {header: X, trust: l}, b: {header: Y}}]", true},
    {"rules: [{allow: l}]", false},
    {"rules: [{deny: l}]", false},
    {"rules: [{verdict: x, lists: l}]", false},
};

START_TEST(lists_used_as_trust)
{
	char text[256];
	struct settings *settings;

	snprintf(text, sizeof(text),
	    "lists: {l: [192.0.2.1]}\npolicies: {p: {%s}}",
	    trust_rows[_i].policy);
	settings = load_good(text);
	ck_assert_msg(
	    settings->lists[0].used_as_trust == trust_rows[_i].trusted, "%s",
	    text);
	settings_unref(settings);
}
END_TEST

START_TEST(rules)
{
	struct settings *settings =
	    load_good("policies:\n"
		      "  p:\n"
		      "    rules:\n"
		      "      - {allow: 192.0.2.1, even-proxies: true}\n"
		      "      - {deny: 192.0.2.2, status: 403, message: 'a b'}\n"
		      "      - {lists: 192.0.2.3, verdict: captcha}\n"
		      "      - {deny: 192.0.2.4, name: mine}\n"
		      "    default: tarpit\n"
		      "    unknown: allow\n");
	const struct policy_settings *policy = settings->policies;
	const struct rule_settings *rule = policy->rules;

	ck_assert_uint_eq(policy->rule_count, 4);
	ck_assert_int_eq(rule[0].kind, RULE_ALLOW);
	ck_assert_str_eq(rule[0].verdict, "allow");
	ck_assert_str_eq(rule[0].name, "allow-1");
	ck_assert(!rule[0].named && rule[0].even_proxies);
	ck_assert_int_eq(rule[0].status, 0);
	ck_assert_ptr_null(rule[0].message);
	ck_assert_int_eq(rule[1].kind, RULE_DENY);
	ck_assert_str_eq(rule[1].name, "deny-2");
	ck_assert_int_eq(rule[1].status, 403);
	ck_assert_str_eq(rule[1].message, "a b");
	ck_assert_int_eq(rule[2].kind, RULE_VERDICT);
	ck_assert_str_eq(rule[2].verdict, "captcha");
	ck_assert_str_eq(rule[2].name, "captcha-3");
	ck_assert_str_eq(rule[3].name, "mine");
	ck_assert(rule[3].named && !rule[3].even_proxies);
	ck_assert_uint_eq(rule[3].place.line, 7);
	ck_assert_str_eq(policy->default_, "tarpit");
	ck_assert_str_eq(policy->unknown, "allow");
	settings_unref(settings);
}
END_TEST

START_TEST(forwarded_fields)
{
	struct settings *settings =
	    load_good("policies: {p: {forward: {x-forwarded-FOR: {}, "
		      "X-Real-IP: {untrusted: strip}}}}");
	const struct forward_settings *forward = settings->policies[0].forward;

	ck_assert(forward[FORWARD_FOR].given);
	ck_assert_int_eq(forward[FORWARD_FOR].trusted, FORWARD_APPEND);
	ck_assert_int_eq(forward[FORWARD_FOR].untrusted, FORWARD_PEER);
	ck_assert(!forward[FORWARD_PROTO].given);
	ck_assert(forward[FORWARD_REAL_IP].given);
	ck_assert_int_eq(forward[FORWARD_REAL_IP].trusted, FORWARD_PASS);
	ck_assert_int_eq(forward[FORWARD_REAL_IP].untrusted, FORWARD_STRIP);
	settings_unref(settings);
}
END_TEST

START_TEST(listeners)
{
	struct settings *settings =
	    load_good("listen:\n"
		      "  - {address: 0.0.0.0:0, from: unix}\n"
		      "  - {address: \"[2001:DB8::1]:65535\"}\n"
		      "  - {address: unix:/run/x}\n"
		      "  - {address: unix:x}\n");
	const struct listen_settings *listen = settings->listens;

	ck_assert_uint_eq(settings->listen_count, 4);
	ck_assert_int_eq(listen[0].kind, LISTEN_TCP);
	ck_assert_uint_eq(listen[0].port, 0);
	ck_assert_int_eq(listen[0].from.items[0].range, RANGE_UNIX);
	ck_assert_int_eq(listen[1].address.family, ADDRESS_IPV6);
	ck_assert_uint_eq(listen[1].address.hi, 0x20010db800000000);
	ck_assert_uint_eq(listen[1].port, 65535);
	ck_assert_int_eq(listen[2].kind, LISTEN_UNIX);
	ck_assert_str_eq(listen[2].path, "/run/x");
	ck_assert_str_eq(listen[3].path, "x");
	ck_assert_uint_eq(listen[3].place.line, 5);
	settings_unref(settings);
}
END_TEST

static const struct {
	const char *text;
	unsigned value;
} units[] = {
    {"256", 256},
    {"1k", 1024},
    {"64k", 65536},
    {"1m", 1048576},
    {"16m", 16777216},
    {"16777216", 16777216},
};

START_TEST(sizes)
{
	char text[64];
	struct settings *settings;

	snprintf(text, sizeof(text), "limits: {frame-size: %s, fragments: 0}",
	    units[_i].text);
	settings = load_good(text);
	ck_assert_uint_eq(settings->limits.frame_size, units[_i].value);
	ck_assert_uint_eq(settings->limits.fragments, 0);
	settings_unref(settings);
}
END_TEST

static const struct {
	const char *text;
	unsigned value;
	const char *printed;
} times[] = {
    {"0s", 0, "0s"},
    {"0ms", 0, "0s"},
    {"250ms", 250, "250ms"},
    {"1000ms", 1000, "1s"},
    {"90s", 90000, "90s"},
    {"120s", 120000, "2m"},
    {"1h", 3600000, "1h"},
    {"24h", 86400000, "1d"},
    {"1d", 86400000, "1d"},
};

START_TEST(durations)
{
	char text[64], printed[64];
	struct settings *settings;
	char *all;

	snprintf(
	    text, sizeof(text), "limits: {drain-timeout: %s}", times[_i].text);
	snprintf(printed, sizeof(printed), "\n  drain-timeout: %s\n",
	    times[_i].printed);
	settings = load_good(text);
	ck_assert_uint_eq(settings->limits.drain_timeout, times[_i].value);
	all = print_settings(settings);
	ck_assert_ptr_nonnull(strstr(all, printed));
	free(all);
	settings_unref(settings);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("settings");
	TCase *all = tcase_create("all");

	tcase_add_test(all, names_of_variables);
	tcase_add_test(all, names_of_forward_fields);
	tcase_add_loop_test(all, named_ranges, 0, COUNT(ranges));
	tcase_add_test(all, defaults_of_everything);
	tcase_add_test(all, defaults_of_a_source);
	tcase_add_loop_test(
	    all, format_and_lines_by_header, 0, COUNT(source_rows));
	tcase_add_test(all, sets);
	tcase_add_loop_test(all, lists_used_as_trust, 0, COUNT(trust_rows));
	tcase_add_test(all, rules);
	tcase_add_test(all, forwarded_fields);
	tcase_add_test(all, listeners);
	tcase_add_loop_test(all, sizes, 0, COUNT(units));
	tcase_add_loop_test(all, durations, 0, COUNT(times));
	suite_add_tcase(suite, all);
	return run_tests(suite);
}
