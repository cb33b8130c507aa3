/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/agent.h"
#include "agent/control/clock.h"
#include "agent/console/consoles.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
	THREADS_MAX = 256,
	/* Descriptors that are no connections: loops, logs, files read. */
	DESCRIPTORS_OURS = 64,
	DESCRIPTORS_A_THREAD = 4,
	CONSOLES_SHARE = 8,
};

static bool
fail(const struct agent *agent, const char *what)
{
	log_event(&agent->logger, LOG_ERROR_, "not-started",
	    log_text("reason", what));
	return false;
}

/* ---- what the machine gives ---- */

static unsigned
count_threads(const struct settings *settings)
{
	cpu_set_t cpus;
	int count = 1;

	if (settings->threads > 0)
		return settings->threads;
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		count = CPU_COUNT(&cpus);
	return count < THREADS_MAX ? (unsigned)count : THREADS_MAX;
}

/* Of what HAProxy leaves over, or a small share of too few. */
static unsigned
share_of_consoles(uint64_t allowed, uint64_t needed)
{
	uint64_t share = allowed / CONSOLES_SHARE;

	if (allowed >= needed + share)
		share = allowed - needed;
	return share < CONSOLES_MAX ? (unsigned)share : CONSOLES_MAX;
}

/* As many descriptors as we may have, and a warning when that is too few. */
static void
raise_descriptors(struct agent *agent, const struct settings *settings)
{
	struct rlimit limit;
	uint64_t needed = settings->limits.connections +
			  DESCRIPTORS_A_THREAD * (uint64_t)agent->worker_count +
			  settings->listen_count + DESCRIPTORS_OURS;

	agent->consoles_max = CONSOLES_MAX;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	agent->consoles_max = share_of_consoles(limit.rlim_cur, needed);
	if (limit.rlim_cur >= needed)
		return;
	log_event(&agent->logger, LOG_WARNING_, "few-descriptors",
	    log_text("text",
		"limits.connections does not fit the limit of open files"),
	    log_number("needed", (int64_t)needed),
	    log_number("allowed", (int64_t)limit.rlim_cur));
}

/* ---- listeners ---- */

static bool
remember_listens(struct agent *agent, const struct settings *settings)
{
	struct running_listens *running = &agent->running;
	size_t count = settings->listen_count;

	running->list = calloc(count + 1, sizeof(*running->list));
	running->guarded = calloc(count + 1, sizeof(*running->guarded));
	agent->listeners = calloc(count + 1, sizeof(*agent->listeners));
	if (running->list == NULL || running->guarded == NULL ||
	    agent->listeners == NULL)
		return fail(agent, "out of memory");
	for (size_t i = 0; i < count; i++) {
		const struct listen_settings *listen = &settings->listens[i];
		struct listen_settings *own = &running->list[i];

		own->kind = listen->kind;
		own->address = listen->address;
		own->port = listen->port;
		running->guarded[i] = listen->from.given;
		running->count++;
		if (listen->path == NULL)
			continue;
		own->path = strdup(listen->path);
		if (own->path == NULL)
			return fail(agent, "out of memory");
	}
	return true;
}

static void
forget_listens(struct agent *agent)
{
	struct running_listens *running = &agent->running;

	for (size_t i = 0; i < running->count; i++)
		free((char *)(uintptr_t)running->list[i].path);
	free(running->list);
	free(running->guarded);
	free(agent->listeners);
}

static bool
open_listeners(struct agent *agent, const struct settings *settings)
{
	char error[LISTENER_ERROR_SIZE];

	for (size_t i = 0; i < settings->listen_count; i++) {
		struct listener *listener = &agent->listeners[i];

		if (!listener_open(listener, &settings->listens[i], error))
			return fail(agent, error);
		agent->listener_count++;
	}
	return true;
}

static void
close_listeners(struct agent *agent)
{
	while (agent->listener_count > 0)
		listener_close(&agent->listeners[--agent->listener_count]);
}

/* ---- making the parts ---- */

static struct dialog_limits
dialog_limits(const struct settings *settings)
{
	return (struct dialog_limits){
	    .frame_size = settings->limits.frame_size,
	    .fragments = settings->limits.fragments,
	};
}

