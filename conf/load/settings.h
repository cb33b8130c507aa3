/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_SETTINGS_H
#define CONF_LOAD_SETTINGS_H

/*
 * The configuration as understood: checked, defaults filled in, plain data.
 * Everything hangs on one arena and goes with the last reference; nothing here
 * is changed after loading. Strings are NUL-terminated UTF-8.
 */

#include <stdatomic.h>
#include <stdint.h>

#include "conf/load/report.h"
#include "proto/text/prefix.h"

enum {
	NAME_MAX_LENGTH = 63, /* of lists, policies, rules, verdicts */
	POLICY_SETS_MAX = 64, /* lists and ranges in one policy's table */
	HOPS_MAX = 1000,      /* hops and limit of a source */
	SOURCES_MAX = 32,     /* of a policy */
	RULES_MAX = 1024,     /* of a policy */
	FIELDS_MAX = 1024,    /* header names that all policies read */
	POLICIES_MAX = 100000,
	LISTS_MAX = 100000,
};

/* ---- sets: where list names, CIDRs and named ranges mix ---- */

enum named_range {
	RANGE_ANY,         /* every address; not a local socket */
	RANGE_LOOPBACK,    /* 127.0.0.0/8 ::1 */
	RANGE_LINKLOCAL,   /* 169.254.0.0/16 fe80::/10 */
	RANGE_UNIQUELOCAL, /* RFC 1918 and fc00::/7 */
	RANGE_PRIVATE,     /* the three above together */
	RANGE_UNIX,        /* a local socket: no address at all */
	RANGE_COUNT,
};

enum set_item_kind { SET_LIST, SET_PREFIX, SET_RANGE };

struct set_item {
	enum set_item_kind kind;
	unsigned list;          /* SET_LIST: index into settings.lists */
	struct prefix prefix;   /* SET_PREFIX */
	enum named_range range; /* SET_RANGE */
	const char *text;       /* as it is shown: name, or canonical prefix */
	struct place place;
};

struct set {
	struct set_item *items; /* in written order */
	size_t count;
	bool given;    /* the key was written */
	bool any_word; /* the bare word "any", not "[any]" */
	struct place place;
};

/* The prefixes of a named range; gives their count. 0 for any and unix. */
size_t named_range_prefixes(
    enum named_range range, const struct prefix **prefixes);
const char *named_range_text(enum named_range range);

/* ---- lists ---- */

enum list_source { LIST_INLINE, LIST_FILE, LIST_PRESET, LIST_DYNAMIC };

enum list_format {
	LIST_LINES,  /* one a line; FireHOL, HAProxy's ACL and map files too */
	LIST_CSV,    /* the prefix is in a column */
	LIST_JSON,   /* one document; the prefixes are at a path */
	LIST_NDJSON, /* one JSON object a line */
};

/* An object of a JSON list counts only if its key has that value. */
struct list_filter {
	const char *key;
	const char *value;
};

/*
 * What a change from outside the configuration must keep to; else the old
 * content stays. Percentages of entries.
 */
struct guard_settings {
	unsigned tolerate;    /* bad lines */
	unsigned shrink;      /* lost entries */
	unsigned growth;      /* new entries; counts from 100 entries on */
	unsigned widest_ipv4; /* shortest prefix length that may come */
	unsigned widest_ipv6;
	struct set never;      /* nothing of it may be touched */
	struct address *allow; /* addresses that must stay allowed */
	size_t allow_count;
	struct address *deny; /* addresses that must stay denied */
	size_t deny_count;
};

struct prefixes;

struct list_settings {
	const char *name;
	enum list_source source;
	const char *file; /* LIST_FILE: path resolved against the YAML file */
	const char *file_written; /* LIST_FILE: as the operator wrote it */
	const char *preset;       /* LIST_PRESET: its name */
	enum list_format format;
	unsigned column;             /* LIST_CSV: from 1 */
	const char *path;            /* LIST_JSON, LIST_NDJSON */
	struct list_filter *filters; /* all must hold */
	size_t filter_count;
	const char *export_; /* path to write it to, for HAProxy; or NULL */
	struct guard_settings guard;
	struct prefix *prefixes; /* LIST_INLINE: masked, in written order */
	size_t count;
	bool used_as_trust; /* host bits in it are an error */
	bool used_to_deny;  /* a rule denies, or gives a word, by it */
	bool denied;        /* a rule denies by it */
	struct place place;
	struct place source_place; /* of the path or the preset's name */
};

/* ---- policies ---- */

/*
 * The words of the policy language. Which of them a key takes is in the
 * schema; semantics gives each its meaning.
 */
enum word {
	WORD_STOP,
	WORD_NEXT,
	WORD_PEER,
	WORD_NONE,
	WORD_REJECT,
	WORD_SKIP,
	WORD_LEFTMOST,
	WORD_FARTHEST,
};

