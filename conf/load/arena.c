/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * A chunk is filled from its start. Large requests and adopted memory get a
 * chunk of their own, put behind the one being filled.
 */
struct arena_chunk {
	struct arena_chunk *next;
	void *adopted; /* freed with the chunk */
	size_t used;
	size_t size;
	max_align_t memory[];
};

enum { CHUNK_SIZE = 64 * 1024, LARGE_SIZE = CHUNK_SIZE / 4 };

void
arena_init(struct arena *arena)
{
	*arena = (struct arena){.chunks = NULL};
}

void
arena_fini(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunks;

	while (chunk != NULL) {
		struct arena_chunk *next = chunk->next;

		free(chunk->adopted);
		free(chunk);
		chunk = next;
	}
	arena_init(arena);
}

static struct arena_chunk *
chunk_new(struct arena *arena, size_t size, bool behind)
{
	struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + size);
	struct arena_chunk **place = &arena->chunks;

	if (chunk == NULL) {
		arena->failed = true;
		return NULL;
	}
	if (behind && arena->chunks != NULL)
		place = &arena->chunks->next;
	chunk->size = size;
	chunk->next = *place;
	*place = chunk;
	return chunk;
}

static struct arena_chunk *
chunk_with_room(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->chunks;

	if (size >= LARGE_SIZE)
		return chunk_new(arena, size, true);
	if (chunk != NULL && chunk->size - chunk->used >= size)
		return chunk;
	return chunk_new(arena, CHUNK_SIZE, false);
}

void *
arena_alloc(struct arena *arena, size_t count, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	struct arena_chunk *chunk;
	size_t bytes;
	void *memory;

	if (__builtin_mul_overflow(count, size, &bytes) ||
	    bytes > SIZE_MAX / 2) {
		arena->failed = true;
		return NULL;
	}
	bytes = (bytes + align - 1) / align * align;
	chunk = chunk_with_room(arena, bytes);
	if (chunk == NULL)
		return NULL;
	memory = (char *)chunk->memory + chunk->used;
	chunk->used += bytes;
	return memory;
}

char *
arena_text(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1, 1);

	if (copy != NULL && length > 0)
		memcpy(copy, text, length);
	return copy;
}

void *
arena_adopt(struct arena *arena, void **take)
{
	struct arena_chunk *chunk = chunk_new(arena, 0, true);
	void *memory = *take;

	*take = NULL;
	if (chunk == NULL) {
		free(memory);
		return NULL;
	}
	chunk->adopted = memory;
	return memory;
}
