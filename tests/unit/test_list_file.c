/* SPDX-License-Identifier: Apache-2.0 */

#include <sys/stat.h>
#include <unistd.h>

#include "conf/load/list_file.h"
#include "tests/unit/conf_tools.h"

/* The prefixes as text, each with a blank behind it. */
static void
expect_prefixes(const struct list_file *list, const char *expected)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(stream);
	for (size_t i = 0; i < list->count; i++) {
		char prefix[PREFIX_TEXT_SIZE];

		fprintf(stream, "%s ", prefix_text(&list->prefixes[i], prefix));
	}
	ck_assert_int_eq(fclose(stream), 0);
	ck_assert_str_eq(text, expected);
	free(text);
}

static bool
parse(
    struct view text, bool trust, struct report *report, struct list_file *list)
{
	char *copy = exact_copy(text);
	bool good;

	report_init(report);
	good = list_file_parse(
	    (struct view){copy, text.length}, "t", trust, report, list);
	free(copy);
	return good;
}

/* prefixes: NULL when the list is refused. */
static const struct {
	struct view text;
	bool trust;
	const char *prefixes;
	const char *report;
} rows[] = {
    {TEXT(""), true, "", ""},
    {TEXT("\n"), true, "", ""},
    {TEXT("\r\n \r\n\t\r\n"), true, "", ""},
    {TEXT("# only\n; comments\n  #\n"), true, "", ""},
    {TEXT("192.0.2.1"), true, "192.0.2.1 ", ""},
    {TEXT("192.0.2.1\n"), true, "192.0.2.1 ", ""},
    {TEXT("192.0.2.1\r\n2001:db8::/32\r\n"), true, "192.0.2.1 2001:db8::/32 ",
	""},
    {TEXT("192.0.2.1\r"), true, "192.0.2.1 ", ""},
    {TEXT("\xef\xbb\xbf"
	  "192.0.2.0/24\n"),
	true, "192.0.2.0/24 ", ""},
    {TEXT("\xef\xbb\xbf"), true, "", ""},
    {TEXT(" \t192.0.2.1 \t\n192.0.2.2# a\n192.0.2.3 ; b # c\n"), true,
	"192.0.2.1 192.0.2.2 192.0.2.3 ", ""},
    {TEXT("10.0.0.0/8\n10.0.0.0/8\n10.1.0.0/16\n"), true,
	"10.0.0.0/8 10.0.0.0/8 10.1.0.0/16 ", ""},
    {TEXT("::ffff:192.0.2.1\n::FFFF:10.0.0.0/104\n"), true,
	"192.0.2.1 10.0.0.0/8 ", ""},
    {TEXT("192.0.2.0-192.0.2.255\n10.0.0.1 - 10.0.0.6\n"), true,
	"192.0.2.0/24 10.0.0.1 10.0.0.2/31 10.0.0.4/31 10.0.0.6 ", ""},
    {TEXT("192.0.2.7-192.0.2.7\n2001:db8::-2001:db8::ffff\n"), true,
	"192.0.2.7 2001:db8::/112 ", ""},
    {TEXT("10.1.2.3/8\n192.0.2.1\n"), false, "10.0.0.0/8 192.0.2.1 ",
	"t:1:1: warning: '10.1.2.3/8': bits are set behind the prefix length; "
	"taken as 10.0.0.0/8\n"},
    {TEXT("10.1.2.3/8\n192.0.2.1\n"), true, NULL,
	"t:1:1: error: '10.1.2.3/8': bits are set behind the prefix length\n"},
    {TEXT("192.0.2.1\n\n  x\n"), false, NULL,
	"t:3:3: error: 'x': not an IPv4 or IPv6 address\n"},
    {TEXT("\xef\xbb\xbf\tx\n"), false, NULL,
	"t:1:2: error: 'x': not an IPv4 or IPv6 address\n"},
    {TEXT("192.0.2.1 192.0.2.2\n"), false, NULL,
	"t:1:1: error: '192.0.2.1 192.0.2.2': not an IPv4 or IPv6 address\n"},
    {TEXT("192.0.2.1\r192.0.2.2\n"), false, NULL,
	"t:1:1: error: '192.0.2.1?192.0.2.2': not an IPv4 or IPv6 address\n"},
    {TEXT("192.0.2.1\0\n"), false, NULL,
	"t:1:1: error: '192.0.2.1?': not an IPv4 or IPv6 address\n"},
    {TEXT("192.0.2.1\0"
	  "2\n"),
	false, NULL,
	"t:1:1: error: '192.0.2.1?2': not an IPv4 or IPv6 address\n"},
    {TEXT("0.0.0.0/0\n::/0\n"), false, NULL,
	"t:1:1: error: '0.0.0.0/0': covers a whole family: write any\n"
	"t:2:1: error: '::/0': covers a whole family: write any\n"},
    {TEXT("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n"), false, NULL,
	"t:1:1: error: '::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff': covers "
	"a whole family: write any\n"},
    {TEXT("::ffff:0.0.0.0/96\n"), false, NULL,
	"t:1:1: error: '::ffff:0.0.0.0/96': a mapped prefix of /96 or shorter "
	"covers all of IPv4: write any\n"},
    {TEXT("010.0.0.1\n"), false, NULL,
	"t:1:1: error: '010.0.0.1': not an IPv4 or IPv6 address\n"},
    {TEXT("192.0.2.9-192.0.2.1\n192.0.2.1-::1\n-\n"), false, NULL,
	"t:1:1: error: '192.0.2.9-192.0.2.1': the range ends before it "
	"begins\n"
	"t:2:1: error: '192.0.2.1-::1': the range mixes IPv4 and IPv6\n"
	"t:3:1: error: '-': not an IPv4 or IPv6 address\n"},
    {TEXT("[::1]\n192.0.2.1:80\nfe80::1%eth0\nany\n"), false, NULL,
	"t:1:1: error: '[::1]': not an IPv4 or IPv6 address\n"
	"t:2:1: error: '192.0.2.1:80': not an IPv4 or IPv6 address\n"
	"t:3:1: error: 'fe80::1%eth0': a zone does not belong here\n"
	"t:4:1: error: 'any': not an IPv4 or IPv6 address\n"},
};

