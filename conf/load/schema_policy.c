/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/policy.h"

/* ---- words, each with its default first ---- */

static const struct schema_word untrusted_peers[] = {{"peer", WORD_PEER},
    {"none", WORD_NONE}, {"reject", WORD_REJECT}, {NULL, 0}};
static const struct schema_word peers[] = {
    {"fc_src", false}, {"src", true}, {NULL, 0}};
static const struct schema_word fallbacks[] = {{"peer", WORD_PEER},
    {"none", WORD_NONE}, {"reject", WORD_REJECT}, {"farthest", WORD_FARTHEST},
    {NULL, 0}};
static const struct schema_word scopes[] = {
    {"txn", SCOPE_TXN}, {"req", SCOPE_REQ}, {"sess", SCOPE_SESS}, {NULL, 0}};
static const struct schema_word modes[] = {{"enforce", MODE_ENFORCE},
    {"shadow", MODE_SHADOW}, {"bypass", MODE_BYPASS}, {NULL, 0}};
static const struct schema_word proxy_modes[] = {{"peer", PROXY_PEER},
    {"require", PROXY_REQUIRE}, {"ignore", PROXY_IGNORE}, {NULL, 0}};
static const struct schema_word unknown_proxies[] = {
    {"peer", WORD_PEER}, {"reject", WORD_REJECT}, {NULL, 0}};
static const struct schema_word formats[] = {{"list", FORMAT_LIST},
    {"single", FORMAT_SINGLE}, {"forwarded", FORMAT_FORWARDED},
    {"addr-port", FORMAT_ADDR_PORT}, {"proxy", FORMAT_PROXY}, {NULL, 0}};
static const struct schema_word lines[] = {{"join", LINES_JOIN},
    {"one", LINES_ONE}, {"first", LINES_FIRST}, {"last", LINES_LAST},
    {NULL, 0}};
static const struct schema_word picks[] = {{"walk", PICK_WALK},
    {"hops", PICK_HOPS}, {"leftmost", PICK_LEFTMOST}, {NULL, 0}};
static const struct schema_word bad_entries[] = {{"stop", WORD_STOP},
    {"next", WORD_NEXT}, {"peer", WORD_PEER}, {"none", WORD_NONE},
    {"reject", WORD_REJECT}, {"skip", WORD_SKIP}, {NULL, 0}};
static const struct schema_word all_trusted[] = {{"leftmost", WORD_LEFTMOST},
    {"next", WORD_NEXT}, {"peer", WORD_PEER}, {"none", WORD_NONE}, {NULL, 0}};
static const struct schema_word shorts[] = {{"next", WORD_NEXT},
    {"peer", WORD_PEER}, {"none", WORD_NONE}, {"leftmost", WORD_LEFTMOST},
    {NULL, 0}};
static const struct schema_word conflict_rules[] = {
    {"same", CONFLICT_SAME}, {"leftmost-in", CONFLICT_LEFTMOST_IN}, {NULL, 0}};
static const struct schema_word ports[] = {{"strip", PORT_STRIP},
    {"brackets", PORT_BRACKETS}, {"invalid", PORT_INVALID},
    {"untrusted", PORT_UNTRUSTED}, {NULL, 0}};
static const struct schema_word zones[] = {
    {"reject", false}, {"strip", true}, {NULL, 0}};
static const struct schema_word mapped[] = {
    {"unmap", false}, {"keep", true}, {NULL, 0}};
static const struct schema_word unspecified[] = {
    {"accept", false}, {"reject", true}, {NULL, 0}};
static const struct schema_word forward_words[] = {{"pass", FORWARD_PASS},
    {"own", FORWARD_OWN}, {"strip", FORWARD_STRIP}, {"keep", FORWARD_KEEP},
    {"append", FORWARD_APPEND}, {"peer", FORWARD_PEER}, {NULL, 0}};

static const char verdict_values[] = "allow, deny or a word of its own";

/* ---- policies ---- */

