/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/store/private.h"

/* Fewer bytes of journal are not worth a snapshot. */
enum { JOURNAL_SMALL = 1024 * 1024 };

struct store_file
store_journal_file(
    const struct store *store, const struct store_list *list, uint64_t slot)
{
	struct store_file file = {.directory = store->directory};

	snprintf(file.name, sizeof(file.name), "%.63s.journal%u", list->name,
	    (unsigned)(slot & 1));
	return file;
}

void
store_journal_close(struct store_list *list)
{
	if (list->descriptor >= 0)
		close(list->descriptor);
	list->descriptor = -1;
	list->unsynced = false;
}

enum store_result
store_journal_make(struct store *store, struct store_list *list,
    uint64_t generation, int64_t now_wall, char error[STORE_ERROR_SIZE])
{
	struct store_file file = store_journal_file(store, list, generation);
	struct store_header header = {.version = STORE_VERSION,
	    .kind = STORE_JOURNAL,
	    .time = now_wall,
	    .generation = generation};
	struct store_writer *writer;
	enum store_result result;

	memcpy(header.name, list->name, sizeof(header.name));
	writer = store_writer_new(&file, store_temporary(store), &header);
	if (!writer)
		return store_system_failed(
		    error, file.name, "cannot be written", ENOMEM);
	result = store_writer_commit(writer, error);
	if (result == STORE_OK) {
		store_journal_close(list);
		list->descriptor = writer->descriptor;
		writer->descriptor = -1;
		list->seal = writer->seal;
		list->size = writer->place;
		list->journal = generation;
		if (generation > list->highest)
			list->highest = generation;
	}
	store_writer_free(writer);
	return result;
}

/* Written in full at its place, or as if it had not been. */
static int
write_at(int descriptor, const uint8_t *bytes, size_t size, uint64_t place)
{
	size_t done = 0;

	while (done < size) {
		ssize_t written = pwrite(descriptor, bytes + done, size - done,
		    (off_t)(place + done));

		if (written > 0)
			done += (size_t)written;
		else if (written == 0)
			return ENOSPC;
		else if (errno != EINTR)
			return errno;
	}
	return 0;
}

/* The list, if it can be logged to now. */
static struct store_list *
ready(struct store *store, const char *name, char error[STORE_ERROR_SIZE])
{
	struct store_list *list = store_list_find(store, name);

	error[0] = '\0';
	if (list && list->loaded && !list->lost)
		return list;
	if (list)
		list->behind = true;
	snprintf(error, STORE_ERROR_SIZE, "%.63s: %s", name,
	    list && list->loaded
		? "nothing is kept of changes until all of it is saved"
		: "what is kept could not be read and is left as it is");
	return NULL;
}

static enum store_result
append(struct store *store, struct store_list *list, uint8_t *frame,
    size_t length, char error[STORE_ERROR_SIZE])
{
	struct store_file file = store_journal_file(store, list, list->journal);
	int number;

	if (list->descriptor < 0 && store_journal_make(store, list,
					list->journal, 0, error) != STORE_OK)
		return STORE_FAILED;
	store_frame_seal(list->seal, list->size, frame, length);
	number =
	    write_at(list->descriptor, frame, FRAME_HEAD + length, list->size);
	if (number != 0) {
		list->behind = true;
		/* What is left of it would be taken for damage. */
		if (ftruncate(list->descriptor, (off_t)list->size) < 0)
			list->lost = true;
		return store_system_failed(
		    error, file.name, "cannot be written", number);
	}
	list->size += FRAME_HEAD + length;
	list->unsynced = true;
	return STORE_OK;
}

enum store_result
store_log_add(struct store *store, const char *name,
    const struct dynamic_entry *entry, int64_t now_wall, uint64_t now,
    char error[STORE_ERROR_SIZE])
{
	struct store_list *list = ready(store, name, error);
	uint8_t frame[FRAME_HEAD + JOURNAL_PAYLOAD_MAX];
	size_t length;

	if (!list)
		return STORE_FAILED;
	frame[FRAME_HEAD] = FRAME_ADD;
	length =
	    1 + store_entry_write(entry, now_wall, now, frame + FRAME_HEAD + 1);
	return append(store, list, frame, length, error);
}

enum store_result
store_log_remove(struct store *store, const char *name,
    const struct prefix *prefix, char error[STORE_ERROR_SIZE])
{
	struct store_list *list = ready(store, name, error);
	uint8_t frame[FRAME_HEAD + 1 + PREFIX_RECORD_MAX];

	if (!list)
		return STORE_FAILED;
	frame[FRAME_HEAD] = FRAME_REMOVE;
	return append(store, list, frame,
	    1 + store_prefix_write(prefix, frame + FRAME_HEAD + 1), error);
}

enum store_result
store_log_clear(
    struct store *store, const char *name, char error[STORE_ERROR_SIZE])
{
	struct store_list *list = ready(store, name, error);
	uint8_t frame[FRAME_HEAD + 1];

	if (!list)
		return STORE_FAILED;
	frame[FRAME_HEAD] = FRAME_CLEAR;
	return append(store, list, frame, 1, error);
}

enum store_result
store_journal_sync(struct store_list *list, char error[STORE_ERROR_SIZE])
{
	int number;

	if (!list->unsynced || list->descriptor < 0)
		return STORE_OK;
	list->unsynced = false;
	if (fdatasync(list->descriptor) == 0)
		return STORE_OK;
	/* What was written may be gone, and a second try would not tell. */
	number = errno;
	list->lost = true;
	return store_system_failed(
	    error, list->name, "the journal cannot be synced", number);
}

enum store_result
store_sync(struct store *store, char error[STORE_ERROR_SIZE])
{
	enum store_result result = STORE_OK;

	error[0] = '\0';
	for (size_t i = 0; i < store->count; i++)
		if (store_journal_sync(store->lists[i], error) != STORE_OK)
			result = STORE_FAILED;
	return result;
}

bool
store_wants_snapshot(const struct store *store, const char *name)
{
	const struct store_list *list = store_list_find(store, name);
	uint64_t enough;

	if (!list || !list->loaded || list->saving)
		return false;
	enough = list->snapshot_size > JOURNAL_SMALL ? list->snapshot_size
						     : JOURNAL_SMALL;
	return list->lost || list->behind || list->past + list->size > enough;
}