static bool
make_lists(struct agent *agent, struct generation **take)
{
	struct dialog_limits limits = dialog_limits(generation_settings(*take));
	const struct lists_settings settings = {
	    .log = agent->settings->log,
	    .publication = &agent->publication,
	    .paths = agent->settings->paths,
	    .path_count = agent->settings->path_count,
	    .debug = agent->settings->debug,
	    .loading = agent->settings->loading,
	    .running = &agent->running,
	    .workers = agent->worker_count,
	    .payload_max = limits.fragments > limits.frame_size
			       ? limits.fragments
			       : limits.frame_size,
	};

	agent->lists = lists_new(&settings, take);
	return agent->lists != NULL ||
	       fail(agent, "no memory or no loop for the lists");
}

static bool
make_workers(struct agent *agent, const struct settings *settings)
{
	struct worker_settings worker = {
	    .log = agent->settings->log,
	    .publication = &agent->publication,
	    .limits = dialog_limits(settings),
	};

	agent->workers = calloc(agent->worker_count, sizeof(struct worker *));
	if (agent->workers == NULL)
		return fail(agent, "out of memory");
	for (unsigned i = 0; i < agent->worker_count; i++) {
		worker.number = i;
		agent->workers[i] = worker_new(&worker);
		if (agent->workers[i] == NULL)
			return fail(agent, "no loop for a worker");
	}
	return true;
}

static bool
make_acceptor(struct agent *agent, const struct settings *settings)
{
	const struct acceptor_settings acceptor = {
	    .log = agent->settings->log,
	    .publication = &agent->publication,
	    .reader = agent->worker_count,
	    .running = &agent->running,
	    .listeners = agent->listeners,
	    .workers = agent->workers,
	    .worker_count = agent->worker_count,
	    .connections_max = settings->limits.connections,
	};

	agent->acceptor = acceptor_new(&acceptor);
	return agent->acceptor != NULL ||
	       fail(agent, "no loop for the acceptor");
}

static bool
make_parts(struct agent *agent, struct generation **take)
{
	const struct settings *settings = generation_settings(*take);

	agent->worker_count = count_threads(settings);
	raise_descriptors(agent, settings);
	/* The workers, the acceptor, and the main thread. */
	if (!publication_init(&agent->publication, agent->worker_count + 2))
		return fail(agent, "out of memory");
	return remember_listens(agent, settings) &&
	       open_listeners(agent, settings) && make_lists(agent, take) &&
	       make_workers(agent, settings) && make_acceptor(agent, settings);
}

static bool
start_threads(struct agent *agent)
{
	agent->lists_run = lists_start(agent->lists);
	if (!agent->lists_run)
		return fail(agent, "no thread for the lists");
	while (agent->workers_run < agent->worker_count) {
		if (!worker_start(agent->workers[agent->workers_run]))
			return fail(agent, "no thread for a worker");
		agent->workers_run++;
	}
	agent->acceptor_runs = acceptor_start(agent->acceptor);
	return agent->acceptor_runs || fail(agent, "no thread to accept");
}

bool
agent_start(struct agent *agent, const struct control_settings *settings,
    struct generation **take)
{
	*agent = (struct agent){
	    .settings = settings, .started = monotonic_milliseconds()};
	logger_init(&agent->logger, settings->log, "control");
	return make_parts(agent, take) && start_threads(agent);
}

/* ---- the end ---- */

static void
say_counters(const struct agent *agent, const struct totals *totals)
{
	struct log_field fields[COUNTER_COUNT + 2];
	unsigned count = 0;

	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		if (totals->of[i] > 0)
			fields[count++] =
			    log_number(counter_name((enum counter)i),
				(int64_t)totals->of[i]);
	fields[count++] = log_number(
	    "log_dropped", (int64_t)log_dropped(agent->settings->log));
	fields[count] = log_end();
	log_write(&agent->logger, LOG_INFO_, "totals", fields);
}

static void
say_flags(const struct agent *agent, const struct totals *totals)
{
	for (unsigned i = 0; i < COUNTER_FLAGS; i++)
		if (totals->flags[i] > 0)
			log_event(&agent->logger, LOG_INFO_, "total",
			    log_text("flag", flag_name((enum flag)i)),
			    log_number("count", (int64_t)totals->flags[i]));
}

static void
say_statuses(const struct agent *agent, const struct totals *totals)
{
	for (unsigned i = 0; i < COUNTER_STATUSES; i++) {
		/* The last one is for all that have no place. */
		unsigned status = i < COUNTER_STATUSES - 1 ? i : SPOP_UNKNOWN;

		if (totals->statuses[i] > 0)
			log_event(&agent->logger, LOG_INFO_, "total",
			    log_number("status", status),
			    log_text("reason", spop_status_text(status)),
			    log_number("count", (int64_t)totals->statuses[i]));
	}
}

