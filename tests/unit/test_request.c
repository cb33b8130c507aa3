/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/policy_fixture.h"

/* Arguments in their places, and what is known of a field's lines. */

static struct names *names;
static struct request *request;
static int field;
static int argument;

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
}

/* Lines from the last to the first, joined by "|"; "?" when some miss. */
static const char *
lines_shown(char *text)
{
	struct field_lines lines;
	struct view line;
	size_t length = 0;

	field_lines_begin(&lines, request, field);
	while (field_lines_previous(&lines, &line)) {
		memcpy(text + length, line.data, line.length);
		length += line.length;
		text[length++] = '|';
	}
	if (lines.missing)
		text[length++] = '?';
	if (lines.more)
		text[length++] = '+';
	text[length] = '\0';
	return text;
}

/* Line values by distance from the last; NULL is not sent, "-" is NULL. */
struct known_row {
	const char *name;
	const char *lines[4];
	int count; /* -1: not sent */
	const char *shown;
	int present;
	const char *first; /* NULL: not known */
};

static const struct known_row known_rows[] = {
    {"nothing sent", {NULL}, -1, "", 0, NULL},
    {"NULL is absent", {"-", "-"}, -1, "", 0, NULL},
    {"count of none", {"-"}, 0, "", 0, NULL},
    {"one line, counted", {"a"}, 1, "a|", 1, "a"},
    {"one line, no count", {"a"}, -1, "a|?", 1, NULL},
    {"one line, the next is NULL, no count", {"a", "-"}, -1, "a|?", 1, NULL},
    {"two lines, counted", {"b", "a"}, 2, "b|a|", 1, "a"},
    {"two of three", {"c", "b"}, 3, "c|b|?+", 1, NULL},
    {"count alone", {NULL}, 2, "?+", 1, NULL},
    {"count below what was sent", {"b", "a"}, 1, "b|a|", 1, "a"},
    {"a gap", {"c", NULL, "a"}, 3, "c|?+", 1, "a"},
    {"a gap, no count", {"c", NULL, "a"}, -1, "c|?+", 1, NULL},
    {"the last is missing", {NULL, "a"}, 2, "?+", 1, "a"},
    {"blanks are cut", {" \ta b\t "}, 1, "a b|", 1, "a b"},
    {"an empty line is a line", {""}, 1, "|", 1, ""},
};

START_TEST(known_lines)
{
	const struct known_row *row = &known_rows[_i];
	static const char *const named[] = {
	    "h.xff", "h.XFF.2", "h.xff.3", "h.xff.4"};
	struct view first;
	char text[64];

	for (int i = 0; i < 4; i++) {
		struct sample absent = {.kind = SAMPLE_ABSENT};

		if (!row->lines[i])
			continue;
		add(request, named[i],
		    strcmp(row->lines[i], "-") == 0
			? absent
			: sample_text(row->lines[i]));
	}
	if (row->count >= 0)
		add(request, "h.xff.count", sample_integer(row->count));
	ck_assert_int_eq(request->error, REQUEST_GOOD);
	ck_assert_msg(strcmp(lines_shown(text), row->shown) == 0, "%s: %s",
	    row->name, text);
	ck_assert_msg(
	    field_present(request, field) == row->present, "%s", row->name);
	if (!field_first_line(request, field, &first))
		ck_assert_msg(row->first == NULL, "%s", row->name);
	else
		ck_assert_msg(
		    row->first && view_equal(first, view_of(row->first)), "%s",
		    row->name);
}
END_TEST

START_TEST(forgotten_after_reset)
{
	char text[64];

	add(request, "h.xff", sample_text("a"));
	add(request, "arg", sample_text("b"));
	add(request, "peer", sample_address("192.0.2.1"));
	request_reset(request);
	ck_assert_str_eq(lines_shown(text), "");
	ck_assert_int_eq(
	    request_argument(request, argument)->kind, SAMPLE_ABSENT);
	ck_assert_int_eq(request->peer.family, ADDRESS_NONE);
	add(request, "peer", sample_address("192.0.2.2"));
	ck_assert_int_eq(request->error, REQUEST_GOOD);
}
END_TEST

