/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/thread.h"

void
queue_init(struct queue *queue)
{
	queue->first = NULL;
	queue->last = &queue->first;
}

void
queue_add(struct queue *queue, struct letter *letter)
{
	letter->next = NULL;
	*queue->last = letter;
	queue->last = &letter->next;
}

struct letter *
queue_take(struct queue *queue)
{
	struct letter *letter = queue->first;

	if (letter == NULL)
		return NULL;
	queue->first = letter->next;
	if (queue->first == NULL)
		queue->last = &queue->first;
	letter->next = NULL;
	return letter;
}

void
queue_move(struct queue *queue, struct queue *other)
{
	if (other->first == NULL)
		return;
	*queue->last = other->first;
	queue->last = other->last;
	queue_init(other);
}
