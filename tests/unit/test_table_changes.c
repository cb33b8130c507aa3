/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/table_model.h"

/*
 * Long random sequences of changes, each compared with a scan: in the prefix
 * itself, around it, and now and then everywhere.
 */

typedef struct prefix draw_f(void);

static struct prefix
any_ipv4(void)
{
	return ipv4(0x0a000000 | ((uint32_t)draw() & 0xff1f),
	    20 + (unsigned)draw_below(13));
}

static struct prefix
host_ipv4(void)
{
	return ipv4(0x0a000000 | ((uint32_t)draw() & 0x3fff),
	    draw_below(8) ? 32 : 22 + (unsigned)draw_below(10));
}

/* The same bits again and again, so that prefixes cover one another. */
static struct prefix
any_ipv6(void)
{
	return ipv6(UINT64_C(0x20010db800000000) |
			(draw() & UINT64_C(0x0000000100018003)),
	    draw() & UINT64_C(0x8000000180000003),
	    48 + (unsigned)draw_below(81));
}

static struct prefix
host_ipv6(void)
{
	uint64_t kind = draw_below(10);

	return ipv6(UINT64_C(0x20010db800000000) | (draw() & 0x17ff),
	    draw() & 3,
	    kind < 4   ? 64
	    : kind < 8 ? 128
		       : 48 + (unsigned)draw_below(81));
}

static const struct shape {
	const char *name;
	draw_f *draw;
	size_t begin; /* prefixes that are there from the start */
	bool alone;   /* nothing else is: what is small stays so */
	int steps;
} shapes[] = {
    {"small IPv4", any_ipv4, 20, true, 3000},
    {"small IPv6", any_ipv6, 20, true, 3000},
    {"IPv4", any_ipv4, 200, false, 4000},
    {"IPv4 from nothing", any_ipv4, 0, false, 2000},
    {"hosts of IPv4", host_ipv4, 1500, false, 4000},
    {"IPv6", any_ipv6, 200, false, 4000},
    {"hosts of IPv6", host_ipv6, 4000, false, 4000},
};

enum { SHAPES = sizeof(shapes) / sizeof(*shapes), MEMBERS = 4 };

/* Prefixes elsewhere, so that the family is not small. */
static void
fill(struct model *model, const struct shape *shape)
{
	model->count = MEMBERS;
	for (unsigned m = 0; m < MEMBERS; m++)
		model->members[m].changes = true;
	for (uint32_t i = 0; i < 300 && !shape->alone; i++) {
		model_append(
		    &model->members[0], ipv4(0xc0000000 | i << 12, 24));
		model_append(&model->members[0],
		    ipv6(
			UINT64_C(0x30000000) << 32 | (uint64_t)i << 30, 0, 48));
	}
	for (size_t i = 0; i < shape->begin; i++) {
		struct prefix prefix = shape->draw();
		struct model_member *member =
		    &model->members[draw_below(MEMBERS)];

		if (model_find(member, &prefix) == member->count)
			model_append(member, prefix);
	}
}

struct tally {
	int changed;
	int as_before;
	int rebuilt;
};

static void
change_once(struct model *model, const struct shape *shape, uint64_t epoch,
    struct tally *tally)
{
	unsigned m = (unsigned)draw_below(MEMBERS);
	const struct model_member *member = &model->members[m];
	struct prefix prefix = shape->draw();

	if (member->count > 0 && draw() >> 63)
		prefix = member->prefixes[draw_below(member->count)];
	if (prefix.length < (prefix.address.family == ADDRESS_IPV4 ? 20 : 48))
		return;
	model_toggle(model, m, &prefix);
	switch (model_assign(model, m, &prefix, epoch)) {
	case TABLE_CHANGED:
		tally->changed++;
		break;
	case TABLE_AS_BEFORE:
		tally->as_before++;
		break;
	case TABLE_REBUILD:
		tally->rebuilt++;
		model_toggle(model, m, &prefix);
		model_check_around(model, &prefix, "as it was");
		model_toggle(model, m, &prefix);
		model_build(model);
		break;
	}
	model_check_around(model, &prefix, shape->name);
}

