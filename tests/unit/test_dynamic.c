/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tests/unit/dynamic_model.h"
#include "tests/unit/shortage.h"

/* A dynamic list against one that is searched from end to end. */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

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

/* ---- comparisons ---- */

static void
same(const struct dynamic_entry *entry, const struct row *row)
{
	ck_assert_int_eq(order(&entry->prefix, &row->prefix), 0);
	ck_assert_int_eq(entry->since, row->since);
	ck_assert_uint_eq(entry->ends, row->ends);
	ck_assert(view_equal(entry->reason, view_of(row->reason)));
	ck_assert(view_equal(entry->who, view_of(row->who)));
}

static void
same_content(const struct dynamic *dynamic, const struct model *model)
{
	struct prefixes *packed = dynamic_pack(dynamic);
	struct dynamic_entry entry;
	struct prefix after;
	size_t i = 0;

	ck_assert_uint_eq(dynamic_count(dynamic), model->count);
	ck_assert_ptr_nonnull(packed);
	ck_assert_uint_eq(prefixes_count(packed), model->count);
	while (dynamic_next(dynamic, i ? &after : NULL, &entry)) {
		struct prefix prefix = prefixes_at(packed, i);

		ck_assert_uint_lt(i, model->count);
		ck_assert_int_eq(order(&prefix, &entry.prefix), 0);
		same(&entry, &model->rows[i++]);
		after = entry.prefix;
	}
	ck_assert_uint_eq(i, model->count);
	prefixes_unref(packed);
}

static void
same_find(const struct dynamic *dynamic, const struct model *model,
    const struct address *address)
{
	const struct row *row = model_find(model, address, 129);
	struct dynamic_entry entry;

	ck_assert(dynamic_find(dynamic, address, &entry) == (row != NULL));
	if (row)
		same(&entry, row);
}

static void
same_inside(const struct dynamic *dynamic, const struct model *model,
    const struct prefix *prefix)
{
	struct prefix inside[MODEL_MAX];
	size_t count = dynamic_inside(dynamic, prefix, inside, MODEL_MAX);
	size_t at = 0;

	for (size_t i = 0; i < model->count; i++) {
		if (!is_widest_inside(model, i, prefix))
			continue;
		ck_assert_uint_lt(at, count);
		ck_assert_int_eq(
		    order(&inside[at++], &model->rows[i].prefix), 0);
	}
	ck_assert_uint_eq(at, count);
	if (count > 0)
		ck_assert_uint_gt(
		    dynamic_inside(dynamic, prefix, inside, count - 1),
		    count - 1);
}

static void
same_answers(const struct dynamic *dynamic, const struct model *model,
    const struct prefix *prefix)
{
	struct range range = prefix_range(prefix);
	size_t i = model_seek(model, prefix);
	struct dynamic_entry entry;

	same_find(dynamic, model, &range.first);
	same_find(dynamic, model, &range.last);
	ck_assert(dynamic_get(dynamic, prefix, &entry) ==
		  model_has(model, i, prefix));
	ck_assert(
	    dynamic_cover(dynamic, prefix) ==
	    (model_find(model, &prefix->address, prefix->length) != NULL));
	same_inside(dynamic, model, prefix);
	ck_assert_uint_eq(dynamic_next_end(dynamic), model_next_end(model));
}

static void
expire(struct dynamic *dynamic, struct model *model, uint64_t now)
{
	struct dynamic_entry entry;

	while (dynamic_ended(dynamic, now, &entry)) {
		ck_assert_uint_le(entry.ends, now);
		ck_assert_uint_eq(entry.ends, model_next_end(model));
		ck_assert(model_remove(model, &entry.prefix) == DYNAMIC_GONE);
		ck_assert(
		    dynamic_remove(dynamic, &entry.prefix) == DYNAMIC_GONE);
	}
	ck_assert_uint_gt(model_next_end(model), now);
}

static struct dynamic_entry
entry_of(const struct row *row)
{
	return (struct dynamic_entry){row->prefix, row->since, row->ends,
	    view_of(row->reason), view_of(row->who)};
}

static struct row
draw_row(uint64_t now)
{
	return (struct row){
	    .prefix = draw_prefix(),
	    .since = (int64_t)(draw() % 100000) - 50000,
	    .ends = draw() % 4 ? now + draw() % 500 : DYNAMIC_FOREVER,
	    .reason = draw_text(),
	    .who = draw_text(),
	};
}

enum { STEPS = 4000 };

/* adds of 8 steps: the list grows, keeps its size, or shrinks to nothing. */
static void
random_steps(unsigned seed, unsigned adds)
{
	struct dynamic *dynamic = dynamic_new();
	struct model *model = calloc(1, sizeof(*model));

	state = UINT64_C(0x9e3779b97f4a7c15) + seed;
	ck_assert(dynamic != NULL && model != NULL);
	for (uint64_t now = 0; now < STEPS; now++) {
		struct row row = draw_row(now);

		if (model->count < MODEL_MAX && draw() % 8 < adds) {
			struct dynamic_entry entry = entry_of(&row);

			ck_assert(dynamic_add(dynamic, &entry) ==
				  model_add(model, &row));
		} else {
			ck_assert(dynamic_remove(dynamic, &row.prefix) ==
				  model_remove(model, &row.prefix));
		}
		if (now % 16 == 0)
			expire(dynamic, model, now);
		if (now % 8 == 0)
			same_answers(dynamic, model, &row.prefix);
		if (now % 200 == 0)
			same_content(dynamic, model);
	}
	same_content(dynamic, model);
	expire(dynamic, model, DYNAMIC_FOREVER - 1);
	same_content(dynamic, model);
	dynamic_free(dynamic);
	free(model);
}

