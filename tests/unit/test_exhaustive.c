/* SPDX-License-Identifier: Apache-2.0 */

/* Prefixes, cuts and changed bytes of a corpus of valid frames: exhaustive.h */

#include "tests/unit/exhaustive.h"

/* ---- the corpus ---- */

START_TEST(corpus_is_of_four_haproxys)
{
	unsigned captured[CORPUS_VERSIONS + 1] = {0};
	bool types[CORPUS_VERSIONS + 1][256] = {{false}};

	for (size_t i = 0; i < corpus.count; i++) {
		const struct specimen *specimen = &corpus.list[i];

		captured[specimen->version]++;
		types[specimen->version][specimen_type(specimen)] = true;
	}
	for (unsigned version = 0; version < CORPUS_VERSIONS; version++) {
		ck_assert_uint_ge(captured[version], 50);
		ck_assert(types[version][1] && types[version][3]);
	}
	ck_assert(types[0][0] && types[0][2] && types[1][0] && types[1][2]);
	ck_assert_uint_ge(corpus.count, 200);
	dprintf(STDOUT_FILENO, "# corpus: %zu frames, %u of them by hand\n",
	    corpus.count, captured[CORPUS_BY_HAND]);
}
END_TEST

/* Each of them is valid: nothing is ended but by HAProxy's DISCONNECT. */
START_TEST(specimens_are_valid)
{
	for (size_t i = 0; i < corpus.count; i++) {
		const struct specimen *specimen = &corpus.list[i];

		put_specimen(specimen);
		input.length -= next->length;
		expect_agreement();
		hearing_record(&hearing, &whole, input.data, input.length);
		if (whole.state == DIALOG_OVER && !whole.by_peer)
			wrong("not valid");
		if (whole.state != DIALOG_OVER && whole.left > 0)
			wrong("not whole");
	}
	tell("whole");
}
END_TEST

START_TEST(every_prefix)
{
	for (size_t i = 0; i < corpus.count; i++) {
		const struct specimen *specimen = &corpus.list[i];
		size_t before = specimen->before_length;

		put_specimen(specimen);
		for (size_t length = 0; length < specimen->length; length++) {
			input.length = before + length;
			expect_agreement();
			if (whole.state == DIALOG_OVER || whole.left != length)
				wrong("part of a frame was taken");
			expect_same(&before, 1);
		}
	}
	tell("prefixes");
}
END_TEST

START_TEST(every_cut_in_two)
{
	for (size_t i = 0; i < corpus.count; i++) {
		const struct specimen *specimen = &corpus.list[i];

		put_specimen(specimen);
		expect_agreement();
		hearing_record(&hearing, &whole, input.data, input.length);
		for (size_t at = specimen->before_length; at <= input.length;
		     at++)
			expect_same(&at, 1);
	}
	tell("cut in two");
}
END_TEST

START_TEST(every_cut_in_three)
{
	for (size_t i = 0; i < corpus.count; i++) {
		const struct specimen *specimen = &corpus.list[i];
		size_t step = thorough ? 1 : 1 + specimen->length / 12;

		if (specimen->length > 400)
			continue;
		put_specimen(specimen);
		expect_agreement();
		for (size_t at = specimen->before_length + 1; at < input.length;
		     at += step)
			for (size_t to = at; to < input.length; to += step)
				expect_same((const size_t[]){at, to}, 2);
	}
	tell("cut in three");
}
END_TEST

START_TEST(dribbled)
{
	for (size_t i = 0; i < corpus.count; i++) {
		put_specimen(&corpus.list[i]);
		expect_agreement();
		for (size_t size = 1; size < 9; size++)
			expect_same_dribbled(0, size);
	}
	tell("dribbled");
}
END_TEST

/* ---- changed bytes ---- */

enum {
	MUTATED_MAX = 64,
	MUTATED_LENGTH = 200,
	MUTATED_OF_VERSION = 11,
	MUTATED_BY_HAND = 16,
};

struct choice {
	size_t count;
	unsigned of[CORPUS_VERSIONS + 1];
	const struct specimen *list[MUTATED_MAX];
};