static const struct schema_row policy_rows[] = {
    [POLICY_LIKE] = {.name = "like",
	.type = &type_like,
	MEMBER(struct policy_settings, like),
	.values = "the name of a ready policy",
	.about = "Starts from the keys of a ready policy. A key that is "
		 "written here replaces its key whole; proxy, ip and forward "
		 "are merged key by key."},
    [POLICY_TRUST] = {.name = "trust",
	.type = &type_set,
	MEMBER(struct policy_settings, trust),
	.use = SET_OF_PEERS,
	.default_ = "[]",
	.about = "Whose word about others is taken. The word any, alone, "
		 "trusts everybody, local sockets too; in brackets it means "
		 "every address."},
    [POLICY_UNTRUSTED_PEER] = {.name = "untrusted-peer",
	.type = &type_word,
	MEMBER(struct policy_settings, untrusted_peer),
	.words = untrusted_peers,
	.default_ = "peer",
	.about = "The answer when the peer is not trusted."},
    [POLICY_PEER] = {.name = "peer",
	.type = &type_word,
	MEMBER(struct policy_settings, peer_is_src),
	.words = peers,
	.default_ = "fc_src",
	.about = "Which argument is the TCP peer; src only for HAProxy before "
		 "2.5, which has no fc_src."},
    [POLICY_PROXY] = {.name = "proxy",
	.type = &type_proxy,
	MEMBER(struct policy_settings, proxy),
	.values = "a mapping, or a mode alone",
	.about = "What the PROXY protocol is worth."},
    [POLICY_SOURCES] = {.name = "sources",
	.type = &type_sources,
	.values = "a sequence of sources",
	.default_ = "[]",
	.about = "Where the client's address is looked for when the peer is "
		 "trusted, in order: the first that answers wins."},
    [POLICY_FALLBACK] = {.name = "fallback",
	.type = &type_word,
	MEMBER(struct policy_settings, fallback),
	.words = fallbacks,
	.default_ = "peer",
	.about = "The answer when no source has one."},
    [POLICY_CONFLICT] = {.name = "conflict",
	.type = &type_conflict,
	.values = "a sequence of pairs of sources",
	.default_ = "[]",
	.about = "Headers that contradict each other: the request is "
		 "rejected."},
    [POLICY_IP] = {.name = "ip",
	.type = &type_ip,
	MEMBER(struct policy_settings, ip),
	.values = "a mapping",
	.about = "What passes for an address."},
    [POLICY_RULES] = {.name = "rules",
	.type = &type_rules,
	.values = "a sequence of rules",
	.default_ = "[]",
	.about = "What is decided about an address: the first rule that "
		 "holds it."},
    [POLICY_DEFAULT] = {.name = "default",
	.type = &type_verdict,
	MEMBER(struct policy_settings, default_),
	.values = verdict_values,
	.default_ = "allow",
	.about = "The verdict when no rule matches."},
    [POLICY_UNKNOWN] = {.name = "unknown",
	.type = &type_verdict,
	MEMBER(struct policy_settings, unknown),
	.values = verdict_values,
	.default_ = "deny",
	.about = "The verdict when there is no address."},
    [POLICY_FORWARD] = {.name = "forward",
	.type = &type_forward,
	MEMBER(struct policy_settings, forward),
	.values = "a mapping of header fields",
	.default_ = "{}",
	.about = "Which forwarding headers the backend may see, and what is "
		 "in them."},
    [POLICY_V4_PREFIX] = {.name = "v4-prefix",
	.type = &type_number,
	MEMBER(struct policy_settings, v4_prefix),
	.max = 32,
	.default_ = "32",
	.about = "Width of the variable client_net for IPv4. Rules see the "
		 "whole address."},
    [POLICY_V6_PREFIX] = {.name = "v6-prefix",
	.type = &type_number,
	MEMBER(struct policy_settings, v6_prefix),
	.max = 128,
	.default_ = "64",
	.about = "The same for IPv6."},
    [POLICY_SCOPE] = {.name = "scope",
	.type = &type_word,
	MEMBER(struct policy_settings, scope),
	.words = scopes,
	.default_ = "txn",
	.about = "Scope of the variables. sess is for TCP mode."},
    [POLICY_RETURN] = {.name = "return",
	.type = &type_return,
	.values = "names of variables, in brackets or one alone",
	.default_ = "[allowed, verdict, client_ip, client_net, proven]",
	.about = "The variables to set besides ok; would_verdict, error and "
		 "what forward gives come by themselves."},
    [POLICY_MODE] = {.name = "mode",
	.type = &type_word,
	MEMBER(struct policy_settings, mode),
	.words = modes,
	.default_ = "enforce",
	.about = "shadow decides, answers allow and tells what it would have "
		 "said; bypass answers allow."},
};

