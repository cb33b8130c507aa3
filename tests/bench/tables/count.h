/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_TABLES_COUNT_H
#define TESTS_BENCH_TABLES_COUNT_H

/*
 * How many of a few sorted numbers are at most the one looked for: what each
 * step of a search is made of. Aligned to 16 bytes at least. The compiler's own
 * loop is the fallback.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __AVX512F__
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

#ifdef __SSE2__

/* Signed comparisons of unsigned numbers: both with their top bit turned. */
static inline __m128i
count_load(const void *numbers, __m128i top)
{
	return _mm_xor_si128(_mm_load_si128((const __m128i *)numbers), top);
}

static inline __m128i
count_above32(const uint32_t *numbers, uint32_t number)
{
	const __m128i top = _mm_set1_epi32(INT32_MIN);

	return _mm_cmpgt_epi32(count_load(numbers, top),
	    _mm_xor_si128(_mm_set1_epi32((int)number), top));
}

static inline unsigned
count_4x32(const uint32_t *numbers, uint32_t number)
{
	__m128i above = count_above32(numbers, number);
	int bits = _mm_movemask_ps(_mm_castsi128_ps(above));

	return (unsigned)__builtin_ctz((unsigned)bits | 1U << 4);
}

static inline unsigned
count_8x32(const uint32_t *numbers, uint32_t number)
{
	__m128i above = _mm_packs_epi32(
	    count_above32(numbers, number), count_above32(numbers + 4, number));
	int bits = _mm_movemask_epi8(above);

	return (unsigned)__builtin_ctz((unsigned)bits | 1U << 16) / 2;
}

static inline unsigned
count_8x16(const uint16_t *numbers, uint16_t number)
{
	const __m128i top = _mm_set1_epi16(INT16_MIN);
	__m128i above = _mm_cmpgt_epi16(count_load(numbers, top),
	    _mm_xor_si128(_mm_set1_epi16((short)number), top));
	int bits = _mm_movemask_epi8(above);

	return (unsigned)__builtin_ctz((unsigned)bits | 1U << 16) / 2;
}

#else

#define COUNT(name, type, width)                                      \
	static inline unsigned name(const type *numbers, type number) \
	{                                                             \
		unsigned count = 0;                                   \
		for (unsigned i = 0; i < (width); i++)                \
			count += numbers[i] <= number;                \
		return count;                                         \
	}
COUNT(count_4x32, uint32_t, 4)
COUNT(count_8x32, uint32_t, 8)
COUNT(count_8x16, uint16_t, 8)
#undef COUNT

#endif

static inline unsigned
count_16x32(const uint32_t *numbers, uint32_t number)
{
#ifdef __AVX512F__
	__m512i all = _mm512_loadu_si512(numbers);
	__m512i one = _mm512_set1_epi32((int)number);

	return (unsigned)__builtin_popcount(_mm512_cmple_epu32_mask(all, one));
#elif defined(__SSE2__)
	__m128i low = _mm_packs_epi32(
	    count_above32(numbers, number), count_above32(numbers + 4, number));
	__m128i high = _mm_packs_epi32(count_above32(numbers + 8, number),
	    count_above32(numbers + 12, number));
	int bits = _mm_movemask_epi8(_mm_packs_epi16(low, high));

	return (unsigned)__builtin_ctz((unsigned)bits | 1U << 16);
#else
	return count_8x32(numbers, number) + count_8x32(numbers + 8, number);
#endif
}

static inline unsigned
count_8x64(const uint64_t *numbers, uint64_t number)
{
#ifdef __AVX512F__
	__m512i all = _mm512_loadu_si512(numbers);
	__m512i one = _mm512_set1_epi64((long long)number);

	return (unsigned)__builtin_popcount(_mm512_cmple_epu64_mask(all, one));
#else
	unsigned count = 0;

	for (unsigned i = 0; i < 8; i++)
		count += numbers[i] <= number;
	return count;
#endif
}

/* The last of the sorted numbers that is at most number; the first one is. */
#define COUNT_SEARCH(name, type)                                 \
	static inline size_t name(                               \
	    const type *numbers, size_t count, type number)      \
	{                                                        \
		const type *base = numbers;                      \
		while (count > 1) {                              \
			size_t half = count / 2;                 \
			base += base[half] <= number ? half : 0; \
			count -= half;                           \
		}                                                \
		return (size_t)(base - numbers);                 \
	}

#endif
