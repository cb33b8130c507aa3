/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_POISON_H
#define AGENT_POISON_H

/*
 * Debug builds, and those with a sanitizer, spoil what was given back, so that
 * a stray read faults: pages cannot be read, and pointers in memory that is
 * about to be freed lead nowhere. Nothing happens in others.
 */

#include <stddef.h>

#ifdef TRUESRC_POISON

#include <string.h>
#include <sys/mman.h>

#include "agent/ensure.h"

enum { POISON = 0xdb }; /* no address begins so */

static inline void
poison(void *memory, size_t size)
{
	memset(memory, POISON, size);
	/* Or the compiler would see that nobody reads it. */
	__asm__ volatile("" : : "r"(memory) : "memory");
}

static inline void
poison_pages(void *pages, size_t size)
{
	ensure(mprotect(pages, size, PROT_NONE) == 0);
}

static inline void
unpoison_pages(void *pages, size_t size)
{
	ensure(mprotect(pages, size, PROT_READ | PROT_WRITE) == 0);
}

#else

static inline void
poison(void *memory, size_t size)
{
	(void)memory;
	(void)size;
}

static inline void
poison_pages(void *pages, size_t size)
{
	(void)pages;
	(void)size;
}

static inline void
unpoison_pages(void *pages, size_t size)
{
	(void)pages;
	(void)size;
}

#endif

#endif
