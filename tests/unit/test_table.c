/* SPDX-License-Identifier: Apache-2.0 */
#include <libcidr.h>

#include "tests/unit/table_model.h"

/* Tables as they are built, against a linear scan; that against libcidr. */

/* ---- sets of every shape ---- */

typedef void shape_f(struct model *model);

static struct model_member *
member_of(struct model *model, unsigned m)
{
	if (model->count <= m)
		model->count = m + 1;
	return &model->members[m];
}

static void
few(struct model *model)
{
	for (unsigned m = 0; m < 5; m++)
		for (size_t i = draw_below(12); i-- > 0;) {
			model_append(member_of(model, m),
			    ipv4((uint32_t)draw() & 0xff0000ff,
				(unsigned)draw_below(33)));
			model_append(member_of(model, m),
			    ipv6(draw() & UINT64_C(0xff00000000000001),
				draw() & UINT64_C(0x80000000000000ff),
				(unsigned)draw_below(129)));
		}
}

/* All over the family, as lists of networks are. */
static void
mixed(struct model *model)
{
	for (unsigned m = 0; m < 3; m++)
		for (int i = 0; i < 400; i++) {
			model_append(member_of(model, m),
			    ipv4((uint32_t)draw(),
				8 + (unsigned)draw_below(25)));
			model_append(member_of(model, m),
			    ipv6(UINT64_C(0x2001) << 48 |
				     (draw() & UINT64_C(0x000f00030007000f)),
				draw() & UINT64_C(0xf00000070000000f),
				16 + (unsigned)draw_below(113)));
		}
}

/* Very many steps behind a few first bits. */
static void
crowded(struct model *model)
{
	for (unsigned m = 0; m < 2; m++)
		for (uint32_t i = 0; i < 900; i++) {
			model_append(member_of(model, m),
			    ipv4(0x0a000000 | (i * 2 + m) << 3,
				29 + (unsigned)draw_below(4)));
			model_append(member_of(model, m),
			    ipv6(UINT64_C(0x20010db8) << 32 | i * 8, draw(),
				62 + (unsigned)draw_below(8)));
			model_append(member_of(model, m),
			    ipv6(UINT64_C(0x20010db900000000), i * 64,
				120 + (unsigned)draw_below(9)));
		}
}

/* The ends of both families, and neighbours that touch. */
static void
edges(struct model *model)
{
	for (unsigned length = 1; length <= 32; length++) {
		model_append(member_of(model, 0), ipv4(0, length));
		model_append(member_of(model, 1), ipv4(UINT32_MAX, length));
		model_append(member_of(model, 2),
		    ipv4(UINT32_C(1) << (32 - length), length));
	}
	for (unsigned length = 1; length <= 128; length++) {
		model_append(member_of(model, 0), ipv6(0, 0, length));
		model_append(
		    member_of(model, 1), ipv6(UINT64_MAX, UINT64_MAX, length));
		model_append(member_of(model, 2),
		    ipv6(UINT64_C(0x20010db8ffffffff), UINT64_MAX, length));
	}
	for (uint32_t i = 0; i < 200; i++) {
		model_append(
		    member_of(model, i % 3), ipv6((uint64_t)i << 32, 0, 32));
		model_append(member_of(model, i % 3),
		    ipv6(UINT64_C(0x30000000) << 32, (uint64_t)i << 32, 96));
	}
}

/* Hosts, enough of them for hashes, in and beside networks. */
static void
hosts(struct model *model)
{
	member_of(model, 2)->changes = true;
	for (int i = 0; i < 1300; i++) {
		unsigned m = (unsigned)draw_below(3);

		model_append(&model->members[m],
		    ipv4(0xc0000000 | ((uint32_t)draw() & 0xffff), 32));
		model_append(&model->members[m],
		    ipv6(UINT64_C(0x20010db8) << 32 | (draw() & 0xff),
			draw() & 0xf, 128));
		model_append(&model->members[m],
		    ipv6(UINT64_C(0x20010db8) << 32 | (draw() & 0xfff), 0, 64));
		if (i % 10 == 0) {
			model_append(&model->members[m],
			    ipv4(0xc0000000 | ((uint32_t)draw() & 0xffff),
				20 + (unsigned)draw_below(12)));
			model_append(&model->members[m],
			    ipv6(UINT64_C(0x20010db8) << 32 | (draw() & 0xff),
				draw() & 0xf, 48 + (unsigned)draw_below(80)));
		}
	}
}

