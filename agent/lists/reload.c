/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/thread.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * A reload: a job reads the configuration and its lists; a generation is built
 * from them; when it is there, the new owners take the place of the old ones.
 * Nothing of the old ones changes before. While it goes on no list file is
 * read, and none is being read when it begins: it looks at all of them itself.
 */

struct load_job {
	struct job job;
	struct loading loading;
};

static struct load_job *
load_of(struct loading *loading)
{
	void *at = (char *)loading - offsetof(struct load_job, loading);

	return at;
}

/* ---- answers ---- */

static char *
report_text(const struct report *report)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (stream == NULL)
		return NULL;
	report_print(report, stream);
	fclose(stream);
	return text;
}

static void
answer_all(struct lists *lists, const struct report *report, const char *reason)
{
	struct letter *letter;

	while ((letter = queue_take(&lists->reload_orders)) != NULL) {
		struct order *order = (struct order *)letter;

		order->status = reason == NULL ? ORDER_DONE : ORDER_FAILED;
		order->report = report_text(report);
		snprintf(order->text, sizeof(order->text), "%s",
		    reason != NULL ? reason : "");
		answer(lists, order);
	}
}

static void
fail(struct lists *lists, const struct report *report, const char *reason)
{
	log_event(&lists->logger, LOG_ERROR_, "reload",
	    log_text("result", "failed"), log_text("reason", reason),
	    log_number("errors", (int64_t)report->errors),
	    log_number("generation", lists->number));
	answer_all(lists, report, reason);
	lists->loading = false;
}

/* ---- the job ---- */

static void
run(struct job *job)
{
	loading_run(&((struct load_job *)job)->loading);
}

static void
load_free(struct load_job *load)
{
	loading_fini(&load->loading);
	free(load);
}

static void
discard(struct job *job)
{
	load_free((struct load_job *)job);
}

/* What the job needs to know of an owner. */
static bool
fill_known(const struct owner *owner, struct known *known)
{
	*known = (struct known){
	    .settings = owner->settings,
	    .identity = owner->identity,
	    .state = owner->state,
	    .taken = owner->taken,
	};
	if (owner->content != NULL)
		known->content = prefixes_ref(owner->content);
	if (owner->dynamic == NULL || !owner->shunned)
		return true;
	known->content = dynamic_pack(owner->dynamic);
	return known->content != NULL;
}

static bool
fill_loading(struct lists *lists, struct loading *loading)
{
	const struct owners *owners = lists->owners;

	loading->paths = lists->settings.paths;
	loading->path_count = lists->settings.path_count;
	loading->store = lists->store;
	loading->before = settings_ref(owners->settings);
	loading->known = calloc(owners->count + 1, sizeof(*loading->known));
	if (loading->known == NULL)
		return false;
	for (size_t i = 0; i < owners->count; i++) {
		loading->known_count++;
		if (!fill_known(owners->sorted[i], &loading->known[i]))
			return false;
	}
	return true;
}

/* ---- owners ---- */

static struct dynamic *
new_dynamic(struct lists *lists, struct loaded *loaded,
    const struct list_settings *list)
{
	struct dynamic *dynamic = loaded->dynamic;
	char error[STORE_ERROR_SIZE];

	loaded->dynamic = NULL;
	if (dynamic != NULL)
		return dynamic;
	dynamic = dynamic_new();
	if (dynamic == NULL || lists->store == NULL)
		return dynamic;
	enum store_result result = store_load_dynamic(lists->store, list->name,
	    dynamic, wall_milliseconds(), monotonic_milliseconds(), error);
	if (result == STORE_BROKEN || result == STORE_FAILED)
		log_event(&lists->logger, LOG_ERROR_, "state",
		    log_text("list", list->name), log_text("reason", error));
	return dynamic;
}

