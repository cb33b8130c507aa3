/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/lists/reader.h"

/*
 * One entry a line. Of a line of several words the first one counts, as in
 * HAProxy's maps, unless the others could change what it means: "a - b" is a
 * range, and what looks like a length or a netmask apart is refused.
 */

static bool
is_netmask(struct view word)
{
	struct address address;

	return word.length > 4 && memcmp(word.data, "255.", 4) == 0 &&
	       address_parse(word, &address);
}

static struct view
first_word(struct view text)
{
	struct view word = {text.data, 0};

	while (word.length < text.length && !is_blank(text.data[word.length]))
		word.length++;
	return word;
}

static void
read_words(struct reader *reader, struct view text, size_t column)
{
	struct view word = first_word(text);
	struct view rest = view_trim(
	    (struct view){text.data + word.length, text.length - word.length});

	if (rest.length == 0)
		reader_entry(reader, text, text, column);
	else if (rest.data[0] == '-' || word.data[word.length - 1] == '-')
		reader_entry(reader, text, text, column);
	else if (rest.data[0] == '/' || is_netmask(first_word(rest)))
		reader_refuse(reader, text, column, PREFIX_BAD_LENGTH,
		    "the length stands behind the address, as in "
		    "192.0.2.0/24");
	else
		reader_entry(reader, word, text, column);
}

static void
read_line(struct reader *reader, struct view line)
{
	struct view text = line;

	for (size_t i = 0; i < text.length; i++)
		if (text.data[i] == '#' || text.data[i] == ';')
			text.length = i;
	if (text.length > 0 && text.data[text.length - 1] == '\r')
		text.length--;
	text = view_trim(text);
	if (text.length > 0)
		read_words(reader, text, (size_t)(text.data - line.data) + 1);
}

static const char *
last_newline(struct view text)
{
	return text.length == 0 ? NULL : memrchr(text.data, '\n', text.length);
}

void
lines_read(struct reader *reader, struct view text)
{
	const char *at = text.data;
	const char *end = text.data + text.length;
	const char *last = last_newline(text);

	while (last != NULL && at <= last && !reader->given_up) {
		const char *newline;

		at = fast_lines(reader, at, last);
		if (at > last)
			break;
		newline = memchr(at, '\n', (size_t)(last - at) + 1);
		reader->line++;
		read_line(reader, (struct view){at, (size_t)(newline - at)});
		at = newline + 1;
	}
	if (at < end && !reader->given_up) {
		reader->line++;
		read_line(reader, (struct view){at, (size_t)(end - at)});
	}
}
