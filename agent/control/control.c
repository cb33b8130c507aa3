/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/agent.h"
#include "agent/control/clock.h"
#include "agent/console/consoles.h"
#include "agent/control/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
	/*
	 * Without a dialog, old or new, for so long: HAProxy has understood.
	 * Until its health checks have failed it opens a new one for each
	 * question, and these must still be answered.
	 */
	QUIET_TIME = 300,
	NO_LIMIT = 0,
};

static const double tick_interval = 0.05;

enum stage {
	STAGE_RUNNING,
	STAGE_DRAINING, /* without limit: soft stop */
	STAGE_LEAVING,  /* within drain-timeout */
};

struct control {
	struct agent agent;
	struct consoles consoles;
	struct ev_loop *loop;
	enum stage stage;
	uint64_t began; /* draining; monotonic milliseconds */
	uint64_t limit; /* NO_LIMIT, or how long that may take */
	uint64_t busy;  /* when there was a dialog last */
	uint64_t begun; /* dialogs so far, then */
	bool idle_ended;
	int signals;
	ev_io on_signals;
	ev_timer tick;
};

static void
leave(struct control *control, const char *reason)
{
	log_event(&control->agent.logger, LOG_NOTICE_, "leaving",
	    log_text("reason", reason),
	    log_number("dialogs", (int64_t)agent_dialogs(&control->agent)));
	ev_break(control->loop, EVBREAK_ALL);
}

/* ---- draining ---- */

static bool
is_quiet(struct control *control, uint64_t now)
{
	uint64_t begun = agent_dialogs_begun(&control->agent);

	if (begun != control->begun || agent_dialogs(&control->agent) > 0) {
		control->begun = begun;
		control->busy = now;
	}
	return now - control->busy >= QUIET_TIME;
}

static void
on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct control *control = timer->data;
	uint64_t now = monotonic_milliseconds();
	uint64_t passed = now - control->began;

	(void)loop;
	(void)events;
	if (is_quiet(control, now)) {
		leave(control, "drained");
		return;
	}
	if (control->limit == NO_LIMIT && control->stage == STAGE_DRAINING)
		return;
	if (passed >= control->limit) {
		leave(control, "drain-timeout is over");
		return;
	}
	if (passed >= control->limit / 2 && !control->idle_ended) {
		control->idle_ended = true;
		agent_order(&control->agent, WORKER_END_IDLE);
	}
}

static void
drain(struct control *control, enum stage stage, uint64_t limit)
{
	control->began = monotonic_milliseconds();
	control->busy = control->began;
	control->limit = limit;
	log_event(&control->agent.logger, LOG_NOTICE_, "draining",
	    log_number("milliseconds", (int64_t)limit),
	    log_number("dialogs", (int64_t)agent_dialogs(&control->agent)));
	if (control->stage == STAGE_RUNNING)
		agent_order(&control->agent, WORKER_DRAIN);
	control->stage = stage;
	ev_timer_again(control->loop, &control->tick);
}

/* ---- signals ---- */

static void
on_reload(struct control *control)
{
	if (control->stage == STAGE_RUNNING)
		lists_reload(control->agent.lists);
}

static void
on_soft_stop(struct control *control)
{
	if (control->stage == STAGE_RUNNING)
		drain(control, STAGE_DRAINING, NO_LIMIT);
}

static void
on_terminate(struct control *control)
{
	if (control->stage == STAGE_LEAVING)
		leave(control, "told twice");
	else
		drain(control, STAGE_LEAVING,
		    agent_drain_timeout(&control->agent));
}

static void
on_interrupt(struct control *control)
{
	leave(control, "interrupted");
}

static const struct {
	int number;
	void (*obey)(struct control *control);
} orders[] = {
    {SIGHUP, on_reload},
    {SIGUSR2, on_reload},
    {SIGUSR1, on_soft_stop},
    {SIGTERM, on_terminate},
    {SIGINT, on_interrupt},
};

enum { ORDERS = sizeof(orders) / sizeof(orders[0]) };

static void
on_signals(struct ev_loop *loop, ev_io *io, int events)
{
	struct control *control = io->data;
	struct signalfd_siginfo info;

	(void)loop;
	(void)events;
	while (read(control->signals, &info, sizeof(info)) ==
	       (ssize_t)sizeof(info))
		for (unsigned i = 0; i < ORDERS; i++)
			if ((uint32_t)orders[i].number == info.ssi_signo)
				orders[i].obey(control);
}

