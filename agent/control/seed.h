/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONTROL_SEED_H
#define AGENT_CONTROL_SEED_H

/* What keys the hashes: nobody outside knows it. */

#include <stdint.h>
#include <sys/random.h>

enum { SEED_WORDS = 2 };

/* So few bytes never fail, but may be interrupted before the system is up. */
static inline void
seed_make(uint64_t seed[SEED_WORDS])
{
	const ssize_t size = SEED_WORDS * sizeof(*seed);

	while (getrandom(seed, (size_t)size, 0) != size)
		continue;
}

#endif
