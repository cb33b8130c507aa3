/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/control/log.h"

static struct log the_log;
static struct logger logger;
static int ends[2];
static char line[2 * LOG_LINE_SIZE];

static void
set_up(void)
{
	ck_assert_int_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	log_init(&the_log, ends[1]);
	logger_init(&logger, &the_log, "worker-1");
}

static void
tear_down(void)
{
	log_fini(&the_log);
	close(ends[0]);
	close(ends[1]);
}

static const char *
read_line(void)
{
	ssize_t length = read(ends[0], line, sizeof(line) - 1);

	line[length > 0 ? length : 0] = '\0';
	return line;
}

/* Behind the time, which is checked for itself. */
static const char *
read_fields(void)
{
	const char *space = strchr(read_line(), ' ');

	return space != NULL ? space + 1 : "";
}

START_TEST(test_logfmt)
{
	log_event(&logger, LOG_INFO_, "listening",
	    log_text("address", "127.0.0.1:9000"), log_number("port", 9000),
	    log_number("below", -1));
	ck_assert_str_eq(read_fields(),
	    "level=info thread=worker-1 event=listening "
	    "address=127.0.0.1:9000 port=9000 below=-1\n");
}
END_TEST

START_TEST(test_time)
{
	log_event(&logger, LOG_INFO_, "x", log_number("a", 1));
	read_line();
	static const char shape[] = "time=dddd-dd-ddTdd:dd:dd.dddZ ";
	for (size_t i = 0; i < sizeof(shape) - 1; i++)
		if (shape[i] == 'd')
			ck_assert_msg(line[i] >= '0' && line[i] <= '9',
			    "digit at %zu of %s", i, line);
		else
			ck_assert_msg(
			    line[i] == shape[i], "%zu of %s", i, line);
}
END_TEST

static const struct {
	struct view value;
	const char *logfmt;
	const char *json;
} values[] = {
    {{"plain", 5}, "plain", "\"plain\""},
    {{"", 0}, "\"\"", "\"\""},
    {{NULL, 0}, "\"\"", "\"\""},
    {{"two words", 9}, "\"two words\"", "\"two words\""},
    {{"a=b", 3}, "\"a=b\"", "\"a=b\""},
    {{"a\"b", 3}, "\"a\\\"b\"", "\"a\\\"b\""},
    {{"a\\b", 3}, "\"a\\\\b\"", "\"a\\\\b\""},
    {{"a\nb\r\tc", 6}, "\"a\\nb\\r\\tc\"", "\"a\\nb\\r\\tc\""},
    {{"a\0b", 3}, "\"a\\u0000b\"", "\"a\\u0000b\""},
    {{"\x1b[31m", 5}, "\"\\u001b[31m\"", "\"\\u001b[31m\""},
    {{"\x7f", 1}, "\"\\u007f\"", "\"\\u007f\""},
    /* UTF-8 stays, C1 controls and broken bytes do not. */
    {{"\xc3\xa4\xe2\x82\xac", 5}, "\"\xc3\xa4\xe2\x82\xac\"",
	"\"\xc3\xa4\xe2\x82\xac\""},
    {{"\xf0\x9f\x98\x80", 4}, "\"\xf0\x9f\x98\x80\"", "\"\xf0\x9f\x98\x80\""},
    {{"\xc2\x85", 2}, "\"\\u00c2\\u0085\"", "\"\\u00c2\\u0085\""},
    {{"\xff", 1}, "\"\\u00ff\"", "\"\\u00ff\""},
    {{"\xe2\x82", 2}, "\"\\u00e2\\u0082\"", "\"\\u00e2\\u0082\""},
    {{"\xc0\xaf", 2}, "\"\\u00c0\\u00af\"", "\"\\u00c0\\u00af\""},
    {{"\xe0\x80\x80", 3}, "\"\\u00e0\\u0080\\u0080\"",
	"\"\\u00e0\\u0080\\u0080\""},
    {{"\xed\xa0\x80", 3}, "\"\\u00ed\\u00a0\\u0080\"",
	"\"\\u00ed\\u00a0\\u0080\""},
    {{"\xf4\x90\x80\x80", 4}, "\"\\u00f4\\u0090\\u0080\\u0080\"",
	"\"\\u00f4\\u0090\\u0080\\u0080\""},
};

START_TEST(test_values)
{
	char expected[128];

	log_event(&logger, LOG_INFO_, "e", log_view("v", values[_i].value));
	snprintf(expected, sizeof(expected),
	    "level=info thread=worker-1 event=e v=%s\n", values[_i].logfmt);
	ck_assert_str_eq(read_fields(), expected);
}
END_TEST

START_TEST(test_values_json)
{
	char expected[128];

	log_configure(&the_log, LOG_INFO_, LOG_JSON);
	log_event(&logger, LOG_ERROR_, "e", log_view("v", values[_i].value),
	    log_number("n", 7));
	snprintf(expected, sizeof(expected),
	    ",\"level\":\"error\",\"thread\":\"worker-1\",\"event\":\"e\","
	    "\"v\":%s,\"n\":7}\n",
	    values[_i].json);
	read_line();
	ck_assert_int_eq(strncmp(line, "{\"time\":\"2", 10), 0);
	ck_assert_str_eq(strchr(line, ','), expected);
	json_t *json = json_loads(line, JSON_ALLOW_NUL, NULL);
	ck_assert_ptr_nonnull(json);
	json_decref(json);
}
END_TEST

