/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/loop.h"
#include "agent/ensure.h"
#include "agent/lists/lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const double poll_interval = 0.02;

enum {
	PLACE_TEXT_SIZE = 512,
	REPORT_LINES_MAX = 100,
	STOP_PAUSES = 1000,
	NICE = 10
};

/* ---- what the log hears of a reload ---- */

static void
log_entry(const struct lists *lists, const struct report_entry *entry)
{
	const struct place *place = &entry->place;
	enum log_level level =
	    entry->severity == SEVERITY_ERROR ? LOG_ERROR_ : LOG_WARNING_;
	char text[PLACE_TEXT_SIZE];

	if (place->file == NULL || place->file[0] == '\0') {
		log_event(&lists->logger, level, "configuration",
		    log_text("text", entry->text));
		return;
	}
	snprintf(text, sizeof(text), "%s:%u:%u", place->file, place->line,
	    place->column);
	log_event(&lists->logger, level, "configuration", log_text("at", text),
	    log_text("text", entry->text));
}

static void
log_report(const struct lists *lists, const struct report *report)
{
	size_t shown =
	    report->count < REPORT_LINES_MAX ? report->count : REPORT_LINES_MAX;

	for (size_t i = 0; i < shown; i++)
		log_entry(lists, &report->entries[i]);
	if (shown < report->count || report->truncated || report->starved)
		log_event(&lists->logger, LOG_WARNING_, "configuration",
		    log_text("text", "more was found than is shown here"),
		    log_number("all", (int64_t)report->count));
}

static void
log_failure(const struct lists *lists, const char *reason, size_t errors)
{
	log_event(&lists->logger, LOG_ERROR_, "reload",
	    log_text("result", "failed"), log_text("reason", reason),
	    log_number("errors", (int64_t)errors),
	    log_number("generation", lists->number));
}

/* ---- what only a restart changes ---- */

static bool
same_listens(const struct edition *edition, const struct settings *settings)
{
	if (edition->listen_count != settings->listen_count)
		return false;
	for (size_t i = 0; i < edition->listen_count; i++)
		if (edition->listens[i] < 0)
			return false;
	return true;
}