/* More combinations of hosts than a byte has. */
static void
many_kinds_of_hosts(struct model *model)
{
	for (uint32_t i = 0; i < 1500; i++)
		for (unsigned m = 0; m < 10; m++) {
			member_of(model, m)->changes = m == 0;
			if (!(i >> m & 1))
				continue;
			model_append(&model->members[m], ipv4(i * 0x10001, 32));
			model_append(&model->members[m],
			    ipv6(i * UINT64_C(0x100010001), i, 128));
		}
}

static const struct shape {
	const char *name;
	shape_f *fill;
	int rounds;
	size_t most; /* of a member's prefixes to look around at */
} shapes[] = {
    {"few", few, 60, 1000},
    {"mixed", mixed, 2, 1000},
    {"crowded", crowded, 1, 500},
    {"edges", edges, 1, 1000},
    {"hosts", hosts, 1, 500},
    {"many kinds of hosts", many_kinds_of_hosts, 1, 40},
};

enum { SHAPES = sizeof(shapes) / sizeof(*shapes) };

/* Single prefixes and packed ones in turn. */
START_TEST(agrees_with_a_linear_scan)
{
	const struct shape *shape = &shapes[_i % SHAPES];

	state = UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)_i;
	for (int round = 0; round < shape->rounds; round++) {
		struct model model = {0};

		shape->fill(&model);
		for (unsigned m = 0; m < model.count; m++)
			model.members[m].packed =
			    (m + (unsigned)round) % 2 == 0;
		model_build(&model);
		model_check_all(&model, shape->most, shape->name);
		model_fini(&model);
	}
}
END_TEST

/* ---- large sets: a scan takes long, so only some of it is looked at ---- */

/* No two touch, so that each makes two steps; members in turn. */
static void
nets_of(struct model *model, uint32_t count, unsigned length)
{
	for (uint32_t i = 0; i < count; i++)
		model_append(
		    member_of(model, i % 3), ipv4(i << (33 - length), length));
}

static const struct large {
	uint32_t count;
	unsigned length;
} larges[] = {{40000, 29}, {70000, 31}, {130000, 29}, {300500, 31}, {70000, 32},
    {320000, 30}};

START_TEST(large_sets)
{
	const struct large *large = &larges[_i];
	struct model model = {0};

	state = 77 + (uint64_t)_i;
	nets_of(&model, large->count, large->length);
	for (uint32_t i = 0; i < large->count / 4; i++)
		model_append(
		    member_of(&model, 3), ipv6(UINT64_C(0x20010db8) << 32 | i,
					      0, 63 + (unsigned)draw_below(2)));
	for (unsigned m = 0; m < model.count; m++)
		model.members[m].packed = true;
	model_build(&model);
	model_check_all(&model, 4, "large");
	model_fini(&model);
}
END_TEST

/* Each of 2^17 hosts in a combination of members of its own. */
START_TEST(more_combinations_than_numbers)
{
	struct model model = {.count = 40};
	bool hosts_alone = _i == 0;

	state = 5;
	for (uint32_t i = 1; i < 1 << 17; i++)
		for (unsigned m = 0; m < 17; m++)
			if (i >> m & 1)
				model_append(&model.members[2 * m],
				    ipv4(i << 3, hosts_alone ? 32 : 31));
	for (unsigned m = 0; m < model.count; m++)
		model.members[m].packed = true;
	model_build(&model);
	for (uint32_t i = 0; i < 1 << 17; i++) {
		struct address address = ipv4(i << 3, 32).address;
		uint64_t due = 0;

		for (unsigned m = 0; m < 17; m++)
			due |= (uint64_t)(i >> m & 1) << 2 * m;
		ck_assert_uint_eq(table_lookup(model.table, &address), due);
		address.lo += 2;
		ck_assert_uint_eq(table_lookup(model.table, &address), 0);
	}
	model_fini(&model);
}
END_TEST

/* ---- bounds ---- */

static unsigned
most_steps(const struct model *model)
{
	unsigned most = 0;

	for (unsigned m = 0; m < model->count; m++)
		for (size_t i = 0; i < model->members[m].count; i++) {
			struct range range =
			    prefix_range(&model->members[m].prefixes[i]);
			struct address behind = step(range.last, 1);
			unsigned a = table_steps(model->table, &range.first);
			unsigned b = table_steps(model->table, &behind);

			most = a > most ? a : most;
			most = b > most ? b : most;
		}
	return most;
}