const struct schema_object object_policy = {.name = "a policy",
    .about = "What is trusted, where the client's address comes from, and "
	     "what is decided about it.",
    ROWS(policy_rows)};

static const struct schema_row proxy_rows[] = {
    [PROXY_ROW_MODE] = {.name = "mode",
	.type = &type_word,
	MEMBER(struct proxy_settings, mode),
	.words = proxy_modes,
	.default_ = "peer",
	.about = "peer: the source in the PROXY header of a trusted sender "
		 "becomes the peer. require: a trusted sender without one is "
		 "rejected. ignore: the socket peer stays."},
    {.name = "trust",
	.type = &type_set,
	MEMBER(struct proxy_settings, trust),
	.use = SET_OF_PEERS,
	.about = "Whose PROXY header is believed. Without it, the policy's "
		 "trust."},
    {.name = "unknown",
	.type = &type_word,
	MEMBER(struct proxy_settings, unknown),
	.words = unknown_proxies,
	.default_ = "peer",
	.about = "A PROXY header without an address, UNKNOWN or LOCAL."},
};

const struct schema_object object_proxy = {.name = "proxy",
    .about = "What the PROXY protocol is worth. One word alone is the mode.",
    ROWS(proxy_rows)};

/* ---- sources ---- */

static const struct schema_row source_rows[] = {
    [SOURCE_ROW_HEADER] = {.name = "header",
	.type = &type_header,
	.values = "the name of a header",
	.about = "The header to read; case does not matter."},
    [SOURCE_ROW_ARGUMENT] = {.name = "argument",
	.type = &type_argument,
	.values = "the name of an argument",
	.about = "Instead of a header: any sample that HAProxy sends under "
		 "that name."},
    [SOURCE_ROW_FORMAT] = {.name = "format",
	.type = &type_word,
	MEMBER(struct source_settings, format),
	.words = formats,
	.about = "The grammar. By default list, but single for headers known "
		 "to hold one address, forwarded for Forwarded and addr-port "
		 "for CloudFront-Viewer-Address. proxy reads the PROXY header "
		 "and takes no name."},
    [SOURCE_ROW_LINES] = {.name = "lines",
	.type = &type_word,
	MEMBER(struct source_settings, lines),
	.words = lines,
	.about = "What several lines of one header are. By default join, but "
		 "one for the formats single and addr-port."},
    [SOURCE_ROW_PICK] = {.name = "pick",
	.type = &type_word,
	MEMBER(struct source_settings, pick),
	.words = picks,
	.default_ = "walk",
	.about = "walk goes from the right as far as hops are trusted; hops "
		 "counts; leftmost takes what the client wrote."},
    [SOURCE_ROW_FROM] = {.name = "from",
	.type = &type_set,
	MEMBER(struct source_settings, from),
	.use = SET_OF_PEERS,
	.about = "Believed only if the peer, or a hop that the walk of "
		 "X-Forwarded-For passes, is in here. Without it, any "
		 "trusted peer will do."},
    [SOURCE_ROW_TRUST] = {.name = "trust",
	.type = &type_set,
	MEMBER(struct source_settings, trust),
	.use = SET_OF_PEERS,
	.about = "The walk's own set. Without it, the policy's trust."},
    [SOURCE_ROW_EXTERNAL] = {.name = "external",
	.type = &type_set,
	MEMBER(struct source_settings, external),
	.use = SET_OF_PEERS,
	.default_ = "[]",
	.about = "Trusted too, but must not vouch for private addresses."},
    [SOURCE_ROW_HOPS] = {.name = "hops",
	.type = &type_number,
	MEMBER(struct source_settings, hops),
	.max = HOPS_MAX,
	.default_ = "1",
	.about = "With pick hops: which entry from the right; 0 is the peer."},
    [SOURCE_ROW_VERIFY] = {.name = "verify",
	.type = &type_set,
	MEMBER(struct source_settings, verify),
	.use = SET_OF_ENTRIES,
	.default_ = "[]",
	.about = "With pick hops: what the entries passed over must be in."},
    [SOURCE_ROW_LIMIT] = {.name = "limit",
	.type = &type_number,
	MEMBER(struct source_settings, limit),
	.min = 1,
	.max = HOPS_MAX,
	.default_ = "32",
	.about = "With pick walk: the most entries it looks at."},
    [SOURCE_ROW_SKIP] = {.name = "skip",
	.type = &type_set,
	MEMBER(struct source_settings, skip),
	.use = SET_OF_ENTRIES,
	.default_ = "[]",
	.about = "With pick leftmost: addresses passed over."},
    [SOURCE_ROW_ON_INVALID] = {.name = "on-invalid",
	.type = &type_word,
	MEMBER(struct source_settings, on_invalid),
	.words = bad_entries,
	.default_ = "stop",
	.about = "An entry that is no address."},
    [SOURCE_ROW_ON_EMPTY] = {.name = "on-empty",
	.type = &type_word,
	MEMBER(struct source_settings, on_empty),
	.words = bad_entries,
	.default_ = "stop",
	.about = "An empty entry."},
    [SOURCE_ROW_ALL_TRUSTED] = {.name = "all-trusted",
	.type = &type_word,
	MEMBER(struct source_settings, all_trusted),
	.words = all_trusted,
	.default_ = "leftmost",
	.about = "The walk ran out of entries."},
    [SOURCE_ROW_SHORT] = {.name = "short",
	.type = &type_word,
	MEMBER(struct source_settings, short_),
	.words = shorts,
	.default_ = "next",
	.about = "Fewer entries than hops."},
};

