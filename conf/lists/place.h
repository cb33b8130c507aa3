/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LISTS_PLACE_H
#define CONF_LISTS_PLACE_H

/* Where in JSON a text stands, which its parser does not tell. */

#include "proto/text/view.h"

/*
 * The first string that is this text, however it is escaped, from *cursor on,
 * else from the begin. The cursor is 0 or what an earlier call left, behind
 * what that found. NULL when there is none. The JSON is known to be good.
 */
const char *place_of_text(struct view json, size_t *cursor, struct view text);

/* Likewise of a number or another word that is no string. */
const char *place_of_word(struct view json, size_t *cursor, struct view word);

#endif
