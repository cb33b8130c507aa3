/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_TABLES_ENGINE_H
#define TESTS_BENCH_TABLES_ENGINE_H

/*
 * A structure that is measured. The bare ones are what a structure costs when
 * it does nothing else: built once, one value of 4 bits an address, hashes
 * without a key, found in a loop that the compiler sees through.
 */

#include "tests/bench/tables/set.h"

struct engine {
	const char *name;
	const char *about;
	bool (*fits)(const struct set *set);
	void *(*build)(const struct set *set); /* of a sorted set */
	void (*free)(void *structure);
	size_t (*size)(const void *structure);
	uint64_t (*find)(const void *structure, const struct address *address);
	/* The sum of the answers: each by itself, or the next after the last. */
	uint64_t (*stream)(const void *structure,
	    const struct address *addresses, size_t count);
	uint64_t (*chain)(const void *structure,
	    const struct address *addresses, size_t count);
};

/* 0, but the compiler does not know. */
extern const volatile uint64_t engine_zero;

/* The three ways to ask, around what finds one answer. */
#define ENGINE_WAYS(name, type, look_up)                                   \
	static uint64_t name##_find(                                       \
	    const void *structure, const struct address *address)          \
	{                                                                  \
		return look_up((const type *)structure, address);          \
	}                                                                  \
	static uint64_t name##_stream(const void *structure,               \
	    const struct address *addresses, size_t count)                 \
	{                                                                  \
		const type *own = structure;                               \
		uint64_t sum = 0;                                          \
		for (size_t i = 0; i < count; i++)                         \
			sum += look_up(own, &addresses[i]);                \
		return sum;                                                \
	}                                                                  \
	static uint64_t name##_chain(const void *structure,                \
	    const struct address *addresses, size_t count)                 \
	{                                                                  \
		const type *own = structure;                               \
		uint64_t zero = engine_zero, sum = 0, answer = 0;          \
		for (size_t i = 0; i < count; i++) {                       \
			answer =                                           \
			    look_up(own, &addresses[i + (answer & zero)]); \
			sum += answer;                                     \
		}                                                          \
		return sum;                                                \
	}

#define ENGINE_CALLS(name)                                               \
	.build = name##_build, .free = name##_free, .size = name##_size, \
	.find = name##_find, .stream = name##_stream, .chain = name##_chain

extern const struct engine engine_truesrc, engine_bs4, engine_bs6, engine_st4,
    engine_st6, engine_dxr16, engine_dxr20, engine_hl4, engine_hl6, engine_h32;

#endif
