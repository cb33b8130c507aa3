/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/classes.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_MIN = 64, ROOM_SEALED = 256 };

static uint32_t
place(const struct classes *classes, uint64_t mask)
{
	mask ^= mask >> 29;
	mask *= UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(mask >> 32) & (classes->found_room - 1);
}

static void
note(struct classes *classes, uint32_t class_)
{
	uint32_t at = place(classes, classes->masks[class_]);

	while (classes->found[at])
		at = (at + 1) & (classes->found_room - 1);
	classes->found[at] = class_ + 1;
}

/* Room is a power of two; found has twice as much. */
static bool
set_room(struct classes *classes, uint32_t room)
{
	uint64_t *masks = realloc(classes->masks, room * sizeof(*masks));
	uint32_t *found;

	if (!masks)
		return false;
	classes->masks = masks;
	found = calloc((size_t)room * 2, sizeof(*found));
	if (!found)
		return false;
	free(classes->found);
	classes->found = found;
	classes->found_room = room * 2;
	classes->room = room;
	for (uint32_t i = 0; i < classes->count; i++)
		note(classes, i);
	return true;
}

bool
classes_init(struct classes *classes, uint32_t limit)
{
	bool starved = false;

	*classes = (struct classes){.limit = limit};
	if (!set_room(classes, ROOM_MIN))
		return false;
	return classes_find(classes, 0, &starved) == 0;
}

void
classes_fini(struct classes *classes)
{
	free(classes->masks);
	free(classes->found);
}

uint32_t
classes_find(struct classes *classes, uint64_t mask, bool *starved)
{
	uint32_t at = place(classes, mask);

	for (; classes->found[at]; at = (at + 1) & (classes->found_room - 1))
		if (classes->masks[classes->found[at] - 1] == mask)
			return classes->found[at] - 1;
	if (classes->count == classes->limit)
		return CLASS_NONE;
	if (classes->count == classes->room) {
		if (classes->sealed)
			return CLASS_NONE;
		if (!set_room(classes, classes->room * 2)) {
			*starved = true;
			return CLASS_NONE;
		}
	}
	classes->masks[classes->count] = mask;
	note(classes, classes->count);
	return classes->count++;
}

bool
classes_seal(struct classes *classes)
{
	uint32_t room = classes->room;

	while (room < CLASSES_MAX &&
	       (room < ROOM_SEALED || room < 2 * classes->count))
		room *= 2;
	if (room != classes->room && !set_room(classes, room))
		return false;
	classes->sealed = true;
	return true;
}
