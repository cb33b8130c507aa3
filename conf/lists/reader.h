/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LISTS_READER_H
#define CONF_LISTS_READER_H

/*
 * What the readers of all formats share: entries go in, with their places;
 * prefixes and a tally of what was wrong come out. Private to conf/lists.
 */

#include "conf/lists/read.h"

enum { FINDING_TEXT = 60 };

/* Something to be told of, once the share of bad entries is known. */
struct finding {
	size_t line; /* from 1; 0: not known */
	size_t column;
	enum prefix_status status;
	const char *why; /* instead of the status' words; or NULL */
	struct prefix masked;
	char text[FINDING_TEXT + 4];
};

/* The first few of a kind, and how many there are. */
struct findings {
	struct finding shown[LIST_REPORTS_MAX];
	size_t count;
	size_t next_line; /* the first that is not shown */
	size_t next_column;
};

struct reader {
	const struct list_settings *list;
	const char *file;
	struct report *report;
	struct prefixes_builder builder;
	size_t line;    /* the one that is read */
	size_t entries; /* looked at so far */
	struct findings bad;
	struct findings masked;
	bool begun;     /* CSV: a row was read, be it a heading */
	size_t objects; /* NDJSON: looked at so far */
	bool given_up;  /* an error was told: it cannot be used at all */
};

/* Ends it: this was wrong with the whole. */
void reader_give_up(struct reader *reader, size_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* An entry that is none, for a reason; NULL: by its status. */
void reader_refuse(struct reader *reader, struct view text, size_t column,
    enum prefix_status status, const char *why);

/*
 * A prefix, an address or a range, whatever it may be; shown is the text around
 * it, should it be none.
 */
void reader_entry(
    struct reader *reader, struct view text, struct view shown, size_t column);

/* One that is known to be good. */
static inline void
reader_add(struct reader *reader, const struct prefix *prefix)
{
	reader->entries++;
	prefixes_add(&reader->builder, prefix);
}

/* ---- the formats ---- */

/*
 * A text whose lines are complete, except that at its end the last one may
 * lack its newline.
 */
void lines_read(struct reader *reader, struct view text);

void csv_read(struct reader *reader, struct view text);
void ndjson_read(struct reader *reader, struct view text);

/* The whole of a document. */
void json_read(struct reader *reader, struct view text);

/* How much of a text is complete rows. */
size_t csv_cut(struct view text);

/*
 * Reads lines that hold a plain prefix or address and nothing else, from at to
 * the newline that last points to; gives the begin of the first that is any
 * different, or what is behind last.
 */
const char *fast_lines(struct reader *reader, const char *at, const char *last);

#endif