START_TEST(each_change_is_in_force)
{
	const struct shape *shape = &shapes[_i];
	struct model model = {0};
	struct tally tally = {0};

	state = UINT64_C(0xfeedface) + (uint64_t)_i;
	fill(&model, shape);
	model_build(&model);
	for (int i = 0; i < shape->steps; i++) {
		change_once(&model, shape, (uint64_t)i + 2, &tally);
		if (i % 7 == 0 && i > 20)
			table_reclaim(model.table, (uint64_t)i - 10);
		if (i % 1000 == 0)
			model_check_all(&model, 60, shape->name);
	}
	model_check_all(&model, 200, "at the end");
	ck_assert_int_gt(tally.changed, shape->steps / 4);
	ck_assert_int_lt(tally.rebuilt, shape->steps / 50);
	model_fini(&model);
}
END_TEST

/* The owner tells one after the other what changed at once, in any order. */
START_TEST(several_at_once)
{
	const struct shape *shape = &shapes[_i];
	struct model model = {0};

	state = UINT64_C(0xcafe) + (uint64_t)_i;
	fill(&model, shape);
	model_build(&model);
	for (int i = 0; i < 150; i++) {
		struct prefix changed[12];
		unsigned m = (unsigned)draw_below(MEMBERS);
		bool rebuild = false;
		int k;

		for (k = 0; k < 12; k++) {
			const struct model_member *member = &model.members[m];

			changed[k] = shape->draw();
			if (member->count > 0 && k % 2)
				changed[k] =
				    member->prefixes[draw_below(member->count)];
			if (changed[k].length <
			    (changed[k].address.family == ADDRESS_IPV4 ? 20
								       : 48))
				break;
			model_toggle(&model, m, &changed[k]);
		}
		for (int j = 0; j < k; j++)
			rebuild |= model_assign(&model, m, &changed[j],
				       (uint64_t)i) == TABLE_REBUILD;
		if (rebuild)
			model_build(&model);
		for (int j = 0; j < k; j++)
			model_check_around(&model, &changed[j], shape->name);
		table_reclaim(model.table, (uint64_t)i - (uint64_t)(i > 2) * 2);
	}
	model_check_all(&model, 200, shape->name);
	model_fini(&model);
}
END_TEST

/* ---- what cannot be done in place ---- */

START_TEST(wide_ones_want_a_new_table)
{
	static const struct {
		unsigned family, length;
	} rows[] = {{4, 19}, {4, 8}, {6, 47}, {6, 32}};
	struct model model = {0};

	state = 3;
	fill(&model, &shapes[2]);
	model_build(&model);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct prefix prefix =
		    rows[i].family == 4
			? ipv4(0x0a000000, rows[i].length)
			: ipv6(UINT64_C(0x20010db8) << 32, 0, rows[i].length);

		ck_assert_int_eq(
		    table_assign(model.table, 1, &prefix, &prefix, 1, 2),
		    TABLE_REBUILD);
	}
	model_check_all(&model, 100, "refused");
	model_fini(&model);
}
END_TEST

/* Until there is no room any more; then all is as it was. */
START_TEST(until_it_is_full)
{
	struct model model = {0};
	uint64_t grown = 0;

	state = 9;
	fill(&model, &shapes[2]);
	model_build(&model);
	for (uint64_t i = 0; i < 200000; i++) {
		struct prefix prefix =
		    _i == 0 ? ipv4(0x0b000000 | (uint32_t)i * 2, 32)
			    : ipv6(UINT64_C(0x20010db9) << 32, i * 2, 128);
		struct address before = step(step(prefix.address, -1), -1);

		if (table_assign(model.table, 2, &prefix, &prefix, 1, i + 2) ==
		    TABLE_REBUILD) {
			ck_assert_uint_eq(
			    table_lookup(model.table, &prefix.address), 0);
			break;
		}
		table_reclaim(model.table, i + 2);
		ck_assert_uint_eq(
		    table_lookup(model.table, &prefix.address), 4);
		if (i > 0)
			ck_assert_uint_eq(
			    table_lookup(model.table, &before), 4);
		grown++;
	}
	ck_assert_uint_gt(grown, 1000);
	ck_assert_uint_lt(grown, 200000);
	model_check_all(&model, 50, "full");
	model_fini(&model);
}
END_TEST

