/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONTROL_EXPLAIN_PRIVATE_H
#define AGENT_CONTROL_EXPLAIN_PRIVATE_H

#include <jansson.h>

#include "agent/control/explain.h"

struct explain {
	const struct generation *generation;
	struct request *request;
	size_t room; /* bytes a request may have */
	struct trace trace;
};

/* Once for all: the JSON library's memory comes through us. */
void explain_json_init(void);

/* Makes room for a request of that many bytes and forgets the last one. */
bool explain_begin(struct explain *explain, size_t bytes);

/* Each gives NULL, or what is wrong with the value. */
const char *explain_peer(struct explain *explain, struct view text);
const char *explain_proxy(struct explain *explain, struct view text);

/*
 * The request is whole. Without PROXY, src is the peer, as HAProxy has it.
 */
void explain_evaluate(struct explain *explain, struct answer *answer,
    const struct policy **policy);

/* Reads a request; gives NULL, or what is wrong with it. */
const char *explain_read(struct explain *explain, const json_t *object);

/* An address as text; "unix" for a local socket. */
const char *explain_address(
    const struct address *address, char text[ADDRESS_TEXT_SIZE]);

#endif
