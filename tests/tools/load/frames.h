/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TOOLS_LOAD_FRAMES_H
#define TESTS_TOOLS_LOAD_FRAMES_H

/* What one HAProxy sends: a HELLO, then a NOTIFY for each question. */

#include <stddef.h>
#include <stdint.h>

struct frames {
	uint8_t *bytes;
	size_t length;
};

/* hops as struct question_settings has it. NULL bytes: memory ran out. */
struct frames frames_make(size_t count, uint32_t prefixes, int hops);

#endif
