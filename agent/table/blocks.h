/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_BLOCKS_H
#define AGENT_TABLE_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Sorted blocks, named by words. A word is a class, or says where a block is
 * and how large. A block is a step function: the value at a key is that of the
 * last entry whose key is at or below it, and the first entry's key is 0.
 *
 * Blocks lie in granules of 16 bytes. Up to four granules lie within one cache
 * line. Larger blocks are whole lines of entries, with 16-ary levels of keys,
 * the first of each line, before them. What is left of a block is filled with
 * its last entry, so that a search needs no count.
 *
 * A narrow entry is 32 bits, key << 16 | class; a wide one 64 bits,
 * key << 32 | word. Narrow entries and all keys of the levels are kept with
 * their highest bit inverted, for signed comparison is what every machine's
 * vectors have.
 *
 * Blocks do not change once a word that names them is published.
 */

typedef int32_t keys4 __attribute__((vector_size(16)));
typedef uint64_t pairs2 __attribute__((vector_size(16)));

/* On the way of a lookup: what is not asked for is to fall away. */
#define HOT static inline __attribute__((always_inline))

union granule {
	int32_t narrow[4];
	uint64_t wide[2];
	keys4 keys;
};

#define WORD_BLOCK UINT32_C(0x80000000)
#define WORD_CLASS UINT32_C(0x40000000) /* makes no word 0 */

enum {
	WORD_OFFSET_BITS = 25,
	BLOCK_CODES = 64,
	LINE_GRANULES = 4,
	LINE_KEYS = 16,
};

struct blocks {
	union granule *base;
	uint32_t used; /* granules, free ones among them included */
	uint32_t room;
	uint32_t *free_; /* by size: the first one + 1, or 0 */
};

static inline uint32_t
word_of_class(uint32_t class_)
{
	return WORD_CLASS | class_;
}

static inline uint32_t
word_class(uint32_t word)
{
	return word & UINT16_MAX;
}

static inline bool
word_is_block(uint32_t word)
{
	return (word & WORD_BLOCK) != 0;
}

static inline uint32_t
word_offset(uint32_t word)
{
	return word & ((UINT32_C(1) << WORD_OFFSET_BITS) - 1);
}

/* 0 to 3: one to four granules; above: 2, 3, 4, 6, 8, 12 … lines. */
static inline unsigned
word_code(uint32_t word)
{
	return word >> WORD_OFFSET_BITS & (BLOCK_CODES - 1);
}

/* A block of several lines. */
static inline bool
word_is_large(uint32_t word)
{
	return word >= (WORD_BLOCK | LINE_GRANULES << WORD_OFFSET_BITS);
}

static inline size_t
code_lines(unsigned code)
{
	return (size_t)(2 + (code & 1)) << ((code - LINE_GRANULES) >> 1);
}

static inline int32_t
key_biased(uint32_t key)
{
	return (int32_t)(key ^ UINT32_C(0x80000000));
}

/* How many of the keys, 12 or 16, are at or below that one. */
HOT unsigned
keys_count(const union granule *keys, unsigned count, int32_t key)
{
	keys4 k = {key, key, key, key};
	keys4 above =
	    (keys[0].keys > k) + (keys[1].keys > k) + (keys[2].keys > k);
	pairs2 pairs;
	uint64_t pair;

	if (count == LINE_KEYS)
		above += keys[3].keys > k;
	pairs = (pairs2)-above;
	pair = pairs[0] + pairs[1];
	return count - ((uint32_t)pair + (uint32_t)(pair >> 32));
}

HOT unsigned
line_count(const union granule *line, int32_t key)
{
	return keys_count(line, LINE_KEYS, key);
}

/* The line of entries to look into; levels, if given, counts those passed. */
const union granule *block_line_deep(
    const union granule *at, size_t lines, int32_t key, unsigned *levels);

/* Up to 16 lines have one level; those above it are rare. */
HOT const union granule *
block_line(
    const union granule *at, unsigned code, int32_t key, unsigned *levels)
{
	size_t lines = code_lines(code), line;

	if (__builtin_expect(lines > LINE_KEYS, 0))
		return block_line_deep(at, lines, key, levels);
	if (levels)
		++*levels;
	line = line_count(at, key) - 1;
	line = line < lines ? line : lines - 1;
	return at + (line + 1) * LINE_GRANULES;
}

/* The value at a key; the word is a block's. No branch for small ones. */
HOT uint32_t
block_narrow(
    const struct blocks *blocks, uint32_t word, uint32_t key, unsigned *levels)
{
	const union granule *at = blocks->base + word_offset(word);
	unsigned left = word_code(word) + 1, half;
	int32_t below = key_biased(key << 16 | UINT16_MAX);

	if (word_is_large(word)) {
		at = block_line(at, word_code(word), below, levels);
		left = LINE_GRANULES;
	}
	half = left / 2;
	at += at[half].narrow[0] <= below ? half : 0;
	half = (left - half) / 2;
	at += at[half].narrow[0] <= below ? half : 0;
	half = (unsigned)(at->narrow[1] <= below) +
	       (unsigned)(at->narrow[2] <= below) +
	       (unsigned)(at->narrow[3] <= below);
	return (uint32_t)at->narrow[half] & UINT16_MAX;
}

HOT uint32_t
block_wide(
    const struct blocks *blocks, uint32_t word, uint32_t key, unsigned *levels)
{
	const union granule *at = blocks->base + word_offset(word);
	unsigned left = word_code(word) + 1, half;
	uint64_t below = (uint64_t)key << 32 | UINT32_MAX;

	if (word_is_large(word)) {
		at = block_line(at, word_code(word), key_biased(key), levels);
		left = LINE_GRANULES;
	}
	half = left / 2;
	at += at[half].wide[0] <= below ? half : 0;
	half = (left - half) / 2;
	at += at[half].wide[0] <= below ? half : 0;
	return (uint32_t)at->wide[at->wide[1] <= below];
}

/* Room for that many granules. False when memory ran out. */
bool blocks_init(struct blocks *blocks, size_t room);
void blocks_fini(struct blocks *blocks);

/* A block of these sorted entries, count at least 1; 0 when there is no room. */
uint32_t blocks_put_narrow(
    struct blocks *blocks, const uint32_t *entries, size_t count);
uint32_t blocks_put_wide(
    struct blocks *blocks, const uint64_t *entries, size_t count);

/*
 * The entries of a block; or of a class, one. Gives how many there are, 0 when
 * there are more than room.
 */
size_t blocks_get_narrow(
    const struct blocks *blocks, uint32_t word, uint32_t *entries, size_t room);
size_t blocks_get_wide(
    const struct blocks *blocks, uint32_t word, uint64_t *entries, size_t room);

/* Nobody reads the block any more. */
void blocks_release(struct blocks *blocks, uint32_t word);

#endif
