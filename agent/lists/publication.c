/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/publication.h"

#include <stdlib.h>

/*
 * All of it is sequentially consistent, so that there is one order to argue
 * with. A reader writes seen, then reads current; the writer writes current,
 * then epoch, then reads seen. If the writer finds seen at 0, the reader's
 * writing of it, and so its reading of current, comes later and gives the new
 * edition. If the writer finds an epoch from before, it waits. An epoch from
 * after can only be seen by one who finds the new edition too.
 */

bool
publication_init(struct publication *publication, unsigned readers)
{
	publication->readers = aligned_alloc(_Alignof(struct reader),
	    (readers + 1) * sizeof(*publication->readers));
	if (publication->readers == NULL)
		return false;
	for (unsigned i = 0; i < readers; i++)
		atomic_init(&publication->readers[i].seen, 0);
	publication->count = readers;
	atomic_init(&publication->current, NULL);
	atomic_init(&publication->epoch, 1);
	return true;
}

void
publication_fini(struct publication *publication)
{
	free(publication->readers);
}

struct edition *
publication_enter(struct publication *publication, unsigned reader)
{
	atomic_store(&publication->readers[reader].seen,
	    atomic_load(&publication->epoch));
	return atomic_load(&publication->current);
}

void
publication_leave(struct publication *publication, unsigned reader)
{
	atomic_store(&publication->readers[reader].seen, 0);
}

uint64_t
publication_replace(struct publication *publication, struct edition *edition)
{
	atomic_store(&publication->current, edition);
	return atomic_fetch_add(&publication->epoch, 1) + 1;
}

uint64_t
publication_advance(struct publication *publication)
{
	return atomic_fetch_add(&publication->epoch, 1) + 1;
}

uint64_t
publication_oldest(const struct publication *publication)
{
	uint64_t oldest = atomic_load(&publication->epoch);

	for (unsigned i = 0; i < publication->count; i++) {
		uint64_t seen = atomic_load(&publication->readers[i].seen);

		if (seen != 0 && seen < oldest)
			oldest = seen;
	}
	return oldest;
}

bool
publication_passed(const struct publication *publication, uint64_t epoch)
{
	for (unsigned i = 0; i < publication->count; i++) {
		uint64_t seen = atomic_load(&publication->readers[i].seen);

		if (seen != 0 && seen < epoch)
			return false;
	}
	return true;
}
