// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_TOOLS_SAFETY_WORLD_H
#define TESTS_TOOLS_SAFETY_WORLD_H

/* One request and the truth about it, made from the client's end. */

#include "proto/text/address.h"
#include "tests/tools/safety/plan.h"

enum {
	WORLD_TEXT_SIZE = 1 << 20, /* all lines of a request together */
	WORLD_LINES_MAX = 64,      /* of a field */
	WORLD_HOPS_MAX = 40,
};

/* Somebody with an address, or at a local socket. */
struct node {
	struct address address;
	enum pool pool;
	bool local;
};

struct field {
	struct view lines[WORLD_LINES_MAX];
	unsigned count;
};

/*
 * nodes[0] is the client, nodes[1] to nodes[hops] are the hops that it went
 * through; the socket peer is the last of them or a sender of PROXY behind it.
 * Fields are filled one after the other, so the line that was begun last ends
 * where the text ends.
 */
struct world {
	struct node client;
	struct node nodes[WORLD_HOPS_MAX + 1];
	unsigned hops;
	struct node socket_peer;
	bool proxied;
	struct node proxy_source;
	bool whole; /* all lines are known, not only the last ones */
	struct field fields[HEADER_COUNT];
	char *text;
	size_t length;
};

bool world_init(struct world *world);
void world_fini(struct world *world);

/* Makes the next request for a policy. */
void world_make(
    struct world *world, struct random *random, const struct plan *plan);

/* A copy of the string that lives as long as the request. */
const char *world_keep(struct world *world, const char *string);

#endif
