/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/lists/coverage.h"
#include "conf/lists/prefixes.h"
#include "tests/unit/conf_tools.h"

/* ---- a naive model: prefixes in any order, each looked at ---- */

enum { MODEL_MAX = 400 };

struct model {
	struct prefix list[MODEL_MAX];
	size_t count;
};

static uint64_t state;

static uint64_t
dice(uint64_t sides)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % sides;
}

/* Few bits vary, so that prefixes nest, meet and repeat. */
static struct address
some_address(void)
{
	struct address address = {.family = ADDRESS_IPV4};

	if (dice(2) == 0) {
		address.lo = UINT64_C(0x0a000000) | dice(64) << 18 | dice(8);
		if (dice(8) == 0)
			address.lo = dice(UINT64_C(1) << 32);
		return address;
	}
	address = (struct address){
	    UINT64_C(0x20010db800000000) | dice(16) << 14 | dice(4),
	    dice(4) << 62 | dice(4), ADDRESS_IPV6};
	if (dice(8) == 0)
		address.hi = ~UINT64_C(0) - dice(4);
	return address;
}

static struct prefix
some_prefix(void)
{
	static const uint8_t ipv4[] = {1, 8, 10, 14, 24, 29, 31, 32};
	static const uint8_t ipv6[] = {1, 32, 46, 48, 63, 64, 65, 126, 128};
	struct address address = some_address();
	uint8_t length = address.family == ADDRESS_IPV4
			     ? ipv4[dice(sizeof(ipv4))]
			     : ipv6[dice(sizeof(ipv6))];

	return (struct prefix){address_mask(address, length), length};
}

static bool
same(const struct prefix *a, const struct prefix *b)
{
	return a->length == b->length &&
	       address_equal(&a->address, &b->address);
}

static int
order(const struct prefix *a, const struct prefix *b)
{
	int by_address = address_compare(&a->address, &b->address);

	return by_address != 0 ? by_address : a->length - b->length;
}

static bool
holds(const struct prefix *wider, const struct prefix *prefix)
{
	return wider->length < prefix->length &&
	       prefix_contains(wider, &prefix->address);
}

static bool
model_has(const struct model *model, const struct prefix *prefix)
{
	for (size_t i = 0; i < model->count; i++)
		if (same(&model->list[i], prefix))
			return true;
	return false;
}

static void
model_add(struct model *model, const struct prefix *prefix)
{
	if (!model_has(model, prefix))
		model->list[model->count++] = *prefix;
}

static const struct prefix *
model_find(const struct model *model, const struct address *address)
{
	const struct prefix *found = NULL;

	for (size_t i = 0; i < model->count; i++)
		if (prefix_contains(&model->list[i], address) &&
		    (found == NULL || found->length < model->list[i].length))
			found = &model->list[i];
	return found;
}

static bool
model_cover(const struct model *model, const struct prefix *prefix)
{
	for (size_t i = 0; i < model->count; i++)
		if (holds(&model->list[i], prefix))
			return true;
	return false;
}

/* Inside the prefix, and inside nothing else that is. */
static size_t
model_inside(const struct model *model, const struct prefix *prefix)
{
	size_t count = 0;

	for (size_t i = 0; i < model->count; i++) {
		bool widest = holds(prefix, &model->list[i]);

		for (size_t k = 0; k < model->count && widest; k++)
			widest = !(holds(prefix, &model->list[k]) &&
				   holds(&model->list[k], &model->list[i]));
		count += widest;
	}
	return count;
}

static struct prefixes *
make(struct model *model, size_t count)
{
	struct prefixes_builder builder = {.ipv4 = NULL};
	struct prefixes *prefixes;

	model->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct prefix prefix = some_prefix();

		model_add(model, &prefix);
		prefixes_add(&builder, &prefix);
	}
	prefixes = prefixes_finish(&builder);
	ck_assert_ptr_nonnull(prefixes);
	ck_assert_ptr_null(builder.ipv4);
	ck_assert_ptr_null(builder.ipv6);
	ck_assert_uint_eq(prefixes_count(prefixes), model->count);
	return prefixes;
}

/* ---- the set against the model ---- */

