/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_UTF8_H
#define CONF_LOAD_UTF8_H

/* UTF-8 as files carry it, and what may stand in a configuration. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads one character (RFC 3629: no overlong forms, no surrogates). Gives its
 * bytes, 1 to 4, or 0 when the text does not begin with one.
 */
size_t utf8_decode(const char *text, size_t length, uint32_t *code);

struct utf8_fault {
	unsigned line; /* from 1 */
	unsigned column;
	bool invalid; /* no UTF-8; else code is a character not welcome */
	uint32_t code;
};

/*
 * Finds the first byte that is no UTF-8, or the first character that is not
 * welcome: controls but tab and line ends, U+0085, U+2028, U+2029, U+FEFF and
 * non-characters. True when there is none.
 */
bool utf8_check(const char *text, size_t length, struct utf8_fault *fault);

/* As utf8_check(), but without tab and line ends: fit for one line. */
bool utf8_one_line(const char *text, size_t length);

/* The byte at which the character of that number, from 0, begins. */
size_t utf8_offset(const char *text, size_t length, size_t number);

#endif
