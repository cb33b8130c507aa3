/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays many HAProxys against a running truesrc and checks every answer.
 *
 * The requests are made up so that the right answer is known (load/route.c);
 * the configuration that makes it right is written with -w. An ACK is decoded
 * to its last byte and belongs to a question that is under way on the same
 * connection, by its stream-id and frame-id.
 *
 * In a closed loop (the default) as many questions as -d says are under way on
 * each connection all the time. In an open loop (-r) each has a time when it is
 * due, whatever the agent does, and its latency counts from then.
 */

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/tools/load/run.h"

static const char help[] =
    "usage: load -w DIR [-p PREFIXES]      write the configuration\n"
    "       load [options] ADDRESS...      HOST:PORT or unix:PATH\n"
    "\n"
    "  -c N  connections (1)          -d N  questions under way on each (1)\n"
    "  -t S  seconds                  -n N  answers\n"
    "  -r N  questions a second, open loop\n"
    "  -k N  close each connection after N answers, and reopen it\n"
    "  -e W  HAProxys: 2.6, 3.4 or both (both)\n"
    "  -h N  plain chains of 0 to 5 hops; without it, all sorts of requests\n"
    "  -p N  prefixes in the list, as with -w (100000)\n"
    "  -q N  different questions (1500000)\n"
    "  -s N  seed\n"
    "  -P N  process of the agent: its CPU time is told\n"
    "  -u S  make it reload every S seconds, and check generations strictly\n"
    "  -m N  the list changes N times at most (0)\n"
    "  -g S  how long an old generation may answer (2)\n"
    "  -T S  when an answer is lost (5)\n"
    "  -i S  report progress every S seconds\n"
    "  -b    decode and match answers, but do not compare them\n";

static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

/* ---- options ---- */

static bool
read_number(const char *text, double *number)
{
	char *end;

	errno = 0;
	*number = strtod(text, &end);
	return errno == 0 && end != text && *end == '\0' && *number >= 0.;
}

static bool
set_engine(struct options *options, const char *word)
{
	static const char *const words[] = {
	    [ENGINE_2_6] = "2.6", [ENGINE_3_4] = "3.4", [ENGINE_BOTH] = "both"};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0) {
			options->engine = (enum engine)i;
			return true;
		}
	return false;
}

/* The options that are numbers. */
static bool
set_number(struct options *options, int letter, double number)
{
	switch (letter) {
	case 'c':
		options->connections = (unsigned)number;
		return number >= 1. && number <= 50000.;
	case 'd':
		options->depth = (unsigned)number;
		return number >= 1. && number <= 10000.;
	case 't':
		options->seconds = number;
		return true;
	case 'n':
		options->answers = (uint64_t)number;
		return true;
	case 'r':
		options->rate = number;
		return true;
	case 'k':
		options->churn = (uint64_t)number;
		return true;
	case 'h':
		options->questions.chain = (int)number;
		return number <= CHAIN_MAX;
	case 'p':
		options->questions.prefixes = (uint32_t)number;
		return number >= 1. && number <= PREFIXES_MAX;
	case 'q':
		options->questions.count = (size_t)number;
		return number >= 1. && number <= 1e8;
	case 's':
		options->questions.seed = (uint64_t)number;
		return true;
	case 'P':
		options->agent = (pid_t)number;
		return number >= 1.;
	case 'u':
		options->reload = number;
		return true;
	case 'm':
		options->changes = (unsigned)number;
		return true;
	case 'g':
		options->grace = number;
		return true;
	case 'T':
		options->patience = number;
		return number > 0.;
	case 'i':
		options->progress = number;
		return true;
	default:
		return false;
	}
}

static bool
set_option(struct options *options, int letter, const char **directory)
{
	double number;

	if (letter == 'w')
		*directory = optarg;
	else if (letter == 'b')
		options->blind = true;
	else if (letter == 'e')
		return set_engine(options, optarg);
	else
		return optarg != NULL && read_number(optarg, &number) &&
		       set_number(options, letter, number);
	return true;
}

static bool
set_local(struct target *target, const char *path)
{
	struct sockaddr_un *local = (struct sockaddr_un *)&target->address;

	if (strlen(path) >= sizeof(local->sun_path))
		return false;
	local->sun_family = AF_UNIX;
	strcpy(local->sun_path, path);
	target->length = sizeof(*local);
	return true;
}