/* One host in and out over and over takes no more room than once. */
START_TEST(in_and_out)
{
	const struct shape *shape = &shapes[_i];
	struct model model = {0};
	struct prefix prefix;
	size_t size;

	state = 21;
	fill(&model, shape);
	model_build(&model);
	prefix = shape->draw();
	while (prefix.length < 64 && prefix.length != 32)
		prefix = shape->draw();
	for (unsigned i = 0; i < 1000; i++) {
		model_toggle(&model, 1, &prefix);
		ck_assert_int_ne(
		    model_assign(&model, 1, &prefix, i + 2), TABLE_REBUILD);
		model_check(&model, prefix.address, shape->name);
		table_reclaim(model.table, i);
		if (i == 100)
			size = table_size(model.table);
	}
	ck_assert_uint_le(table_size(model.table), size);
	model_fini(&model);
}
END_TEST

/*
 * As many hosts go as others come: the table finds room in place for many
 * times what it was built for, and a lookup stays within its bound.
 */
START_TEST(hosts_come_and_go)
{
	enum { HELD = 20000, TURNS = 200000, BEHIND = 50 };
	struct prefix *held = malloc(HELD * sizeof(*held));
	struct model model = {0};
	unsigned rebuilt = 0, steps = 0;

	state = 55;
	fill(&model, &shapes[2]);
	for (unsigned i = 0; i < HELD; i++) {
		held[i] = _i == 0 ? ipv4((uint32_t)draw() | 1, 32)
				  : ipv6(draw() | UINT64_C(1) << 61, draw(),
					_i == 1 ? 64 : 128);
		model_append(&model.members[2], held[i]);
	}
	model_build(&model);
	for (uint64_t i = 0; i < TURNS; i++) {
		struct prefix *old = &held[draw_below(HELD)];
		struct prefix gone = *old;

		*old = _i == 0 ? ipv4((uint32_t)draw() | 1, 32)
			       : ipv6(draw() | UINT64_C(1) << 61, draw(),
				     _i == 1 ? 64 : 128);
		rebuilt += table_assign(model.table, 2, &gone, NULL, 0,
			       i + 2) == TABLE_REBUILD;
		ck_assert_uint_eq(
		    table_lookup(model.table, &gone.address) & 4, 0);
		rebuilt += table_assign(model.table, 2, old, old, 1, i + 2) ==
			   TABLE_REBUILD;
		if (i > BEHIND)
			table_reclaim(model.table, i - BEHIND);
	}
	ck_assert_uint_eq(rebuilt, 0);
	for (unsigned i = 0; i < HELD; i++) {
		unsigned here = table_steps(model.table, &held[i].address);

		ck_assert_uint_eq(
		    table_lookup(model.table, &held[i].address) & 4, 4);
		steps = here > steps ? here : steps;
	}
	ck_assert_uint_le(steps, 34);
	free(held);
	model_fini(&model);
}
END_TEST

START_TEST(same_again_changes_nothing)
{
	const struct shape *shape = &shapes[_i];
	struct model model = {0};

	state = 33;
	fill(&model, shape);
	model_build(&model);
	for (unsigned m = 0; m < MEMBERS; m++)
		for (size_t i = 0; i < model.members[m].count && i < 100; i++) {
			struct prefix prefix = model.members[m].prefixes[i];
			enum table_change change;

			if (prefix.length < 20 ||
			    (prefix.address.family == ADDRESS_IPV6 &&
				prefix.length < 48))
				continue;
			change = model_assign(&model, m, &prefix, 2);
			ck_assert_int_ne(change, TABLE_REBUILD);
			ck_assert_int_eq(model_assign(&model, m, &prefix, 2),
			    TABLE_AS_BEFORE);
			model_check_around(&model, &prefix, shape->name);
		}
	model_fini(&model);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("table changes");
	TCase *cases = tcase_create("changes");

	tcase_set_timeout(cases, 240);
	tcase_add_loop_test(cases, each_change_is_in_force, 0, SHAPES);
	tcase_add_loop_test(cases, several_at_once, 0, SHAPES);
	tcase_add_test(cases, wide_ones_want_a_new_table);
	tcase_add_loop_test(cases, until_it_is_full, 0, 2);
	tcase_add_loop_test(cases, in_and_out, 0, SHAPES);
	tcase_add_loop_test(cases, hosts_come_and_go, 0, 3);
	tcase_add_loop_test(cases, same_again_changes_nothing, 0, SHAPES);
	suite_add_tcase(suite, cases);
	return run_suite(suite);
}