static void
check_order(const struct prefixes *prefixes, const struct model *model)
{
	for (size_t i = 0; i < prefixes_count(prefixes); i++) {
		struct prefix prefix = prefixes_at(prefixes, i);
		struct prefix before;

		ck_assert(model_has(model, &prefix));
		ck_assert(prefixes_has(prefixes, &prefix));
		ck_assert_uint_eq(i < prefixes->ipv4_count,
		    prefix.address.family == ADDRESS_IPV4);
		if (i == 0)
			continue;
		before = prefixes_at(prefixes, i - 1);
		ck_assert_int_lt(order(&before, &prefix), 0);
	}
}

static void
check_seek(const struct prefixes *prefixes, const struct address *address)
{
	size_t index = prefixes_seek(prefixes, address);
	struct prefix prefix;

	if (index > 0) {
		prefix = prefixes_at(prefixes, index - 1);
		ck_assert_int_lt(address_compare(&prefix.address, address), 0);
	}
	if (index < prefixes_count(prefixes)) {
		prefix = prefixes_at(prefixes, index);
		ck_assert_int_ge(address_compare(&prefix.address, address), 0);
	}
}

static void
check_find(const struct prefixes *prefixes, const struct model *model,
    const struct address *address)
{
	const struct prefix *expected = model_find(model, address);
	struct prefix found;

	ck_assert(
	    prefixes_find(prefixes, address, &found) == (expected != NULL));
	ck_assert(expected == NULL || same(expected, &found));
}

static void
check_inside(const struct prefixes *prefixes, const struct model *model,
    const struct prefix *prefix)
{
	struct prefix inside[MODEL_MAX];
	size_t expected = model_inside(model, prefix);
	size_t room = dice(4) == 0 ? dice(4) : MODEL_MAX;
	size_t count = prefixes_inside(prefixes, prefix, inside, room);

	if (expected <= room)
		ck_assert_uint_eq(count, expected);
	else
		ck_assert_uint_gt(count, room);
	for (size_t i = 0; i < count && i < room; i++) {
		ck_assert(holds(prefix, &inside[i]));
		ck_assert(model_has(model, &inside[i]));
		ck_assert(i == 0 || order(&inside[i - 1], &inside[i]) < 0);
		ck_assert(i == 0 ||
			  !prefix_contains(&inside[i - 1], &inside[i].address));
	}
}

START_TEST(agrees_with_the_model)
{
	struct model model;

	state = (uint64_t)_i * 2654435761U + 1;
	for (unsigned turn = 0; turn < 20; turn++) {
		struct prefixes *prefixes = make(&model, dice(MODEL_MAX));

		check_order(prefixes, &model);
		for (unsigned i = 0; i < 200; i++) {
			struct address address = some_address();
			struct prefix prefix = some_prefix();

			check_seek(prefixes, &address);
			check_find(prefixes, &model, &address);
			ck_assert(prefixes_has(prefixes, &prefix) ==
				  model_has(&model, &prefix));
			ck_assert(prefixes_cover(prefixes, &prefix) ==
				  model_cover(&model, &prefix));
			check_inside(prefixes, &model, &prefix);
		}
		prefixes_unref(prefixes);
	}
}
END_TEST

START_TEST(a_difference_makes_the_one_the_other)
{
	struct prefixes_change changes[2 * MODEL_MAX];
	struct model before_model, after_model;

	state = (uint64_t)_i * 40503U + 7;
	for (unsigned turn = 0; turn < 50; turn++) {
		struct prefixes *before = make(&before_model, dice(60));
		struct prefixes *after = make(&after_model, dice(60));
		size_t count =
		    prefixes_difference(before, after, changes, 2 * MODEL_MAX);
		size_t added = 0;

		for (size_t i = 0; i < count; i++) {
			ck_assert(prefixes_has(before, &changes[i].prefix) ==
				  !changes[i].added);
			ck_assert(prefixes_has(after, &changes[i].prefix) ==
				  changes[i].added);
			added += changes[i].added;
		}
		ck_assert_uint_eq(before_model.count + added - (count - added),
		    after_model.count);
		ck_assert_uint_eq(
		    prefixes_difference(before, after, changes, 3), count);
		ck_assert_uint_eq(
		    prefixes_difference(before, before, NULL, 0), 0);
		prefixes_unref(before);
		prefixes_unref(after);
	}
}
END_TEST

/* ---- by hand ---- */

