/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LISTS_PRESETS_H
#define CONF_LISTS_PRESETS_H

/*
 * Ranges of networks that many people trust or refuse, as their owners publish
 * them: the files of conf/presets, as text inside the program.
 */

#include <stddef.h>

struct preset {
	const char *name; /* the file's, without .txt */
	const unsigned char *text;
	size_t length;
};

/* Sorted by name; made by embed.sh. */
extern const struct preset presets[];
extern const size_t preset_count;

/* NULL when there is none of that name. */
const struct preset *preset_find(const char *name);

#endif
