/* SPDX-License-Identifier: Apache-2.0 */
#include <ev.h>
#include <jansson.h>
#include <libcidr.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <yaml.h>

#include "agent/control/control.h"
#include "agent/control/seed.h"
#include "agent/lists/lists.h"
#include "agent/spop/listener.h"
#include "conf/load/schema.h"

/* The exit codes of the manual. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_STARTED = 3,
	EXIT_DIED = 4,
};

struct options {
	const char **paths;
	size_t path_count;
	bool check;
	bool print;
	bool debug;
	bool manual;
	bool help;
	const char *take_over; /* -x */
	unsigned versions;
};

/* ---- words ---- */

static void
print_help(FILE *stream)
{
	fputs("truesrc tells HAProxy who the client really is, over SPOP.\n"
	      "\n"
	      "usage: truesrc -f FILE [-f FILE ...]\n"
	      "       truesrc -c [-dC] -f FILE ...\n"
	      "\n"
	      "  -f FILE  configuration; of a directory, its *.yaml in order\n"
	      "  -c       check the configuration and the lists it names\n"
	      "  -dC      with -c: print it as understood, defaults filled in\n"
	      "  -d       show debug messages\n"
	      "  -v       show the version; -vv: how it was built, limits\n"
	      "  -h       show this\n"
	      "\n"
	      "signals: HUP, USR2 reload; USR1 soft stop; TERM drain;\n"
	      "         INT leave at once\n",
	    stream);
}

static void
print_build(void)
{
	printf("Build variant: " TRUESRC_VARIANT ", compiler: " __VERSION__ "\n"
	       "Libraries: libev %d.%d, libyaml %s, libcidr %.*s, jansson %s\n",
	    ev_version_major(), ev_version_minor(), yaml_get_version_string(),
	    (int)strcspn(cidr_version(), " "), cidr_version(),
	    jansson_version_str());
	printf("Limits: %d policies, %d lists, %d lists and ranges a policy,\n"
	       "        %d sources, %d rules a policy, %d hops,\n"
	       "        %d headers and %d arguments in all policies,\n"
	       "        %d live generations, backlog %d\n",
	    POLICIES_MAX, LISTS_MAX, POLICY_SETS_MAX, SOURCES_MAX, RULES_MAX,
	    HOPS_MAX, FIELDS_MAX, FIELDS_MAX, GENERATIONS_MAX,
	    LISTENER_BACKLOG);
}

static enum exit_code
print_version(unsigned versions)
{
	puts("truesrc " TRUESRC_VERSION);
	if (versions > 1)
		print_build();
	return EXIT_DONE;
}

/* ---- options ---- */

static bool
fail_option(const char *option, const char *word)
{
	fprintf(stderr, "truesrc: %s%s is unknown\n", option, word);
	return false;
}

/* HAProxy writes what to dump behind the d: -dC. */
static bool
set_debug(struct options *options, const char *word)
{
	if (word == NULL)
		options->debug = true;
	else if (strcmp(word, "C") == 0)
		options->print = true;
	else if (strcmp(word, "M") == 0)
		options->manual = true;
	else
		return fail_option("-d", word);
	return true;
}

static bool
set_option(struct options *options, int letter)
{
	switch (letter) {
	case 'f':
		options->paths[options->path_count++] = optarg;
		return true;
	case 'c':
		options->check = true;
		return true;
	case 'd':
		return set_debug(options, optarg);
	case 'v':
		options->versions++;
		return true;
	case 'x':
		options->take_over = optarg;
		return true;
	case 'h':
		options->help = true;
		return true;
	default:
		return false; /* getopt said why */
	}
}

static bool
read_options(struct options *options, int argc, char **argv)
{
	int letter;

	while ((letter = getopt(argc, argv, "f:cd::vx:h")) != -1)
		if (!set_option(options, letter))
			return false;
	if (optind < argc) {
		fprintf(stderr, "truesrc: what is \"%s\"?\n", argv[optind]);
		return false;
	}
	return true;
}

/* What has to be said against a combination of options, or NULL. */
static const char *
find_fault(const struct options *options)
{
	if (options->take_over != NULL)
		return "-x is not built yet";
	if (options->path_count == 0)
		return "no configuration is given (-f FILE)";
	if (options->print && !options->check)
		return "-dC goes with -c";
	return NULL;
}

/* ---- running ---- */

