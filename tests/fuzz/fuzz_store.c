/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as the files of the state directory. The first byte of the input
 * says which file the rest is, and whether its sums are put right first, so
 * that what is behind them is reached.
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/store/store.h"
#include "agent/store/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	INPUT_FILE = 3, /* of the first byte: content, snapshot, journals */
	INPUT_SEAL = 4,
	SIZE_MAX_ = 1 << 16,
};

static const char *const files[] = {
    "fuzz.good", "fuzz.entries", "fuzz.journal0", "fuzz.journal1"};

static char directory[64];

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
clean(void)
{
	DIR *entries = opendir(directory);
	const struct dirent *entry;

	if (!entries)
		return;
	while ((entry = readdir(entries)) != NULL)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(entries), entry->d_name, 0);
	closedir(entries);
}

static void
remove_directory(void)
{
	clean();
	rmdir(directory);
}

static void
make_directory(void)
{
	const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	if (directory[0] != '\0')
		return;
	snprintf(directory, sizeof(directory), "%s/truesrc-fuzz-XXXXXX", where);
	require(mkdtemp(directory) != NULL);
	atexit(remove_directory);
}

/* The header keeps time and generation of the input; the frames their place. */
static void
put_right(uint8_t *bytes, size_t size, unsigned file)
{
	struct store_header header = {.version = STORE_VERSION,
	    .kind = file == 0 ? STORE_CONTENT
			      : (file == 1 ? STORE_ENTRIES : STORE_JOURNAL),
	    .name = "fuzz"};
	uint64_t seal;
	size_t at = HEADER_SIZE;

	if (size < HEADER_SIZE)
		return;
	header.time = (int64_t)store_number(bytes + 16, 8);
	header.generation = bytes[24] % 4;
	seal = store_header_write(&header, bytes);
	while (size - at > FRAME_HEAD) {
		size_t length = store_number(bytes + at, 4) % 512;

		if (length > size - at - FRAME_HEAD)
			length = size - at - FRAME_HEAD;
		store_frame_seal(seal, at, bytes + at, length);
		at += FRAME_HEAD + length;
	}
}

static void
write_file(const char *name, const uint8_t *bytes, size_t size)
{
	char path[128];
	int file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	require(file >= 0 && write(file, bytes, size) == (ssize_t)size);
	close(file);
}

static void
check_content(struct store *store)
{
	char error[STORE_ERROR_SIZE];
	struct store_content content;
	enum store_result result =
	    store_load_content(store, "fuzz", &content, error);

	require((result == STORE_OK) == (content.prefixes != NULL));
	require(result == STORE_OK || result == STORE_BROKEN);
	require((result == STORE_BROKEN) == (error[0] != '\0'));
	if (!content.prefixes)
		return;
	require(prefixes_count(content.prefixes) <= SIZE_MAX_);
	require(store_save_content(store, "fuzz", &content, error) == STORE_OK);
	prefixes_unref(content.prefixes);
	require(store_load_content(store, "fuzz", &content, error) == STORE_OK);
	prefixes_unref(content.prefixes);
}

/* What was loaded is loaded again, and no harm is left to be told of. */
static void
check_list(struct store *store)
{
	char error[STORE_ERROR_SIZE];
	struct dynamic *dynamic = dynamic_new();
	struct dynamic *again = dynamic_new();
	enum store_result result;

	require(dynamic && again);
	result = store_load_dynamic(store, "fuzz", dynamic, 1000, 1000, error);
	require(result != STORE_FAILED);
	require((result == STORE_BROKEN) == (error[0] != '\0'));
	require(dynamic_count(dynamic) <= SIZE_MAX_);
	if (!strstr(error, "left as it is")) {
		result =
		    store_load_dynamic(store, "fuzz", again, 1000, 1000, error);
		require(result == STORE_OK || result == STORE_NONE);
		require(dynamic_count(again) == dynamic_count(dynamic));
	}
	dynamic_free(dynamic);
	dynamic_free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[SIZE_MAX_];
	char error[STORE_ERROR_SIZE];
	struct store *store;
	unsigned file;

	if (size == 0 || size > sizeof(bytes))
		return 0;
	make_directory();
	file = data[0] & INPUT_FILE;
	memcpy(bytes, data + 1, size - 1);
	if (data[0] & INPUT_SEAL)
		put_right(bytes, size - 1, file);
	write_file(files[file], bytes, size - 1);
	store = store_open(directory, error);
	require(store != NULL);
	if (file == 0)
		check_content(store);
	else
		check_list(store);
	store_close(store);
	clean();
	return 0;
}
