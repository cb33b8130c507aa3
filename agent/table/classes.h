/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_CLASSES_H
#define AGENT_TABLE_CLASSES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Every combination of members that some address has is a class: a small
 * number, which is what the searched structures hold. Class 0 is the empty
 * combination. Readers look into masks alone. A class is written before the
 * first structure that names it is published, and never changes.
 */
struct classes {
	uint64_t *masks; /* class to members */
	uint32_t count;
	uint32_t room;
	uint32_t limit;
	uint32_t *found; /* by hash of the mask: class + 1, or 0 */
	uint32_t found_room;
	bool sealed; /* readers know masks: it stays where it is */
};

enum {
	CLASSES_MAX = 65536,
	CLASS_NONE = UINT32_MAX / 2,
};

/* At most limit classes. False when memory ran out. */
bool classes_init(struct classes *classes, uint32_t limit);
void classes_fini(struct classes *classes);

/*
 * The class of the members; a new one if need be. CLASS_NONE when there are
 * limit classes already, or when there is no memory (starved is set).
 */
uint32_t classes_find(struct classes *classes, uint64_t mask, bool *starved);

/* No growth from now on but into room that is left, some at least. */
bool classes_seal(struct classes *classes);

#endif
