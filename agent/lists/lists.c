/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/thread.h"
#include "agent/control/loop.h"

#include <stdlib.h>

/* Life and turns of the lists thread. */

enum {
	STOP_PAUSES = 1000,
	FILES_NICE = 10,
	BUILDER_NICE = 15,
};

void
lists_configure_log(
    struct log *log, const struct settings *settings, bool debug)
{
	log_configure(log, debug ? LOG_DEBUG_ : settings->log.level,
	    settings->log.format);
}

/* ---- letters ---- */

static void
want_reload(struct lists *lists)
{
	lists->reload_wanted = true;
	lists->reload_waits = false;
	pass(lists);
}

static void
order_reload(struct lists *lists, struct order *order)
{
	queue_add(&lists->reloaders, &order->letter);
	want_reload(lists);
}

static void (*const orders[])(struct lists *lists, struct order *order) = {
    [ORDER_RELOAD] = order_reload,
    [ORDER_LISTS] = order_lists,
    [ORDER_ENTRIES] = order_entries,
    [ORDER_TEST] = order_test,
    [ORDER_ADD] = order_add,
    [ORDER_DELETE] = order_delete,
    [ORDER_CLEAR] = order_clear,
    [ORDER_ACCEPT] = files_accept,
    [ORDER_INFO] = order_info,
};

static void
on_letter(void *owner, struct letter *letter)
{
	struct lists *lists = owner;
	struct job *job = (struct job *)letter;

	switch (letter->kind) {
	case LETTER_RELOAD:
		want_reload(lists);
		break;
	case LETTER_LEAVE:
		ev_break(lists->loop, EVBREAK_ALL);
		break;
	case LETTER_JOB:
		job->done(lists, job);
		break;
	default:
		ensure(letter->kind < LETTER_JOB);
		orders[letter->kind](lists, (struct order *)letter);
	}
}

/* ---- turns ---- */

/*
 * Before the loop waits: what was changed in this turn is one epoch, and is
 * answered; then a little of what takes longer. Those who serve and those who
 * ask never wait for all of it.
 */
static void
on_settle(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct lists *lists = prepare->data;

	(void)events;
	pass(lists);
	bool more = apply_step(lists);

	more |= build_step(lists);
	more |= keep_step(lists);
	more |= fold_step(lists);
	reload_try(lists);
	build_try(lists);
	files_follow(lists);
	pass(lists);
	more |= lists->build.stage == BUILD_PACKING;
	if (more)
		ev_idle_start(loop, &lists->busy);
	else
		ev_idle_stop(loop, &lists->busy);
}

/* That it is active keeps the loop from waiting. */
static void
on_busy(struct ev_loop *loop, ev_idle *idle, int events)
{
	(void)loop;
	(void)idle;
	(void)events;
}

/* The turn it makes is all that is wanted. */
static void
on_poll(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)timer;
	(void)events;
}

/* ---- life ---- */

static char *
copy(const char *text)
{
	return text != NULL ? strdup(text) : NULL;
}

static bool
remember_fixed(struct lists *lists, const struct settings *settings)
{
	lists->threads = settings->threads;
	lists->limits = settings->limits;
	lists->control_path = copy(settings->control.path);
	lists->state_directory = copy(settings->state_directory);
	return (settings->control.path == NULL) ==
		   (lists->control_path == NULL) &&
	       (settings->state_directory == NULL) ==
		   (lists->state_directory == NULL);
}

static bool
open_loop(struct lists *lists)
{
	lists->loop = loop_new();
	if (lists->loop == NULL ||
	    !inbox_init(&lists->inbox, lists->loop, lists, on_letter))
		return false;
	ev_set_userdata(lists->loop, lists);
	return jobs_init(&lists->files, "files", FILES_NICE, &lists->inbox,
		   LETTER_JOB) &&
	       jobs_init(&lists->builder, "builder", BUILDER_NICE,
		   &lists->inbox, LETTER_JOB);
}

static void
init(struct lists *lists, const struct lists_settings *settings)
{
	lists->settings = *settings;
	lists->settings.loading = NULL;
	lists->reload.kind = LETTER_RELOAD;
	lists->leave.kind = LETTER_LEAVE;
	lists->next_end = DYNAMIC_FOREVER;
	logger_init(&lists->logger, settings->log, "lists");
	queue_init(&lists->passing);
	queue_init(&lists->waiting);
	queue_init(&lists->reloaders);
	queue_init(&lists->reload_orders);
	ev_timer_init(&lists->poll, on_poll, 0., 0.);
	ev_prepare_init(&lists->settle, on_settle);
	lists->settle.data = lists;
	ev_idle_init(&lists->busy, on_busy);
}

