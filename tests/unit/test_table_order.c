/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>

#include "tests/unit/table_model.h"

/*
 * A host goes as what covers it comes: it is held all the time, so no lookup
 * in between finds it in no list.
 */

enum { TURNS = 200000, OTHERS = 3000 };

struct scene {
	struct table *table;
	struct prefix narrow;
	struct prefix wide;
	atomic_bool over;
	atomic_uint phase;     /* odd while it is held */
	_Atomic uint64_t seen; /* epoch of the lookup, or 0 */
	_Atomic uint64_t epoch;
	uint64_t lookups;
	uint64_t missed;
};

static void *
look_on(void *argument)
{
	struct scene *scene = argument;

	while (!atomic_load(&scene->over)) {
		atomic_store(&scene->seen, atomic_load(&scene->epoch));
		for (int i = 0; i < 100; i++) {
			unsigned phase = atomic_load(&scene->phase);
			uint64_t found =
			    table_lookup(scene->table, &scene->narrow.address);

			if (phase % 2 == 0 ||
			    atomic_load(&scene->phase) != phase)
				continue;
			scene->lookups++;
			scene->missed += found != 1;
		}
		atomic_store(&scene->seen, 0);
	}
	return NULL;
}

static void
assign(
    struct scene *scene, const struct prefix *prefix, const struct prefix *held)
{
	uint64_t epoch = atomic_load(&scene->epoch) + 1, seen;

	ck_assert_int_ne(
	    table_assign(scene->table, 0, prefix, held, held ? 1 : 0, epoch),
	    TABLE_REBUILD);
	atomic_store(&scene->epoch, epoch);
	seen = atomic_load(&scene->seen);
	table_reclaim(scene->table, seen != 0 && seen < epoch ? seen : epoch);
}

START_TEST(held_all_the_time)
{
	struct model model = {.count = 1};
	struct scene scene = {.epoch = 1};
	pthread_t reader;
	bool v4 = _i == 0;

	state = 99;
	model.members[0].changes = true;
	for (uint32_t i = 0; i < OTHERS; i++) {
		uint64_t low = 2 * i + UINT64_C(1) * 4096;

		model_append(&model.members[0],
		    v4 ? ipv4((uint32_t)(0xc0000000 + low), 32)
		       : ipv6(UINT64_C(0x3000000000000000) + low, low,
			     i % 2 ? 128 : 64));
		if (i < 300)
			model_append(&model.members[0],
			    v4 ? ipv4(0x30000000 | i << 12, 24)
			       : ipv6(UINT64_C(0x40000000) << 32 | (uint64_t)i
								       << 30,
				     0, 48));
	}
	scene.narrow =
	    v4 ? ipv4(0x0a000007, 32)
	       : ipv6(UINT64_C(0x20010db8) << 32, 7, _i == 1 ? 128 : 64);
	scene.wide =
	    v4 ? ipv4(0x0a000000, 24)
	       : ipv6(UINT64_C(0x20010db8) << 32, 0, _i == 1 ? 64 : 56);
	model_append(&model.members[0], scene.narrow);
	model_build(&model);
	scene.table = model.table;
	ck_assert_int_eq(pthread_create(&reader, NULL, look_on, &scene), 0);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		atomic_fetch_add(&scene.phase, 1);
		assign(&scene, &scene.wide, &scene.wide);
		assign(&scene, &scene.narrow, &scene.narrow);
		atomic_fetch_add(&scene.phase, 1);
		assign(&scene, &scene.wide, NULL);
		assign(&scene, &scene.narrow, &scene.narrow);
	}
	atomic_store(&scene.over, true);
	pthread_join(reader, NULL);
	ck_assert_uint_gt(scene.lookups, 0);
	ck_assert_uint_eq(scene.missed, 0);
	model_fini(&model);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("table order");
	TCase *cases = tcase_create("order");

	tcase_set_timeout(cases, 120);
	tcase_add_loop_test(cases, held_all_the_time, 0, 3);
	suite_add_tcase(suite, cases);
	return run_suite(suite);
}
