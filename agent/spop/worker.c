/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/clock.h"
#include "agent/control/loop.h"
#include "agent/poison.h"
#include "agent/spop/connection.h"
#include "agent/spop/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
	INPUT_SIZE = 65536,   /* read in one turn from one connection */
	OUTPUT_SIZE = 131072, /* its answers, about */
	FAULT_INTERVAL = 1000,
	REMARK_INTERVAL = 10000,
};

static const double sweep_interval = 0.1;

/* ---- turns of the loop ---- */

static void
begin_turn(struct worker *worker)
{
	worker->edition =
	    publication_enter(worker->publication, worker->number);
	worker->now = monotonic_milliseconds();
	unpoison_pages(worker->input, worker->input_size);
	unpoison_pages(worker->output, worker->output_size);
	deadline_clock_advance(&worker->clock, worker->now);
}

static void
say_remark(struct worker *worker)
{
	struct remark *remark = &worker->remark;
	uint64_t held;

	if (log_limit_pass(&worker->remark_limit, worker->now, &held))
		log_event(&worker->logger, LOG_NOTICE_, remark->event,
		    log_view(
			"what", (struct view){remark->text, remark->length}),
		    log_number("held", (int64_t)held));
	remark->event = NULL;
}

/* From here to the next turn nothing of the edition may be touched. */
static void
end_turn(struct worker *worker)
{
	if (worker->remark.event != NULL)
		say_remark(worker);
	worker->edition = NULL;
	poison_pages(worker->input, worker->input_size);
	poison_pages(worker->output, worker->output_size);
	publication_leave(worker->publication, worker->number);
}

static void
on_release(struct ev_loop *loop)
{
	end_turn(ev_userdata(loop));
}

static void
on_acquire(struct ev_loop *loop)
{
	begin_turn(ev_userdata(loop));
}

/* ---- deadlines ---- */

static struct connection *
connection_of(struct deadline *deadline)
{
	void *at = (char *)deadline - offsetof(struct connection, deadline);

	return at;
}

static void
on_sweep(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct worker *worker = timer->data;
	const struct limits_settings *limits = worker_limits(worker);
	const uint64_t times[DEADLINE_KINDS] = {
	    [DEADLINE_HELLO] = limits->hello_timeout,
	    [DEADLINE_FRAME] = limits->frame_timeout,
	    [DEADLINE_LINGER] = LINGER_TIME,
	};
	struct deadline *expired;

	(void)events;
	for (unsigned kind = 0; kind < DEADLINE_KINDS; kind++)
		while ((expired = deadlines_expired(&worker->deadlines,
			    (enum deadline_kind)kind, worker->clock.time,
			    times[kind])) != NULL)
			connection_expire(connection_of(expired));
	if (deadlines_empty(&worker->deadlines))
		ev_timer_stop(loop, timer);
}

void
worker_set_deadline(
    struct worker *worker, struct deadline *deadline, enum deadline_kind kind)
{
	deadline_set(&worker->deadlines, deadline, kind, worker->clock.time);
	if (!ev_is_active(&worker->sweep)) {
		ev_timer_set(&worker->sweep, sweep_interval, sweep_interval);
		ev_timer_start(worker->loop, &worker->sweep);
	}
}

/* ---- orders ---- */

/* Either may take the connection out of the list, and none but that one. */
static void
for_all(struct worker *worker, void (*action)(struct connection *connection))
{
	struct connection *next;

	for (struct connection *at = worker->connections; at != NULL;
	     at = next) {
		next = at->next;
		action(at);
	}
}

static void
on_order(struct worker *worker, enum worker_order order)
{
	switch (order) {
	case WORKER_DRAIN:
		worker->draining = true;
		break;
	case WORKER_END_IDLE:
		for_all(worker, connection_end_idle);
		break;
	case WORKER_LEAVE:
		for_all(worker, connection_abandon);
		ev_break(worker->loop, EVBREAK_ALL);
		break;
	case WORKER_ADOPT:
	case WORKER_ORDERS:
		break;
	}
}

static void
on_letter(void *owner, struct letter *letter)
{
	struct worker *worker = owner;

	if (letter->kind == WORKER_ADOPT)
		connection_start((struct connection *)letter, worker);
	else
		on_order(worker, (enum worker_order)letter->kind);
}

void
worker_order(struct worker *worker, enum worker_order order)
{
	inbox_post(&worker->inbox, &worker->orders[order]);
}

