/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_LIKE_H
#define CONF_LOAD_LIKE_H

/* Ready policies: the files of conf/like, as text inside the program. */

#include <stddef.h>

struct like_file {
	const char *name; /* the file's, without .yaml */
	const unsigned char *text;
	size_t length;
};

/* Sorted by name; made by embed.sh. */
extern const struct like_file like_files[];
extern const size_t like_file_count;

/* NULL when there is none of that name. */
const struct like_file *like_find(const char *name);

#endif
