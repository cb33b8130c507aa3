/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/spop/ack.h"

#include "proto/spop/cursor.h"

/* The types of actions, and how many arguments HAProxy insists on. */
enum { SET_VAR = 1, SET_VAR_ARGUMENTS = 3 };
enum { UNSET_VAR = 2, UNSET_VAR_ARGUMENTS = 2 };

void
spop_ack_set(
    struct spop_writer *writer, enum spop_scope scope, struct view name)
{
	const uint8_t head[] = {SET_VAR, SET_VAR_ARGUMENTS, (uint8_t)scope};

	cursor_write_text(writer, head, sizeof(head), name);
}

void
spop_ack_unset(
    struct spop_writer *writer, enum spop_scope scope, struct view name)
{
	const uint8_t head[] = {UNSET_VAR, UNSET_VAR_ARGUMENTS, (uint8_t)scope};

	cursor_write_text(writer, head, sizeof(head), name);
}
