/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TOOLS_LOAD_ROUTE_H
#define TESTS_TOOLS_LOAD_ROUTE_H

/* How a request came to HAProxy, and what has to be said of it. */

#include "tests/tools/load/dice.h"
#include "tests/tools/load/question.h"

enum {
	LINES_SENT = 4,
	ENTRIES_MAX = 16,
	ENTRY_SIZE = 56,
	LINE_SIZE = 512,
};

/* What HAProxy saw of a request, and the truth about it. */
struct route {
	const char *policy;  /* NULL: none is named */
	const char *message; /* its name */
	struct ip peer;
	struct ip src;
	bool proxied;
	bool headers; /* the message sends lines and count */
	bool bad_count;
	unsigned count; /* of lines that there were */
	unsigned
	    sent; /* of these: the last ones, lines[0] first from the right */
	char lines[LINES_SENT][LINE_SIZE];
	struct expected expected;
};

void route_make(struct route *route, const struct question_settings *settings,
    uint64_t index);

#endif
