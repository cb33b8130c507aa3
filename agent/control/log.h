/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONTROL_LOG_H
#define AGENT_CONTROL_LOG_H

/*
 * One line an event, logfmt or JSON, with UTC time, level and thread. Whatever
 * the values hold, a line stays a line and says no more than it was given. A
 * line is one write; one that would have to wait is dropped and counted, so
 * that a stuck reader of the log never holds up an answer.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "conf/load/settings.h"
#include "proto/text/view.h"

enum { LOG_LINE_SIZE = 4096 }; /* of the longest line; PIPE_BUF */

struct log_kept;

struct log {
	pthread_mutex_t mutex; /* keeps lines whole among our threads */
	struct log_kept *kept; /* the last lines, or NULL */
	int descriptor;
	_Atomic unsigned level;  /* enum log_level: the last one shown */
	_Atomic unsigned format; /* enum log_format */
	_Atomic uint64_t dropped;
};

/* Who writes: each thread has its own. */
struct logger {
	struct log *log;
	char thread[24];
};

struct log_field {
	const char *key; /* NULL: not there */
	struct view text;
	int64_t number;
	bool is_number;
};

void log_init(struct log *log, int descriptor);
void log_fini(struct log *log);

/* Any thread, any time. */
void log_configure(
    struct log *log, enum log_level level, enum log_format format);
uint64_t log_dropped(const struct log *log);

/* The name is cut to what fits. */
void logger_init(struct logger *logger, struct log *log, const char *thread);
bool log_shows(const struct logger *logger, enum log_level level);

/*
 * Writes one event with its fields, the last behind them without key. A value
 * that does not fit is cut, and the line says truncated=true.
 */
void log_write(const struct logger *logger, enum log_level level,
    const char *event, const struct log_field *fields);

/* log_event(logger, level, event, field, field …), one field at least. */
#define log_event(logger, level, event, ...) \
	log_write(logger, level, event,      \
	    (const struct log_field[]){__VA_ARGS__, log_end()})

static inline struct log_field
log_end(void)
{
	return (struct log_field){0};
}

static inline struct log_field
log_view(const char *key, struct view text)
{
	return (struct log_field){.key = key, .text = text};
}

static inline struct log_field
log_text(const char *key, const char *text)
{
	return log_view(key, view_of(text));
}

static inline struct log_field
log_number(const char *key, int64_t number)
{
	return (struct log_field){
	    .key = key, .number = number, .is_number = true};
}

/* ---- the last lines, for those who come later ---- */

enum {
	LOG_KEPT_LINES = 256,
	LOG_KEPT_SIZE = 512, /* of a line; longer ones are cut */
};

/* Keeps the last lines from now on. False when memory ran out. */
bool log_keep(struct log *log);

/*
 * The first line kept from that number on, 0 being the oldest, that is at
 * least as grave; *number is then that of the one behind it. False: none.
 */
bool log_kept_next(struct log *log, uint64_t *number, enum log_level level,
    char text[LOG_KEPT_SIZE]);

/* ---- what happens often is said once in a while ---- */

struct log_limit {
	uint64_t interval; /* between two lines; all of the caller's clock */
	uint64_t next;
	uint64_t held; /* events that were not shown since */
};

/*
 * May an event be shown at this time? If so *held tells how many were not
 * since the last one that was.
 */
bool log_limit_pass(struct log_limit *limit, uint64_t now, uint64_t *held);

#endif
