/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_OWNER_H
#define AGENT_LISTS_OWNER_H

/*
 * What the lists thread knows of each list: what it holds, where that came
 * from, and how it went. Its content is what was accepted last; the tables
 * follow.
 */

#include <ev.h>

#include "agent/lists/orders.h"
#include "agent/lists/trail.h"

static const unsigned NO_INDEX = UINT32_MAX;

struct owner {
	const struct list_settings
	    *settings;       /* of the configuration in force */
	unsigned index;      /* in the configuration in force, or NO_INDEX */
	unsigned next_index; /* in the one that is being built, or NO_INDEX */
	/* One of the two; the other is NULL. */
	struct prefixes *content;
	struct dynamic *dynamic;
	/* Of files and presets. */
	enum list_state state;
	char *error;              /* or NULL */
	struct prefixes *refused; /* by a guard, to be accepted perhaps */
	int64_t taken;    /* when the content was accepted: wall clock */
	int64_t taken_at; /* the same: monotonic; both milliseconds */
	/* Of files. */
	struct identity identity; /* what was read last */
	struct trail *trail;      /* watched */
	bool reading;
	bool again;       /* touched while that could not be followed up */
	bool applying;    /* a difference is on its way into the tables */
	unsigned needs;   /* the build that brings all of it into force */
	uint64_t touched; /* since when it has not settled; 0: it has */
	ev_timer settle;
	/* What is kept outside. */
	bool keeping;     /* a job */
	bool keep_again;  /* there is another content meanwhile */
	bool changed;     /* to be exported; of files only while adopted */
	char *disk_error; /* or NULL */
	bool shunned;     /* dynamic: the guard of some list names it */
};

/*
 * All lists of a configuration, by index and by name. The owners may be in
 * another table at the same time, when a configuration replaces another.
 */
struct owners {
	struct settings *settings; /* a reference */
	struct owner **of;
	struct owner **sorted; /* by name */
	size_t count;
	struct contents contents; /* for guards; NULL for dynamic lists */
};

/* With room for the lists of the settings, none filled in. NULL: no memory. */
struct owners *owners_new(struct settings *settings);

/* Without the owners, which are freed one by one. NULL is fine. */
void owners_free(struct owners *owners);

/* The owner, which is among them, has another content; takes it. */
void owners_set(
    struct owners *owners, struct owner *owner, struct prefixes *content);

/* When all are filled in. */
void owners_sort(struct owners *owners);

/* NULL for none; once sorted. */
struct owner *owners_find(const struct owners *owners, const char *name);

/* Without content. NULL when memory ran out. */
struct owner *owner_new(void);
void owner_free(struct owner *owner); /* NULL is fine */

/* Prefixes, of whichever kind. */
uint64_t owner_count(const struct owner *owner);

/* "inline", "file /…", "preset NAME", "dynamic" */
void owner_source(const struct owner *owner, char text[ORDER_SOURCE_SIZE]);

/*
 * What the list holds inside the prefix: the prefix itself if it is all held,
 * else the widest ones inside. Gives how many, or more than room.
 */
size_t owner_held(const struct owner *owner, const struct prefix *prefix,
    struct prefix *held, size_t room);

#endif
