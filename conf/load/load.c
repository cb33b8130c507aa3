/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "conf/load/file.h"
#include "conf/load/load_text.h"
#include "conf/load/loader.h"
#include "conf/load/paths.h"
#include "conf/load/policy.h"

const struct node *
document_value(const struct document *document, enum top_row row)
{
	const struct node *key = document->given.keys[row];

	return document->root == NULL || key == NULL ? NULL : key->value;
}

/* ---- files ---- */

static void
parse(
    struct loader *loader, struct document *document, char *text, size_t length)
{
	document->root = yaml_read(
	    &loader->trees, document->file, text, length, loader->report);
	if (document->root != NULL &&
	    !object_scan(loader, &object_top, document->root, &document->given))
		document->root = NULL;
	if (document->root == NULL)
		loader->partial = true;
}

static void
read_file(struct loader *loader, const char *path, struct document *document)
{
	char problem[FILE_PROBLEM_SIZE];
	struct file_text text;

	document->file = arena_text(loader->arena, path, strlen(path));
	if (document->file == NULL)
		return;
	if (!file_read(path, YAML_SIZE_MAX, false, &text, problem)) {
		report_error(loader->report,
		    (struct place){document->file, 0, 0}, "%s", problem);
		loader->partial = true;
		return;
	}
	parse(loader, document, text.data, text.length);
	free(text.data);
}

/* ---- merging ---- */

/* Of the other keys there is one, in whichever file. */
static bool
adds_up(size_t row)
{
	return row == TOP_LISTEN || row == TOP_LISTS || row == TOP_POLICIES;
}

static void
merge_row(struct loader *loader, struct settings *settings, size_t row)
{
	const struct schema_row *what = &object_top.rows[row];
	const struct node *first = NULL;

	for (size_t i = 0; i < loader->document_count; i++) {
		const struct document *document = &loader->documents[i];
		const struct node *key = document->given.keys[row];

		if (document->root == NULL || key == NULL)
			continue;
		if (first != NULL)
			report_error(loader->report, key->place,
			    "'%s' is set already, at %s:%u:%u", what->name,
			    first->place.file, first->place.line,
			    first->place.column);
		else
			first = key;
		what->type->read(
		    loader, what, key->value, (char *)settings + what->offset);
	}
}

static void
merge(struct loader *loader)
{
	struct settings *settings = loader->settings;

	object_defaults(loader, &object_top, settings);
	object_defaults(loader, &object_limits, &settings->limits);
	object_defaults(loader, &object_log, &settings->log);
	for (size_t row = 0; row < object_top.count; row++)
		if (!adds_up(row))
			merge_row(loader, settings, row);
}

/* ---- the whole ---- */

static bool
loader_init(struct loader *loader, struct report *report)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	*loader = (struct loader){.report = report, .guesses = LIKELY_BUDGET};
	arena_init(&loader->trees);
	if (arena == NULL)
		return false;
	arena_init(arena);
	loader->arena = arena;
	loader->settings = arena_alloc(arena, 1, sizeof(*loader->settings));
	if (loader->settings == NULL) {
		arena_fini(arena);
		free(arena);
		return false;
	}
	loader->settings->arena = arena;
	atomic_init(&loader->settings->references, 1);
	return true;
}

static void
build(struct loader *loader)
{
	merge(loader);
	lists_define(loader);
	if (loader->arena->failed || loader->trees.failed)
		return;
	listens_read(loader);
	policies_read(loader);
	lists_fill(loader);
	policies_count_fields(loader);
	if (loader->settings->policy_count == 0 && !loader->partial)
		report_warning(loader->report, (struct place){NULL, 0, 0},
		    "there are no policies: every request gets no-policy");
}

