/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_LIST_FILE_H
#define CONF_LOAD_LIST_FILE_H

/*
 * Plain list files: one prefix, address or range a line, comments from # or ;
 * on. A byte order mark, CRLF, blank lines and a missing last newline are
 * welcome; prefixes may repeat and overlap.
 */

#include "conf/load/report.h"
#include "proto/text/prefix.h"

enum {
	LIST_FILE_SIZE_MAX = 512 * 1024 * 1024,
	LIST_PREFIXES_MAX = 1 << 25,
	LIST_REPORTS_MAX = 20, /* lines of one kind that are shown */
};

struct list_file {
	struct prefix *prefixes; /* malloc()ed, masked, in written order */
	size_t count;
};

/*
 * Reads the text. Host bits are an error when the list is to be trusted, else
 * masked and warned of. False when there was an error; all are reported, with
 * file, line and column. On success the prefixes are the caller's to free.
 */
bool list_file_parse(struct view text, const char *file, bool trust,
    struct report *report, struct list_file *list);

/* As list_file_parse(); place is where the file was named, should it fail. */
bool list_file_read(const char *file, bool trust, struct place place,
    struct report *report, struct list_file *list);

#endif
