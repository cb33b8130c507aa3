/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any text as a file of CSV, JSON or objects in lines: the first line says how
 * to read it, the rest is the file. Where it is tolerated, what is bad may only
 * take entries away.
 */

#include <stdint.h>

#include "conf/lists/path.h"
#include "tests/fuzz/lists.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SAID_MAX = 120 };

/* "c2" is column 2 of CSV; "j" or "n" and a path: JSON, lines of it. */
static bool
configure(char *said, struct list_settings *list)
{
	struct paths paths;

	switch (said[0]) {
	case 'c':
		list->format = LIST_CSV;
		list->column = said[1] >= '1' && said[1] <= '9'
				   ? (unsigned)(said[1] - '0')
				   : 1;
		return true;
	case 'j':
	case 'n':
		list->format = said[0] == 'j' ? LIST_JSON : LIST_NDJSON;
		list->path = said + 1;
		return paths_parse(list->path, &paths) == NULL;
	default:
		list->format = LIST_LINES;
		return true;
	}
}

/* Every prefix of a strict reading is in a tolerant one, and the same. */
static void
compare(struct list_settings *list, struct view text)
{
	struct list_reading strict, tolerant;
	size_t reports, tolerant_reports;

	list->guard.tolerate = 0;
	read_list(list, text, &strict, &reports);
	list->guard.tolerate = 100;
	read_list(list, text, &tolerant, &tolerant_reports);
	if (strict.content != NULL) {
		require(tolerant.content != NULL);
		require(strict.bad == 0 && tolerant.bad == 0);
		require(is_same(strict.content, tolerant.content));
	}
	prefixes_unref(strict.content);
	prefixes_unref(tolerant.content);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct list_filter filter = {"kind", "x"};
	struct list_settings list = {.source = LIST_FILE};
	const uint8_t *newline = size == 0 ? NULL : memchr(data, '\n', size);
	char said[SAID_MAX + 1] = {0};
	struct view text;

	if (newline == NULL || newline - data > SAID_MAX)
		return 0;
	memcpy(said, data, (size_t)(newline - data));
	text = (struct view){
	    (const char *)newline + 1, size - (size_t)(newline - data) - 1};
	if (!configure(said, &list))
		return 0;
	compare(&list, text);
	list.used_as_trust = true;
	compare(&list, text);
	list.filters = &filter;
	list.filter_count = 1;
	compare(&list, text);
	return 0;
}