/* Settings that are there may be used to look for further mistakes. */
static struct settings *
conclude(struct loader *loader)
{
	struct settings *settings = loader->settings;
	bool whole = !loader->arena->failed && !loader->trees.failed;

	arena_fini(&loader->trees);
	if (whole)
		return settings;
	report_error(
	    loader->report, (struct place){NULL, 0, 0}, "out of memory");
	settings_unref(settings);
	return NULL;
}

static struct settings *
load(const char *const *paths, size_t count, struct report *report)
{
	struct path_list files;
	struct document *documents;
	struct loader loader;

	if (!loader_init(&loader, report)) {
		report_error(
		    report, (struct place){NULL, 0, 0}, "out of memory");
		return NULL;
	}
	if (!paths_expand(paths, count, &files, report))
		loader.partial = true;
	documents = arena_alloc(&loader.trees, files.count, sizeof(*documents));
	if (documents != NULL) {
		for (size_t i = 0; i < files.count; i++)
			read_file(&loader, files.paths[i], &documents[i]);
		loader.documents = documents;
		loader.document_count = files.count;
		build(&loader);
	}
	paths_free(&files);
	return conclude(&loader);
}

static struct settings *
load_text(
    const char *name, const char *text, size_t length, struct report *report)
{
	struct document document = {.root = NULL};
	struct loader loader;
	char *copy;

	if (!loader_init(&loader, report)) {
		report_error(
		    report, (struct place){NULL, 0, 0}, "out of memory");
		return NULL;
	}
	document.file = arena_text(loader.arena, name, strlen(name));
	/* Not a byte more, so that reading beyond the end does not go by. */
	copy = malloc(length + (length == 0));
	loader.documents = &document;
	loader.document_count = 1;
	if (document.file != NULL && copy != NULL) {
		memcpy(copy, text, length);
		parse(&loader, &document, copy, length);
		build(&loader);
	}
	loader.arena->failed |= copy == NULL;
	free(copy);
	return conclude(&loader);
}

/* ---- what others see ---- */

/* Nothing, when there was an error. */
static struct settings *
good_or_none(
    struct settings *settings, const struct report *report, size_t errors)
{
	if (report->errors == errors)
		return settings;
	settings_unref(settings);
	return NULL;
}

struct settings *
settings_load(const char *const *paths, size_t count, struct report *report)
{
	size_t errors = report->errors;

	return good_or_none(load(paths, count, report), report, errors);
}

struct settings *
settings_load_text(
    const char *name, const char *text, size_t length, struct report *report)
{
	size_t errors = report->errors;

	return good_or_none(
	    load_text(name, text, length, report), report, errors);
}

static bool
check(struct settings *loaded, size_t errors, struct report *report,
    struct settings **settings, struct contents *contents)
{
	*contents = (struct contents){.of = NULL};
	if (loaded != NULL) {
		contents_read(loaded, report, contents);
		settings_review(loaded, contents, report);
	}
	*settings = good_or_none(loaded, report, errors);
	if (*settings == NULL)
		contents_fini(contents);
	return *settings != NULL;
}

bool
settings_check(const char *const *paths, size_t count, struct report *report,
    struct settings **settings, struct contents *contents)
{
	size_t errors = report->errors;

	return check(
	    load(paths, count, report), errors, report, settings, contents);
}

bool
settings_check_text(const char *name, const char *text, size_t length,
    struct report *report, struct settings **settings,
    struct contents *contents)
{
	size_t errors = report->errors;

	return check(load_text(name, text, length, report), errors, report,
	    settings, contents);
}

/* ---- life ---- */

struct settings *
settings_ref(struct settings *settings)
{
	atomic_fetch_add_explicit(
	    &settings->references, 1, memory_order_relaxed);
	return settings;
}

void
settings_unref(struct settings *settings)
{
	struct arena *arena;

	if (settings == NULL || atomic_fetch_sub_explicit(&settings->references,
				    1, memory_order_acq_rel) > 1)
		return;
	arena = settings->arena;
	arena_fini(arena);
	free(arena);
}