static struct owner *
owner_from(struct lists *lists, struct loaded *loaded,
    const struct list_settings *list)
{
	bool dynamic = list->source == LIST_DYNAMIC;
	struct owner *owner = lists->owners != NULL
				  ? owners_find(lists->owners, list->name)
				  : NULL;

	if (owner != NULL && (owner->dynamic != NULL) == dynamic)
		return owner;
	owner = owner_new();
	if (owner == NULL)
		return NULL;
	owner->settings = list;
	owner->changed = true;
	if (!dynamic)
		return owner;
	owner->dynamic = new_dynamic(lists, loaded, list);
	if (owner->dynamic != NULL)
		return owner;
	owner_free(owner);
	return NULL;
}

void
owners_drop(struct owners *owners)
{
	for (size_t i = 0; owners != NULL && i < owners->count; i++) {
		struct owner *owner = owners->of[i];

		if (owner == NULL)
			continue;
		owner->next_index = NO_INDEX;
		if (owner->index == NO_INDEX)
			owner_free(owner);
	}
	owners_free(owners);
}

struct owners *
owners_from(struct lists *lists, struct loading *loading)
{
	struct settings *settings = loading->settings;
	struct owners *owners = owners_new(settings);

	if (owners == NULL)
		return NULL;
	for (size_t i = 0; i < owners->count; i++) {
		struct owner *owner =
		    owner_from(lists, &loading->lists[i], &settings->lists[i]);

		if (owner == NULL) {
			owners_drop(owners);
			return NULL;
		}
		owner->next_index = (unsigned)i;
		owners->of[i] = owner;
	}
	owners_sort(owners);
	return owners;
}

/* ---- adoption ---- */

static void
say_adopted(
    struct lists *lists, const struct owner *owner, const struct loaded *loaded)
{
	static const char *const results[] = {
	    [STATE_OK] = "ok",
	    [STATE_STALE] = "stale",
	    [STATE_REFUSED] = "refused",
	};

	if (!loaded->changed && loaded->state == STATE_OK)
		return;
	news_list(lists, &(struct news){.owner = owner,
			     .result = results[loaded->state],
			     .reason = loaded->error,
			     .before = loaded->before,
			     .after = owner_count(owner),
			     .difference = loaded->difference});
}

/* Takes what was loaded of the list; nothing here can fail. */
static void
adopt_owner(struct lists *lists, struct owners *owners, struct owner *owner,
    struct loading *loading)
{
	struct loaded *loaded = &loading->lists[owner->index];
	int64_t age = wall_milliseconds() - loaded->taken;

	free(owner->error);
	owner->error = loaded->error;
	loaded->error = NULL;
	if (lists->watch != NULL)
		watch_drop(lists->watch, owner->trail);
	trail_free(owner->trail);
	owner->trail = loaded->trail;
	loaded->trail = NULL;
	watch_add(loading->watch, owner->trail, owner);
	if (owner->dynamic != NULL && owner->taken != 0)
		return;
	owner->taken = loaded->taken;
	owner->taken_at =
	    (int64_t)monotonic_milliseconds() - (age > 0 ? age : 0);
	if (owner->dynamic != NULL)
		return;
	owners_set(owners, owner, loaded->content);
	loaded->content = NULL;
	prefixes_unref(owner->refused);
	owner->refused = loaded->refused;
	loaded->refused = NULL;
	owner->identity = loaded->identity;
	owner->state = loaded->state;
	say_adopted(lists, owner, loaded);
	if (loaded->changed || owner->changed)
		keep_owner(lists, owner);
	owner->changed = false;
}

static void
retire_owners(struct lists *lists)
{
	struct owners *old = lists->owners;

	for (size_t i = 0; old != NULL && i < old->count; i++) {
		struct owner *owner = old->of[i];

		if (owner->index != NO_INDEX)
			continue;
		watch_drop(lists->watch, owner->trail);
		files_forget(lists, owner);
		owner_free(owner);
	}
	owners_free(old);
	lists->owners = NULL;
}

static bool
same_export(const struct list_settings *one, const struct list_settings *other)
{
	if (one->export_ == NULL || other->export_ == NULL)
		return one->export_ == other->export_;
	return strcmp(one->export_, other->export_) == 0;
}

