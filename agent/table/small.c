/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/small.h"

#include <string.h>

#include "agent/table/region.h"

bool
small_gather(struct small_steps *steps, struct sweep *sweep, unsigned most)
{
	wide at;
	uint64_t mask;

	steps->count = 0;
	while (sweep_next(sweep, &at, &mask)) {
		if (steps->count == most)
			return false;
		steps->keys[steps->count] = at;
		steps->masks[steps->count++] = mask;
	}
	return true;
}

struct small4 *
small4_build(const struct small_steps *steps)
{
	struct small4 *small = region_alloc(sizeof(*small));

	if (!small)
		return NULL;
	small->count = steps->count;
	for (unsigned i = 0; i < SMALL_STEPS_MAX; i++) {
		unsigned from = i < steps->count ? i : steps->count - 1;
		int32_t key = key_biased((uint32_t)steps->keys[from]);

		small->keys[i / 4].narrow[i % 4] = key;
		small->masks[i] = steps->masks[from];
		if (i % LINE_KEYS == 0)
			small->level[i / LINE_KEYS / 4]
			    .narrow[i / LINE_KEYS % 4] = key;
	}
	return small;
}

struct small6 *
small6_build(const struct small_steps *steps)
{
	struct small6 *small = region_alloc(sizeof(*small));

	if (!small)
		return NULL;
	small->count = steps->count;
	memcpy(small->keys, steps->keys, sizeof(small->keys));
	memcpy(small->masks, steps->masks, sizeof(small->masks));
	return small;
}

void
small4_steps(const struct small4 *small, struct small_steps *steps)
{
	steps->count = small->count;
	for (unsigned i = 0; i < small->count; i++) {
		uint32_t key = (uint32_t)small->keys[i / 4].narrow[i % 4];

		steps->keys[i] = (uint32_t)key_biased(key);
		steps->masks[i] = small->masks[i];
	}
}

void
small6_steps(const struct small6 *small, struct small_steps *steps)
{
	steps->count = small->count;
	memcpy(steps->keys, small->keys, sizeof(steps->keys));
	memcpy(steps->masks, small->masks, sizeof(steps->masks));
}

/* False when there is no room for one more. */
static bool
append(struct small_steps *steps, wide key, uint64_t mask)
{
	if (steps->count > 0 && steps->masks[steps->count - 1] == mask)
		return true;
	if (steps->count == SMALL_STEPS_MAX)
		return false;
	steps->keys[steps->count] = key;
	steps->masks[steps->count++] = mask;
	return true;
}

static wide
lesser(wide a, wide b)
{
	return a < b ? a : b;
}

/* As in a slot of a dxr: what is new from key on, and up to where. */
static uint64_t
paint(
    const struct edit *edit, size_t *held, wide key, uint64_t mask, wide *last)
{
	const struct span *span;

	*last = lesser(*last, edit->span.last);
	while (*held < edit->count && edit->held[*held].last < key)
		++*held;
	if (*held == edit->count)
		return mask & ~edit->bit;
	span = &edit->held[*held];
	if (key < span->first) {
		*last = lesser(*last, span->first - 1);
		return mask & ~edit->bit;
	}
	*last = lesser(*last, span->last);
	return mask | edit->bit;
}

enum table_change
small_paint(const struct edit *edit, const struct small_steps *before,
    struct small_steps *after, enum address_family family)
{
	wide key = 0, last, end = wide_end(family);
	unsigned i = 0;
	size_t held = 0;
	bool changed = false;

	after->count = 0;
	for (;; key = last + 1) {
		uint64_t mask, now;

		while (i + 1 < before->count && before->keys[i + 1] <= key)
			i++;
		mask = now = before->masks[i];
		last = i + 1 < before->count ? before->keys[i + 1] - 1 : end;
		if (key < edit->span.first)
			last = lesser(last, edit->span.first - 1);
		else if (key <= edit->span.last)
			now = paint(edit, &held, key, mask, &last);
		changed |= now != mask;
		if (!append(after, key, now))
			return TABLE_REBUILD;
		if (last == end)
			return changed ? TABLE_CHANGED : TABLE_AS_BEFORE;
	}
}
