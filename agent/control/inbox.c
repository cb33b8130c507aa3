/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/inbox.h"

#include <stddef.h>

enum { LETTERS_A_TURN = 256 };

static struct letter *
take(struct inbox *inbox)
{
	pthread_mutex_lock(&inbox->mutex);
	struct letter *letter = inbox->first;
	if (letter != NULL) {
		inbox->first = letter->next;
		if (inbox->first == NULL)
			inbox->last = &inbox->first;
		letter->next = NULL;
		letter->posted = false;
	}
	pthread_mutex_unlock(&inbox->mutex);
	return letter;
}

/* A few at a time: those who post must not keep the loop from its work. */
static void
on_wake(struct ev_loop *loop, ev_async *wake, int events)
{
	struct inbox *inbox = wake->data;
	struct letter *letter;

	(void)events;
	for (unsigned i = 0; i < LETTERS_A_TURN; i++) {
		letter = take(inbox);
		if (letter == NULL)
			return;
		inbox->on_letter(inbox->owner, letter);
	}
	ev_async_send(loop, wake);
}

void
inbox_init(struct inbox *inbox, struct ev_loop *loop, void *owner,
    void (*on_letter)(void *owner, struct letter *letter))
{
	pthread_mutex_init(&inbox->mutex, NULL);
	inbox->first = NULL;
	inbox->last = &inbox->first;
	inbox->loop = loop;
	inbox->owner = owner;
	inbox->on_letter = on_letter;
	ev_async_init(&inbox->wake, on_wake);
	inbox->wake.data = inbox;
	ev_async_start(loop, &inbox->wake);
}

void
inbox_fini(
    struct inbox *inbox, void (*discard)(void *owner, struct letter *letter))
{
	struct letter *letter;

	while ((letter = take(inbox)) != NULL)
		if (discard != NULL)
			discard(inbox->owner, letter);
	ev_async_stop(inbox->loop, &inbox->wake);
	pthread_mutex_destroy(&inbox->mutex);
}

void
inbox_post(struct inbox *inbox, struct letter *letter)
{
	pthread_mutex_lock(&inbox->mutex);
	bool posted = letter->posted;
	if (!posted) {
		letter->posted = true;
		letter->next = NULL;
		*inbox->last = letter;
		inbox->last = &letter->next;
	}
	pthread_mutex_unlock(&inbox->mutex);
	if (!posted)
		ev_async_send(inbox->loop, &inbox->wake);
}