START_TEST(test_levels)
{
	static const char *const names[] = {
	    "error", "warning", "notice", "info", "debug"};

	for (unsigned shown = LOG_ERROR_; shown <= LOG_DEBUG_; shown++) {
		log_configure(&the_log, (enum log_level)shown, LOG_LOGFMT);
		for (unsigned level = LOG_ERROR_; level <= LOG_DEBUG_;
		     level++) {
			char expected[64] = "";

			log_event(&logger, (enum log_level)level, "e",
			    log_number("n", 1));
			if (level <= shown)
				snprintf(expected, sizeof(expected),
				    "level=%s thread=worker-1 event=e n=1\n",
				    names[level]);
			ck_assert_str_eq(read_fields(), expected);
			ck_assert_int_eq(
			    log_shows(&logger, (enum log_level)level),
			    level <= shown);
		}
	}
}
END_TEST

/* Each byte needs its escape, six bytes of the line. */
static const struct {
	unsigned char byte;
	enum log_format format;
} fillers[] = {{'a', LOG_LOGFMT}, {'a', LOG_JSON}, {0x01, LOG_LOGFMT},
    {0x01, LOG_JSON}, {'"', LOG_LOGFMT}, {'"', LOG_JSON}};

START_TEST(test_long_values_are_cut)
{
	static char text[3 * LOG_LINE_SIZE];

	memset(text, fillers[_i].byte, sizeof(text));
	log_configure(&the_log, LOG_INFO_, fillers[_i].format);
	for (size_t length = 3000; length < 4200; length++) {
		size_t used = fillers[_i].byte == 'a'   ? length
			      : fillers[_i].byte == '"' ? length / 2
							: length / 6;
		log_event(&logger, LOG_INFO_, "e",
		    log_view("v", (struct view){text, used}),
		    log_text("behind", "word"), log_number("n", 123456));
		size_t got = strlen(read_line());
		ck_assert_uint_le(got, LOG_LINE_SIZE);
		ck_assert_int_eq(line[got - 1], '\n');
		ck_assert_ptr_eq(strchr(line, '\n'), &line[got - 1]);
		bool cut = strstr(line, "truncated") != NULL;
		bool whole = strstr(line, "123456") != NULL;
		ck_assert_msg(cut != whole, "length %zu: %s", length, line);
		if (fillers[_i].format == LOG_JSON) {
			json_t *json = json_loads(line, JSON_ALLOW_NUL, NULL);
			ck_assert_msg(json != NULL, "%zu: %s", length, line);
			json_decref(json);
		}
	}
}
END_TEST

START_TEST(test_full_pipe_drops_and_counts)
{
	unsigned written = 0;
	char byte[65536];

	while (log_dropped(&the_log) == 0 && written < 100000) {
		log_event(&logger, LOG_INFO_, "e",
		    log_text("text", "something to fill a pipe with"));
		written++;
	}
	ck_assert_uint_eq(log_dropped(&the_log), 1);
	ck_assert_uint_gt(written, 100);
	ck_assert_int_gt(read(ends[0], byte, sizeof(byte)), 0);
	log_event(&logger, LOG_INFO_, "e", log_number("n", 1));
	ck_assert_uint_eq(log_dropped(&the_log), 1);
}
END_TEST

START_TEST(test_full_socket_drops_and_counts)
{
	struct log log;
	struct logger to_socket;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	log_init(&log, pair[1]);
	logger_init(&to_socket, &log, "a thread with a very long name");
	ck_assert_str_eq(to_socket.thread, "a thread with a very lo");
	for (int i = 0; i < 100000 && log_dropped(&log) == 0; i++)
		log_event(&to_socket, LOG_INFO_, "e", log_text("text", "word"));
	ck_assert_uint_eq(log_dropped(&log), 1);
	close(pair[0]);
	log_event(&to_socket, LOG_INFO_, "e", log_number("n", 1));
	ck_assert_uint_eq(log_dropped(&log), 2); /* and no SIGPIPE */
	close(pair[1]);
	log_fini(&log);
}
END_TEST

START_TEST(test_limit)
{
	static const struct {
		uint64_t now;
		bool pass;
		uint64_t held;
	} rows[] = {{5000, true, 0}, {5001, false, 0}, {5999, false, 0},
	    {6000, true, 2}, {6500, false, 0}, {9000, true, 1},
	    {20000, true, 0}};
	struct log_limit limit = {.interval = 1000};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t held = 0;
		ck_assert_msg(
		    log_limit_pass(&limit, rows[i].now, &held) == rows[i].pass,
		    "row %zu", i);
		ck_assert_uint_eq(held, rows[i].held);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log");
	TCase *tests = tcase_create("log");
	int count = sizeof(values) / sizeof(values[0]);

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_logfmt);
	tcase_add_test(tests, test_time);
	tcase_add_loop_test(tests, test_values, 0, count);
	tcase_add_loop_test(tests, test_values_json, 0, count);
	tcase_add_test(tests, test_levels);
	tcase_add_loop_test(tests, test_long_values_are_cut, 0,
	    sizeof(fillers) / sizeof(fillers[0]));
	tcase_add_test(tests, test_full_pipe_drops_and_counts);
	tcase_add_test(tests, test_full_socket_drops_and_counts);
	tcase_add_test(tests, test_limit);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
