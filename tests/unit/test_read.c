/* SPDX-License-Identifier: Apache-2.0 */

#include <sys/stat.h>
#include <unistd.h>

#include "conf/lists/presets.h"
#include "conf/lists/read.h"
#include "tests/unit/conf_tools.h"

/* The prefixes as text, each with a blank behind it. */
static void
expect_prefixes(const struct prefixes *list, const char *expected)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(stream);
	for (size_t i = 0; list != NULL && i < prefixes_count(list); i++) {
		struct prefix prefix = prefixes_at(list, i);
		char one[PREFIX_TEXT_SIZE];

		fprintf(stream, "%s ", prefix_text(&prefix, one));
	}
	ck_assert_int_eq(fclose(stream), 0);
	ck_assert_str_eq(text, expected);
	free(text);
}

static bool
parse(struct view text, bool trust, struct report *report,
    struct list_reading *reading)
{
	struct list_settings list = {
	    .source = LIST_FILE, .used_as_trust = trust};
	char *copy = exact_copy(text);
	bool good;

	report_init(report);
	good = list_read_text(
	    &list, (struct view){copy, text.length}, "t", report, reading);
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
	"10.0.0.0/8 10.1.0.0/16 ", ""},
    {TEXT("::ffff:192.0.2.1\n::FFFF:10.0.0.0/104\n"), true,
	"10.0.0.0/8 192.0.2.1 ", ""},
    {TEXT("192.0.2.0-192.0.2.255\n10.0.0.1 - 10.0.0.6\n"), true,
	"10.0.0.1 10.0.0.2/31 10.0.0.4/31 10.0.0.6 192.0.2.0/24 ", ""},
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
    {TEXT("192.0.2.1 192.0.2.2\n192.0.2.9\tbackend # none\n"), true,
	"192.0.2.1 192.0.2.9 ", ""},
    {TEXT("192.0.2.0/24 /25\n192.0.2.1 255.0.0.0 x\n192.0.2.1 - x y\n"), true,
	NULL,
	"t:1:1: error: '192.0.2.0/24 /25': the length stands behind the "
	"address, as in 192.0.2.0/24\n"
	"t:2:1: error: '192.0.2.1 255.0.0.0 x': the length stands behind the "
	"address, as in 192.0.2.0/24\n"
	"t:3:1: error: '192.0.2.1 - x y': not an IPv4 or IPv6 address\n"},
    {TEXT("192.0.2.1 255.\n192.0.2.2 255.x.0.0\n192.0.2.4- 192.0.2.5\n"), true,
	"192.0.2.1 192.0.2.2 192.0.2.4/31 ", ""},
    {TEXT("bad words here\n"), true, NULL,
	"t:1:1: error: 'bad words here': not an IPv4 or IPv6 address\n"},
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
	struct list_reading reading;
	bool good = parse(rows[_i].text, rows[_i].trust, &report, &reading);

	expect_report(&report, rows[_i].report);
	ck_assert_msg(good == (rows[_i].prefixes != NULL), "row %d", _i);
	ck_assert(good == (reading.content != NULL));
	expect_prefixes(reading.content, good ? rows[_i].prefixes : "");
	prefixes_unref(reading.content);
}
END_TEST

START_TEST(longest_line_is_cut_in_messages)
{
	struct report report;
	struct list_reading reading;
	char line[1000];
	char expected[200];

	memset(line, 'x', sizeof(line));
	snprintf(expected, sizeof(expected),
	    "t:1:1: error: '%.60s…': not an IPv4 or IPv6 address\n", line);
	ck_assert(!parse(
	    (struct view){line, sizeof(line)}, false, &report, &reading));
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
	struct list_reading reading;
	struct report_entry *last;

	ck_assert(!parse(view_of(text), false, &report, &reading));
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
	struct list_reading reading;
	struct report_entry *last;

	ck_assert(parse(view_of(text), false, &report, &reading));
	ck_assert_uint_eq(reading.masked, 21);
	ck_assert_uint_eq(reading.lines, 21);
	ck_assert_uint_eq(prefixes_count(reading.content), 1);
	ck_assert_uint_eq(report.errors, 0);
	ck_assert_uint_eq(report.count, LIST_REPORTS_MAX + 1);
	last = &report.entries[LIST_REPORTS_MAX];
	ck_assert_uint_eq(last->place.line, 21);
	ck_assert_str_eq(last->text,
	    "and from here on 1 more lines with bits behind the prefix length");
	report_fini(&report);
	prefixes_unref(reading.content);
	free(text);
}
END_TEST

