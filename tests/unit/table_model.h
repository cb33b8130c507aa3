/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_TABLE_MODEL_H
#define TESTS_UNIT_TABLE_MODEL_H

/*
 * The oracle of the tables: members as plain arrays of prefixes, and a linear
 * scan. What is in a table must be what a scan of all of it says.
 */

#include <check.h>
#include <stdlib.h>

#include "agent/table/table.h"

static const uint64_t seed[2] = {
    UINT64_C(0x243f6a8885a308d3), UINT64_C(0x13198a2e03707344)};

struct model_member {
	struct prefix *prefixes;
	size_t count;
	size_t room;
	bool changes;
	bool packed; /* given to the table as a packed set */
};

struct model {
	struct model_member members[TABLE_MEMBERS_MAX];
	unsigned count;
	struct table *table;
};

static uint64_t state;

/* xorshift64*: seeded, so that a failure repeats. */
static inline uint64_t
draw(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(2685821657736338717);
}

static inline size_t
draw_below(size_t bound)
{
	return (size_t)(draw() >> 11) % bound;
}

static inline struct prefix
ipv4(uint32_t address, unsigned length)
{
	struct prefix prefix = {{0, address, ADDRESS_IPV4}, (uint8_t)length};

	prefix.address = address_mask(prefix.address, length);
	return prefix;
}

static inline struct prefix
ipv6(uint64_t hi, uint64_t lo, unsigned length)
{
	struct prefix prefix = {{hi, lo, ADDRESS_IPV6}, (uint8_t)length};

	prefix.address = address_mask(prefix.address, length);
	return prefix;
}

/* ---- members ---- */

static inline size_t
model_find(const struct model_member *member, const struct prefix *prefix)
{
	size_t i = 0;

	while (
	    i < member->count &&
	    !(member->prefixes[i].length == prefix->length &&
		address_equal(&member->prefixes[i].address, &prefix->address)))
		i++;
	return i;
}

static inline void
model_append(struct model_member *member, struct prefix prefix)
{
	if (member->count == member->room) {
		member->room = member->room ? 2 * member->room : 64;
		member->prefixes = realloc(
		    member->prefixes, member->room * sizeof(*member->prefixes));
		ck_assert_ptr_nonnull(member->prefixes);
	}
	member->prefixes[member->count++] = prefix;
}

static inline void
model_fini(struct model *model)
{
	for (unsigned m = 0; m < model->count; m++)
		free(model->members[m].prefixes);
	table_free(model->table);
	*model = (struct model){0};
}

static inline struct prefixes *
model_pack(const struct model_member *member)
{
	struct prefixes_builder builder = {0};
	struct prefixes *packed;

	for (size_t i = 0; i < member->count; i++)
		prefixes_add(&builder, &member->prefixes[i]);
	packed = prefixes_finish(&builder);
	ck_assert_ptr_nonnull(packed);
	return packed;
}

static inline struct table *
model_table(const struct model *model)
{
	struct table_member members[TABLE_MEMBERS_MAX] = {{0}};
	struct prefixes *packed[TABLE_MEMBERS_MAX] = {0};
	struct table *table;

	for (unsigned m = 0; m < model->count; m++) {
		const struct model_member *member = &model->members[m];

		members[m].changes = member->changes;
		if (member->packed) {
			members[m].packed = packed[m] = model_pack(member);
			continue;
		}
		members[m].prefixes = member->prefixes;
		members[m].count = member->count;
	}
	table = table_build(members, model->count, seed);
	for (unsigned m = 0; m < model->count; m++)
		prefixes_unref(packed[m]);
	return table;
}

static inline void
model_build(struct model *model)
{
	table_free(model->table);
	model->table = model_table(model);
	ck_assert_ptr_nonnull(model->table);
}

/* ---- what it has to say ---- */

static inline uint64_t
model_scan(const struct model *model, const struct address *address)
{
	uint64_t bits = 0;

	for (unsigned m = 0; m < model->count; m++) {
		const struct model_member *member = &model->members[m];

		for (size_t i = 0; i < member->count; i++)
			if (prefix_contains(&member->prefixes[i], address)) {
				bits |= UINT64_C(1) << m;
				break;
			}
	}
	return bits;
}

