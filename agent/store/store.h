/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_STORE_STORE_H
#define AGENT_STORE_STORE_H

/*
 * The state directory: the last content of each list that was accepted, and
 * the entries of dynamic lists. Whenever the process or the machine dies, the
 * next start finds the old or the new, never anything else.
 *
 * A snapshot is versioned and checksummed, written beside, synced and renamed.
 * A dynamic list has a journal beside its snapshot: changes are appended, and
 * folded into a new snapshot when the journal has grown larger than that.
 * Owned by the lists thread, but for store_save_content().
 */

#include "agent/dynamic/dynamic.h"

struct store;

enum { STORE_ERROR_SIZE = 256 };

/*
 * Opens the directory, makes it if it is missing (mode 0700), and takes its
 * lock: two agents do not share one. NULL: error says why.
 */
struct store *store_open(const char *path, char error[STORE_ERROR_SIZE]);
void store_close(struct store *store);

enum store_result {
	STORE_OK,
	STORE_NONE,   /* nothing is kept under that name */
	STORE_BROKEN, /* damaged: error says where; kept aside under NAME.bad */
	STORE_FAILED, /* the system refused; error says why */
};

/* ---- last known good content of files and presets ---- */

struct store_content {
	struct prefixes *prefixes;
	int64_t taken; /* wall clock, milliseconds: when it was accepted */
};

/* Any thread: the job that read the list saves it too. */
enum store_result store_save_content(struct store *store, const char *list,
    const struct store_content *content, char error[STORE_ERROR_SIZE]);
enum store_result store_load_content(struct store *store, const char *list,
    struct store_content *content, char error[STORE_ERROR_SIZE]);

/* ---- dynamic lists ---- */

/*
 * Has to be called, and not to fail, before anything else is done with a
 * dynamic list of that name; again, when the list comes back after a reload.
 *
 * Fills an empty dynamic list from snapshot and journal. Entries that ended
 * meanwhile are left out; whatever the wall clock did, none lives longer than
 * it was given. now_wall and now are both clocks' now, in milliseconds. A torn
 * end of the journal is what a crash leaves: what stands before it counts.
 * STORE_BROKEN: of a damaged journal, what stands before the damage is in the
 * list, of a damaged snapshot nothing; the list goes on being kept. A file of
 * a newer version stays as it is, and nothing is logged until it is gone.
 */
enum store_result store_load_dynamic(struct store *store, const char *list,
    struct dynamic *dynamic, int64_t now_wall, uint64_t now,
    char error[STORE_ERROR_SIZE]);

/*
 * Appends a change before it is answered: it survives the end of the process
 * at once, that of the machine after the next store_sync().
 */
enum store_result store_log_add(struct store *store, const char *list,
    const struct dynamic_entry *entry, int64_t now_wall, uint64_t now,
    char error[STORE_ERROR_SIZE]);
enum store_result store_log_remove(struct store *store, const char *list,
    const struct prefix *prefix, char error[STORE_ERROR_SIZE]);
enum store_result store_log_clear(
    struct store *store, const char *list, char error[STORE_ERROR_SIZE]);

/* Once a second, when something was appended. */
enum store_result store_sync(struct store *store, char error[STORE_ERROR_SIZE]);

/*
 * Is the journal of the list long enough to be folded into a snapshot, or was
 * a change not logged, which a snapshot makes up for? After one that failed
 * this stays true: not to be tried again at once.
 */
bool store_wants_snapshot(const struct store *store, const char *list);

/* All at once: of a large list it takes its time. */
enum store_result store_save_dynamic(struct store *store, const char *list,
    const struct dynamic *dynamic, int64_t now_wall, uint64_t now,
    char error[STORE_ERROR_SIZE]);

/*
 * The same in steps, so that nobody waits: between them the list may change,
 * and changes are logged as ever. NULL: error says why.
 */
struct store_saving;
struct store_saving *store_saving_begin(struct store *store, const char *list,
    int64_t now_wall, char error[STORE_ERROR_SIZE]);

/* Writes so many entries more; true when that was all, or it cannot be. */
bool store_saving_step(struct store_saving *saving,
    const struct dynamic *dynamic, size_t entries, int64_t now_wall,
    uint64_t now);

/* Any thread: waits for the disk. */
void store_saving_commit(struct store_saving *saving);

/* Frees it. What was not committed is given up. */
enum store_result store_saving_end(
    struct store_saving *saving, char error[STORE_ERROR_SIZE]);

#endif
