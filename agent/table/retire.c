/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/retire.h"

#include <stdlib.h>
#include <string.h>

#include "agent/ensure.h"

void
retire_fini(struct retire_queue *queue)
{
	free(queue->entries);
}

bool
retire_reserve(struct retire_queue *queue, size_t more)
{
	size_t count = queue->behind - queue->first;
	size_t room = queue->room ? queue->room : 64;
	struct retired *grown;

	if (queue->behind + more <= queue->room)
		return true;
	if (queue->first > 0 && queue->first >= count) {
		memmove(queue->entries, queue->entries + queue->first,
		    count * sizeof(*queue->entries));
		queue->first = 0;
		queue->behind = count;
	}
	while (room < queue->behind + more)
		room *= 2;
	if (room == queue->room)
		return true;
	grown = realloc(queue->entries, room * sizeof(*grown));
	if (!grown)
		return false;
	queue->entries = grown;
	queue->room = room;
	return true;
}

void
retire_push(struct retire_queue *queue, struct retired retired)
{
	ensure(queue->behind < queue->room);
	queue->entries[queue->behind++] = retired;
}

void
retire_cancel(struct retire_queue *queue, const void *where)
{
	for (size_t i = queue->first; i < queue->behind; i++)
		if (queue->entries[i].where == where)
			queue->entries[i].release = NULL;
}

void
retire_reclaim(struct retire_queue *queue, uint64_t passed)
{
	while (queue->first < queue->behind &&
	       queue->entries[queue->first].epoch <= passed) {
		const struct retired *retired = &queue->entries[queue->first++];

		if (retired->release)
			retired->release(retired);
	}
	if (queue->first == queue->behind)
		queue->first = queue->behind = 0;
}
