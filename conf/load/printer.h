/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_PRINTER_H
#define CONF_LOAD_PRINTER_H

/* Settings as YAML text that the loader reads again. */

#include <stdio.h>

#include "conf/load/schema.h"

struct printer {
	FILE *stream;
	const struct settings *settings;
	const char *folder; /* where relative paths begin */
	const char *slash;  /* between that and a path */
	unsigned depth;     /* two blanks each */
	bool item;          /* the next line begins an item: "- " */
};

/* Begins a line with "key:". */
void print_key(struct printer *printer, const char *key);

/* A line "key: text", the text as it is. */
void print_plain(struct printer *printer, const char *key, const char *text);

/* A line "key: text", the text in quotes where needed. */
void print_string(struct printer *printer, const char *key, const char *text);

/* A text as it must be written to be read again: in quotes where needed. */
void print_text(struct printer *printer, const char *text);

/* A path, that of a socket, or a socket's address, made absolute. */
void print_path(struct printer *printer, const char *path);
void print_socket(struct printer *printer, const char *path);
void print_unix(struct printer *printer, const char *path);

/* The keys of a mapping, one line each and deeper ones below. */
void print_object(struct printer *printer, const struct schema_object *object,
    const void *target);

/* Behind a key: the prefixes of an inline list. */
void print_prefixes(struct printer *printer, const struct list_settings *list);

/*
 * "key:" and the count items of size bytes, each a mapping; "key: []" when
 * there is none.
 */
void print_items(struct printer *printer, const char *key,
    const struct schema_object *object, const void *items, size_t count,
    size_t size);

#endif