static struct prefixes *
pack(const char *const *texts, size_t count)
{
	struct prefixes_builder builder = {.ipv4 = NULL};

	for (size_t i = 0; i < count; i++) {
		struct prefix prefix;

		ck_assert_int_eq(
		    prefix_parse(view_of(texts[i]), &prefix), PREFIX_OK);
		prefixes_add(&builder, &prefix);
	}
	return prefixes_finish(&builder);
}

static void
expect_at(const struct prefixes *prefixes, size_t index, const char *expected)
{
	struct prefix prefix = prefixes_at(prefixes, index);
	char text[PREFIX_TEXT_SIZE];

	ck_assert_str_eq(prefix_text(&prefix, text), expected);
}

START_TEST(small_sets_by_hand)
{
	static const char *const texts[] = {"2001:db8::/32", "10.1.0.0/16",
	    "10.0.0.0/8", "10.1.2.3", "10.1.0.0/16", "2001:db8::1"};
	static const char *const hosts[] = {"192.0.2.9", "192.0.2.1"};
	struct prefixes *prefixes = pack(texts, COUNT(texts));
	struct address address;
	struct prefix found;

	ck_assert_uint_eq(prefixes_count(prefixes), 5);
	expect_at(prefixes, 0, "10.0.0.0/8");
	expect_at(prefixes, 1, "10.1.0.0/16");
	expect_at(prefixes, 2, "10.1.2.3");
	expect_at(prefixes, 3, "2001:db8::/32");
	expect_at(prefixes, 4, "2001:db8::1");
	ck_assert(address_parse(VIEW("10.1.3.1"), &address));
	ck_assert(prefixes_find(prefixes, &address, &found));
	ck_assert_uint_eq(found.length, 16);
	address = (struct address){.family = ADDRESS_NONE};
	ck_assert(!prefixes_find(prefixes, &address, &found));
	ck_assert_uint_eq(prefixes_seek(prefixes, &address), 0);
	found = (struct prefix){address, 0};
	ck_assert(!prefixes_cover(prefixes, &found));
	ck_assert(!prefixes_has(prefixes, &found));
	ck_assert_uint_eq(
	    prefixes_size(prefixes), sizeof(*prefixes) + 3 * 5 + 2 * 17);
	prefixes_unref(prefixes);

	prefixes = pack(hosts, COUNT(hosts));
	ck_assert_ptr_null(prefixes->ipv4_lengths);
	expect_at(prefixes, 0, "192.0.2.1");
	ck_assert_uint_eq(prefixes_size(prefixes), sizeof(*prefixes) + 2 * 4);
	prefixes_unref(prefixes_ref(prefixes));
	expect_at(prefixes, 1, "192.0.2.9");
	prefixes_unref(prefixes);
	prefixes_unref(NULL);
}
END_TEST

START_TEST(nothing_in_it)
{
	struct prefixes_builder builder = {.ipv4 = NULL};
	struct prefixes *prefixes = prefixes_finish(&builder);
	struct address address = {.family = ADDRESS_IPV6};
	struct prefix everything = {address, 0};
	struct prefix found;

	ck_assert_ptr_nonnull(prefixes);
	ck_assert_uint_eq(prefixes_count(prefixes), 0);
	ck_assert(!prefixes_find(prefixes, &address, &found));
	ck_assert_uint_eq(prefixes_inside(prefixes, &everything, &found, 1), 0);
	ck_assert(!prefixes_cover(prefixes, &everything));
	prefixes_unref(prefixes);
}
END_TEST

START_TEST(starved_builders_give_nothing)
{
	struct prefixes_builder builder = {.starved = true};
	struct prefix prefix = some_prefix();

	prefixes_add(&builder, &prefix);
	ck_assert_ptr_null(prefixes_finish(&builder));
	ck_assert(!builder.starved);
}
END_TEST

/* ---- large ones: what the sort makes of them ---- */

enum { LARGE = 200000 };

/* How many of the bits of an address come from the dice. */
static const struct {
	uint64_t hi;
	uint64_t lo;
	enum address_family family;
} shapes[] = {
    {0, 0xffffffff, ADDRESS_IPV4},
    {0, 0xff, ADDRESS_IPV4},
    {0, 0xff000000, ADDRESS_IPV4},
    {0, 0x00010001, ADDRESS_IPV4},
    {UINT64_MAX, UINT64_MAX, ADDRESS_IPV6},
    {0xffff, 0, ADDRESS_IPV6},
    {0, 0xff00ff, ADDRESS_IPV6},
    {UINT64_C(1) << 63, 1, ADDRESS_IPV6},
};