enum source_kind { SOURCE_HEADER, SOURCE_ARGUMENT, SOURCE_PROXY };
enum source_format {
	FORMAT_LIST,
	FORMAT_SINGLE,
	FORMAT_FORWARDED,
	FORMAT_ADDR_PORT,
	FORMAT_PROXY,
};
enum source_lines { LINES_JOIN, LINES_ONE, LINES_FIRST, LINES_LAST };
enum source_pick { PICK_WALK, PICK_HOPS, PICK_LEFTMOST };

struct source_settings {
	enum source_kind kind;
	const char *name; /* header or argument in lower case; NULL for proxy */
	const char *written; /* the name as written, for -dC */
	enum source_format format;
	enum source_lines lines;
	enum source_pick pick;
	struct set from;  /* not given: any trusted peer */
	struct set trust; /* not given: the policy's */
	struct set external;
	unsigned hops;
	struct set verify;
	unsigned limit;
	struct set skip;
	enum word on_invalid;  /* stop next peer none reject skip */
	enum word on_empty;    /* stop next peer none reject skip */
	enum word all_trusted; /* leftmost next peer none */
	enum word short_;      /* next peer none leftmost */
	struct place place;
};

enum rule_kind { RULE_ALLOW, RULE_DENY, RULE_VERDICT };

struct rule_settings {
	enum rule_kind kind;
	const char *verdict; /* "allow", "deny" or the rule's own word */
	struct set lists;
	const char *name; /* its name, else "allow-1", "deny-2", "captcha-3" */
	bool named;       /* the name was written */
	int status;       /* 100 to 599; 0 when not given */
	const char *message; /* NULL when not given */
	bool even_proxies;
	struct place place;
};

enum conflict_rule { CONFLICT_SAME, CONFLICT_LEFTMOST_IN };

struct conflict_settings {
	struct source_settings a;
	struct source_settings b;
	enum conflict_rule rule;
	struct place place;
};

enum ip_port { PORT_STRIP, PORT_BRACKETS, PORT_INVALID, PORT_UNTRUSTED };

struct ip_settings {
	enum ip_port port;
	bool zone_strip;         /* zone: strip */
	bool mapped_keep;        /* mapped: keep */
	bool unspecified_reject; /* unspecified: reject */
};

enum proxy_mode { PROXY_PEER, PROXY_REQUIRE, PROXY_IGNORE };

struct proxy_settings {
	enum proxy_mode mode;
	struct set trust;  /* not given: the policy's */
	enum word unknown; /* peer reject */
};

/* X-Forwarded-For, -Proto, -Host, -Port, -Path, -Prefix, X-Real-IP */
enum forward_field {
	FORWARD_FOR,
	FORWARD_PROTO,
	FORWARD_HOST,
	FORWARD_PORT,
	FORWARD_PATH,
	FORWARD_PREFIX,
	FORWARD_REAL_IP,
	FORWARD_COUNT,
};

enum forward_word {
	FORWARD_PASS,
	FORWARD_OWN,
	FORWARD_STRIP,
	FORWARD_KEEP,
	FORWARD_APPEND, /* X-Forwarded-For alone */
	FORWARD_PEER,   /* X-Forwarded-For alone */
};

struct forward_settings {
	bool given;
	enum forward_word trusted;
	enum forward_word untrusted;
};

/* The field's name in lower case, as HAProxy sends it: "x-forwarded-for". */
const char *forward_field_name(enum forward_field field);

enum policy_mode { MODE_ENFORCE, MODE_SHADOW, MODE_BYPASS };

/* Values are SPOP's own scope numbers (SPOE.txt section 3.2.6). */
enum variable_scope { SCOPE_SESS = 1, SCOPE_TXN = 2, SCOPE_REQ = 3 };

/* The variables an answer may hold, in no particular order. */
enum variable {
	VARIABLE_OK,
	VARIABLE_ALLOWED,
	VARIABLE_VERDICT,
	VARIABLE_WOULD_VERDICT,
	VARIABLE_CLIENT_IP,
	VARIABLE_CLIENT_NET,
	VARIABLE_PROVEN,
	VARIABLE_TRUSTED,
	VARIABLE_SOURCE,
	VARIABLE_HOPS,
	VARIABLE_RULE,
	VARIABLE_LIST,
	VARIABLE_STATUS,
	VARIABLE_MESSAGE,
	VARIABLE_FLAGS,
	VARIABLE_GENERATION,
	VARIABLE_FWD_FOR, /* in the order of enum forward_field */
	VARIABLE_FWD_PROTO,
	VARIABLE_FWD_HOST,
	VARIABLE_FWD_PORT,
	VARIABLE_FWD_PATH,
	VARIABLE_FWD_PREFIX,
	VARIABLE_FWD_REAL_IP,
	VARIABLE_ERROR,
	VARIABLE_COUNT,
};

