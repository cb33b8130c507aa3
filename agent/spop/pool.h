/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_SPOP_POOL_H
#define AGENT_SPOP_POOL_H

/*
 * Buffers for what a connection must keep between two turns of its loop: part
 * of a frame, output that the peer does not read, fragments. An idle
 * connection keeps none. One size; one thread.
 */

#include <stddef.h>
#include <stdint.h>

enum { POOL_FREE_MAX = 32 }; /* buffers kept for the next one who asks */

struct pool {
	size_t size;    /* of each buffer, whole pages */
	size_t lent;    /* buffers that are out */
	unsigned count; /* of the free ones */
	uint8_t *free[POOL_FREE_MAX];
};

/* Buffers of at least size bytes. Nothing is taken yet. */
void pool_init(struct pool *pool, size_t size);

/* All buffers have been given back. */
void pool_fini(struct pool *pool);

/* A buffer of pool->size bytes; NULL when memory ran out. */
uint8_t *pool_take(struct pool *pool);

/* Takes the buffer back, if there is one, and leaves NULL. */
void pool_give(struct pool *pool, uint8_t **take);

#endif
