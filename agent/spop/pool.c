/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/ensure.h"
#include "agent/poison.h"
#include "agent/spop/pool.h"

#include <sys/mman.h>
#include <unistd.h>

/*
 * Mapped, not allocated: a buffer costs only the pages that were written, and
 * one that goes back to the system leaves no hole in the heap.
 */

void
pool_init(struct pool *pool, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	*pool = (struct pool){.size = (size + page - 1) / page * page};
}

void
pool_fini(struct pool *pool)
{
	ensure(pool->lent == 0);
	while (pool->count > 0)
		munmap(pool->free[--pool->count], pool->size);
}

uint8_t *
pool_take(struct pool *pool)
{
	uint8_t *buffer;

	if (pool->count > 0) {
		pool->lent++;
		buffer = pool->free[--pool->count];
		unpoison_pages(buffer, pool->size);
		return buffer;
	}
	buffer = mmap(NULL, pool->size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buffer == MAP_FAILED)
		return NULL;
	pool->lent++;
	return buffer;
}

void
pool_give(struct pool *pool, uint8_t **take)
{
	uint8_t *buffer = *take;

	if (buffer == NULL)
		return;
	*take = NULL;
	ensure(pool->lent > 0);
	pool->lent--;
	if (pool->count == POOL_FREE_MAX) {
		munmap(buffer, pool->size);
		return;
	}
	poison_pages(buffer, pool->size);
	pool->free[pool->count++] = buffer;
}
