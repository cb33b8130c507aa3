/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_REPORT_H
#define CONF_LOAD_REPORT_H

/* Every error and warning of one run, each with its place. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Where something was written; lines and columns from 1, 0 for unknown. */
struct place {
	const char *file; /* as the operator gave it; owned by the settings */
	unsigned line;
	unsigned column; /* in characters, not bytes */
};

enum severity { SEVERITY_WARNING, SEVERITY_ERROR };

struct report_entry {
	struct place place;
	enum severity severity;
	char *text; /* one line, owned by the report */
};

struct report {
	struct report_entry *entries; /* in the order they were found */
	size_t count;
	size_t errors;
	bool truncated; /* the cap of REPORT_MAX was reached */
	bool starved;   /* memory ran out: something may not have been said */
};

enum { REPORT_MAX = 10000 };

void report_init(struct report *report);
void report_fini(struct report *report);

/* Copies the place's file name. Never fails: what cannot be kept is counted. */
void report_error(struct report *report, struct place place, const char *format,
    ...) __attribute__((format(printf, 3, 4)));
void report_warning(struct report *report, struct place place,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Memory ran out where something might have been found. */
void report_starve(struct report *report);

/* Writes "file:line:column: error: text" lines, sorted by file and place. */
void report_print(const struct report *report, FILE *stream);

#endif