const struct schema_object object_source = {.name = "a source",
    .about = "One place where the client's address may be. The words: stop, "
	     "the last good hop is the answer; next, try the next source, "
	     "then fallback; peer; none, no address; reject, refuse; skip, "
	     "pass over it.",
    ROWS(source_rows)};

static const struct schema_row conflict_rows[] = {
    {.name = "a",
	.type = &type_source,
	MEMBER(struct conflict_settings, a),
	.flags = ROW_REQUIRED,
	.values = "a source",
	.about = "The one source."},
    {.name = "b",
	.type = &type_source,
	MEMBER(struct conflict_settings, b),
	.flags = ROW_REQUIRED,
	.values = "a source",
	.about = "The other source."},
    {.name = "rule",
	.type = &type_word,
	MEMBER(struct conflict_settings, rule),
	.words = conflict_rules,
	.default_ = "same",
	.about = "same: both have addresses, and not the same ones. "
		 "leftmost-in: the first of a is nowhere in b."},
};

const struct schema_object object_conflict = {.name = "conflict",
    .about = "Two sources that must not contradict each other.",
    ROWS(conflict_rows)};

/* ---- addresses ---- */

static const struct schema_row ip_rows[] = {
    {.name = "port",
	.type = &type_word,
	MEMBER(struct ip_settings, port),
	.words = ports,
	.default_ = "strip",
	.about = "An entry with a port or brackets: strip cuts them, brackets "
		 "takes [IPv6] without a port, invalid refuses both, "
		 "untrusted takes it but never as a trusted hop."},
    {.name = "zone",
	.type = &type_word,
	MEMBER(struct ip_settings, zone_strip),
	.words = zones,
	.default_ = "reject",
	.about = "An IPv6 address with %zone."},
    {.name = "mapped",
	.type = &type_word,
	MEMBER(struct ip_settings, mapped_keep),
	.words = mapped,
	.default_ = "unmap",
	.about = "::ffff:a.b.c.d: unmap makes it IPv4, keep leaves it another "
		 "address."},
    {.name = "unspecified",
	.type = &type_word,
	MEMBER(struct ip_settings, unspecified_reject),
	.words = unspecified,
	.default_ = "accept",
	.about = "0.0.0.0 and ::."},
};

