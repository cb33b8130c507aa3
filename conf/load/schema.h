/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_SCHEMA_H
#define CONF_LOAD_SCHEMA_H

/*
 * The configuration language as tables: one row a key. The same rows read the
 * configuration, fill in its defaults, print it and make its manual.
 */

#include <stddef.h>
#include <stdio.h>

#include "conf/load/settings.h"
#include "conf/load/yaml.h"

struct loader;
struct printer;
struct schema_row;

/* How the values of a key are read and written. */
struct schema_type {
	/*
	 * Reads a value into *target and reports what is wrong with it; a bad
	 * one leaves *target as it was, or partly filled. Never NULL.
	 */
	void (*read)(struct loader *loader, const struct schema_row *row,
	    const struct node *value, void *target);
	/* Writes "key: value" lines; nothing when there is none to write. */
	void (*print)(struct printer *printer, const struct schema_row *row,
	    const void *target);
	/* What it takes, for people: "a number from 1 to 256". */
	void (*values)(const struct schema_row *row, char *text, size_t size);
	bool has_default; /* the row's default text can be read */
};

struct schema_word {
	const char *text; /* NULL ends the table */
	unsigned value;
};

/* What a set is for decides what may stand in it. */
enum set_use {
	SET_OF_PEERS,   /* trust: a peer, perhaps a local socket, or a hop */
	SET_OF_ENTRIES, /* trust: entries alone, which are never local sockets */
	SET_OF_CLIENTS, /* a rule's */
};

enum { ROW_REQUIRED = 1 };

struct schema_row {
	const char *name;
	const struct schema_type *type; /* &type_unbuilt: refused so far */
	size_t offset;                  /* where in the struct it goes */
	size_t size;
	const struct schema_word *words; /* of a word */
	unsigned min;                    /* of a number, size or duration */
	unsigned max;
	enum set_use use; /* of a set */
	unsigned flags;
	const char *values;   /* instead of the type's own words */
	const char *default_; /* as it would be written; NULL for none */
	const char *about;    /* one sentence or two, for the manual */
};

/* A mapping: its name as an operator would find it, and its keys. */
struct schema_object {
	const char *name;
	const char *about;
	const struct schema_row *rows;
	size_t count;
};

enum { OBJECT_ROWS_MAX = 24, VALUES_SIZE = 160 };

/* Every mapping of the language, in the order of the manual. */
extern const struct schema_object *const schema_objects[];
extern const size_t schema_object_count;

/* What the key takes, for people. Gives text. */
const char *schema_values(const struct schema_row *row, char text[VALUES_SIZE]);

/* Is the key known, but refused as not built yet? */
bool schema_is_built(const struct schema_row *row);

/* The keys of all mappings as mdoc lists, for the manual page. */
void schema_print_manual(FILE *stream);

#endif