static bool
is_chosen(const struct choice *choice, const struct specimen *specimen)
{
	for (size_t i = 0; i < choice->count; i++)
		if (choice->list[i]->version == specimen->version &&
		    choice->list[i]->length == specimen->length &&
		    specimen_type(choice->list[i]) == specimen_type(specimen))
			return true;
	return false;
}

/* Of every version, different ones, and none that takes for ever. */
static void
choose(struct choice *choice)
{
	for (size_t i = 0; i < corpus.count; i++) {
		const struct specimen *specimen = &corpus.list[i];
		unsigned version = specimen->version;
		unsigned limit = version == CORPUS_BY_HAND ? MUTATED_BY_HAND
							   : MUTATED_OF_VERSION;

		if (specimen->length > MUTATED_LENGTH ||
		    choice->of[version] == limit || is_chosen(choice, specimen))
			continue;
		choice->of[version]++;
		choice->list[choice->count++] = specimen;
	}
}

/*
 * All values of a byte; where that would take minutes, those with one bit
 * changed, the neighbours and the outermost.
 */
static bool
is_tried(unsigned value, unsigned original)
{
	unsigned change = value ^ original;

	if (change == 0)
		return false;
	return thorough || !SLOW_BUILD || (change & (change - 1)) == 0 ||
	       value == 0 || value == 0xff || value == original + 1 ||
	       value + 1 == original;
}

static void
mutate(const struct specimen *specimen, size_t offset)
{
	size_t at = specimen->before_length + offset;
	uint8_t original = specimen->frame[offset];

	for (unsigned value = 0; value < 256; value++) {
		if (!is_tried(value, original))
			continue;
		input.data[at] = (uint8_t)value;
		expect_agreement();
		expect_same(&at, 1);
		if (at + 1 < input.length)
			expect_same((const size_t[]){at, at + 1}, 2);
		if (thorough || value == 0 || value == 0xff)
			expect_same_dribbled(specimen->before_length, 1);
		if (value % 64 == 63)
			hearing_record(
			    &hearing, &whole, input.data, input.length);
	}
	input.data[at] = original;
}

START_TEST(every_changed_byte)
{
	struct choice choice = {0};

	choose(&choice);
	ck_assert_uint_ge(choice.count, 50);
	for (size_t i = 0; i < choice.count; i++) {
		put_specimen(choice.list[i]);
		for (size_t at = 0; at < choice.list[i]->length; at++)
			mutate(choice.list[i], at);
	}
	dprintf(STDOUT_FILENO,
	    "# changed: %zu frames, %u of 2.6, %u of 3.0, "
	    "%u of 3.2, %u of 3.4\n",
	    choice.count, choice.of[0], choice.of[1], choice.of[2],
	    choice.of[3]);
	tell("changed bytes");
}
END_TEST

/* One byte more, one byte less, in the middle of a frame. */
START_TEST(every_byte_left_out_or_doubled)
{
	for (size_t i = 0; i < corpus.count; i++) {
		const struct specimen *specimen = &corpus.list[i];
		size_t step = thorough ? 1 : 1 + specimen->length / 50;

		for (size_t at = 0; at < specimen->length; at += step) {
			size_t rest = specimen->length - at;

			input.length = 0;
			put(specimen->before, specimen->before_length);
			put(specimen->frame, at);
			put(specimen->frame + at + 1, rest - 1);
			put(next->data, next->length);
			expect_agreement();
			input.length = specimen->before_length + at;
			put(specimen->frame + at, 1);
			put(specimen->frame + at, rest);
			put(next->data, next->length);
			expect_agreement();
		}
	}
	tell("a byte more or less");
}
END_TEST

/* ---- keys ---- */

/* Bytes of the frame before its payload; the payload, to read it. */
static struct model_bytes
payload_of(const struct specimen *specimen)
{
	struct model_bytes rest = {
	    specimen->frame + 9, specimen->length - 9, false};

	model_varint(&rest);
	model_varint(&rest);
	return rest;
}

/* The frame with these bytes of it taken times over; its length fits. */
static void
put_repeated(
    const struct specimen *specimen, size_t from, size_t to, unsigned times)
{
	size_t length;

	input.length = 0;
	put(specimen->before, specimen->before_length);
	put(specimen->frame, from);
	for (unsigned i = 0; i < times; i++)
		put(specimen->frame + from, to - from);
	put(specimen->frame + to, specimen->length - to);
	length = input.length - specimen->before_length - 4;
	input.data[specimen->before_length + 2] = (uint8_t)(length >> 8);
	input.data[specimen->before_length + 3] = (uint8_t)length;
	put(next->data, next->length);
}