static void
mark_shunned(struct owners *owners)
{
	const struct settings *settings = owners->settings;

	for (size_t i = 0; i < owners->count; i++)
		owners->of[i]->shunned = false;
	for (size_t i = 0; i < owners->count; i++) {
		const struct set *never = &settings->lists[i].guard.never;

		for (size_t at = 0; at < never->count; at++)
			if (never->items[at].kind == SET_LIST)
				owners->of[never->items[at].list]->shunned =
				    true;
	}
}

void
owners_adopt(
    struct lists *lists, struct owners *owners, struct loading *loading)
{
	struct owners *old = lists->owners;

	for (size_t i = 0; old != NULL && i < old->count; i++)
		old->of[i]->index = NO_INDEX;
	for (size_t i = 0; i < owners->count; i++) {
		struct owner *owner = owners->of[i];
		const struct list_settings *list = &owners->settings->lists[i];

		owner->changed |= !same_export(owner->settings, list);
		owner->settings = list;
		owner->index = (unsigned)i;
		owner->next_index = NO_INDEX;
		adopt_owner(lists, owners, owner, loading);
	}
	retire_owners(lists);
	lists->owners = owners;
	mark_shunned(owners);
	watch_free(lists->watch);
	lists->watch = loading->watch;
	loading->watch = NULL;
	files_begin(lists);
	expiry_begin(lists);
}

/* ---- the course of it ---- */

void
reload_built(struct lists *lists, struct loading *loading,
    struct owners *owners, struct edition *edition)
{
	struct load_job *load = load_of(loading);

	if (edition == NULL) {
		owners_drop(owners);
		fail(lists, &loading->report, "out of memory");
		load_free(load);
		return;
	}
	const struct settings *settings =
	    generation_settings(edition->generation);

	lists->number++;
	lists_configure_log(
	    lists->settings.log, settings, lists->settings.debug);
	news_restart(lists, edition);
	publish(lists, edition);
	owners_adopt(lists, owners, loading);
	log_event(&lists->logger, LOG_NOTICE_, "reload",
	    log_text("result", "ok"), log_number("generation", lists->number),
	    log_number("policies", (int64_t)settings->policy_count),
	    log_number("lists", (int64_t)settings->list_count),
	    log_number("bytes", (int64_t)generation_size(edition->generation)));
	answer_all(lists, &loading->report, NULL);
	lists->loading = false;
	jobs_scrap(&lists->files, &load->job);
}

void
reload_abandon(struct loading *loading, struct owners *owners)
{
	owners_drop(owners);
	load_free(load_of(loading));
}

static void
on_loaded(struct lists *lists, struct job *job)
{
	struct load_job *load = (struct load_job *)job;
	struct loading *loading = &load->loading;

	news_report(lists, &loading->report);
	if (lists->store == NULL)
		lists->store = loading->store;
	if (loading->settings == NULL) {
		fail(lists, &loading->report, "the configuration is refused");
		load_free(load);
		return;
	}
	struct owners *owners = owners_from(lists, loading);

	if (owners != NULL && build_reload(lists, loading, owners))
		return;
	owners_drop(owners);
	fail(lists, &loading->report, "out of memory");
	load_free(load);
}

static void
begin(struct lists *lists)
{
	struct load_job *load = calloc(1, sizeof(*load));
	struct report nothing = {0};

	lists->reload_wanted = false;
	queue_move(&lists->reload_orders, &lists->reloaders);
	if (load == NULL) {
		fail(lists, &nothing, "out of memory");
		return;
	}
	load->job =
	    (struct job){.run = run, .done = on_loaded, .discard = discard};
	if (!fill_loading(lists, &load->loading)) {
		load_free(load);
		fail(lists, &nothing, "out of memory");
		return;
	}
	lists->loading = true;
	jobs_post(&lists->files, &load->job);
}

void
reload_try(struct lists *lists)
{
	if (!lists->reload_wanted || lists->loading || lists->reading > 0 ||
	    lists->applying != NULL || lists->build.stage != BUILD_NONE)
		return;
	if (lists->live < GENERATIONS_MAX) {
		begin(lists);
		return;
	}
	if (!lists->reload_waits)
		log_event(&lists->logger, LOG_WARNING_, "reload-waits",
		    log_text("reason", "older generations are still in use"),
		    log_number("generations", lists->live));
	lists->reload_waits = true;
}
