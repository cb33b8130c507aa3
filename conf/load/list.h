/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_LIST_H
#define CONF_LOAD_LIST_H

/* The keys of a list. Private to conf/load. */

#include "conf/load/loader.h"

/* Their targets are the whole struct list_settings. */
extern const struct schema_type type_list_prefixes;
extern const struct schema_type type_list_file;
extern const struct schema_type type_list_preset;
extern const struct schema_type type_list_dynamic;
extern const struct schema_type type_list_format;
extern const struct schema_type type_list_column;
extern const struct schema_type type_list_path;
extern const struct schema_type type_list_filter;
extern const struct schema_type type_list_guard;

/* Their targets are the whole struct guard_settings. */
extern const struct schema_type type_widest;
extern const struct schema_type type_allow;
extern const struct schema_type type_deny;

extern const struct schema_type type_percent;

/* The words of the key "format". */
extern const struct schema_word list_formats[];

/* Reads prefixes that are written in place. */
void list_fill_inline(struct loader *loader, const struct node *value,
    struct list_settings *list);

void guard_defaults(struct loader *loader, struct guard_settings *guard);

/* Do the keys go together? Reported where they do not. */
void list_check(struct loader *loader, const struct node *value,
    const struct given *given, const struct list_settings *list);

/* No file may be written by two lists, or be written and read. */
void lists_check_exports(struct loader *loader);

#endif
