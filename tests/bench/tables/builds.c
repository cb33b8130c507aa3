/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/tables/clock.h"
#include "tests/bench/tables/measure.h"
#include "tests/bench/tables/memory.h"

/* What a build took, in a process that does nothing else. */
struct built {
	double milliseconds;
	double peak; /* bytes more than before, at most and in the end */
	double held;
};

static double
status_bytes(const char *field)
{
	char line[256];
	FILE *status = fopen("/proc/self/status", "r");
	double bytes = 0;

	if (status == NULL)
		return 0;
	while (fgets(line, sizeof(line), status) != NULL)
		if (strncmp(line, field, strlen(field)) == 0)
			bytes = strtod(line + strlen(field) + 1, NULL) * 1024;
	fclose(status);
	return bytes;
}

/* From now on the peak is what there is now. */
static void
forget_peak(void)
{
	FILE *file = fopen("/proc/self/clear_refs", "w");

	if (file == NULL)
		return;
	fputs("5", file);
	fclose(file);
}

static void
build_here(const struct engine *engine, const struct set *set, int to)
{
	struct built built;
	double before;
	uint64_t start;

	forget_peak();
	before = status_bytes("VmRSS:");
	start = clock_cpu();
	(void)engine->build(set);
	built.milliseconds = (double)(clock_cpu() - start) / 1e6;
	built.held = status_bytes("VmRSS:") - before;
	built.peak = status_bytes("VmHWM:") - before;
	_exit(write(to, &built, sizeof(built)) == sizeof(built) ? 0 : 1);
}

static struct built
build_apart(const struct engine *engine, const struct set *set)
{
	struct built built = {0, 0, 0};
	int ends[2];
	pid_t child;

	if (pipe(ends) != 0 || (child = fork()) < 0) {
		perror("a process to build in");
		exit(1);
	}
	if (child == 0)
		build_here(engine, set, ends[1]);
	close(ends[1]);
	if (read(ends[0], &built, sizeof(built)) != sizeof(built))
		fprintf(stderr, "%s was not built\n", engine->name);
	close(ends[0]);
	waitpid(child, NULL, 0);
	return built;
}

void
measure_builds(const struct measure_options *options, const struct set *set,
    const struct engine *const *engines, size_t count)
{
	size_t builds = options->builds;
	double *times = memory_array(count * builds, sizeof(times[0]));
	struct built built[ENGINES_MAX];

	for (size_t i = 0; i < builds; i++)
		for (size_t j = 0; j < count; j++) {
			built[j] = build_apart(engines[j], set);
			times[j * builds + i] = built[j].milliseconds;
		}
	for (size_t j = 0; j < count && builds > 0; j++) {
		double *own = times + j * builds;
		double median = measure_median(own, builds);

		measure_print(set, engines[j]->name, "build", median, own[0]);
		measure_print(set, engines[j]->name, "peak", built[j].peak,
		    built[j].held);
	}
	free(times);
}
