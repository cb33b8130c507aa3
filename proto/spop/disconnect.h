/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTO_SPOP_DISCONNECT_H
#define PROTO_SPOP_DISCONNECT_H

/* Both DISCONNECTs: SPOE.txt sections 3.2.8 and 3.2.9. */

#include "proto/spop/frame.h"

/*
 * Reads a HAPROXY-DISCONNECT: its status code, SPOP_UNKNOWN where it names
 * none. Unknown keys are skipped. False: the frame is broken.
 */
bool spop_disconnect_read(
    const struct spop_frame *frame, uint64_t *status, struct view *message);

/* Writes an AGENT-DISCONNECT with HAProxy's own text for the status. */
void spop_disconnect_write(struct spop_writer *writer, enum spop_status status);

#endif
