/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_TABLES_TREE_H
#define TESTS_BENCH_TABLES_TREE_H

/*
 * A static B+tree over sorted numbers: blocks of one cache line, laid out level
 * by level, children found by arithmetic. A block above holds the first numbers
 * of its children but the first. Free places hold the greatest number, so that
 * the greatest one is asked for apart.
 */

#include "tests/bench/tables/count.h"

enum { TREE_LEVELS = 12 };

struct tree32 {
	unsigned levels;
	uint32_t *numbers; /* all levels, the leaves first */
	size_t total;      /* of numbers */
	size_t count;      /* of those in the tree */
	const uint32_t *level[TREE_LEVELS];
};

struct tree64 {
	unsigned levels;
	uint64_t *numbers;
	size_t total;
	size_t count;
	const uint64_t *level[TREE_LEVELS];
};

void tree32_build(struct tree32 *tree, const uint32_t *numbers, size_t count);
void tree32_free(struct tree32 *tree);
void tree64_build(struct tree64 *tree, const uint64_t *numbers, size_t count);
void tree64_free(struct tree64 *tree);

/* The place of the last one that is at most number; the first one is. */
static inline size_t
tree32_find(const struct tree32 *tree, uint32_t number)
{
	size_t block = 0;

	if (number == UINT32_MAX)
		return tree->count - 1;
	for (unsigned level = tree->levels - 1; level > 0; level--)
		block = block * 17 +
			count_16x32(tree->level[level] + block * 16, number);
	return block * 16 + count_16x32(tree->level[0] + block * 16, number) -
	       1;
}

static inline size_t
tree64_find(const struct tree64 *tree, uint64_t number)
{
	size_t block = 0;

	if (number == UINT64_MAX)
		return tree->count - 1;
	for (unsigned level = tree->levels - 1; level > 0; level--)
		block = block * 9 +
			count_8x64(tree->level[level] + block * 8, number);
	return block * 8 + count_8x64(tree->level[0] + block * 8, number) - 1;
}

#endif
