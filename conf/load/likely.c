/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/likely.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_LENGTH_MAX = 64, DISTANCE_MAX = 3 };

/* Case, and underscores for hyphens, are slips too common to count. */
static char
fold(char byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return (char)(byte | 0x20);
	return byte == '_' ? '-' : byte;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Row i tells what the first i bytes of a cost against each start of b. */
struct grid {
	const char *a;
	const char *b;
	unsigned *row;
	const unsigned *above;
	const unsigned *two_above;
};

/* Two neighbours in the wrong order count one. */
static unsigned
cell(const struct grid *grid, size_t i, size_t j)
{
	const char *a = grid->a + i;
	const char *b = grid->b + j;
	bool same = fold(a[-1]) == fold(b[-1]);
	unsigned cost = grid->above[j - 1] + !same;

	cost = least(cost, least(grid->above[j], grid->row[j - 1]) + 1);
	if (i > 1 && j > 1 && fold(a[-1]) == fold(b[-2]) &&
	    fold(a[-2]) == fold(b[-1]))
		cost = least(cost, grid->two_above[j - 2] + !same);
	return cost;
}

/*
 * Levenshtein's distance. Only the band of DISTANCE_MAX around the diagonal
 * can matter; what lies outside of it stays far.
 */
static unsigned
distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned rows[3][WORD_LENGTH_MAX + 1];
	struct grid grid = {a, b, rows[0], rows[1], rows[2]};

	memset(rows, 0x3f, sizeof(rows));
	for (unsigned j = 0; j <= DISTANCE_MAX && j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t j = i > DISTANCE_MAX ? i - DISTANCE_MAX : 1;

		grid.two_above = rows[(i + 1) % 3];
		grid.above = rows[(i - 1) % 3];
		grid.row = rows[i % 3];
		memset(grid.row, 0x3f, sizeof(rows[0]));
		if (i <= DISTANCE_MAX)
			grid.row[0] = (unsigned)i;
		for (; j <= b_length && j <= i + DISTANCE_MAX; j++)
			grid.row[j] = cell(&grid, i, j);
	}
	return rows[a_length % 3][b_length];
}

/* "warn" for warning: short, but clear. */
static bool
is_begin(const char *text, size_t length, const char *word)
{
	return length >= 3 && strncmp(text, word, length) == 0;
}

void
likely_begin(struct likely *likely, const char *text, unsigned *budget)
{
	size_t near = strlen(text) / 3;

	if (near < 1)
		near = 1;
	if (near > DISTANCE_MAX)
		near = DISTANCE_MAX;
	*likely = (struct likely){
	    .text = text, .budget = budget, .distance = (unsigned)near + 1};
}

void
likely_offer(struct likely *likely, const char *word)
{
	size_t text_length = strlen(likely->text);
	size_t word_length = strlen(word);
	unsigned found;

	if (*likely->budget == 0 || text_length > WORD_LENGTH_MAX ||
	    word_length > WORD_LENGTH_MAX)
		return;
	--*likely->budget;
	found = distance(likely->text, text_length, word, word_length);
	if (found > 1 && is_begin(likely->text, text_length, word))
		found = 1;
	if (found < likely->distance && found < text_length &&
	    found < word_length) {
		likely->distance = found;
		likely->word = word;
	}
}

const char *
likely_hint(const struct likely *likely, char hint[LIKELY_HINT_SIZE])
{
	hint[0] = '\0';
	if (likely->word != NULL)
		snprintf(hint, LIKELY_HINT_SIZE, "; did you mean '%s'?",
		    likely->word);
	return hint;
}
