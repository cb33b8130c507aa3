/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/ensure.h"
#include "agent/poison.h"
#include "agent/spop/connection.h"

#include <stdio.h>
#include <stdlib.h>

_Static_assert(sizeof(struct connection) <= CONNECTION_SIZE_MAX,
    "an idle connection stays small");

/* ---- what is said of it ---- */

enum { PEER_TEXT_SIZE = ADDRESS_TEXT_SIZE + 8 };

static void
format_peer(const struct connection *connection, char text[PEER_TEXT_SIZE])
{
	char address[ADDRESS_TEXT_SIZE];

	if (connection->peer.family == ADDRESS_NONE) {
		snprintf(text, PEER_TEXT_SIZE, "unix");
		return;
	}
	address_format(&connection->peer, address);
	snprintf(text, PEER_TEXT_SIZE,
	    connection->peer.family == ADDRESS_IPV6 ? "[%s]:%u" : "%s:%u",
	    address, connection->port);
}

/* Health checks and idle timeouts of HAProxy are everyday business. */
static bool
is_ordinary(const struct dialog *dialog)
{
	return dialog->status == SPOP_NORMAL ||
	       (dialog->by_peer && dialog->status == SPOP_TIMEOUT);
}

static void
log_end_of_dialog(struct connection *connection)
{
	struct worker *worker = connection->worker;
	const struct dialog *dialog = &connection->dialog;
	char peer[PEER_TEXT_SIZE];
	uint64_t held;

	if (is_ordinary(dialog) ||
	    !log_limit_pass(&worker->fault_limit, worker->now, &held))
		return;
	format_peer(connection, peer);
	log_event(&worker->logger, LOG_WARNING_,
	    dialog->by_peer ? "haproxy-disconnect" : "protocol-error",
	    log_text("peer", peer), log_number("status", dialog->status),
	    log_text("reason", spop_status_text(dialog->status)),
	    log_number("held", (int64_t)held));
}

static void
log_step(const struct connection *connection, const char *event)
{
	const struct logger *logger = &connection->worker->logger;
	char peer[PEER_TEXT_SIZE];

	if (!log_shows(logger, LOG_DEBUG_))
		return;
	format_peer(connection, peer);
	log_event(logger, LOG_DEBUG_, event, log_text("peer", peer),
	    log_number("requests", connection->dialog.requests));
}

/* ---- life ---- */

struct connection *
connection_new(int descriptor, const struct address *peer, uint16_t port)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	struct transport transport;

	transport_init(&transport, descriptor);
	if (connection == NULL) {
		transport_close(&transport);
		return NULL;
	}
	connection->transport = transport;
	connection->peer = *peer;
	connection->port = port;
	connection->letter.kind = WORKER_ADOPT;
	deadline_init(&connection->deadline);
	return connection;
}

void
connection_drop(struct connection *connection)
{
	transport_close(&connection->transport);
	poison(connection, sizeof(*connection));
	free(connection);
}

static void
release_input(struct connection *connection)
{
	pool_give(&connection->worker->pool, &connection->input);
	connection->input_length = 0;
}

static void
release_output(struct connection *connection)
{
	pool_give(&connection->worker->pool, &connection->output);
	connection->output_at = 0;
	connection->output_length = 0;
}

static void
unlink_connection(struct connection *connection)
{
	struct worker *worker = connection->worker;

	if (connection->previous != NULL)
		connection->previous->next = connection->next;
	else
		worker->connections = connection->next;
	if (connection->next != NULL)
		connection->next->previous = connection->previous;
}

static void
connection_close(struct connection *connection)
{
	struct worker *worker = connection->worker;

	log_step(connection, "closed");
	ev_io_stop(worker->loop, &connection->io);
	deadline_clear(&connection->deadline);
	unlink_connection(connection);
	dialog_fini(&connection->dialog, &worker->pool);
	release_input(connection);
	release_output(connection);
	if (connection->established)
		counters_add(&worker->counters, COUNTER_DIALOGS_ENDED, 1);
	counters_add(&worker->counters, COUNTER_CLOSED, 1);
	connection_drop(connection);
}

static void
watch(struct connection *connection, int events)
{
	struct ev_loop *loop = connection->worker->loop;
	ev_io *io = &connection->io;

	if (ev_is_active(io) && (io->events & (EV_READ | EV_WRITE)) == events)
		return;
	ev_io_stop(loop, io);
	ev_io_modify(io, events);
	ev_io_start(loop, io);
}

/* ---- output ---- */

