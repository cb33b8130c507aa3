/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTO_SPOP_NOTIFY_H
#define PROTO_SPOP_NOTIFY_H

/* The messages of a NOTIFY: SPOE.txt section 3.2.6. */

#include "proto/spop/wire.h"

struct spop_messages {
	struct spop_reader reader;
	unsigned arguments; /* of the current message, still to be read */
};

struct spop_argument {
	struct view name; /* may be empty: unnamed */
	struct spop_value value;
};

void spop_messages_begin(struct spop_messages *messages, struct view payload);

/*
 * The next message: its name. Arguments of the one before that were not read
 * are passed over. False at the end, or when the payload is broken.
 */
bool spop_messages_next(struct spop_messages *messages, struct view *name);

/* The message's next argument; false when there is none, or it is broken. */
bool spop_argument_next(
    struct spop_messages *messages, struct spop_argument *argument);

/* Was something broken? Look once, after the last message. */
bool spop_messages_failed(const struct spop_messages *messages);

#endif
