/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/store/private.h"

/* What is loaded from where to where. */
struct load {
	struct store *store;
	struct store_list *list;
	struct dynamic *dynamic;
	int64_t now_wall;
	uint64_t now;
	struct store_reader *reader;
	bool newer;
	char *error;
};

/* Where a journal goes on. */
struct tail {
	uint64_t generation;
	uint64_t place;
	uint64_t seal;
	bool torn; /* there is more, which was not written in full */
};

/* ---- records ---- */

static enum store_part
take_entry(struct load *load, struct store_cursor *payload)
{
	struct dynamic_entry entry;

	if (!store_entry_read(payload, load->now_wall, load->now, &entry))
		return PART_BAD;
	/* What has ended takes the place of what it renewed all the same. */
	if (entry.ends == 0)
		dynamic_remove(load->dynamic, &entry.prefix);
	else if (dynamic_add(load->dynamic, &entry) == DYNAMIC_STARVED)
		return PART_STARVED;
	return PART_TAKEN;
}

static enum store_part
take_entries(struct load *load, struct store_cursor *payload, uint64_t *records)
{
	enum store_part part = PART_TAKEN;

	while (payload->left > 0 && part == PART_TAKEN) {
		part = take_entry(load, payload);
		++*records;
	}
	return part;
}

static enum store_part
take_removal(struct load *load, struct store_cursor *payload)
{
	struct prefix prefix;

	if (!store_prefix_read(payload, &prefix) || payload->left > 0)
		return PART_BAD;
	dynamic_remove(load->dynamic, &prefix);
	return PART_TAKEN;
}

static enum store_part
take_snapshot_frame(void *data, struct store_cursor *payload, uint64_t *records)
{
	uint64_t kind = store_get(payload, 1);

	if (kind == FRAME_END)
		return store_take_end(payload, *records);
	return kind == FRAME_ADD ? take_entries(data, payload, records)
				 : PART_BAD;
}

static enum store_part
take_journal_frame(struct load *load, struct store_cursor *payload)
{
	uint64_t records = 0;

	switch (store_get(payload, 1)) {
	case FRAME_ADD:
		return take_entries(load, payload, &records);
	case FRAME_REMOVE:
		return take_removal(load, payload);
	case FRAME_CLEAR:
		dynamic_clear(load->dynamic);
		return payload->left == 0 ? PART_TAKEN : PART_BAD;
	default:
		return PART_BAD;
	}
}

/* ---- the snapshot ---- */

static enum store_result
load_snapshot(struct load *load)
{
	struct store_list *list = load->list;
	struct store_reader *reader = load->reader;
	struct store_file file;
	enum store_result result;

	if (!store_file_of(
		load->store, list->name, ".entries", &file, load->error))
		return STORE_FAILED;
	result = store_reader_open(
	    reader, &file, STORE_ENTRIES, list->name, load->error);
	load->newer = result == STORE_BROKEN && reader->newer;
	if (result != STORE_OK)
		return result;
	result = store_reader_take_all(
	    reader, take_snapshot_frame, load, load->error);
	list->snapshot = reader->header.generation;
	list->snapshot_size = store_reader_place(reader);
	store_reader_close(reader);
	return result;
}

/* All three files, so that what belongs together stays together. */
static bool
all_aside(const struct load *load)
{
	struct store_file journal0 =
	    store_journal_file(load->store, load->list, 0);
	struct store_file journal1 =
	    store_journal_file(load->store, load->list, 1);
	struct store_file snapshot = journal0;

	snprintf(snapshot.name, sizeof(snapshot.name), "%.63s.entries",
	    load->list->name);
	return store_file_aside(&journal0) && store_file_aside(&journal1) &&
	       store_file_aside(&snapshot);
}

/* Nothing of it counts. */
static enum store_result
give_up(struct load *load, enum store_result result)
{
	struct store_list *list = load->list;

	dynamic_clear(load->dynamic);
	list->snapshot = list->journal = list->highest = 0;
	list->snapshot_size = 0;
	if (result != STORE_BROKEN || load->newer)
		return result;
	list->loaded = all_aside(load);
	store_say_more(load->error, "; %s %.63s.*.bad",
	    list->loaded ? "kept as" : "cannot become", list->name);
	return result;
}

/* ---- journals ---- */

/* Gives STORE_FAILED or STORE_BROKEN, or else the tail. */
static enum store_result
replay(struct load *load, struct tail *tail)
{
	struct store_reader *reader = load->reader;

	*tail = (struct tail){
	    .generation = reader->header.generation, .seal = reader->seal};
	for (;;) {
		enum store_part part = PART_BAD;
		struct store_cursor payload;
		enum store_reading reading;

		tail->place = store_reader_place(reader);
		reading = store_reader_next(reader, &payload);
		if (reading == READING_END)
			return STORE_OK;
		if (reading == READING_FRAME)
			part = take_journal_frame(load, &payload);
		else if (reading == READING_BAD)
			tail->torn = store_reader_torn(reader) &&
				     !store_reader_finds_more(reader);
		if (reader->error != 0 || part == PART_STARVED)
			return store_system_failed(load->error,
			    reader->file.name, "cannot be read",
			    reader->error ? reader->error : ENOMEM);
		if (tail->torn)
			return STORE_OK;
		if (part == PART_BAD)
			return store_reader_damaged(
			    reader, tail->place, load->error);
	}
}

