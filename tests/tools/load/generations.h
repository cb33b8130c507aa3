/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TOOLS_LOAD_GENERATIONS_H
#define TESTS_TOOLS_LOAD_GENERATIONS_H

/*
 * Which generations may answer. One that was seen has been published, so
 * a question that is asked some time (the grace) later must not be answered
 * by an older one; and there are no more than reloads were asked for.
 */

#include <stdbool.h>
#include <stdint.h>

enum { GENERATIONS_PENDING = 256 }; /* seen within the grace */

struct generations {
	uint64_t grace; /* nanoseconds */
	bool bounded;   /* all reloads are ours */
	uint64_t first; /* seen at the very beginning; 0: none yet */
	uint64_t newest;
	uint64_t floor;
	unsigned reloads;
	unsigned pending; /* newest ones that are not yet the floor */
	struct {
		uint64_t number;
		uint64_t since;
	} queue[GENERATIONS_PENDING];
};

/* Moves the floor. */
void generations_turn(struct generations *generations, uint64_t now);

/* Is that one live, in the answer to a question asked under this floor? */
bool generations_live(struct generations *generations, uint64_t number,
    uint64_t floor, uint64_t now);

#endif
