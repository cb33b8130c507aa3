/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_PATHS_H
#define CONF_LOAD_PATHS_H

/* From what the operator named to the files that are read. */

#include "conf/load/report.h"

struct path_list {
	char **paths;
	size_t count;
};

/*
 * A directory gives its *.yaml, sorted by name, those that begin with a dot
 * left out. False, reported, when one could not be read or gave nothing; the
 * list holds the others. To be freed either way.
 */
bool paths_expand(const char *const *names, size_t count,
    struct path_list *list, struct report *report);
void paths_free(struct path_list *list);

#endif
