/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/console/consoles.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/control/clock.h"
#include "agent/console/console.h"
#include "agent/ensure.h"

enum {
	ACCEPTS_A_TURN = 16,
	GROUPS_MAX = 1024, /* of a peer; one that has more is in none */
	LOG_INTERVAL = 1000,
};

static const double pause_time = 0.25;
static const double sweep_interval = 1.0;

/* ---- who it is ---- */

/* Is the peer in the group that the socket file belongs to now? */
static bool
shares_group(const struct consoles *consoles, int descriptor, gid_t own)
{
	const struct listener *listener = &consoles->listener;
	gid_t groups[GROUPS_MAX];
	socklen_t length = sizeof(groups);
	struct stat status;

	if (lstat(listener->path, &status) != 0 ||
	    status.st_dev != listener->device ||
	    status.st_ino != listener->inode)
		return false;
	if (own == status.st_gid)
		return true;
	if (getsockopt(
		descriptor, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0)
		return false;
	for (size_t i = 0; i < length / sizeof(groups[0]); i++)
		if (groups[i] == status.st_gid)
			return true;
	return false;
}

/*
 * The mode of the socket says who connects. Who does so as neither its owner
 * nor one of its group may look: a socket open to all is open for that.
 */
static void
learn_peer(struct console *console)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(
		console->io.fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
		snprintf(console->who, sizeof(console->who), "unknown");
		return;
	}
	snprintf(console->who, sizeof(console->who), "uid %u pid %d",
	    (unsigned)peer.uid, (int)peer.pid);
	console->may_change =
	    peer.uid == 0 || peer.uid == geteuid() ||
	    shares_group(console->consoles, console->io.fd, peer.gid);
}

/* ---- too many ---- */

/* Nobody is locked out by those who only hold a connection. */
static bool
make_place(struct consoles *consoles)
{
	uint64_t now = monotonic_milliseconds();
	struct console *oldest = NULL;

	if (consoles->count < consoles->settings.max)
		return true;
	for (struct console *at = consoles->first; at != NULL; at = at->next)
		if (at->on_answer == NULL &&
		    (oldest == NULL || at->moved < oldest->moved))
			oldest = at;
	if (oldest == NULL || now - oldest->moved < CONSOLES_YIELD)
		return false;
	console_free(oldest);
	return true;
}

