/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "conf/load/list.h"

enum { SOURCES = LIST_ROW_DYNAMIC + 1 };

static const char *
row_name(size_t row)
{
	return object_list.rows[row].name;
}

/* ---- one source ---- */

/* Was a key refused? Then it may have been the source. */
static bool
has_refused(const struct node *value, const struct given *given)
{
	size_t good = 0;

	for (size_t i = 0; i < object_list.count; i++)
		good += given->keys[i] != NULL &&
			schema_is_built(&object_list.rows[i]);
	return good < value->count;
}

/* The row of the first source; SOURCES for none. */
static size_t
check_source(
    struct loader *loader, const struct node *value, const struct given *given)
{
	size_t found = SOURCES;

	for (size_t i = 0; i < SOURCES; i++) {
		if (given->keys[i] == NULL)
			continue;
		if (found < SOURCES)
			report_error(loader->report, given->keys[i]->place,
			    "'%s' and '%s' do not go together: a list has one "
			    "source",
			    row_name(found), row_name(i));
		else
			found = i;
	}
	if (found == SOURCES && !has_refused(value, given))
		report_error(loader->report, value->place,
		    "a list has its prefixes in brackets, or one of the keys "
		    "'file', 'preset' and 'dynamic'");
	return found;
}

/* ---- keys that need another ---- */

static void
refuse_key(struct loader *loader, const struct given *given, size_t row,
    const char *with)
{
	if (given->keys[row] != NULL)
		report_error(loader->report, given->keys[row]->place,
		    "'%s' goes with %s", row_name(row), with);
}

/* The format is known, unless its word was refused. */
static bool
format_is_known(const struct given *given, const struct list_settings *list)
{
	const struct node *key = given->keys[LIST_ROW_FORMAT];

	return key == NULL ||
	       node_is(key->value, word_text(list_formats, list->format));
}

static void
check_format(struct loader *loader, const struct given *given,
    const struct list_settings *list)
{
	bool json = list->format == LIST_JSON || list->format == LIST_NDJSON;

	if (!format_is_known(given, list))
		return;
	if (list->format != LIST_CSV)
		refuse_key(loader, given, LIST_ROW_COLUMN, "'format: csv'");
	if (json && given->keys[LIST_ROW_PATH] == NULL)
		report_error(loader->report,
		    given->keys[LIST_ROW_FORMAT]->value->place,
		    "'format: %s' needs the key 'path', to say where the "
		    "prefixes are",
		    word_text(list_formats, list->format));
	if (json)
		return;
	refuse_key(
	    loader, given, LIST_ROW_PATH, "'format: json' or 'format: ndjson'");
	refuse_key(loader, given, LIST_ROW_FILTER,
	    "'format: json' or 'format: ndjson'");
}

void
list_check(struct loader *loader, const struct node *value,
    const struct given *given, const struct list_settings *list)
{
	size_t source = check_source(loader, value, given);

	if (source == LIST_ROW_FILE)
		check_format(loader, given, list);
	else if (source < SOURCES)
		for (size_t i = LIST_ROW_FORMAT; i <= LIST_ROW_FILTER; i++)
			refuse_key(loader, given, i, "'file'");
	if (source == LIST_ROW_PREFIXES)
		refuse_key(loader, given, LIST_ROW_GUARD,
		    "what comes from outside the configuration: 'file', "
		    "'preset' or 'dynamic'");
}

/* ---- exports ---- */

void
lists_check_exports(struct loader *loader)
{
	const struct settings *settings = loader->settings;
	struct definitions exports = {.count = 0};

	exports.entries = arena_alloc(
	    &loader->trees, settings->list_count, sizeof(*exports.entries));
	if (exports.entries == NULL)
		return;
	for (unsigned i = 0; i < settings->list_count; i++)
		if (settings->lists[i].export_ != NULL)
			exports.entries[exports.count++] =
			    (struct definition){settings->lists[i].export_,
				settings->lists[i].place, i};
	definitions_settle(&exports, "the export", loader->report);
	for (size_t i = 0; i < settings->list_count; i++) {
		const struct list_settings *list = &settings->lists[i];
		const struct definition *found =
		    list->file == NULL ? NULL
				       : definitions_find(&exports, list->file);

		if (found != NULL)
			report_error(loader->report, list->source_place,
			    "the list '%s' is exported to this file",
			    settings->lists[found->index].name);
	}
}