START_TEST(list_is_read)
{
	struct report report;
	struct list_file list;
	bool good = parse(rows[_i].text, rows[_i].trust, &report, &list);

	expect_report(&report, rows[_i].report);
	ck_assert_msg(good == (rows[_i].prefixes != NULL), "row %d", _i);
	expect_prefixes(&list, good ? rows[_i].prefixes : "");
	ck_assert(good || list.prefixes == NULL);
	free(list.prefixes);
}
END_TEST

START_TEST(longest_line_is_cut_in_messages)
{
	struct report report;
	struct list_file list;
	char line[1000];
	char expected[200];

	memset(line, 'x', sizeof(line));
	snprintf(expected, sizeof(expected),
	    "t:1:1: error: '%.60s…': not an IPv4 or IPv6 address\n", line);
	ck_assert(
	    !parse((struct view){line, sizeof(line)}, false, &report, &list));
	expect_report(&report, expected);
}
END_TEST

/* count times the line; to be freed. */
static char *
repeated(const char *line, size_t count)
{
	size_t length = strlen(line);
	char *text = malloc(count * length + 1);

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * length, line, length + 1);
	return text;
}

START_TEST(many_bad_lines_are_counted)
{
	char *text = repeated("x\n", 1000);
	struct report report;
	struct list_file list;
	struct report_entry *last;

	ck_assert(!parse(view_of(text), false, &report, &list));
	ck_assert_uint_eq(report.errors, LIST_REPORTS_MAX + 1);
	last = &report.entries[LIST_REPORTS_MAX];
	ck_assert_uint_eq(last->place.line, LIST_REPORTS_MAX + 1);
	ck_assert_str_eq(
	    last->text, "and from here on 980 more lines like these");
	report_fini(&report);
	free(text);
}
END_TEST

