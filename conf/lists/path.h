/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LISTS_PATH_H
#define CONF_LISTS_PATH_H

/*
 * Where in JSON prefixes are: "prefixes[].ip_prefix", several with commas
 * between. A step is a key and, for each array it leads through, "[]"; the
 * first may lack the key, when the document itself is an array.
 */

#include "proto/text/view.h"

enum { PATHS_MAX = 8, PATH_STEPS_MAX = 8, PATH_ARRAYS_MAX = 4 };

struct path_step {
	struct view key; /* empty: the document itself */
	unsigned arrays; /* to go through behind it */
};

struct path {
	struct view text;
	struct path_step steps[PATH_STEPS_MAX];
	unsigned count;
};

struct paths {
	struct path list[PATHS_MAX];
	unsigned count;
};

/* Views into text. Gives NULL, or what is wrong with it, for people. */
const char *paths_parse(const char *text, struct paths *paths);

#endif