/* One range gives up to 254 prefixes: more than there was room for. */
START_TEST(ranges_grow_the_list)
{
	char *text =
	    repeated("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe\n", 50);
	struct report report;
	struct list_reading reading;

	ck_assert(parse(view_of(text), true, &report, &reading));
	ck_assert_uint_eq(reading.lines, 50);
	ck_assert_uint_eq(prefixes_count(reading.content), RANGE_PREFIXES_MAX);
	report_fini(&report);
	prefixes_unref(reading.content);
	free(text);
}
END_TEST

START_TEST(a_million_lines)
{
	char *text = repeated("2001:db8:1234:5678::/64 # comment\n", 1000000);
	struct report report;
	struct list_reading reading;

	ck_assert(parse(view_of(text), true, &report, &reading));
	ck_assert_uint_eq(reading.lines, 1000000);
	ck_assert_uint_eq(prefixes_count(reading.content), 1);
	report_fini(&report);
	prefixes_unref(reading.content);
	free(text);
}
END_TEST

static bool
read_file(const char *path, bool trust, struct report *report,
    struct list_reading *reading)
{
	struct list_settings list = {.source = LIST_FILE,
	    .file = path,
	    .used_as_trust = trust,
	    .source_place = {"c", 3, 4}};

	report_init(report);
	return list_read(&list, report, reading);
}

static void
refuse_file(const char *path, const char *problem)
{
	struct report report;
	struct list_reading reading;
	char expected[256];

	ck_assert(!read_file(path, false, &report, &reading));
	ck_assert_ptr_null(reading.content);
	snprintf(expected, sizeof(expected),
	    "c:3:4: error: cannot read the list file %s: %s\n", path, problem);
	expect_report(&report, expected);
}

START_TEST(what_is_no_file)
{
	char folder[] = "/tmp/test_read.XXXXXX";
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
	char path[] = "/tmp/test_read.XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)LIST_FILE_SIZE_MAX + 1), 0);
	close(fd);
	refuse_file(path, "larger than 512 MiB");
	unlink(path);
}
END_TEST

/* A file with that text; its name is to be unlinked. */
static void
write_file(char *path, const char *text, size_t length)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, length), (ssize_t)length);
	close(fd);
}

START_TEST(file_is_read)
{
	char path[] = "/tmp/test_read.XXXXXX";
	struct report report;
	struct list_reading reading;

	write_file(path, "192.0.2.1\n::1", 13);
	ck_assert(read_file(path, true, &report, &reading));
	expect_report(&report, "");
	expect_prefixes(reading.content, "192.0.2.1 ::1 ");
	ck_assert_uint_eq(reading.lines, 2);
	ck_assert_uint_eq(reading.bad, 0);
	prefixes_unref(reading.content);
	unlink(path);
}
END_TEST

/*
 * Lines across the pieces in which a file is read, of lengths that let the
 * border fall everywhere in them: it comes out as from one text.
 */
