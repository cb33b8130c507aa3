/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/owner.h"

#include <stdio.h>
#include <stdlib.h>

const char *
list_state_name(enum list_state state)
{
	static const char *const names[] = {
	    [STATE_OK] = "ok",
	    [STATE_STALE] = "stale",
	    [STATE_REFUSED] = "refused",
	    [STATE_LOADING] = "loading",
	};

	return names[state];
}

/* ---- one ---- */

struct owner *
owner_new(void)
{
	struct owner *owner = calloc(1, sizeof(*owner));

	if (owner != NULL) {
		owner->index = NO_INDEX;
		owner->next_index = NO_INDEX;
	}
	return owner;
}

void
owner_free(struct owner *owner)
{
	if (owner == NULL)
		return;
	prefixes_unref(owner->content);
	prefixes_unref(owner->refused);
	dynamic_free(owner->dynamic);
	trail_free(owner->trail);
	free(owner->error);
	free(owner->disk_error);
	free(owner);
}

uint64_t
owner_count(const struct owner *owner)
{
	if (owner->dynamic != NULL)
		return dynamic_count(owner->dynamic);
	return owner->content != NULL ? prefixes_count(owner->content) : 0;
}

void
owner_source(const struct owner *owner, char text[ORDER_SOURCE_SIZE])
{
	const struct list_settings *settings = owner->settings;
	const char *kind = "inline";
	const char *name = "";

	switch (settings->source) {
	case LIST_INLINE:
		break;
	case LIST_FILE:
		kind = "file ";
		name = settings->file_written;
		break;
	case LIST_PRESET:
		kind = "preset ";
		name = settings->preset;
		break;
	case LIST_DYNAMIC:
		kind = "dynamic";
		break;
	}
	snprintf(text, ORDER_SOURCE_SIZE, "%s%s", kind, name);
}

size_t
owner_held(const struct owner *owner, const struct prefix *prefix,
    struct prefix *held, size_t room)
{
	const struct dynamic *dynamic = owner->dynamic;
	const struct prefixes *content = owner->content;
	struct dynamic_entry entry;
	bool whole = dynamic != NULL ? dynamic_get(dynamic, prefix, &entry) ||
					   dynamic_cover(dynamic, prefix)
				     : prefixes_has(content, prefix) ||
					   prefixes_cover(content, prefix);

	if (whole) {
		held[0] = *prefix;
		return 1;
	}
	return dynamic != NULL ? dynamic_inside(dynamic, prefix, held, room)
			       : prefixes_inside(content, prefix, held, room);
}

/* ---- all of them ---- */

struct owners *
owners_new(struct settings *settings)
{
	struct owners *owners = calloc(1, sizeof(*owners));
	size_t room = settings->list_count + 1;

	if (owners == NULL)
		return NULL;
	owners->of = calloc(room, sizeof(struct owner *));
	owners->sorted = calloc(room, sizeof(struct owner *));
	owners->contents.of = calloc(room, sizeof(struct prefixes *));
	if (owners->of == NULL || owners->sorted == NULL ||
	    owners->contents.of == NULL) {
		owners_free(owners);
		return NULL;
	}
	owners->settings = settings_ref(settings);
	owners->count = settings->list_count;
	owners->contents.count = owners->count;
	return owners;
}

void
owners_free(struct owners *owners)
{
	if (owners == NULL)
		return;
	settings_unref(owners->settings);
	contents_fini(&owners->contents);
	free(owners->of);
	free(owners->sorted);
	free(owners);
}

void
owners_set(struct owners *owners, struct owner *owner, struct prefixes *content)
{
	struct prefixes **at = &owners->contents.of[owner->index];

	prefixes_unref(owner->content);
	owner->content = content;
	prefixes_unref(*at);
	*at = prefixes_ref(content);
}

static int
by_name(const void *a, const void *b)
{
	const struct owner *const *left = a;
	const struct owner *const *right = b;

	return strcmp((*left)->settings->name, (*right)->settings->name);
}

void
owners_sort(struct owners *owners)
{
	memcpy(
	    owners->sorted, owners->of, owners->count * sizeof(struct owner *));
	qsort(owners->sorted, owners->count, sizeof(struct owner *), by_name);
}

static int
name_against(const void *key, const void *entry)
{
	const struct owner *const *owner = entry;

	return strcmp(key, (*owner)->settings->name);
}

struct owner *
owners_find(const struct owners *owners, const char *name)
{
	struct owner **found = bsearch(name, owners->sorted, owners->count,
	    sizeof(struct owner *), name_against);

	return found != NULL ? *found : NULL;
}
