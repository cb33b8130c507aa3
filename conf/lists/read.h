/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LISTS_READ_H
#define CONF_LISTS_READ_H

/*
 * From the text of a list, in whatever format, to its prefixes. Used by the
 * check of a configuration and by a running agent alike; any thread.
 */

#include "conf/lists/prefixes.h"
#include "conf/load/settings.h"

enum {
	LIST_FILE_SIZE_MAX = 512 * 1024 * 1024,
	LIST_PREFIXES_MAX = 1 << 25,
	LIST_JSON_SIZE_MAX = 64 * 1024 * 1024, /* of one document */
	LIST_LINE_MAX = 256 * 1024,            /* bytes of a line or row */
	LIST_REPORTS_MAX = 20, /* lines of one kind that are shown */
};

/* What was found beside the prefixes. */
struct list_reading {
	struct prefixes *content; /* the caller's */
	size_t lines;  /* lines, rows or values that were looked at */
	size_t bad;    /* that are no prefix; within the list's tolerance */
	size_t masked; /* whose bits behind the length were cut */
};

/*
 * Reads a list that is a file or a preset. Problems go to the report with
 * file, line and column, the first few of each kind and a count of the rest:
 * errors when the list cannot be used, warnings when it can. A missing file is
 * reported where it is named. False: *reading is empty.
 */
bool list_read(const struct list_settings *list, struct report *report,
    struct list_reading *reading);

/* The same of a text in memory; file is what the report calls it. */
bool list_read_text(const struct list_settings *list, struct view text,
    const char *file, struct report *report, struct list_reading *reading);

#endif
