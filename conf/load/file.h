/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_FILE_H
#define CONF_LOAD_FILE_H

/* Files read whole. */

#include <stdbool.h>
#include <stddef.h>

struct file_text {
	char *data; /* malloc()ed, a NUL behind the end */
	size_t length;
};

enum { FILE_PROBLEM_SIZE = 128 };

/*
 * Reads at most max bytes; a pipe will do unless regular is set. False and a
 * text in problem when the file cannot be read or is larger.
 */
bool file_read(const char *path, size_t max, bool regular,
    struct file_text *text, char problem[FILE_PROBLEM_SIZE]);

#endif