START_TEST(many_host_bits_are_counted)
{
	char *text = repeated("10.1.2.3/8\n", 21);
	struct report report;
	struct list_file list;
	struct report_entry *last;

	ck_assert(parse(view_of(text), false, &report, &list));
	ck_assert_uint_eq(list.count, 21);
	ck_assert_uint_eq(report.errors, 0);
	ck_assert_uint_eq(report.count, LIST_REPORTS_MAX + 1);
	last = &report.entries[LIST_REPORTS_MAX];
	ck_assert_uint_eq(last->place.line, 21);
	ck_assert_str_eq(last->text,
	    "and from here on 1 more lines with bits behind the prefix length");
	report_fini(&report);
	free(list.prefixes);
	free(text);
}
END_TEST

/* One range gives up to 254 prefixes: more than there was room for. */
START_TEST(ranges_grow_the_list)
{
	char *text =
	    repeated("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe\n", 50);
	struct report report;
	struct list_file list;

	ck_assert(parse(view_of(text), true, &report, &list));
	ck_assert_uint_eq(list.count, 50 * RANGE_PREFIXES_MAX);
	ck_assert_uint_eq(list.prefixes[0].length, 128);
	ck_assert_uint_eq(
	    list.prefixes[50 * RANGE_PREFIXES_MAX - 1].length, 128);
	report_fini(&report);
	free(list.prefixes);
	free(text);
}
END_TEST

START_TEST(a_million_lines)
{
	char *text = repeated("2001:db8:1234:5678::/64 # comment\n", 1000000);
	struct report report;
	struct list_file list;

	ck_assert(parse(view_of(text), true, &report, &list));
	ck_assert_uint_eq(list.count, 1000000);
	report_fini(&report);
	free(list.prefixes);
	free(text);
}
END_TEST

static void
refuse_file(const char *path, const char *problem)
{
	struct report report;
	struct list_file list;
	char expected[256];

	report_init(&report);
	ck_assert(!list_file_read(
	    path, false, (struct place){"c", 3, 4}, &report, &list));
	ck_assert_ptr_null(list.prefixes);
	snprintf(expected, sizeof(expected),
	    "c:3:4: error: cannot read the list file %s: %s\n", path, problem);
	expect_report(&report, expected);
}

START_TEST(what_is_no_file)
{
	char folder[] = "/tmp/test_list_file.XXXXXX";
	char path[64];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	refuse_file(folder, "not a regular file");
	snprintf(path, sizeof(path), "%s/none", folder);
	refuse_file(path, "No such file or directory");
	/* Nobody writes to it, and still nobody waits. */
	snprintf(path, sizeof(path), "%s/pipe", folder);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	refuse_file(path, "not a regular file");
	unlink(path);
	rmdir(folder);
	refuse_file("/dev/zero", "not a regular file");
}
END_TEST

START_TEST(size_limit)
{
	char path[] = "/tmp/test_list_file.XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)LIST_FILE_SIZE_MAX + 1), 0);
	close(fd);
	refuse_file(path, "larger than 512 MiB");
	unlink(path);
}
END_TEST

START_TEST(file_is_read)
{
	char path[] = "/tmp/test_list_file.XXXXXX";
	int fd = mkstemp(path);
	struct report report;
	struct list_file list;

	ck_assert_int_eq(write(fd, "192.0.2.1\n::1", 13), 13);
	close(fd);
	report_init(&report);
	ck_assert(list_file_read(
	    path, true, (struct place){"c", 1, 1}, &report, &list));
	expect_report(&report, "");
	expect_prefixes(&list, "192.0.2.1 ::1 ");
	free(list.prefixes);
	unlink(path);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("list_file");
	TCase *all = tcase_create("all");

	tcase_set_timeout(all, 30);
	tcase_add_loop_test(all, list_is_read, 0, COUNT(rows));
	tcase_add_test(all, longest_line_is_cut_in_messages);
	tcase_add_test(all, many_bad_lines_are_counted);
	tcase_add_test(all, many_host_bits_are_counted);
	tcase_add_test(all, ranges_grow_the_list);
	tcase_add_test(all, a_million_lines);
	tcase_add_test(all, what_is_no_file);
	tcase_add_test(all, size_limit);
	tcase_add_test(all, file_is_read);
	suite_add_tcase(suite, all);
	return run_tests(suite);
}
