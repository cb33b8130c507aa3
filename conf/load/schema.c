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
	.type = &type_control,
	MEMBER(struct settings, control),
	.values = "a mapping",
	.about = "The control socket, for truesrcctl. Without it there is "
		 "none."},
    [TOP_HTTP] = {.name = "http",
	.type = &type_unbuilt,
	.about = "Metrics, health and the status page."},
    [TOP_STATE_DIRECTORY] = {.name = "state-directory",
	.type = &type_path,
	MEMBER(struct settings, state_directory),
	.values = "a path",
	.about = "A directory for what has to outlive a restart: the last good "
		 "content of list files, and the entries of dynamic lists. It "
		 "is made if it is missing. Without it nothing is kept, and "
		 "there can be no dynamic lists."},
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

/* ---- control ---- */

static const struct schema_row control_rows[] = {
    {.name = "socket",
	.type = &type_socket,
	MEMBER(struct socket_settings, path),
	.flags = ROW_REQUIRED,
	.values = "a path of at most 107 bytes",
	.about = "Where the socket is."},
    {.name = "mode",
	.type = &type_mode,
	MEMBER(struct socket_settings, mode),
	.values = "four octal digits in quotes, from \"0000\" to \"0777\"",
	.default_ = "0600",
	.about = "Who may use it, as chmod has it."},
};

const struct schema_object object_control = {
    .name = "control", .about = "The control socket.", ROWS(control_rows)};

/* ---- all of them ---- */

const struct schema_object *const schema_objects[] = {&object_top,
    &object_listen, &object_limits, &object_log, &object_control, &object_list,
    &object_guard, &object_policy, &object_proxy, &object_source,
    &object_conflict, &object_ip, &object_rule, &object_forward};

const size_t schema_object_count =
    sizeof(schema_objects) / sizeof(*schema_objects);
