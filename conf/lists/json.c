/* SPDX-License-Identifier: Apache-2.0 */

#include <jansson.h>
#include <stdlib.h>

#include "conf/lists/path.h"
#include "conf/lists/place.h"
#include "conf/lists/reader.h"

/*
 * Documents are walked along the paths alone, however deep they are. What an
 * entry is filtered by may stand in any of the objects on the way to it.
 */

struct object {
	json_t *json;
	const struct object *outer;
};

/* What a path led to. */
struct yield {
	bool reached;      /* an array or a value is there */
	size_t candidates; /* elements of its arrays */
	size_t values;     /* that count */
};

struct walk {
	struct reader *reader;
	const struct path *path;
	struct yield *yield;
	struct view text; /* the document, or the line */
	size_t cursor;    /* in it: what was found so far is before */
	size_t line;      /* of the text's begin */
};

/* ---- places ---- */

/* An array or object is only found if it is written without blanks. */
static const char *
find_value(struct walk *walk, const json_t *value)
{
	const char *at;
	char *word;

	if (json_is_string(value))
		return place_of_text(walk->text, &walk->cursor,
		    (struct view){
			json_string_value(value), json_string_length(value)});
	word = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	if (word == NULL)
		return NULL;
	at = place_of_word(walk->text, &walk->cursor, view_of(word));
	free(word);
	return at;
}

/*
 * Sets the reader's line; gives the column. The parser tells no places, so the
 * text is searched, for as many as are told of. Not found: line 0, or that of
 * the only one.
 */
static size_t
locate(struct walk *walk, const struct findings *findings, const json_t *value)
{
	const char *data = walk->text.data;
	const char *line = data;
	const char *at = NULL;

	walk->reader->line = walk->line;
	if (findings->count <= LIST_REPORTS_MAX)
		at = find_value(walk, value);
	if (at == NULL)
		return 1;
	if (walk->line == 0)
		walk->reader->line = 1;
	for (const char *byte = data; byte < at; byte++)
		if (*byte == '\n') {
			walk->reader->line++;
			line = byte + 1;
		}
	return (size_t)(at - line) + 1;
}

/* ---- values ---- */

static bool
is_text(const json_t *json, const char *text)
{
	char number[32];

	switch (json_typeof(json)) {
	case JSON_STRING:
		return strcmp(json_string_value(json), text) == 0;
	case JSON_TRUE:
		return strcmp(text, "true") == 0;
	case JSON_FALSE:
		return strcmp(text, "false") == 0;
	case JSON_INTEGER:
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
		    json_integer_value(json));
		return strcmp(number, text) == 0;
	case JSON_OBJECT:
	case JSON_ARRAY:
	case JSON_REAL:
	case JSON_NULL:
		break;
	}
	return false;
}

/* The value itself, or one of an array of them. */
static bool
is_or_has(const json_t *json, const char *text)
{
	json_t *item;
	size_t i;

	if (!json_is_array(json))
		return is_text(json, text);
	json_array_foreach(json, i, item) if (is_text(item, text)) return true;
	return false;
}

/* The innermost object that has the key decides. */
static bool
filter_holds(const struct list_filter *filter, const struct object *object)
{
	for (; object != NULL; object = object->outer) {
		json_t *value = json_object_get(object->json, filter->key);

		if (value != NULL)
			return is_or_has(value, filter->value);
	}
	return false;
}

static bool
passes(const struct list_settings *list, const struct object *object)
{
	for (size_t i = 0; i < list->filter_count; i++)
		if (!filter_holds(&list->filters[i], object))
			return false;
	return true;
}

static void
refuse(struct walk *walk, const json_t *value, const char *why)
{
	size_t column = locate(walk, &walk->reader->bad, value);

	reader_refuse(
	    walk->reader, walk->path->text, column, PREFIX_NO_ADDRESS, why);
}

static void
read_text(struct walk *walk, const json_t *value)
{
	struct view text = {
	    json_string_value(value), json_string_length(value)};
	struct reader *reader = walk->reader;
	struct prefix prefix;
	enum prefix_status status = prefix_parse(text, &prefix);
	bool masked =
	    status == PREFIX_HOST_BITS && !reader->list->used_as_trust;
	size_t column;

	if (status == PREFIX_OK) {
		reader_add(reader, &prefix);
		return;
	}
	column = locate(walk, masked ? &reader->masked : &reader->bad, value);
	reader_entry(reader, text, text, column);
}

static void
read_value(struct walk *walk, const json_t *value, const struct object *object)
{
	walk->yield->reached = true;
	if (json_is_null(value) || !passes(walk->reader->list, object))
		return;
	walk->yield->values++;
	if (json_is_string(value))
		read_text(walk, value);
	else if (json_is_array(value))
		refuse(walk, value, "an array is there: its path ends in []");
	else
		refuse(walk, value, "what is there is no text");
}