/* Sends what it can and keeps the rest. False: the connection is gone. */
static bool
send_output(struct connection *connection, const uint8_t *bytes, size_t length)
{
	struct pool *pool = &connection->worker->pool;
	size_t sent = 0;

	ensure(connection->output == NULL);
	if (length == 0)
		return true;
	if (transport_send(&connection->transport, bytes, length, &sent) !=
	    TRANSPORT_BROKEN) {
		if (sent == length)
			return true;
		connection->output = pool_take(pool);
	}
	if (connection->output == NULL) {
		connection_close(connection);
		return false;
	}
	ensure(length - sent <= pool->size);
	memcpy(connection->output, bytes + sent, length - sent);
	connection->output_length = (uint32_t)(length - sent);
	return true;
}

/* The last word is out: a reset must not overtake it, so the peer closes. */
static void
linger(struct connection *connection)
{
	if (!transport_end(&connection->transport)) {
		connection_close(connection);
		return;
	}
	worker_set_deadline(
	    connection->worker, &connection->deadline, DEADLINE_LINGER);
	connection->phase = CONNECTION_LINGERING;
	watch(connection, EV_READ);
}

/*
 * The dialog is over and its output is sent, or kept to be sent: as long as
 * the peer goes on reading, or not for long when it was too slow for that.
 */
static void
end_talk(struct connection *connection, enum deadline_kind flushing)
{
	log_end_of_dialog(connection);
	release_input(connection);
	if (connection->output == NULL) {
		linger(connection);
		return;
	}
	worker_set_deadline(
	    connection->worker, &connection->deadline, flushing);
	connection->phase = CONNECTION_FLUSHING;
	watch(connection, EV_WRITE);
}

/* Ends the dialog from our side; the connection may be gone afterwards. */
static void
finish(struct connection *connection, enum spop_status status)
{
	struct worker *worker = connection->worker;
	uint8_t *bytes = worker->output;
	struct spop_writer writer;

	if (connection->output != NULL)
		bytes = connection->output + connection->output_length;
	spop_writer_init(&writer, bytes, DIALOG_SLACK);
	dialog_finish(&connection->dialog, status, &worker->counters, &writer);
	if (connection->output != NULL)
		connection->output_length += (uint32_t)(writer.at - bytes);
	else if (!send_output(connection, bytes, (size_t)(writer.at - bytes)))
		return;
	end_talk(connection,
	    status == SPOP_TIMEOUT ? DEADLINE_LINGER : DEADLINE_FRAME);
}

/* ---- input ---- */

/*
 * Keeps what is left of the input; it may lie in the worker's buffer or in our
 * own. False: the connection is gone.
 */
static bool
keep_input(struct connection *connection, struct view rest)
{
	if (rest.length == 0) {
		release_input(connection);
		return true;
	}
	if (connection->input == NULL) {
		connection->input = pool_take(&connection->worker->pool);
		if (connection->input == NULL) {
			connection_close(connection);
			return false;
		}
	}
	memmove(connection->input, rest.data, rest.length);
	connection->input_length = (uint32_t)rest.length;
	return true;
}

/* Does the connection owe us something, or we it? */
static bool
is_waiting(const struct connection *connection)
{
	return connection->output != NULL || connection->input_length > 0 ||
	       connection->dialog.state == DIALOG_FRAGMENTED;
}

/* progress: what the deadline was for is done, another time begins. */
static void
mind_deadline(struct connection *connection, bool progress)
{
	if (!dialog_established(&connection->dialog))
		return; /* one time for all of the greeting */
	if (!is_waiting(connection))
		deadline_clear(&connection->deadline);
	else if (progress || connection->deadline.kind != DEADLINE_FRAME)
		worker_set_deadline(
		    connection->worker, &connection->deadline, DEADLINE_FRAME);
}

static void
note_established(struct connection *connection)
{
	if (connection->established || !dialog_established(&connection->dialog))
		return;
	connection->established = true;
	counters_add(&connection->worker->counters, COUNTER_DIALOGS, 1);
	log_step(connection, "greeted");
}

/*
 * While draining a DISCONNECT goes out right behind an answer, when nothing
 * else has come in that would be lost with it.
 */
static enum dialog_result
take_leave(struct connection *connection, unsigned requests,
    struct spop_writer *output)
{
	struct worker *worker = connection->worker;

	if (!worker->draining || connection->dialog.state != DIALOG_OPEN ||
	    connection->dialog.requests == requests)
		return DIALOG_MORE;
	dialog_finish(
	    &connection->dialog, SPOP_NORMAL, &worker->counters, output);
	return DIALOG_CLOSE;
}

/*
 * Answers all of the input that the output has room for. all: nothing more
 * was there to be received.
 */