START_TEST(pieces_make_no_difference)
{
	char path[] = "/tmp/test_read.XXXXXX";
	size_t length = 0, room = 3 * (size_t)LIST_LINE_MAX;
	char *text = malloc(room);
	struct report report, other_report;
	struct list_reading reading, other;

	ck_assert_ptr_nonnull(text);
	for (unsigned i = 0; length + 64 < room; i++)
		length += (size_t)snprintf(text + length, 64,
		    i % 7 == 0   ? "2001:db8:%x:%x::/64 ; odd%.*s\n"
		    : i % 5 == 0 ? "10.%u.%u.9/16%.*s\r\n"
				 : "10.%u.%u.7 word%.*s\n",
		    i >> 8 & 255, i & 255, (int)(_i + (int)i % 3), "        ");
	write_file(path, text, length);
	ck_assert(read_file(path, false, &report, &reading));
	ck_assert(
	    parse((struct view){text, length}, false, &other_report, &other));
	ck_assert_uint_eq(reading.lines, other.lines);
	ck_assert_uint_eq(reading.masked, other.masked);
	ck_assert_uint_gt(reading.masked, LIST_REPORTS_MAX);
	ck_assert_uint_eq(
	    prefixes_difference(reading.content, other.content, NULL, 0), 0);
	ck_assert_uint_eq(report.entries[LIST_REPORTS_MAX].place.line,
	    other_report.entries[LIST_REPORTS_MAX].place.line);
	prefixes_unref(reading.content);
	prefixes_unref(other.content);
	report_fini(&report);
	report_fini(&other_report);
	unlink(path);
	free(text);
}
END_TEST

START_TEST(a_line_without_end)
{
	char path[] = "/tmp/test_read.XXXXXX";
	char *text = repeated("x", LIST_LINE_MAX + 10);
	struct report report;
	struct list_reading reading;
	char expected[200];

	memcpy(text, "192.0.2.1\n", 10);
	write_file(path, text, LIST_LINE_MAX + 10);
	snprintf(expected, sizeof(expected),
	    "%s:2:1: error: a line is longer than 256 KiB\n", path);
	ck_assert(!read_file(path, false, &report, &reading));
	expect_report(&report, expected);
	unlink(path);
	free(text);
}
END_TEST

/* 200,000 ranges, each of which makes 254 prefixes. */
START_TEST(too_many_prefixes)
{
	char path[] = "/tmp/test_read.XXXXXX";
	size_t length = 0, room = 200000 * 64;
	char *text = malloc(room);
	struct report report;
	struct list_reading reading;

	ck_assert_ptr_nonnull(text);
	for (unsigned i = 0; i < 200000; i++)
		length += (size_t)snprintf(text + length, room - length,
		    "2001:%x:%x::1-20ff:ffff:ffff:ffff:ffff:ffff:ffff:fffe\n",
		    i >> 16, i & 0xffff);
	write_file(path, text, length);
	ck_assert(!read_file(path, false, &report, &reading));
	ck_assert_uint_eq(report.errors, 1);
	ck_assert_str_eq(report.entries[0].text, "too many prefixes");
	report_fini(&report);
	unlink(path);
	free(text);
}
END_TEST

START_TEST(presets_are_read)
{
	struct list_settings list = {.source = LIST_PRESET,
	    .preset = "cloudflare",
	    .used_as_trust = true,
	    .source_place = {"c", 3, 4}};
	struct report report;
	struct list_reading reading;
	struct prefix prefix;

	for (size_t i = 0; i < preset_count; i++) {
		list.preset = presets[i].name;
		report_init(&report);
		ck_assert(list_read(&list, &report, &reading));
		expect_report(&report, "");
		ck_assert_uint_gt(prefixes_count(reading.content), 4);
		prefixes_unref(reading.content);
	}
	list.preset = "cloudflare";
	report_init(&report);
	ck_assert(list_read(&list, &report, &reading));
	ck_assert_int_eq(
	    prefix_parse(VIEW("2606:4700::/32"), &prefix), PREFIX_OK);
	ck_assert(prefixes_has(reading.content, &prefix));
	prefixes_unref(reading.content);
	list.preset = "nobody";
	ck_assert(!list_read(&list, &report, &reading));
	expect_report(&report, "c:3:4: error: no preset is named 'nobody'\n");
}
END_TEST

/* ---- what is read fast is what is read carefully ---- */

static uint64_t state = 88172645463325252U;

static unsigned
dice(unsigned sides)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state % sides);
}

