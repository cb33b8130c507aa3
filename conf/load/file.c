/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_SIZE = 16 * 1024 };

static void
say_errno(char problem[FILE_PROBLEM_SIZE])
{
	char buffer[FILE_PROBLEM_SIZE];

	snprintf(problem, FILE_PROBLEM_SIZE, "%s",
	    strerror_r(errno, buffer, sizeof(buffer)));
}

/* Room for one byte more than max, to see that there is more. */
static bool
grow(struct file_text *text, size_t *size, size_t max)
{
	size_t wanted = *size * 2 < max + 2 ? *size * 2 : max + 2;
	char *data;

	if (text->length + 1 < *size)
		return true;
	data = realloc(text->data, wanted);
	if (data == NULL)
		return false;
	text->data = data;
	*size = wanted;
	return true;
}

static bool
read_all(int fd, size_t size, size_t max, struct file_text *text)
{
	text->data = malloc(size);
	if (text->data == NULL)
		return false;
	for (;;) {
		ssize_t got;

		if (!grow(text, &size, max))
			return false;
		got = read(
		    fd, text->data + text->length, size - 1 - text->length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		text->length += (size_t)got;
		if (got == 0 || text->length > max)
			break;
	}
	text->data[text->length] = '\0';
	return true;
}

void
file_say_too_large(size_t max, char problem[FILE_PROBLEM_SIZE])
{
	snprintf(problem, FILE_PROBLEM_SIZE, "larger than %zu MiB",
	    max / (1024 * 1024));
}

static bool
say_too_large(size_t max, char problem[FILE_PROBLEM_SIZE])
{
	file_say_too_large(max, problem);
	return false;
}

/* Is it a file that can be read, and small enough? */
static bool
is_suitable(const struct stat *status, size_t max, bool regular,
    char problem[FILE_PROBLEM_SIZE])
{
	if (regular && !S_ISREG(status->st_mode)) {
		snprintf(problem, FILE_PROBLEM_SIZE, "not a regular file");
		return false;
	}
	return !S_ISREG(status->st_mode) || (size_t)status->st_size <= max ||
	       say_too_large(max, problem);
}

static bool
read_open_file(int fd, size_t max, bool regular, struct file_text *text,
    char problem[FILE_PROBLEM_SIZE])
{
	size_t size = FIRST_SIZE;
	struct stat status;

	if (fstat(fd, &status) != 0) {
		say_errno(problem);
		return false;
	}
	if (!is_suitable(&status, max, regular, problem))
		return false;
	/* Two bytes more, so that the end shows without growing. */
	if (S_ISREG(status.st_mode))
		size = (size_t)status.st_size + 2;
	if (!read_all(fd, size, max, text)) {
		say_errno(problem);
		return false;
	}
	return text->length <= max || say_too_large(max, problem);
}

/* Opening a pipe nobody writes to would wait forever. */
static int
open_file(const char *path, bool regular)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;

	return open(path, regular ? flags | O_NONBLOCK : flags);
}

bool
file_read(const char *path, size_t max, bool regular, struct file_text *text,
    char problem[FILE_PROBLEM_SIZE])
{
	int fd = open_file(path, regular);
	bool good;

	*text = (struct file_text){.data = NULL};
	if (fd < 0) {
		say_errno(problem);
		return false;
	}
	good = read_open_file(fd, max, regular, text, problem);
	close(fd);
	if (!good) {
		free(text->data);
		*text = (struct file_text){.data = NULL};
	}
	return good;
}

int
file_open(const char *path, size_t max, char problem[FILE_PROBLEM_SIZE])
{
	int fd = open_file(path, true);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) != 0)
		say_errno(problem);
	else if (is_suitable(&status, max, true, problem))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

ssize_t
file_fill(int fd, char *buffer, size_t size, char problem[FILE_PROBLEM_SIZE])
{
	size_t filled = 0;

	while (filled < size) {
		ssize_t got = read(fd, buffer + filled, size - filled);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			say_errno(problem);
			return -1;
		}
		if (got == 0)
			break;
		filled += (size_t)got;
	}
	return (ssize_t)filled;
}
