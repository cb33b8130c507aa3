/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTO_TEXT_SCAN_H
#define PROTO_TEXT_SCAN_H

/* What the parsers of this folder share. Private to proto/text. */

#include "proto/text/view.h"

static inline struct view
view_between(const char *begin, const char *end)
{
	return (struct view){begin, (size_t)(end - begin)};
}

/* The whole of text as a number of at most max_digits digits, up to max. */
static inline bool
view_number(struct view text, size_t max_digits, unsigned max, unsigned *number)
{
	unsigned value = 0;

	if (text.length == 0 || text.length > max_digits)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		unsigned digit = (unsigned char)text.data[i] - (unsigned)'0';

		if (digit > 9)
			return false;
		value = value * 10 + digit;
	}
	*number = value;
	return value <= max;
}

#endif