static inline void
model_check(const struct model *model, struct address address, const char *when)
{
	char text[ADDRESS_TEXT_SIZE];
	uint64_t found = table_lookup(model->table, &address);
	uint64_t due = model_scan(model, &address);

	address_format(&address, text);
	ck_assert_msg(found == due, "%s: %s gives %#llx, not %#llx", when, text,
	    (unsigned long long)found, (unsigned long long)due);
}

static inline struct address
step(struct address address, int by)
{
	uint64_t before = address.lo;

	if (by > 0 && ++address.lo < before)
		address.hi++;
	if (by < 0 && --address.lo > before)
		address.hi--;
	if (address.family == ADDRESS_IPV4) {
		address.lo &= 0xffffffff;
		address.hi = 0;
	}
	return address;
}

static inline struct address
draw_inside(const struct prefix *prefix)
{
	struct address address = prefix->address, mask;

	mask = address_mask(
	    (struct address){UINT64_MAX, UINT64_MAX, address.family},
	    prefix->length);
	address.hi |= draw() & ~mask.hi;
	address.lo |= draw() & ~mask.lo;
	if (address.family == ADDRESS_IPV4) {
		address.hi = 0;
		address.lo &= 0xffffffff;
	}
	return address;
}

/* Both ends, one beside each, and something between. */
static inline void
model_check_around(
    const struct model *model, const struct prefix *prefix, const char *when)
{
	struct range range = prefix_range(prefix);

	for (int by = -1; by <= 1; by++) {
		model_check(model, step(range.first, by), when);
		model_check(model, step(range.last, by), when);
	}
	model_check(model, draw_inside(prefix), when);
}

/* Around every prefix, or around as many as most, and elsewhere. */
static inline void
model_check_all(const struct model *model, size_t most, const char *when)
{
	for (unsigned m = 0; m < model->count; m++) {
		const struct model_member *member = &model->members[m];
		size_t count = member->count;

		for (size_t i = 0; i < count && i < most; i++)
			model_check_around(model,
			    &member
				 ->prefixes[count <= most ? i
							  : draw_below(count)],
			    when);
	}
	for (int i = 0; i < 100; i++) {
		model_check(model, ipv4((uint32_t)draw(), 32).address, when);
		model_check(model, ipv6(draw(), draw(), 128).address, when);
	}
}

/* ---- changes, as the owner of the prefixes makes them ---- */

static inline bool
prefix_inside(const struct prefix *inner, const struct prefix *outer)
{
	return inner->length >= outer->length &&
	       prefix_contains(outer, &inner->address);
}

static inline int
prefix_order(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;
	int order = address_compare(&x->address, &y->address);

	return order ? order : (int)x->length - (int)y->length;
}

/* What the member holds of the prefix: it, the widest inside, or nothing. */
static inline size_t
model_held(const struct model_member *member, const struct prefix *prefix,
    struct prefix **held)
{
	size_t count = 0, kept = 0;

	*held = malloc((member->count + 1) * sizeof(**held));
	ck_assert_ptr_nonnull(*held);
	for (size_t i = 0; i < member->count; i++) {
		if (prefix_inside(prefix, &member->prefixes[i])) {
			(*held)[0] = *prefix;
			return 1;
		}
		if (prefix_inside(&member->prefixes[i], prefix))
			(*held)[count++] = member->prefixes[i];
	}
	qsort(*held, count, sizeof(**held), prefix_order);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 ||
		    !prefix_inside(&(*held)[i], &(*held)[kept - 1]))
			(*held)[kept++] = (*held)[i];
	return kept;
}

static inline enum table_change
model_assign(struct model *model, unsigned m, const struct prefix *prefix,
    uint64_t epoch)
{
	struct prefix *held;
	size_t count = model_held(&model->members[m], prefix, &held);
	enum table_change change =
	    table_assign(model->table, m, prefix, held, count, epoch);

	free(held);
	return change;
}

/* Puts it in if it is not there, or takes it out. */
static inline void
model_toggle(struct model *model, unsigned m, const struct prefix *prefix)
{
	struct model_member *member = &model->members[m];
	size_t at = model_find(member, prefix);

	if (at == member->count)
		model_append(member, *prefix);
	else
		member->prefixes[at] = member->prefixes[--member->count];
}

/* A program of one suite; cases are for the caller to add. */
static inline int
run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}

#endif