void
worker_adopt(struct worker *worker, struct connection **take)
{
	struct connection *connection = *take;

	*take = NULL;
	inbox_post(&worker->inbox, &connection->letter);
}

/* ---- for its connections ---- */

const struct limits_settings *
worker_limits(const struct worker *worker)
{
	return &generation_settings(worker->edition->generation)->limits;
}

struct dialog_context
worker_context(struct worker *worker)
{
	return (struct dialog_context){
	    .message = {.generation = worker->edition->generation,
		.request = worker->edition->requests[worker->number],
		.counters = &worker->counters,
		.remark = &worker->remark},
	    .limits = &worker->limits,
	    .pool = &worker->pool,
	    .pipelining = worker_limits(worker)->pipelining,
	    .draining = worker->draining,
	};
}

/* ---- life ---- */

static size_t
larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static uint8_t *
map_buffer(size_t size)
{
	void *buffer = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return buffer != MAP_FAILED ? buffer : NULL;
}

/*
 * Both buffers take the longest frame; one of the pool takes what is left of
 * either, a DISCONNECT behind it, or fragments.
 */
static bool
make_buffers(struct worker *worker)
{
	size_t frame = SPOP_LENGTH_SIZE + (size_t)worker->limits.frame_size;

	worker->input_size = larger(INPUT_SIZE, frame);
	worker->output_size = larger(OUTPUT_SIZE, frame + DIALOG_SLACK);
	pool_init(&worker->pool, larger(worker->limits.fragments,
				     larger(worker->input_size,
					 worker->output_size + DIALOG_SLACK)));
	worker->input = map_buffer(worker->input_size);
	worker->output = map_buffer(worker->output_size);
	return worker->input != NULL && worker->output != NULL;
}

static void
init(struct worker *worker, const struct worker_settings *settings)
{
	char name[sizeof(worker->logger.thread)];

	*worker = (struct worker){
	    .limits = settings->limits,
	    .number = settings->number,
	    .publication = settings->publication,
	    .remark_limit = {.interval = REMARK_INTERVAL},
	    .fault_limit = {.interval = FAULT_INTERVAL},
	};
	snprintf(name, sizeof(name), "worker-%u", settings->number + 1);
	logger_init(&worker->logger, settings->log, name);
	deadlines_init(&worker->deadlines);
	for (unsigned order = 0; order < WORKER_ORDERS; order++)
		worker->orders[order].kind = order;
	ev_timer_init(&worker->sweep, on_sweep, 0., 0.);
	/* What has come in is read first: it may be what is waited for. */
	ev_set_priority(&worker->sweep, EV_MINPRI);
	worker->sweep.data = worker;
}

struct worker *
worker_new(const struct worker_settings *settings)
{
	struct worker *worker =
	    aligned_alloc(_Alignof(struct worker), sizeof(*worker));

	if (worker == NULL)
		return NULL;
	init(worker, settings);
	worker->loop = loop_new();
	if (worker->loop == NULL || !make_buffers(worker) ||
	    !inbox_init(&worker->inbox, worker->loop, worker, on_letter)) {
		worker_free(worker);
		return NULL;
	}
	ev_set_userdata(worker->loop, worker);
	ev_set_loop_release_cb(worker->loop, on_release, on_acquire);
	return worker;
}

static void
discard(void *owner, struct letter *letter)
{
	(void)owner;
	if (letter->kind == WORKER_ADOPT)
		connection_drop((struct connection *)letter);
}

void
worker_free(struct worker *worker)
{
	if (worker == NULL)
		return;
	inbox_fini(&worker->inbox, discard);
	if (worker->loop != NULL)
		ev_loop_destroy(worker->loop);
	pool_fini(&worker->pool);
	if (worker->input != NULL)
		munmap(worker->input, worker->input_size);
	if (worker->output != NULL)
		munmap(worker->output, worker->output_size);
	free(worker);
}

static void *
run(void *argument)
{
	struct worker *worker = argument;

	pthread_setname_np(pthread_self(), worker->logger.thread);
	begin_turn(worker);
	ev_run(worker->loop, 0);
	end_turn(worker);
	return NULL;
}

bool
worker_start(struct worker *worker)
{
	return pthread_create(&worker->thread, NULL, run, worker) == 0;
}

void
worker_join(struct worker *worker)
{
	pthread_join(worker->thread, NULL);
}