static void descend(struct walk *walk, json_t *json, unsigned step,
    unsigned arrays, const struct object *outer);

static void
descend_array(struct walk *walk, json_t *json, unsigned step, unsigned arrays,
    const struct object *outer)
{
	size_t count = json_array_size(json);

	if (!json_is_array(json))
		return;
	walk->yield->reached = true;
	if (arrays == 1)
		walk->yield->candidates += count;
	for (size_t i = 0; i < count; i++)
		descend(walk, json_array_get(json, i), step, arrays - 1, outer);
}

/* As deep as the path, which the configuration gives, and no deeper. */
static void
descend(struct walk *walk, json_t *json, unsigned step, unsigned arrays,
    const struct object *outer)
{
	const struct path_step *next = &walk->path->steps[step];
	struct object object = {json, outer};

	if (arrays > 0) {
		descend_array(walk, json, step, arrays, outer);
	} else if (step == walk->path->count) {
		read_value(walk, json, outer);
	} else {
		json = json_object_getn(json, next->key.data, next->key.length);
		if (json != NULL)
			descend(walk, json, step + 1, next->arrays, &object);
	}
}

static void
walk_path(struct walk *walk, json_t *json)
{
	const struct path_step *first = &walk->path->steps[0];

	if (first->key.length == 0)
		descend(walk, json, 1, first->arrays, NULL);
	else
		descend(walk, json, 0, 0, NULL);
}

/* ---- one document ---- */

static void
check_yield(struct reader *reader, const struct paths *paths,
    const struct yield *yields)
{
	size_t candidates = 0, values = 0;

	for (unsigned i = 0; i < paths->count; i++) {
		if (!yields[i].reached) {
			struct view text = paths->list[i].text;

			reader_give_up(reader, 0,
			    "nothing is at the path '%.*s'", (int)text.length,
			    text.data);
			return;
		}
		candidates += yields[i].candidates;
		values += yields[i].values;
	}
	/* An empty list is one; one of which nothing fits is a mistake. */
	if (candidates > 0 && values == 0)
		reader_give_up(reader, 0, "none of %zu entries %s", candidates,
		    reader->list->filter_count > 0
			? "has the path and passes the filter"
			: "has the path");
}

void
json_read(struct reader *reader, struct view text)
{
	struct yield yields[PATHS_MAX] = {{.reached = false}};
	struct paths paths;
	json_error_t error;
	json_t *json =
	    json_loadb(text.data, text.length, JSON_REJECT_DUPLICATES, &error);

	if (json == NULL) {
		reader_give_up(reader, error.line > 0 ? (size_t)error.line : 1,
		    "this is not JSON: %s", error.text);
		return;
	}
	if (paths_parse(reader->list->path, &paths) == NULL) {
		for (unsigned i = 0; i < paths.count; i++) {
			struct walk walk = {.reader = reader,
			    .path = &paths.list[i],
			    .yield = &yields[i],
			    .text = text};

			walk_path(&walk, json);
		}
		check_yield(reader, &paths, yields);
	}
	json_decref(json);
}

/* ---- an object a line ---- */

static void
read_object(struct reader *reader, const struct paths *paths, struct view line)
{
	json_error_t error;
	json_t *json =
	    json_loadb(line.data, line.length, JSON_REJECT_DUPLICATES, &error);
	struct yield yield = {.reached = false};

	reader->objects++;
	if (!json_is_object(json))
		reader_refuse(reader, line, 1, PREFIX_NO_ADDRESS,
		    "this is no JSON object");
	for (unsigned i = 0; json_is_object(json) && i < paths->count; i++) {
		struct walk walk = {.reader = reader,
		    .path = &paths->list[i],
		    .yield = &yield,
		    .text = line,
		    .line = reader->line};

		walk_path(&walk, json);
	}
	json_decref(json);
}

/* Objects without the path, such as a last line about the rest, are none. */
void
ndjson_read(struct reader *reader, struct view text)
{
	const char *end = text.data + text.length;
	const char *at = text.data;
	struct paths paths;

	if (paths_parse(reader->list->path, &paths) != NULL)
		return;
	while (at < end && !reader->given_up) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *line_end = newline == NULL ? end : newline;
		struct view line = {at, (size_t)(line_end - at)};

		reader->line++;
		if (line.length > 0 && line.data[line.length - 1] == '\r')
			line.length--;
		line = view_trim(line);
		if (line.length > 0)
			read_object(reader, &paths, line);
		at = line_end + 1;
	}
}
