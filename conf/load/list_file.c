/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/list_file.h"

#include <stdlib.h>

#include "conf/load/file.h"

/* Lines of one kind: the first few are shown, the others counted. */
struct tally {
	size_t count;
	struct place next; /* the first that was not shown */
};

/*
 * One pass over the lines. Room is made for one prefix a line beforehand, so
 * only ranges make the array grow.
 */
struct reader {
	const char *file;
	bool trust;
	struct report *report;
	struct list_file *list;
	size_t room;
	unsigned line;
	struct tally bad;
	struct tally masked;
	bool given_up;
};

enum { TEXT_SHOWN = 60 };

/* Lists may hold any byte; messages do not. */
static void
show(struct view text, char shown[TEXT_SHOWN + 4])
{
	size_t length = text.length < TEXT_SHOWN ? text.length : TEXT_SHOWN;

	for (size_t i = 0; i < length; i++)
		shown[i] = text.data[i] >= ' ' && text.data[i] <= '~'
			       ? text.data[i]
			       : '?';
	strcpy(shown + length, length < text.length ? "…" : "");
}

/* Is this one still to be shown? */
static bool
count_up(struct tally *tally, struct place place)
{
	if (tally->count++ == LIST_REPORTS_MAX)
		tally->next = place;
	return tally->count <= LIST_REPORTS_MAX;
}

static struct place
place_of(const struct reader *reader, size_t column)
{
	return (struct place){reader->file, reader->line, (unsigned)column};
}

static void
give_up(struct reader *reader, struct place place, const char *why)
{
	report_error(reader->report, place, "%s", why);
	reader->given_up = true;
}

static void
refuse(struct reader *reader, struct view text, size_t column,
    enum prefix_status status)
{
	struct place place = place_of(reader, column);
	char shown[TEXT_SHOWN + 4];

	if (!count_up(&reader->bad, place))
		return;
	show(text, shown);
	report_error(reader->report, place, "'%s': %s", shown,
	    prefix_status_text(status));
}

static void
warn_masked(struct reader *reader, struct view text, size_t column,
    const struct prefix *prefix)
{
	struct place place = place_of(reader, column);
	char shown[TEXT_SHOWN + 4];
	char masked[PREFIX_TEXT_SIZE];

	if (!count_up(&reader->masked, place))
		return;
	show(text, shown);
	prefix_format(prefix, masked);
	report_warning(reader->report, place, "'%s': %s; taken as %s", shown,
	    prefix_status_text(PREFIX_HOST_BITS), masked);
}

static bool
make_room(struct reader *reader, size_t more)
{
	struct list_file *list = reader->list;
	size_t room = reader->room * 2 + more;
	struct prefix *prefixes;

	if (reader->room - list->count >= more)
		return true;
	if (list->count + more > LIST_PREFIXES_MAX) {
		give_up(reader, place_of(reader, 1), "too many prefixes");
		return false;
	}
	prefixes = realloc(list->prefixes, room * sizeof(*prefixes));
	if (prefixes == NULL) {
		give_up(reader, place_of(reader, 1), "out of memory");
		return false;
	}
	list->prefixes = prefixes;
	reader->room = room;
	return true;
}

static void
read_range(struct reader *reader, struct view text, size_t column)
{
	struct prefix prefixes[RANGE_PREFIXES_MAX];
	struct range range;
	enum prefix_status status = range_parse(text, &range);
	unsigned count;

	if (status != PREFIX_OK) {
		refuse(reader, text, column, status);
		return;
	}
	count = range_split(&range, prefixes);
	if (!make_room(reader, count))
		return;
	memcpy(reader->list->prefixes + reader->list->count, prefixes,
	    count * sizeof(*prefixes));
	reader->list->count += count;
}

static void
read_entry(struct reader *reader, struct view text, size_t column)
{
	struct prefix prefix;
	enum prefix_status status = prefix_parse(text, &prefix);

	if (status == PREFIX_NO_ADDRESS &&
	    memchr(text.data, '-', text.length) != NULL) {
		read_range(reader, text, column);
		return;
	}
	if (status == PREFIX_HOST_BITS && !reader->trust)
		warn_masked(reader, text, column, &prefix);
	else if (status != PREFIX_OK) {
		refuse(reader, text, column, status);
		return;
	}
	if (make_room(reader, 1))
		reader->list->prefixes[reader->list->count++] = prefix;
}

static void
read_line(struct reader *reader, struct view line)
{
	struct view text = line;

	for (size_t i = 0; i < text.length; i++)
		if (text.data[i] == '#' || text.data[i] == ';')
			text.length = i;
	if (text.length > 0 && text.data[text.length - 1] == '\r')
		text.length--;
	text = view_trim(text);
	if (text.length > 0)
		read_entry(reader, text, (size_t)(text.data - line.data) + 1);
}

static size_t
count_lines(struct view text)
{
	const char *end = text.data + text.length;
	const char *line = text.data;
	size_t count = 0;

	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));

		line = newline == NULL ? end : newline + 1;
		count++;
	}
	return count;
}

static void
read_lines(struct reader *reader, struct view text)
{
	const char *end = text.data + text.length;
	const char *line = text.data;

	while (line < end && !reader->given_up) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *line_end = newline == NULL ? end : newline;

		reader->line++;
		read_line(
		    reader, (struct view){line, (size_t)(line_end - line)});
		line = newline == NULL ? end : newline + 1;
	}
}

/* What was not shown, and whether the list can be used. */
static bool
conclude(struct reader *reader)
{
	if (reader->bad.count > LIST_REPORTS_MAX)
		report_error(reader->report, reader->bad.next,
		    "and from here on %zu more lines like these",
		    reader->bad.count - LIST_REPORTS_MAX);
	if (reader->masked.count > LIST_REPORTS_MAX)
		report_warning(reader->report, reader->masked.next,
		    "and from here on %zu more lines with bits behind the "
		    "prefix length",
		    reader->masked.count - LIST_REPORTS_MAX);
	return !reader->given_up && reader->bad.count == 0;
}

bool
list_file_parse(struct view text, const char *file, bool trust,
    struct report *report, struct list_file *list)
{
	struct reader reader = {
	    .file = file, .trust = trust, .report = report, .list = list};
	size_t lines;

	*list = (struct list_file){.prefixes = NULL};
	if (text.length >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
		text = (struct view){text.data + 3, text.length - 3};
	lines = count_lines(text);
	if (lines > LIST_PREFIXES_MAX)
		lines = LIST_PREFIXES_MAX;
	if (lines > 0 && make_room(&reader, lines))
		read_lines(&reader, text);
	if (conclude(&reader))
		return true;
	free(list->prefixes);
	*list = (struct list_file){.prefixes = NULL};
	return false;
}

bool
list_file_read(const char *file, bool trust, struct place place,
    struct report *report, struct list_file *list)
{
	char problem[FILE_PROBLEM_SIZE];
	struct file_text text;
	bool good;

	*list = (struct list_file){.prefixes = NULL};
	if (!file_read(file, LIST_FILE_SIZE_MAX, true, &text, problem)) {
		report_error(report, place, "cannot read the list file %s: %s",
		    file, problem);
		return false;
	}
	good = list_file_parse(
	    (struct view){text.data, text.length}, file, trust, report, list);
	free(text.data);
	return good;
}
