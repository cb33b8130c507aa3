/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_REGION_H
#define AGENT_TABLE_REGION_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Memory for large arrays, aligned to pairs of cache lines, in huge pages where the
 * system has them. Pages that nobody writes to cost nothing. Freed by free();
 * NULL when there is none.
 */
void *region_alloc(size_t size);

/* Tells the system that the first used bytes of a region are all it needs. */
void region_trim(void *region, size_t used, size_t size);

/* Overwrites memory that nobody may read any more, except in a release. */
void region_poison(void *memory, size_t size);

#endif
