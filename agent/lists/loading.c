/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/loading.h"
#include "agent/control/clock.h"
#include "agent/lists/guard.h"

#include <stdlib.h>

enum { MOVING_TRIES = 5, MOVING_PAUSE = 100000000 };

int64_t
wall_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- what was known before ---- */

static int
name_against(const void *key, const void *entry)
{
	const struct known *known = entry;

	return strcmp(key, known->settings->name);
}

static const struct known *
find_known(const struct loading *loading, const char *name)
{
	if (loading->known_count == 0)
		return NULL;
	return bsearch(name, loading->known, loading->known_count,
	    sizeof(*loading->known), name_against);
}

static void
set_error(struct loaded *loaded, const char *text)
{
	free(loaded->error);
	loaded->error = text != NULL ? strdup(text) : NULL;
}

/* The content stays, in that state. */
static void
keep(struct loaded *loaded, const struct known *known, enum list_state state)
{
	loaded->content = prefixes_ref(known->content);
	loaded->taken = known->taken;
	loaded->before = prefixes_count(known->content);
	loaded->state = state;
}

/* ---- one list ---- */

/* What would have been an error does no harm: the list has good content. */
static void
tell_mildly(struct loading *loading, const struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		report_warning(&loading->report, report->entries[i].place, "%s",
		    report->entries[i].text);
}

static void
tell(struct loading *loading, const struct report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct report_entry *entry = &report->entries[i];

		if (entry->severity == SEVERITY_ERROR)
			report_error(
			    &loading->report, entry->place, "%s", entry->text);
		else
			report_warning(
			    &loading->report, entry->place, "%s", entry->text);
	}
	if (report->starved)
		report_starve(&loading->report);
}

/* A file that is being written is waited for, but not for ever. */
static void
take_settled(const struct list_settings *list, const struct identity *known,
    struct report *report, struct take *take)
{
	const struct timespec pause = {.tv_nsec = MOVING_PAUSE};

	for (unsigned i = 0;; i++) {
		take_list(list, known, report, take);
		if (take->result != TAKE_MOVING || i == MOVING_TRIES)
			break;
		report_fini(report);
		report_init(report);
		nanosleep(&pause, NULL);
	}
	if (take->result == TAKE_MOVING)
		report_error(report, list->place, "'%s' changes all the time",
		    list->file_written);
}

/* From the state directory, when the file cannot be had. */
static bool
take_stored(struct loading *loading, const struct list_settings *list,
    struct loaded *loaded)
{
	struct store_content content = {0};
	char error[STORE_ERROR_SIZE];

	if (!loading->first || loading->store == NULL)
		return false;
	enum store_result result =
	    store_load_content(loading->store, list->name, &content, error);
	if (result == STORE_BROKEN || result == STORE_FAILED)
		report_warning(&loading->report, list->place,
		    "the state directory has nothing for list '%s': %s",
		    list->name, error);
	if (result != STORE_OK)
		return false;
	loaded->content = content.prefixes;
	loaded->taken = content.taken;
	loaded->before = prefixes_count(content.prefixes);
	return true;
}

static void
fall_back(struct loading *loading, const struct list_settings *list,
    const struct known *known, enum take_result result,
    const struct report *report, struct loaded *loaded)
{
	if (known != NULL && known->content != NULL)
		keep(loaded, known, STATE_STALE);
	else if (!take_stored(loading, list, loaded)) {
		tell(loading, report);
		return;
	}
	loaded->state =
	    result == TAKE_BAD && !loading->first ? STATE_REFUSED : STATE_STALE;
	loaded->error = take_error(report, 0);
	tell_mildly(loading, report);
}

static void
take_file(struct loading *loading, const struct list_settings *list,
    const struct known *known, struct loaded *loaded)
{
	bool settled = known != NULL && known->state == STATE_OK;
	struct report report;
	struct take take;

	report_init(&report);
	if (list->source == LIST_FILE)
		loaded->trail =
		    trail_lay(watch_descriptor(loading->watch), list->file);
	take_settled(list, settled ? &known->identity : NULL, &report, &take);
	loaded->identity = take.identity;
	if (take.result == TAKE_SAME) {
		keep(loaded, known, STATE_OK);
	} else if (take.result == TAKE_GOOD) {
		tell(loading, &report);
		loaded->content = take.content;
		loaded->taken = wall_milliseconds();
		loaded->changed = true;
	} else {
		fall_back(loading, list, known, take.result, &report, loaded);
	}
	report_fini(&report);
}

static void
load_dynamic(struct loading *loading, const struct list_settings *list,
    struct loaded *loaded)
{
	char error[STORE_ERROR_SIZE];

	loaded->taken = wall_milliseconds();
	if (!loading->first)
		return;
	loaded->dynamic = dynamic_new();
	if (loaded->dynamic == NULL) {
		report_starve(&loading->report);
		return;
	}
	enum store_result result =
	    store_load_dynamic(loading->store, list->name, loaded->dynamic,
		wall_milliseconds(), monotonic_milliseconds(), error);
	if (result == STORE_OK || result == STORE_NONE)
		return;
	report_warning(
	    &loading->report, list->place, "list '%s': %s", list->name, error);
	set_error(loaded, error);
}

