/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
	TEXT_MAX = 600, /* bytes of one message */
	/* Warnings leave room, so that errors behind them are still shown. */
	WARNINGS_MAX = REPORT_MAX / 2,
};

void
report_init(struct report *report)
{
	*report = (struct report){.entries = NULL};
}

void
report_fini(struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		free(report->entries[i].text);
	free(report->entries);
	report_init(report);
}

/* One line: what operators write may hold anything. */
static void
clean(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

/* Does not leave half a character behind where a text was cut. */
static void
cut_at_character(char *text, size_t size)
{
	size_t end = size - 1;

	while (end > 0 && ((unsigned char)text[end - 1] & 0xc0) == 0x80)
		end--;
	if (end > 0 && (unsigned char)text[end - 1] >= 0xc0)
		end--;
	text[end] = '\0';
}

/* Doubles at powers of two; the count tells when. */
static bool
make_room(struct report *report)
{
	size_t count = report->count;
	struct report_entry *entries;

	if ((count & (count - 1)) != 0)
		return true;
	entries = realloc(
	    report->entries, (count == 0 ? 1 : count * 2) * sizeof(*entries));
	if (entries == NULL)
		return false;
	report->entries = entries;
	return true;
}

/* The text and the file's name share one allocation. */
static bool
keep(struct report *report, struct place place, enum severity severity,
    const char *text)
{
	size_t text_size = strlen(text) + 1;
	size_t file_size = place.file == NULL ? 0 : strlen(place.file) + 1;
	char *memory;

	if (!make_room(report))
		return false;
	memory = malloc(text_size + file_size);
	if (memory == NULL)
		return false;
	memcpy(memory, text, text_size);
	if (place.file != NULL) {
		memcpy(memory + text_size, place.file, file_size);
		place.file = memory + text_size;
		clean(memory + text_size);
	}
	clean(memory);
	report->entries[report->count++] = (struct report_entry){
	    .place = place, .severity = severity, .text = memory};
	return true;
}

static void __attribute__((format(printf, 4, 0)))
add(struct report *report, struct place place, enum severity severity,
    const char *format, va_list arguments)
{
	size_t max = severity == SEVERITY_ERROR ? REPORT_MAX : WARNINGS_MAX;
	char text[TEXT_MAX];
	int length;

	if (severity == SEVERITY_ERROR)
		report->errors++;
	if (report->count >= max) {
		report->truncated = true;
		return;
	}
	length = vsnprintf(text, sizeof(text), format, arguments);
	if (length < 0)
		strcpy(text, "?");
	else if ((size_t)length >= sizeof(text))
		cut_at_character(text, sizeof(text));
	if (!keep(report, place, severity, text))
		report_starve(report);
}

void
report_starve(struct report *report)
{
	report->starved = true;
}

void
report_error(struct report *report, struct place place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(report, place, SEVERITY_ERROR, format, arguments);
	va_end(arguments);
}

void
report_warning(
    struct report *report, struct place place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(report, place, SEVERITY_WARNING, format, arguments);
	va_end(arguments);
}

static int
compare_numbers(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int
compare_places(const struct report_entry *a, const struct report_entry *b)
{
	int order = strcmp(a->place.file == NULL ? "" : a->place.file,
	    b->place.file == NULL ? "" : b->place.file);

	if (order == 0)
		order = compare_numbers(a->place.line, b->place.line);
	if (order == 0)
		order = compare_numbers(a->place.column, b->place.column);
	return order;
}

/* What stands at one place stays in the order in which it was found. */
static int
compare_entries(const void *left, const void *right)
{
	const struct report_entry *a =
	    *(const struct report_entry *const *)left;
	const struct report_entry *b =
	    *(const struct report_entry *const *)right;
	int order = compare_places(a, b);

	return order != 0 ? order : compare_numbers((size_t)a, (size_t)b);
}

static void
print_entry(const struct report_entry *entry, FILE *stream)
{
	const struct place *place = &entry->place;

	if (place->file != NULL)
		fprintf(stream, "%s:", place->file);
	if (place->file != NULL && place->line > 0)
		fprintf(stream, "%u:%u:", place->line, place->column);
	fprintf(stream, "%s%s: %s\n", place->file == NULL ? "" : " ",
	    entry->severity == SEVERITY_ERROR ? "error" : "warning",
	    entry->text);
}

/* Two policies that start from the same ready one say the same of it. */
static bool
is_same(const struct report_entry *a, const struct report_entry *b)
{
	return compare_places(a, b) == 0 && a->severity == b->severity &&
	       strcmp(a->text, b->text) == 0;
}

void
report_print(const struct report *report, FILE *stream)
{
	const struct report_entry **sorted =
	    calloc(report->count + 1, sizeof(*sorted));

	for (size_t i = 0; sorted != NULL && i < report->count; i++)
		sorted[i] = &report->entries[i];
	if (sorted != NULL)
		qsort(sorted, report->count, sizeof(*sorted), compare_entries);
	for (size_t i = 0; i < report->count; i++)
		if (sorted == NULL)
			print_entry(&report->entries[i], stream);
		else if (i == 0 || !is_same(sorted[i - 1], sorted[i]))
			print_entry(sorted[i], stream);
	free(sorted);
	if (report->truncated)
		fprintf(stream, "there is more, which is not shown\n");
	if (report->starved)
		fprintf(stream, "%s: out of memory, there may be more\n",
		    report->errors > 0 ? "error" : "warning");
}
