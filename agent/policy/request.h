/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_POLICY_REQUEST_H
#define AGENT_POLICY_REQUEST_H

/*
 * What is known of one request: the arguments of a message, put in their
 * places. A request is scratch space: one a worker, made for one generation's
 * names, filled and reset for each message, never allocating in between. Views
 * point into the frame.
 */

#include "agent/policy/names.h"
#include "proto/text/address.h"

enum sample_kind {
	SAMPLE_ABSENT, /* not sent, or NULL */
	SAMPLE_TEXT,
	SAMPLE_BINARY,
	SAMPLE_ADDRESS,
	SAMPLE_INTEGER,
	SAMPLE_BOOLEAN,
};

struct sample {
	enum sample_kind kind;
	struct view text;       /* TEXT, BINARY */
	struct address address; /* ADDRESS */
	int64_t integer;        /* INTEGER; BOOLEAN: 0 or 1 */
};

/* Lines of one header field that were sent. */
struct field_input {
	uint64_t stamp; /* the request that wrote here; else nothing was sent */
	int64_t count;  /* h.NAME.count, -1 when not sent */
	uint16_t mask;  /* bit k: the line k before the last was sent */
	uint16_t named; /* bit k: an argument named it, NULL or not */
	bool counted;   /* a count argument was seen, NULL or not */
	uint32_t appended; /* headers: how many lines */
	uint32_t last;     /* headers: newest line, an index + 1 */
	uint32_t first;    /* headers: oldest line, an index + 1 */
	struct view lines[LINES_BY_NAME_MAX]; /* by distance from the last */
};

struct appended_line {
	struct view value;
	uint32_t previous; /* the line before it, an index + 1; 0 for none */
};

struct argument_input {
	uint64_t stamp;
	struct sample sample;
};

enum { ARGUMENTS_MAX = 255 }; /* of one message, SPOE.txt section 3.2.6 */

enum request_error {
	REQUEST_GOOD,
	REQUEST_BAD_ARGUMENT, /* wrong type, a name twice, truncated headers */
};

/*
 * HAProxy sends the same names in the same order with every message: what was
 * found for the n-th name is tried first for the next n-th one.
 */
enum { REMEMBERED_NAMES = 32, REMEMBERED_LENGTH = 39 };

struct remembered_name {
	struct slot slot;
	uint8_t length;
	char text[REMEMBERED_LENGTH];
};

struct request {
	const struct names *names;
	uint64_t stamp;
	enum request_error error;
	uint32_t seen;  /* bit per enum slot_kind, for the names that are one */
	bool unix_peer; /* peer is "unix" */
	struct address peer; /* as sent; ADDRESS_NONE when absent */
	struct address src;
	bool proxied;
	bool headers_sent;
	struct view policy;                     /* length 0: not sent */
	struct view scheme, host, path, prefix; /* data NULL: not sent */
	struct view port;
	char port_text[24];
	unsigned unknown;                  /* arguments that no policy reads */
	struct view unknown_name;          /* the last of them */
	struct view unread[ARGUMENTS_MAX]; /* names that are in no place */
	unsigned unread_count;
	unsigned position; /* of the next argument */
	struct remembered_name remembered[REMEMBERED_NAMES];

	struct field_input *fields;       /* one a field of names */
	struct argument_input *arguments; /* one an argument of names */
	struct appended_line *appended;
	uint32_t appended_count;
	uint32_t appended_max;
	char peer_text[ADDRESS_TEXT_SIZE]; /* for fwd_for and fwd_real_ip */
	char *text; /* for what must be put together: fwd_for */
	size_t text_size;
};

/*
 * Room for requests of at most payload_max bytes under these names, which
 * must outlive the request. NULL when memory ran out.
 */
struct request *request_new(const struct names *names, size_t payload_max);
void request_free(struct request *request);

/* Forgets what the last message said; constant time. */
void request_reset(struct request *request);

/*
 * Puts one argument of a message into its place. Never fails: what is wrong is
 * remembered in request->error. The sample's views must live until the
 * request has been answered.
 */
void request_add(
    struct request *request, struct view name, const struct sample *sample);

/*
 * Adds one header line, in order of arrival, to a request whose headers are
 * known completely. request_add() does this for "headers"; call it alone only
 * after request_headers_begin().
 */
void request_headers_begin(struct request *request);
void request_add_line(
    struct request *request, struct view field, struct view value);

/* ---- reading the lines of a field, from the last to the first ---- */

struct field_lines {
	const struct request *request;
	const struct field_input *input; /* NULL: nothing was sent */
	uint32_t next; /* headers: index + 1; else distance of the next line */
	bool
	    missing; /* lines to the left were not sent, or may not have been */
	bool more;   /* a count says that lines are left that were not sent */
};

void field_lines_begin(
    struct field_lines *lines, const struct request *request, int field);

/*
 * The next line to the left, blanks cut. False when there is none that was
 * sent; then lines->missing and lines->more tell why.
 */
bool field_lines_previous(struct field_lines *lines, struct view *line);

/* Is there any sign of the field: a line, or a count above 0? */
bool field_present(const struct request *request, int field);

/* Lines of the field: known is exact, else it is the least there can be. */
uint64_t field_line_count(
    const struct request *request, int field, bool *known);

/* The oldest line, if it is known. */
bool field_first_line(
    const struct request *request, int field, struct view *line);

/* The argument's sample; kind SAMPLE_ABSENT when not sent. */
const struct sample *request_argument(
    const struct request *request, int argument);

#endif
