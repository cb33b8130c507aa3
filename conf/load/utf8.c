/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/utf8.h"

static bool
is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Bytes that a character takes, by its first one; 0 for none. */
static size_t
length_of(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

size_t
utf8_decode(const char *text, size_t length, uint32_t *code)
{
	static const unsigned char first_bits[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = length == 0 ? 0xff : (unsigned char)text[0];
	size_t bytes = length_of(first);
	uint32_t value = first & first_bits[bytes];

	if (bytes == 0 || bytes > length)
		return 0;
	for (size_t i = 1; i < bytes; i++) {
		if (!is_continuation(text[i]))
			return 0;
		value = value << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if (value < least[bytes] || value > 0x10ffff ||
	    (value >= 0xd800 && value < 0xe000))
		return 0;
	*code = value;
	return bytes;
}

static bool
is_welcome(uint32_t code)
{
	if (code < 0x20)
		return code == '\t' || code == '\n' || code == '\r';
	if (code >= 0x7f && code < 0xa0)
		return false;
	return code != 0x2028 && code != 0x2029 && code != 0xfeff &&
	       (code & 0xfffe) != 0xfffe;
}

bool
utf8_check(const char *text, size_t length, struct utf8_fault *fault)
{
	unsigned line = 1, column = 1;
	size_t i = 0;

	while (i < length) {
		uint32_t code = 0;
		size_t bytes = utf8_decode(text + i, length - i, &code);

		if (bytes == 0 || !is_welcome(code)) {
			*fault =
			    (struct utf8_fault){line, column, bytes == 0, code};
			return false;
		}
		i += bytes;
		column++;
		if (code == '\n' ||
		    (code == '\r' && (i == length || text[i] != '\n'))) {
			line++;
			column = 1;
		}
	}
	return true;
}

bool
utf8_one_line(const char *text, size_t length)
{
	struct utf8_fault fault;

	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ')
			return false;
	return utf8_check(text, length, &fault);
}

size_t
utf8_offset(const char *text, size_t length, size_t number)
{
	size_t i = 0;

	for (; i < length; i++)
		if (!is_continuation(text[i]) && number-- == 0)
			break;
	return i;
}
