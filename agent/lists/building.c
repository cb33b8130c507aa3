/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/seed.h"
#include "agent/lists/building.h"

#include <stdlib.h>

/*
 * The stages of a build: what dynamic lists hold is packed, step by step; a job
 * makes the generation; what changed since the packing began is done again in
 * it; it is published.
 */

enum {
	LISTS_A_STEP = 256,
	ENTRIES_A_STEP = 512,
	CATCHES_A_STEP = 64,
	RETRY_PAUSE = 1000, /* milliseconds, when memory ran out */
};

/* ---- the job ---- */

static void
run(struct job *job)
{
	struct build_job *build = (struct build_job *)job;
	struct generation *generation = NULL;
	bool whole = true;

	for (size_t i = 0; i < build->pack_count; i++) {
		struct pack *pack = &build->packs[i];
		struct prefixes *packed = prefixes_finish(&pack->builder);

		build->contents.of[pack->index] = packed;
		whole = whole && packed != NULL;
	}
	if (whole)
		generation = generation_build(build->settings, &build->contents,
		    build->number, build->seed);
	contents_fini(&build->contents);
	build->contents = (struct contents){0};
	if (generation == NULL)
		return;
	build->edition = edition_new(&generation, build->lists.workers,
	    build->lists.payload_max, build->lists.running);
	generation_free(generation);
}

static void
discard(struct job *job)
{
	struct build_job *build = (struct build_job *)job;

	for (size_t i = 0; i < build->pack_count; i++)
		prefixes_abandon(&build->packs[i].builder);
	free(build->packs);
	contents_fini(&build->contents);
	settings_unref(build->settings);
	edition_free(build->edition);
	free(build);
}

static void
on_done(struct lists *lists, struct job *job)
{
	(void)job;
	lists->build.stage = BUILD_CATCHING;
}

static struct build_job *
job_new(const struct lists *lists, const struct owners *owners, unsigned number)
{
	struct build_job *build = calloc(1, sizeof(*build));
	size_t dynamic = 0;

	if (build == NULL)
		return NULL;
	for (size_t i = 0; i < owners->count; i++)
		dynamic += owners->of[i]->dynamic != NULL;
	build->job =
	    (struct job){.run = run, .done = on_done, .discard = discard};
	build->settings = settings_ref(owners->settings);
	build->lists = lists->settings;
	build->number = number;
	seed_make(build->seed);
	build->packs = calloc(dynamic + 1, sizeof(*build->packs));
	build->contents.of =
	    calloc(owners->count + 1, sizeof(struct prefixes *));
	if (build->contents.of != NULL)
		build->contents.count = owners->count;
	if (build->packs == NULL || build->contents.of == NULL) {
		discard(&build->job);
		return NULL;
	}
	return build;
}

/* ---- beginning ---- */

static bool
begin(struct lists *lists, struct owners *owners, struct loading *loading)
{
	struct build *build = &lists->build;

	build->job =
	    job_new(lists, owners, lists->number + (loading != NULL ? 1 : 0));
	if (build->job == NULL)
		return false;
	build->stage = BUILD_PACKING;
	build->serial++;
	build->owners = owners;
	build->loading = loading;
	build->owed = build->wanted;
	build->wanted = false;
	build->spoiled = false;
	build->waits = false;
	build->began = monotonic_milliseconds();
	build->packing = 0;
	build->change_count = 0;
	build->change_done = 0;
	return true;
}

/* Those who wait for a generation hear that there will be none for now. */
static void
fail_waiting(struct lists *lists)
{
	struct letter *letter;

	while ((letter = queue_take(&lists->waiting)) != NULL) {
		struct order *order = (struct order *)letter;

		order->status = ORDER_FAILED;
		snprintf(order->text, sizeof(order->text),
		    "out of memory: it is not in force yet, but will be");
		answer(lists, order);
	}
}

static void
starved(struct lists *lists)
{
	lists->build.wanted = true;
	lists->build.not_before = monotonic_milliseconds() + RETRY_PAUSE;
	log_event(&lists->logger, LOG_ERROR_, "rebuild",
	    log_text("result", "failed"), log_text("reason", "out of memory"));
	fail_waiting(lists);
}

static bool
may_begin(struct lists *lists)
{
	struct build *build = &lists->build;

	if (!build->wanted || build->stage != BUILD_NONE || lists->loading ||
	    monotonic_milliseconds() < build->not_before)
		return false;
	if (lists->live < GENERATIONS_MAX)
		return true;
	if (!build->waits)
		log_event(&lists->logger, LOG_WARNING_, "rebuild-waits",
		    log_text("reason", "older generations are still in use"),
		    log_number("generations", lists->live));
	build->waits = true;
	return false;
}

void
build_try(struct lists *lists)
{
	if (may_begin(lists) && !begin(lists, lists->owners, NULL))
		starved(lists);
}

bool
build_reload(
    struct lists *lists, struct loading *loading, struct owners *owners)
{
	ensure(lists->build.stage == BUILD_NONE);
	return begin(lists, owners, loading);
}

void
build_need(struct lists *lists, struct owner *owner, struct order *order)
{
	lists->build.wanted = true;
	owner->needs = lists->build.serial + 1;
	if (order != NULL)
		queue_add(&lists->waiting, &order->letter);
}

void
build_await(struct lists *lists, struct owner *owner, struct order *order)
{
	struct build *build = &lists->build;
	bool begun = build->stage != BUILD_NONE && !build->wanted;

	owner->needs = begun ? build->serial : build->serial + 1;
	queue_add(&lists->waiting, &order->letter);
}

bool
build_pending(const struct lists *lists, const struct owner *owner)
{
	return owner->applying || owner->needs > lists->build.served;
}

