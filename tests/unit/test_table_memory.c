/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/shortage.h"
#include "tests/unit/table_model.h"

/*
 * Memory runs out wherever it can: a table is built or it is not, a change is
 * made or the table is as it was. What is lost the sanitizer sees.
 */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

void *
__wrap_malloc(size_t size)
{
	return refuses() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return refuses() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *memory, size_t size)
{
	return refuses() ? NULL : __real_realloc(memory, size);
}

void *
__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return refuses() ? NULL : __real_aligned_alloc(alignment, size);
}

/* Small in one family, or large in both; hosts in hashes or none. */
static const struct furniture {
	uint32_t nets;
	uint32_t hosts;
} furnitures[] = {{20, 0}, {300, 0}, {100, 1100}};

enum { FURNITURES = sizeof(furnitures) / sizeof(*furnitures) };

static const struct furniture *furniture;

static void
furnish(struct model *model)
{
	model->count = 3;
	for (unsigned m = 0; m < 3; m++)
		model->members[m].changes = true;
	for (uint32_t i = 0; i < furniture->nets; i++) {
		model_append(
		    &model->members[i % 3], ipv4(0x0a000000 | i << 12, 24));
		model_append(&model->members[i % 3],
		    ipv6(UINT64_C(0x20010db8) << 32 | (i << 16), i % 5,
			i % 2 ? 128 : 48));
	}
	for (uint32_t i = 0; i < furniture->hosts; i++) {
		model_append(&model->members[1], ipv4(0xc0000000 | i << 3, 32));
		model_append(&model->members[1],
		    ipv6(UINT64_C(0x20010db9) << 32 | i, 0, 64));
		model_append(&model->members[1],
		    ipv6(UINT64_C(0x20010dba) << 32, i, 128));
	}
	state = 4;
}

static void
build_attempt(unsigned good, bool once)
{
	struct model model = {0};

	furnish(&model);
	begin_refusing(good, once);
	model.table = model_table(&model);
	end_refusing();
	if (shortage.refused == 0)
		ck_assert_ptr_nonnull(model.table);
	if (model.table)
		model_check_all(&model, 3, "built");
	model_fini(&model);
}

START_TEST(built_or_not)
{
	furniture = &furnitures[_i];
	try_everywhere(build_attempt);
}
END_TEST

static const struct change {
	unsigned family;
	uint64_t hi, lo;
	unsigned length;
} changes[] = {
    {4, 0, 0xc0000008, 32},
    {4, 0, 0xc0000009, 32},
    {4, 0, 0x0a001100, 24},
    {4, 0, 0x0a002000, 20},
    {6, UINT64_C(0x20010dba00000000), 3, 128},
    {6, UINT64_C(0x20010db900000003), 0, 64},
    {6, UINT64_C(0x20010db800030000), 1, 128},
    {6, UINT64_C(0x20010db800040000), 0, 48},
    {6, UINT64_C(0x20010dbb00000000), 0, 56},
};

enum { CHANGES = sizeof(changes) / sizeof(*changes) };

static void
change_attempt(unsigned good, bool once)
{
	struct model model = {0};

	furnish(&model);
	model_build(&model);
	for (size_t i = 0; i < CHANGES; i++) {
		const struct change *change = &changes[i];
		struct prefix prefix =
		    change->family == 4
			? ipv4((uint32_t)change->lo, change->length)
			: ipv6(change->hi, change->lo, change->length);
		struct prefix *held;
		enum table_change result;
		size_t count;

		model_toggle(&model, 1, &prefix);
		count = model_held(&model.members[1], &prefix, &held);
		begin_refusing(good, once);
		result =
		    table_assign(model.table, 1, &prefix, held, count, i + 2);
		end_refusing();
		free(held);
		if (result == TABLE_REBUILD)
			model_toggle(&model, 1, &prefix);
		else
			ck_assert_int_eq(result, TABLE_CHANGED);
		model_check_around(&model, &prefix, "changed or not");
	}
	model_check_all(&model, 20, "at the end");
	model_fini(&model);
}

START_TEST(changed_or_not)
{
	furniture = &furnitures[_i];
	for (unsigned good = 0; good < 4; good++)
		for (int once = 0; once <= 1; once++)
			change_attempt(good, once);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("table memory");
	TCase *cases = tcase_create("memory");

	tcase_set_timeout(cases, 120);
	tcase_add_loop_test(cases, built_or_not, 0, FURNITURES);
	tcase_add_loop_test(cases, changed_or_not, 0, FURNITURES);
	suite_add_tcase(suite, cases);
	return run_suite(suite);
}
