/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_RETIRE_H
#define AGENT_TABLE_RETIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What was replaced and may still be read, in the order of the epochs that
 * readers have to see before it is free. The room for an entry is made before
 * the change that brings it, so that a change once begun cannot fail.
 */

struct retired;
typedef void retired_f(const struct retired *retired);

struct retired {
	uint64_t epoch;
	retired_f *release; /* NULL: not retired any more */
	void *owner;
	void *where;
	uint32_t word;
};

struct retire_queue {
	struct retired *entries;
	size_t first;
	size_t behind; /* the last one */
	size_t room;
};

void retire_fini(struct retire_queue *queue);

/* Makes room for that many more; false when memory ran out. */
bool retire_reserve(struct retire_queue *queue, size_t more);
void retire_push(struct retire_queue *queue, struct retired retired);

/* What is at that place is in use again. */
void retire_cancel(struct retire_queue *queue, const void *where);

void retire_reclaim(struct retire_queue *queue, uint64_t passed);

#endif
