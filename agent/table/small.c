/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/small.h"

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

/* The block's class of each step; behind the last one, its again. */
static void
number(const struct small_steps *steps, uint8_t classes[SMALL_STEPS_MAX],
    uint64_t masks[SMALL_STEPS_MAX])
{
	unsigned count = 0;

	for (unsigned i = 0; i < SMALL_STEPS_MAX; i++) {
		unsigned class_ = 0;

		if (i >= steps->count) {
			classes[i] = classes[i - 1];
			continue;
		}
		while (class_ < count && masks[class_] != steps->masks[i])
			class_++;
		if (class_ == count)
			masks[count++] = steps->masks[i];
		classes[i] = (uint8_t)class_;
	}
	while (count < SMALL_STEPS_MAX)
		masks[count++] = 0;
}

static wide
key_at(const struct small_steps *steps, unsigned i)
{
	return steps->keys[i < steps->count ? i : steps->count - 1];
}

struct small4 *
small4_build(const struct small_steps *steps)
{
	struct small4 *small = region_alloc(sizeof(*small));
	uint8_t classes[SMALL_STEPS_MAX];

	if (!small)
		return NULL;
	number(steps, classes, small->masks);
	for (unsigned i = 0; i < SMALL_STEPS_MAX; i++) {
		struct leaf4 *leaf = &small->leaves[i / LEAF4_KEYS];
		unsigned n = i / LEAF4_KEYS, in = i % LEAF4_KEYS;
		int32_t key = key_biased((uint32_t)key_at(steps, i));

		leaf->keys[in / 4].narrow[in % 4] = key;
		leaf->classes[in] = classes[i];
		leaf->count = steps->count;
		if (in == 0)
			small->level[n / 4].narrow[n % 4] = key;
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
	small->leaves = (steps->count + LEAF6_KEYS - 1) / LEAF6_KEYS;
	number(steps, small->classes, small->masks);
	for (unsigned i = 0; i < SMALL_STEPS_MAX; i++) {
		small->keys[i] = key_at(steps, i);
		if (i % LEAF6_KEYS == 0)
			small->level[i / LEAF6_KEYS] = small->keys[i];
	}
	return small;
}

void
small4_steps(const struct small4 *small, struct small_steps *steps)
{
	steps->count = small->leaves[0].count;
	for (unsigned i = 0; i < steps->count; i++) {
		const struct leaf4 *leaf = &small->leaves[i / LEAF4_KEYS];
		unsigned in = i % LEAF4_KEYS;
		uint32_t key = (uint32_t)leaf->keys[in / 4].narrow[in % 4];

		steps->keys[i] = (uint32_t)key_biased(key);
		steps->masks[i] = small->masks[leaf->classes[in]];
	}
}

void
small6_steps(const struct small6 *small, struct small_steps *steps)
{
	steps->count = small->count;
	for (unsigned i = 0; i < steps->count; i++) {
		steps->keys[i] = small->keys[i];
		steps->masks[i] = small->masks[small->classes[i]];
	}
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
