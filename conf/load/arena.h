/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_ARENA_H
#define CONF_LOAD_ARENA_H

/*
 * Memory that goes all at once. Never shrinks, never moves what it gave. A
 * failure is remembered, so that whoever put the pieces together can ask once
 * at the end.
 */

#include <stdbool.h>
#include <stddef.h>

struct arena {
	struct arena_chunk *chunks; /* the first is the one being filled */
	bool failed;
};

void arena_init(struct arena *arena);
void arena_fini(struct arena *arena);

/* count zeroed elements of size bytes; NULL when memory ran out. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);

/* A copy of length bytes and a NUL; NULL when memory ran out. */
char *arena_text(struct arena *arena, const char *text, size_t length);

/*
 * Takes memory that malloc() gave: freed with the arena. On failure it is
 * freed at once. *take is left NULL; gives what it was, or NULL.
 */
void *arena_adopt(struct arena *arena, void **take);

#endif