static bool
set_host(struct target *target, const char *text)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *found;
	char host[64];
	const char *colon = strrchr(text, ':');
	size_t length = colon != NULL ? (size_t)(colon - text) : sizeof(host);

	if (length >= sizeof(host))
		return false;
	if (*text == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	memcpy(host, text, length);
	host[length] = '\0';
	if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
		return false;
	memcpy(&target->address, found->ai_addr, found->ai_addrlen);
	target->length = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

static bool
add_target(struct options *options, const char *text)
{
	struct target *target = &options->targets[options->target_count];

	if (options->target_count == ADDRESSES_MAX)
		return false;
	options->target_count++;
	if (strncmp(text, "unix:", 5) == 0)
		return set_local(target, text + 5);
	return set_host(target, text);
}

static bool
read_options(
    struct options *options, int argc, char **argv, const char **directory)
{
	int letter;

	while ((letter = getopt(
		    argc, argv, "c:d:t:n:r:k:e:h:p:q:s:P:u:m:g:T:i:w:b")) != -1)
		if (!set_option(options, letter, directory))
			return false;
	for (; optind < argc; optind++)
		if (!add_target(options, argv[optind]))
			return false;
	if (options->reload > 0. && options->agent == 0)
		return false;
	return (*directory != NULL) != (options->target_count > 0);
}

/* ---- the end ---- */

static unsigned tests;

static bool
tell(uint64_t bad, const char *what)
{
	printf("%sok %u - %s\n", bad == 0 ? "" : "not ", ++tests, what);
	if (bad > 0)
		printf("# %" PRIu64 "\n", bad);
	return bad == 0;
}

static bool
tell_tests(const struct run *run)
{
	const struct tally *tally = &run->tally;
	bool good = true;

	good &= tell(tally->answers == 0, "there are answers");
	good &= tell(tally->wrong, "none is wrong");
	good &= tell(tally->malformed, "none is malformed");
	good &= tell(tally->lost, "none is lost");
	good &= tell(tally->doubled, "none comes twice");
	good &= tell(tally->misaddressed, "none comes to a wrong place");
	good &= tell(tally->dead, "none is of a generation that is not live");
	good &= tell(tally->broken, "no connection breaks");
	printf("1..%u\n", tests);
	return good;
}

static void
tell_latency(const struct run *run)
{
	static const double parts[] = {.5, .9, .99, .999, .9999};

	printf("# latency_us");
	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		printf(" p%g %.1f", 100. * parts[i],
		    (double)latency_at(&run->latency, parts[i]) / 1e3);
	printf(" max %.1f%s\n", (double)run->latency.longest / 1e3,
	    run->options->rate > 0. ? " from when due"
				    : " from when asked, closed loop");
}

static double
own_cpu(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void
tell_sums(const struct run *run, double cpu)
{
	const struct tally *tally = &run->tally;
	const struct generations *generations = &run->generations;
	double seconds = (double)(run->ended - run->began) / 1e9;
	double answers = tally->answers > 0 ? (double)tally->answers : 1.;

	printf("# seconds %.3f asked %" PRIu64 " answers %" PRIu64
	       " rate %.0f\n",
	    seconds, tally->asked, tally->answers, answers / seconds);
	printf("# cpu_ns_per_answer agent %.0f client %.0f\n",
	    (double)run->agent_cpu / answers, 1e9 * cpu / answers);
	printf("# wrong %" PRIu64 " malformed %" PRIu64 " lost %" PRIu64
	       " doubled %" PRIu64 " misaddressed %" PRIu64 " dead %" PRIu64
	       " broken %" PRIu64 "\n",
	    tally->wrong, tally->malformed, tally->lost, tally->doubled,
	    tally->misaddressed, tally->dead, tally->broken);
	printf("# connections %" PRIu64 " farewells %" PRIu64
	       " abandoned %" PRIu64 " reloads %" PRIu64 " generations %" PRIu64
	       " to %" PRIu64 "\n",
	    tally->connections, tally->farewells, tally->abandoned,
	    tally->reloads, generations->first, generations->newest);
	tell_latency(run);
}

static bool
load(const struct options *options)
{
	static struct run run;
	bool good = false;

	if (run_init(&run, options)) {
		double cpu = own_cpu();

		run_go(&run, &stop);
		tell_sums(&run, own_cpu() - cpu);
		good = tell_tests(&run);
	}
	run_fini(&run);
	return good;
}

int
main(int argc, char **argv)
{
	const char *directory = NULL;
	struct options options = {.connections = 1,
	    .depth = 1,
	    .engine = ENGINE_BOTH,
	    .patience = 5.,
	    .grace = 2.,
	    .questions = {
		.count = 1500000, .prefixes = 100000, .chain = CHAIN_MIXED}};

	if (!read_options(&options, argc, argv, &directory)) {
		fputs(help, stderr);
		return 2;
	}
	if (directory != NULL)
		return places_write(directory, options.questions.prefixes) ? 0
									   : 1;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	/* Questions are due to the microsecond. */
	prctl(PR_SET_TIMERSLACK, 1UL);
	return load(&options) ? 0 : 1;
}