/* What was loaded becomes the first owners' and the first edition. */
static bool
begin(struct lists *lists, struct loading *loading, struct generation **take)
{
	struct owners *owners;
	struct edition *edition;

	lists->number = generation_number(*take);
	lists->store = loading->store;
	loading->store = NULL;
	if (!remember_fixed(lists, generation_settings(*take)))
		return false;
	owners = owners_from(lists, loading);
	if (owners == NULL)
		return false;
	edition = edition_new(take, lists->settings.workers,
	    lists->settings.payload_max, lists->settings.running);
	if (edition == NULL) {
		owners_drop(owners);
		return false;
	}
	publish(lists, edition);
	owners_adopt(lists, owners, loading);
	keep_begin(lists);
	expiry_begin(lists);
	ev_prepare_start(lists->loop, &lists->settle);
	return true;
}

struct lists *
lists_new(const struct lists_settings *settings, struct generation **take)
{
	struct lists *lists = calloc(1, sizeof(*lists));

	if (lists == NULL)
		return NULL;
	init(lists, settings);
	if (!open_loop(lists) || !begin(lists, settings->loading, take)) {
		lists_free(lists);
		return NULL;
	}
	return lists;
}

/* Orders are the asker's, wherever they are. */
static void
discard(void *owner, struct letter *letter)
{
	struct job *job = (struct job *)letter;

	(void)owner;
	if (letter->kind == LETTER_JOB)
		job->discard(job);
}

static void
close_store(struct lists *lists)
{
	char error[STORE_ERROR_SIZE];

	if (lists->store == NULL)
		return;
	if (lists->saving != NULL)
		store_saving_end(lists->saving, error);
	if (lists->unsynced && store_sync(lists->store, error) != STORE_OK)
		log_event(&lists->logger, LOG_ERROR_, "state",
		    log_text("reason", error));
	store_close(lists->store);
}

static void
free_owners(struct lists *lists)
{
	struct owners *owners = lists->owners;

	for (size_t i = 0; owners != NULL && i < owners->count; i++)
		owner_free(owners->of[i]);
	owners_free(owners);
}

void
lists_free(struct lists *lists)
{
	if (lists == NULL)
		return;
	build_fini(lists);
	jobs_fini(&lists->files);
	jobs_fini(&lists->builder);
	inbox_fini(&lists->inbox, discard);
	apply_forget(lists);
	prefixes_abandon(&lists->packer.builder);
	watch_free(lists->watch);
	if (lists->loop != NULL)
		ev_loop_destroy(lists->loop);
	publish_fini(lists);
	close_store(lists);
	free_owners(lists);
	free(lists->control_path);
	free(lists->state_directory);
	free(lists);
}

static void *
run(void *argument)
{
	struct lists *lists = argument;

	pthread_setname_np(pthread_self(), "lists");
	ev_run(lists->loop, 0);
	atomic_store(&lists->ended, true);
	return NULL;
}

/* None of the threads runs, or all of them. */
bool
lists_start(struct lists *lists)
{
	if (jobs_start(&lists->files) && jobs_start(&lists->builder))
		lists->runs =
		    pthread_create(&lists->thread, NULL, run, lists) == 0;
	if (lists->runs)
		return true;
	while (!lists_stop(lists))
		continue;
	return false;
}

void
lists_reload(struct lists *lists)
{
	inbox_post(&lists->inbox, &lists->reload);
}

void
lists_order(struct lists *lists, struct order *order)
{
	inbox_post(&lists->inbox, &order->letter);
}

static bool
ended(struct lists *lists)
{
	if (lists->runs && atomic_load(&lists->ended)) {
		pthread_join(lists->thread, NULL);
		lists->runs = false;
	}
	return jobs_ended(&lists->files) && jobs_ended(&lists->builder) &&
	       !lists->runs;
}

bool
lists_stop(struct lists *lists)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	inbox_post(&lists->inbox, &lists->leave);
	jobs_leave(&lists->files);
	jobs_leave(&lists->builder);
	for (unsigned i = 0; i < STOP_PAUSES; i++) {
		if (ended(lists))
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}
