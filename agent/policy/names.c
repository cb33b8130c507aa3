/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/names.h"

#include <stdlib.h>

#include "conf/load/settings.h"

/*
 * Two registers of lower-case names (fields, arguments) and one hash of
 * everything HAProxy may send: the fixed words, "h.FIELD" and the arguments.
 * Open addressing, at most half full, grown while building. "h.FIELD.2" and
 * "h.FIELD.count" are not stored: their ending is cut before the look-up.
 */

struct name {
	char *text;
	size_t length;
};

struct bucket {
	uint32_t hash;
	struct slot slot; /* SLOT_UNKNOWN: free */
	const char *text;
	size_t length;
};

struct names {
	struct name fields[FIELDS_MAX];
	unsigned field_count;
	struct name arguments[FIELDS_MAX];
	unsigned argument_count;
	struct bucket *buckets;
	size_t mask;
	size_t used;
};

static const struct {
	const char *text;
	enum slot_kind kind;
} words[] = {
    {"peer", SLOT_PEER},
    {"src", SLOT_SRC},
    {"proxied", SLOT_PROXIED},
    {"headers", SLOT_HEADERS},
    {"policy", SLOT_POLICY},
    {"scheme", SLOT_SCHEME},
    {"host", SLOT_HOST},
    {"port", SLOT_PORT},
    {"path", SLOT_PATH},
    {"prefix", SLOT_PREFIX},
};

enum { BUCKETS_MIN = 64 };

#define HASH_BEGIN UINT32_C(2166136261)

/* FNV-1a over lower case. The names are the operator's, not a client's. */
static uint32_t
hash_more(uint32_t hash, struct view name)
{
	for (size_t i = 0; i < name.length; i++)
		hash = (hash ^ ascii_lower((unsigned char)name.data[i])) *
		       16777619u;
	return hash;
}

static uint32_t
name_hash(struct view name)
{
	return hash_more(HASH_BEGIN, name);
}

static struct bucket *
bucket_find(const struct names *names, struct view name, uint32_t hash)
{
	size_t at = hash & names->mask;

	for (;; at = (at + 1) & names->mask) {
		struct bucket *bucket = &names->buckets[at];
		struct view text = {bucket->text, bucket->length};

		if (bucket->slot.kind == SLOT_UNKNOWN)
			return bucket;
		if (bucket->hash == hash && view_equal_nocase(text, name))
			return bucket;
	}
}

static bool
buckets_grow(struct names *names)
{
	struct bucket *old = names->buckets;
	size_t old_size = old ? names->mask + 1 : 0;
	size_t size = old ? 2 * old_size : BUCKETS_MIN;
	struct bucket *buckets = calloc(size, sizeof(*buckets));

	if (!buckets)
		return false;
	names->buckets = buckets;
	names->mask = size - 1;
	for (size_t i = 0; i < old_size; i++) {
		struct view text = {old[i].text, old[i].length};

		if (old[i].slot.kind != SLOT_UNKNOWN)
			*bucket_find(names, text, old[i].hash) = old[i];
	}
	free(old);
	return true;
}

static bool
bucket_add(struct names *names, struct view name, struct slot slot)
{
	uint32_t hash = name_hash(name);
	struct bucket *bucket;

	if (2 * (names->used + 1) > names->mask && !buckets_grow(names))
		return false;
	bucket = bucket_find(names, name, hash);
	if (bucket->slot.kind != SLOT_UNKNOWN)
		return true;
	*bucket = (struct bucket){hash, slot, name.data, name.length};
	names->used++;
	return true;
}

struct names *
names_new(void)
{
	struct names *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	if (!buckets_grow(names)) {
		names_free(names);
		return NULL;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!bucket_add(names, view_of(words[i].text),
			(struct slot){.kind = words[i].kind})) {
			names_free(names);
			return NULL;
		}
	return names;
}

void
names_free(struct names *names)
{
	if (!names)
		return;
	for (unsigned i = 0; i < names->field_count; i++)
		free(names->fields[i].text);
	for (unsigned i = 0; i < names->argument_count; i++)
		free(names->arguments[i].text);
	free(names->buckets);
	free(names);
}

