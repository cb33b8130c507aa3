/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_TEXT_TOOLS_H
#define TESTS_UNIT_TEXT_TOOLS_H

/* What the tests of proto/text share. */

#include <check.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#include "proto/text/address.h"

/* A view of a literal, its NUL not counted, for tables. */
#define TEXT(literal)                          \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/*
 * A heap copy of exactly so many bytes, so that AddressSanitizer sees a read
 * behind the view.
 */
static inline char *
exact_copy(struct view text)
{
	char *copy = malloc(text.length);

	if (text.length > 0) {
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, text.data, text.length);
	}
	return copy;
}

/* For inner loops: what the library asserts costs a system call each time. */
#define EXPECT(condition, ...)                     \
	do {                                       \
		if (!(condition))                  \
			ck_abort_msg(__VA_ARGS__); \
	} while (0)

/* Marsaglia's xorshift64: the same sequence each run. */
static inline uint64_t
random_bits(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline size_t
random_below(uint64_t *state, size_t bound)
{
	return (size_t)(random_bits(state) >> 16) % bound;
}

/* How often a random test repeats: TEST_ROUNDS multiplies it. */
static inline size_t
rounds(size_t count)
{
	const char *factor = getenv("TEST_ROUNDS");

	return factor == NULL ? count : count * strtoul(factor, NULL, 10);
}

/*
 * Counts text through all strings of length letters of the alphabet. Starts
 * with all letters the first one; false after the last string.
 */
static inline bool
next_string(char *text, size_t length, const char *alphabet)
{
	for (size_t i = 0; i < length; i++) {
		const char *letter = strchr(alphabet, text[i]);

		if (letter[1] != '\0') {
			text[i] = letter[1];
			return true;
		}
		text[i] = alphabet[0];
	}
	return false;
}

/* Zero groups are frequent, so that "::" is. */
static inline struct address
random_address(uint64_t *state)
{
	struct address address = {0, 0, ADDRESS_IPV6};

	if (random_below(state, 2) == 0) {
		address.lo = random_bits(state) & UINT32_MAX;
		address.family = ADDRESS_IPV4;
		return address;
	}
	for (unsigned shift = 0; shift < 64; shift += 16) {
		uint64_t bits = random_bits(state) >> random_below(state, 17);
		uint64_t use = random_bits(state);

		if ((use & 1) != 0)
			address.hi |= (bits & 0xffff) << shift;
		if ((use & 2) != 0)
			address.lo |= (bits >> 16 & 0xffff) << shift;
	}
	if (random_below(state, 8) == 0) {
		address.hi = 0;
		address.lo = (address.lo & UINT32_MAX) | UINT64_C(0xffff) << 32;
	}
	return address;
}

static inline int
run_tests(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
