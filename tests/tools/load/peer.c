/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/load/dice.h"
#include "tests/tools/load/judge.h"
#include "tests/tools/load/peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	INPUT_SIZE = 65536,
	OUTPUT_MIN = 4096, /* beside the questions: HELLO, DISCONNECT */
	REOPEN_PAUSE = 10000000,
};

static const char *const capabilities[ENGINES] = {
    [ENGINE_2_6] = "pipelining,async", [ENGINE_3_4] = "pipelining"};

static uint64_t
nanoseconds(double seconds)
{
	return (uint64_t)(seconds * 1e9);
}

/* ---- numbers ---- */

static uint64_t
stream_of(const struct peer *peer, const struct run *run, uint64_t sequence)
{
	if (peer->engine == ENGINE_3_4)
		return 2 * sequence + 1;
	return sequence * run->options->connections + peer->index;
}

/* ---- opening and closing ---- */

bool
peer_init(struct peer *peer, const struct run *run, unsigned index)
{
	unsigned depth = run->options->depth;
	unsigned places = 4;

	while (places < 2 * depth)
		places *= 2;
	*peer =
	    (struct peer){.descriptor = -1, .index = index, .mask = places - 1};
	peer->engine = run->options->engine == ENGINE_BOTH
			   ? (enum engine)(index % ENGINES)
			   : run->options->engine;
	peer->flights = calloc(places, sizeof(peer->flights[0]));
	peer->input = malloc(INPUT_SIZE);
	peer->output = malloc(
	    OUTPUT_MIN + (size_t)depth * (WIRE_HEADER_MAX + QUESTION_MAX));
	return peer->flights != NULL && peer->input != NULL &&
	       peer->output != NULL;
}

void
peer_fini(struct peer *peer)
{
	if (peer->descriptor >= 0)
		close(peer->descriptor);
	free(peer->flights);
	free(peer->input);
	free(peer->output);
}

static void
peer_close(struct peer *peer, struct run *run, uint64_t *unanswered)
{
	close(peer->descriptor);
	peer->descriptor = -1;
	peer->state = PEER_CLOSED;
	peer->reopen = run->now;
	peer->output_at = 0;
	peer->output_length = 0;
	*unanswered += peer->in_flight;
	peer->in_flight = 0;
	for (unsigned i = 0; i <= peer->mask; i++)
		peer->flights[i].question = NULL;
}

/* The agent ended it, or says what HAProxy does not understand. */
static void
peer_break(struct peer *peer, struct run *run, const char *why)
{
	run_complain(run, peer, why, NULL);
	run->tally.broken++;
	peer_close(peer, run, &run->tally.lost);
	peer->reopen = run->now + REOPEN_PAUSE;
}

