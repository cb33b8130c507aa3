/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTO_SPOP_ITEMS_H
#define PROTO_SPOP_ITEMS_H

/* The KV-LIST of HELLO and DISCONNECT, for proto/spop alone. */

#include "proto/spop/frame.h"

struct item_key {
	const char *name;
	unsigned types; /* bits of 1 << enum spop_type */
};

enum {
	ITEM_BOOLEAN = 1 << SPOP_BOOLEAN,
	ITEM_STRING = 1 << SPOP_STRING,
	/* HAProxy sends UINT32 and takes any, and so do we. */
	ITEM_INTEGER = 1 << SPOP_INT32 | 1 << SPOP_UINT32 | 1 << SPOP_INT64 |
		       1 << SPOP_UINT64,
};

/* No fragments, no abort, no ids: a frame about the connection. */
enum spop_status spop_items_check_header(const struct spop_frame *frame);

/*
 * Reads the frame's list into values[], one for each of the keys; *seen gets
 * a bit for each that is there. Other keys are passed over. False: the list is
 * broken, one of the keys is there twice or has another type.
 */
bool spop_items_read(const struct spop_frame *frame,
    const struct item_key *keys, size_t count, struct spop_value *values,
    unsigned *seen);

#endif