static struct prefix
shaped(unsigned shape)
{
	bool ipv4 = shapes[shape].family == ADDRESS_IPV4;
	struct address address = {dice(UINT64_MAX) & shapes[shape].hi,
	    dice(UINT64_MAX) & shapes[shape].lo, shapes[shape].family};
	unsigned length =
	    ipv4 ? 32 - (unsigned)dice(3) : 128 - (unsigned)dice(3);

	return (struct prefix){address_mask(address, length), (uint8_t)length};
}

static void
check_sorted(const struct prefixes *prefixes)
{
	for (size_t i = 1; i < prefixes_count(prefixes); i++) {
		struct prefix before = prefixes_at(prefixes, i - 1);
		struct prefix prefix = prefixes_at(prefixes, i);

		ck_assert_int_lt(order(&before, &prefix), 0);
	}
}

/* Sorted, and again from the end on, and once more: it stays the same. */
START_TEST(large_sets_are_sorted)
{
	struct prefixes_builder builder = {.ipv4 = NULL};
	struct prefixes *first, *again;

	state = (uint64_t)_i + 99;
	for (size_t i = 0; i < LARGE; i++) {
		struct prefix prefix = shaped((unsigned)_i);

		prefixes_add(&builder, &prefix);
	}
	first = prefixes_finish(&builder);
	ck_assert_ptr_nonnull(first);
	check_sorted(first);
	for (size_t i = prefixes_count(first); i > 0; i--) {
		struct prefix prefix = prefixes_at(first, i - 1);

		prefixes_add(&builder, &prefix);
	}
	for (size_t i = 0; i < prefixes_count(first); i++) {
		struct prefix prefix = prefixes_at(first, i);

		prefixes_add(&builder, &prefix);
	}
	again = prefixes_finish(&builder);
	ck_assert_ptr_nonnull(again);
	ck_assert_uint_eq(prefixes_count(again), prefixes_count(first));
	ck_assert_uint_eq(prefixes_difference(first, again, NULL, 0), 0);
	prefixes_unref(first);
	prefixes_unref(again);
}
END_TEST

/* ---- coverage ---- */

START_TEST(what_a_set_covers)
{
	static const char *const texts[] = {"10.0.0.0/8", "10.1.0.0/16",
	    "192.0.2.0/24", "10.0.0.0/8", "2000::/4", "2001:db8::/32",
	    "fc00::/7"};
	static const char *const all[] = {"::/1"};
	struct prefixes *prefixes = pack(texts, COUNT(texts));
	struct coverage coverage = coverage_of(prefixes);

	ck_assert_uint_eq(coverage.ipv4.hi, 0);
	ck_assert_uint_eq(coverage.ipv4.lo, (1U << 24) + 256);
	ck_assert_uint_eq(coverage.ipv6.hi, UINT64_C(1) << 60);
	ck_assert_uint_eq(coverage.ipv6.lo, 0);
	ck_assert_ptr_null(coverage_half(&coverage));
	prefixes_unref(prefixes);
	prefixes = pack(all, 1);
	coverage = coverage_of(prefixes);
	ck_assert_uint_eq(coverage.ipv6.hi, UINT64_C(1) << 61);
	ck_assert_str_eq(coverage_half(&coverage), "IPv6");
	prefixes_unref(prefixes);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("prefixes");
	TCase *all = tcase_create("all");

	tcase_set_timeout(all, 60);
	tcase_add_loop_test(all, agrees_with_the_model, 0, 8);
	tcase_add_loop_test(all, a_difference_makes_the_one_the_other, 0, 4);
	tcase_add_test(all, small_sets_by_hand);
	tcase_add_test(all, nothing_in_it);
	tcase_add_test(all, starved_builders_give_nothing);
	tcase_add_loop_test(all, large_sets_are_sorted, 0, COUNT(shapes));
	tcase_add_test(all, what_a_set_covers);
	suite_add_tcase(suite, all);
	return run_tests(suite);
}