static void
warn_of_restart(const struct lists *lists, const struct edition *edition)
{
	const struct settings *settings =
	    generation_settings(edition->generation);
	const struct limits_settings *limits = &settings->limits;
	const struct {
		const char *key;
		bool same;
	} fixed[] = {
	    {"listen", same_listens(edition, settings)},
	    {"threads", lists->threads == settings->threads},
	    {"limits.connections",
		lists->limits.connections == limits->connections},
	    {"limits.frame-size",
		lists->limits.frame_size == limits->frame_size},
	    {"limits.fragments", lists->limits.fragments == limits->fragments},
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (!fixed[i].same)
			log_event(&lists->logger, LOG_WARNING_, "not-reloaded",
			    log_text("key", fixed[i].key),
			    log_text("text", "a change of it needs a restart"));
}

/* ---- editions ---- */

/* Those that no reader can hold any more go. */
static void
drop_passed(struct lists *lists)
{
	struct edition **at = &lists->retired;

	while (*at != NULL) {
		struct edition *edition = *at;

		if (!publication_passed(
			lists->settings.publication, edition->epoch)) {
			at = &edition->older;
			continue;
		}
		*at = edition->older;
		edition_free(edition);
		lists->live--;
	}
}

static void
replace(struct lists *lists, struct edition *edition)
{
	struct edition *before = lists->current;
	uint64_t epoch =
	    publication_replace(lists->settings.publication, edition);

	lists->current = edition;
	lists->live++;
	if (before == NULL)
		return;
	before->epoch = epoch;
	before->older = lists->retired;
	lists->retired = before;
	ev_timer_again(lists->loop, &lists->poll);
}

static struct edition *
build(struct lists *lists, struct settings **take)
{
	struct generation *generation =
	    generation_build(take, lists->number + 1);

	if (generation == NULL)
		return NULL;
	struct edition *edition =
	    edition_new(&generation, lists->settings.workers,
		lists->settings.payload_max, lists->settings.running);
	if (edition == NULL)
		generation_free(generation);
	return edition;
}

void
lists_configure_log(
    struct log *log, const struct settings *settings, bool debug)
{
	log_configure(log, debug ? LOG_DEBUG_ : settings->log.level,
	    settings->log.format);
}

static void
adopt(struct lists *lists, struct edition *edition)
{
	const struct settings *settings =
	    generation_settings(edition->generation);

	lists->number++;
	lists_configure_log(
	    lists->settings.log, settings, lists->settings.debug);
	warn_of_restart(lists, edition);
	replace(lists, edition);
	log_event(&lists->logger, LOG_NOTICE_, "reload",
	    log_text("result", "ok"), log_number("generation", lists->number),
	    log_number("policies", (int64_t)settings->policy_count),
	    log_number("lists", (int64_t)settings->list_count),
	    log_number("bytes", (int64_t)generation_size(edition->generation)));
}

static void
reload(struct lists *lists)
{
	struct report report;

	ensure(lists->live < GENERATIONS_MAX);
	report_init(&report);
	struct settings *settings = settings_load(
	    lists->settings.paths, lists->settings.path_count, &report);
	log_report(lists, &report);
	if (settings == NULL) {
		log_failure(
		    lists, "the configuration is refused", report.errors);
	} else {
		struct edition *edition = build(lists, &settings);
		if (edition != NULL)
			adopt(lists, edition);
		else
			log_failure(lists, "out of memory", 0);
	}
	settings_free(settings);
	report_fini(&report);
}

static void
try_reload(struct lists *lists)
{
	drop_passed(lists);
	lists->waiting = lists->live >= GENERATIONS_MAX;
	if (!lists->waiting) {
		reload(lists);
		return;
	}
	log_event(&lists->logger, LOG_WARNING_, "reload-waits",
	    log_text("reason", "older generations are still in use"),
	    log_number("generations", lists->live));
}

static void
on_poll(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct lists *lists = timer->data;

	(void)events;
	drop_passed(lists);
	if (lists->waiting && lists->live < GENERATIONS_MAX) {
		lists->waiting = false;
		reload(lists);
	}
	if (lists->retired == NULL)
		ev_timer_stop(loop, timer);
}

/* ---- life ---- */

static void
on_letter(void *owner, struct letter *letter)
{
	struct lists *lists = owner;

	if (letter == &lists->reload)
		try_reload(lists);
	else
		ev_break(lists->loop, EVBREAK_ALL);
}

static struct edition *
first_edition(struct lists *lists, struct generation **take)
{
	const struct settings *settings = generation_settings(*take);

	lists->threads = settings->threads;
	lists->limits = settings->limits;
	lists->number = generation_number(*take);
	return edition_new(take, lists->settings.workers,
	    lists->settings.payload_max, lists->settings.running);
}

struct lists *
lists_new(const struct lists_settings *settings, struct generation **take)
{
	struct lists *lists = calloc(1, sizeof(*lists));

	if (lists == NULL)
		return NULL;
	lists->settings = *settings;
	logger_init(&lists->logger, settings->log, "lists");
	ev_timer_init(&lists->poll, on_poll, 0., poll_interval);
	lists->poll.data = lists;
	lists->loop = loop_new();
	struct edition *edition = NULL;
	if (lists->loop != NULL &&
	    inbox_init(&lists->inbox, lists->loop, lists, on_letter))
		edition = first_edition(lists, take);
	if (edition == NULL) {
		lists_free(lists);
		return NULL;
	}
	replace(lists, edition);
	return lists;
}

void
lists_free(struct lists *lists)
{
	if (lists == NULL)
		return;
	inbox_fini(&lists->inbox, NULL);
	if (lists->loop != NULL)
		ev_loop_destroy(lists->loop);
	drop_passed(lists);
	ensure(lists->retired == NULL);
	edition_free(lists->current);
	free(lists);
}

static void *
run(void *argument)
{
	struct lists *lists = argument;

	pthread_setname_np(pthread_self(), "lists");
	/* Answers come first, but a reload must not starve behind them. */
	setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	ev_run(lists->loop, 0);
	atomic_store(&lists->ended, true);
	return NULL;
}

bool
lists_start(struct lists *lists)
{
	return pthread_create(&lists->thread, NULL, run, lists) == 0;
}

void
lists_reload(struct lists *lists)
{
	inbox_post(&lists->inbox, &lists->reload);
}

bool
lists_stop(struct lists *lists)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	inbox_post(&lists->inbox, &lists->leave);
	for (unsigned i = 0; i < STOP_PAUSES; i++) {
		if (atomic_load(&lists->ended)) {
			pthread_join(lists->thread, NULL);
			return true;
		}
		nanosleep(&pause, NULL);
	}
	return false;
}
