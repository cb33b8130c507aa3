/* SPDX-License-Identifier: Apache-2.0 */

/*
 * instructions CONFIG QUESTIONS PREFIXES HOPS [ROUNDS]
 *
 * Answers the NOTIFYs of one HAProxy in memory, without a socket, from the
 * configuration that "load -w" wrote: what callgrind counts inside
 * converse() is what answers cost us, whatever the machine is busy with.
 */

#include <stdio.h>
#include <stdlib.h>

#include "agent/spop/dialog.h"
#include "tests/tools/load/frames.h"

enum { PAYLOAD_MAX = 1 << 16, OUTPUT_SIZE = 1 << 17, BATCH = 16384 };

static const struct dialog_limits limits = {
    .frame_size = 16380, .fragments = 65536};

void converse(struct view input, const struct dialog_context *context);

/* As many whole frames at a time as a worker's buffer would hold. */
__attribute__((noinline)) void
converse(struct view input, const struct dialog_context *context)
{
	static uint8_t output[OUTPUT_SIZE];
	struct dialog dialog;

	dialog_init(&dialog, &limits);
	for (size_t read = 0; read < input.length;) {
		size_t rest = input.length - read;
		struct view batch = {
		    input.data + read, rest < BATCH ? rest : BATCH};
		size_t before = batch.length;
		struct spop_writer writer;

		spop_writer_init(&writer, output, sizeof(output));
		if (dialog_receive(&dialog, context, &batch, &writer) ==
		    DIALOG_CLOSE) {
			fprintf(stderr, "the dialog ended: %u\n",
			    (unsigned)dialog.status);
			exit(1);
		}
		read += before - batch.length;
	}
	dialog_fini(&dialog, context->pool);
}

static struct generation *
load(const char *path)
{
	const uint64_t seed[2] = {1, 2};
	struct report report;
	struct contents contents = {0};
	struct generation *generation = NULL;

	report_init(&report);
	struct settings *settings = settings_load(&path, 1, &report);
	if (settings != NULL && contents_read(settings, &report, &contents))
		generation = generation_build(settings, &contents, 1, seed);
	report_print(&report, stderr);
	report_fini(&report);
	contents_fini(&contents);
	settings_unref(settings);
	return generation;
}

static int
answer(struct generation *generation, const struct frames *frames, int rounds)
{
	static struct counters counters;
	struct remark remark = {.event = NULL};
	struct pool pool;
	struct request *request =
	    request_new(generation_names(generation), PAYLOAD_MAX);
	const struct dialog_context context = {
	    .message = {generation, request, &counters, &remark},
	    .limits = &limits,
	    .pool = &pool,
	    .pipelining = true,
	};

	if (request == NULL)
		return 1;
	pool_init(&pool, limits.fragments);
	for (int i = 0; i < rounds; i++)
		converse(
		    (struct view){(const char *)frames->bytes, frames->length},
		    &context);
	printf("answers %llu denied %llu\n",
	    (unsigned long long)counters_get(&counters, COUNTER_REQUESTS),
	    (unsigned long long)counters_get(&counters, COUNTER_VERDICTS_DENY));
	pool_fini(&pool);
	request_free(request);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc < 5) {
		fprintf(stderr,
		    "usage: instructions CONFIG QUESTIONS PREFIXES HOPS "
		    "[ROUNDS]\n");
		return 2;
	}
	struct frames frames = frames_make(strtoul(argv[2], NULL, 10),
	    (uint32_t)strtoul(argv[3], NULL, 10), atoi(argv[4]));
	struct generation *generation = load(argv[1]);

	if (frames.bytes == NULL || generation == NULL)
		return 1;
	int code = answer(generation, &frames, argc > 5 ? atoi(argv[5]) : 1);
	generation_free(generation);
	free(frames.bytes);
	return code;
}
