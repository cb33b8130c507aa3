/* SPDX-License-Identifier: Apache-2.0 */
/* st4: a static B+tree of the starts. st6: the same of their first halves. */

#include "tests/bench/tables/tree.h"

#include <stdlib.h>
#include <string.h>

#include "tests/bench/tables/engine.h"
#include "tests/bench/tables/intervals.h"
#include "tests/bench/tables/memory.h"

/* ---- the tree ---- */

static size_t
blocks_of(size_t count, size_t width)
{
	return (count + width - 1) / width;
}

/* Blocks of each level, from the leaves up to one alone; gives the levels. */
static unsigned
plan(size_t count, size_t width, size_t blocks[TREE_LEVELS], size_t *total)
{
	unsigned levels = 0;

	blocks[0] = blocks_of(count, width);
	*total = 0;
	for (;;) {
		*total += blocks[levels];
		if (blocks[levels++] == 1)
			return levels;
		blocks[levels] = blocks_of(blocks[levels - 1], width + 1);
	}
}

/* A block's first number is that of its first leaf. */
static size_t
first_leaf(size_t block, unsigned level, size_t width)
{
	for (; level > 0; level--)
		block *= width + 1;
	return block * width;
}

#define TREE(name, type, width)                                                \
	void name##_build(                                                     \
	    struct name *tree, const type *numbers, size_t count)              \
	{                                                                      \
		size_t blocks[TREE_LEVELS], total, at, first;                  \
		type *to;                                                      \
		tree->levels = plan(count, width, blocks, &total);             \
		tree->total = total * (width);                                 \
		tree->count = count;                                           \
		tree->numbers = to = memory_new(tree->total, sizeof(type));    \
		memset(to, 0xff, tree->total * sizeof(type));                  \
		memcpy(to, numbers, count * sizeof(type));                     \
		tree->level[0] = to;                                           \
		for (unsigned level = 1; level < tree->levels; level++) {      \
			to += blocks[level - 1] * (width);                     \
			tree->level[level] = to;                               \
			for (size_t i = 0; i < blocks[level] * (width); i++) { \
				at =                                           \
				    i / (width) * ((width) + 1) + i % (width); \
				first = first_leaf(at + 1, level - 1, width);  \
				if (first < count)                             \
					to[i] = numbers[first];                \
			}                                                      \
		}                                                              \
	}                                                                      \
	void name##_free(struct name *tree)                                    \
	{                                                                      \
		memory_free(tree->numbers, tree->total, sizeof(type));         \
	}

TREE(tree32, uint32_t, 16)
TREE(tree64, uint64_t, 8)

/* ---- st4 ---- */

struct st4 {
	struct tree32 tree;
	uint8_t *values;
};

static void *
st4_build(const struct set *set)
{
	struct st4 *st4 = memory_array(1, sizeof(*st4));
	struct intervals intervals;

	intervals_make(&intervals, set, 128);
	tree32_build(&st4->tree, intervals.ipv4, intervals.count);
	st4->values = memory_new(intervals.count, 1);
	memcpy(st4->values, intervals.values, intervals.count);
	intervals_free(&intervals);
	return st4;
}

static void
st4_free(void *structure)
{
	struct st4 *st4 = structure;

	memory_free(st4->values, st4->tree.count, 1);
	tree32_free(&st4->tree);
	free(st4);
}

static size_t
st4_size(const void *structure)
{
	const struct st4 *st4 = structure;

	return sizeof(*st4) + st4->tree.total * 4 + st4->tree.count;
}

static inline uint64_t
st4_look_up(const struct st4 *st4, const struct address *address)
{
	return st4->values[tree32_find(&st4->tree, (uint32_t)address->lo)];
}

ENGINE_WAYS(st4, struct st4, st4_look_up)

static bool
st4_fits(const struct set *set)
{
	return set->family == ADDRESS_IPV4 && intervals_fit(set);
}

const struct engine engine_st4 = {
    "st4", "static B+tree, 16 a line", st4_fits, ENGINE_CALLS(st4)};

/* ---- st6 ---- */

/*
 * The tree holds each first half once. Its word says where the second halves
 * begin, and how many there are: one alone, at 0, is nearly always all.
 */
