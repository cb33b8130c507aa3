/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/take.h"

#include <stdio.h>
#include <unistd.h>

static bool
is_readable(const struct list_settings *list)
{
	return list->source != LIST_FILE || euidaccess(list->file, R_OK) == 0;
}

static void
read_it(
    const struct list_settings *list, struct report *report, struct take *take)
{
	struct list_reading reading = {0};
	bool readable = is_readable(list);

	if (list_read(list, report, &reading)) {
		take->result = TAKE_GOOD;
		take->content = reading.content;
		return;
	}
	take->result = readable ? TAKE_BAD : TAKE_MISSING;
}

void
take_list(const struct list_settings *list, const struct identity *known,
    struct report *report, struct take *take)
{
	struct identity after;

	*take = (struct take){0};
	if (list->source != LIST_FILE) {
		read_it(list, report, take);
		return;
	}
	identity_take(list->file, &take->identity);
	if (known != NULL && identity_equal(known, &take->identity)) {
		take->result = TAKE_SAME;
		return;
	}
	read_it(list, report, take);
	identity_take(list->file, &after);
	if (take->identity.known == after.known &&
	    (!after.known || identity_equal(&take->identity, &after)))
		return;
	prefixes_unref(take->content);
	take->content = NULL;
	take->result = TAKE_MOVING;
}

char *
take_error(const struct report *report, size_t first)
{
	for (size_t i = first; i < report->count; i++) {
		const struct report_entry *entry = &report->entries[i];
		const struct place *place = &entry->place;
		char *text;

		if (entry->severity != SEVERITY_ERROR)
			continue;
		if (asprintf(&text, "%s:%u:%u: %s",
			place->file != NULL ? place->file : "", place->line,
			place->column, entry->text) < 0)
			return NULL;
		return text;
	}
	return NULL;
}

struct prefixes *
take_inline(const struct list_settings *list)
{
	struct prefixes_builder builder = {0};

	for (size_t i = 0; i < list->count; i++)
		prefixes_add(&builder, &list->prefixes[i]);
	return prefixes_finish(&builder);
}

static bool
same_text(const char *one, const char *other)
{
	if (one == NULL || other == NULL)
		return one == other;
	return strcmp(one, other) == 0;
}

static bool
same_filters(const struct list_settings *one, const struct list_settings *other)
{
	if (one->filter_count != other->filter_count)
		return false;
	for (size_t i = 0; i < one->filter_count; i++)
		if (!same_text(one->filters[i].key, other->filters[i].key) ||
		    !same_text(one->filters[i].value, other->filters[i].value))
			return false;
	return true;
}

/* Trust makes errors of host bits, and so another content. */
bool
take_alike(const struct list_settings *one, const struct list_settings *other)
{
	return one->source == other->source &&
	       same_text(one->file, other->file) &&
	       same_text(one->preset, other->preset) &&
	       one->format == other->format && one->column == other->column &&
	       same_text(one->path, other->path) && same_filters(one, other) &&
	       one->used_as_trust == other->used_as_trust;
}
