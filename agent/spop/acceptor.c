/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/clock.h"
#include "agent/control/loop.h"
#include "agent/spop/acceptor.h"
#include "agent/spop/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPTS_A_TURN = 64, LOG_INTERVAL = 1000 /* milliseconds */ };

static const double pause_min = 0.25;
static const double pause_max = 2.0;

struct accepting {
	ev_io io;
	struct acceptor *acceptor;
	size_t listener; /* its place among those that run */
};

union socket_address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
	struct sockaddr_storage room;
};

/* ---- turns of the loop ---- */

static void
begin_turn(struct acceptor *acceptor)
{
	acceptor->edition = publication_enter(
	    acceptor->settings.publication, acceptor->settings.reader);
}

static void
end_turn(struct acceptor *acceptor)
{
	acceptor->edition = NULL;
	publication_leave(
	    acceptor->settings.publication, acceptor->settings.reader);
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

/* ---- pauses ---- */

/* False: one was not watched until now. */
static bool
watch_all(struct acceptor *acceptor)
{
	bool watched = true;

	for (size_t i = 0; i < acceptor->settings.running->count; i++) {
		ev_io *io = &acceptor->accepting[i].io;

		watched = watched && ev_is_active(io);
		ev_io_start(acceptor->loop, io);
	}
	return watched;
}

static void
unwatch_all(struct acceptor *acceptor)
{
	for (size_t i = 0; i < acceptor->settings.running->count; i++)
		ev_io_stop(acceptor->loop, &acceptor->accepting[i].io);
}

/*
 * Where the system refuses to watch one, the loop stops it, and tells when it
 * wakes next. So it is woken until all have stayed.
 */
static void
on_resume(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)events;
	if (watch_all(timer->data))
		return;
	ev_timer_set(timer, pause_min, 0.);
	ev_timer_start(loop, timer);
}

/*
 * What waits in the backlog keeps a listener readable: it must not be watched
 * while nothing can be done about it.
 */
static void
take_a_pause(struct acceptor *acceptor, const char *reason)
{
	uint64_t held;

	unwatch_all(acceptor);
	ev_timer_stop(acceptor->loop, &acceptor->resume);
	ev_timer_set(&acceptor->resume, acceptor->pause, 0.);
	ev_timer_start(acceptor->loop, &acceptor->resume);
	counters_add(&acceptor->counters, COUNTER_ACCEPT_PAUSES, 1);
	if (log_limit_pass(
		&acceptor->pause_limit, monotonic_milliseconds(), &held))
		log_event(&acceptor->logger, LOG_WARNING_, "accept-pause",
		    log_text("reason", reason),
		    log_number(
			"milliseconds", (int64_t)(acceptor->pause * 1000)),
		    log_number("held", (int64_t)held));
	acceptor->pause *= 2;
	if (acceptor->pause > pause_max)
		acceptor->pause = pause_max;
}

/* ---- choosing a worker ---- */

static uint64_t
load_of(const struct acceptor *acceptor, unsigned worker)
{
	const struct counters *counters =
	    &acceptor->settings.workers[worker]->counters;

	return acceptor->handed[worker] -
	       counters_get(counters, COUNTER_CLOSED);
}

/* The one with the fewest; *total is what all have. */
static unsigned
choose_worker(struct acceptor *acceptor, uint64_t *total)
{
	unsigned count = acceptor->settings.worker_count;
	unsigned chosen = 0;
	uint64_t fewest = UINT64_MAX;

	*total = 0;
	for (unsigned i = 0; i < count; i++) {
		unsigned worker = (acceptor->next + i) % count;
		uint64_t load = load_of(acceptor, worker);

		*total += load;
		if (load < fewest) {
			fewest = load;
			chosen = worker;
		}
	}
	acceptor->next = (chosen + 1) % count;
	return chosen;
}

/* ---- accepting ---- */

static struct address
peer_of(const union socket_address *from, uint16_t *port)
{
	struct address none = {0};

	*port = 0;
	if (from->any.sa_family == AF_INET) {
		*port = ntohs(from->ipv4.sin_port);
		return address_from_ipv4(
		    (const uint8_t *)&from->ipv4.sin_addr.s_addr);
	}
	if (from->any.sa_family == AF_INET6) {
		*port = ntohs(from->ipv6.sin6_port);
		return address_unmap(
		    address_from_ipv6(from->ipv6.sin6_addr.s6_addr));
	}
	return none;
}

static void
refuse(const struct accepting *accepting, int descriptor,
    const struct address *peer)
{
	struct acceptor *acceptor = accepting->acceptor;
	char text[ADDRESS_TEXT_SIZE] = "unix";
	uint64_t held;

	close(descriptor);
	counters_add(&acceptor->counters, COUNTER_REFUSED, 1);
	if (!log_limit_pass(
		&acceptor->refusal_limit, monotonic_milliseconds(), &held))
		return;
	if (peer->family != ADDRESS_NONE)
		address_format(peer, text);
	log_event(&acceptor->logger, LOG_WARNING_, "refused",
	    log_text("peer", text),
	    log_text("listener",
		acceptor->settings.listeners[accepting->listener].address),
	    log_number("held", (int64_t)held));
}