static void
serve(struct connection *connection, struct view input, bool all)
{
	struct worker *worker = connection->worker;
	struct dialog_context context = worker_context(worker);
	struct dialog *dialog = &connection->dialog;
	unsigned requests = dialog->requests;
	enum dialog_result result;

	do {
		struct spop_writer output;

		spop_writer_init(&output, worker->output, worker->output_size);
		result = dialog_receive(dialog, &context, &input, &output);
		if (result == DIALOG_MORE && all && input.length == 0)
			result = take_leave(connection, requests, &output);
		if (!send_output(connection, worker->output,
			(size_t)(output.at - worker->output)))
			return;
	} while (result == DIALOG_FULL && connection->output == NULL);
	note_established(connection);
	if (result == DIALOG_CLOSE) {
		end_talk(connection, DEADLINE_FRAME);
		return;
	}
	if (!keep_input(connection, input))
		return;
	mind_deadline(connection, dialog->requests != requests);
	watch(connection, connection->output != NULL ? EV_WRITE : EV_READ);
}

static void
on_readable(struct connection *connection)
{
	struct worker *worker = connection->worker;
	uint8_t *bytes = worker->input;
	size_t room = worker->input_size;
	size_t length = connection->input_length;
	size_t received;

	if (connection->input != NULL) {
		bytes = connection->input;
		room = worker->pool.size;
	}
	ensure(length < room);
	switch (transport_receive(
	    &connection->transport, bytes + length, room - length, &received)) {
	case TRANSPORT_LATER:
		return;
	case TRANSPORT_END:
	case TRANSPORT_BROKEN:
		connection_close(connection);
		return;
	case TRANSPORT_DONE:
		break;
	}
	if (connection->phase == CONNECTION_TALKING)
		serve(connection,
		    (struct view){(const char *)bytes, length + received},
		    received < room - length);
}

static void
on_writable(struct connection *connection)
{
	size_t length = connection->output_length - connection->output_at;
	size_t sent;

	if (transport_send(&connection->transport,
		connection->output + connection->output_at, length,
		&sent) == TRANSPORT_BROKEN) {
		connection_close(connection);
		return;
	}
	connection->output_at += (uint32_t)sent;
	if (sent < length) {
		if (sent > 0)
			worker_set_deadline(connection->worker,
			    &connection->deadline, connection->deadline.kind);
		return;
	}
	release_output(connection);
	if (connection->phase == CONNECTION_FLUSHING)
		linger(connection);
	else
		serve(connection,
		    (struct view){(const char *)connection->input,
			connection->input_length},
		    false);
}

static void
on_io(struct ev_loop *loop, ev_io *io, int events)
{
	struct connection *connection = io->data;

	(void)loop;
	/* The loop cannot watch it: nothing of it would be heard any more. */
	if (events & EV_ERROR)
		connection_close(connection);
	else if (events & EV_WRITE)
		on_writable(connection);
	else
		on_readable(connection);
}

/* ---- what the worker asks for ---- */

void
connection_start(struct connection *connection, struct worker *worker)
{
	connection->worker = worker;
	connection->next = worker->connections;
	if (connection->next != NULL)
		connection->next->previous = connection;
	worker->connections = connection;
	dialog_init(&connection->dialog, &worker->limits);
	ev_io_init(
	    &connection->io, on_io, connection->transport.descriptor, EV_READ);
	connection->io.data = connection;
	worker_set_deadline(worker, &connection->deadline, DEADLINE_HELLO);
	log_step(connection, "connected");
	watch(connection, EV_READ);
}

void
connection_expire(struct connection *connection)
{
	bool lingering = connection->phase == CONNECTION_LINGERING;

	if (!lingering)
		counters_add(
		    &connection->worker->counters, COUNTER_TIMEOUTS, 1);
	if (connection->phase != CONNECTION_TALKING ||
	    connection->dialog.state == DIALOG_CHECKED)
		connection_close(connection);
	else
		finish(connection, SPOP_TIMEOUT);
}

void
connection_end_idle(struct connection *connection)
{
	if (connection->phase == CONNECTION_TALKING &&
	    connection->dialog.state == DIALOG_OPEN && !is_waiting(connection))
		finish(connection, SPOP_NORMAL);
}

void
connection_abandon(struct connection *connection)
{
	struct spop_writer writer;
	uint8_t bytes[DIALOG_SLACK];
	size_t sent;

	if (connection->phase == CONNECTION_TALKING &&
	    dialog_established(&connection->dialog) &&
	    connection->output == NULL) {
		spop_writer_init(&writer, bytes, sizeof(bytes));
		dialog_finish(&connection->dialog, SPOP_NORMAL,
		    &connection->worker->counters, &writer);
		transport_send(&connection->transport, bytes,
		    (size_t)(writer.at - bytes), &sent);
	}
	connection_close(connection);
}
