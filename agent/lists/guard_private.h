/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_GUARD_PRIVATE_H
#define AGENT_LISTS_GUARD_PRIVATE_H

/* What the checks of a change share. */

#include "agent/lists/guard.h"

/* What a check looks at. */
struct guard_change {
	const struct list_settings *list;
	const struct settings *settings;
	const struct contents *contents;
	const struct prefixes *before; /* NULL: the first content */
	const struct prefixes *after;
	char *text;
};

void guard_say(char *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

bool guard_touches_never(const struct guard_change *change);

#endif
