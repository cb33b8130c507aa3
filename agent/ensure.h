/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_ENSURE_H
#define AGENT_ENSURE_H

/*
 * What must hold because of our own code alone, checked in production too.
 * Nothing that HAProxy, a client, a feed or an operator can cause.
 */

#include <stdio.h>
#include <stdlib.h>

#define ensure(condition) \
	((condition) ? (void)0 : ensure_failed(__FILE__, __LINE__, #condition))

_Noreturn static inline void
ensure_failed(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

#endif