static void
load_list(struct loading *loading, const struct list_settings *list,
    struct loaded *loaded)
{
	const struct known *known = find_known(loading, list->name);

	if (known != NULL && !take_alike(known->settings, list))
		known = NULL;
	switch (list->source) {
	case LIST_INLINE:
		loaded->content = take_inline(list);
		loaded->taken = wall_milliseconds();
		if (loaded->content == NULL)
			report_starve(&loading->report);
		break;
	case LIST_FILE:
	case LIST_PRESET:
		take_file(loading, list, known, loaded);
		break;
	case LIST_DYNAMIC:
		load_dynamic(loading, list, loaded);
		break;
	}
}

/* ---- all lists ---- */

bool
loading_contents(const struct loading *loading, struct contents *contents)
{
	const struct settings *settings = loading->settings;

	contents->of =
	    calloc(settings->list_count + 1, sizeof(struct prefixes *));
	if (contents->of == NULL)
		return false;
	contents->count = settings->list_count;
	for (size_t i = 0; i < contents->count; i++) {
		const struct loaded *loaded = &loading->lists[i];
		const struct known *known =
		    find_known(loading, settings->lists[i].name);

		if (loaded->content != NULL)
			contents->of[i] = prefixes_ref(loaded->content);
		else if (loaded->dynamic != NULL)
			contents->of[i] = dynamic_pack(loaded->dynamic);
		else if (known != NULL && known->content != NULL)
			contents->of[i] = prefixes_ref(known->content);
		else
			contents->of[i] =
			    prefixes_finish(&(struct prefixes_builder){0});
		if (contents->of[i] == NULL)
			return false;
	}
	return true;
}

static void
guard_list(struct loading *loading, size_t index, struct contents *contents)
{
	const struct list_settings *list = &loading->settings->lists[index];
	struct loaded *loaded = &loading->lists[index];
	const struct known *known = find_known(loading, list->name);
	char text[GUARD_TEXT_SIZE];

	if (!loaded->changed || known == NULL || known->content == NULL ||
	    !take_alike(known->settings, list))
		return;
	loaded->before = prefixes_count(known->content);
	loaded->difference =
	    prefixes_difference(known->content, loaded->content, NULL, 0);
	if (loaded->difference == 0) {
		prefixes_unref(loaded->content);
		loaded->changed = false;
		keep(loaded, known, STATE_OK);
		return;
	}
	if (guard_check(list, loading->settings, contents, known->content,
		loaded->content, text) == GUARD_NONE)
		return;
	report_warning(&loading->report, list->place,
	    "list '%s' keeps its content: %s", list->name, text);
	prefixes_unref(contents->of[index]);
	contents->of[index] = prefixes_ref(known->content);
	loaded->refused = loaded->content;
	loaded->changed = false;
	keep(loaded, known, STATE_REFUSED);
	set_error(loaded, text);
}

static void
load_lists(struct loading *loading)
{
	const struct settings *settings = loading->settings;
	size_t errors = loading->report.errors;
	struct contents contents = {0};

	loading->count = settings->list_count;
	loading->watch = watch_new();
	loading->lists = calloc(loading->count + 1, sizeof(*loading->lists));
	if (loading->lists == NULL || loading->watch == NULL) {
		report_starve(&loading->report);
		return;
	}
	for (size_t i = 0; i < loading->count; i++)
		load_list(loading, &settings->lists[i], &loading->lists[i]);
	if (loading->report.errors > errors || loading->report.starved)
		return;
	if (loading_contents(loading, &contents)) {
		for (size_t i = 0; i < loading->count; i++)
			guard_list(loading, i, &contents);
		settings_review(settings, &contents, &loading->report);
	} else {
		report_starve(&loading->report);
	}
	contents_fini(&contents);
}

static bool
open_store(struct loading *loading)
{
	const char *path = loading->settings->state_directory;

	if (loading->store != NULL || path == NULL)
		return true;
	loading->store = store_open(path, loading->store_error);
	if (loading->store != NULL)
		return true;
	report_error(
	    &loading->report, (struct place){0}, "%s", loading->store_error);
	return false;
}

void
loading_run(struct loading *loading)
{
	report_init(&loading->report);
	loading->settings = settings_load(
	    loading->paths, loading->path_count, &loading->report);
	if (loading->settings == NULL)
		return;
	if (open_store(loading))
		load_lists(loading);
	if (loading->report.errors == 0 && !loading->report.starved)
		return;
	settings_unref(loading->settings);
	loading->settings = NULL;
}

static void
fini_list(struct loaded *loaded)
{
	prefixes_unref(loaded->content);
	prefixes_unref(loaded->refused);
	dynamic_free(loaded->dynamic);
	trail_free(loaded->trail);
	free(loaded->error);
}

void
loading_fini(struct loading *loading)
{
	for (size_t i = 0; loading->lists != NULL && i < loading->count; i++)
		fini_list(&loading->lists[i]);
	for (size_t i = 0; i < loading->known_count; i++) {
		prefixes_unref(loading->known[i].content);
		prefixes_unref(loading->known[i].refused);
	}
	free(loading->lists);
	free(loading->known);
	watch_free(loading->watch);
	settings_unref(loading->settings);
	settings_unref(loading->before);
	report_fini(&loading->report);
}
