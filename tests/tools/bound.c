/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An agent that does the least an agent can do: it finds the ids of each NOTIFY
 * and answers with the same bytes every time, as many as truesrc would. What
 * truesrc takes beyond that is its own.
 *
 * usage: bound HOST:PORT | unix:PATH    (prints the address when it listens)
 */

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/tools/load/wire.h"

enum { INPUT_SIZE = 65536, OUTPUT_SIZE = 1 << 20, EVENTS_MAX = 256 };

struct link {
	int descriptor;
	size_t length;
	uint8_t input[INPUT_SIZE];
};

static uint8_t actions[256];
static size_t actions_length;
static uint8_t output[OUTPUT_SIZE];

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- what is said ---- */

static uint8_t *
put_action(uint8_t *at, const char *name, const void *value, size_t length)
{
	at = put_name(put_bytes(at, "\1\3\2", 3), name);
	return put_bytes(at, value, length);
}

/* The answer to a client that is in no list, behind a balancer. */
static void
make_actions(void)
{
	uint8_t *at = actions;

	at = put_action(at, "ok", "\x11", 1);
	at = put_action(at, "allowed", "\x11", 1);
	at = put_action(at, "verdict",
	    "\x08\x05"
	    "allow",
	    7);
	at = put_action(at, "client_ip", "\x06\xc0\x00\x02\x01", 5);
	at = put_action(at, "client_net", "\x06\xc0\x00\x02\x01", 5);
	at = put_action(at, "proven", "\x11", 1);
	at = put_action(at, "source", "\x08\x0fx-forwarded-for", 17);
	at = put_action(at, "rule",
	    "\x08\x07"
	    "default",
	    9);
	at = put_action(at, "generation", "\x04\x01", 2);
	actions_length = (size_t)(at - actions);
}

static uint8_t *
answer_hello(uint8_t *at)
{
	uint8_t payload[WIRE_HELLO_MAX];
	uint8_t *end = put_text(put_name(payload, "version"), "2.0");

	end = put_name(end, "max-frame-size");
	*end++ = WIRE_UINT32;
	end = put_varint(end, WIRE_FRAME_MAX);
	end = put_text(put_name(end, "capabilities"), "pipelining");
	at = put_header(at, WIRE_AGENT_HELLO, 0, 0, (size_t)(end - payload));
	return put_bytes(at, payload, (size_t)(end - payload));
}

static uint8_t *
answer_frame(uint8_t *at, struct wire frame)
{
	uint8_t type = get_byte(&frame);

	if (type == WIRE_HELLO)
		return answer_hello(at);
	if (type != WIRE_NOTIFY)
		return at;
	get_u32(&frame);
	uint64_t stream = get_varint(&frame);
	uint64_t number = get_varint(&frame);
	at = put_header(at, WIRE_ACK, stream, number, actions_length);
	return put_bytes(at, actions, actions_length);
}

/* ---- connections ---- */

static void
send_all(int descriptor, const uint8_t *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(descriptor, bytes, length, MSG_NOSIGNAL);

		if (sent < 0)
			return;
		bytes += sent;
		length -= (size_t)sent;
	}
}

static void
answer_input(struct link *link)
{
	struct wire wire = {link->input, link->input + link->length, false};
	uint8_t *at = output;

	while (wire.end - wire.at >= 4) {
		const uint8_t *begin = wire.at;
		uint32_t length = get_u32(&wire);

		if (length > (size_t)(wire.end - wire.at)) {
			wire.at = begin;
			break;
		}
		at = answer_frame(
		    at, (struct wire){wire.at, wire.at + length, false});
		wire.at += length;
	}
	link->length = (size_t)(wire.end - wire.at);
	memmove(link->input, wire.at, link->length);
	send_all(link->descriptor, output, (size_t)(at - output));
}

static void
on_link(struct link *link)
{
	ssize_t received = recv(link->descriptor, link->input + link->length,
	    INPUT_SIZE - link->length, MSG_DONTWAIT);

	if (received < 0 && errno == EAGAIN)
		return;
	if (received <= 0) {
		close(link->descriptor);
		free(link);
		return;
	}
	link->length += (size_t)received;
	answer_input(link);
}

static void
on_listener(int epoll, int listener)
{
	int one = 1;
	struct link *link = calloc(1, sizeof(*link));
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = link};

	if (link == NULL)
		fail("bound");
	link->descriptor = accept(listener, NULL, NULL);
	if (link->descriptor < 0) {
		free(link);
		return;
	}
	setsockopt(
	    link->descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, link->descriptor, &event) != 0)
		fail("epoll_ctl");
}

/* ---- the listener ---- */

static int
listen_at(struct sockaddr *address, socklen_t length)
{
	int listener = socket(address->sa_family, SOCK_STREAM, 0);

	if (listener < 0 || bind(listener, address, length) != 0 ||
	    listen(listener, 4096) != 0)
		fail("bound");
	return listener;
}

static int
listen_locally(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	int listener = listen_at((struct sockaddr *)&address, sizeof(address));
	printf("unix:%s\n", path);
	return listener;
}

/* On loopback, whatever the host is. */
static int
listen_on_port(const char *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)atoi(port)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int listener = listen_at((struct sockaddr *)&address, sizeof(address));

	getsockname(listener, (struct sockaddr *)&address, &length);
	printf("127.0.0.1:%u\n", ntohs(address.sin_port));
	return listener;
}

int
main(int argc, char **argv)
{
	struct epoll_event events[EVENTS_MAX];
	struct epoll_event event = {.events = EPOLLIN};
	const char *colon = argc == 2 ? strchr(argv[1], ':') : NULL;
	int epoll = epoll_create1(0);
	int listener;

	if (colon == NULL) {
		fputs("usage: bound HOST:PORT | unix:PATH\n", stderr);
		return 2;
	}
	make_actions();
	if (strncmp(argv[1], "unix:", 5) == 0)
		listener = listen_locally(colon + 1);
	else
		listener = listen_on_port(colon + 1);
	fflush(stdout);
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0)
		fail("epoll_ctl");
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS_MAX, -1);

		for (int i = 0; i < count; i++)
			if (events[i].data.ptr == NULL)
				on_listener(epoll, listener);
			else
				on_link(events[i].data.ptr);
	}
}
