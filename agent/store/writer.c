/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/store/file.h"

enum store_result
store_system_failed(char error[STORE_ERROR_SIZE], const char *name,
    const char *what, int number)
{
	snprintf(error, STORE_ERROR_SIZE, "%s: %s: %s", name, what,
	    strerror(number));
	return STORE_FAILED;
}

void
store_say_more(char error[STORE_ERROR_SIZE], const char *format, ...)
{
	size_t length = strlen(error);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error + length, STORE_ERROR_SIZE - length, format, arguments);
	va_end(arguments);
}

bool
store_file_aside(const struct store_file *file)
{
	char aside[FILE_NAME_SIZE + 4];

	snprintf(aside, sizeof(aside), "%s.bad", file->name);
	return renameat(file->directory, file->name, file->directory, aside) ==
		   0 ||
	       errno == ENOENT;
}

static void
write_all(struct store_writer *writer, const uint8_t *bytes, size_t size)
{
	while (size > 0 && writer->error == 0) {
		ssize_t written = write(writer->descriptor, bytes, size);

		if (written > 0) {
			bytes += written;
			size -= (size_t)written;
			writer->place += (uint64_t)written;
		} else if (written == 0 || errno != EINTR) {
			writer->error = written == 0 ? ENOSPC : errno;
		}
	}
}

struct store_writer *
store_writer_new(const struct store_file *file, unsigned number,
    const struct store_header *header)
{
	struct store_writer *writer = malloc(sizeof(*writer));
	uint8_t bytes[HEADER_SIZE];

	if (!writer)
		return NULL;
	writer->file = *file;
	writer->error = 0;
	writer->place = writer->records = 0;
	writer->used = 0;
	writer->seal = store_header_write(header, bytes);
	snprintf(writer->temporary, sizeof(writer->temporary), "%.80s.%u.tmp",
	    file->name, number);
	writer->descriptor = openat(file->directory, writer->temporary,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (writer->descriptor < 0) {
		writer->error = errno;
		writer->temporary[0] = '\0';
	}
	write_all(writer, bytes, sizeof(bytes));
	return writer;
}

static void
flush(struct store_writer *writer)
{
	if (writer->used == 0)
		return;
	store_frame_seal(
	    writer->seal, writer->place, writer->frame, writer->used);
	write_all(writer, writer->frame, FRAME_HEAD + writer->used);
	writer->used = 0;
}

void
store_writer_add(struct store_writer *writer, enum store_frame kind,
    const uint8_t *record, size_t length)
{
	uint8_t *payload = writer->frame + FRAME_HEAD;

	if (writer->used > 0 &&
	    (payload[0] != kind || writer->used + length > FRAME_MAX))
		flush(writer);
	if (writer->used == 0)
		payload[writer->used++] = (uint8_t)kind;
	memcpy(payload + writer->used, record, length);
	writer->used += length;
	writer->records++;
}

void
store_writer_end(struct store_writer *writer)
{
	uint8_t count[8];

	store_put(count, writer->records, sizeof(count));
	store_writer_add(writer, FRAME_END, count, sizeof(count));
	flush(writer);
}

enum store_result
store_writer_commit(struct store_writer *writer, char error[STORE_ERROR_SIZE])
{
	const struct store_file *file = &writer->file;

	if (writer->error == 0 && fsync(writer->descriptor) < 0)
		writer->error = errno;
	if (writer->error == 0 && renameat(file->directory, writer->temporary,
				      file->directory, file->name) < 0)
		writer->error = errno;
	if (writer->error != 0)
		return store_system_failed(
		    error, file->name, "cannot be written", writer->error);
	writer->temporary[0] = '\0';
	/* It is in place; that it may not stay there has to be told all the
	 * same. */
	if (fsync(file->directory) < 0)
		return store_system_failed(
		    error, file->name, "cannot be synced", errno);
	return STORE_OK;
}

void
store_writer_free(struct store_writer *writer)
{
	if (!writer)
		return;
	if (writer->descriptor >= 0)
		close(writer->descriptor);
	if (writer->temporary[0] != '\0')
		unlinkat(writer->file.directory, writer->temporary, 0);
	free(writer);
}