/*
 * Blocked before any other thread exists, so that all inherit it: a signal is
 * read by the loop, never handled in the middle of something.
 */
static bool
open_signals(struct control *control)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	for (unsigned i = 0; i < ORDERS; i++)
		sigaddset(&set, orders[i].number);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
		return false;
	control->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return control->signals >= 0;
}

/* ---- the control socket ---- */

static void
look(void *owner, struct sight *sight)
{
	struct control *control = owner;

	agent_look(&control->agent, sight);
	sight->draining = control->stage != STAGE_RUNNING;
}

static const struct settings *
borrow(void *owner)
{
	struct control *control = owner;

	return agent_borrow(&control->agent);
}

static void
give_back(void *owner)
{
	struct control *control = owner;

	agent_give_back(&control->agent);
}

static void
order(void *owner, struct order *wanted)
{
	struct control *control = owner;

	lists_order(control->agent.lists, wanted);
}

static bool
shut_down(void *owner, uint64_t *limit)
{
	struct control *control = owner;

	if (control->stage == STAGE_LEAVING)
		return false;
	*limit = agent_drain_timeout(&control->agent);
	drain(control, STAGE_LEAVING, *limit);
	return true;
}

static bool
fail_socket(struct control *control, const char *reason)
{
	log_event(&control->agent.logger, LOG_ERROR_, "not-started",
	    log_text("reason", reason));
	return false;
}

static bool
open_consoles(struct control *control)
{
	const struct control_settings *settings = control->agent.settings;
	const struct socket_settings *local =
	    &agent_borrow(&control->agent)->control;
	const struct consoles_settings consoles = {
	    .path = local->path,
	    .mode = local->mode,
	    .max = control->agent.consoles_max,
	    .idle = CONSOLES_IDLE,
	    .runtime = {.owner = control,
		.look = look,
		.borrow = borrow,
		.give_back = give_back,
		.order = order,
		.shut_down = shut_down},
	};
	char error[LISTENER_ERROR_SIZE];
	bool opened = true;

	if (local->path != NULL && !log_keep(settings->log))
		opened = fail_socket(control, "out of memory");
	else if (local->path != NULL &&
		 !consoles_open(&control->consoles, &consoles, error))
		opened = fail_socket(control, error);
	agent_give_back(&control->agent);
	return opened;
}

/* ---- life ---- */

/* Signals are watched last: making a part runs the loop. */
static bool
open_loop(struct control *control, struct log *log)
{
	loops_init();
	control->loop = loop_new();
	if (control->loop == NULL || !open_signals(control) ||
	    !consoles_init(&control->consoles, control->loop, log))
		return false;
	ev_io_init(&control->on_signals, on_signals, control->signals, EV_READ);
	control->on_signals.data = control;
	ev_timer_init(&control->tick, on_tick, 0., tick_interval);
	control->tick.data = control;
	return loop_watch(control->loop, &control->on_signals);
}

static void
close_loop(struct control *control)
{
	if (control->signals >= 0)
		close(control->signals);
	consoles_fini(&control->consoles);
	if (control->loop != NULL)
		ev_loop_destroy(control->loop);
}

static enum control_result
run(struct control *control, const struct control_settings *settings,
    struct generation **take)
{
	bool started = agent_start(&control->agent, settings, take) &&
		       open_consoles(control);

	if (started) {
		agent_say_ready(&control->agent);
		ev_run(control->loop, 0);
	}
	consoles_close(&control->consoles);
	if (!agent_stop(&control->agent))
		return CONTROL_EXIT_NOW;
	return started ? CONTROL_DONE : CONTROL_NOT_STARTED;
}

static enum control_result
fail(const struct control_settings *settings, const char *reason)
{
	struct logger logger;

	logger_init(&logger, settings->log, "control");
	log_event(
	    &logger, LOG_ERROR_, "not-started", log_text("reason", reason));
	return CONTROL_NOT_STARTED;
}

enum control_result
control_run(const struct control_settings *settings, struct generation **take)
{
	struct control *control = calloc(1, sizeof(*control));
	enum control_result result;

	if (control == NULL)
		return fail(settings, "out of memory");
	control->signals = -1;
	result = open_loop(control, settings->log)
		     ? run(control, settings, take)
		     : fail(settings, "no loop for the main thread");
	if (result == CONTROL_EXIT_NOW)
		return result;
	close_loop(control);
	free(control);
	return result;
}
