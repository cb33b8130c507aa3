/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONSOLE_OUTPUT_H
#define AGENT_CONSOLE_OUTPUT_H

/*
 * Text on its way out. It grows as it must; where memory runs out it is
 * starved, once and for all, and says no more.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output {
	char *data;
	size_t at;     /* what is before has gone */
	size_t length; /* of all that is there */
	size_t room;
	bool starved;
};

void output_fini(struct output *output);

static inline size_t
output_left(const struct output *output)
{
	return output->length - output->at;
}

void output_add(struct output *output, const char *text, size_t length);
void output_text(struct output *output, const char *text);
void output_print(struct output *output, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Takes the value, NULL for memory that ran out, and writes it without a line
 * end in it or behind it.
 */
void output_json(struct output *output, json_t *take);

/* So many bytes have gone. */
void output_advance(struct output *output, size_t count);

/* ---- tables for people ---- */

enum { TABLE_COLUMNS = 8 };

/* Begins with zeros. Columns only grow wider from one part to the next. */
struct table {
	size_t widths[TABLE_COLUMNS];
};

/*
 * Aligns what was written from there on: lines of cells with tabs between,
 * TABLE_COLUMNS at most.
 */
void table_align(struct table *table, struct output *output, size_t from);

/* ---- values for people and programs ---- */

enum { TIME_TEXT_SIZE = 32 };

/* "2026-11-20T21:00:00Z"; of milliseconds since 1970. */
const char *format_time(int64_t time, char text[TIME_TEXT_SIZE]);

/* "12s", "3m20s", "5h4m", "2d3h"; of milliseconds. */
const char *format_age(uint64_t age, char text[TIME_TEXT_SIZE]);

/* Leaves one line of UTF-8: what else there is becomes "?". Gives the text. */
char *text_clean(char *text);

/* A JSON string of any text; of an empty one null. */
json_t *json_or_null(const char *text);

#endif
