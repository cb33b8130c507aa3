/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TOOLS_LOAD_MAKING_H
#define TESTS_TOOLS_LOAD_MAKING_H

/* What requests are made up of. */

#include "tests/tools/load/route.h"

/* A request while it is made up: the entries of X-Forwarded-For, from left. */
struct making {
	struct route *route;
	struct dice dice;
	struct ip client;
	enum place place;
	uint64_t balancer; /* the index of the next one */
	unsigned count;
	char entries[ENTRIES_MAX][ENTRY_SIZE];
};

/* ---- what is expected ---- */

void expect(struct expected *expected, enum verdict verdict, enum rule rule);

/* The client is found. */
void expect_client(struct making *making, enum source source);

/* Only a proxy's address is found, which is in no list of the rules. */
void expect_proxy(
    struct making *making, const struct ip *proxy, enum source source);

void expect_error(struct making *making, enum error error);

/* ---- entries, from the left, and lines ---- */

struct ip next_balancer(struct making *making);

/* In one of the spellings that proxies use. */
void add_address(struct making *making, const struct ip *ip);
void add_text(struct making *making, const char *text);

/* Gives the first of them. */
struct ip add_balancers(struct making *making, unsigned count);

/* What a client may have written itself. */
void add_lies(struct making *making);

/* Deals the entries out to so many lines, none of them empty. */
void make_lines(struct making *making, unsigned count);

/* To one or more. */
void make_some_lines(struct making *making);

#endif
