/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_DYNAMIC_TEXTS_H
#define AGENT_DYNAMIC_TEXTS_H

/*
 * Short texts, each kept once however many entries share it, and known by a
 * number of 32 bits. Number 0 is the empty text.
 */

#include <stdint.h>

#include "proto/text/view.h"

struct text;

/* Zero-initialised, but for the key. */
struct texts {
	uint64_t
	    key[2]; /* of the hash: secret, texts may be chosen by others */
	struct text *slots;
	uint32_t count; /* slots that were ever used, the first one never is */
	uint32_t room;
	uint32_t free; /* the first of a chain, or 0 */
	uint32_t *buckets;
	uint32_t bucket_count; /* a power of two, or 0 */
	uint32_t used;
	size_t bytes; /* of the texts themselves */
};

void texts_fini(struct texts *texts);

/* Takes one more reference to the text; false when memory ran out. */
bool texts_take(struct texts *texts, struct view text, uint32_t *number);
void texts_release(struct texts *texts, uint32_t number);

/* Lives until its last reference is released. */
struct view texts_get(const struct texts *texts, uint32_t number);

size_t texts_size(const struct texts *texts); /* bytes */

#endif
