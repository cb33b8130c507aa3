/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_THREAD_H
#define AGENT_LISTS_THREAD_H

/*
 * The lists thread from inside. Private to agent/lists.
 *
 * A change goes first into its owner, then into the tables of the generation
 * that serves, if that can be done in place. While another generation is being
 * built, it is remembered too, and done again in that one before it is
 * published: what a generation was built from may be older than its owners, but
 * never what it serves with. What could not be done in place makes a generation
 * wanted; a build that begins later has it.
 *
 * What takes long is a job's, or is done step by step between other work.
 */

#include "agent/control/clock.h"
#include "agent/ensure.h"
#include "agent/lists/guard.h"
#include "agent/lists/jobs.h"
#include "agent/lists/lists.h"
#include "agent/lists/loading.h"
#include "agent/lists/owner.h"
#include "agent/lists/packer.h"

enum { LETTER_JOB = ORDER_INFO + 1, LETTER_RELOAD, LETTER_LEAVE };

enum {
	HELD_MAX = 4096,    /* prefixes inside another, for a change in place */
	CHANGES_MAX = 4096, /* of a file, to be done in place */
};

/* Letters that wait here, in order. */
struct queue {
	struct letter *first;
	struct letter **last;
};

struct remembered {
	struct owner *owner;
	struct prefix prefix;
	bool in_force; /* in the generation that serves */
};

enum build_stage {
	BUILD_NONE,
	BUILD_PACKING,  /* dynamic lists, for the job */
	BUILD_RUNNING,  /* the job */
	BUILD_CATCHING, /* changes that came meanwhile are done again */
};

struct build_job;

struct build {
	enum build_stage stage;
	unsigned serial; /* of the build that is under way, or was last */
	unsigned served; /* of the one that serves */
	bool wanted;     /* another one: something is not in force */
	bool owed;       /* was wanted when this one began */
	bool spoiled; /* this one lacks what is in force: not to be published */
	bool waits;   /* said already: for older generations to go */
	uint64_t began;
	uint64_t not_before; /* after a failure */
	struct build_job *job;
	struct owners *owners;   /* that it is made from */
	struct loading *loading; /* of a reload; else NULL */
	struct packer packer;
	size_t packing; /* the owner that is packed */
	struct remembered *changes;
	size_t change_count;
	size_t change_room;
	size_t change_done;
};

/* A difference on its way into the tables. */
struct applying {
	struct owner *owner;
	struct prefixes_change *changes;
	size_t count;
	size_t done;
	struct order *order; /* to be answered then; or NULL */
	struct applying *next;
};

struct lists {
	struct lists_settings settings;
	struct logger logger;
	struct ev_loop *loop;
	struct inbox inbox;
	struct letter reload;
	struct letter leave;
	pthread_t thread;
	bool runs;
	atomic_bool ended;
	struct jobs files;
	struct jobs builder;
	struct store *store; /* or NULL */

	/* What cannot change while we run, as it was at the start. */
	unsigned threads;
	struct limits_settings limits;
	char *control_path;
	char *state_directory;

	/* Editions. */
	struct edition *current;
	struct edition *retired; /* the newest first */
	unsigned live;           /* editions, current and retired */
	unsigned number;         /* of the newest generation */
	ev_timer poll;           /* runs while there is something to pass */

	/* Changes. */
	struct owners *owners;
	bool stamped;         /* retired memory has the next epoch */
	uint64_t reclaimed;   /* epoch up to which it was freed */
	uint64_t stamps;      /* the last epoch that was stamped */
	struct queue passing; /* answers, each until its epoch has passed */
	struct queue waiting; /* answers, until the next generation serves */
	struct applying *applying;
	struct build build;
	struct prefix held[HELD_MAX];

	/* Reloads. */
	bool reload_wanted;
	bool reload_waits; /* said already: for older generations to go */
	bool loading;
	struct queue reloaders;     /* orders to be answered by the next one */
	struct queue reload_orders; /* by the one that is under way */

	/* Files. */
	struct watch *watch;
	unsigned reading; /* jobs */
	unsigned again;   /* owners to be followed up */
	bool looking;     /* a job */
	size_t polled;    /* the next owner to be looked at */
	bool blind;       /* not everything could be watched: look more often */
	ev_timer look;

	/* Time. */
	uint64_t next_end; /* of a dynamic entry */
	ev_timer expire;
	ev_timer disk; /* syncs the journal, keeps what has changed */
	bool unsynced;
	bool disk_failed;        /* said already */
	struct owner *exporting; /* a dynamic list that is being packed */
	struct packer packer;
	struct owner *folding; /* a dynamic list that is being saved */
	struct store_saving *saving;
	bool committing; /* a job, one that was saved */

	/* Turns of the loop. */
	ev_prepare settle;
	ev_idle busy; /* active while there are steps to be made */
};

/* ---- queues ---- */

void queue_init(struct queue *queue);
void queue_add(struct queue *queue, struct letter *letter);
struct letter *queue_take(struct queue *queue); /* NULL: empty */

/* Empties other behind what is in the queue. */
void queue_move(struct queue *queue, struct queue *other);

/* ---- publishing (publish.c) ---- */

