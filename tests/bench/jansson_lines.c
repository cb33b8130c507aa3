/* SPDX-License-Identifier: Apache-2.0 */

/*
 * jansson_lines REQUESTS ANSWERS [build]
 *
 * What explain cannot do without: reads each request with jansson, and writes
 * its answer with jansson. The answers come ready from a file, and reading that
 * is not counted; with "build" each is copied first, value by value, as one
 * who makes an answer has to build it. The CPU time of the rest, in seconds,
 * goes to standard error.
 */

#define _POSIX_C_SOURCE 200809L

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH = 64 };

static double
cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static json_t *
read_line(FILE *file, char **line, size_t *size)
{
	ssize_t length = getline(line, size, file);

	if (length <= 0)
		return NULL;
	if ((*line)[length - 1] == '\n')
		length--;
	return json_loadb(*line, (size_t)length,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
}

static size_t
answers_read(FILE *file, json_t **answers)
{
	char *line = NULL;
	size_t size = 0, count = 0;

	while (count < BATCH) {
		answers[count] = read_line(file, &line, &size);
		if (!answers[count])
			break;
		count++;
	}
	free(line);
	return count;
}

static void
requests_answer(FILE *file, json_t **answers, size_t count, bool build)
{
	static char *line;
	static size_t size;

	for (size_t i = 0; i < count; i++) {
		json_t *request = read_line(file, &line, &size);
		json_t *answer = build ? json_deep_copy(answers[i])
				       : json_incref(answers[i]);
		char *text = json_dumps(answer, JSON_COMPACT);

		if (!request || !text)
			exit(1);
		puts(text);
		free(text);
		json_decref(answer);
		json_decref(request);
	}
}

int
main(int argc, char **argv)
{
	static json_t *answers[BATCH];
	FILE *requests = argc >= 3 ? fopen(argv[1], "r") : NULL;
	FILE *ready = argc >= 3 ? fopen(argv[2], "r") : NULL;
	double seconds = 0;
	size_t count;

	if (!requests || !ready)
		return 2;
	while ((count = answers_read(ready, answers)) > 0) {
		double begin = cpu_seconds();

		requests_answer(requests, answers, count, argc > 3);
		fflush(stdout);
		seconds += cpu_seconds() - begin;
		while (count > 0)
			json_decref(answers[--count]);
	}
	fprintf(stderr, "%.6f\n", seconds);
	return 0;
}
