/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_NETS6_H
#define AGENT_TABLE_NETS6_H

#include "agent/table/dxr.h"
#include "agent/table/lanes.h"

/*
 * IPv6 in pieces of 32 bits. The first one is looked up in a hash, tops, of
 * all /32 inside which something changes, and of lone /32s; what it does not
 * have is in shorts, by the first 32 bits alone. The hash gives a word: a
 * class, or a wide block whose keys are the next 32 bits and whose words go on
 * in the same manner, up to three blocks deep. A block below another one
 * stands for one key.
 *
 * A change makes new blocks along its path and exchanges one lane of the hash.
 */
struct nets6 {
	struct wide_lanes tops;
	struct dxr shorts;
	struct blocks blocks;
};

static inline uint32_t
nets6_piece(uint64_t hi, uint64_t lo, unsigned stage)
{
	return (uint32_t)(stage == 0 ? hi : stage == 1 ? lo >> 32 : lo);
}

/* The bits that choose the bucket, and the same ones for the lane. */
static inline uint64_t
nets6_mix(const struct nets6 *nets, uint32_t top)
{
	uint64_t mixed = mix_narrow(&nets->tops.mixer, top);

	return mixed << 32 | mixed;
}

HOT uint32_t
nets6_find(const struct nets6 *nets, uint64_t hi, uint64_t lo, unsigned *steps)
{
	uint32_t top = (uint32_t)(hi >> 32);
	uint32_t word =
	    (uint32_t)wide_find(&nets->tops, nets6_mix(nets, top), steps);

	if (word == 0)
		return dxr_find(&nets->shorts, top, steps, NULL);
	for (unsigned stage = 0; word_is_block(word); stage++) {
		if (steps)
			++*steps;
		word = block_wide(
		    &nets->blocks, word, nets6_piece(hi, lo, stage), steps);
	}
	return word_class(word);
}

/* ---- building: steps in order, the first one at 0 ---- */

struct nets6_stage {
	uint64_t *entries;
	size_t count;
	size_t room;
	uint32_t key; /* the piece that the stage is inside of */
};

struct nets6_builder {
	struct nets6 *nets;
	struct dxr_builder shorts;
	struct nets6_stage stages[EDIT_STAGES];
	unsigned depth;        /* stages that are open */
	wide at;               /* the last step */
	uint32_t class_;       /* from it on */
	uint32_t shorts_class; /* the last one given to shorts */
	uint32_t pending;      /* a step of shorts that may be a lone /32 */
	uint32_t pending_class;
	bool has_pending;
	bool starved;
	bool crowded; /* the hash did not work out: try another mixer */
};

struct nets6_counts {
	size_t steps;
	size_t tops;
	size_t shorts; /* steps at a multiple of a /32 */
};

bool nets6_begin(struct nets6_builder *builder, struct nets6 *nets,
    const struct nets6_counts *counts, struct mixer mixer, unsigned share);
void nets6_add(struct nets6_builder *builder, wide at, uint32_t class_);
bool nets6_end(struct nets6_builder *builder);

void nets6_fini(struct nets6 *nets);
size_t nets6_size(const struct nets6 *nets);

/* The span is within a /32; so is what is held. */
enum table_change nets6_assign(struct nets6 *nets, struct edit *edit);

/*
 * Does the member of the edit hold all of a /64, given by its 64 bits? Sets
 * failed when there is too much to look at.
 */
bool nets6_holds(const struct nets6 *nets, struct edit *edit, uint64_t half);

#endif
