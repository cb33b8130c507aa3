/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/region.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	LINES_SIZE = 128, /* lines are fetched in pairs */
	HUGE_SIZE = 2 << 20,
	POISON = 0xdb,
};

static size_t
round_up(size_t size, size_t to)
{
	return (size + to - 1) / to * to;
}

/* A large page is taken whole: below some of them it would be a waste. */
void *
region_alloc(size_t size)
{
	bool huge = size >= 2 * HUGE_SIZE;
	size_t align = huge ? HUGE_SIZE : LINES_SIZE;
	void *region;

	if (size > SIZE_MAX / 2)
		return NULL;
	region = aligned_alloc(align, round_up(size + !size, align));
	if (region && huge)
		madvise(region, round_up(size, align), MADV_HUGEPAGE);
	return region;
}

/* Huge pages behind what is used would come with the first write there. */
void
region_trim(void *region, size_t used, size_t size)
{
	size_t kept = round_up(used, HUGE_SIZE);

	if (size >= 2 * HUGE_SIZE && kept < size)
		madvise((char *)region + kept, size - kept, MADV_NOHUGEPAGE);
}

void
region_poison(void *memory, size_t size)
{
	if (strcmp(TRUESRC_VARIANT, "release") != 0)
		memset(memory, POISON, size);
}