START_TEST(types_of_the_table)
{
	static const struct {
		const char *name;
		enum sample_kind right;
		enum sample_kind also;
	} rows[] = {
	    {"peer", SAMPLE_ADDRESS, SAMPLE_ADDRESS},
	    {"src", SAMPLE_ADDRESS, SAMPLE_ADDRESS},
	    {"proxied", SAMPLE_BOOLEAN, SAMPLE_BOOLEAN},
	    {"policy", SAMPLE_TEXT, SAMPLE_TEXT},
	    {"scheme", SAMPLE_TEXT, SAMPLE_TEXT},
	    {"host", SAMPLE_TEXT, SAMPLE_TEXT},
	    {"port", SAMPLE_TEXT, SAMPLE_INTEGER},
	    {"path", SAMPLE_TEXT, SAMPLE_TEXT},
	    {"prefix", SAMPLE_TEXT, SAMPLE_TEXT},
	    {"h.xff", SAMPLE_TEXT, SAMPLE_TEXT},
	    {"h.xff.count", SAMPLE_INTEGER, SAMPLE_INTEGER},
	    {"h.unread", SAMPLE_TEXT, SAMPLE_TEXT},
	    {"h.unread.count", SAMPLE_INTEGER, SAMPLE_INTEGER},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int kind = SAMPLE_TEXT; kind <= SAMPLE_BOOLEAN; kind++) {
			struct sample sample = {.kind = (enum sample_kind)kind,
			    .text = VIEW("unknown")};
			bool right = kind == (int)rows[i].right ||
				     kind == (int)rows[i].also;

			request_reset(request);
			add(request, rows[i].name, sample);
			ck_assert_msg((request->error == REQUEST_GOOD) == right,
			    "%s of kind %d", rows[i].name, kind);
		}
}
END_TEST

START_TEST(a_name_twice)
{
	static const char *const twice[] = {"peer", "src", "proxied", "policy",
	    "scheme", "port", "h.xff", "h.xff.10", "h.xff.count", "arg",
	    "h.unread", "stranger", "headers"};

	for (size_t i = 0; i < sizeof(twice) / sizeof(twice[0]); i++) {
		struct sample absent = {.kind = SAMPLE_ABSENT};

		request_reset(request);
		add(request, twice[i], absent);
		ck_assert_msg(request->error == REQUEST_GOOD, "%s", twice[i]);
		add(request, twice[i], absent);
		ck_assert_msg(
		    request->error == REQUEST_BAD_ARGUMENT, "%s", twice[i]);
	}
}
END_TEST

START_TEST(local_peer_and_port_number)
{
	add(request, "peer", sample_text("unix"));
	add(request, "port", sample_integer(8443));
	ck_assert_int_eq(request->error, REQUEST_GOOD);
	ck_assert(request->unix_peer);
	ck_assert(view_equal(request->port, VIEW("8443")));
	request_reset(request);
	add(request, "peer", sample_text("UNIX"));
	ck_assert_int_eq(request->error, REQUEST_BAD_ARGUMENT);
	request_reset(request);
	add(request, "h.xff.count", sample_integer(-1));
	ck_assert_int_eq(request->error, REQUEST_BAD_ARGUMENT);
}
END_TEST

START_TEST(strangers_are_counted)
{
	add(request, "one", sample_integer(1));
	add(request, "two", sample_text("2"));
	ck_assert_int_eq(request->error, REQUEST_GOOD);
	ck_assert_uint_eq(request->unknown, 2);
	ck_assert(view_equal(request->unknown_name, VIEW("two")));
}
END_TEST

