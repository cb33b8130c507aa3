/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/policy_rows.h"

/* Requests and names: what hangs on one condition, found by mutate.py. */

static struct names *names;
static struct request *request;
static int field;
static int argument;
static char *blob; /* what add_blob() made */

static void
setup(void)
{
	names = names_new();
	field = names_add_field(names, VIEW("xff"));
	argument = names_add_argument(names, VIEW("arg"));
	request = request_new(names, 4096);
	ck_assert_ptr_nonnull(request);
}

static void
teardown(void)
{
	request_free(request);
	names_free(names);
	free(blob);
	blob = NULL;
}

static const struct sample absent = {.kind = SAMPLE_ABSENT};

/* Nothing of the last message is left where this one writes beside it. */
START_TEST(lines_of_an_older_request)
{
	struct field_lines lines;
	struct view line;

	add(request, "h.xff", sample_text("1.1.1.1"));
	add(request, "h.xff.2", sample_text("2.2.2.2"));
	add(request, "stranger", absent);
	request_reset(request);
	ck_assert_uint_eq(request->unknown, 0);
	ck_assert_ptr_null(request->unknown_name.data);
	add(request, "h.xff.count", sample_integer(1));
	field_lines_begin(&lines, request, field);
	ck_assert(!field_lines_previous(&lines, &line));
	ck_assert(lines.missing);
	request_reset(request);
	add(request, "h.xff", sample_text("3.3.3.3"));
	ck_assert_int_eq(request->error, REQUEST_GOOD);
	field_lines_begin(&lines, request, field);
	ck_assert(field_lines_previous(&lines, &line));
	ck_assert(view_equal(line, VIEW("3.3.3.3")));
	ck_assert(!field_lines_previous(&lines, &line));
}
END_TEST

START_TEST(a_name_twice_with_others_between)
{
	add(request, "peer", sample_address("192.0.2.1"));
	add(request, "src", sample_address("192.0.2.2"));
	ck_assert_int_eq(request->error, REQUEST_GOOD);
	add(request, "peer", sample_address("192.0.2.1"));
	ck_assert_int_eq(request->error, REQUEST_BAD_ARGUMENT);
}
END_TEST

START_TEST(a_field_that_nobody_reads_is_no_argument)
{
	add(request, "h.other", sample_text("1.1.1.1"));
	add(request, "h.other.count", sample_integer(1));
	add(request, "stranger", sample_text("1.1.1.1"));
	ck_assert_int_eq(request->error, REQUEST_GOOD);
	ck_assert_int_eq(
	    request_argument(request, argument)->kind, SAMPLE_ABSENT);
	ck_assert(!field_present(request, field));
}
END_TEST

/* An exact copy, so that a read behind it shows. */
static void
add_blob(const char *bytes, size_t length)
{
	struct sample sample = {.kind = SAMPLE_BINARY};

	free(blob);
	blob = malloc(length);
	ck_assert_ptr_nonnull(blob);
	memcpy(blob, bytes, length);
	sample.text = (struct view){blob, length};
	request_reset(request);
	request_add(request, VIEW("headers"), &sample);
}

/* An end that is cut short behind an empty value. */
START_TEST(headers_without_an_end)
{
	static const struct {
		const char *bytes;
		size_t length;
		enum request_error error;
	} rows[] = {
	    {"\x00", 1, REQUEST_BAD_ARGUMENT},
	    {"\x00\x00", 2, REQUEST_GOOD},
	    {"\x03xff\x00", 5, REQUEST_BAD_ARGUMENT},
	    {"\x03xff\x00\x00", 6, REQUEST_BAD_ARGUMENT},
	    {"\x03xff\x00\x00\x00", 7, REQUEST_GOOD},
	    {"\x03xff\x00\x00\xf0", 7, REQUEST_BAD_ARGUMENT},
	    {"\x03xff\x00\x00\xf0\x80", 8, REQUEST_BAD_ARGUMENT},
	    {"\x03xff\x00\x00\x00\x00", 8, REQUEST_BAD_ARGUMENT},
	};

	for (int i = 0; i < ROWS(rows); i++) {
		add_blob(rows[i].bytes, rows[i].length);
		ck_assert_msg(request->error == rows[i].error, "row %d", i);
	}
}
END_TEST

/* SPOE.txt section 3.1: four bits of the first byte, then seven of each. */
START_TEST(lengths_of_several_bytes)
{
	static const struct {
		size_t length;
		const char *written;
		size_t size;
	} rows[] = {
	    {2287, "\xff\x7f", 2},
	    {2288, "\xf0\x80\x00", 3},
	    {4336, "\xf0\x80\x01", 3},
	    {4337, "\xf1\x80\x01", 3},
	    {264431, "\xff\xff\x7f", 3},
	    {264432, "\xf0\x80\x80\x00", 4},
	    {526576, "\xf0\x80\x80\x01", 4},
	};
	enum { LONGEST = 526576 };
	char *bytes = calloc(1, LONGEST + 16);
	struct view line;

	ck_assert_ptr_nonnull(bytes);
	for (int i = 0; i < ROWS(rows); i++) {
		size_t size = 4;

		memcpy(bytes, "\x03xff", 4);
		memcpy(bytes + size, rows[i].written, rows[i].size);
		size += rows[i].size;
		memset(bytes + size, 'a', rows[i].length);
		size += rows[i].length;
		memset(bytes + size, 0, 2);
		add_blob(bytes, size + 2);
		ck_assert_msg(request->error == REQUEST_GOOD, "row %d", i);
		ck_assert(field_first_line(request, field, &line));
		ck_assert_uint_eq(line.length, rows[i].length);
		add_blob(bytes, size - 1);
		ck_assert_msg(
		    request->error == REQUEST_BAD_ARGUMENT, "row %d", i);
	}
	free(bytes);
}
END_TEST

/* One field each time, so that some fall where a word already is. */
START_TEST(a_field_beside_the_words)
{
	for (int i = 0; i < 1000; i++) {
		struct names *few = names_new();
		char text[16];

		snprintf(text, sizeof(text), "h.x-%d", i);
		ck_assert_int_eq(names_find_field(few, view_of(text + 2)), -1);
		ck_assert_int_eq(names_add_field(few, view_of(text + 2)), 0);
		ck_assert_msg(
		    names_find_field(few, view_of(text + 2)) == 0, "%s", text);
		ck_assert_int_eq(
		    names_find(few, view_of(text)).kind, SLOT_FIELD_LINE);
		names_free(few);
	}
}
END_TEST

START_TEST(a_word_has_an_index_too)
{
	ck_assert_int_eq(names_add_argument(names, VIEW("Peer")), 1);
	ck_assert_int_eq(names_add_argument(names, VIEW("peer")), 1);
	ck_assert_uint_eq(names_arguments(names), 2);
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, lines_of_an_older_request);
	tcase_add_test(cases, a_name_twice_with_others_between);
	tcase_add_test(cases, a_field_that_nobody_reads_is_no_argument);
	tcase_add_test(cases, headers_without_an_end);
	tcase_add_test(cases, lengths_of_several_bytes);
	tcase_add_test(cases, a_field_beside_the_words);
	tcase_add_test(cases, a_word_has_an_index_too);
}

int
main(void)
{
	return tests_run("mutants-request", add_tests);
}
