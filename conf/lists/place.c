/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/lists/place.h"

#include <stdint.h>

/* ---- one string, taken out of its escapes ---- */

static unsigned
hex_value(char byte)
{
	if (byte <= '9')
		return (unsigned)(byte - '0');
	return (unsigned)((byte | 0x20) - 'a') + 10;
}

/* Four digits behind "\\u". */
static uint32_t
read_unit(const char *at)
{
	uint32_t unit = 0;

	for (unsigned i = 0; i < 4; i++)
		unit = unit << 4 | hex_value(at[i]);
	return unit;
}

/* Both halves when there are two; gives what is behind. */
static const char *
read_point(const char *at, uint32_t *point)
{
	*point = read_unit(at);
	at += 4;
	if (*point < 0xd800 || *point > 0xdbff || at[0] != '\\' || at[1] != 'u')
		return at;
	*point =
	    0x10000 + ((*point - 0xd800) << 10) + (read_unit(at + 2) - 0xdc00);
	return at + 6;
}

static size_t
put_utf8(uint32_t point, char bytes[4])
{
	static const uint32_t limits[] = {0x80, 0x800, 0x10000};
	static const uint8_t marks[] = {0, 0xc0, 0xe0, 0xf0};
	size_t more = 0;

	while (more < 3 && point >= limits[more])
		more++;
	for (size_t i = more; i > 0; i--, point >>= 6)
		bytes[i] = (char)(0x80 | (point & 0x3f));
	bytes[0] = (char)(marks[more] | point);
	return more + 1;
}

/* The bytes that stand for what is behind a backslash. */
static const char *
read_escape(const char *at, char bytes[4], size_t *count)
{
	static const char letters[] = "bfnrt";
	static const char controls[] = "\b\f\n\r\t";
	const char *letter = strchr(letters, *at);
	uint32_t point;

	*count = 1;
	if (*at == 'u') {
		at = read_point(at + 1, &point);
		*count = put_utf8(point, bytes);
		return at;
	}
	bytes[0] = letter == NULL ? *at : controls[letter - letters];
	return at + 1;
}

/* From behind the quote; gives what is behind the other one. */
static const char *
compare(const char *at, struct view text, bool *same)
{
	size_t done = 0;

	*same = true;
	while (*at != '"') {
		char bytes[4] = {*at};
		size_t count = 1;

		if (*at == '\\')
			at = read_escape(at + 1, bytes, &count);
		else
			at++;
		*same = *same && text.length - done >= count &&
			memcmp(text.data + done, bytes, count) == 0;
		if (*same)
			done += count;
	}
	*same = *same && done == text.length;
	return at + 1;
}

/* ---- all of them ---- */

typedef const char *find_f(
    struct view json, size_t *cursor, struct view wanted);

static const char *
find_text(struct view json, size_t *cursor, struct view wanted)
{
	const char *end = json.data + json.length;
	const char *at = json.data + *cursor;
	bool same;

	while ((at = memchr(at, '"', (size_t)(end - at))) != NULL) {
		const char *behind = compare(at + 1, wanted, &same);

		if (same) {
			*cursor = (size_t)(behind - json.data);
			return at;
		}
		at = behind;
	}
	return NULL;
}

static bool
is_word_at(const char *at, const char *end, struct view wanted)
{
	static const char inside[] = "0123456789+-.eE";

	if ((size_t)(end - at) < wanted.length ||
	    memcmp(at, wanted.data, wanted.length) != 0)
		return false;
	at += wanted.length;
	return at == end || memchr(inside, *at, sizeof(inside) - 1) == NULL;
}

static const char *
find_word(struct view json, size_t *cursor, struct view wanted)
{
	const char *end = json.data + json.length;
	const char *at = json.data + *cursor;
	bool same;

	while (at < end) {
		if (is_word_at(at, end, wanted)) {
			*cursor = (size_t)(at - json.data) + wanted.length;
			return at;
		}
		at = *at == '"' ? compare(at + 1, wanted, &same) : at + 1;
	}
	return NULL;
}

static const char *
find_twice(find_f *find, struct view json, size_t *cursor, struct view wanted)
{
	const char *at = find(json, cursor, wanted);

	if (at == NULL && *cursor > 0) {
		*cursor = 0;
		at = find(json, cursor, wanted);
	}
	return at;
}

const char *
place_of_text(struct view json, size_t *cursor, struct view text)
{
	return find_twice(find_text, json, cursor, text);
}

const char *
place_of_word(struct view json, size_t *cursor, struct view word)
{
	return find_twice(find_word, json, cursor, word);
}