static void
turn_away(struct consoles *consoles, int descriptor)
{
	static const char text[] = "error: too many connections\n\n";
	uint64_t held;

	send(descriptor, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(descriptor);
	if (log_limit_pass(
		&consoles->full_limit, monotonic_milliseconds(), &held))
		log_event(&consoles->logger, LOG_WARNING_, "control",
		    log_text("result", "refused"),
		    log_text("reason", "too many connections"),
		    log_number("held", (int64_t)held));
}

/* ---- accepting ---- */

static void
pause_accepting(struct consoles *consoles)
{
	ev_io_stop(consoles->loop, &consoles->accepting);
	ev_timer_set(&consoles->resume, pause_time, 0.);
	ev_timer_start(consoles->loop, &consoles->resume);
}

static void
on_resume(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct consoles *consoles = timer->data;

	(void)events;
	ev_io_start(loop, &consoles->accepting);
}

/* False: enough for now. */
static bool
accept_one(struct consoles *consoles)
{
	int descriptor = accept4(consoles->listener.descriptor, NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct console *console;

	if (descriptor < 0) {
		if (errno == EINTR || errno == ECONNABORTED)
			return true;
		if (errno != EAGAIN)
			pause_accepting(consoles);
		return false;
	}
	if (!make_place(consoles)) {
		turn_away(consoles, descriptor);
		return true;
	}
	console = console_new(consoles, descriptor);
	if (console != NULL)
		learn_peer(console);
	return true;
}

static void
on_connection(struct ev_loop *loop, ev_io *io, int events)
{
	struct consoles *consoles = io->data;

	(void)loop;
	if (events & EV_ERROR) {
		pause_accepting(consoles);
		return;
	}
	for (unsigned i = 0; i < ACCEPTS_A_TURN; i++)
		if (!accept_one(consoles))
			return;
}

static void
on_sweep(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct consoles *consoles = timer->data;
	uint64_t now = monotonic_milliseconds();
	struct console *next;

	(void)loop;
	(void)events;
	for (struct console *at = consoles->first; at != NULL; at = next) {
		next = at->next;
		if (at->on_answer == NULL &&
		    now - at->moved >= consoles->settings.idle)
			console_free(at);
	}
}

/* ---- errands ---- */

static struct errand *
take_errand(struct consoles *consoles)
{
	struct errand *errand = consoles->spare;

	if (errand != NULL)
		consoles->spare = errand->next;
	else
		errand = malloc(sizeof(*errand));
	if (errand != NULL)
		memset(errand, 0, offsetof(struct errand, order.rows));
	return errand;
}

static struct errand *
make_errand(struct console *console)
{
	struct consoles *consoles = console->consoles;
	struct errand *errand = take_errand(consoles);

	if (errand == NULL) {
		console->output.starved = true;
		return NULL;
	}
	errand->console = console;
	errand->previous = NULL;
	errand->next = consoles->errands;
	if (errand->next != NULL)
		errand->next->previous = errand;
	consoles->errands = errand;
	consoles->errand_count++;
	return errand;
}

static void
unlink_errand(struct consoles *consoles, struct errand *errand)
{
	if (errand->previous != NULL)
		errand->previous->next = errand->next;
	else
		consoles->errands = errand->next;
	if (errand->next != NULL)
		errand->next->previous = errand->previous;
	consoles->errand_count--;
}

/* First come, first served: who reads a long list waits for the others. */
struct errand *
consoles_errand(struct console *console)
{
	struct consoles *consoles = console->consoles;

	if (consoles->errand_count < ERRANDS_MAX &&
	    consoles->waiting_first == NULL)
		return make_errand(console);
	console->next_waiting = NULL;
	if (consoles->waiting_first == NULL)
		consoles->waiting_first = console;
	else
		consoles->waiting_last->next_waiting = console;
	consoles->waiting_last = console;
	return NULL;
}

void
consoles_forget(struct console *console)
{
	struct consoles *consoles = console->consoles;
	struct console **at = &consoles->waiting_first;
	struct console *before = NULL;

	while (*at != NULL && *at != console) {
		before = *at;
		at = &before->next_waiting;
	}
	if (*at == NULL)
		return;
	*at = console->next_waiting;
	if (consoles->waiting_last == console)
		consoles->waiting_last = before;
}

static void
send_waiting(struct consoles *consoles)
{
	while (consoles->waiting_first != NULL &&
	       consoles->errand_count < ERRANDS_MAX) {
		struct console *console = consoles->waiting_first;
		struct errand *errand = make_errand(console);

		consoles_forget(console);
		if (errand != NULL)
			console_send(console, errand);
		else
			console_free(console);
	}
}

static void
spare_errand(struct consoles *consoles, struct errand *errand)
{
	free(errand->order.report);
	errand->next = consoles->spare;
	consoles->spare = errand;
}

static void
on_letter(void *owner, struct letter *letter)
{
	struct consoles *consoles = owner;
	struct errand *errand = (struct errand *)letter;

	unlink_errand(consoles, errand);
	send_waiting(consoles);
	if (errand->console != NULL)
		console_answer(errand->console, &errand->order);
	spare_errand(consoles, errand);
}

/* ---- life ---- */

static void
start_watching(struct consoles *consoles)
{
	struct ev_loop *loop = consoles->loop;

	ev_io_init(&consoles->accepting, on_connection,
	    consoles->listener.descriptor, EV_READ);
	consoles->accepting.data = consoles;
	ev_timer_init(&consoles->resume, on_resume, 0., 0.);
	consoles->resume.data = consoles;
	ev_timer_init(
	    &consoles->sweep, on_sweep, sweep_interval, sweep_interval);
	consoles->sweep.data = consoles;
	ev_io_start(loop, &consoles->accepting);
	ev_timer_start(loop, &consoles->sweep);
}

bool
consoles_init(struct consoles *consoles, struct ev_loop *loop, struct log *log)
{
	*consoles = (struct consoles){
	    .loop = loop,
	    .log = log,
	    .refused_limit = {.interval = LOG_INTERVAL},
	    .full_limit = {.interval = LOG_INTERVAL},
	};
	logger_init(&consoles->logger, log, "control");
	return inbox_init(&consoles->inbox, loop, consoles, on_letter);
}

bool
consoles_open(struct consoles *consoles,
    const struct consoles_settings *settings, char error[LISTENER_ERROR_SIZE])
{
	consoles->settings = *settings;
	if (!listener_open_local(
		&consoles->listener, settings->path, settings->mode, error))
		return false;
	start_watching(consoles);
	consoles->open = true;
	log_event(&consoles->logger, LOG_INFO_, "control-socket",
	    log_text("address", consoles->listener.address),
	    log_number("connections", settings->max));
	return true;
}

void
consoles_close(struct consoles *consoles)
{
	if (!consoles->open)
		return;
	while (consoles->first != NULL)
		console_free(consoles->first);
	ev_io_stop(consoles->loop, &consoles->accepting);
	ev_timer_stop(consoles->loop, &consoles->resume);
	ev_timer_stop(consoles->loop, &consoles->sweep);
	listener_close(&consoles->listener);
	consoles->open = false;
}

void
consoles_fini(struct consoles *consoles)
{
	inbox_fini(&consoles->inbox, NULL);
	while (consoles->errands != NULL) {
		struct errand *errand = consoles->errands;

		unlink_errand(consoles, errand);
		spare_errand(consoles, errand);
	}
	while (consoles->spare != NULL) {
		struct errand *errand = consoles->spare;

		consoles->spare = errand->next;
		free(errand);
	}
}