const struct schema_object object_ip = {
    .name = "ip", .about = "What passes for an address.", ROWS(ip_rows)};

/* ---- rules ---- */

static const struct schema_row rule_rows[] = {
    [RULE_ROW_ALLOW] = {.name = "allow",
	.type = &type_rule_set,
	.use = SET_OF_CLIENTS,
	.about = "Allows these. Never matches an address that is only a "
		 "proxy's own, unless even-proxies is true."},
    [RULE_ROW_DENY] = {.name = "deny",
	.type = &type_rule_set,
	.use = SET_OF_CLIENTS,
	.about = "Denies these."},
    [RULE_ROW_VERDICT] = {.name = "verdict",
	.type = &type_rule_verdict,
	.values = "a word of your own",
	.about = "Answers that word for the addresses of lists."},
    [RULE_ROW_LISTS] = {.name = "lists",
	.type = &type_rule_set,
	.use = SET_OF_CLIENTS,
	.about = "Whom a verdict is for."},
    [RULE_ROW_NAME] = {.name = "name",
	.type = &type_rule_name,
	.values = "1 to 63 of a-z, 0-9, _ and -",
	.about = "What the variable rule says. Without it, the verdict and "
		 "the rule's number, such as deny-2."},
    [RULE_ROW_STATUS] = {.name = "status",
	.type = &type_rule_status,
	MEMBER(struct rule_settings, status),
	.min = 100,
	.max = 599,
	.about = "What the variable status says."},
    [RULE_ROW_MESSAGE] = {.name = "message",
	.type = &type_rule_message,
	MEMBER(struct rule_settings, message),
	.values = "a line of 1 to 255 bytes",
	.about = "What the variable message says."},
    [RULE_ROW_EVEN_PROXIES] = {.name = "even-proxies",
	.type = &type_even_proxies,
	.default_ = "false",
	.about = "With allow: match proxies' own addresses too."},
};

const struct schema_object object_rule = {.name = "a rule",
    .about = "One of allow, deny and verdict.",
    ROWS(rule_rows)};

/* ---- forward ---- */

static const struct schema_row forward_rows[] = {
    [FORWARD_ROW_TRUSTED] = {.name = "trusted",
	.type = &type_word,
	MEMBER(struct forward_settings, trusted),
	.words = forward_words,
	.about = "When the peer is trusted. By default pass, and append for "
		 "X-Forwarded-For."},
    [FORWARD_ROW_UNTRUSTED] = {.name = "untrusted",
	.type = &type_word,
	MEMBER(struct forward_settings, untrusted),
	.words = forward_words,
	.about = "When it is not. By default own, and peer for "
		 "X-Forwarded-For."},
};

const struct schema_object object_forward = {.name = "forward",
    .about = "What a header holds: pass the incoming first line, else our "
	     "own; own; strip nothing at all; keep the incoming first line "
	     "or nothing; for X-Forwarded-For also append, the incoming "
	     "lines and the peer, and peer. The headers are X-Forwarded-For, "
	     "-Proto, -Host, -Port, -Path, -Prefix and X-Real-IP.",
    ROWS(forward_rows)};
