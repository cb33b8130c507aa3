/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTO_SPOP_ACK_H
#define PROTO_SPOP_ACK_H

/* The actions of an ACK: SPOE.txt sections 3.2.7 and 3.4. */

#include "proto/spop/frame.h"

enum spop_scope {
	SPOP_SCOPE_PROC = 0,
	SPOP_SCOPE_SESS = 1,
	SPOP_SCOPE_TXN = 2,
	SPOP_SCOPE_REQ = 3,
	SPOP_SCOPE_RES = 4,
};

/* Begins set-var; the caller writes exactly one value behind it. */
void spop_ack_set(
    struct spop_writer *writer, enum spop_scope scope, struct view name);

/* unset-var, whole. */
void spop_ack_unset(
    struct spop_writer *writer, enum spop_scope scope, struct view name);

#endif
