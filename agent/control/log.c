/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/log.h"
#include "agent/control/log_kept.h"
#include "agent/ensure.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/*
 * A line under construction. Text beyond left is not written; full remembers
 * that. left leaves out what every line needs at its end: a closing quote,
 * " truncated=true" or its JSON, a brace, and the newline.
 */
struct line {
	char *at;
	size_t left;
	bool full;
	bool json;
	bool first;
};

enum {
	LINE_RESERVE = 32,
	ESCAPE_MAX = 6,
	VALUE_MIN = 32, /* room that a value gets, or its key is left out */
};

static const char *const level_texts[] = {
    [LOG_ERROR_] = "error",
    [LOG_WARNING_] = "warning",
    [LOG_NOTICE_] = "notice",
    [LOG_INFO_] = "info",
    [LOG_DEBUG_] = "debug",
};

/* All or nothing. */
static void
line_add(struct line *line, const char *text, size_t length)
{
	if (line->full || length > line->left) {
		line->full = true;
		return;
	}
	memcpy(line->at, text, length);
	line->at += length;
	line->left -= length;
}

static void
line_add_text(struct line *line, const char *text)
{
	line_add(line, text, strlen(text));
}

/* ---- values ---- */

/*
 * The length of the UTF-8 sequence at text that may stand as it is: printable,
 * well-formed, no control of C1. 0: this byte is to be escaped.
 */
