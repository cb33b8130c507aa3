/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_TEXT_H
#define CONF_LOAD_TEXT_H

/* Small questions about texts that an operator wrote. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/load/arena.h"

enum { FIELD_NAME_MAX = 127 };

/* A plain decimal up to max: digits alone, no leading zero. */
bool text_number(
    const char *text, size_t length, uint64_t max, uint64_t *number);

/* [a-z0-9_-], 1 to NAME_MAX_LENGTH: lists, policies, rules, verdicts */
bool text_is_name(const char *text);

/* The name of a header or argument: RFC 9110 token, 1 to FIELD_NAME_MAX. */
bool text_is_token(const char *text);

/* A copy in lower case; NULL when memory ran out. */
char *text_lower(struct arena *arena, const char *text);

/*
 * A path that a file named: relative to that file, as seen from here. NULL
 * when memory ran out.
 */
char *text_path(struct arena *arena, const char *file, const char *path);

#endif