/* req.hdrs_bin of HAProxy: host: a; xff: empty; xff: 9.9.9.9; the end. */
static const char blob[] = "\x04host\x01"
			   "a\x03xff\x00\x03xff\x07"
			   "9.9.9.9\x00";

static struct sample
sample_blob(const char *bytes, size_t length)
{
	return (struct sample){.kind = SAMPLE_BINARY, .text = {bytes, length}};
}

START_TEST(all_headers_at_once)
{
	char text[64];

	/* The literal's own NUL is the second zero of the end. */
	add(request, "headers", sample_blob(blob, sizeof(blob)));
	add(request, "h.xff", sample_text("ignored"));
	add(request, "h.xff.count", sample_integer(7));
	ck_assert_int_eq(request->error, REQUEST_GOOD);
	ck_assert_str_eq(lines_shown(text), "9.9.9.9||");
}
END_TEST

START_TEST(truncated_headers)
{
	for (size_t length = 0; length < sizeof(blob); length++) {
		char *exact = malloc(length + 1);

		memcpy(exact, blob, length);
		request_reset(request);
		add(request, "headers", sample_blob(exact, length));
		ck_assert_msg(request->error == REQUEST_BAD_ARGUMENT,
		    "%zu bytes", length);
		free(exact);
	}
	request_reset(request);
	add(request, "headers", sample_blob("\x00\x00\x00", 3));
	ck_assert_int_eq(request->error, REQUEST_BAD_ARGUMENT);
	request_reset(request);
	add(request, "headers",
	    sample_blob("\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9));
	ck_assert_int_eq(request->error, REQUEST_BAD_ARGUMENT);
	request_reset(request);
	add(request, "headers", sample_text("x"));
	ck_assert_int_eq(request->error, REQUEST_BAD_ARGUMENT);
}
END_TEST

/* Lengths from 240 on take more bytes than one (SPOE.txt section 3.1). */
START_TEST(long_lines_of_headers)
{
	static const struct {
		size_t length;
		const char *written;
		size_t size;
	} rows[] = {
	    {239, "\xef", 1},
	    {240, "\xf0\x00", 2},
	    {255, "\xff\x00", 2},
	    {256, "\xf0\x01", 2},
	    {2287, "\xff\x7f", 2},
	    {2288, "\xf0\x80\x00", 3},
	};
	char bytes[4096], value[2288];
	struct view first;

	memset(value, 'a', sizeof(value));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = 4;

		memcpy(bytes, "\x03xff", 4);
		memcpy(bytes + size, rows[i].written, rows[i].size);
		size += rows[i].size;
		memcpy(bytes + size, value, rows[i].length);
		size += rows[i].length;
		memcpy(bytes + size, "\x00\x00", 2);
		request_reset(request);
		add(request, "headers", sample_blob(bytes, size + 2));
		ck_assert_int_eq(request->error, REQUEST_GOOD);
		ck_assert(field_first_line(request, field, &first));
		ck_assert_uint_eq(first.length, rows[i].length);
		request_reset(request);
		add(request, "headers", sample_blob(bytes, 3 + rows[i].size));
		ck_assert_int_eq(request->error, REQUEST_BAD_ARGUMENT);
	}
}
END_TEST

START_TEST(a_header_without_a_name)
{
	static const char nameless[] = "\x00\x01z\x03xff\x01"
				       "a\x00";
	char text[64];

	add(request, "headers", sample_blob(nameless, sizeof(nameless)));
	ck_assert_int_eq(request->error, REQUEST_GOOD);
	ck_assert_str_eq(lines_shown(text), "a|");
}
END_TEST

/* More than a message can have; no more are remembered. */
START_TEST(more_strangers_than_a_message_has)
{
	static char text[300][8];

	for (int i = 0; i < 300; i++) {
		sprintf(text[i], "s%d", i);
		add(request, text[i], sample_integer(1));
	}
	ck_assert_int_eq(request->error, REQUEST_GOOD);
	ck_assert_uint_eq(request->unknown, 300);
	add(request, "S254", sample_integer(1));
	ck_assert_int_eq(request->error, REQUEST_BAD_ARGUMENT);
}
END_TEST

START_TEST(as_many_lines_as_fit)
{
	/* 4,096 bytes hold at most 1,365 lines of three bytes. */
	request_headers_begin(request);
	for (int i = 0; i < 1366; i++)
		request_add_line(request, VIEW("xff"), VIEW(""));
	ck_assert_int_eq(request->error, REQUEST_GOOD);
	request_add_line(request, VIEW("other"), VIEW(""));
	ck_assert_int_eq(request->error, REQUEST_GOOD);
	request_add_line(request, VIEW("xff"), VIEW(""));
	ck_assert_int_eq(request->error, REQUEST_BAD_ARGUMENT);
}
END_TEST

/*
 * What the place of a name was in the last message says nothing about another
 * name at the same position, in whichever byte it differs.
 */
START_TEST(another_name_at_the_same_position)
{
	char name[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	int known[sizeof(name)];

	for (size_t length = 1; length < sizeof(name); length++)
		known[length] =
		    names_add_argument(names, (struct view){name, length});
	request_free(request);
	request = request_new(names, 4096);
	for (size_t length = 1; length < sizeof(name); length++)
		for (size_t at = 0; at < length; at++) {
			struct sample sample = sample_integer((int)at);
			struct view sent = {name, length};

			request_reset(request);
			request_add(request, sent, &sample);
			ck_assert_uint_eq(request->unknown, 0);
			ck_assert_int_eq(
			    request_argument(request, known[length])->integer,
			    (int)at);
			request_reset(request);
			name[at] = 'b';
			request_add(request, sent, &sample);
			name[at] = 'a';
			ck_assert_msg(request->unknown == 1, "byte %zu of %zu",
			    at, length);
		}
}
END_TEST

/* More arguments than are remembered, and the same ones in another order. */
START_TEST(any_order_of_any_number)
{
	static const char *const sent[] = {"h.xff", "h.xff.2", "arg", ""};
	char strangers[40][16];
	char text[64];

	for (unsigned turn = 0; turn < 8; turn++) {
		request_reset(request);
		for (unsigned i = 0; i < 40 * (turn % 2); i++) {
			snprintf(strangers[i], sizeof(strangers[i]),
			    "stranger-%u", i);
			add(request, strangers[i], sample_integer(1));
		}
		for (unsigned i = 0; i < 4; i++)
			add(request, sent[(i + turn) % 4], sample_text("x"));
		ck_assert_int_eq(request->error, REQUEST_GOOD);
		ck_assert_str_eq(lines_shown(text), "x|x|?");
		ck_assert_int_eq(
		    request_argument(request, argument)->kind, SAMPLE_TEXT);
		ck_assert_uint_eq(request->unknown, 40 * (turn % 2) + 1);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("request");
	TCase *cases = tcase_create("request");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_loop_test(
	    cases, known_lines, 0, sizeof(known_rows) / sizeof(known_rows[0]));
	tcase_add_test(cases, forgotten_after_reset);
	tcase_add_test(cases, types_of_the_table);
	tcase_add_test(cases, a_name_twice);
	tcase_add_test(cases, local_peer_and_port_number);
	tcase_add_test(cases, strangers_are_counted);
	tcase_add_test(cases, all_headers_at_once);
	tcase_add_test(cases, truncated_headers);
	tcase_add_test(cases, long_lines_of_headers);
	tcase_add_test(cases, a_header_without_a_name);
	tcase_add_test(cases, more_strangers_than_a_message_has);
	tcase_add_test(cases, as_many_lines_as_fit);
	tcase_add_test(cases, another_name_at_the_same_position);
	tcase_add_test(cases, any_order_of_any_number);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
