/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_LISTS_EXPORT_H
#define AGENT_LISTS_EXPORT_H

/* A list as a file that HAProxy reads with "src -f". */

#include <stdbool.h>

#include "conf/lists/prefixes.h"

enum { EXPORT_ERROR_SIZE = 256 };

/*
 * Writes one prefix a line beside the file and renames: whoever reads it finds
 * the old one or the new one. False: error says why, and the old one stays.
 */
bool export_write(const char *path, const struct prefixes *content,
    char error[EXPORT_ERROR_SIZE]);

#endif
