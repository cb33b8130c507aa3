/* SPDX-License-Identifier: Apache-2.0 */

/* The first byte chooses the format, the others are the line. */

#include <stdint.h>
#include <stdlib.h>

#include "proto/text/forwarded.h"
#include "proto/text/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Above this the slow search would make the fuzzer slow, too. */
enum { SLOW_SEARCH_MAX = 512 };

static const char appended[] = ", x=\"a, b\";for=192.0.2.1";

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static bool
view_within(struct view text, const char *begin, const char *end)
{
	return text.data >= begin && text.data + text.length <= end;
}

static void
check_text(const struct line_cursor *cursor, struct view line, struct view text)
{
	struct entry_text entry;

	require(text.length > 0);
	if (cursor->format != LINE_FORWARDED) {
		require(view_within(text, line.data, line.data + line.length));
		require(view_equal(text, view_trim(text)));
		require(cursor->format != LINE_LIST ||
			memchr(text.data, ',', text.length) == NULL);
	} else {
		require(text.length <= ENTRY_TEXT_MAX);
		require(view_within(text, line.data, line.data + line.length) ||
			view_within(text, cursor->node,
			    cursor->node + sizeof(cursor->node)));
	}
	entry_parse(text, &entry);
	entry_parse_addr_port(text, &entry);
}

static void
check_line(struct view line, enum line_format format)
{
	struct line_cursor cursor;
	size_t count = 0;
	struct view text;
	enum entry_kind kind;

	line_begin(&cursor, line, format);
	while ((kind = line_previous(&cursor, &text)) != ENTRY_END) {
		require(++count <= line.length + 1);
		require(kind != ENTRY_INVALID || format == LINE_FORWARDED);
		if (kind == ENTRY_TEXT)
			check_text(&cursor, line, text);
	}
	require(count > 0);
	require(line_previous(&cursor, &text) == ENTRY_END);
}

/* The shortest valid element behind a comma, one trial after the other. */
static const char *
search_slowly(struct view line)
{
	size_t commas = 0;

	for (size_t i = line.length + 1; i-- > 0;) {
		struct view text = {line.data + i, line.length - i};

		if (i > 0 && line.data[i - 1] != ',')
			continue;
		if (forwarded_element_parse(text, NULL))
			return text.data;
		if (++commas > FORWARDED_COMMAS_MAX)
			break;
	}
	return NULL;
}

static void
check_search(struct view line)
{
	const char *expected = search_slowly(line);
	struct forwarded_element element;
	struct view found;

	if (!forwarded_last(line, &found)) {
		require(expected == NULL);
		return;
	}
	require(found.data + found.length == line.data + line.length);
	if (forwarded_element_parse(found, &element))
		require(found.data == expected);
	else
		require(expected == NULL);
}

/* The same entries, whatever is appended, and that one first. */
static void
check_appended(struct view line)
{
	size_t length = line.length + sizeof(appended) - 1;
	char *longer = malloc(length);
	struct line_cursor a, b;
	struct view a_text, b_text;
	enum entry_kind kind;

	if (longer == NULL)
		return;
	memcpy(longer, line.data, line.length);
	memcpy(longer + line.length, appended, sizeof(appended) - 1);
	line_begin(&a, line, LINE_FORWARDED);
	line_begin(&b, (struct view){longer, length}, LINE_FORWARDED);
	require(line_previous(&b, &b_text) == ENTRY_TEXT);
	require(view_equal(b_text, VIEW("192.0.2.1")));
	do {
		kind = line_previous(&a, &a_text);
		require(line_previous(&b, &b_text) == kind);
		require(kind != ENTRY_TEXT || view_equal(a_text, b_text));
	} while (kind != ENTRY_END);
	free(longer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum line_format formats[] = {
	    LINE_FORWARDED, LINE_LIST, LINE_SINGLE, LINE_ADDR_PORT};
	enum line_format format;
	struct view line;

	if (size == 0)
		return 0;
	format = formats[data[0] % 4];
	line = (struct view){(const char *)data + 1, size - 1};
	check_line(line, format);
	if (format != LINE_FORWARDED)
		return 0;
	check_appended(line);
	if (line.length <= SLOW_SEARCH_MAX)
		check_search(line);
	return 0;
}
