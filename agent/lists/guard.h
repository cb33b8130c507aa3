/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_GUARD_H
#define AGENT_LISTS_GUARD_H

/* What a change of a list's content has to pass. Pure. */

#include "conf/lists/prefixes.h"
#include "conf/load/settings.h"

enum guard {
	GUARD_NONE,
	GUARD_TOLERATE, /* too many bad lines: found by list_read() */
	GUARD_SHRINK,
	GUARD_GROWTH,
	GUARD_WIDEST,
	GUARD_NEVER,
	GUARD_ALLOW,
	GUARD_DENY,
	GUARD_COVERAGE, /* more than half of a family */
};

enum { GUARD_TEXT_SIZE = 256 };

/* "shrink", "growth", … as configuration and metrics write it. */
const char *guard_name(enum guard guard);

/*
 * Does the list's guard let after replace before (NULL: the first content)?
 * GUARD_NONE if so; else text says what is wrong, with figures and, where there
 * is one, the prefix. contents are all lists, for "never".
 */
enum guard guard_check(const struct list_settings *list,
    const struct settings *settings, const struct contents *contents,
    const struct prefixes *before, const struct prefixes *after,
    char text[GUARD_TEXT_SIZE]);

/* The same for one prefix to be added; the shares are not looked at. */
enum guard guard_check_one(const struct list_settings *list,
    const struct settings *settings, const struct contents *contents,
    const struct prefix *prefix, char text[GUARD_TEXT_SIZE]);

#endif
