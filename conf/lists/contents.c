/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>

#include "conf/lists/read.h"

static struct prefixes *
pack(const struct prefix *list, size_t count)
{
	struct prefixes_builder builder = {.ipv4 = NULL};

	for (size_t i = 0; i < count; i++)
		prefixes_add(&builder, &list[i]);
	return prefixes_finish(&builder);
}

static bool
fail_memory(const struct list_settings *list, struct report *report)
{
	report_error(report, list->place, "out of memory");
	return false;
}

/* Not so when the configuration has an error, which was told. */
static bool
is_complete(const struct list_settings *list)
{
	bool json = list->format == LIST_JSON || list->format == LIST_NDJSON;

	if (list->source == LIST_PRESET)
		return list->preset != NULL;
	return list->file != NULL && (!json || list->path != NULL);
}

static bool
read_one(const struct list_settings *list, struct report *report,
    struct prefixes **content)
{
	struct list_reading reading;

	switch (list->source) {
	case LIST_FILE:
	case LIST_PRESET:
		if (!is_complete(list) || !list_read(list, report, &reading))
			return false;
		*content = reading.content;
		return true;
	case LIST_INLINE:
	case LIST_DYNAMIC:
		*content = pack(list->prefixes, list->count);
		break;
	}
	return *content != NULL || fail_memory(list, report);
}

bool
contents_read(const struct settings *settings, struct report *report,
    struct contents *contents)
{
	size_t count = settings->list_count;
	bool good = true;

	*contents = (struct contents){.count = 0};
	contents->of = calloc(count + 1, sizeof(struct prefixes *));
	if (contents->of == NULL) {
		report_error(
		    report, (struct place){NULL, 0, 0}, "out of memory");
		return false;
	}
	contents->count = count;
	for (size_t i = 0; i < count; i++)
		good &= read_one(&settings->lists[i], report, &contents->of[i]);
	return good;
}

void
contents_fini(struct contents *contents)
{
	for (size_t i = 0; i < contents->count; i++)
		prefixes_unref(contents->of[i]);
	free(contents->of);
	*contents = (struct contents){.of = NULL};
}
