/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures truesrc's table beside structures that do nothing else, on sets made
 * for it; what is printed is for tables.py.
 *
 * usage: tables [options] SET:COUNT
 *   -r ROUNDS    of warm lookups (5)
 *   -c SAMPLES   of cold ones (500; 0: none)
 *   -b BUILDS    of each (3; 0: none)
 *   -q BITS      two to this many queries (20)
 *   -m LISTS     that the prefixes are spread over (3)
 *   -s SEED      (1)
 *   -f MIB       read between two cold lookups (12)
 *   -p CPU       to run on
 *   -e NAME      this engine alone; may be given again
 *   -n           looks up 20,000 addresses once, for a count of instructions
 *   -w FILE      writes the set, in no order, and measures nothing
 *   -a FILE      writes the addresses, hits before misses, likewise
 *        tables -l FILE: from a list in a file to a bare structure
 */

#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/tables/measure.h"
#include "tests/bench/tables/memory.h"
#include "tests/bench/tables/pack.h"
#include "tests/bench/tables/pipeline.h"
#include "tests/bench/tables/text.h"

static const struct engine *const engines[] = {&engine_truesrc, &engine_bs4,
    &engine_bs6, &engine_st4, &engine_st6, &engine_dxr16, &engine_dxr20,
    &engine_hl4, &engine_hl6, &engine_h32};

enum { ENGINES = sizeof(engines) / sizeof(engines[0]) };

struct options {
	struct measure_options measure;
	unsigned bits;
	unsigned members;
	uint64_t seed;
	const char *only[ENGINES];
	unsigned only_count;
	bool instructions;
	const char *set_file;
	const char *address_file;
	char name[32];
	size_t count;
};

/* ---- the command line ---- */

_Noreturn static void
usage(void)
{
	fprintf(stderr, "usage: tables [options] SET:COUNT\nsets:%s\n",
	    set_names());
	exit(2);
}

static void
run_on(const char *cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET((unsigned)atoi(cpu), &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) != 0) {
		perror("sched_setaffinity");
		exit(1);
	}
}

static void
read_option(struct options *options, int option)
{
	unsigned number = (unsigned)strtoul(optarg ? optarg : "", NULL, 10);

	switch (option) {
	case 'r':
		options->measure.rounds = number;
		break;
	case 'c':
		options->measure.colds = number;
		break;
	case 'b':
		options->measure.builds = number;
		break;
	case 'q':
		options->bits = number;
		break;
	case 'm':
		options->members = number;
		break;
	case 's':
		options->seed = number;
		break;
	case 'f':
		options->measure.flush = (size_t)number << 20;
		break;
	case 'p':
		run_on(optarg);
		break;
	case 'e':
		if (options->only_count < ENGINES)
			options->only[options->only_count++] = optarg;
		break;
	case 'n':
		options->instructions = true;
		break;
	case 'w':
		options->set_file = optarg;
		break;
	case 'a':
		options->address_file = optarg;
		break;
	case 'l':
		pipeline_run(optarg);
		exit(0);
	default:
		usage();
	}
}

static void
read_options(struct options *options, int argc, char **argv)
{
	const char *colon;
	int option;

	while ((option = getopt(argc, argv, "r:c:b:q:m:s:f:p:e:nw:a:l:")) != -1)
		read_option(options, option);
	if (optind + 1 != argc || (colon = strchr(argv[optind], ':')) == NULL ||
	    colon - argv[optind] >= (long)sizeof(options->name))
		usage();
	memcpy(options->name, argv[optind], (size_t)(colon - argv[optind]));
	options->count = strtoul(colon + 1, NULL, 10);
	if (options->count == 0 || options->members < 1 ||
	    options->members > 64 || options->bits < 4 || options->bits > 24)
		usage();
}

/* ---- work ---- */

static bool
takes_part(const struct options *options, const struct set *set,
    const struct engine *engine)
{
	bool wanted = options->only_count == 0;

	for (unsigned i = 0; i < options->only_count; i++)
		wanted |= strcmp(options->only[i], engine->name) == 0;
	return wanted && engine->fits(set);
}

/* Every answer is compared before any is timed. */
static void
check(const struct contestant *contestant, const struct queries *queries)
{
	for (size_t i = 0; i < queries->count; i++) {
		uint64_t answer = contestant->engine->find(
		    contestant->structure, &queries->mixed[i]);

		if (answer == queries->answers[i])
			continue;
		fprintf(stderr,
		    "%s: %016llx %016llx gives %llx instead of %llx\n",
		    contestant->engine->name,
		    (unsigned long long)queries->mixed[i].hi,
		    (unsigned long long)queries->mixed[i].lo,
		    (unsigned long long)answer,
		    (unsigned long long)queries->answers[i]);
		exit(1);
	}
}

static void
measure_all(const struct options *options, const struct set *set,
    const struct queries *queries, const struct contestant *contestants,
    size_t count)
{
	for (size_t i = 0; i < count; i++)
		measure_print(set, contestants[i].engine->name, "size",
		    (double)contestants[i].size,
		    (double)contestants[i].size / (double)set->count);
	measure_lookups(&options->measure, set, queries, contestants, count);
	if (options->measure.colds > 0)
		measure_cold(
		    &options->measure, set, queries, contestants, count);
}

static void
compare_engines(const struct options *options, const struct set *set,
    const struct queries *queries)
{
	const struct engine *chosen[ENGINES];
	struct contestant contestants[ENGINES];
	size_t count = 0;

	for (size_t i = 0; i < ENGINES; i++)
		if (takes_part(options, set, engines[i]))
			chosen[count++] = engines[i];
	if (!options->instructions)
		measure_builds(&options->measure, set, chosen, count);
	for (size_t i = 0; i < count; i++) {
		contestants[i].engine = chosen[i];
		contestants[i].structure = chosen[i]->build(set);
		contestants[i].size = chosen[i]->size(contestants[i].structure);
		check(&contestants[i], queries);
	}
	if (options->instructions && count > 0)
		measure_instructions(&contestants[0], queries);
	else if (count > 0)
		measure_all(options, set, queries, contestants, count);
	for (size_t i = 0; i < count; i++)
		chosen[i]->free(contestants[i].structure);
}

int
main(int argc, char **argv)
{
	struct options options = {.measure = {5, 500, 3, 12 << 20},
	    .bits = 20,
	    .members = 3,
	    .seed = 1};
	struct queries queries;
	struct set set;

	read_options(&options, argc, argv);
	if (!set_make(&set, options.name, options.count, options.members,
		options.seed))
		usage();
	if (options.set_file != NULL)
		text_write_set(&set, options.set_file);
	if (options.set_file == NULL || options.address_file != NULL)
		queries_make(&queries, &set, (size_t)1 << options.bits);
	if (options.address_file != NULL)
		text_write_addresses(&queries, options.address_file);
	if (options.set_file == NULL && options.address_file == NULL) {
		pack_make(&set);
		compare_engines(&options, &set, &queries);
		pack_free();
	}
	set_free(&set);
	return 0;
}