/* Mostly right, so that a wrong byte meets every state. */
static size_t
some_line(char line[128])
{
	static const char bytes[] = "0123456789abcdefABCDEF:.::://%-# \t\r;gx";
	size_t length = 0;
	unsigned groups = 1 + dice(9);

	if (dice(2) == 0) {
		for (unsigned i = 0; i < 4; i++)
			length += (size_t)sprintf(line + length, "%s%u",
			    i == 0 ? "" : ".", dice(dice(9) == 0 ? 400 : 256));
	} else {
		for (unsigned i = 0; i < groups; i++)
			length += (size_t)sprintf(line + length, "%s%x",
			    i == 0         ? ""
			    : dice(4) == 0 ? "::"
					   : ":",
			    dice(dice(3) == 0 ? 2 : 0x10000));
		if (dice(6) == 0)
			length += (size_t)sprintf(line + length, "::");
		if (dice(8) == 0)
			length += (size_t)sprintf(line + length, ":1.2.3.4");
		if (dice(8) == 0) {
			memmove(line + 2, line, length);
			memcpy(line, "::", 2);
			length += 2;
		}
		if (dice(8) == 0)
			length = (size_t)sprintf(
			    line, "::ffff:%x:%x", dice(0x10000), dice(0x10000));
	}
	if (dice(2) == 0)
		length += (size_t)sprintf(line + length, "/%u", dice(140));
	for (unsigned i = dice(3); dice(3) == 0 && i > 0 && length > 0; i--)
		line[dice((unsigned)length)] = bytes[dice(sizeof(bytes) - 1)];
	if (dice(16) == 0)
		line[length++] = bytes[dice(sizeof(bytes) - 1)];
	return length;
}

/* As the grammar alone has it: first the comment, then the words. */
static bool
careful(struct view line, struct prefix *prefix)
{
	enum prefix_status status;

	for (size_t i = 0; i < line.length; i++)
		if (line.data[i] == '#' || line.data[i] == ';')
			line.length = i;
	if (line.length > 0 && line.data[line.length - 1] == '\r')
		line.length--;
	line = view_trim(line);
	for (size_t i = 0; i < line.length; i++)
		if (is_blank(line.data[i]))
			line.length = i;
	status = prefix_parse(line, prefix);
	return status == PREFIX_OK || status == PREFIX_HOST_BITS;
}

START_TEST(fast_is_as_careful)
{
	unsigned good = 0;

	state += (uint64_t)_i;
	for (unsigned i = 0; i < 100000; i++) {
		char line[128];
		size_t length = some_line(line);
		struct view text = {line, length};
		struct prefix prefix, found;
		struct list_reading reading;
		struct report report;
		bool expected = careful(text, &prefix);
		bool read;

		/* A range, or words that change the first: not compared. */
		if (memchr(line, '-', length) != NULL ||
		    memchr(line, ' ', length) != NULL ||
		    memchr(line, '\t', length) != NULL)
			continue;
		line[length] = '\n';
		text.length++;
		read = parse(text, false, &report, &reading);
		report_fini(&report);
		if (read && prefixes_count(reading.content) == 0)
			read = false; /* a comment */
		ck_assert_msg(read == expected, "%.*s", (int)length, line);
		if (read) {
			found = prefixes_at(reading.content, 0);
			ck_assert_msg(
			    found.length == prefix.length &&
				address_equal(&found.address, &prefix.address),
			    "%.*s", (int)length, line);
			good++;
		}
		prefixes_unref(reading.content);
	}
	ck_assert_uint_gt(good, 20000);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("read");
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
	tcase_add_loop_test(all, pieces_make_no_difference, 0, 3);
	tcase_add_test(all, a_line_without_end);
	tcase_add_test(all, too_many_prefixes);
	tcase_add_test(all, presets_are_read);
	tcase_add_loop_test(all, fast_is_as_careful, 0, 4);
	suite_add_tcase(suite, all);
	return run_tests(suite);
}
