/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/console/output.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/ensure.h"
#include "conf/load/utf8.h"

enum { ROOM_MIN = 512, GAP = 2 /* blanks between columns */ };

void
output_fini(struct output *output)
{
	free(output->data);
	*output = (struct output){.starved = output->starved};
}

static bool
make_room(struct output *output, size_t more)
{
	size_t room = output->room < ROOM_MIN ? ROOM_MIN : output->room;
	char *data;

	if (output->starved)
		return false;
	if (output->room - output->length >= more)
		return true;
	while (room - output->length < more)
		room *= 2;
	data = realloc(output->data, room);
	if (data == NULL) {
		output->starved = true;
		return false;
	}
	output->data = data;
	output->room = room;
	return true;
}

void
output_add(struct output *output, const char *text, size_t length)
{
	if (length == 0 || !make_room(output, length))
		return;
	memcpy(output->data + output->length, text, length);
	output->length += length;
}

void
output_text(struct output *output, const char *text)
{
	output_add(output, text, strlen(text));
}

void
output_print(struct output *output, const char *format, ...)
{
	va_list arguments, again;

	va_start(arguments, format);
	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, arguments);
	ensure(length >= 0);
	if (make_room(output, (size_t)length + 1)) {
		vsnprintf(output->data + output->length, (size_t)length + 1,
		    format, again);
		output->length += (size_t)length;
	}
	va_end(again);
	va_end(arguments);
}

void
output_json(struct output *output, json_t *take)
{
	char *text = take != NULL
			 ? json_dumps(take, JSON_COMPACT | JSON_ENCODE_ANY)
			 : NULL;

	json_decref(take);
	if (text == NULL) {
		output->starved = true;
		return;
	}
	output_text(output, text);
	free(text);
}

void
output_advance(struct output *output, size_t count)
{
	ensure(count <= output_left(output));
	output->at += count;
	if (output->at == output->length)
		output_fini(output);
}

/* ---- tables ---- */

/* Characters, not bytes. */
static size_t
width_of(const char *text, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++)
		width += (text[i] & 0xc0) != 0x80;
	return width;
}

static size_t
cell_length(const char *at, const char *end)
{
	size_t length = 0;

	while (at + length < end && at[length] != '\t' && at[length] != '\n')
		length++;
	return length;
}

static void
measure(struct table *table, const char *at, const char *end)
{
	unsigned column = 0;

	while (at < end) {
		size_t length = cell_length(at, end);
		size_t width = width_of(at, length);

		ensure(column < TABLE_COLUMNS);
		if (width > table->widths[column])
			table->widths[column] = width;
		at += length;
		column = at < end && *at == '\t' ? column + 1 : 0;
		at++;
	}
}

/* Blanks are owed until a cell follows: none stand at the end of a line. */
static void
write_aligned(const struct table *table, struct output *output, const char *at,
    const char *end)
{
	unsigned column = 0;
	size_t owed = 0;

	while (at < end) {
		size_t length = cell_length(at, end);

		if (length > 0) {
			output_print(output, "%*s", (int)owed, "");
			output_add(output, at, length);
			owed = 0;
		}
		owed += table->widths[column] - width_of(at, length) + GAP;
		at += length;
		if (at < end && *at == '\t') {
			column++;
		} else {
			output_text(output, "\n");
			column = 0;
			owed = 0;
		}
		at++;
	}
}

void
table_align(struct table *table, struct output *output, size_t from)
{
	struct output aligned = {0};
	const char *end = output->data + output->length;

	if (output->starved || output->length == from)
		return;
	measure(table, output->data + from, end);
	write_aligned(table, &aligned, output->data + from, end);
	output->length = from;
	output->starved = aligned.starved;
	output_add(output, aligned.data, aligned.length);
	output_fini(&aligned);
}

/* ---- values ---- */

const char *
format_time(int64_t time, char text[TIME_TEXT_SIZE])
{
	time_t seconds = time / 1000;
	struct tm utc;

	if (gmtime_r(&seconds, &utc) == NULL ||
	    strftime(text, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
		text[0] = '\0';
	return text;
}

const char *
format_age(uint64_t age, char text[TIME_TEXT_SIZE])
{
	static const struct {
		uint64_t seconds;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	uint64_t seconds = age / 1000;
	unsigned unit = 0;

	while (unit < 3 && seconds < units[unit].seconds)
		unit++;
	int length = snprintf(text, TIME_TEXT_SIZE, "%" PRIu64 "%c",
	    seconds / units[unit].seconds, units[unit].unit);
	uint64_t rest = seconds % units[unit].seconds;
	if (unit < 3 && rest / units[unit + 1].seconds > 0)
		snprintf(text + length, TIME_TEXT_SIZE - (size_t)length,
		    "%" PRIu64 "%c", rest / units[unit + 1].seconds,
		    units[unit + 1].unit);
	return text;
}

char *
text_clean(char *text)
{
	if (utf8_one_line(text, strlen(text)))
		return text;
	for (char *at = text; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	return text;
}

json_t *
json_or_null(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}