static void
peer_reset(struct peer *peer, struct run *run)
{
	const struct linger linger = {.l_onoff = 1};

	setsockopt(
	    peer->descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	peer_close(peer, run, &run->tally.abandoned);
}

static void
peer_watch(struct peer *peer, struct run *run, int how)
{
	struct epoll_event event = {
	    .events = EPOLLIN | (peer->writing ? (uint32_t)EPOLLOUT : 0),
	    .data.ptr = peer};

	if (epoll_ctl(run->epoll, how, peer->descriptor, &event) != 0)
		abort();
}

static int
connect_to(const struct target *target)
{
	int family = target->address.ss_family;
	int one = 1;
	int descriptor =
	    socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (descriptor < 0)
		return -1;
	if (family != AF_UNIX)
		setsockopt(
		    descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(descriptor, (const struct sockaddr *)&target->address,
		target->length) == 0 ||
	    errno == EINPROGRESS)
		return descriptor;
	close(descriptor);
	return -1;
}

void
peer_open(struct peer *peer, struct run *run)
{
	const struct options *options = run->options;

	peer->reopen = run->now + REOPEN_PAUSE;
	peer->descriptor =
	    connect_to(&options->targets[peer->index % options->target_count]);
	if (peer->descriptor < 0) {
		/* A local socket whose queue is full is tried again. */
		if (errno == EAGAIN)
			return;
		run_complain(run, peer, strerror(errno), NULL);
		run->tally.broken++;
		return;
	}
	peer->state = PEER_CONNECTING;
	peer->since = run->now;
	peer->answers = 0;
	peer->generation = 0;
	peer->side = SIDE_UNKNOWN;
	peer->turns = 0;
	peer->input_length = 0;
	peer->writing = true;
	if (peer->engine == ENGINE_3_4)
		peer->next = 0;
	run->tally.connections++;
	peer_watch(peer, run, EPOLL_CTL_ADD);
}

/* ---- output ---- */

void
peer_flush(struct peer *peer, struct run *run)
{
	size_t length = peer->output_length - peer->output_at;
	bool writing = false;

	if (length > 0) {
		ssize_t sent = send(peer->descriptor,
		    peer->output + peer->output_at, length, MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN) {
			peer_break(peer, run, strerror(errno));
			return;
		}
		peer->output_at += sent > 0 ? (size_t)sent : 0;
		writing = sent != (ssize_t)length;
	}
	if (!writing) {
		peer->output_at = 0;
		peer->output_length = 0;
	}
	if (writing == peer->writing)
		return;
	peer->writing = writing;
	peer_watch(peer, run, EPOLL_CTL_MOD);
}

static bool
wants_to_leave(const struct peer *peer, const struct run *run)
{
	uint64_t churn = run->options->churn;

	return churn > 0 && peer->answers >= churn;
}

bool
peer_has_room(const struct peer *peer, const struct run *run)
{
	return peer->state == PEER_OPEN && !peer->writing &&
	       peer->in_flight < run->options->depth &&
	       peer->flights[peer->next & peer->mask].question == NULL &&
	       !wants_to_leave(peer, run);
}

void
peer_ask(struct peer *peer, struct run *run, uint64_t due)
{
	const struct question *question = &run->questions.list[run->cursor];
	uint8_t *at = peer->output + peer->output_length;

	if (++run->cursor == run->questions.count)
		run->cursor = 0;
	peer->flights[peer->next & peer->mask] =
	    (struct flight){.question = question,
		.sequence = peer->next,
		.due = due,
		.asked = run->now,
		.floor = run->generations.floor};
	at = put_header(at, WIRE_NOTIFY, stream_of(peer, run, peer->next), 1,
	    question->length);
	at = put_bytes(at, question->payload, question->length);
	peer->output_length = (size_t)(at - peer->output);
	peer->next++;
	peer->in_flight++;
	run->tally.asked++;
}

static void
peer_say(struct peer *peer, struct run *run, enum peer_state state)
{
	uint8_t *at = peer->output + peer->output_length;

	if (state == PEER_GREETING)
		at = put_hello(at, capabilities[peer->engine],
		    peer->engine == ENGINE_3_4 ? mix(peer->index) : mix(0));
	else
		at = put_disconnect(at);
	peer->output_length = (size_t)(at - peer->output);
	peer->state = state;
	peer->since = run->now;
	peer_flush(peer, run);
}

/* ---- farewells ---- */

/* The agent is left with answers that nobody wants. */
static void
leave_abruptly(struct peer *peer, struct run *run)
{
	while (peer->in_flight < run->options->depth)
		peer_ask(peer, run, run->now);
	peer_flush(peer, run);
	if (peer->state == PEER_OPEN)
		peer_close(peer, run, &run->tally.abandoned);
}

/* Leaves if it is time to. True: no more is to be asked here. */
static bool
peer_leave(struct peer *peer, struct run *run)
{
	enum peer_farewell farewell =
	    (enum peer_farewell)((peer->index + peer->closings) % FAREWELLS);

	if (!wants_to_leave(peer, run))
		return false;
	if (peer->in_flight > 0)
		return true;
	peer->closings++;
	run->tally.farewells++;
	if (farewell == FAREWELL_POLITE)
		peer_say(peer, run, PEER_LEAVING);
	else if (farewell == FAREWELL_CLOSE)
		peer_close(peer, run, &run->tally.abandoned);
	else if (farewell == FAREWELL_RESET)
		peer_reset(peer, run);
	else
		leave_abruptly(peer, run);
	return true;
}

/* ---- input ---- */

/* False: the connection is gone. */
static bool
on_hello(struct peer *peer, struct run *run, struct wire payload)
{
	if (peer->state != PEER_GREETING || !agent_hello_good(payload)) {
		peer_break(peer, run, "an AGENT-HELLO that is not good");
		return false;
	}
	peer->state = PEER_OPEN;
	return true;
}

static bool
on_disconnect(struct peer *peer, struct run *run, struct wire payload)
{
	uint64_t status = 0;

	if (peer->state == PEER_LEAVING &&
	    agent_disconnect_read(payload, &status) && status == 0) {
		peer_close(peer, run, &run->tally.lost);
		return false;
	}
	peer_break(peer, run, "an AGENT-DISCONNECT");
	return false;
}

static bool
on_frame(struct peer *peer, struct run *run, struct wire wire)
{
	uint8_t type = get_byte(&wire);
	uint32_t flags = get_u32(&wire);
	uint64_t stream = get_varint(&wire);
	uint64_t frame = get_varint(&wire);

	if (wire.broken || flags != 1) {
		run->tally.malformed++;
		peer_break(peer, run, "a frame that cannot be read");
		return false;
	}
	if (type == WIRE_ACK && peer->state == PEER_OPEN) {
		judge_ack(run, peer, stream, frame, wire);
		return true;
	}
	if (type == WIRE_AGENT_HELLO)
		return on_hello(peer, run, wire);
	if (type == WIRE_AGENT_DISCONNECT)
		return on_disconnect(peer, run, wire);
	run->tally.malformed++;
	peer_break(peer, run, "a frame out of place");
	return false;
}

/* Takes whole frames from the input. False: the connection is gone. */
static bool
take_frames(struct peer *peer, struct run *run)
{
	struct wire wire = {
	    .at = peer->input, .end = peer->input + peer->input_length};

	while (wire.end - wire.at >= 4) {
		const uint8_t *begin = wire.at;
		uint32_t length = get_u32(&wire);

		if (length > WIRE_FRAME_MAX) {
			run->tally.malformed++;
			peer_break(peer, run, "a frame that is too big");
			return false;
		}
		if (length > (size_t)(wire.end - wire.at)) {
			wire.at = begin;
			break;
		}
		struct wire body = {.at = wire.at, .end = wire.at + length};
		if (!on_frame(peer, run, body))
			return false;
		wire.at = body.end;
	}
	peer->input_length = (size_t)(wire.end - wire.at);
	memmove(peer->input, wire.at, peer->input_length);
	return true;
}

static void
ask_more(struct peer *peer, struct run *run)
{
	if (peer_leave(peer, run))
		return;
	while (
	    run->asking && run->options->rate <= 0. && peer_has_room(peer, run))
		peer_ask(peer, run, run->now);
	peer_flush(peer, run);
}

static void
on_readable(struct peer *peer, struct run *run)
{
	ssize_t received =
	    recv(peer->descriptor, peer->input + peer->input_length,
		INPUT_SIZE - peer->input_length, 0);

	if (received < 0 && errno == EAGAIN)
		return;
	if (received <= 0) {
		peer_break(peer, run,
		    received == 0 ? "closed by the agent" : strerror(errno));
		return;
	}
	peer->input_length += (size_t)received;
	if (take_frames(peer, run) && peer->state == PEER_OPEN)
		ask_more(peer, run);
}

static void
on_connected(struct peer *peer, struct run *run)
{
	int error = 0;
	socklen_t length = sizeof(error);

	getsockopt(peer->descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
	if (error != 0)
		peer_break(peer, run, strerror(error));
	else
		peer_say(peer, run, PEER_GREETING);
}

void
peer_event(struct peer *peer, struct run *run, bool readable)
{
	if (peer->state == PEER_CONNECTING)
		on_connected(peer, run);
	else if (readable)
		on_readable(peer, run);
	else
		peer_flush(peer, run);
}

/* ---- time ---- */

static uint64_t
oldest(const struct peer *peer, const struct run *run)
{
	uint64_t since = run->now;

	for (unsigned i = 0; i <= peer->mask; i++)
		if (peer->flights[i].question != NULL &&
		    peer->flights[i].asked < since)
			since = peer->flights[i].asked;
	return since;
}

void
peer_check_time(struct peer *peer, struct run *run)
{
	uint64_t since = peer->since;

	if (peer->state == PEER_CLOSED) {
		if (run->asking && run->now >= peer->reopen)
			peer_open(peer, run);
		return;
	}
	if (peer->state == PEER_OPEN)
		since = oldest(peer, run);
	if (run->now > since + nanoseconds(run->options->patience))
		peer_break(peer, run, "no answer in time");
}

void
peer_end(struct peer *peer, struct run *run)
{
	if (peer->state != PEER_CLOSED)
		peer_close(peer, run, &run->tally.lost);
}