START_TEST(agrees_with_a_model)
{
	random_steps((unsigned)_i, 3 + (unsigned)_i % 5);
}
END_TEST

/* ---- by hand ---- */

static void
put(struct dynamic *dynamic, const char *text, uint64_t ends)
{
	struct dynamic_entry entry = {
	    .prefix = prefix_of(text), .ends = ends, .reason = view_of(text)};

	ck_assert(dynamic_add(dynamic, &entry) == DYNAMIC_NEW);
}

START_TEST(finds_the_most_specific_one)
{
	static const struct {
		const char *address;
		const char *found; /* NULL: none */
	} rows[] = {
	    {"10.1.2.3", "10.1.2.3"},
	    {"10.1.2.4", "10.1.2.0/24"},
	    {"10.1.3.0", "10.0.0.0/8"},
	    {"10.255.255.255", "10.0.0.0/8"},
	    {"11.0.0.0", NULL},
	    {"9.255.255.255", NULL},
	    {"2001:db8::1", "2001:db8::1"},
	    {"2001:db8::2", "2001:db8::/32"},
	    {"2001:db9::", NULL},
	    {"::10.1.2.3", NULL},
	};
	struct dynamic *dynamic = dynamic_new();
	struct dynamic_entry entry;
	struct address none = {.family = ADDRESS_NONE};

	put(dynamic, "10.1.2.0/24", 1);
	put(dynamic, "10.0.0.0/8", 2);
	put(dynamic, "10.1.2.3", 3);
	put(dynamic, "2001:db8::/32", 4);
	put(dynamic, "2001:db8::1", 5);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct address address = address_of(rows[i].address);
		bool found = dynamic_find(dynamic, &address, &entry);

		ck_assert_msg(
		    found == (rows[i].found != NULL), "%s", rows[i].address);
		if (found)
			ck_assert_msg(
			    view_equal(entry.reason, view_of(rows[i].found)),
			    "%s", rows[i].address);
	}
	ck_assert(!dynamic_find(dynamic, &none, &entry));
	dynamic_free(dynamic);
}
END_TEST

START_TEST(renewal_takes_the_new_end)
{
	struct dynamic *dynamic = dynamic_new();
	struct dynamic_entry entry = {.prefix = prefix_of("192.0.2.1"),
	    .ends = 1000,
	    .reason = VIEW("first"),
	    .who = VIEW("alice")};

	ck_assert(dynamic_add(dynamic, &entry) == DYNAMIC_NEW);
	put(dynamic, "192.0.2.2", 500);
	ck_assert_uint_eq(dynamic_next_end(dynamic), 500);
	entry.ends = 100;
	ck_assert(dynamic_add(dynamic, &entry) == DYNAMIC_RENEWED);
	ck_assert_uint_eq(dynamic_next_end(dynamic), 100);
	entry.ends = DYNAMIC_FOREVER;
	ck_assert(dynamic_add(dynamic, &entry) == DYNAMIC_RENEWED);
	ck_assert_uint_eq(dynamic_next_end(dynamic), 500);
	/* What it is renewed by may be its own. */
	ck_assert(dynamic_get(dynamic, &entry.prefix, &entry));
	entry.ends = 499;
	ck_assert(dynamic_add(dynamic, &entry) == DYNAMIC_RENEWED);
	ck_assert(dynamic_ended(dynamic, 499, &entry));
	ck_assert(view_equal(entry.reason, VIEW("first")));
	ck_assert(view_equal(entry.who, VIEW("alice")));
	ck_assert(!dynamic_ended(dynamic, 498, &entry));
	ck_assert_uint_eq(dynamic_count(dynamic), 2);
	dynamic_free(dynamic);
}
END_TEST

