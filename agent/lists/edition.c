/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/edition.h"
#include "agent/poison.h"

#include <stdlib.h>

static bool
same_listen(const struct listen_settings *a, const struct listen_settings *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == LISTEN_UNIX)
		return strcmp(a->path, b->path) == 0;
	return a->port == b->port && address_equal(&a->address, &b->address);
}

/*
 * Several listeners may be written alike (port 0): the nth of them is the nth
 * in the settings.
 */
static int
find_listen(const struct settings *settings,
    const struct running_listens *running, size_t listener)
{
	const struct listen_settings *wanted = &running->list[listener];
	size_t before = 0;

	for (size_t i = 0; i < listener; i++)
		if (same_listen(&running->list[i], wanted))
			before++;
	for (size_t i = 0; i < settings->listen_count; i++)
		if (same_listen(&settings->listens[i], wanted) && before-- == 0)
			return (int)i;
	return -1;
}

static bool
make_requests(struct edition *edition, unsigned workers, size_t payload_max)
{
	edition->requests = calloc(workers + 1, sizeof(*edition->requests));
	if (edition->requests == NULL)
		return false;
	for (unsigned i = 0; i < workers; i++) {
		edition->requests[i] = request_new(
		    generation_names(edition->generation), payload_max);
		if (edition->requests[i] == NULL)
			return false;
		edition->request_count++;
	}
	return true;
}

static bool
match_listens(struct edition *edition, const struct running_listens *running)
{
	const struct settings *settings =
	    generation_settings(edition->generation);

	edition->listens = calloc(running->count + 1, sizeof(int));
	if (edition->listens == NULL)
		return false;
	edition->listen_count = running->count;
	for (size_t i = 0; i < running->count; i++)
		edition->listens[i] = find_listen(settings, running, i);
	return true;
}

static void
discard(struct job *job)
{
	edition_free((struct edition *)job);
}

struct edition *
edition_new(struct generation **take, unsigned workers, size_t payload_max,
    const struct running_listens *running)
{
	struct edition *edition = calloc(1, sizeof(*edition));

	if (edition == NULL)
		return NULL;
	edition->scrap.discard = discard;
	edition->generation = *take;
	if (!make_requests(edition, workers, payload_max) ||
	    !match_listens(edition, running)) {
		edition->generation = NULL;
		edition_free(edition);
		return NULL;
	}
	*take = NULL;
	return edition;
}

void
edition_free(struct edition *edition)
{
	if (edition == NULL)
		return;
	for (unsigned i = 0; i < edition->request_count; i++)
		request_free(edition->requests[i]);
	free(edition->requests);
	free(edition->listens);
	generation_free(edition->generation);
	poison(edition, sizeof(*edition));
	free(edition);
}

bool
edition_admits(const struct edition *edition,
    const struct running_listens *running, size_t listener,
    const struct address *peer)
{
	int listen = edition->listens[listener];

	if (listen < 0)
		return !running->guarded[listener];
	return generation_admits(edition->generation, (size_t)listen, peer);
}
