/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_SPOP_DIALOG_H
#define AGENT_SPOP_DIALOG_H

/*
 * The agent's side of one SPOP conversation: bytes in, bytes out, and nothing
 * else. It neither reads nor writes a socket, knows no clock and keeps no
 * generation. How the input is cut makes no difference to the output.
 */

#include "agent/spop/message.h"
#include "agent/spop/pool.h"
#include "proto/spop/frame.h"

enum dialog_state {
	DIALOG_GREETING,   /* waits for the HELLO */
	DIALOG_CHECKED,    /* a health check had its answer */
	DIALOG_OPEN,       /* takes NOTIFYs */
	DIALOG_FRAGMENTED, /* in the middle of a fragmented NOTIFY */
	DIALOG_OVER,       /* the last word is said, nothing more is read */
	DIALOG_STATES,
};

enum {
	/* Room that an AGENT-DISCONNECT or AGENT-HELLO never exceeds. */
	DIALOG_SLACK = 128,
};

/* What all dialogs of a worker share; does not change while it runs. */
struct dialog_limits {
	uint32_t frame_size; /* our own max-frame-size */
	uint32_t fragments;  /* bytes of a NOTIFY in fragments; 0: refused */
};

/* Members are for reading alone. */
struct dialog {
	uint32_t frame_size; /* agreed; our own before the HELLO */
	uint8_t state;       /* enum dialog_state */
	bool by_peer;        /* OVER: HAProxy said DISCONNECT, or we did */
	uint8_t status;      /* OVER: enum spop_status of who ended it */
	unsigned requests;   /* whole NOTIFYs taken, aborted ones too */
	uint32_t fragment_bytes;
	uint64_t stream_id; /* FRAGMENTED: whose fragments these are */
	uint64_t frame_id;
	uint8_t *fragments; /* of the pool, fragment_bytes used; or NULL */
};

/* Arguments of a call, none of them kept. */
struct dialog_context {
	struct message_context message;
	const struct dialog_limits *limits;
	struct pool *pool;
	bool pipelining; /* may be announced */
	bool draining;   /* health checks are refused */
};

enum dialog_result {
	DIALOG_MORE,  /* needs more input; what is left of it is to be kept */
	DIALOG_FULL,  /* needs room for one answer more in the output */
	DIALOG_CLOSE, /* send the output, then close */
};

void dialog_init(struct dialog *dialog, const struct dialog_limits *limits);

/* Gives back what it holds of the pool. */
void dialog_fini(struct dialog *dialog, struct pool *pool);

/*
 * Takes whole frames from the front of the input and writes the answers. What
 * was written is to be sent whatever the result is. Before each frame there
 * must be room for dialog_room() bytes.
 */
enum dialog_result dialog_receive(struct dialog *dialog,
    const struct dialog_context *context, struct view *input,
    struct spop_writer *output);

/* Says AGENT-DISCONNECT with this status, of DIALOG_SLACK bytes at most. */
void dialog_finish(struct dialog *dialog, enum spop_status status,
    struct counters *counters, struct spop_writer *output);

/* Room for the longest answer and a DISCONNECT behind it. */
static inline size_t
dialog_room(const struct dialog *dialog)
{
	return SPOP_LENGTH_SIZE + (size_t)dialog->frame_size + DIALOG_SLACK;
}

/* Past its HELLO: a conversation that others depend on. */
static inline bool
dialog_established(const struct dialog *dialog)
{
	return dialog->state == DIALOG_OPEN ||
	       dialog->state == DIALOG_FRAGMENTED;
}

#endif
