/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_ORDERS_H
#define AGENT_LISTS_ORDERS_H

/*
 * What other threads ask of the lists thread, and its answers. The asker fills
 * an order in and posts it; the lists thread fills the rest in and posts the
 * same order into the asker's inbox. An answer tells of a change once it is in
 * force in every worker. Long answers come in parts: the asker posts the order
 * again until order->more is false.
 */

#include "agent/control/inbox.h"
#include "agent/dynamic/dynamic.h"
#include "conf/load/settings.h"

enum order_kind {
	ORDER_RELOAD,
	ORDER_LISTS,   /* the state of every list */
	ORDER_ENTRIES, /* what a list holds, perhaps under a prefix */
	ORDER_TEST,    /* which lists hold an address, and why */
	ORDER_ADD,
	ORDER_DELETE,
	ORDER_CLEAR,
	ORDER_ACCEPT, /* take the content that a guard refused */
	ORDER_INFO,
};

enum order_status {
	ORDER_DONE,
	ORDER_NO_LIST,     /* no list of that name */
	ORDER_NOT_DYNAMIC, /* the word is for dynamic lists */
	ORDER_ABSENT,      /* no such prefix; nothing to accept */
	ORDER_GUARDED,     /* a guard refuses; text says which and why */
	ORDER_WRONG_COUNT, /* clear: the list holds another number, in count */
	ORDER_FAILED,      /* text says why: disk, memory, configuration */
};

enum list_state { STATE_OK, STATE_STALE, STATE_REFUSED, STATE_LOADING };

const char *list_state_name(enum list_state state);

enum { ORDER_TEXT_SIZE = 512, ORDER_SOURCE_SIZE = 256, ORDER_PART = 256 };

/* A row of ORDER_LISTS. */
struct order_list {
	char name[NAME_MAX_LENGTH + 1];
	char source[ORDER_SOURCE_SIZE]; /* "inline", "file /…", "dynamic" */
	uint64_t entries;
	enum list_state state;
	uint64_t age; /* milliseconds since the content was accepted */
	char error[ORDER_TEXT_SIZE]; /* "" when there is none */
};

/* A row of ORDER_ENTRIES and of ORDER_TEST. */
struct order_entry {
	char list[NAME_MAX_LENGTH + 1]; /* ORDER_TEST alone */
	char source[ORDER_SOURCE_SIZE]; /* ORDER_TEST alone */
	struct prefix prefix;           /* the most specific one */
	int64_t since; /* wall clock, ms: added, or content accepted */
	int64_t until; /* wall clock, ms; 0: without end */
	char who[DYNAMIC_WHO_MAX + 1];
	char reason[DYNAMIC_REASON_MAX + 1];
};

struct order {
	struct letter letter; /* kind: enum order_kind */
	struct inbox *reply;
	/* The question. */
	char list[NAME_MAX_LENGTH + 1];
	struct prefix prefix; /* to add, delete; entries under it */
	bool has_prefix;      /* ORDER_ENTRIES: under a prefix */
	struct address address;
	uint64_t lasts;    /* ORDER_ADD: milliseconds; 0: without end */
	uint64_t expected; /* ORDER_CLEAR: how many it is said to hold */
	char who[DYNAMIC_WHO_MAX + 1];
	char reason[DYNAMIC_REASON_MAX + 1];
	/* The answer. */
	enum order_status status;
	char text[ORDER_TEXT_SIZE];
	char *report;   /* ORDER_RELOAD: errors and warnings, lines of text; the
			 asker frees it; or NULL */
	uint64_t count; /* entries held, before a clear, or in all */
	unsigned generation;
	uint64_t bytes; /* ORDER_INFO: of the tables */
	unsigned live;  /* ORDER_INFO: generations */
	unsigned row_count;
	bool more;
	/* The lists thread's own: where the next part begins. */
	uint64_t cursor;
	struct prefix cursor_prefix;
	/*
	 * One part of a long answer: rows, of which kind tells. They are large:
	 * what stands before them is all that a new order has to clear.
	 */
	union {
		struct order_list lists[ORDER_PART];
		struct order_entry entries[ORDER_PART];
	} rows;
};

#endif
