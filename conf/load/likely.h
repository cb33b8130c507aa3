/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_LIKELY_H
#define CONF_LOAD_LIKELY_H

/* The word that somebody probably meant. */

#include <stdbool.h>

/*
 * Comparisons are counted down from a budget that a whole run shares: a file
 * full of unknown names must not cost more than one with a few.
 */
struct likely {
	const char *text;
	unsigned *budget;
	unsigned distance; /* of word, or one more than is still near */
	const char *word;  /* the nearest so far; NULL for none */
};

enum { LIKELY_BUDGET = 200000 };

void likely_begin(struct likely *likely, const char *text, unsigned *budget);

/* The word must outlive the search. Of equally near ones the first stands. */
void likely_offer(struct likely *likely, const char *word);

enum { LIKELY_HINT_SIZE = 96 };

/* "; did you mean 'word'?", or nothing. Gives hint. */
const char *likely_hint(
    const struct likely *likely, char hint[LIKELY_HINT_SIZE]);

#endif
