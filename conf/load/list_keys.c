/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "conf/lists/path.h"
#include "conf/lists/presets.h"
#include "conf/load/list.h"
#include "conf/load/parts.h"
#include "conf/load/printer.h"
#include "conf/load/text.h"
#include "conf/load/utf8.h"

const struct schema_word list_formats[] = {{"lines", LIST_LINES},
    {"csv", LIST_CSV}, {"json", LIST_JSON}, {"ndjson", LIST_NDJSON}, {NULL, 0}};

/* One line of text; else refused. */
static bool
is_text(struct loader *loader, const struct schema_row *row,
    const struct node *value)
{
	if (value->kind == NODE_SCALAR && !node_is_empty(value) &&
	    utf8_one_line(value->text, value->length))
		return true;
	refuse_value(loader, row, value);
	return false;
}

/* ---- sources ---- */

static void
prefixes_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	if (value->kind == NODE_SEQUENCE)
		list_fill_inline(loader, value, target);
	else
		refuse_value(loader, row, value);
}

static void
prefixes_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct list_settings *list = target;

	if (list->source != LIST_INLINE)
		return;
	print_key(printer, row->name);
	print_prefixes(printer, list);
}

const struct schema_type type_list_prefixes = {
    .read = prefixes_read, .print = prefixes_print};

static void
file_read_key(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct list_settings *list = target;

	list->source = LIST_FILE;
	if (!is_text(loader, row, value))
		return;
	list->file_written =
	    arena_text(loader->arena, value->text, value->length);
	list->file = text_path(loader->arena, value->place.file, value->text);
	list->source_place = value->place;
}

static void
file_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct list_settings *list = target;

	if (list->source != LIST_FILE)
		return;
	print_key(printer, row->name);
	print_path(printer, list->file);
	fputc('\n', printer->stream);
}

const struct schema_type type_list_file = {
    .read = file_read_key, .print = file_print};

static void
refuse_preset(struct loader *loader, const struct node *value)
{
	struct likely likely;
	char hint[LIKELY_HINT_SIZE];
	char shown[SHOWN_SIZE];

	likely_begin(&likely, value->text, &loader->guesses);
	for (size_t i = 0; i < preset_count; i++)
		likely_offer(&likely, presets[i].name);
	report_error(loader->report, value->place, "no preset is named %s%s",
	    text_shown(value->text, shown), likely_hint(&likely, hint));
}

static void
preset_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct list_settings *list = target;
	const struct preset *preset;

	list->source = LIST_PRESET;
	if (!is_text(loader, row, value))
		return;
	preset = preset_find(value->text);
	if (preset == NULL) {
		refuse_preset(loader, value);
		return;
	}
	list->preset = preset->name;
	list->source_place = value->place;
}

static void
preset_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct list_settings *list = target;

	if (list->source == LIST_PRESET)
		print_string(printer, row->name, list->preset);
}

const struct schema_type type_list_preset = {
    .read = preset_read, .print = preset_print};

/* Where would its entries be kept? */
static bool
has_state_directory(const struct loader *loader)
{
	for (size_t i = 0; i < loader->document_count; i++)
		if (document_value(
			&loader->documents[i], TOP_STATE_DIRECTORY) != NULL)
			return true;
	return false;
}

static void
dynamic_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct list_settings *list = target;

	list->source = LIST_DYNAMIC;
	list->source_place = value->place;
	if (!value->plain || !node_is(value, "true"))
		refuse_value(loader, row, value);
	else if (!has_state_directory(loader) && !loader->partial)
		report_error(loader->report, value->place,
		    "a dynamic list is kept in the 'state-directory', which "
		    "is not set");
}

static void
dynamic_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct list_settings *list = target;

	if (list->source == LIST_DYNAMIC)
		print_plain(printer, row->name, "true");
}

const struct schema_type type_list_dynamic = {
    .read = dynamic_read, .print = dynamic_print};

/* ---- formats ---- */

static void
format_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	type_word.read(
	    loader, row, value, &((struct list_settings *)target)->format);
}

static void
format_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct list_settings *list = target;

	if (list->source == LIST_FILE)
		print_plain(
		    printer, row->name, word_text(list_formats, list->format));
}

const struct schema_type type_list_format = {
    .read = format_read, .print = format_print};

static void
column_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	type_number.read(
	    loader, row, value, &((struct list_settings *)target)->column);
}

static void
column_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct list_settings *list = target;

	if (list->source == LIST_FILE && list->format == LIST_CSV)
		type_number.print(printer, row, &list->column);
}

const struct schema_type type_list_column = {
    .read = column_read, .print = column_print};

static void
path_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct list_settings *list = target;
	struct paths paths;
	char shown[SHOWN_SIZE];
	const char *problem;

	if (!is_text(loader, row, value))
		return;
	problem = paths_parse(value->text, &paths);
	if (problem != NULL)
		report_error(loader->report, value->place, "%s is no path: %s",
		    text_shown(value->text, shown), problem);
	else
		list->path =
		    arena_text(loader->arena, value->text, value->length);
}

static void
path_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct list_settings *list = target;

	if (list->path != NULL)
		print_string(printer, row->name, list->path);
}

const struct schema_type type_list_path = {
    .read = path_read, .print = path_print};

/* ---- filters ---- */

static bool
one_filter(struct loader *loader, const struct schema_row *row,
    const struct node *key, struct list_filter *filter)
{
	const struct node *value = key->value;
	char shown[SHOWN_SIZE];

	if (key->kind != NODE_SCALAR || key->duplicate ||
	    value->kind == NODE_BAD)
		return false;
	if (value->kind != NODE_SCALAR || node_is_empty(value) ||
	    node_is_empty(key) || !utf8_one_line(key->text, key->length) ||
	    !utf8_one_line(value->text, value->length)) {
		report_error(loader->report, value->place,
		    "'%s' takes a text for each key, not %s", row->name,
		    node_shown(value, shown));
		return false;
	}
	filter->key = arena_text(loader->arena, key->text, key->length);
	filter->value = arena_text(loader->arena, value->text, value->length);
	return filter->key != NULL && filter->value != NULL;
}

static void
filter_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct list_settings *list = target;
	const struct node *key;

	if (value->kind != NODE_MAPPING) {
		refuse_value(loader, row, value);
		return;
	}
	if (value->count == 0)
		report_error(loader->report, value->place, "'%s' names no key",
		    row->name);
	list->filters =
	    arena_alloc(loader->arena, value->count, sizeof(*list->filters));
	for (key = value->child; key != NULL && list->filters != NULL;
	     key = key->next)
		list->filter_count += one_filter(
		    loader, row, key, &list->filters[list->filter_count]);
}

static void
filter_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct list_settings *list = target;

	if (list->filter_count == 0)
		return;
	print_key(printer, row->name);
	fputs(" {", printer->stream);
	for (size_t i = 0; i < list->filter_count; i++) {
		fputs(i == 0 ? "" : ", ", printer->stream);
		print_text(printer, list->filters[i].key);
		fputs(": ", printer->stream);
		print_text(printer, list->filters[i].value);
	}
	fputs("}\n", printer->stream);
}

const struct schema_type type_list_filter = {
    .read = filter_read, .print = filter_print};
