/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/lists/reader.h"

#include <stdarg.h>
#include <stdio.h>

/* Lists may hold any byte; messages do not. */
static void
show(struct view text, char shown[FINDING_TEXT + 4])
{
	size_t length = text.length < FINDING_TEXT ? text.length : FINDING_TEXT;

	for (size_t i = 0; i < length; i++)
		shown[i] = text.data[i] >= ' ' && text.data[i] <= '~'
			       ? text.data[i]
			       : '?';
	strcpy(shown + length, length < text.length ? "…" : "");
}

/* Counts it; the first few have a place of their own, the others NULL. */
static struct finding *
find(struct reader *reader, struct findings *findings, struct view text,
    size_t column)
{
	struct finding *finding;

	if (findings->count == LIST_REPORTS_MAX) {
		findings->next_line = reader->line;
		findings->next_column = column;
	}
	if (findings->count++ >= LIST_REPORTS_MAX)
		return NULL;
	finding = &findings->shown[findings->count - 1];
	finding->line = reader->line;
	finding->column = column;
	show(text, finding->text);
	return finding;
}

void
reader_give_up(struct reader *reader, size_t line, const char *format, ...)
{
	struct place place = {reader->file, (unsigned)line, 1};
	va_list arguments;
	char text[256];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	report_error(reader->report, place, "%s", text);
	reader->given_up = true;
}

void
reader_refuse(struct reader *reader, struct view text, size_t column,
    enum prefix_status status, const char *why)
{
	struct finding *finding = find(reader, &reader->bad, text, column);

	reader->entries++;
	if (finding == NULL)
		return;
	finding->status = status;
	finding->why = why;
}

static void
read_range(
    struct reader *reader, struct view text, struct view shown, size_t column)
{
	struct prefix prefixes[RANGE_PREFIXES_MAX];
	struct range range;
	enum prefix_status status = range_parse(text, &range);
	unsigned count;

	if (status != PREFIX_OK) {
		reader_refuse(reader, shown, column, status, NULL);
		return;
	}
	reader->entries++;
	count = range_split(&range, prefixes);
	for (unsigned i = 0; i < count; i++)
		prefixes_add(&reader->builder, &prefixes[i]);
}

static void
add_masked(struct reader *reader, struct view shown, size_t column,
    const struct prefix *prefix)
{
	struct finding *finding = find(reader, &reader->masked, shown, column);

	if (finding != NULL)
		finding->masked = *prefix;
	reader_add(reader, prefix);
}

void
reader_entry(
    struct reader *reader, struct view text, struct view shown, size_t column)
{
	struct prefix prefix;
	enum prefix_status status = prefix_parse(text, &prefix);

	if (status == PREFIX_OK)
		reader_add(reader, &prefix);
	else if (status == PREFIX_HOST_BITS && !reader->list->used_as_trust)
		add_masked(reader, shown, column, &prefix);
	else if (status == PREFIX_NO_ADDRESS &&
		 memchr(text.data, '-', text.length) != NULL)
		read_range(reader, text, shown, column);
	else
		reader_refuse(reader, shown, column, status, NULL);
}
