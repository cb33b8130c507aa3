/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/store/private.h"

/* How much of a list store_save_dynamic() writes at once. */
enum { STEP_ENTRIES = 65536 };

struct store_saving {
	struct store *store;
	struct store_list *list;
	struct store_writer *writer;
	uint64_t generation;
	int journal;         /* of our own to the one that is logged to */
	bool unsynced;       /* and that could not be synced */
	bool lost;           /* the list was, when it began */
	struct prefix after; /* written up to here */
	bool begun;
	bool written; /* all of it */
	enum store_result result;
	char error[STORE_ERROR_SIZE];
};

/*
 * From now on changes are logged to the journal of the snapshot to come. The
 * one before it is synced, and made if it is not there: a journal is not
 * believed when the one before it is missing or torn.
 */
static enum store_result
turn_journal(struct store *store, struct store_list *list, int64_t now_wall,
    char error[STORE_ERROR_SIZE])
{
	uint64_t size;

	if (list->lost || list->journal > list->snapshot)
		return STORE_OK;
	if (list->descriptor < 0 &&
	    store_journal_make(store, list, list->journal, now_wall, error) !=
		STORE_OK)
		return STORE_FAILED;
	if (store_journal_sync(list, error) != STORE_OK)
		return STORE_FAILED;
	size = list->size;
	if (store_journal_make(
		store, list, list->snapshot + 1, now_wall, error) != STORE_OK)
		return STORE_FAILED;
	list->past = size;
	return STORE_OK;
}

static void
saving_free(struct store_saving *saving)
{
	if (saving->journal >= 0)
		close(saving->journal);
	store_writer_free(saving->writer);
	free(saving);
}

static struct store_saving *
saving_new(struct store *store, struct store_list *list, int64_t now_wall)
{
	struct store_header header = {
	    .version = STORE_VERSION, .kind = STORE_ENTRIES, .time = now_wall};
	struct store_saving *saving = calloc(1, sizeof(*saving));
	char error[STORE_ERROR_SIZE];
	struct store_file file;

	if (!saving)
		return NULL;
	saving->store = store;
	saving->list = list;
	saving->journal = -1;
	saving->lost = list->lost;
	saving->generation = list->lost ? list->highest + 1 : list->journal;
	saving->result = STORE_FAILED;
	snprintf(saving->error, sizeof(saving->error),
	    "%.63s.entries: given up", list->name);
	header.generation = saving->generation;
	memcpy(header.name, list->name, sizeof(header.name));
	if (store_file_of(store, list->name, ".entries", &file, error))
		saving->writer =
		    store_writer_new(&file, store_temporary(store), &header);
	if (!list->lost)
		saving->journal = fcntl(list->descriptor, F_DUPFD_CLOEXEC, 0);
	if (saving->writer && (list->lost || saving->journal >= 0))
		return saving;
	saving_free(saving);
	return NULL;
}

struct store_saving *
store_saving_begin(struct store *store, const char *name, int64_t now_wall,
    char error[STORE_ERROR_SIZE])
{
	struct store_list *list = store_list_find(store, name);
	struct store_saving *saving;

	error[0] = '\0';
	if (!list || !list->loaded || list->saving) {
		snprintf(error, STORE_ERROR_SIZE, "%.63s: %s", name,
		    list && list->saving ? "it is being saved"
					 : "what is kept could not be read and "
					   "is left as it is");
		return NULL;
	}
	if (turn_journal(store, list, now_wall, error) != STORE_OK)
		return NULL;
	saving = saving_new(store, list, now_wall);
	if (!saving) {
		store_system_failed(error, name, "cannot be saved", ENOMEM);
		return NULL;
	}
	list->saving = true;
	/* From here on: what is refused now may not be written any more. */
	list->behind = false;
	return saving;
}

bool
store_saving_step(struct store_saving *saving, const struct dynamic *dynamic,
    size_t entries, int64_t now_wall, uint64_t now)
{
	struct store_writer *writer = saving->writer;
	struct dynamic_entry entry;

	if (saving->written || writer->error != 0)
		return true;
	while (entries-- > 0) {
		uint8_t record[ENTRY_RECORD_MAX];

		if (!dynamic_next(dynamic,
			saving->begun ? &saving->after : NULL, &entry)) {
			store_writer_end(writer);
			saving->written = true;
			return true;
		}
		store_writer_add(writer, FRAME_ADD, record,
		    store_entry_write(&entry, now_wall, now, record));
		saving->after = entry.prefix;
		saving->begun = true;
	}
	return false;
}

/*
 * The journal goes first: the snapshot may have a later change without an
 * earlier one, which stands in the journal alone.
 */
void
store_saving_commit(struct store_saving *saving)
{
	if (!saving->written && saving->writer->error == 0)
		return;
	if (saving->journal >= 0 && fdatasync(saving->journal) < 0) {
		saving->unsynced = true;
		store_system_failed(saving->error, saving->list->name,
		    "the journal cannot be synced", errno);
		return;
	}
	saving->result = store_writer_commit(saving->writer, saving->error);
}

/* The snapshot is in place: what came before it is of no use any more. */
static void
forget_past(struct store *store, struct store_list *list)
{
	struct store_file past =
	    store_journal_file(store, list, list->snapshot + 1);

	for (unsigned slot = 0; slot < 2; slot++) {
		struct store_file file = store_journal_file(store, list, slot);

		if (list->damaged[slot])
			store_file_aside(&file);
		list->damaged[slot] = false;
	}
	unlinkat(past.directory, past.name, 0);
}

enum store_result
store_saving_end(struct store_saving *saving, char error[STORE_ERROR_SIZE])
{
	struct store_list *list = saving->list;
	enum store_result result = saving->result;

	memcpy(error, saving->error, STORE_ERROR_SIZE);
	list->saving = false;
	list->lost |= saving->unsynced;
	list->behind |= result != STORE_OK;
	if (result == STORE_OK) {
		error[0] = '\0';
		list->snapshot = saving->generation;
		list->snapshot_size = saving->writer->place;
		list->past = 0;
		if (saving->lost) {
			store_journal_close(list);
			list->journal = list->highest = saving->generation;
			list->size = 0;
			list->lost = false;
		}
		forget_past(saving->store, list);
	}
	saving_free(saving);
	return result;
}

enum store_result
store_save_dynamic(struct store *store, const char *name,
    const struct dynamic *dynamic, int64_t now_wall, uint64_t now,
    char error[STORE_ERROR_SIZE])
{
	struct store_saving *saving =
	    store_saving_begin(store, name, now_wall, error);

	if (!saving)
		return STORE_FAILED;
	while (!store_saving_step(saving, dynamic, STEP_ENTRIES, now_wall, now))
		;
	store_saving_commit(saving);
	return store_saving_end(saving, error);
}
