/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/nets6.h"

#include <stdlib.h>

#include "agent/table/region.h"

enum {
	STAGE_ROOM_MIN = 64,
	/* A lone host brings three small blocks, and there are two steps. */
	GRANULES_PER_STEP = 4,
	ROOM_SPARE = 1 << 14,
	/* Steps of shorts, which crowd behind few first bits. */
	SHORTS_18 = 20000,
};

static bool
blocks_for(struct blocks *blocks, size_t steps, unsigned share)
{
	size_t used = steps * GRANULES_PER_STEP;

	return blocks_init(blocks,
	    used + used / 8 * share + (size_t)ROOM_SPARE * (share > 1 ? 4 : 1));
}

bool
nets6_begin(struct nets6_builder *builder, struct nets6 *nets,
    const struct nets6_counts *counts, struct mixer mixer, unsigned share)
{
	size_t tops = counts->tops + counts->shorts / 2;

	*builder = (struct nets6_builder){.nets = nets};
	*nets = (struct nets6){0};
	builder->starved = !dxr_begin(&builder->shorts, &nets->shorts,
	    counts->shorts < SHORTS_18 ? DXR_SHIFT_MAX : DXR_SHIFT_MAX - 2,
	    counts->shorts, 1);
	builder->starved |=
	    !wide_init(&nets->tops, tops + tops / 8 * share, mixer);
	builder->starved |= !blocks_for(&nets->blocks, counts->steps, share);
	return !builder->starved;
}

static void
top_put(struct nets6_builder *builder, uint32_t top, uint32_t word)
{
	struct nets6 *nets = builder->nets;
	uint64_t mixed = nets6_mix(nets, top);
	_Atomic uint64_t *lane = wide_lane(&nets->tops, mixed);

	builder->starved |= word == 0;
	if (!lane)
		builder->crowded = true;
	else if (atomic_load_explicit(lane, memory_order_relaxed) == 0)
		atomic_store_explicit(
		    lane, mixed << WORD_BITS | word, memory_order_relaxed);
}

/* ---- shorts, and lone /32s, which are better off in the hash ---- */

static void
pending_flush(struct nets6_builder *builder)
{
	if (!builder->has_pending)
		return;
	dxr_add(&builder->shorts, builder->pending, builder->pending_class);
	builder->shorts_class = builder->pending_class;
	builder->has_pending = false;
}

static void
shorts_add(struct nets6_builder *builder, uint32_t top, uint32_t class_)
{
	if (builder->has_pending && builder->pending + 1 == top &&
	    builder->shorts_class == class_) {
		/* Stays as it is where the hash has a block of it. */
		top_put(builder, builder->pending,
		    word_of_class(builder->pending_class));
		builder->has_pending = false;
		return;
	}
	if (builder->pending != top)
		pending_flush(builder);
	builder->has_pending = true;
	builder->pending = top;
	builder->pending_class = class_;
}

/* ---- what is inside a /32 ---- */

/* A step at a key that has one already replaces it. */
static void
stage_add(struct nets6_builder *builder, struct nets6_stage *stage,
    uint32_t key, uint32_t word)
{
	if (stage->count > 0 && stage->entries[stage->count - 1] >> 32 == key)
		stage->count--;
	if (stage->count == stage->room) {
		size_t room = stage->room ? 2 * stage->room : STAGE_ROOM_MIN;
		uint64_t *grown =
		    realloc(stage->entries, room * sizeof(*grown));

		if (!grown) {
			builder->starved = true;
			return;
		}
		stage->entries = grown;
		stage->room = room;
	}
	stage->entries[stage->count++] = (uint64_t)key << 32 | word;
}

/*
 * Behind a /32 it goes on with the class it ended with, which shorts do not
 * know if it began together with the /32.
 */
static void
top_close(struct nets6_builder *builder, uint32_t top, uint32_t word)
{
	uint32_t class_ = builder->has_pending ? builder->pending_class
					       : builder->shorts_class;

	top_put(builder, top, word);
	if (class_ != builder->class_ && top != UINT32_MAX)
		shorts_add(builder, top + 1, builder->class_);
}

/* The last stage becomes a block, and goes where it belongs. */
static void
stage_close(struct nets6_builder *builder)
{
	struct nets6_stage *stage = &builder->stages[--builder->depth];
	uint32_t word = blocks_put_wide(
	    &builder->nets->blocks, stage->entries, stage->count);

	builder->starved |= word == 0;
	if (builder->depth == 0) {
		top_close(builder, stage->key, word);
		return;
	}
	stage_add(builder, stage - 1, stage->key, word);
	if (stage->key != UINT32_MAX)
		stage_add(builder, stage - 1, stage->key + 1,
		    word_of_class(builder->class_));
}

static void
stage_open(struct nets6_builder *builder, wide at)
{
	unsigned depth = builder->depth++;
	struct nets6_stage *stage = &builder->stages[depth];

	stage->key = (uint32_t)(at >> (96 - 32 * depth));
	stage->count = 0;
	stage_add(builder, stage, 0, word_of_class(builder->class_));
}

static unsigned
depth_of(wide at)
{
	if ((uint32_t)at != 0)
		return 3;
	if ((uint64_t)at != 0)
		return 2;
	return (uint32_t)(at >> 64) != 0 ? 1 : 0;
}

void
nets6_add(struct nets6_builder *builder, wide at, uint32_t class_)
{
	unsigned depth = depth_of(at);
	wide moved = at ^ builder->at;

	while (!builder->starved && builder->depth > 0 &&
	       moved >> (128 - 32 * builder->depth) != 0)
		stage_close(builder);
	if (builder->starved)
		return;
	while (builder->depth < depth)
		stage_open(builder, at);
	if (depth == 0)
		shorts_add(builder, (uint32_t)(at >> 96), class_);
	else
		stage_add(builder, &builder->stages[depth - 1],
		    (uint32_t)(at >> (128 - 32 * (depth + 1))),
		    word_of_class(class_));
	builder->at = at;
	builder->class_ = class_;
}

bool
nets6_end(struct nets6_builder *builder)
{
	struct blocks *blocks = &builder->nets->blocks;

	while (!builder->starved && builder->depth > 0)
		stage_close(builder);
	pending_flush(builder);
	builder->starved |= !dxr_end(&builder->shorts);
	for (unsigned i = 0; i < EDIT_STAGES; i++)
		free(builder->stages[i].entries);
	if (!builder->starved)
		region_trim(blocks->base, blocks->used * sizeof(*blocks->base),
		    blocks->room * sizeof(*blocks->base));
	return !builder->starved && !builder->crowded;
}

void
nets6_fini(struct nets6 *nets)
{
	wide_fini(&nets->tops);
	dxr_fini(&nets->shorts);
	blocks_fini(&nets->blocks);
}

size_t
nets6_size(const struct nets6 *nets)
{
	return wide_size(&nets->tops) + dxr_size(&nets->shorts) +
	       nets->blocks.used * sizeof(*nets->blocks.base);
}
