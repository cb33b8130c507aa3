/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONTROL_EXPLAIN_H
#define AGENT_CONTROL_EXPLAIN_H

/*
 * Evaluates requests without an agent: the same policies, the same code. For
 * people the walk is told hop by hop; for programs one JSON object a line.
 */

#include <stdio.h>

#include "agent/policy/policy.h"

struct explain;

/* The generation must outlive it. NULL when memory ran out. */
struct explain *explain_new(const struct generation *generation);
void explain_free(struct explain *explain);

/*
 * Answers one request, a JSON object, with one line of JSON (no newline). What
 * cannot be read is answered {"ok":false,"error":"…"}. NULL when memory ran
 * out; else the caller's, to be freed.
 */
char *explain_json(struct explain *explain, const char *line, size_t length);

/* A request as command line options give it. */
struct explain_pair {
	const char *name;
	const char *value;
};

struct explain_question {
	const char *policy; /* NULL: default */
	const char *peer;   /* an address, or "unix" */
	const char *proxy;  /* source of the PROXY header, "unknown", or NULL */
	const struct explain_pair *headers; /* in order of arrival */
	size_t header_count;
	const struct explain_pair *arguments;
	size_t argument_count;
};

/* Prints the walk, the rules and the variables. False when it is no answer. */
bool explain_print(struct explain *explain,
    const struct explain_question *question, FILE *stream);

#endif