static enum exit_code
fail_memory(void)
{
	fputs("truesrc: out of memory\n", stderr);
	return EXIT_NOT_STARTED;
}

static enum exit_code
print_checked(const struct options *options, const struct settings *settings)
{
	if (options->print)
		settings_print(settings, stdout);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("truesrc: standard output");
		return EXIT_NOT_STARTED;
	}
	fputs("Configuration file is valid\n", stderr);
	return EXIT_DONE;
}

static enum exit_code
run_agent(const struct options *options, struct loading *loading,
    struct generation **generation)
{
	struct log log;
	const struct control_settings control = {
	    .log = &log,
	    .paths = options->paths,
	    .path_count = options->path_count,
	    .debug = options->debug,
	    .loading = loading,
	};

	log_init(&log, STDERR_FILENO);
	lists_configure_log(
	    &log, generation_settings(*generation), options->debug);
	enum control_result result = control_run(&control, generation);
	if (result == CONTROL_EXIT_NOW)
		exit(EXIT_DONE);
	log_fini(&log);
	return result == CONTROL_DONE ? EXIT_DONE : EXIT_NOT_STARTED;
}

static enum exit_code
build_and_run(const struct options *options, struct loading *loading)
{
	uint64_t seed[SEED_WORDS];
	struct contents contents = {0};
	struct generation *generation = NULL;

	seed_make(seed);
	if (loading_contents(loading, &contents))
		generation =
		    generation_build(loading->settings, &contents, 1, seed);
	contents_fini(&contents);
	if (generation == NULL)
		return fail_memory();
	enum exit_code code = run_agent(options, loading, &generation);
	generation_free(generation);
	return code;
}

static enum exit_code
run(const struct options *options)
{
	enum exit_code code = EXIT_REFUSED;
	struct loading loading = {.first = true,
	    .paths = options->paths,
	    .path_count = options->path_count};

	loading_run(&loading);
	report_print(&loading.report, stderr);
	if (loading.settings != NULL)
		code = build_and_run(options, &loading);
	else if (loading.store_error[0] != '\0')
		code = EXIT_NOT_STARTED;
	if (loading.store != NULL)
		store_close(loading.store);
	loading_fini(&loading);
	return code;
}

static enum exit_code
check(const struct options *options)
{
	enum exit_code code = EXIT_REFUSED;
	struct contents contents;
	struct settings *settings;
	struct report report;

	report_init(&report);
	bool good = settings_check(
	    options->paths, options->path_count, &report, &settings, &contents);
	report_print(&report, stderr);
	report_fini(&report);
	if (!good)
		return code;
	code = print_checked(options, settings);
	contents_fini(&contents);
	settings_unref(settings);
	return code;
}

/* ---- dying ---- */

/*
 * Where core files are wanted the signal takes its course; else the exit code
 * says it.
 */
static void
on_death(int number)
{
	static const char text[] = "truesrc: died inside\n";
	struct rlimit limit;

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0 ||
	    getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur == 0)
		_exit(EXIT_DIED);
	raise(number);
}

/* A sanitizer's own handlers stay. */
static void
catch_deaths(void)
{
	static const int deaths[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
	struct sigaction action = {.sa_handler = on_death,
	    .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
	struct sigaction before;

	for (size_t i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++)
		if (sigaction(deaths[i], NULL, &before) == 0 &&
		    before.sa_handler == SIG_DFL)
			sigaction(deaths[i], &action, NULL);
}

static enum exit_code
obey(const struct options *options)
{
	const char *fault;

	if (options->help) {
		print_help(stdout);
		return EXIT_DONE;
	}
	if (options->versions > 0)
		return print_version(options->versions);
	if (options->manual) {
		schema_print_manual(stdout);
		return EXIT_DONE;
	}
	fault = find_fault(options);
	if (fault != NULL) {
		fprintf(stderr, "truesrc: %s\n", fault);
		print_help(stderr);
		return EXIT_USAGE;
	}
	return options->check ? check(options) : run(options);
}

int
main(int argc, char **argv)
{
	struct options options = {
	    .paths = calloc((size_t)argc + 1, sizeof(*options.paths))};
	enum exit_code code = EXIT_USAGE;

	catch_deaths();
	if (options.paths == NULL)
		code = fail_memory();
	else if (read_options(&options, argc, argv))
		code = obey(&options);
	else
		print_help(stderr);
	free(options.paths);
	exit((int)code);
}
