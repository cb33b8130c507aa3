/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/schema.h"

#include "conf/load/loader.h"
#include "conf/load/parts.h"

/* ---- the top level ---- */

static const struct schema_row top_rows[] = {
    [TOP_LISTEN] = {.name = "listen",
	.type = &type_part,
	.values = "a sequence of at least one listener",
	.default_ = "[{address: 127.0.0.1:9000}]",
	.about = "Where HAProxy connects to. The listeners of several files "
		 "add up."},
    [TOP_THREADS] = {.name = "threads",
	.type = &type_threads,
	MEMBER(struct settings, threads),
	.min = 1,
	.max = 256,
	.values = "auto or a number from 1 to 256",
	.default_ = "auto",
	.about = "Workers, each with an event loop of its own; auto is one a "
		 "core."},
    [TOP_LIMITS] = {.name = "limits",
	.type = &type_limits,
	MEMBER(struct settings, limits),
	.values = "a mapping",
	.about = "How much the agent takes on."},
    [TOP_LOG] = {.name = "log",
	.type = &type_log,
	MEMBER(struct settings, log),
	.values = "a mapping",
	.about = "What is logged, and how."},
    [TOP_LISTS] = {.name = "lists",
	.type = &type_part,
	.values = "a mapping of names to lists",
	.default_ = "{}",
	.about = "Named sets of prefixes, for trust and for rules. The lists "
		 "of several files add up."},
    [TOP_POLICIES] = {.name = "policies",
	.type = &type_part,
	.values = "a mapping of names to policies",
	.default_ = "{}",
	.about = "What is trusted and what is decided. Messages that name no "
		 "policy get the one called default. The policies of several "
		 "files add up."},
    [TOP_CONTROL] = {.name = "control",
	.type = &type_unbuilt,
	.about = "The control socket."},
    [TOP_HTTP] = {.name = "http",
	.type = &type_unbuilt,
	.about = "Metrics, health and the status page."},
    [TOP_STATE_DIRECTORY] = {.name = "state-directory",
	.type = &type_unbuilt,
	.about = "Where content is kept over a restart."},
};

const struct schema_object object_top = {.name = "the configuration",
    .about = "The top level of a file.",
    ROWS(top_rows)};

/* ---- listen ---- */

static const struct schema_row listen_rows[] = {
    {.name = "address",
	.type = &type_address,
	.flags = ROW_REQUIRED,
	.values = "ADDRESS:PORT, \"[IPV6]:PORT\" or unix:PATH",
	.about = "Where to listen: a literal address, or the path of a local "
		 "socket. Port 0 lets the kernel choose."},
    {.name = "from",
	.type = &type_set,
	MEMBER(struct listen_settings, from),
	.use = SET_OF_PEERS,
	.about = "Who may connect at all. Without it, whoever can."},
    {.name = "tls",
	.type = &type_unbuilt,
	.about = "TLS with certificates on both sides."},
};

const struct schema_object object_listen = {
    .name = "listen", .about = "One listener.", ROWS(listen_rows)};

/* ---- limits ---- */

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
enum { KIB = 1024, MIB = 1024 * KIB };

static const struct schema_row limits_rows[] = {
    {.name = "connections",
	.type = &type_number,
	MEMBER(struct limits_settings, connections),
	.min = 1,
	.max = 1000000,
	.default_ = "50000",
	.about = "Connections at the same time; beyond, new ones wait to be "
		 "accepted."},
    {.name = "frame-size",
	.type = &type_size,
	MEMBER(struct limits_settings, frame_size),
	.min = 256,
	.max = 16 * MIB,
	.default_ = "64k",
	.about = "The largest frame. HAProxy may agree on a smaller one; it "
		 "never sends more than its own tune.bufsize allows."},
    {.name = "fragments",
	.type = &type_size,
	MEMBER(struct limits_settings, fragments),
	.min = 0,
	.max = 64 * MIB,
	.default_ = "256k",
	.about = "The largest message in fragments, all of them together; 0 "
		 "takes none."},
    {.name = "hello-timeout",
	.type = &type_duration,
	MEMBER(struct limits_settings, hello_timeout),
	.min = 10,
	.max = HOUR,
	.default_ = "2s",
	.about = "How long a new connection may take to say hello."},
    {.name = "frame-timeout",
	.type = &type_duration,
	MEMBER(struct limits_settings, frame_timeout),
	.min = 10,
	.max = HOUR,
	.default_ = "5s",
	.about = "How long a frame that has begun may take to arrive, and "
		 "answers to be taken."},
    {.name = "drain-timeout",
	.type = &type_duration,
	MEMBER(struct limits_settings, drain_timeout),
	.min = 0,
	.max = 24 * HOUR,
	.default_ = "10s",
	.about = "How long connections may go on after SIGTERM."},
    {.name = "pipelining",
	.type = &type_boolean,
	MEMBER(struct limits_settings, pipelining),
	.default_ = "true",
	.about = "Whether HAProxy is told that it may send frames before the "
		 "first is answered; without, it opens a connection for each."},
};

