/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/store/file.h"

/* ---- bytes ---- */

/* Reads until there are so many bytes in the buffer; false: there are not. */
static bool
need(struct store_reader *reader, size_t size)
{
	while (reader->end - reader->begin < size) {
		ssize_t got;

		if (reader->ended || reader->error != 0)
			return false;
		if (reader->begin > 0) {
			memmove(reader->buffer, reader->buffer + reader->begin,
			    reader->end - reader->begin);
			reader->place += reader->begin;
			reader->end -= reader->begin;
			reader->begin = 0;
		}
		got = read(reader->descriptor, reader->buffer + reader->end,
		    sizeof(reader->buffer) - reader->end);
		if (got > 0)
			reader->end += (size_t)got;
		else if (got == 0)
			reader->ended = true;
		else if (errno != EINTR)
			reader->error = errno;
	}
	return true;
}

static const uint8_t *
here(const struct store_reader *reader)
{
	return reader->buffer + reader->begin;
}

uint64_t
store_reader_place(const struct store_reader *reader)
{
	return reader->place + reader->begin;
}

/* ---- opening ---- */

static enum store_result
open_file(struct store_reader *reader, char error[STORE_ERROR_SIZE])
{
	const char *name = reader->file.name;
	struct stat status;

	/* Not to wait for whoever would open the other end of a pipe. */
	reader->descriptor = openat(reader->file.directory, name,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (reader->descriptor < 0 && errno == ENOENT)
		return STORE_NONE;
	if (reader->descriptor < 0 || fstat(reader->descriptor, &status) < 0)
		return store_system_failed(
		    error, name, "cannot be read", errno);
	if (S_ISREG(status.st_mode))
		return STORE_OK;
	snprintf(error, STORE_ERROR_SIZE, "%s: not a regular file", name);
	return STORE_FAILED;
}

static enum store_result
check_header(struct store_reader *reader, enum store_kind kind,
    const char *list, char error[STORE_ERROR_SIZE])
{
	const struct store_header *header = &reader->header;
	const char *name = reader->file.name;

	if (!need(reader, HEADER_SIZE) && reader->error != 0)
		return store_system_failed(
		    error, name, "cannot be read", reader->error);
	if (!need(reader, HEADER_SIZE) ||
	    !store_header_read(here(reader), &reader->header, &reader->seal))
		return store_reader_damaged(reader, 0, error);
	if (header->version > STORE_VERSION) {
		reader->newer = true;
		snprintf(error, STORE_ERROR_SIZE,
		    "%s: of version %u, made by a newer truesrc; left as it is",
		    name, header->version);
		return STORE_BROKEN;
	}
	if (header->version != STORE_VERSION || header->kind != kind ||
	    strcmp(header->name, list) != 0) {
		snprintf(error, STORE_ERROR_SIZE,
		    "%s: the file of another list or purpose", name);
		return STORE_BROKEN;
	}
	reader->begin += HEADER_SIZE;
	return STORE_OK;
}

enum store_result
store_reader_open(struct store_reader *reader, const struct store_file *file,
    enum store_kind kind, const char *list, char error[STORE_ERROR_SIZE])
{
	enum store_result result;

	reader->file = *file;
	reader->newer = reader->ended = false;
	reader->error = 0;
	reader->place = 0;
	reader->begin = reader->end = 0;
	reader->max = kind == STORE_JOURNAL ? JOURNAL_PAYLOAD_MAX : FRAME_MAX;
	result = open_file(reader, error);
	if (result == STORE_OK)
		result = check_header(reader, kind, list, error);
	if (result != STORE_OK)
		store_reader_close(reader);
	return result;
}

void
store_reader_close(struct store_reader *reader)
{
	if (reader->descriptor >= 0)
		close(reader->descriptor);
	reader->descriptor = -1;
}

/* ---- frames ---- */

/* Is there a frame? 0, or the length of its payload. */
static size_t
frame_here(struct store_reader *reader)
{
	uint64_t length;

	if (!need(reader, FRAME_HEAD))
		return 0;
	length = store_number(here(reader), 4);
	if (length == 0 || length > reader->max ||
	    !need(reader, FRAME_HEAD + length))
		return 0;
	if (store_number(here(reader) + 4, 8) !=
	    store_frame_sum(reader->seal, store_reader_place(reader),
		here(reader) + FRAME_HEAD, length))
		return 0;
	return length;
}

enum store_reading
store_reader_next(struct store_reader *reader, struct store_cursor *payload)
{
	size_t length;

	if (!need(reader, 1) && reader->error == 0)
		return READING_END;
	length = frame_here(reader);
	if (reader->error != 0)
		return READING_FAILED;
	if (length == 0)
		return READING_BAD;
	*payload =
	    (struct store_cursor){here(reader) + FRAME_HEAD, length, false};
	reader->begin += FRAME_HEAD + length;
	return READING_FRAME;
}

bool
store_reader_finds_more(struct store_reader *reader)
{
	while (need(reader, FRAME_HEAD + 1)) {
		reader->begin++;
		if (frame_here(reader) > 0)
			return true;
	}
	return false;
}

enum store_result
store_reader_damaged(const struct store_reader *reader, uint64_t place,
    char error[STORE_ERROR_SIZE])
{
	snprintf(error, STORE_ERROR_SIZE, "%s: damaged at byte %llu",
	    reader->file.name, (unsigned long long)place);
	return STORE_BROKEN;
}

bool
store_reader_torn(struct store_reader *reader)
{
	uint64_t length;

	if (!need(reader, FRAME_HEAD))
		return reader->error == 0;
	length = store_number(here(reader), 4);
	return length > 0 && length <= reader->max &&
	       !need(reader, FRAME_HEAD + length) && reader->error == 0;
}

/* ---- whole files ---- */

enum store_part
store_take_end(struct store_cursor *payload, uint64_t records)
{
	uint64_t count = store_get(payload, 8);

	return !payload->bad && payload->left == 0 && count == records
		   ? PART_LAST
		   : PART_BAD;
}

enum store_result
store_reader_take_all(struct store_reader *reader, store_take_f *take,
    void *data, char error[STORE_ERROR_SIZE])
{
	enum store_part part = PART_TAKEN;
	uint64_t records = 0;

	for (;;) {
		uint64_t place = store_reader_place(reader);
		struct store_cursor payload;
		enum store_reading reading =
		    store_reader_next(reader, &payload);

		if (reading == READING_FAILED)
			return store_system_failed(error, reader->file.name,
			    "cannot be read", reader->error);
		if (reading == READING_END && part == PART_LAST)
			return STORE_OK;
		if (reading == READING_FRAME && part == PART_TAKEN)
			part = take(data, &payload, &records);
		else
			part = PART_BAD;
		if (part == PART_BAD)
			return store_reader_damaged(reader, place, error);
		if (part == PART_STARVED)
			return store_system_failed(
			    error, reader->file.name, "cannot be read", ENOMEM);
	}
}
