/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_DYNAMIC_MODEL_H
#define TESTS_UNIT_DYNAMIC_MODEL_H

/* What a dynamic list is compared with: an array, searched from end to end. */

#include <check.h>
#include <stdlib.h>

#include "agent/dynamic/dynamic.h"

/* xorshift64*: seeded, so that a failure repeats. */
static uint64_t state;

static inline uint64_t
draw(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(2685821657736338717);
}

static inline struct prefix
prefix_of(const char *text)
{
	struct prefix prefix;

	ck_assert_msg(
	    prefix_parse(view_of(text), &prefix) == PREFIX_OK, "%s", text);
	return prefix;
}

static inline struct address
address_of(const char *text)
{
	struct address address;

	ck_assert_msg(address_parse(view_of(text), &address), "%s", text);
	return address;
}

/* Few addresses and all lengths: much is there twice or nested. */
static inline struct prefix
draw_prefix(void)
{
	struct prefix prefix = {0};

	if (draw() & 1) {
		prefix.length = (uint8_t)(draw() % 33);
		prefix.address.family = ADDRESS_IPV4;
		prefix.address.lo = draw() & 0xc0010103;
	} else {
		prefix.length = (uint8_t)(draw() % 129);
		prefix.address.family = ADDRESS_IPV6;
		prefix.address.hi = draw() & UINT64_C(0xe000000100000101);
		prefix.address.lo = draw() & UINT64_C(0x8000000000010003);
	}
	prefix.address = address_mask(prefix.address, prefix.length);
	return prefix;
}

/* ---- the model: an array in order ---- */

enum { MODEL_MAX = 2000 };

struct row {
	struct prefix prefix;
	int64_t since;
	uint64_t ends;
	const char *reason;
	const char *who;
};

struct model {
	struct row rows[MODEL_MAX];
	size_t count;
};

static const char *const texts[] = {"", "scan", "sshd: 5 failures in 10 min",
    "x", "captcha", "a reason that nobody else has"};

static const char *
draw_text(void)
{
	return texts[draw() % (sizeof(texts) / sizeof(texts[0]))];
}

static inline int
order(const struct prefix *a, const struct prefix *b)
{
	int by_address = address_compare(&a->address, &b->address);

	return by_address != 0 ? by_address : a->length - b->length;
}

/* The place of the first row that is not before the prefix. */
static inline size_t
model_seek(const struct model *model, const struct prefix *prefix)
{
	size_t i = 0;

	while (i < model->count && order(&model->rows[i].prefix, prefix) < 0)
		i++;
	return i;
}

static inline bool
model_has(const struct model *model, size_t i, const struct prefix *prefix)
{
	return i < model->count && order(&model->rows[i].prefix, prefix) == 0;
}

static inline enum dynamic_result
model_add(struct model *model, const struct row *row)
{
	size_t i = model_seek(model, &row->prefix);
	bool there = model_has(model, i, &row->prefix);

	if (!there) {
		ck_assert_uint_lt(model->count, MODEL_MAX);
		memmove(&model->rows[i + 1], &model->rows[i],
		    (model->count++ - i) * sizeof(*row));
	}
	model->rows[i] = *row;
	return there ? DYNAMIC_RENEWED : DYNAMIC_NEW;
}

static inline enum dynamic_result
model_remove(struct model *model, const struct prefix *prefix)
{
	size_t i = model_seek(model, prefix);

	if (!model_has(model, i, prefix))
		return DYNAMIC_ABSENT;
	memmove(&model->rows[i], &model->rows[i + 1],
	    (--model->count - i) * sizeof(model->rows[0]));
	return DYNAMIC_GONE;
}

static inline bool
holds(const struct prefix *prefix, const struct address *address)
{
	return prefix->address.family == address->family &&
	       prefix_contains(prefix, address);
}

/* The longest one shorter than limit that holds the address, or NULL. */
static const struct row *
model_find(
    const struct model *model, const struct address *address, unsigned limit)
{
	const struct row *found = NULL;

	for (size_t i = 0; i < model->count; i++) {
		const struct row *row = &model->rows[i];

		if (row->prefix.length < limit &&
		    holds(&row->prefix, address) &&
		    (!found || row->prefix.length > found->prefix.length))
			found = row;
	}
	return found;
}

/* Is the row inside, and in no other row that is inside? */
static inline bool
is_widest_inside(
    const struct model *model, size_t i, const struct prefix *prefix)
{
	const struct prefix *row = &model->rows[i].prefix;

	if (row->length <= prefix->length || !holds(prefix, &row->address))
		return false;
	for (size_t k = 0; k < model->count; k++) {
		const struct prefix *other = &model->rows[k].prefix;

		if (other->length > prefix->length &&
		    other->length < row->length && holds(other, &row->address))
			return false;
	}
	return true;
}

static inline uint64_t
model_next_end(const struct model *model)
{
	uint64_t first = DYNAMIC_FOREVER;

	for (size_t i = 0; i < model->count; i++)
		if (model->rows[i].ends < first)
			first = model->rows[i].ends;
	return first;
}

#endif