/* "ok", "allowed", … as HAProxy sees it behind the prefix. */
const char *variable_name(enum variable variable);
struct view variable_view(enum variable variable);

struct policy_settings {
	const char *name;
	const char *like; /* ready policy it started from, or NULL */
	struct set trust;
	enum word untrusted_peer; /* peer none reject */
	bool peer_is_src;         /* peer: src */
	struct proxy_settings proxy;
	struct source_settings *sources;
	size_t source_count;
	enum word fallback; /* peer none reject farthest */
	struct conflict_settings *conflicts;
	size_t conflict_count;
	struct ip_settings ip;
	struct rule_settings *rules;
	size_t rule_count;
	const char *default_; /* "allow", "deny" or a word */
	const char *unknown;  /* "deny", "allow" or a word */
	struct forward_settings forward[FORWARD_COUNT];
	unsigned v4_prefix; /* 0-32 */
	unsigned v6_prefix; /* 0-128 */
	enum variable_scope scope;
	enum variable *returns; /* without ok, would_verdict, error, fwd_* */
	size_t return_count;
	enum policy_mode mode;
	struct place place;
};

/* ---- the rest ---- */

enum listen_kind { LISTEN_TCP, LISTEN_UNIX };

struct listen_settings {
	const char *written; /* as the operator wrote it */
	enum listen_kind kind;
	struct address address; /* LISTEN_TCP */
	uint16_t port;          /* LISTEN_TCP: 0 lets the kernel choose */
	const char *path;       /* LISTEN_UNIX */
	struct set from;        /* not given: whoever can connect */
	struct place place;
};

/* Sizes in bytes, times in milliseconds. */
struct limits_settings {
	unsigned connections;
	unsigned frame_size;
	unsigned fragments; /* 0: fragmentation is not announced */
	unsigned hello_timeout;
	unsigned frame_timeout;
	unsigned drain_timeout;
	bool pipelining;
};

enum log_level { LOG_ERROR_, LOG_WARNING_, LOG_NOTICE_, LOG_INFO_, LOG_DEBUG_ };
enum log_format { LOG_LOGFMT, LOG_JSON };

struct log_settings {
	enum log_level level;
	enum log_format format;
};

/* The control socket; path is NULL when there is none. */
struct socket_settings {
	const char *path;
	unsigned mode; /* of the socket: 0600, 0660, … */
};

struct arena;

struct settings {
	struct arena *arena;
	atomic_uint references;
	struct listen_settings *listens;
	size_t listen_count;
	unsigned threads; /* 0: auto, one a core */
	struct limits_settings limits;
	struct log_settings log;
	struct socket_settings control;
	const char *state_directory; /* NULL: none */
	struct list_settings *lists;
	size_t list_count;
	struct policy_settings *policies;
	size_t policy_count;
};

/*
 * Reads the files in order (a directory gives its *.yaml, sorted), but not the
 * list files that they name: those are list_read()'s. Always reports all
 * errors of one run; NULL when there was one, or when memory ran out (reported
 * too). Warnings do not fail.
 */
struct settings *settings_load(
    const char *const *paths, size_t count, struct report *report);

/* Any thread. Settings are born with one reference. */
struct settings *settings_ref(struct settings *settings);
void settings_unref(struct settings *settings); /* NULL is fine */

/* ---- what the lists hold ---- */

/* By index into settings.lists; a dynamic list may be empty, none is NULL. */
struct contents {
	struct prefixes **of; /* each a reference of its own */
	size_t count;
};

/*
 * Reads every list of the settings: inline, file and preset ones; dynamic ones
 * come out empty. All errors are reported; false when there was one. Contents
 * are whole either way: a list that could not be read has NULL.
 */
bool contents_read(const struct settings *settings, struct report *report,
    struct contents *contents);
void contents_fini(struct contents *contents);

/*
 * The warnings that need both: overlaps and shadowed rules, trust that is too
 * wide, deny lists that cover too much (an error).
 */
void settings_review(const struct settings *settings,
    const struct contents *contents, struct report *report);

/*
 * All of it in turn, for a check: the lists are read and reviewed even when the
 * configuration has errors, so that one run tells everything. True when there
 * was no error; then both are the caller's, else both are empty.
 */
bool settings_check(const char *const *paths, size_t count,
    struct report *report, struct settings **settings,
    struct contents *contents);

/*
 * Writes the configuration as understood, every default filled in, as YAML
 * that reads again to the same; list files stay references.
 */
void settings_print(const struct settings *settings, FILE *stream);

#endif
