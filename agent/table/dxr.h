/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_DXR_H
#define AGENT_TABLE_DXR_H

#include "agent/table/blocks.h"
#include "agent/table/edit.h"

#include <stdatomic.h>

/*
 * Keys of 32 bits to classes: the first bits index an array of words, the
 * others are looked up in the narrow block that the word names. IPv4 as a
 * whole, and the first 32 bits of IPv6.
 *
 * A change exchanges one word of the array.
 */
struct dxr {
	_Atomic uint32_t *root; /* NULL: there is nothing */
	unsigned shift;
	struct blocks blocks;
};

enum { DXR_SHIFT_MIN = 12, DXR_SHIFT_MAX = 16 };

/* With large given, it is set instead of searching a block of several lines. */
HOT uint32_t
dxr_find(const struct dxr *dxr, uint32_t key, unsigned *steps, bool *large)
{
	uint32_t word = atomic_load_explicit(
	    &dxr->root[key >> dxr->shift], memory_order_acquire);

	if (steps)
		*steps += word_is_block(word) ? 2 : 1;
	if (!word_is_block(word))
		return word_class(word);
	if (large && word_is_large(word)) {
		*large = true;
		return 0;
	}
	return block_narrow(
	    &dxr->blocks, word, key & ((UINT32_C(1) << dxr->shift) - 1), steps);
}

/* ---- building: steps in order, the first one at 0 ---- */

struct dxr_builder {
	struct dxr *dxr;
	uint32_t *entries;
	size_t count;
	uint32_t slot; /* of the array, where entries belong */
	uint32_t class_;
	bool starved;
};

/* Expects that many steps; share more room for changes, in parts of 8. */
bool dxr_begin(struct dxr_builder *builder, struct dxr *dxr, unsigned shift,
    size_t steps, unsigned share);
void dxr_add(struct dxr_builder *builder, uint32_t key, uint32_t class_);

/* False when memory ran out, now or before; dxr_fini() is the caller's. */
bool dxr_end(struct dxr_builder *builder);

void dxr_fini(struct dxr *dxr);
size_t dxr_size(const struct dxr *dxr);

/* The span and what is held, of 32 bits, lie within one word of the array. */
enum table_change dxr_assign(struct dxr *dxr, struct edit *edit);

#endif