/* "h." or nothing, and the name in lower case. */
static bool
name_make(struct name *made, const char *before, struct view name)
{
	size_t head = strlen(before);

	made->length = head + name.length;
	made->text = malloc(made->length + 1);
	if (!made->text)
		return false;
	memcpy(made->text, before, head);
	for (size_t i = 0; i < name.length; i++)
		made->text[head + i] =
		    (char)ascii_lower((unsigned char)name.data[i]);
	made->text[made->length] = '\0';
	return true;
}

static struct view
name_view(const struct name *name)
{
	return (struct view){name->text, name->length};
}

int
names_find_field(const struct names *names, struct view field)
{
	size_t at = hash_more(name_hash(VIEW("h.")), field) & names->mask;

	for (;; at = (at + 1) & names->mask) {
		const struct bucket *bucket = &names->buckets[at];

		if (bucket->slot.kind == SLOT_UNKNOWN)
			return -1;
		if (bucket->slot.kind == SLOT_FIELD_LINE &&
		    view_equal_nocase(
			names_field(names, bucket->slot.index), field))
			return bucket->slot.index;
	}
}

int
names_add_field(struct names *names, struct view name)
{
	int index = names_find_field(names, name);
	struct name *made = &names->fields[names->field_count];
	struct slot slot = {.kind = SLOT_FIELD_LINE};

	if (index >= 0)
		return index;
	if (names->field_count == FIELDS_MAX || !name_make(made, "h.", name))
		return -1;
	slot.index = (uint16_t)names->field_count;
	if (!bucket_add(names, name_view(made), slot)) {
		free(made->text);
		return -1;
	}
	return (int)names->field_count++;
}

int
names_add_argument(struct names *names, struct view name)
{
	struct name *made = &names->arguments[names->argument_count];
	struct slot slot = {.kind = SLOT_ARGUMENT};

	for (unsigned i = 0; i < names->argument_count; i++)
		if (view_equal_nocase(names_argument(names, i), name))
			return (int)i;
	if (names->argument_count == FIELDS_MAX || !name_make(made, "", name))
		return -1;
	slot.index = (uint16_t)names->argument_count;
	if (!bucket_add(names, name_view(made), slot)) {
		free(made->text);
		return -1;
	}
	return (int)names->argument_count++;
}

unsigned
names_fields(const struct names *names)
{
	return names->field_count;
}

unsigned
names_arguments(const struct names *names)
{
	return names->argument_count;
}

struct view
names_field(const struct names *names, unsigned field)
{
	struct view name = name_view(&names->fields[field]);

	return (struct view){name.data + 2, name.length - 2};
}

struct view
names_argument(const struct names *names, unsigned argument)
{
	return name_view(&names->arguments[argument]);
}

/*
 * Cuts ".2" to ".10" or ".count" off the end of h.NAME. A field whose own name
 * ends so cannot be sent line by line; "headers" can carry it.
 */
static void
ending_cut(struct view *name, struct slot *slot)
{
	static const struct view count = {".count", 6};
	const char *end = name->data + name->length;

	if (name->length > count.length + 2 &&
	    view_equal_nocase(
		(struct view){end - count.length, count.length}, count)) {
		name->length -= count.length;
		slot->kind = SLOT_FIELD_COUNT;
		slot->counts = true;
	} else if (name->length > 4 && end[-2] == '.' && end[-1] >= '2' &&
		   end[-1] <= '9') {
		slot->distance = (uint8_t)(end[-1] - '1');
		name->length -= 2;
	} else if (name->length > 5 && end[-3] == '.' && end[-2] == '1' &&
		   end[-1] == '0') {
		slot->distance = LINES_BY_NAME_MAX - 1;
		name->length -= 3;
	}
}

static bool
is_field(struct view name)
{
	return name.length > 2 &&
	       ascii_lower((unsigned char)name.data[0]) == 'h' &&
	       name.data[1] == '.';
}

struct slot
names_find(const struct names *names, struct view argument)
{
	struct slot slot = {.kind = SLOT_FIELD_LINE};
	const struct bucket *bucket;

	if (!is_field(argument))
		return bucket_find(names, argument, name_hash(argument))->slot;
	ending_cut(&argument, &slot);
	bucket = bucket_find(names, argument, name_hash(argument));
	if (bucket->slot.kind == SLOT_FIELD_LINE)
		slot.index = bucket->slot.index;
	else
		slot.kind = SLOT_FIELD_UNREAD;
	return slot;
}
