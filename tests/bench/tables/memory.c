/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/tables/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20, LINE = 64 };

_Noreturn void
memory_out(void)
{
	fputs("out of memory\n", stderr);
	exit(1);
}

static void *
checked(void *memory)
{
	if (memory == NULL)
		memory_out();
	return memory;
}

static size_t
rounded(size_t size, size_t to)
{
	return (size + to - 1) / to * to;
}

/* A mapping that begins where a huge page may. */
static void *
huge(size_t size)
{
	size_t room = rounded(size, HUGE_PAGE) + HUGE_PAGE;
	uint8_t *all = mmap(NULL, room, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *memory;
	size_t before;

	if (all == MAP_FAILED)
		return NULL;
	memory = (uint8_t *)rounded((uintptr_t)all, HUGE_PAGE);
	before = (size_t)(memory - all);
	if (before > 0)
		munmap(all, before);
	munmap(memory + rounded(size, HUGE_PAGE), HUGE_PAGE - before);
	madvise(memory, rounded(size, HUGE_PAGE), MADV_HUGEPAGE);
	return memory;
}

void *
memory_new(size_t count, size_t size)
{
	size_t bytes = rounded(count * size + 1, LINE);
	void *memory;

	if (bytes >= HUGE_PAGE)
		return checked(huge(bytes));
	memory = checked(aligned_alloc(LINE, bytes));
	memset(memory, 0, bytes);
	return memory;
}

void
memory_free(void *memory, size_t count, size_t size)
{
	size_t bytes = rounded(count * size + 1, LINE);

	if (memory == NULL)
		return;
	if (bytes >= HUGE_PAGE)
		munmap(memory, rounded(bytes, HUGE_PAGE));
	else
		free(memory);
}

void *
memory_array(size_t count, size_t size)
{
	return checked(malloc(count * size + 1));
}

void *
memory_more(void *memory, size_t count, size_t size)
{
	return checked(realloc(memory, count * size + 1));
}
