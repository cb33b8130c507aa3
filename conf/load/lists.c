/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "conf/load/list_file.h"
#include "conf/load/loader.h"
#include "conf/load/overlap.h"
#include "conf/load/printer.h"
#include "conf/load/set.h"
#include "conf/load/text.h"
#include "conf/load/utf8.h"

void
name_check(struct loader *loader, const struct node *key, const char *what)
{
	char shown[SHOWN_SIZE];
	enum named_range range;

	if (!text_is_name(key->text))
		report_error(loader->report, key->place,
		    "the name of a %s is 1 to 63 of a-z, 0-9, _ and -, not %s",
		    what, text_shown(key->text, shown));
	else if (named_range_find(key->text, &range))
		report_error(loader->report, key->place,
		    "'%s' is a named range: no %s can be called so", key->text,
		    what);
}

/* ---- names ---- */

static size_t
count_definitions(struct loader *loader)
{
	size_t count = 0;

	for (size_t i = 0; i < loader->document_count; i++) {
		const struct node *value =
		    document_value(&loader->documents[i], TOP_LISTS);

		if (value != NULL && value->kind == NODE_MAPPING)
			count += value->count;
	}
	return count;
}

static void
define(struct loader *loader, const struct node *key)
{
	struct settings *settings = loader->settings;
	unsigned index = (unsigned)settings->list_count;
	struct list_settings *list = &settings->lists[index];

	if (key->kind != NODE_SCALAR || key->duplicate)
		return;
	name_check(loader, key, "list");
	list->name = arena_text(loader->arena, key->text, key->length);
	list->place = key->place;
	if (list->name == NULL)
		return;
	loader->list_values[index] = key->value;
	loader->lists.entries[index] =
	    (struct definition){list->name, key->place, index};
	settings->list_count++;
}

static void
define_all(struct loader *loader, const struct node *value)
{
	const struct node *key;

	if (value->kind != NODE_MAPPING) {
		refuse_value(loader, &object_top.rows[TOP_LISTS], value);
		return;
	}
	for (key = value->child; key != NULL; key = key->next)
		define(loader, key);
}

void
lists_define(struct loader *loader)
{
	struct settings *settings = loader->settings;
	size_t count = count_definitions(loader);
	struct arena *scratch = &loader->trees;

	if (count > LISTS_MAX) {
		report_error(loader->report, (struct place){NULL, 0, 0},
		    "more than %d lists", LISTS_MAX);
		loader->partial = true;
		return;
	}
	settings->lists =
	    arena_alloc(loader->arena, count, sizeof(*settings->lists));
	loader->list_values =
	    arena_alloc(scratch, count, sizeof(*loader->list_values));
	loader->lists.entries =
	    arena_alloc(scratch, count, sizeof(*loader->lists.entries));
	loader->seen = arena_alloc(scratch, count, sizeof(*loader->seen));
	if (loader->arena->failed || scratch->failed)
		return;
	for (size_t i = 0; i < loader->document_count; i++) {
		const struct node *value =
		    document_value(&loader->documents[i], TOP_LISTS);

		if (value != NULL)
			define_all(loader, value);
	}
	loader->lists.count = settings->list_count;
	definitions_settle(&loader->lists, "the list", loader->report);
}

/* ---- what is in them ---- */

static bool
entry_read(
    struct loader *loader, const struct node *value, struct prefix *prefix)
{
	char shown[SHOWN_SIZE];
	enum named_range range;

	if (value->kind == NODE_BAD)
		return false;
	if (value->kind == NODE_SCALAR && !node_is_empty(value) &&
	    named_range_find(value->text, &range))
		report_error(loader->report, value->place,
		    "a list holds addresses and prefixes; '%s' is named where "
		    "the list is used",
		    value->text);
	else if (value->kind == NODE_SCALAR && !node_is_empty(value))
		return prefix_read(loader, value, prefix);
	else
		report_error(loader->report, value->place,
		    "a list holds addresses and prefixes, not %s",
		    node_shown(value, shown));
	return false;
}

static void
fill_inline(
    struct loader *loader, const struct node *value, struct list_settings *list)
{
	bool alone = value->kind == NODE_SCALAR;
	size_t count = alone ? 1 : value->count;
	const struct node *item = alone ? value : value->child;
	struct overlap_entry *entries =
	    arena_alloc(&loader->trees, count, sizeof(*entries));

	list->source = LIST_INLINE;
	list->prefixes =
	    arena_alloc(loader->arena, count, sizeof(*list->prefixes));
	if (entries == NULL || list->prefixes == NULL)
		return;
	for (; count > 0; count--, item = item->next) {
		struct prefix *prefix = &list->prefixes[list->count];

		if (!entry_read(loader, item, prefix))
			continue;
		entries[list->count].prefix = *prefix;
		entries[list->count].place = item->place;
		list->count++;
	}
	overlap_check_entries(entries, list->count, loader->report);
}

static void
fill_from_file(struct loader *loader, struct list_settings *list,
    const struct place *place)
{
	struct list_file file;
	void *memory;

	if (!list_file_read(
		list->file, list->used_as_trust, *place, loader->report, &file))
		return;
	memory =
	    realloc(file.prefixes, (file.count + 1) * sizeof(*file.prefixes));
	if (memory == NULL)
		memory = file.prefixes;
	list->prefixes = arena_adopt(loader->arena, &memory);
	list->count = list->prefixes == NULL ? 0 : file.count;
}

static void
fill_mapping(
    struct loader *loader, const struct node *value, struct list_settings *list)
{
	struct given given;

	list->source = LIST_FILE;
	if (!object_read(loader, &object_list, value, list, &given))
		return;
	if (list->file != NULL)
		fill_from_file(
		    loader, list, &given.keys[LIST_ROW_FILE]->value->place);
	else if (value->count == 0)
		report_error(loader->report, value->place,
		    "a list has its prefixes in brackets, or the key 'file'");
}

void
lists_fill(struct loader *loader)
{
	for (size_t i = 0; i < loader->settings->list_count; i++) {
		struct list_settings *list = &loader->settings->lists[i];
		const struct node *value = loader->list_values[i];
		char shown[SHOWN_SIZE];

		if (value->kind == NODE_MAPPING)
			fill_mapping(loader, value, list);
		else if (value->kind == NODE_SEQUENCE ||
			 (value->kind == NODE_SCALAR && !node_is_empty(value)))
			fill_inline(loader, value, list);
		else if (value->kind != NODE_BAD)
			report_error(loader->report, value->place,
			    "a list has its prefixes in brackets, or the key "
			    "'file', not %s",
			    node_shown(value, shown));
	}
}

/* ---- the key "file" ---- */

static void
file_read_key(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct list_settings *list = target;

	if (value->kind != NODE_SCALAR || node_is_empty(value) ||
	    !utf8_one_line(value->text, value->length)) {
		refuse_value(loader, row, value);
		return;
	}
	list->file_written =
	    arena_text(loader->arena, value->text, value->length);
	list->file = text_path(loader->arena, value->place.file, value->text);
}

static void
file_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	print_key(printer, row->name);
	print_path(printer, ((const struct list_settings *)target)->file);
	fputc('\n', printer->stream);
}

const struct schema_type type_list_file = {
    .read = file_read_key, .print = file_print};