static void
add_totals(const struct agent *agent, struct totals *totals)
{
	totals_add(totals, &agent->acceptor->counters);
	for (unsigned i = 0; i < agent->worker_count; i++)
		totals_add(totals, &agent->workers[i]->counters);
}

static void
say_totals(const struct agent *agent)
{
	struct totals totals = {0};

	add_totals(agent, &totals);
	say_flags(agent, &totals);
	say_statuses(agent, &totals);
	say_counters(agent, &totals);
}

/* False: the lists thread is still at work, with what it works on. */
static bool
stop_threads(struct agent *agent)
{
	if (agent->acceptor_runs)
		acceptor_stop(agent->acceptor);
	close_listeners(agent);
	for (unsigned i = 0; i < agent->workers_run; i++)
		worker_order(agent->workers[i], WORKER_LEAVE);
	for (unsigned i = 0; i < agent->workers_run; i++)
		worker_join(agent->workers[i]);
	return !agent->lists_run || lists_stop(agent->lists);
}

bool
agent_stop(struct agent *agent)
{
	bool stopped = stop_threads(agent);

	if (agent->acceptor_runs)
		say_totals(agent);
	acceptor_free(agent->acceptor);
	for (unsigned i = 0; agent->workers != NULL && i < agent->worker_count;
	     i++)
		worker_free(agent->workers[i]);
	free(agent->workers);
	if (!stopped)
		return false;
	lists_free(agent->lists);
	publication_fini(&agent->publication);
	forget_listens(agent);
	return true;
}

/* ---- while it runs ---- */

void
agent_order(struct agent *agent, enum worker_order order)
{
	for (unsigned i = 0; i < agent->worker_count; i++)
		worker_order(agent->workers[i], order);
}

static uint64_t
sum_of(const struct agent *agent, enum counter counter)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < agent->worker_count; i++)
		sum += counters_get(&agent->workers[i]->counters, counter);
	return sum;
}

/* Ended ones first: others may begin and end in between. */
uint64_t
agent_dialogs(const struct agent *agent)
{
	uint64_t ended = sum_of(agent, COUNTER_DIALOGS_ENDED);

	return sum_of(agent, COUNTER_DIALOGS) - ended;
}

uint64_t
agent_dialogs_begun(const struct agent *agent)
{
	return sum_of(agent, COUNTER_DIALOGS);
}

/* The main thread is the last of the readers. */
static struct generation *
enter(struct agent *agent)
{
	return publication_enter(&agent->publication, agent->worker_count + 1)
	    ->generation;
}

static void
leave(struct agent *agent)
{
	publication_leave(&agent->publication, agent->worker_count + 1);
}

uint64_t
agent_drain_timeout(struct agent *agent)
{
	uint64_t timeout =
	    generation_settings(enter(agent))->limits.drain_timeout;

	leave(agent);
	return timeout;
}

const struct settings *
agent_borrow(struct agent *agent)
{
	return generation_settings(enter(agent));
}

void
agent_give_back(struct agent *agent)
{
	leave(agent);
}

void
agent_look(struct agent *agent, struct sight *sight)
{
	const struct generation *generation = enter(agent);

	sight->generation = generation_number(generation);
	sight->policies = generation_settings(generation)->policy_count;
	sight->lists = generation_settings(generation)->list_count;
	leave(agent);
	sight->uptime = monotonic_milliseconds() - agent->started;
	sight->threads = agent->worker_count;
	sight->dialogs = agent_dialogs(agent);
	sight->log_dropped = log_dropped(agent->settings->log);
	/* Closed ones first: others may come and go in between. */
	uint64_t closed = sum_of(agent, COUNTER_CLOSED);
	sight->totals = (struct totals){0};
	add_totals(agent, &sight->totals);
	sight->connections = sight->totals.of[COUNTER_CONNECTIONS] - closed;
}

void
agent_say_ready(struct agent *agent)
{
	for (size_t i = 0; i < agent->listener_count; i++)
		log_event(&agent->logger, LOG_INFO_, "listening",
		    log_text("address", agent->listeners[i].address));
	log_event(&agent->logger, LOG_INFO_, "ready",
	    log_text("version", TRUESRC_VERSION),
	    log_number("threads", agent->worker_count),
	    log_number("generation", generation_number(enter(agent))));
	leave(agent);
}
