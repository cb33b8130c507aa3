/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void
refuse(struct report *report, const char *name, const char *why)
{
	report_error(report, (struct place){name, 0, 0}, "%s", why);
}

static void
refuse_with_errno(struct report *report, const char *name)
{
	char buffer[128];

	refuse(report, name, strerror_r(errno, buffer, sizeof(buffer)));
}

/* folder/name, or name alone where folder is NULL. */
static bool
append(struct path_list *list, const char *folder, const char *name)
{
	size_t folder_size = folder == NULL ? 0 : strlen(folder);
	bool slash = folder_size > 0 && folder[folder_size - 1] != '/';
	size_t size = folder_size + slash + strlen(name) + 1;
	char **paths =
	    realloc(list->paths, (list->count + 1) * sizeof(*list->paths));
	char *path;

	if (paths == NULL)
		return false;
	list->paths = paths;
	path = malloc(size);
	if (path == NULL)
		return false;
	snprintf(path, size, "%s%s%s", folder == NULL ? "" : folder,
	    slash ? "/" : "", name);
	list->paths[list->count++] = path;
	return true;
}

static int
is_wanted(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 &&
	       strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

/* As strcmp() sorts: the same in every locale. */
static int
compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool
expand_folder(struct path_list *list, const char *folder, struct report *report)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_wanted, compare);
	bool good = true;

	if (count < 0) {
		refuse_with_errno(report, folder);
		return false;
	}
	for (int i = 0; i < count; i++) {
		good = good && append(list, folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (count == 0)
		refuse(report, folder, "no *.yaml is in this directory");
	else if (!good)
		refuse(report, folder, "out of memory");
	return good && count > 0;
}

bool
paths_expand(const char *const *names, size_t count, struct path_list *list,
    struct report *report)
{
	bool good = true;

	*list = (struct path_list){.paths = NULL};
	for (size_t i = 0; i < count; i++) {
		struct stat status;

		if (stat(names[i], &status) == 0 && S_ISDIR(status.st_mode)) {
			good &= expand_folder(list, names[i], report);
		} else if (!append(list, NULL, names[i])) {
			refuse(report, names[i], "out of memory");
			good = false;
		}
	}
	return good;
}

void
paths_free(struct path_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
}
