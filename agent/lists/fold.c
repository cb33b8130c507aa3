/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/thread.h"

#include <stdlib.h>

/*
 * A journal that has grown long is folded into a snapshot: written step by step
 * while the list changes, waited for by a job.
 */

enum { ENTRIES_A_STEP = 256 };

struct commit {
	struct job job;
	struct store_saving *saving;
	char *name;
	enum store_result result;
	char error[STORE_ERROR_SIZE];
};

static void
run(struct job *job)
{
	store_saving_commit(((struct commit *)job)->saving);
}

static void
discard(struct job *job)
{
	struct commit *commit = (struct commit *)job;

	if (commit->saving != NULL)
		store_saving_end(commit->saving, commit->error);
	free(commit->name);
	free(commit);
}

static void
on_done(struct lists *lists, struct job *job)
{
	struct commit *commit = (struct commit *)job;
	struct owner *owner = owners_find(lists->owners, commit->name);

	commit->result = store_saving_end(commit->saving, commit->error);
	commit->saving = NULL;
	if (owner != NULL)
		keep_note(lists, owner, commit->result, commit->error);
	lists->committing = false;
	discard(job);
}

void
fold_begin(struct lists *lists)
{
	char error[STORE_ERROR_SIZE];

	if (lists->folding != NULL || lists->committing)
		return;
	for (size_t i = 0; i < lists->owners->count; i++) {
		struct owner *owner = lists->owners->of[i];
		const char *name = owner->settings->name;

		if (owner->dynamic == NULL ||
		    !store_wants_snapshot(lists->store, name))
			continue;
		lists->saving = store_saving_begin(
		    lists->store, name, wall_milliseconds(), error);
		if (lists->saving == NULL) {
			keep_note(lists, owner, STORE_FAILED, error);
			continue;
		}
		lists->folding = owner;
		return;
	}
}

static void
give_up(struct lists *lists)
{
	char error[STORE_ERROR_SIZE];

	store_saving_end(lists->saving, error);
	lists->saving = NULL;
	lists->folding = NULL;
}

static void
commit(struct lists *lists)
{
	struct commit *commit = calloc(1, sizeof(*commit));

	if (commit != NULL)
		commit->name = strdup(lists->folding->settings->name);
	if (commit == NULL || commit->name == NULL) {
		free(commit);
		give_up(lists);
		return;
	}
	commit->job =
	    (struct job){.run = run, .done = on_done, .discard = discard};
	commit->saving = lists->saving;
	lists->saving = NULL;
	lists->folding = NULL;
	lists->committing = true;
	jobs_post(&lists->files, &commit->job);
}

bool
fold_step(struct lists *lists)
{
	if (lists->folding == NULL)
		return false;
	if (!store_saving_step(lists->saving, lists->folding->dynamic,
		ENTRIES_A_STEP, wall_milliseconds(), monotonic_milliseconds()))
		return true;
	commit(lists);
	return false;
}

void
fold_forget(struct lists *lists, struct owner *owner)
{
	if (lists->folding == owner)
		give_up(lists);
}
