/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONTROL_CLOCK_H
#define AGENT_CONTROL_CLOCK_H

/* The clock of everything that lasts: nobody sets it, it only runs forward. */

#include <stdint.h>
#include <time.h>

static inline uint64_t
monotonic_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#endif
