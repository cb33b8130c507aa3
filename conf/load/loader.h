/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_LOADER_H
#define CONF_LOAD_LOADER_H

/* What the parts of the loader share during one run. Private to conf/load. */

#include "conf/load/arena.h"
#include "conf/load/definitions.h"
#include "conf/load/likely.h"
#include "conf/load/schema.h"

struct bundle;

struct loader {
	struct report *report;
	struct settings *settings;
	struct arena *arena; /* the settings': what stays */
	struct arena trees;  /* nodes and scratch: gone after loading */
	/* Lists by name; an entry's index is that of settings->lists. */
	struct definitions lists;
	const struct node **list_values; /* by index; NULL: none to read */
	const struct document *documents;
	size_t document_count;
	/* Unknown names may stand in a file that could not be read. */
	bool partial;
	unsigned guesses;       /* see struct likely */
	unsigned serial;        /* of the policy whose sets are counted */
	unsigned *seen;         /* by list: the serial that counted it */
	struct bundle *bundles; /* ready policies, by their index; or NULL */
};

/* ---- the schema's machinery (object.c, types.c) ---- */

/* The keys that were written, by row; NULL for the others. */
struct given {
	const struct node *keys[OBJECT_ROWS_MAX];
};

#define MEMBER(type, member) \
	.offset = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define ROWS(table) .rows = (table), .count = sizeof(table) / sizeof(*(table))

extern const struct schema_type type_word;
extern const struct schema_type type_number;
extern const struct schema_type type_size;
extern const struct schema_type type_duration;
extern const struct schema_type type_boolean;
extern const struct schema_type type_set;
extern const struct schema_type type_unbuilt;

/* Fills in the defaults that the rows name. */
void object_defaults(
    struct loader *loader, const struct schema_object *object, void *target);

/*
 * Finds out which keys a mapping has; unknown ones are reported. False,
 * reported, when the value is no mapping at all.
 */
bool object_scan(struct loader *loader, const struct schema_object *object,
    const struct node *value, struct given *given);

/* Scans, then reads the values into target, over what is there. */
bool object_read(struct loader *loader, const struct schema_object *object,
    const struct node *value, void *target, struct given *given);

/* "'KEY' takes VALUES, not WHAT IS THERE", unless that was reported before. */
void refuse_value(struct loader *loader, const struct schema_row *row,
    const struct node *value);

/* The word of that value, "" when there is none. */
const char *word_text(const struct schema_word *words, unsigned value);

/* ---- parts of the configuration ---- */

/* One file, once it is a tree. */
struct document {
	const char *file;
	const struct node *root; /* NULL: could not be read */
	struct given given;      /* rows of object_top */
};

/* Rows of object_top. */
enum top_row {
	TOP_LISTEN,
	TOP_THREADS,
	TOP_LIMITS,
	TOP_LOG,
	TOP_LISTS,
	TOP_POLICIES,
	TOP_CONTROL,
	TOP_HTTP,
	TOP_STATE_DIRECTORY,
};

/* Rows of object_list; the sources that are built come first. */
enum list_row {
	LIST_ROW_PREFIXES,
	LIST_ROW_FILE,
	LIST_ROW_PRESET,
	LIST_ROW_DYNAMIC,
	LIST_ROW_FORMAT,
	LIST_ROW_COLUMN,
	LIST_ROW_PATH,
	LIST_ROW_FILTER,
	LIST_ROW_EXPORT,
	LIST_ROW_GUARD,
	LIST_ROW_URL,
	LIST_ROW_REDIS,
	LIST_ROW_CROWDSEC,
};

extern const struct schema_object object_top;
extern const struct schema_object object_listen;
extern const struct schema_object object_limits;
extern const struct schema_object object_log;
extern const struct schema_object object_control;
extern const struct schema_object object_list;
extern const struct schema_object object_guard;
extern const struct schema_object object_policy;
extern const struct schema_object object_proxy;
extern const struct schema_object object_source;
extern const struct schema_object object_conflict;
extern const struct schema_object object_ip;
extern const struct schema_object object_rule;
extern const struct schema_object object_forward;

/* The value that a document gives to a top-level key; NULL for none. */
const struct node *document_value(
    const struct document *document, enum top_row row);

/*
 * In this order: lists_define() makes every name known, then sets can be
 * read; lists_fill() reads what is written in place.
 */
void lists_define(struct loader *loader);
void listens_read(struct loader *loader);
void policies_read(struct loader *loader);
void lists_fill(struct loader *loader);

/* Checks the name of a list or a policy where it is defined. */
void name_check(
    struct loader *loader, const struct node *key, const char *what);

#endif
