/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Runs a fuzz target over files instead of a fuzzer, so that what a fuzzer
 * once found stays found: replay FILE|DIRECTORY... Prints TAP, a test for each
 * input; a target that dies leaves the plan unfulfilled, and the name of the
 * input in the last comment.
 */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What libFuzzer calls once before all inputs; not every target has one. */
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

enum { INPUT_MAX = 4 << 20 };

struct inputs {
	char **paths;
	size_t count;
};

static void
die(const char *what, const char *path)
{
	printf("Bail out! %s: %s\n", what, path);
	exit(1);
}

static void
inputs_add(struct inputs *inputs, const char *path)
{
	char **paths = realloc(
	    inputs->paths, (inputs->count + 1) * sizeof(*inputs->paths));

	if (!paths)
		die("out of memory", path);
	inputs->paths = paths;
	paths[inputs->count] = strdup(path);
	if (!paths[inputs->count++])
		die("out of memory", path);
}

static void
inputs_add_directory(struct inputs *inputs, const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);

	if (count < 0)
		die("cannot read", path);
	for (int i = 0; i < count; i++) {
		char name[4096];

		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			inputs_add(inputs, name);
		free(entries[i]);
	}
	free(entries);
}

static void
inputs_find(struct inputs *inputs, int count, char **paths)
{
	for (int i = 0; i < count; i++) {
		struct stat status;

		if (stat(paths[i], &status) < 0)
			die("cannot find", paths[i]);
		if (S_ISDIR(status.st_mode))
			inputs_add_directory(inputs, paths[i]);
		else
			inputs_add(inputs, paths[i]);
	}
}

static void
inputs_forget(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++)
		free(inputs->paths[i]);
	free(inputs->paths);
}

/* Exactly as many bytes as there are, so that reading beyond is noticed. */
static void
replay(const char *path)
{
	FILE *stream = fopen(path, "rb");
	uint8_t *buffer = malloc(INPUT_MAX);
	uint8_t *data;
	size_t size;

	if (!stream || !buffer)
		die("cannot read", path);
	size = fread(buffer, 1, INPUT_MAX, stream);
	fclose(stream);
	data = malloc(size ? size : 1);
	if (!data)
		die("out of memory", path);
	memcpy(data, buffer, size);
	free(buffer);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

int
main(int argc, char **argv)
{
	struct inputs inputs = {0};

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	inputs_find(&inputs, argc - 1, argv + 1);
	printf("1..%zu\n", inputs.count);
	for (size_t i = 0; i < inputs.count; i++) {
		printf("# next: %s\n", inputs.paths[i]);
		replay(inputs.paths[i]);
		printf("ok %zu - %s\n", i + 1, inputs.paths[i]);
	}
	inputs_forget(&inputs);
	return 0;
}
