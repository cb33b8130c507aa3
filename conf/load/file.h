/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_FILE_H
#define CONF_LOAD_FILE_H

/* Files read whole, or piece by piece. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

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

/*
 * Opens a regular file of at most max bytes to be read piece by piece. -1 and
 * a text in problem when it cannot be.
 */
int file_open(const char *path, size_t max, char problem[FILE_PROBLEM_SIZE]);

/*
 * Fills the buffer as far as the file goes; gives the bytes read, fewer than
 * size only at its end. -1 and a text in problem when it cannot be read.
 */
ssize_t file_fill(
    int fd, char *buffer, size_t size, char problem[FILE_PROBLEM_SIZE]);

/* "larger than … MiB" */
void file_say_too_large(size_t max, char problem[FILE_PROBLEM_SIZE]);

#endif
