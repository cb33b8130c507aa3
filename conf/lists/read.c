/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/lists/read.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf/lists/presets.h"
#include "conf/lists/reader.h"
#include "conf/load/file.h"

/* ---- formats ---- */

/* How a file is cut into what its reader takes. */
struct format {
	void (*read)(struct reader *reader, struct view text);
	/* How much of the text is complete; NULL: all of the file at once. */
	size_t (*cut)(struct view text);
};

static size_t
cut_at_newline(struct view text)
{
	const char *last = memrchr(text.data, '\n', text.length);

	return last == NULL ? 0 : (size_t)(last - text.data) + 1;
}

static const struct format formats[] = {
    [LIST_LINES] = {lines_read, cut_at_newline},
    [LIST_CSV] = {csv_read, csv_cut},
    [LIST_JSON] = {json_read, NULL},
    [LIST_NDJSON] = {ndjson_read, cut_at_newline},
};

static const struct format *
format_of(const struct list_settings *list)
{
	return &formats[list->source == LIST_FILE ? list->format : LIST_LINES];
}

/* ---- what is told in the end ---- */

static void __attribute__((format(printf, 5, 6)))
tell(const struct reader *reader, size_t line, size_t column, bool error,
    const char *format, ...)
{
	struct place place = {reader->file, (unsigned)line, (unsigned)column};
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (error)
		report_error(reader->report, place, "%s", text);
	else
		report_warning(reader->report, place, "%s", text);
}

static void
tell_bad(const struct reader *reader, bool error)
{
	const struct findings *bad = &reader->bad;

	for (size_t i = 0; i < bad->count && i < LIST_REPORTS_MAX; i++) {
		const struct finding *one = &bad->shown[i];

		tell(reader, one->line, one->column, error, "'%s': %s%s",
		    one->text,
		    one->why != NULL ? one->why
				     : prefix_status_text(one->status),
		    error ? "" : "; left out");
	}
	if (bad->count > LIST_REPORTS_MAX)
		tell(reader, bad->next_line, bad->next_column, error,
		    "and from here on %zu more lines like these",
		    bad->count - LIST_REPORTS_MAX);
}

static void
tell_masked(const struct reader *reader)
{
	const struct findings *masked = &reader->masked;

	for (size_t i = 0; i < masked->count && i < LIST_REPORTS_MAX; i++) {
		const struct finding *one = &masked->shown[i];
		char text[PREFIX_TEXT_SIZE];

		prefix_format(&one->masked, text);
		tell(reader, one->line, one->column, false,
		    "'%s': %s; taken as %s", one->text,
		    prefix_status_text(PREFIX_HOST_BITS), text);
	}
	if (masked->count > LIST_REPORTS_MAX)
		tell(reader, masked->next_line, masked->next_column, false,
		    "and from here on %zu more lines with bits behind the "
		    "prefix length",
		    masked->count - LIST_REPORTS_MAX);
}

/* What is bad throughout is no list, whatever is tolerated. */
static bool
is_tolerable(const struct reader *reader)
{
	size_t bad = reader->bad.count;

	return bad == 0 ||
	       (bad < reader->entries &&
		   bad * 100 <= reader->entries * reader->list->guard.tolerate);
}

static bool
tell_all(struct reader *reader)
{
	bool good = is_tolerable(reader);

	tell_bad(reader, !good);
	tell_masked(reader);
	if (good || reader->list->guard.tolerate == 0)
		return good;
	if (reader->bad.count == reader->entries)
		tell(reader, 0, 0, true, "no entry is good");
	else
		tell(reader, 0, 0, true,
		    "%zu of %zu entries are bad, more than 'tolerate: %u%%'",
		    reader->bad.count, reader->entries,
		    reader->list->guard.tolerate);
	return good;
}

/* ---- from begin to end ---- */

static void
check_objects(struct reader *reader)
{
	if (reader->objects > 0 && reader->entries == 0)
		reader_give_up(reader, 0, "none of %zu objects %s",
		    reader->objects,
		    reader->list->filter_count > 0
			? "has the path and passes the filter"
			: "has the path");
}

static void
check_size(struct reader *reader)
{
	const struct prefixes_builder *builder = &reader->builder;

	if (builder->ipv4_count + builder->ipv6_count > LIST_PREFIXES_MAX)
		reader_give_up(reader, reader->line, "too many prefixes");
	else if (builder->starved)
		reader_give_up(reader, reader->line, "out of memory");
}

static bool
conclude(struct reader *reader, struct list_reading *reading)
{
	bool good;

	*reading = (struct list_reading){.content = NULL};
	if (!reader->given_up)
		check_size(reader);
	if (!reader->given_up)
		check_objects(reader);
	good = tell_all(reader) && !reader->given_up;
	if (!good) {
		prefixes_abandon(&reader->builder);
		return false;
	}
	reading->content = prefixes_finish(&reader->builder);
	if (reading->content == NULL) {
		reader_give_up(reader, 0, "out of memory");
		return false;
	}
	reading->lines = reader->entries;
	reading->bad = reader->bad.count;
	reading->masked = reader->masked.count;
	return true;
}

