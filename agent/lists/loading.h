/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_LOADING_H
#define AGENT_LISTS_LOADING_H

/*
 * A configuration and what its lists hold, read together: at the start, and by
 * a job for each reload. A list whose file is the same keeps its content. One
 * that cannot be taken keeps what it had before, or at the start what the state
 * directory has; a new one fails the whole.
 */

#include "agent/lists/orders.h"
#include "agent/store/store.h"
#include "agent/lists/take.h"
#include "agent/lists/watch.h"

/* A list as it is now. */
struct known {
	const struct list_settings *settings;
	struct prefixes *content; /* or NULL */
	struct prefixes *refused; /* or NULL */
	struct identity identity;
	enum list_state state;
	const char *error;
	int64_t taken;
};

/* A list as it will be. */
struct loaded {
	struct prefixes *content; /* NULL: dynamic */
	struct dynamic *dynamic;  /* at the start; else NULL */
	struct prefixes *refused;
	struct identity identity;
	struct trail *trail;
	enum list_state state;
	char *error;
	int64_t taken;
	uint64_t before; /* entries it had */
	uint64_t difference;
	bool changed; /* the content is another one */
};

struct loading {
	const char *const *paths;
	size_t path_count;
	bool first; /* there is nothing known, but perhaps in the store */
	struct settings *before; /* what the known refer to; or NULL */
	struct known *known;     /* sorted by name; their contents are refs */
	size_t known_count;
	/* Opened when it is NULL and there is to be one. */
	struct store *store;
	/* What comes out of it. */
	struct settings *settings; /* NULL: refused, the report says why */
	struct report report;
	struct loaded *lists;
	size_t count;
	struct watch *watch;
	char store_error[STORE_ERROR_SIZE];
};

/* All of it; refuses by settings being NULL. */
void loading_run(struct loading *loading);

/*
 * What the lists hold, for a generation; dynamic ones as they are known. False:
 * no memory.
 */
bool loading_contents(const struct loading *loading, struct contents *contents);

/* What was not taken out of it; the store stays. */
void loading_fini(struct loading *loading);

/* Wall clock, in milliseconds. */
int64_t wall_milliseconds(void);

#endif