START_TEST(an_empty_one_has_nothing)
{
	struct dynamic *dynamic = dynamic_new();
	struct prefix prefix = prefix_of("192.0.2.0/24"), inside;
	struct prefixes *packed = dynamic_pack(dynamic);
	struct dynamic_entry entry;

	ck_assert_uint_eq(dynamic_count(dynamic), 0);
	ck_assert(!dynamic_next(dynamic, NULL, &entry));
	ck_assert(!dynamic_next(dynamic, &prefix, &entry));
	ck_assert(!dynamic_find(dynamic, &prefix.address, &entry));
	ck_assert(!dynamic_get(dynamic, &prefix, &entry));
	ck_assert(!dynamic_cover(dynamic, &prefix));
	ck_assert_uint_eq(dynamic_inside(dynamic, &prefix, &inside, 1), 0);
	ck_assert(dynamic_remove(dynamic, &prefix) == DYNAMIC_ABSENT);
	ck_assert_uint_eq(dynamic_next_end(dynamic), DYNAMIC_FOREVER);
	ck_assert(!dynamic_ended(dynamic, DYNAMIC_FOREVER, &entry));
	ck_assert_uint_eq(prefixes_count(packed), 0);
	prefixes_unref(packed);
	put(dynamic, "192.0.2.1", 1);
	dynamic_clear(dynamic);
	ck_assert(!dynamic_next(dynamic, NULL, &entry));
	put(dynamic, "192.0.2.1", 1);
	ck_assert_uint_eq(dynamic_count(dynamic), 1);
	dynamic_free(dynamic);
	dynamic_free(NULL);
}
END_TEST

/* Addresses in order are what makes a tree without balance a chain. */
START_TEST(many_entries_are_lean)
{
	enum { MANY = 200000 };
	struct dynamic *dynamic = dynamic_new();
	struct dynamic_entry entry = {
	    .prefix = {{UINT64_C(0x20010db800000000), 0, ADDRESS_IPV6}, 128},
	    .who = VIEW("uid 0")};
	struct prefixes *packed;

	for (uint64_t i = 0; i < MANY; i++) {
		entry.prefix.address.lo = i;
		entry.ends = MANY - i;
		ck_assert(dynamic_add(dynamic, &entry) == DYNAMIC_NEW);
	}
	ck_assert_uint_le(dynamic_size(dynamic), 66 * MANY);
	packed = dynamic_pack(dynamic);
	ck_assert_uint_eq(prefixes_count(packed), MANY);
	prefixes_unref(packed);
	for (uint64_t i = 0; i < MANY; i++) {
		ck_assert(dynamic_ended(dynamic, i + 1, &entry));
		ck_assert_uint_eq(entry.prefix.address.lo, MANY - 1 - i);
		ck_assert(
		    dynamic_remove(dynamic, &entry.prefix) == DYNAMIC_GONE);
	}
	ck_assert_uint_lt(dynamic_size(dynamic), 100000);
	dynamic_free(dynamic);
}
END_TEST

/* ---- memory runs out ---- */

enum { SOME = 900 };

/* Adds until all are there; what was refused is as it was, and goes later. */
static void
add_short_of_memory(unsigned good, bool once)
{
	struct dynamic *dynamic = dynamic_new();
	struct model *model = calloc(1, sizeof(*model));

	state = 7;
	begin_refusing(good, once);
	for (uint64_t i = 0; i < SOME; i++) {
		struct row row = draw_row(i);
		struct dynamic_entry entry = entry_of(&row);
		enum dynamic_result result;
		char reason[32];

		snprintf(reason, sizeof(reason), "reason %d", (int)i / 4);
		entry.reason = view_of(reason);
		shortage.counting = true;
		result = dynamic_add(dynamic, &entry);
		shortage.counting = false;
		if (result != DYNAMIC_STARVED)
			ck_assert(model_add(model, &row) == result);
	}
	end_refusing();
	ck_assert_uint_eq(dynamic_count(dynamic), model->count);
	for (size_t i = 0; i < model->count; i++) {
		const struct row *row = &model->rows[i];
		struct dynamic_entry entry;

		ck_assert(dynamic_get(dynamic, &row->prefix, &entry));
		ck_assert_uint_eq(entry.ends, row->ends);
		ck_assert(view_equal(
		    (struct view){entry.reason.data, 6}, VIEW("reason")));
	}
	dynamic_free(dynamic);
	free(model);
}

START_TEST(no_memory_changes_nothing)
{
	try_everywhere(add_short_of_memory);
}
END_TEST

START_TEST(no_memory_for_a_new_one)
{
	struct dynamic *dynamic;

	begin_refusing(0, false);
	dynamic = dynamic_new();
	end_refusing();
	ck_assert_ptr_null(dynamic);
}
END_TEST

START_TEST(no_memory_to_pack)
{
	struct dynamic *dynamic = dynamic_new();
	struct prefixes *packed;

	put(dynamic, "192.0.2.1", 1);
	put(dynamic, "2001:db8::1", 1);
	for (unsigned good = 0;; good++) {
		begin_refusing(good, false);
		packed = dynamic_pack(dynamic);
		end_refusing();
		if (packed)
			break;
	}
	ck_assert_uint_gt(shortage.calls, 1);
	ck_assert_uint_eq(prefixes_count(packed), 2);
	prefixes_unref(packed);
	dynamic_free(dynamic);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dynamic");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failures;

	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, agrees_with_a_model, 0, 10);
	tcase_add_test(tcase, finds_the_most_specific_one);
	tcase_add_test(tcase, renewal_takes_the_new_end);
	tcase_add_test(tcase, an_empty_one_has_nothing);
	tcase_add_test(tcase, many_entries_are_lean);
	tcase_add_test(tcase, no_memory_changes_nothing);
	tcase_add_test(tcase, no_memory_for_a_new_one);
	tcase_add_test(tcase, no_memory_to_pack);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