static size_t
plain_length(const unsigned char *text, size_t length)
{
	if (text[0] < 0x80)
		return text[0] >= 0x20 && text[0] != 0x7f;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	size_t size = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	if (length < size)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* C1, overlong forms, surrogates, above U+10FFFF. */
	if ((text[0] == 0xc2 && text[1] < 0xa0) ||
	    (text[0] == 0xe0 && text[1] < 0xa0) ||
	    (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) ||
	    (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return size;
}

static void
line_add_escaped(struct line *line, unsigned char byte)
{
	static const char shorts[] = "\"\"\\\\\nn\rr\tt";
	char escape[ESCAPE_MAX + 1];

	for (size_t i = 0; i + 1 < sizeof(shorts); i += 2)
		if ((unsigned char)shorts[i] == byte) {
			line_add(line, (char[]){'\\', shorts[i + 1]}, 2);
			return;
		}
	snprintf(escape, sizeof(escape), "\\u%04x", byte);
	line_add(line, escape, ESCAPE_MAX);
}

static void
line_add_quoted(struct line *line, struct view text)
{
	const unsigned char *at = (const unsigned char *)text.data;
	const unsigned char *end = at + text.length;

	line_add(line, "\"", 1);
	bool open = !line->full;
	while (at < end && !line->full) {
		size_t plain = plain_length(at, (size_t)(end - at));
		if (plain == 0 || *at == '"' || *at == '\\') {
			line_add_escaped(line, *at++);
			continue;
		}
		line_add(line, (const char *)at, plain);
		at += plain;
	}
	if (open)
		*line->at++ = '"'; /* of the reserve, when full */
}

/* Does logfmt need quotes here? */
static bool
needs_quotes(struct view text)
{
	if (text.length == 0)
		return true;
	for (size_t i = 0; i < text.length; i++) {
		unsigned char byte = (unsigned char)text.data[i];
		if (byte <= ' ' || byte >= 0x7f || byte == '"' || byte == '=' ||
		    byte == '\\')
			return true;
	}
	return false;
}

static void
line_add_value(struct line *line, const struct log_field *field)
{
	char number[24];

	if (field->is_number) {
		snprintf(number, sizeof(number), "%" PRId64, field->number);
		line_add_text(line, number);
	} else if (line->json || needs_quotes(field->text) ||
		   field->text.length > line->left) {
		line_add_quoted(line, field->text);
	} else {
		line_add(line, field->text.data, field->text.length);
	}
}

static void
line_add_field(struct line *line, const struct log_field *field)
{
	struct line before = *line;

	if (!line->first)
		line_add(line, line->json ? "," : " ", 1);
	line->first = false;
	if (line->json)
		line_add(line, "\"", 1);
	line_add_text(line, field->key);
	line_add_text(line, line->json ? "\":" : "=");
	if (line->full || line->left < VALUE_MIN) {
		*line = before;
		line->full = true;
		return;
	}
	line_add_value(line, field);
}

/* ---- lines ---- */

static void
format_time(char *text, size_t size)
{
	struct timespec now;
	struct tm utc;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	size_t length = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(
	    text + length, size - length, ".%03ldZ", now.tv_nsec / 1000000);
}

static void
line_start(struct line *line, char *text, const struct logger *logger,
    enum log_level level, const char *event)
{
	char now[40];

	line->json = atomic_load_explicit(&logger->log->format,
			 memory_order_relaxed) == LOG_JSON;
	line->first = true;
	line->full = false;
	line->at = text;
	line->left = LOG_LINE_SIZE - LINE_RESERVE;
	format_time(now, sizeof(now));
	if (line->json)
		line_add(line, "{", 1);
	const struct log_field fields[] = {
	    log_text("time", now),
	    log_text("level", level_texts[level]),
	    log_text("thread", logger->thread),
	    log_text("event", event),
	};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		line_add_field(line, &fields[i]);
}

static void
line_finish(struct line *line)
{
	bool truncated = line->full;

	line->full = false;
	line->left += LINE_RESERVE - 1; /* one went for a quote, perhaps */
	if (truncated)
		line_add_text(line,
		    line->json ? ",\"truncated\":true" : " truncated=true");
	line_add_text(line, line->json ? "}\n" : "\n");
	ensure(!line->full);
}

/*
 * A socket or a pipe that is full must not hold the thread up. A pipe that
 * poll() calls writable takes PIPE_BUF bytes, and so a whole line.
 */
static bool
write_line(int descriptor, const char *text, size_t length)
{
	ssize_t written =
	    send(descriptor, text, length, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (written < 0 && errno == ENOTSOCK) {
		struct pollfd ready = {.fd = descriptor, .events = POLLOUT};
		if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
			return false;
		written = write(descriptor, text, length);
	}
	return written == (ssize_t)length;
}

void
log_write(const struct logger *logger, enum log_level level, const char *event,
    const struct log_field *fields)
{
	struct log *log = logger->log;
	struct line line;
	char text[LOG_LINE_SIZE];

	if (!log_shows(logger, level))
		return;
	line_start(&line, text, logger, level, event);
	for (; fields->key != NULL && !line.full; fields++)
		line_add_field(&line, fields);
	line_finish(&line);
	pthread_mutex_lock(&log->mutex);
	bool written =
	    write_line(log->descriptor, text, (size_t)(line.at - text));
	if (log->kept != NULL)
		log_kept_add(log->kept, level, text, (size_t)(line.at - text));
	pthread_mutex_unlock(&log->mutex);
	if (!written)
		atomic_fetch_add_explicit(
		    &log->dropped, 1, memory_order_relaxed);
}

/* ---- the log ---- */

void
log_init(struct log *log, int descriptor)
{
	log->mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	log->descriptor = descriptor;
	log->kept = NULL;
	atomic_init(&log->level, LOG_INFO_);
	atomic_init(&log->format, LOG_LOGFMT);
	atomic_init(&log->dropped, 0);
}

void
log_fini(struct log *log)
{
	pthread_mutex_destroy(&log->mutex);
	free(log->kept);
}

void
log_configure(struct log *log, enum log_level level, enum log_format format)
{
	atomic_store_explicit(&log->level, level, memory_order_relaxed);
	atomic_store_explicit(&log->format, format, memory_order_relaxed);
}

uint64_t
log_dropped(const struct log *log)
{
	return atomic_load_explicit(&log->dropped, memory_order_relaxed);
}

void
logger_init(struct logger *logger, struct log *log, const char *thread)
{
	logger->log = log;
	snprintf(logger->thread, sizeof(logger->thread), "%s", thread);
}

bool
log_shows(const struct logger *logger, enum log_level level)
{
	return level <=
	       atomic_load_explicit(&logger->log->level, memory_order_relaxed);
}

bool
log_limit_pass(struct log_limit *limit, uint64_t now, uint64_t *held)
{
	if (now < limit->next) {
		limit->held++;
		return false;
	}
	*held = limit->held;
	limit->held = 0;
	limit->next = now + limit->interval;
	return true;
}
