/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/lists/reader.h"

/*
 * Rows of fields with commas between (RFC 4180). A field that begins with a
 * quote may hold commas, newlines and, doubled, quotes. Rows that begin with #
 * are comments, as in RFC 8805. Prefixes need no quotes inside: one that has
 * some is none.
 */

/* Behind the quote that closes; NULL when none does. */
static const char *
quoted_end(const char *at, const char *end)
{
	for (;;) {
		at = memchr(at, '"', (size_t)(end - at));
		if (at == NULL)
			return NULL;
		if (++at == end || *at != '"')
			return at;
		at++;
	}
}

/* The comma or newline behind a field, or the end; NULL: a quote is open. */
static const char *
field_end(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	if (at < end && *at == '"')
		at = quoted_end(at + 1, end);
	while (at != NULL && at < end && *at != ',' && *at != '\n')
		at++;
	return at;
}

/* The newline behind a row, or NULL when it is not complete. */
static const char *
row_end(const char *at, const char *end)
{
	const char *first = at;

	while (first < end && is_blank(*first))
		first++;
	if (first < end && *first == '#')
		return memchr(at, '\n', (size_t)(end - at));
	for (;;) {
		at = field_end(at, end);
		if (at == NULL || at == end)
			return NULL;
		if (*at == '\n')
			return at;
		at++;
	}
}

/* The field of that column, as written; NULL, or why there is none. */
static const char *
find_field(struct view row, unsigned column, struct view *text)
{
	const char *end = row.data + row.length;
	const char *at = row.data;
	const char *behind = field_end(at, end);

	for (; column > 1 && behind != NULL && behind < end; column--) {
		at = behind + 1;
		behind = field_end(at, end);
	}
	if (behind == NULL)
		return "a quote is not closed";
	*text = (struct view){at, (size_t)(behind - at)};
	return column == 1 ? NULL : "the row has no such column";
}

static struct view
without_quotes(struct view text)
{
	text = view_trim(text);
	if (text.length >= 2 && text.data[0] == '"' &&
	    text.data[text.length - 1] == '"')
		text = view_trim((struct view){text.data + 1, text.length - 2});
	return text;
}

/* Words, not an address gone wrong: "network", "ip_range". */
static bool
is_heading(struct view text)
{
	for (size_t i = 0; i < text.length; i++)
		if (strchr("0123456789.:/", text.data[i]) != NULL)
			return false;
	return text.length > 0;
}

static void
read_row(struct reader *reader, struct view row)
{
	struct view start = view_trim(row);
	bool first = !reader->begun;
	const char *problem;
	struct view text;

	if (start.length == 0 || start.data[0] == '#')
		return;
	reader->begun = true;
	problem = find_field(row, reader->list->column, &text);
	if (problem != NULL) {
		reader_refuse(reader, start, 1, PREFIX_NO_ADDRESS, problem);
		return;
	}
	text = without_quotes(text);
	if (!first || !is_heading(text))
		reader_entry(
		    reader, text, text, (size_t)(text.data - row.data) + 1);
}

static size_t
count_newlines(const char *at, const char *end)
{
	size_t count = 0;

	for (; at < end; at++)
		count += *at == '\n';
	return count;
}

void
csv_read(struct reader *reader, struct view text)
{
	const char *end = text.data + text.length;
	const char *at = text.data;

	while (at < end && !reader->given_up) {
		const char *newline = row_end(at, end);
		const char *last = newline == NULL ? end : newline;
		struct view row = {at, (size_t)(last - at)};

		reader->line++;
		if (row.length > 0 && row.data[row.length - 1] == '\r')
			row.length--;
		read_row(reader, row);
		reader->line += count_newlines(at, last);
		at = last + 1;
	}
}

size_t
csv_cut(struct view text)
{
	const char *end = text.data + text.length;
	const char *at = text.data;

	for (;;) {
		const char *newline = row_end(at, end);

		if (newline == NULL)
			return (size_t)(at - text.data);
		at = newline + 1;
	}
}
