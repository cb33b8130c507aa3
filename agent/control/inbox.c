/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/inbox.h"

#include "agent/control/loop.h"

#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

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

/* Cannot fail: the count would have to reach the end of 64 bits. */
static void
wake(const struct inbox *inbox)
{
	eventfd_write(inbox->descriptor, 1);
}

/* A few at a time: those who post must not keep the loop from its work. */
static void
on_wake(struct ev_loop *loop, ev_io *io, int events)
{
	struct inbox *inbox = io->data;
	struct letter *letter;
	eventfd_t count;

	(void)loop;
	(void)events;
	eventfd_read(inbox->descriptor, &count);
	for (unsigned i = 0; i < LETTERS_A_TURN; i++) {
		letter = take(inbox);
		if (letter == NULL)
			return;
		inbox->on_letter(inbox->owner, letter);
	}
	wake(inbox);
}

bool
inbox_init(struct inbox *inbox, struct ev_loop *loop, void *owner,
    void (*on_letter)(void *owner, struct letter *letter))
{
	int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	*inbox = (struct inbox){
	    .descriptor = descriptor, .owner = owner, .on_letter = on_letter};
	if (descriptor < 0)
		return false;
	inbox->last = &inbox->first;
	ev_io_init(&inbox->wake, on_wake, descriptor, EV_READ);
	inbox->wake.data = inbox;
	if (!loop_watch(loop, &inbox->wake)) {
		close(descriptor);
		return false;
	}
	inbox->mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	inbox->loop = loop;
	return true;
}

void
inbox_fini(
    struct inbox *inbox, void (*discard)(void *owner, struct letter *letter))
{
	struct letter *letter;

	if (inbox->loop == NULL)
		return;
	while ((letter = take(inbox)) != NULL)
		if (discard != NULL)
			discard(inbox->owner, letter);
	ev_io_stop(inbox->loop, &inbox->wake);
	close(inbox->descriptor);
	pthread_mutex_destroy(&inbox->mutex);
}

void
inbox_post(struct inbox *inbox, struct letter *letter)
{
	pthread_mutex_lock(&inbox->mutex);
	bool posted = letter->posted;
	bool first = inbox->first == NULL; /* none is about to be taken */
	if (!posted) {
		letter->posted = true;
		letter->next = NULL;
		*inbox->last = letter;
		inbox->last = &letter->next;
	}
	pthread_mutex_unlock(&inbox->mutex);
	if (!posted && first)
		wake(inbox);
}
