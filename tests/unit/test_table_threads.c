/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>

#include "tests/unit/table_model.h"

/*
 * Readers at full speed while one thread changes and reclaims. Each area of
 * addresses has one that is watched: a reader that saw no change begin or end
 * there during its lookup must get just what is due, not less and not more.
 * Memory that was retired too early is overwritten by then.
 */

enum { AREAS = 48, READERS = 2, BATCH = 64, MEMBERS = 3, CHANGES = 6000 };

struct watch {
	struct address address;
	atomic_uint begun; /* changes in its area */
	atomic_uint done;
	_Atomic uint64_t due;
};

struct reader {
	_Alignas(64) _Atomic uint64_t seen; /* the epoch it entered in, or 0 */
	pthread_t thread;
	struct hall *hall;
	unsigned long lookups;
	unsigned long compared;
	unsigned long wrong;
};

struct hall {
	struct model model;
	struct watch watches[AREAS];
	struct reader readers[READERS];
	_Atomic uint64_t epoch;
	atomic_bool over;
};

/* ---- readers ---- */

static void
look(struct reader *reader, struct watch *watch)
{
	unsigned done = atomic_load(&watch->done);
	uint64_t due = atomic_load(&watch->due);
	uint64_t found =
	    table_lookup(reader->hall->model.table, &watch->address);

	reader->lookups++;
	if (atomic_load(&watch->begun) != done) {
		reader->wrong += found >> MEMBERS != 0;
		return;
	}
	reader->compared++;
	reader->wrong += found != due;
}

static void *
read_on(void *argument)
{
	struct reader *reader = argument;
	struct hall *hall = reader->hall;
	unsigned at = 0;

	while (!atomic_load(&hall->over)) {
		atomic_store(&reader->seen, atomic_load(&hall->epoch));
		for (int i = 0; i < BATCH; i++, at = (at + 1) % AREAS)
			look(reader, &hall->watches[at]);
		atomic_store(&reader->seen, 0);
	}
	return NULL;
}

/* ---- the writer ---- */

static uint64_t
passed(struct hall *hall)
{
	uint64_t least = atomic_load(&hall->epoch);

	for (int i = 0; i < READERS; i++) {
		uint64_t seen = atomic_load(&hall->readers[i].seen);

		if (seen != 0 && seen < least)
			least = seen;
	}
	return least;
}

static struct prefix
draw_in_area(const struct hall *hall, unsigned area)
{
	struct address address = hall->watches[area].address;
	bool ipv4_area = address.family == ADDRESS_IPV4;
	unsigned length = ipv4_area ? 20 + (unsigned)draw_below(13)
				    : 48 + (unsigned)draw_below(81);
	uint64_t kind = draw_below(4);

	if (kind == 0)
		length = ipv4_area ? 32 : 128;
	if (kind == 1 && !ipv4_area)
		length = 64;
	if (kind == 2) { /* beside it, mostly */
		address.lo ^= draw() & 0xff;
		if (!ipv4_area)
			address.hi ^= draw() & 3;
	}
	return (struct prefix){address_mask(address, length), (uint8_t)length};
}

static void
change(struct hall *hall)
{
	unsigned area = (unsigned)draw_below(AREAS);
	unsigned m = (unsigned)draw_below(MEMBERS);
	struct watch *watch = &hall->watches[area];
	struct prefix prefix = draw_in_area(hall, area);
	uint64_t epoch = atomic_load(&hall->epoch) + 1;

	model_toggle(&hall->model, m, &prefix);
	atomic_fetch_add(&watch->begun, 1);
	if (model_assign(&hall->model, m, &prefix, epoch) == TABLE_REBUILD)
		model_toggle(&hall->model, m, &prefix);
	atomic_store(&watch->due, model_scan(&hall->model, &watch->address));
	atomic_fetch_add(&watch->done, 1);
	atomic_store(&hall->epoch, epoch);
	table_reclaim(hall->model.table, passed(hall));
}

/* ---- sets ---- */

static const struct hall_kind {
	const char *name;
	uint32_t nets;
	uint32_t hosts;
} kinds[] = {{"small", 0, 0}, {"nets", 300, 0}, {"hosts", 100, 1500}};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static void
furnish(struct hall *hall, const struct hall_kind *kind)
{
	struct model_member *members = hall->model.members;

	hall->model.count = MEMBERS;
	for (unsigned m = 0; m < MEMBERS; m++)
		members[m].changes = true;
	for (uint32_t i = 0; i < kind->nets; i++) {
		model_append(&members[0], ipv4(0xc0000000 | i << 12, 24));
		model_append(&members[0],
		    ipv6(
			UINT64_C(0x30000000) << 32 | (uint64_t)i << 30, 0, 48));
	}
	for (uint32_t i = 0; i < kind->hosts; i++) {
		model_append(&members[1], ipv4(0xd0000000 | i << 9, 32));
		model_append(
		    &members[1], ipv6(UINT64_C(0x40000000) << 32, i, 128));
		model_append(
		    &members[1], ipv6(UINT64_C(0x50000000) << 32 | i, 0, 64));
	}
	for (uint32_t i = 0; i < AREAS; i++) {
		struct watch *watch = &hall->watches[i];

		watch->address =
		    i % 2
			? ipv4(0x0a000000 | i << 12 | 77, 32).address
			: ipv6(UINT64_C(0x20010db8) << 32 | i << 16 | 1, 5, 128)
			      .address;
		atomic_init(&watch->due, 0);
	}
	model_build(&hall->model);
}

START_TEST(old_or_new)
{
	struct hall *hall = aligned_alloc(64, sizeof(*hall));
	unsigned long compared = 0;

	ck_assert_ptr_nonnull(hall);
	memset(hall, 0, sizeof(*hall));
	state = UINT64_C(0xabcdef) + (uint64_t)_i;
	atomic_init(&hall->epoch, 1);
	furnish(hall, &kinds[_i]);
	for (int i = 0; i < READERS; i++) {
		hall->readers[i].hall = hall;
		ck_assert_int_eq(pthread_create(&hall->readers[i].thread, NULL,
				     read_on, &hall->readers[i]),
		    0);
	}
	for (int i = 0; i < CHANGES; i++)
		change(hall);
	atomic_store(&hall->over, true);
	for (int i = 0; i < READERS; i++) {
		pthread_join(hall->readers[i].thread, NULL);
		ck_assert_msg(hall->readers[i].wrong == 0,
		    "%s: %lu of %lu wrong", kinds[_i].name,
		    hall->readers[i].wrong, hall->readers[i].lookups);
		compared += hall->readers[i].compared;
	}
	ck_assert_uint_gt(compared, 0);
	for (unsigned i = 0; i < AREAS; i++)
		model_check(
		    &hall->model, hall->watches[i].address, "at the end");
	model_fini(&hall->model);
	free(hall);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("table threads");
	TCase *cases = tcase_create("threads");

	tcase_set_timeout(cases, 240);
	tcase_add_loop_test(cases, old_or_new, 0, KINDS);
	suite_add_tcase(suite, cases);
	return run_suite(suite);
}