START_TEST(every_key_left_out_or_doubled)
{
	for (size_t i = 0; i < corpus.count; i++) {
		const struct specimen *specimen = &corpus.list[i];
		struct model_bytes rest = payload_of(specimen);
		unsigned type = specimen_type(specimen);

		if (type != 1 && type != 2)
			continue;
		while (rest.length > 0) {
			size_t from = specimen->length - rest.length;

			model_string(&rest);
			model_value(&rest);
			ck_assert(!rest.broken);
			for (unsigned times = 0; times < 3; times++) {
				put_repeated(specimen, from,
				    specimen->length - rest.length, times);
				expect_agreement();
				hearing_record(
				    &hearing, &whole, input.data, input.length);
			}
		}
	}
	tell("keys");
}
END_TEST

/* ---- fragments ---- */

/* A frame with this specimen's ids. */
static void
put_piece(const struct specimen *specimen, unsigned type, unsigned flags,
    const uint8_t *payload, size_t size)
{
	size_t ids = specimen->length - 9 - payload_of(specimen).length;
	size_t length = 5 + ids + size;

	put((const uint8_t[]){0, 0, (uint8_t)(length >> 8), (uint8_t)length,
		(uint8_t)type, 0, 0, 0, (uint8_t)flags},
	    9);
	put(specimen->frame + 9, ids);
	put(payload, size);
}

/* In two pieces with an empty one between; the limit is what it says. */
static void
fragment(const struct specimen *specimen, size_t at, uint32_t limit)
{
	struct model_bytes payload = payload_of(specimen);

	hearing.limits.fragments = model.fragments = limit;
	input.length = 0;
	put(specimen->before, specimen->before_length);
	put_piece(specimen, 3, 0, payload.data, at);
	put_piece(specimen, 0, 0, payload.data, 0);
	put_piece(specimen, 0, 1, payload.data + at, payload.length - at);
	put(next->data, next->length);
	expect_agreement();
	if ((whole.state == DIALOG_OPEN) != (payload.length <= limit))
		wrong("taken, or not");
}

START_TEST(every_way_to_fragment)
{
	for (size_t i = 0; i < corpus.count; i++) {
		const struct specimen *specimen = &corpus.list[i];
		struct model_bytes payload = payload_of(specimen);

		put_specimen(specimen);
		expect_agreement();
		if (specimen_type(specimen) != 3 ||
		    specimen->frame[FRAME_FIN_AT] != 1 ||
		    whole.state != DIALOG_OPEN || payload.length < 2)
			continue;
		cut = whole;
		for (size_t at = 0; at <= payload.length; at++) {
			fragment(specimen, at, HEARING_FRAGMENTS);
			if (whole.length != cut.length ||
			    memcmp(whole.said, cut.said, cut.length) != 0)
				wrong("another answer in fragments");
		}
		for (uint32_t limit = 1; limit <= payload.length; limit++)
			fragment(specimen, payload.length / 2, limit);
		fragment(specimen, 1, (uint32_t)payload.length);
		fragment(specimen, 1, (uint32_t)payload.length - 1);
		hearing.limits.fragments = model.fragments = HEARING_FRAGMENTS;
	}
	tell("fragments");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("exhaustive");
	TCase *tests = tcase_create("exhaustive");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 3600);
	tcase_add_test(tests, corpus_is_of_four_haproxys);
	tcase_add_test(tests, specimens_are_valid);
	tcase_add_test(tests, every_prefix);
	tcase_add_test(tests, every_cut_in_two);
	tcase_add_test(tests, every_cut_in_three);
	tcase_add_test(tests, dribbled);
	tcase_add_test(tests, every_changed_byte);
	tcase_add_test(tests, every_byte_left_out_or_doubled);
	tcase_add_test(tests, every_key_left_out_or_doubled);
	tcase_add_test(tests, every_way_to_fragment);
	suite_add_tcase(suite, tests);
	return run_exhaustive(suite);
}
