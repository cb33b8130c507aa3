/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/control/explain.h"
#include "agent/console/talk.h"

/* truesrcctl: talks to a running agent, and explains requests offline. */

enum {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_AGENT = 3,
};

#define CONTROL_SOCKET "/run/truesrc/control.sock"

static const char usage[] =
    "usage: truesrcctl [-s SOCKET] [WORD …]\n"
    "       truesrcctl explain -f FILE [-f FILE …] --peer ADDRESS|unix\n"
    "           [--header 'NAME: VALUE' …] [--policy NAME]\n"
    "           [--proxy SOURCE|unknown] [--argument NAME=VALUE …]\n"
    "       truesrcctl explain -f FILE [-f FILE …] --json\n"
    "       truesrcctl -v | -h\n"
    "\n"
    "  -s SOCKET  of the agent; without it " CONTROL_SOCKET "\n"
    "  WORD …     a command; without one, standard input has one a line\n"
    "             (\"help\" lists them)\n";

struct options {
	const char **files;
	size_t file_count;
	struct explain_question question;
	struct explain_pair *headers;
	struct explain_pair *arguments;
	bool json;
};

static int
usage_wrong(const char *what, const char *of)
{
	fprintf(stderr, "truesrcctl: %s%s\n%s", what, of, usage);
	return EXIT_USAGE;
}

/* Splits "name SEPARATOR value" in place; blanks around are cut. */
static bool
pair_split(char *text, char separator, struct explain_pair *pair)
{
	char *at = strchr(text, separator);

	if (!at || at == text)
		return false;
	*at++ = '\0';
	while (is_blank(*at))
		at++;
	pair->name = text;
	pair->value = at;
	return true;
}

static struct generation *
generation_load(const struct options *options)
{
	const uint64_t seed[2] = {0}; /* nobody else asks */
	struct report report;
	struct settings *settings;
	struct contents contents = {0};
	struct generation *generation = NULL;

	report_init(&report);
	settings = settings_load(options->files, options->file_count, &report);
	if (settings && contents_read(settings, &report, &contents)) {
		generation = generation_build(settings, &contents, 1, seed);
		if (!generation)
			fputs("truesrcctl: out of memory\n", stderr);
	} else {
		report_print(&report, stderr);
	}
	contents_fini(&contents);
	settings_unref(settings);
	report_fini(&report);
	return generation;
}

static bool
lines_explain(struct explain *explain)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	bool good = true;

	while (good && (length = getline(&line, &size, stdin)) > 0) {
		char *told;

		if (line[length - 1] == '\n')
			length--;
		told = explain_json(explain, line, (size_t)length);
		good = told && puts(told) >= 0;
		free(told);
	}
	free(line);
	if (fflush(stdout) != 0 || (good && !feof(stdin)))
		good = false;
	if (!good)
		fputs("truesrcctl: out of memory, or the output is closed\n",
		    stderr);
	return good;
}

static int
explain_run(const struct options *options)
{
	struct generation *generation = generation_load(options);
	struct explain *explain;
	bool good;

	if (!generation)
		return EXIT_REFUSED;
	explain = explain_new(generation);
	if (!explain)
		fputs("truesrcctl: out of memory\n", stderr);
	good = explain && (options->json ? lines_explain(explain)
					 : explain_print(explain,
					       &options->question, stdout));
	explain_free(explain);
	generation_free(generation);
	return good ? EXIT_DONE : EXIT_REFUSED;
}

enum { LONG_PEER = 256, LONG_HEADER, LONG_POLICY, LONG_PROXY, LONG_ARGUMENT };

static const struct option long_options[] = {
    {"peer", required_argument, NULL, LONG_PEER},
    {"header", required_argument, NULL, LONG_HEADER},
    {"policy", required_argument, NULL, LONG_POLICY},
    {"proxy", required_argument, NULL, LONG_PROXY},
    {"argument", required_argument, NULL, LONG_ARGUMENT},
    {"json", no_argument, NULL, 'j'},
    {NULL, 0, NULL, 0},
};

/* 0, or the exit code of a wrong option. */
static int
option_take(int option, struct options *options)
{
	struct explain_question *question = &options->question;

	switch (option) {
	case 'f':
		options->files[options->file_count++] = optarg;
		return 0;
	case LONG_PEER:
		question->peer = optarg;
		return 0;
	case LONG_POLICY:
		question->policy = optarg;
		return 0;
	case LONG_PROXY:
		question->proxy = optarg;
		return 0;
	case LONG_HEADER:
		return pair_split(optarg, ':',
			   &options->headers[question->header_count++])
			   ? 0
			   : usage_wrong("no NAME: VALUE in --header ", optarg);
	case LONG_ARGUMENT:
		return pair_split(optarg, '=',
			   &options->arguments[question->argument_count++])
			   ? 0
			   : usage_wrong(
				 "no NAME=VALUE in --argument ", optarg);
	case 'j':
		options->json = true;
		return 0;
	default:
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
}

static int
explain_main(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt_long(argc, argv, "f:", long_options, NULL)) !=
	       -1) {
		int wrong = option_take(option, options);

		if (wrong)
			return wrong;
	}
	if (optind != argc)
		return usage_wrong("what is this? ", argv[optind]);
	if (options->file_count == 0)
		return usage_wrong("no configuration: -f FILE", "");
	if (!options->json && !options->question.peer)
		return usage_wrong("who is the peer? --peer ADDRESS", "");
	options->question.headers = options->headers;
	options->question.arguments = options->arguments;
	return explain_run(options);
}

static int
explain_start(int argc, char **argv)
{
	size_t room = (size_t)argc + 1;
	struct options options = {
	    .files = calloc(room, sizeof(*options.files)),
	    .headers = calloc(room, sizeof(*options.headers)),
	    .arguments = calloc(room, sizeof(*options.arguments)),
	};
	int code = EXIT_REFUSED;

	if (options.files && options.headers && options.arguments)
		code = explain_main(argc, argv, &options);
	else
		fputs("truesrcctl: out of memory\n", stderr);
	free(options.files);
	free(options.headers);
	free(options.arguments);
	return code;
}

/* ---- talking ---- */

static int
talk_words(const char *socket, char *const *words, size_t count)
{
	static const int codes[] = {
	    [TALK_DONE] = EXIT_DONE,
	    [TALK_REFUSED] = EXIT_REFUSED,
	    [TALK_LOST] = EXIT_NO_AGENT,
	};
	enum talk_result result;
	char *line;

	if (count == 0)
		return codes[talk_on(socket)];
	line = talk_line(words, count);
	if (!line)
		return usage_wrong("a line break cannot be sent", "");
	result = talk_once(socket, line);
	free(line);
	return codes[result];
}

/* -v and -h stand alone. */
static int
show_and_go(int argc, const char *text)
{
	if (argc != 2)
		return usage_wrong("that stands alone", "");
	fputs(text, stdout);
	return EXIT_DONE;
}

/* Options end where the words begin. */
static int
talk_main(int argc, char **argv)
{
	const char *socket = CONTROL_SOCKET;
	int option;

	while ((option = getopt(argc, argv, "+s:vh")) != -1)
		switch (option) {
		case 's':
			socket = optarg;
			break;
		case 'v':
			return show_and_go(
			    argc, "truesrcctl " TRUESRC_VERSION "\n");
		case 'h':
			return show_and_go(argc, usage);
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	return talk_words(socket, argv + optind, (size_t)(argc - optind));
}

int
main(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "explain") == 0)
		return explain_start(argc - 1, argv + 1);
	return talk_main(argc, argv);
}