/* Whoever chooses the prefixes, a lookup stays within these lines. */
START_TEST(steps_are_bounded)
{
	static const struct {
		unsigned family, length, shift, most;
	} rows[] = {
	    {4, 31, 2, 5},   /* the whole set in a few blocks */
	    {4, 32, 1, 10},  /* hosts in a row */
	    {4, 32, 16, 10}, /* hosts far apart */
	    {4, 24, 9, 4},
	    {6, 63, 66, 9}, /* all in one /32 */
	    {6, 64, 64, 20},
	    {6, 127, 2, 10}, /* all in one /64 */
	    {6, 128, 1, 30},
	    {6, 96, 33, 10},
	    {6, 32, 97, 6},
	};
	struct model model = {0};

	for (uint64_t i = 0; i < 120000; i++) {
		unsigned shift = rows[_i].shift;
		uint64_t hi = shift >= 64  ? i << (shift - 64)
			      : shift > 40 ? i >> (64 - shift)
					   : 0;

		model_append(member_of(&model, 0),
		    rows[_i].family == 4
			? ipv4((uint32_t)(i << shift), rows[_i].length)
			: ipv6(hi | UINT64_C(0x20010000) << 32,
			      shift >= 64 ? 0 : i << shift, rows[_i].length));
	}
	model.members[0].packed = true;
	model_build(&model);
	ck_assert_uint_le(most_steps(&model), rows[_i].most);
	model_fini(&model);
}
END_TEST

START_TEST(memory_is_bounded)
{
	struct model model = {0};

	state = 11;
	for (uint32_t i = 0; i < 200000; i++)
		model_append(member_of(&model, 0), ipv4((uint32_t)draw(), 32));
	model.members[0].packed = true;
	model_build(&model);
	ck_assert_uint_le(table_size(model.table), 200000 * 16);
	model_fini(&model);
	for (uint32_t i = 0; i < 200000; i++)
		model_append(
		    member_of(&model, 0), ipv6(draw() >> 3 | UINT64_C(1) << 61,
					      draw(), i & 1 ? 64 : 128));
	model.members[0].packed = true;
	model_build(&model);
	ck_assert_uint_le(table_size(model.table), 200000 * 24);
	model_fini(&model);
}
END_TEST

/* ---- by hand ---- */

static struct prefix
draw_prefix(void)
{
	if (draw() >> 63)
		return ipv4(
		    (uint32_t)draw() & 0xff0000ff, (unsigned)draw_below(33));
	return ipv6(draw() & UINT64_C(0xff00000000000001),
	    draw() & UINT64_C(0x80000000000000ff), (unsigned)draw_below(129));
}

/* cidr_from_str() looks at bytes before a short text: give it some. */
static CIDR *
cidr_of(const char *text)
{
	char padded[16 + PREFIX_TEXT_SIZE] = {0};

	strcpy(padded + 16, text);
	return cidr_from_str(padded + 16);
}

START_TEST(scan_agrees_with_libcidr)
{
	state = 42;
	for (int i = 0; i < 20000; i++) {
		struct prefix prefix = draw_prefix();
		struct address address = draw_prefix().address;
		char a[PREFIX_TEXT_SIZE], b[ADDRESS_TEXT_SIZE];
		CIDR *big, *little;

		if (prefix.address.family != address.family)
			continue;
		prefix_format(&prefix, a);
		address_format(&address, b);
		big = cidr_of(a);
		little = cidr_of(b);
		ck_assert_ptr_nonnull(big);
		ck_assert_ptr_nonnull(little);
		ck_assert_msg((cidr_contains(big, little) == 0) ==
				  prefix_contains(&prefix, &address),
		    "%s in %s", b, a);
		cidr_free(big);
		cidr_free(little);
	}
}
END_TEST

static struct prefix
prefix_of(const char *text)
{
	struct prefix prefix;

	ck_assert_int_eq(prefix_parse(view_of(text), &prefix), PREFIX_OK);
	return prefix;
}

static uint64_t
lookup(const struct table *table, const char *text)
{
	struct address address;

	ck_assert(address_parse(view_of(text), &address));
	return table_lookup(table, &address);
}

