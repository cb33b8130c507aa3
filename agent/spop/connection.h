/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_SPOP_CONNECTION_H
#define AGENT_SPOP_CONNECTION_H

/*
 * One connection of HAProxy: its socket, its dialog, and what could not be
 * read or written at once. It lives in one worker from adoption to close.
 */

#include "agent/spop/deadline.h"
#include "agent/spop/dialog.h"
#include "agent/spop/transport.h"
#include "agent/spop/worker.h"

enum connection_phase {
	CONNECTION_TALKING,
	CONNECTION_FLUSHING, /* the dialog is over, its last words are not out */
	CONNECTION_LINGERING, /* they are; what still comes in is thrown away */
};

/*
 * Without work it holds no buffer. output is there only while the socket does
 * not take it, and then nothing is read: the peer has to read first. input
 * begins at a frame's first byte.
 */
struct connection {
	struct letter letter; /* first, on its way to the worker */
	ev_io io;
	struct transport transport;
	enum connection_phase phase;
	struct worker *worker;
	struct connection *previous;
	struct connection *next;
	struct deadline deadline;
	struct dialog dialog;
	bool established; /* its HELLO was good, and no health check's */
	uint16_t port;    /* the peer's */
	uint32_t input_length;
	uint32_t output_at;
	uint32_t output_length;
	uint8_t *input;
	uint8_t *output;
	struct address peer; /* ADDRESS_NONE: a local socket */
};

enum { CONNECTION_SIZE_MAX = 700, LINGER_TIME = 1000 /* milliseconds */ };

/* Takes the descriptor, also when memory ran out (NULL). */
struct connection *connection_new(
    int descriptor, const struct address *peer, uint16_t port);

/* Closes one that no worker has adopted. */
void connection_drop(struct connection *connection);

/* ---- in the worker's thread ---- */

void connection_start(struct connection *connection, struct worker *worker);

/* Its time is over. The connection may be gone afterwards. */
void connection_expire(struct connection *connection);

/* Says DISCONNECT and closes, if it is doing nothing. */
void connection_end_idle(struct connection *connection);

/* Says DISCONNECT if that is possible at once, and closes. */
void connection_abandon(struct connection *connection);

#endif