static void
hand_over(const struct accepting *accepting, int descriptor,
    const union socket_address *from, unsigned worker)
{
	struct acceptor *acceptor = accepting->acceptor;
	uint16_t port;
	struct address peer = peer_of(from, &port);

	if (!edition_admits(acceptor->edition, acceptor->settings.running,
		accepting->listener, &peer)) {
		refuse(accepting, descriptor, &peer);
		return;
	}
	struct connection *connection = connection_new(descriptor, &peer, port);
	if (connection == NULL)
		return;
	acceptor->handed[worker]++;
	counters_add(&acceptor->counters, COUNTER_CONNECTIONS, 1);
	worker_adopt(acceptor->settings.workers[worker], &connection);
}

/* A peer that is gone again is none of our trouble. */
static bool
is_peers_fault(int error)
{
	static const int faults[] = {EINTR, ECONNABORTED, EPROTO, ENETDOWN,
	    ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, ENOPROTOOPT, EPERM};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i] == error)
			return true;
	return false;
}

/* False: enough for now. */
static bool
accept_one(const struct accepting *accepting)
{
	struct acceptor *acceptor = accepting->acceptor;
	union socket_address from = {.any = {.sa_family = AF_UNSPEC}};
	socklen_t length = sizeof(from);
	uint64_t total;
	unsigned worker = choose_worker(acceptor, &total);

	if (total >= acceptor->settings.connections_max) {
		take_a_pause(acceptor, "limits.connections is reached");
		return false;
	}
	int descriptor = accept4(
	    accepting->io.fd, &from.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (descriptor >= 0) {
		acceptor->pause = pause_min;
		hand_over(accepting, descriptor, &from, worker);
		return true;
	}
	if (errno == EAGAIN)
		return false;
	if (is_peers_fault(errno))
		return true;
	take_a_pause(acceptor, strerror(errno));
	return false;
}

static void
on_connection(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	struct accepting *accepting = io->data;

	if (events & EV_ERROR) {
		take_a_pause(
		    accepting->acceptor, "a listener cannot be watched");
		return;
	}
	for (unsigned i = 0; i < ACCEPTS_A_TURN; i++)
		if (!accept_one(accepting))
			return;
}

/* ---- life ---- */

static void
on_letter(void *owner, struct letter *letter)
{
	struct acceptor *acceptor = owner;

	(void)letter;
	unwatch_all(acceptor);
	ev_break(acceptor->loop, EVBREAK_ALL);
}

static bool
make_parts(struct acceptor *acceptor)
{
	const struct acceptor_settings *settings = &acceptor->settings;

	acceptor->loop = loop_new();
	acceptor->accepting =
	    calloc(settings->running->count + 1, sizeof(*acceptor->accepting));
	acceptor->handed =
	    calloc(settings->worker_count, sizeof(*acceptor->handed));
	return acceptor->loop != NULL && acceptor->accepting != NULL &&
	       acceptor->handed != NULL;
}

static void
set_up(struct acceptor *acceptor)
{
	const struct acceptor_settings *settings = &acceptor->settings;

	for (size_t i = 0; i < settings->running->count; i++) {
		struct accepting *accepting = &acceptor->accepting[i];

		accepting->acceptor = acceptor;
		accepting->listener = i;
		ev_io_init(&accepting->io, on_connection,
		    settings->listeners[i].descriptor, EV_READ);
		accepting->io.data = accepting;
	}
	ev_timer_init(&acceptor->resume, on_resume, 0., 0.);
	acceptor->resume.data = acceptor;
	ev_set_userdata(acceptor->loop, acceptor);
	ev_set_loop_release_cb(acceptor->loop, on_release, on_acquire);
	on_resume(acceptor->loop, &acceptor->resume, EV_TIMER);
}

struct acceptor *
acceptor_new(const struct acceptor_settings *settings)
{
	struct acceptor *acceptor =
	    aligned_alloc(_Alignof(struct acceptor), sizeof(*acceptor));

	if (acceptor == NULL)
		return NULL;
	*acceptor = (struct acceptor){
	    .settings = *settings,
	    .pause = pause_min,
	    .pause_limit = {.interval = LOG_INTERVAL},
	    .refusal_limit = {.interval = LOG_INTERVAL},
	};
	logger_init(&acceptor->logger, settings->log, "acceptor");
	if (!make_parts(acceptor) || !inbox_init(&acceptor->inbox,
					 acceptor->loop, acceptor, on_letter)) {
		acceptor_free(acceptor);
		return NULL;
	}
	set_up(acceptor);
	return acceptor;
}

void
acceptor_free(struct acceptor *acceptor)
{
	if (acceptor == NULL)
		return;
	inbox_fini(&acceptor->inbox, NULL);
	if (acceptor->loop != NULL)
		ev_loop_destroy(acceptor->loop);
	free(acceptor->accepting);
	free(acceptor->handed);
	free(acceptor);
}

static void *
run(void *argument)
{
	struct acceptor *acceptor = argument;

	pthread_setname_np(pthread_self(), "acceptor");
	begin_turn(acceptor);
	ev_run(acceptor->loop, 0);
	end_turn(acceptor);
	return NULL;
}

bool
acceptor_start(struct acceptor *acceptor)
{
	return pthread_create(&acceptor->thread, NULL, run, acceptor) == 0;
}

void
acceptor_stop(struct acceptor *acceptor)
{
	inbox_post(&acceptor->inbox, &acceptor->leave);
	pthread_join(acceptor->thread, NULL);
}