/* Opens the journal of that generation; STORE_NONE: there is none. */
static enum store_result
open_journal(struct load *load, uint64_t generation)
{
	struct store_list *list = load->list;
	struct store_reader *reader = load->reader;
	struct store_file file =
	    store_journal_file(load->store, list, generation);
	enum store_result result = store_reader_open(
	    reader, &file, STORE_JOURNAL, list->name, load->error);

	load->newer = result == STORE_BROKEN && reader->newer;
	list->damaged[generation & 1] = result == STORE_BROKEN && !load->newer;
	if (result != STORE_OK || reader->header.generation == generation)
		return result;
	store_reader_close(reader);
	if (reader->header.generation < generation)
		return STORE_NONE;
	if (reader->header.generation > list->highest)
		list->highest = reader->header.generation;
	list->damaged[generation & 1] = true;
	snprintf(load->error, STORE_ERROR_SIZE,
	    "%s: what comes before it is missing", file.name);
	return STORE_BROKEN;
}

static enum store_result
load_journal(struct load *load, uint64_t generation, struct tail *tail)
{
	enum store_result result = open_journal(load, generation);

	if (result != STORE_OK)
		return result;
	result = replay(load, tail);
	if (result == STORE_BROKEN)
		load->list->damaged[generation & 1] = true;
	store_reader_close(load->reader);
	return result;
}

/* There is a journal behind a journal that is not there in full. */
static enum store_result
missing_before(struct load *load, const struct tail *tail)
{
	struct store_list *list = load->list;
	struct store_file file =
	    store_journal_file(load->store, list, list->snapshot);

	store_reader_close(load->reader);
	list->damaged[0] = list->damaged[1] = true;
	if (tail->torn)
		snprintf(load->error, STORE_ERROR_SIZE,
		    "%s: damaged at byte %llu", file.name,
		    (unsigned long long)tail->place);
	else
		snprintf(
		    load->error, STORE_ERROR_SIZE, "%s: missing", file.name);
	return STORE_BROKEN;
}

/* The end that was not written in full is cut. */
static void
go_on(struct load *load, const struct tail *tail)
{
	struct store_list *list = load->list;
	struct store_file file =
	    store_journal_file(load->store, list, tail->generation);
	int descriptor = openat(
	    file.directory, file.name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	if (descriptor >= 0 && ftruncate(descriptor, (off_t)tail->place) < 0) {
		close(descriptor);
		descriptor = -1;
	}
	list->descriptor = descriptor;
	list->journal = tail->generation;
	list->seal = tail->seal;
	list->size = tail->place;
	/* All of it was read; but where changes could go is not to be had. */
	list->lost = descriptor < 0;
}

/* STORE_NONE: there is none. Otherwise all but STORE_OK has an error. */
static enum store_result
load_journals(struct load *load)
{
	struct store_list *list = load->list;
	struct tail tail = {.torn = false};
	struct tail next;
	enum store_result first = load_journal(load, list->snapshot, &tail);
	enum store_result second;

	/* What is behind the damage does not count, but is not thrown away. */
	if (first == STORE_BROKEN && !load->newer)
		list->damaged[0] = list->damaged[1] = true;
	if (first != STORE_OK && first != STORE_NONE)
		return first;
	second = open_journal(load, list->snapshot + 1);
	if (second == STORE_OK && (first == STORE_NONE || tail.torn))
		return missing_before(load, &tail);
	if (second == STORE_OK) {
		second = replay(load, &next);
		store_reader_close(load->reader);
		list->damaged[next.generation & 1] = second == STORE_BROKEN;
	}
	if (second == STORE_NONE) {
		if (first == STORE_OK)
			go_on(load, &tail);
		return first;
	}
	if (second == STORE_OK) {
		list->past = tail.place;
		go_on(load, &next);
	}
	return second;
}

/* ---- all of it ---- */

/* What could be read counts; it is saved anew, and the rest kept aside. */
static enum store_result
rescue(struct load *load)
{
	struct store_list *list = load->list;
	char failure[STORE_ERROR_SIZE];

	list->lost = true;
	if (store_save_dynamic(load->store, list->name, load->dynamic,
		load->now_wall, load->now, failure) == STORE_OK)
		store_say_more(load->error,
		    "; what stands before counts, kept as %.63s.*.bad",
		    list->name);
	else
		store_say_more(
		    load->error, "; what stands before counts; %s", failure);
	return STORE_BROKEN;
}

static enum store_result
load_all(struct load *load)
{
	struct store_list *list = load->list;
	enum store_result snapshot = load_snapshot(load);
	enum store_result journals;

	if (snapshot != STORE_OK && snapshot != STORE_NONE)
		return give_up(load, snapshot);
	list->journal = list->snapshot;
	list->highest = list->snapshot + 1;
	journals = load_journals(load);
	if (journals == STORE_FAILED || load->newer)
		return give_up(load, journals);
	list->loaded = true;
	if (journals == STORE_BROKEN)
		return rescue(load);
	load->error[0] = '\0';
	return snapshot == STORE_OK ? STORE_OK : journals;
}

enum store_result
store_load_dynamic(struct store *store, const char *name,
    struct dynamic *dynamic, int64_t now_wall, uint64_t now,
    char error[STORE_ERROR_SIZE])
{
	struct load load = {
	    store, NULL, dynamic, now_wall, now, NULL, false, error};
	struct store_file file;
	enum store_result result;

	error[0] = '\0';
	if (!store_file_of(store, name, ".entries", &file, error))
		return STORE_FAILED;
	load.list = store_list_make(store, name, error);
	if (!load.list)
		return STORE_FAILED;
	store_list_reset(load.list);
	load.reader = malloc(sizeof(*load.reader));
	if (!load.reader)
		return store_system_failed(
		    error, name, "cannot be read", ENOMEM);
	result = load_all(&load);
	free(load.reader);
	return result;
}
