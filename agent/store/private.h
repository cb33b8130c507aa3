/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_STORE_PRIVATE_H
#define AGENT_STORE_PRIVATE_H

/* What the parts of the store share. */

#include <stdatomic.h>

#include "agent/store/file.h"

/*
 * Files of a dynamic list: LIST.entries is its snapshot, of generation S (0:
 * there is none). LIST.journal0 and LIST.journal1 are its journals: the one of
 * generation G has what was changed since the content that snapshot G has or
 * will have, and lies in the slot of G's parity.
 *
 * To save: make the journal S + 1 and log there from now on; write snapshot
 * S + 1 beside, in steps, while the list changes; put it in place. What is on
 * disk is the snapshot S, journal S, journal S + 1 (if there is one) at each
 * time, or the snapshot S + 1 and the journal S + 1. The snapshot may or may
 * not have what was changed meanwhile: to add, to remove and to clear gives
 * the same when it is done again. A journal of a generation below S is past.
 *
 * After damage the list is lost: nothing is logged until a snapshot of a
 * generation above all that were seen is in place.
 */
struct store_list {
	char name[STORE_NAME_SIZE];
	uint64_t snapshot; /* its generation */
	uint64_t journal;  /* that of the one we log to */
	uint64_t highest;  /* seen, or that may have been there */
	int descriptor;    /* of the journal, or -1: not made yet */
	uint64_t seal;
	uint64_t size; /* bytes of the journal */
	uint64_t past; /* bytes of the one before, still needed */
	uint64_t snapshot_size;
	bool damaged[2]; /* journals to be kept aside */
	bool unsynced;
	bool loaded; /* else what is on disk must not be touched */
	bool lost;
	bool
	    behind; /* a change was refused: the list may have it all the same */
	bool saving;
};

struct store {
	int directory;
	int lock; /* or -1: the directory itself is locked */
	atomic_uint temporaries;
	struct store_list **lists; /* sorted by name */
	size_t count;
	size_t room;
};

/* False: the name cannot be that of a list, and error says so. */
bool store_file_of(const struct store *store, const char *list,
    const char *suffix, struct store_file *file, char error[STORE_ERROR_SIZE]);

/* The list, which is made if there is none; NULL: error says why. */
struct store_list *store_list_make(
    struct store *store, const char *name, char error[STORE_ERROR_SIZE]);
struct store_list *store_list_find(const struct store *store, const char *name);

/* As if it had just been made; a saving that is under way stays so. */
void store_list_reset(struct store_list *list);

static inline unsigned
store_temporary(struct store *store)
{
	return atomic_fetch_add_explicit(
	    &store->temporaries, 1, memory_order_relaxed);
}

/* ---- journal.c ---- */

struct store_file store_journal_file(
    const struct store *store, const struct store_list *list, uint64_t slot);

/* Makes the journal of that generation, and logs to it from now on. */
enum store_result store_journal_make(struct store *store,
    struct store_list *list, uint64_t generation, int64_t now_wall,
    char error[STORE_ERROR_SIZE]);

enum store_result store_journal_sync(
    struct store_list *list, char error[STORE_ERROR_SIZE]);
void store_journal_close(struct store_list *list);

#endif
