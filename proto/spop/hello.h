/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTO_SPOP_HELLO_H
#define PROTO_SPOP_HELLO_H

/* HAPROXY-HELLO and AGENT-HELLO: SPOE.txt sections 3.2.4 and 3.2.5. */

#include "proto/spop/frame.h"

enum { SPOP_ENGINE_ID_MAX = 64 };

struct spop_hello {
	bool version_2_0; /* supported-versions names 2.0 */
	uint64_t max_frame_size;
	bool pipelining; /* among the offered capabilities */
	bool healthcheck;
	struct view engine_id; /* into the frame; length 0: none */
};

/*
 * Reads a HAPROXY-HELLO. Unknown keys are skipped, keys come in any order, the
 * first of a repeated key is an error. SPOP_NORMAL, or what to say in the
 * DISCONNECT: header faults (ids not 0: SPOP_INVALID; no FIN:
 * SPOP_NO_FRAGMENTATION), a missing key (SPOP_NO_…), no 2.0
 * (SPOP_BAD_VERSION), a size below SPOP_FRAME_SIZE_MIN (SPOP_BAD_FRAME_SIZE),
 * a wrong type or broken list (SPOP_INVALID).
 */
enum spop_status spop_hello_read(
    const struct spop_frame *frame, struct spop_hello *hello);

struct spop_agent_hello {
	uint32_t max_frame_size; /* negotiated */
	bool pipelining;
	bool fragmentation;
};

/* Writes an AGENT-HELLO: version 2.0, never "async". */
void spop_agent_hello_write(
    struct spop_writer *writer, const struct spop_agent_hello *hello);

#endif