START_TEST(union_of_all_covering_prefixes)
{
	struct prefix office[] = {
	    prefix_of("10.0.0.0/8"), prefix_of("2001:db8::/32")};
	struct prefix bans[] = {prefix_of("10.1.2.3"), prefix_of("10.1.0.0/16"),
	    prefix_of("255.255.255.255"), prefix_of("2001:db8::1")};
	struct table_member members[] = {
	    {.prefixes = office, .count = 2}, {.prefixes = bans, .count = 4}};
	struct table *table = table_build(members, 2, seed);
	struct address none = {0};

	ck_assert_ptr_nonnull(table);
	ck_assert_uint_eq(lookup(table, "10.1.2.3"), 3);
	ck_assert_uint_eq(lookup(table, "10.1.2.4"), 3);
	ck_assert_uint_eq(lookup(table, "10.2.0.0"), 1);
	ck_assert_uint_eq(lookup(table, "9.255.255.255"), 0);
	ck_assert_uint_eq(lookup(table, "11.0.0.0"), 0);
	ck_assert_uint_eq(lookup(table, "255.255.255.255"), 2);
	ck_assert_uint_eq(lookup(table, "0.0.0.0"), 0);
	ck_assert_uint_eq(lookup(table, "2001:db8::1"), 3);
	ck_assert_uint_eq(lookup(table, "2001:db8::2"), 1);
	ck_assert_uint_eq(lookup(table, "::ffff:10.1.2.3"), 0);
	ck_assert_uint_eq(table_lookup(table, &none), 0);
	table_free(table);
}
END_TEST

/* One member may be given in both ways; what it holds is all of it. */
START_TEST(packed_and_single)
{
	struct prefixes_builder builder = {0};
	struct prefix wide = prefix_of("10.0.0.0/8");
	struct prefix single[] = {
	    prefix_of("10.1.0.0/16"), prefix_of("11.0.0.0/8")};
	struct table_member member = {.prefixes = single, .count = 2};
	struct prefixes *packed;
	struct table *table;

	prefixes_add(&builder, &wide);
	packed = prefixes_finish(&builder);
	member.packed = packed;
	table = table_build(&member, 1, seed);
	ck_assert_ptr_nonnull(table);
	prefixes_unref(packed);
	ck_assert_uint_eq(lookup(table, "10.1.255.255"), 1);
	ck_assert_uint_eq(lookup(table, "10.255.255.255"), 1);
	ck_assert_uint_eq(lookup(table, "11.255.255.255"), 1);
	ck_assert_uint_eq(lookup(table, "12.0.0.0"), 0);
	table_free(table);
}
END_TEST

START_TEST(sixty_four_members)
{
	struct prefix prefixes[TABLE_MEMBERS_MAX];
	struct table_member members[TABLE_MEMBERS_MAX] = {{0}};
	struct table *table;

	for (unsigned m = 0; m < TABLE_MEMBERS_MAX; m++) {
		prefixes[m] = prefix_of("192.0.2.0/24");
		members[m].prefixes = &prefixes[m];
		members[m].count = 1;
	}
	table = table_build(members, TABLE_MEMBERS_MAX, seed);
	ck_assert_uint_eq(lookup(table, "192.0.2.1"), UINT64_MAX);
	ck_assert_uint_eq(lookup(table, "192.0.3.0"), 0);
	table_free(table);
}
END_TEST

START_TEST(no_members_hold_nothing)
{
	struct table *table = table_build(NULL, 0, seed);

	ck_assert_uint_eq(lookup(table, "192.0.2.1"), 0);
	ck_assert_uint_eq(lookup(table, "::1"), 0);
	ck_assert_uint_gt(table_size(table), 0);
	table_free(table);
	table_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("table");
	TCase *cases = tcase_create("table");

	tcase_set_timeout(cases, 120);
	tcase_add_test(cases, union_of_all_covering_prefixes);
	tcase_add_test(cases, packed_and_single);
	tcase_add_test(cases, sixty_four_members);
	tcase_add_test(cases, no_members_hold_nothing);
	tcase_add_test(cases, scan_agrees_with_libcidr);
	tcase_add_loop_test(cases, agrees_with_a_linear_scan, 0, 2 * SHAPES);
	tcase_add_loop_test(
	    cases, large_sets, 0, sizeof(larges) / sizeof(*larges));
	tcase_add_loop_test(cases, more_combinations_than_numbers, 0, 2);
	tcase_add_loop_test(cases, steps_are_bounded, 0, 10);
	tcase_add_test(cases, memory_is_bounded);
	suite_add_tcase(suite, cases);
	return run_suite(suite);
}