void publish(struct lists *lists, struct edition *edition);

/* When no reader is left. */
void publish_fini(struct lists *lists);

/* Frees what every reader has let go of, answers what is in force. */
void pass(struct lists *lists);

/* Answers once what serves now is in force in every worker. */
void answer(struct lists *lists, struct order *order);

/* ---- changes in place (apply.c) ---- */

/*
 * The owner has changed inside the prefix: so do the tables. False: it is in
 * force with the next generation only, which is wanted now.
 */
bool apply(
    struct lists *lists, struct owner *owner, const struct prefix *prefix);

/* A file's difference, step by step; takes the changes. order may be NULL. */
void apply_difference(struct lists *lists, struct owner *owner,
    struct prefixes_change *changes, size_t count, struct order *order);

/* Some of it; true: there is more to do. */
bool apply_step(struct lists *lists);

/* The end: nothing of it is needed any more. */
void apply_forget(struct lists *lists);

/* ---- generations (building.c) ---- */

/*
 * The owner holds what only a new generation brings. The order, or NULL, is
 * answered when that serves.
 */
void build_need(struct lists *lists, struct owner *owner, struct order *order);

/*
 * What was not applied is remembered, or a generation wanted: the order is
 * answered when that serves.
 */
void build_await(struct lists *lists, struct owner *owner, struct order *order);

/* Is something of the owner not in force yet? */
bool build_pending(const struct lists *lists, const struct owner *owner);

/* Begins to build when one is wanted and nothing is in the way. */
void build_try(struct lists *lists);

/* One for a reload; takes the loading and its owners. False: no memory. */
bool build_reload(
    struct lists *lists, struct loading *loading, struct owners *owners);

/* Some of what is to be done; true: there is more. */
bool build_step(struct lists *lists);

void build_remember(struct lists *lists, struct owner *owner,
    const struct prefix *prefix, bool in_force);
void build_fini(struct lists *lists);

/* ---- reloads (reload.c) ---- */

/* Begins one when it is wanted and nothing is in the way. */
void reload_try(struct lists *lists);

/*
 * Its edition is there, or could not be made (NULL): publishes it and adopts
 * the owners, or drops them. Takes the loading.
 */
void reload_built(struct lists *lists, struct loading *loading,
    struct owners *owners, struct edition *edition);

/* Fills the owners in from what was loaded, for the start. False: no memory. */
struct owners *owners_from(struct lists *lists, struct loading *loading);

/* The end comes while that was being built. */
void reload_abandon(struct loading *loading, struct owners *owners);

/* Those that are in no configuration yet go with the table. NULL is fine. */
void owners_drop(struct owners *owners);

/* From now on these are the lists. */
void owners_adopt(
    struct lists *lists, struct owners *owners, struct loading *loading);

/* ---- files (files.c) ---- */

/* With other owners: hears their watch. */
void files_begin(struct lists *lists);
/* The owner goes. */
void files_forget(struct lists *lists, struct owner *owner);
void files_touched(void *lists, struct owner *owner, bool done);

/* Reads what was touched while that could not be followed up. */
void files_follow(struct lists *lists);

/* From now on files are looked at more or less often. */
void files_blind(struct lists *lists, bool blind);

/* May a file be read now? */
bool files_free(const struct lists *lists);

/* An order: takes what a guard refused. */
void files_accept(struct lists *lists, struct order *order);

/* ---- dynamic lists (changes.c, expiry.c) ---- */

void order_add(struct lists *lists, struct order *order);
void order_delete(struct lists *lists, struct order *order);
void order_clear(struct lists *lists, struct order *order);

void expiry_begin(struct lists *lists);
void expiry_note(struct lists *lists, uint64_t ends);

/* ---- the disk (keep.c) ---- */

void keep_begin(struct lists *lists);

/* The owner goes. */
void keep_forget(struct lists *lists, struct owner *owner);

/* A list has other content: to be saved and exported. */
void keep_owner(struct lists *lists, struct owner *owner);

/* Some of what is to be exported; true: there is more. */
bool keep_step(struct lists *lists);

/* Saves the next dynamic list whose journal has become long, step by step. */
void fold_begin(struct lists *lists);
bool fold_step(struct lists *lists);
void fold_forget(struct lists *lists, struct owner *owner);

/* What the store answered to a change of the list. */
void keep_note(struct lists *lists, struct owner *owner,
    enum store_result result, const char *error);

/* ---- answers (answers.c) ---- */

void order_lists(struct lists *lists, struct order *order);
void order_entries(struct lists *lists, struct order *order);
void order_test(struct lists *lists, struct order *order);
void order_info(struct lists *lists, struct order *order);

/* ---- what the log hears (news.c) ---- */

void news_report(const struct lists *lists, const struct report *report);

struct news {
	const struct owner *owner;
	const char *result; /* "ok", "refused", "stale" */
	const char *reason; /* or NULL */
	uint64_t before;
	uint64_t after;
	uint64_t difference;       /* prefixes added and removed */
	const struct order *order; /* who and why; or NULL */
};

void news_list(const struct lists *lists, const struct news *news);
void news_restart(const struct lists *lists, const struct edition *edition);

#endif
