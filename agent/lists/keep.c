/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/export.h"
#include "agent/lists/thread.h"

#include <stdlib.h>

/*
 * What is kept outside: good content in the state directory, exported files,
 * and in fold.c the entries of dynamic lists. Whatever the disk does, the lists go on from
 * memory; the log and the list's state tell.
 */

static const double disk_interval = 1.0;

enum { ENTRIES_A_STEP = 512 };

struct keep_job {
	struct job job;
	struct store *store; /* NULL: not to be saved */
	char *name;
	char *path; /* NULL: not to be exported */
	struct prefixes *content;
	struct prefixes_builder builder; /* or this, of a dynamic list */
	int64_t taken;
	bool failed;
	char error[STORE_ERROR_SIZE];
};

/* ---- the job ---- */

static void
run(struct job *job)
{
	struct keep_job *keep = (struct keep_job *)job;
	char error[EXPORT_ERROR_SIZE];

	if (keep->content == NULL)
		keep->content = prefixes_finish(&keep->builder);
	if (keep->content == NULL) {
		keep->failed = true;
		snprintf(keep->error, sizeof(keep->error), "out of memory");
		return;
	}
	const struct store_content content = {keep->content, keep->taken};

	if (keep->store != NULL)
		keep->failed = store_save_content(keep->store, keep->name,
				   &content, keep->error) != STORE_OK;
	if (keep->path == NULL ||
	    export_write(keep->path, keep->content, error))
		return;
	keep->failed = true;
	snprintf(keep->error, sizeof(keep->error), "%s", error);
}

static void
discard(struct job *job)
{
	struct keep_job *keep = (struct keep_job *)job;

	prefixes_unref(keep->content);
	prefixes_abandon(&keep->builder);
	free(keep->name);
	free(keep->path);
	free(keep);
}

static void post(
    struct lists *lists, struct owner *owner, struct prefixes_builder *builder);

static void
note(struct lists *lists, struct owner *owner, const char *error)
{
	bool news = error != NULL && (owner->disk_error == NULL ||
					 strcmp(owner->disk_error, error) != 0);

	if (news)
		log_event(&lists->logger, LOG_ERROR_, "state",
		    log_text("list", owner->settings->name),
		    log_text("reason", error));
	else if (error == NULL && owner->disk_error != NULL)
		log_event(&lists->logger, LOG_NOTICE_, "state",
		    log_text("list", owner->settings->name),
		    log_text("result", "ok"));
	free(owner->disk_error);
	owner->disk_error = error != NULL ? strdup(error) : NULL;
}

static void
on_done(struct lists *lists, struct job *job)
{
	struct keep_job *keep = (struct keep_job *)job;
	struct owner *owner = owners_find(lists->owners, keep->name);

	if (owner != NULL) {
		owner->keeping = false;
		note(lists, owner, keep->failed ? keep->error : NULL);
		if (owner->keep_again && owner->content != NULL)
			post(lists, owner, NULL);
	}
	discard(job);
}

static struct keep_job *
job_new(const struct lists *lists, const struct owner *owner)
{
	struct keep_job *keep = calloc(1, sizeof(*keep));
	const char *path = owner->settings->export_;

	if (keep == NULL)
		return NULL;
	keep->job =
	    (struct job){.run = run, .done = on_done, .discard = discard};
	if (owner->settings->source == LIST_FILE ||
	    owner->settings->source == LIST_PRESET)
		keep->store = lists->store;
	keep->name = strdup(owner->settings->name);
	keep->path = path != NULL ? strdup(path) : NULL;
	keep->taken = owner->taken;
	if (keep->name != NULL && (path == NULL) == (keep->path == NULL))
		return keep;
	discard(&keep->job);
	return NULL;
}

/* Of a dynamic list the builder is taken. */
static void
post(struct lists *lists, struct owner *owner, struct prefixes_builder *builder)
{
	struct keep_job *keep = job_new(lists, owner);

	owner->keep_again = keep == NULL;
	if (keep == NULL) {
		note(lists, owner, "out of memory");
		if (builder != NULL)
			prefixes_abandon(builder);
		return;
	}
	if (builder != NULL) {
		keep->builder = *builder;
		*builder = (struct prefixes_builder){0};
	} else {
		keep->content = prefixes_ref(owner->content);
	}
	owner->keeping = true;
	jobs_post(&lists->files, &keep->job);
}

/* ---- from the lists thread ---- */

void
keep_owner(struct lists *lists, struct owner *owner)
{
	bool saved =
	    lists->store != NULL && (owner->settings->source == LIST_FILE ||
					owner->settings->source == LIST_PRESET);

	if (!saved && owner->settings->export_ == NULL)
		return;
	owner->keep_again = owner->keeping;
	if (!owner->keeping)
		post(lists, owner, NULL);
}

void
keep_note(struct lists *lists, struct owner *owner, enum store_result result,
    const char *error)
{
	bool failed = result != STORE_OK;

	lists->unsynced = true;
	if (failed || owner->disk_error != NULL)
		note(lists, owner, failed ? error : NULL);
}

void
keep_forget(struct lists *lists, struct owner *owner)
{
	fold_forget(lists, owner);
	if (lists->exporting != owner)
		return;
	lists->exporting = NULL;
	prefixes_abandon(&lists->packer.builder);
	lists->packer = (struct packer){0};
}

/* ---- exports of dynamic lists ---- */

/* Begins with the next one that has changed. */
static void
begin_export(struct lists *lists)
{
	for (size_t i = 0; i < lists->owners->count; i++) {
		struct owner *owner = lists->owners->of[i];

		if (owner->dynamic == NULL || !owner->changed ||
		    owner->keeping || owner->settings->export_ == NULL)
			continue;
		owner->changed = false;
		lists->exporting = owner;
		lists->packer = (struct packer){0};
		return;
	}
}

bool
keep_step(struct lists *lists)
{
	struct owner *owner = lists->exporting;

	if (owner == NULL)
		return false;
	if (!packer_step(&lists->packer, owner->dynamic, ENTRIES_A_STEP))
		return true;
	post(lists, owner, &lists->packer.builder);
	lists->exporting = NULL;
	return false;
}

/* ---- once a second ---- */

static void
sync_store(struct lists *lists)
{
	char error[STORE_ERROR_SIZE];
	bool failed = store_sync(lists->store, error) != STORE_OK;

	lists->unsynced = failed;
	if (failed && !lists->disk_failed)
		log_event(&lists->logger, LOG_ERROR_, "state",
		    log_text("reason", error));
	lists->disk_failed = failed;
	fold_begin(lists);
}

static void
on_disk(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct lists *lists = timer->data;

	(void)loop;
	(void)events;
	if (lists->store != NULL && lists->unsynced)
		sync_store(lists);
	if (lists->exporting == NULL)
		begin_export(lists);
}

void
keep_begin(struct lists *lists)
{
	ev_timer_init(&lists->disk, on_disk, disk_interval, disk_interval);
	lists->disk.data = lists;
	ev_timer_start(lists->loop, &lists->disk);
}