static struct view
without_mark(struct view text)
{
	if (text.length >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
		return (struct view){text.data + 3, text.length - 3};
	return text;
}

bool
list_read_text(const struct list_settings *list, struct view text,
    const char *file, struct report *report, struct list_reading *reading)
{
	struct reader reader = {.list = list, .file = file, .report = report};

	format_of(list)->read(&reader, without_mark(text));
	return conclude(&reader, reading);
}

/* ---- files ---- */

static bool
refuse_file(const struct list_settings *list, struct report *report,
    const char *problem)
{
	report_error(report, list->source_place,
	    "cannot read the list file %s: %s", list->file, problem);
	return false;
}

/* One piece after the other; what is not complete stays for the next. */
struct pieces {
	int fd;
	char *buffer; /* of LIST_LINE_MAX bytes */
	size_t filled;
	size_t total; /* bytes read so far */
	bool first;
	bool last;
};

static bool
next_piece(struct pieces *pieces, char problem[FILE_PROBLEM_SIZE])
{
	size_t room = LIST_LINE_MAX - pieces->filled;
	ssize_t got = file_fill(
	    pieces->fd, pieces->buffer + pieces->filled, room, problem);

	if (got < 0)
		return false;
	pieces->first = pieces->total == 0;
	pieces->last = (size_t)got < room;
	pieces->filled += (size_t)got;
	pieces->total += (size_t)got;
	if (pieces->total <= LIST_FILE_SIZE_MAX)
		return true;
	/* It grew while it was read. */
	file_say_too_large(LIST_FILE_SIZE_MAX, problem);
	return false;
}

static void
read_piece(
    struct reader *reader, const struct format *format, struct pieces *pieces)
{
	struct view text = {pieces->buffer, pieces->filled};
	size_t used = text.length;

	if (!pieces->last)
		used = format->cut(text);
	if (used == 0 && !pieces->last) {
		reader_give_up(reader, reader->line + 1,
		    "a line is longer than %d KiB", LIST_LINE_MAX / 1024);
		return;
	}
	text.length = used;
	format->read(reader, pieces->first ? without_mark(text) : text);
	if (!reader->given_up)
		check_size(reader);
	pieces->filled -= used;
	memmove(pieces->buffer, pieces->buffer + used, pieces->filled);
}

static bool
read_pieces(struct reader *reader, int fd, char problem[FILE_PROBLEM_SIZE])
{
	struct pieces pieces = {.fd = fd, .buffer = malloc(LIST_LINE_MAX)};
	bool good = pieces.buffer != NULL;

	if (!good)
		reader_give_up(reader, 0, "out of memory");
	while (good && !pieces.last && !reader->given_up) {
		good = next_piece(&pieces, problem);
		if (good)
			read_piece(reader, format_of(reader->list), &pieces);
	}
	free(pieces.buffer);
	return good || reader->given_up;
}

static bool
read_file(const struct list_settings *list, struct report *report,
    struct list_reading *reading)
{
	struct reader reader = {
	    .list = list, .file = list->file, .report = report};
	char problem[FILE_PROBLEM_SIZE];
	int fd = file_open(list->file, LIST_FILE_SIZE_MAX, problem);
	bool good;

	if (fd < 0)
		return refuse_file(list, report, problem);
	good = read_pieces(&reader, fd, problem);
	close(fd);
	if (good)
		return conclude(&reader, reading);
	prefixes_abandon(&reader.builder);
	return refuse_file(list, report, problem);
}

static bool
read_whole(const struct list_settings *list, struct report *report,
    struct list_reading *reading)
{
	char problem[FILE_PROBLEM_SIZE];
	struct file_text text;
	bool good;

	if (!file_read(list->file, LIST_JSON_SIZE_MAX, true, &text, problem))
		return refuse_file(list, report, problem);
	good = list_read_text(list, (struct view){text.data, text.length},
	    list->file, report, reading);
	free(text.data);
	return good;
}

static bool
read_preset(const struct list_settings *list, struct report *report,
    struct list_reading *reading)
{
	const struct preset *preset = preset_find(list->preset);

	if (preset == NULL) {
		report_error(report, list->source_place,
		    "no preset is named '%s'", list->preset);
		return false;
	}
	return list_read_text(list,
	    (struct view){(const char *)preset->text, preset->length},
	    preset->name, report, reading);
}

bool
list_read(const struct list_settings *list, struct report *report,
    struct list_reading *reading)
{
	*reading = (struct list_reading){.content = NULL};
	if (list->source == LIST_PRESET)
		return read_preset(list, report, reading);
	if (format_of(list)->cut == NULL)
		return read_whole(list, report, reading);
	return read_file(list, report, reading);
}
