/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TOOLS_LOAD_QUESTION_H
#define TESTS_TOOLS_LOAD_QUESTION_H

/*
 * Questions: the payload of a NOTIFY with the arguments that spoe-truesrc.conf
 * recommends, and the answer that follows from how the request was made up.
 */

#include "tests/tools/load/expected.h"

enum {
	QUESTION_MAX = 1024, /* bytes of a payload */
	CHAIN_MAX = 5,       /* hops behind the client, the peer not counted */
	CHAIN_MIXED = -1,
};

struct question {
	const uint8_t *payload;
	uint16_t length;
	struct expected expected;
};

struct questions {
	struct question *list;
	size_t count;
	uint8_t *arena;
	size_t arena_size;
};

struct question_settings {
	size_t count;
	uint64_t seed;
	uint32_t prefixes; /* of the list "drop" */
	int chain; /* hops, all requests the plain way; CHAIN_MIXED: all sorts */
};

/* Makes them all; false when memory ran out. */
bool questions_make(
    struct questions *questions, const struct question_settings *settings);
void questions_free(struct questions *questions);

#endif