struct st6 {
	struct tree64 tree;
	uint32_t *starts; /* one more than there are first halves */
	uint8_t *firsts;  /* the value at the beginning of each */
	uint64_t *lows;
	uint8_t *values;
	size_t count; /* of lows */
};

COUNT_SEARCH(search64, uint64_t)

/* Those in which nothing changes have no second halves at all. */
static void
st6_fill(struct st6 *st6, const struct intervals *intervals, uint64_t *firsts)
{
	size_t at = 0, low = 0, end;

	for (size_t i = 0; i < intervals->count; i = end, at++) {
		firsts[at] = intervals->ipv6[i].hi;
		for (end = i + 1; end < intervals->count &&
				  intervals->ipv6[end].hi == firsts[at];)
			end++;
		st6->starts[at] = (uint32_t)low;
		st6->firsts[at] = intervals->values[i];
		if (end == i + 1 && intervals->ipv6[i].lo == 0)
			continue;
		if (intervals->ipv6[i].lo != 0) {
			st6->lows[low] = 0;
			st6->values[low++] = intervals->values[i - 1];
		}
		for (size_t j = i; j < end; j++) {
			st6->lows[low] = intervals->ipv6[j].lo;
			st6->values[low++] = intervals->values[j];
		}
	}
	st6->starts[at] = (uint32_t)low;
}

/* First halves, and second ones with the zeros that are added to them. */
static void
st6_count(const struct intervals *intervals, size_t *halves, size_t *lows)
{
	size_t i = 0, end;

	*halves = *lows = 0;
	for (; i < intervals->count; i = end) {
		for (end = i + 1;
		     end < intervals->count &&
		     intervals->ipv6[end].hi == intervals->ipv6[i].hi;)
			end++;
		++*halves;
		if (end > i + 1 || intervals->ipv6[i].lo != 0)
			*lows += end - i + (intervals->ipv6[i].lo != 0);
	}
}

static void *
st6_build(const struct set *set)
{
	struct st6 *st6 = memory_array(1, sizeof(*st6));
	struct intervals intervals;
	uint64_t *firsts;
	size_t halves;

	intervals_make(&intervals, set, 128);
	st6_count(&intervals, &halves, &st6->count);
	firsts = memory_new(halves, sizeof(firsts[0]));
	st6->starts = memory_new(halves + 1, sizeof(st6->starts[0]));
	st6->firsts = memory_new(halves, 1);
	st6->lows = memory_new(st6->count, sizeof(st6->lows[0]));
	st6->values = memory_new(st6->count, 1);
	st6_fill(st6, &intervals, firsts);
	intervals_free(&intervals);
	tree64_build(&st6->tree, firsts, halves);
	memory_free(firsts, halves, sizeof(firsts[0]));
	return st6;
}

static void
st6_free(void *structure)
{
	struct st6 *st6 = structure;
	size_t halves = st6->tree.count;

	memory_free(st6->starts, halves + 1, sizeof(st6->starts[0]));
	memory_free(st6->firsts, halves, 1);
	memory_free(st6->lows, st6->count, sizeof(st6->lows[0]));
	memory_free(st6->values, st6->count, 1);
	tree64_free(&st6->tree);
	free(st6);
}

static size_t
st6_size(const void *structure)
{
	const struct st6 *st6 = structure;

	return sizeof(*st6) + st6->tree.total * 8 + st6->tree.count * 5 +
	       st6->count * 9;
}

static inline uint64_t
st6_look_up(const struct st6 *st6, const struct address *address)
{
	size_t at = tree64_find(&st6->tree, address->hi);
	uint32_t start = st6->starts[at], end = st6->starts[at + 1];

	if (start == end)
		return st6->firsts[at];
	/* Behind a half in which values change, the last one goes on. */
	if (st6->tree.level[0][at] != address->hi)
		return st6->values[end - 1];
	return st6->values[start + search64(st6->lows + start, end - start,
				       address->lo)];
}

ENGINE_WAYS(st6, struct st6, st6_look_up)

static bool
st6_fits(const struct set *set)
{
	return set->family == ADDRESS_IPV6 && intervals_fit(set);
}

const struct engine engine_st6 = {
    "st6", "static B+tree, 8 a line", st6_fits, ENGINE_CALLS(st6)};
