/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/store/private.h"

/* ---- names ---- */

static bool
is_list_name(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return length > 0 && length < STORE_NAME_SIZE && name[length] == '\0';
}

bool
store_file_of(const struct store *store, const char *list, const char *suffix,
    struct store_file *file, char error[STORE_ERROR_SIZE])
{
	if (!is_list_name(list)) {
		snprintf(error, STORE_ERROR_SIZE,
		    "\"%.80s\" cannot be the name of a list", list);
		return false;
	}
	file->directory = store->directory;
	snprintf(file->name, sizeof(file->name), "%.63s%s", list, suffix);
	return true;
}

/* ---- lists ---- */

/* The place of the first list that is not before the name. */
static size_t
seek(const struct store *store, const char *name)
{
	size_t low = 0, high = store->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(store->lists[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct store_list *
store_list_find(const struct store *store, const char *name)
{
	size_t at = seek(store, name);

	if (at == store->count || strcmp(store->lists[at]->name, name) != 0)
		return NULL;
	return store->lists[at];
}

void
store_list_reset(struct store_list *list)
{
	struct store_list fresh = {.descriptor = -1, .saving = list->saving};

	store_journal_close(list);
	memcpy(fresh.name, list->name, sizeof(fresh.name));
	*list = fresh;
}

static struct store_list *
insert(struct store *store, const char *name)
{
	size_t at = seek(store, name);
	struct store_list *list;

	if (store->count == store->room) {
		size_t room = store->room ? 2 * store->room : 8;
		struct store_list **lists =
		    realloc(store->lists, room * sizeof(*lists));

		if (!lists)
			return NULL;
		store->lists = lists;
		store->room = room;
	}
	list = calloc(1, sizeof(*list));
	if (!list)
		return NULL;
	strncpy(list->name, name, sizeof(list->name) - 1);
	list->descriptor = -1;
	memmove(&store->lists[at + 1], &store->lists[at],
	    (store->count++ - at) * sizeof(store->lists[0]));
	store->lists[at] = list;
	return list;
}

struct store_list *
store_list_make(
    struct store *store, const char *name, char error[STORE_ERROR_SIZE])
{
	struct store_list *list = store_list_find(store, name);

	if (!list)
		list = insert(store, name);
	if (!list)
		store_system_failed(error, name, "cannot be kept", ENOMEM);
	return list;
}

/* ---- the directory ---- */

static bool
open_directory(struct store *store, const char *path)
{
	int parent;
	bool made = mkdir(path, 0700) == 0;

	store->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->directory < 0)
		return false;
	if (!made)
		return true;
	/* That it was made has to last as well; if not, it is made again. */
	parent =
	    openat(store->directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent >= 0) {
		(void)fsync(parent);
		close(parent);
	}
	return true;
}

/*
 * The directory itself is locked, which leaves no file and needs no right to
 * write. Where directories cannot be locked (NFS) there is a file for it.
 */
static bool
lock_directory(struct store *store)
{
	if (flock(store->directory, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		return false;
	store->lock = openat(store->directory, "lock",
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return store->lock >= 0 && flock(store->lock, LOCK_EX | LOCK_NB) == 0;
}

static bool
is_temporary(const char *name)
{
	size_t length = strlen(name);

	return length > 4 && strcmp(name + length - 4, ".tmp") == 0;
}

/* What a process that died has left. */
static void
remove_temporaries(const struct store *store)
{
	int copy =
	    openat(store->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *entry;

	if (!directory) {
		if (copy >= 0)
			close(copy);
		return;
	}
	while ((entry = readdir(directory)) != NULL)
		if (is_temporary(entry->d_name))
			unlinkat(store->directory, entry->d_name, 0);
	closedir(directory);
}

static void
say(char error[STORE_ERROR_SIZE], const char *path, const char *what)
{
	snprintf(
	    error, STORE_ERROR_SIZE, "state-directory %.160s: %s", path, what);
}

struct store *
store_open(const char *path, char error[STORE_ERROR_SIZE])
{
	struct store *store = calloc(1, sizeof(*store));

	error[0] = '\0';
	if (!store) {
		say(error, path, strerror(ENOMEM));
		return NULL;
	}
	store->lock = -1;
	if (!open_directory(store, path)) {
		say(error, path, strerror(errno));
		free(store);
		return NULL;
	}
	if (!lock_directory(store)) {
		say(error, path,
		    errno == EWOULDBLOCK ? "another truesrc uses it"
					 : strerror(errno));
		store_close(store);
		return NULL;
	}
	remove_temporaries(store);
	return store;
}

void
store_close(struct store *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < store->count; i++) {
		store_journal_close(store->lists[i]);
		free(store->lists[i]);
	}
	free(store->lists);
	if (store->lock >= 0)
		close(store->lock);
	close(store->directory);
	free(store);
}