const struct schema_object object_limits = {.name = "limits",
    .about = "How much the agent takes on.",
    ROWS(limits_rows)};

/* ---- log ---- */

static const struct schema_word levels[] = {{"error", LOG_ERROR_},
    {"warning", LOG_WARNING_}, {"notice", LOG_NOTICE_}, {"info", LOG_INFO_},
    {"debug", LOG_DEBUG_}, {NULL, 0}};
static const struct schema_word log_formats[] = {
    {"logfmt", LOG_LOGFMT}, {"json", LOG_JSON}, {NULL, 0}};

static const struct schema_row log_rows[] = {
    {.name = "level",
	.type = &type_word,
	MEMBER(struct log_settings, level),
	.words = levels,
	.default_ = "info",
	.about = "The least important that is logged."},
    {.name = "format",
	.type = &type_word,
	MEMBER(struct log_settings, format),
	.words = log_formats,
	.default_ = "logfmt",
	.about = "One line an event either way."},
    {.name = "decisions",
	.type = &type_unbuilt,
	.about = "Which answers are logged."},
    {.name = "client-ip",
	.type = &type_unbuilt,
	.about = "How addresses of clients are shown."},
};

const struct schema_object object_log = {
    .name = "log", .about = "What is logged, and how.", ROWS(log_rows)};

/* ---- lists ---- */

#define UNBUILT(key, text)                                            \
	{                                                             \
		.name = (key), .type = &type_unbuilt, .about = (text) \
	}

static const struct schema_row list_rows[] = {
    [LIST_ROW_FILE] = {.name = "file",
	.type = &type_list_file,
	.values = "a path",
	.about = "A file with one prefix, address or range a line, comments "
		 "from # or ; on."},
    UNBUILT("preset", "Ranges of a CDN or cloud, as shipped."),
    UNBUILT("dynamic", "Fed by hand while running."),
    UNBUILT("url", "Fetched from the web."),
    UNBUILT("redis", "Shared through Redis or Valkey."),
    UNBUILT("crowdsec", "The decisions of a CrowdSec LAPI."),
    UNBUILT("format", "What a feed looks like."),
    UNBUILT("path", "Where in a feed the prefixes are."),
    UNBUILT("filter", "Which entries of a feed count."),
    UNBUILT("refresh", "How often a feed is fetched."),
    UNBUILT("key", "The name of the set in Redis."),
    UNBUILT("key-file", "A file with the key of a CrowdSec LAPI."),
    UNBUILT("export", "Where the list is handed on."),
    UNBUILT("guard", "Which changes of its content are refused."),
};

const struct schema_object object_list = {.name = "a list",
    .about = "A list has its prefixes in brackets, or it is a mapping that "
	     "says where they are.",
    ROWS(list_rows)};

/* ---- all of them ---- */

const struct schema_object *const schema_objects[] = {&object_top,
    &object_listen, &object_limits, &object_log, &object_list, &object_policy,
    &object_proxy, &object_source, &object_conflict, &object_ip, &object_rule,
    &object_forward};

const size_t schema_object_count =
    sizeof(schema_objects) / sizeof(*schema_objects);