void
build_remember(struct lists *lists, struct owner *owner,
    const struct prefix *prefix, bool in_force)
{
	struct build *build = &lists->build;

	if (build->change_count == build->change_room) {
		size_t room = build->change_room * 2 + 1024;
		struct remembered *grown =
		    realloc(build->changes, room * sizeof(*grown));

		if (grown == NULL) {
			build->spoiled = true;
			return;
		}
		build->changes = grown;
		build->change_room = room;
	}
	build->changes[build->change_count++] =
	    (struct remembered){owner, *prefix, in_force};
}

/* ---- packing ---- */

/* True when the owner is through. */
static bool
pack_owner(struct build *build, unsigned *entries)
{
	const struct owner *owner = build->owners->of[build->packing];
	struct build_job *job = build->job;

	if (owner->dynamic == NULL) {
		const struct loading *loading = build->loading;
		struct prefixes *content =
		    loading != NULL ? loading->lists[build->packing].content
				    : owner->content;

		job->contents.of[build->packing] = prefixes_ref(content);
		return true;
	}
	bool ended = packer_step(&build->packer, owner->dynamic, *entries);

	*entries = 0;
	if (!ended)
		return false;
	job->packs[job->pack_count++] =
	    (struct pack){build->packing, build->packer.builder};
	build->packer = (struct packer){0};
	return true;
}

static void
step_packing(struct lists *lists)
{
	struct build *build = &lists->build;
	unsigned entries = ENTRIES_A_STEP;

	for (unsigned i = 0; i < LISTS_A_STEP && entries > 0; i++) {
		if (build->packing == build->owners->count) {
			build->stage = BUILD_RUNNING;
			jobs_post(&lists->builder, &build->job->job);
			return;
		}
		if (pack_owner(build, &entries))
			build->packing++;
	}
}

/* ---- catching up ---- */

static void
catch_up(struct lists *lists, const struct remembered *change)
{
	struct build *build = &lists->build;
	struct owner *owner = change->owner;
	unsigned index =
	    build->loading != NULL ? owner->next_index : owner->index;

	if (index == NO_INDEX)
		return;
	size_t count =
	    owner_held(owner, &change->prefix, lists->held, HELD_MAX);

	if (count <= HELD_MAX &&
	    generation_assign(build->job->edition->generation, index,
		&change->prefix, lists->held, count, 0))
		return;
	build->wanted = true;
	build->spoiled |= change->in_force;
	owner->needs = build->serial + 1;
}

/* Done, whatever became of it. */
static void
finish(struct lists *lists)
{
	struct build *build = &lists->build;

	discard(&build->job->job);
	build->job = NULL;
	build->loading = NULL;
	build->owners = NULL;
	build->stage = BUILD_NONE;
	if (build->change_room > CHANGES_MAX) {
		free(build->changes);
		build->changes = NULL;
		build->change_room = 0;
	}
}

/* From the beginning, with what holds now. */
static void
again(struct lists *lists)
{
	struct owners *owners = lists->build.owners;
	struct loading *loading = lists->build.loading;

	finish(lists);
	if (begin(lists, owners, loading))
		return;
	if (loading == NULL) {
		starved(lists);
		return;
	}
	lists->build.wanted |=
	    lists->build.owed || lists->build.change_count > 0;
	reload_built(lists, loading, owners, NULL);
}

static void
conclude(struct lists *lists)
{
	struct build *build = &lists->build;
	struct edition *edition = build->job->edition;
	struct loading *loading = build->loading;
	struct owners *owners = build->owners;

	build->job->edition = NULL;
	if (loading != NULL) {
		reload_built(lists, loading, owners, edition);
	} else if (edition != NULL) {
		publish(lists, edition);
		log_event(&lists->logger, LOG_NOTICE_, "rebuild",
		    log_text("result", "ok"),
		    log_number("generation", lists->number),
		    log_number(
			"bytes", (int64_t)generation_size(edition->generation)),
		    log_number("milliseconds",
			(int64_t)(monotonic_milliseconds() - build->began)));
	}
	finish(lists);
	if (edition == NULL && loading != NULL) {
		build->wanted |= build->owed || build->change_count > 0;
		return;
	}
	if (edition == NULL) {
		starved(lists);
		return;
	}
	build->served = build->serial;
	struct letter *letter;

	while (!build->wanted && (letter = queue_take(&lists->waiting)) != NULL)
		answer(lists, (struct order *)letter);
}

static void
step_catching(struct lists *lists)
{
	struct build *build = &lists->build;

	if (build->job->edition == NULL) {
		conclude(lists);
		return;
	}
	for (unsigned i = 0; i < CATCHES_A_STEP && !build->spoiled &&
			     build->change_done < build->change_count;
	     i++)
		catch_up(lists, &build->changes[build->change_done++]);
	if (build->spoiled)
		again(lists);
	else if (build->change_done == build->change_count)
		conclude(lists);
}

bool
build_step(struct lists *lists)
{
	if (lists->build.stage == BUILD_PACKING)
		step_packing(lists);
	else if (lists->build.stage == BUILD_CATCHING)
		step_catching(lists);
	return lists->build.stage == BUILD_PACKING ||
	       lists->build.stage == BUILD_CATCHING;
}

void
build_fini(struct lists *lists)
{
	struct build *build = &lists->build;

	prefixes_abandon(&build->packer.builder);
	/* What is with the jobs' thread is discarded there. */
	if (build->job != NULL && build->stage != BUILD_RUNNING)
		discard(&build->job->job);
	if (build->loading != NULL)
		reload_abandon(build->loading, build->owners);
	free(build->changes);
}
