/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTO_SPOP_FRAME_H
#define PROTO_SPOP_FRAME_H

/* Frames: SPOE.txt section 3.2. */

#include "proto/spop/wire.h"

/* Status codes of DISCONNECT, SPOE.txt section 3.5. */
enum spop_status {
	SPOP_NORMAL = 0,
	SPOP_IO = 1,
	SPOP_TIMEOUT = 2,
	SPOP_TOO_BIG = 3,
	SPOP_INVALID = 4,
	SPOP_NO_VERSION = 5,
	SPOP_NO_FRAME_SIZE = 6,
	SPOP_NO_CAPABILITIES = 7,
	SPOP_BAD_VERSION = 8,
	SPOP_BAD_FRAME_SIZE = 9,
	SPOP_NO_FRAGMENTATION = 10,
	SPOP_INTERLACED = 11,
	SPOP_FRAME_ID_NOT_FOUND = 12,
	SPOP_RESOURCE = 13,
	SPOP_UNKNOWN = 99,
};

/* HAProxy's own words for a status; never NULL, unknown codes included. */
const char *spop_status_text(unsigned status);

enum spop_frame_type {
	SPOP_UNSET = 0, /* continues a fragmented NOTIFY */
	SPOP_HAPROXY_HELLO = 1,
	SPOP_HAPROXY_DISCONNECT = 2,
	SPOP_NOTIFY = 3,
	SPOP_AGENT_HELLO = 101,
	SPOP_AGENT_DISCONNECT = 102,
	SPOP_ACK = 103,
};

enum spop_flag { SPOP_FIN = 1, SPOP_ABORT = 2 };

enum {
	SPOP_LENGTH_SIZE = 4,      /* of the length before each frame */
	SPOP_FRAME_MIN = 7,        /* type, flags, two one-byte ids */
	SPOP_FRAME_SIZE_MIN = 256, /* least max-frame-size that is legal */
	/* length, type, flags and two varints */
	SPOP_HEADER_MAX = 4 + 1 + 4 + 2 * SPOP_VARINT_MAX,
};

struct spop_frame {
	uint8_t type; /* may be none of enum spop_frame_type */
	uint32_t flags;
	uint64_t stream_id;
	uint64_t frame_id;
	struct view payload; /* into the input */
	size_t size;         /* bytes of the input it takes, length included */
};

enum spop_split {
	SPOP_SPLIT_FRAME, /* *frame is set */
	SPOP_SPLIT_MORE,  /* the input ends within a frame */
	SPOP_SPLIT_ERROR, /* *status says what is wrong */
};

/*
 * Takes the first frame of the input apart; nothing is copied. A length above
 * frame_size is SPOP_TOO_BIG as soon as it can be read, one below
 * SPOP_FRAME_MIN or ids that overrun it SPOP_INVALID. On SPOP_SPLIT_MORE
 * *needed (may be NULL) is how many bytes the frame takes, length included, or
 * SPOP_LENGTH_SIZE while that is not known.
 */
enum spop_split spop_frame_split(struct view input, size_t frame_size,
    struct spop_frame *frame, size_t *needed, enum spop_status *status);

/*
 * Writes a frame's header with room for its length; spop_frame_end() fills
 * that in. Gives where the frame begins, for spop_frame_end().
 */
uint8_t *spop_frame_begin(struct spop_writer *writer, enum spop_frame_type type,
    uint64_t stream_id, uint64_t frame_id); /* FIN is set */
void spop_frame_end(struct spop_writer *writer, uint8_t *begin);

#endif
