/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/load/run.h"
#include "tests/tools/load/peer.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
	EVENTS_MAX = 256,
	COMPLAINTS_MAX = 10,
	CHECK_INTERVAL = 10000000,
	WAIT_MAX = 10000000,
	SECOND = 1000000000,
};

static uint64_t
clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static uint64_t
later(uint64_t since, double seconds)
{
	return since + (uint64_t)(seconds * SECOND);
}

/* ---- what is said ---- */

void
run_complain(struct run *run, const struct peer *peer, const char *what,
    const struct question *question)
{
	char client[IP_TEXT_SIZE] = "";

	if (run->complaints++ >= COMPLAINTS_MAX)
		return;
	if (question != NULL)
		ip_format(&question->expected.client, client);
	fprintf(stderr, "# %.3f s, connection %u: %s",
	    (double)(run->now - run->began) / SECOND, peer->index, what);
	if (question != NULL)
		fprintf(stderr, "; question %zu, client %s",
		    (size_t)(question - run->questions.list), client);
	fputc('\n', stderr);
}

static void
report_progress(struct run *run)
{
	const struct tally *tally = &run->tally;
	uint64_t bad = tally->wrong + tally->malformed + tally->lost +
		       tally->doubled + tally->misaddressed + tally->dead +
		       tally->broken;

	printf("# at %.1f answers %llu bad %llu\n",
	    (double)(run->now - run->began) / SECOND,
	    (unsigned long long)tally->answers, (unsigned long long)bad);
	fflush(stdout);
}

/* ---- the agent's time ---- */

/* Nanoseconds on a CPU so far, of all threads; 0: not known. */
static uint64_t
agent_cpu(pid_t agent)
{
	char path[PATH_MAX];
	uint64_t sum = 0;
	struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)agent);
	DIR *tasks = agent > 0 ? opendir(path) : NULL;
	if (tasks == NULL)
		return 0;
	while ((entry = readdir(tasks)) != NULL) {
		unsigned long long spent;

		snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat",
		    (int)agent, entry->d_name);
		FILE *file = fopen(path, "r");
		if (file == NULL)
			continue;
		if (fscanf(file, "%llu", &spent) == 1)
			sum += spent;
		fclose(file);
	}
	closedir(tasks);
	return sum;
}

/* ---- the loop ---- */

static void
ask_what_is_due(struct run *run)
{
	const struct options *options = run->options;
	unsigned tried = 0;

	while (run->asking && (double)run->now >= run->next_due &&
	       tried < options->connections) {
		struct peer *peer = &run->peers[run->turn];

		if (++run->turn == options->connections)
			run->turn = 0;
		if (!peer_has_room(peer, run)) {
			tried++;
			continue;
		}
		tried = 0;
		peer_ask(peer, run, (uint64_t)run->next_due);
		run->next_due += SECOND / options->rate;
	}
	for (unsigned i = 0; i < options->connections; i++)
		if (run->peers[i].output_length > 0 && !run->peers[i].writing)
			peer_flush(&run->peers[i], run);
}

static void
do_what_is_time(struct run *run)
{
	const struct options *options = run->options;

	generations_turn(&run->generations, run->now);
	if (options->reload > 0. && run->asking &&
	    run->now >= run->next_reload && run->generations.first != 0) {
		run->next_reload = later(run->now, options->reload);
		run->generations.reloads++;
		run->tally.reloads++;
		kill(options->agent, SIGHUP);
	}
	if (options->progress > 0. && run->now >= run->next_progress) {
		run->next_progress =
		    later(run->next_progress, options->progress);
		report_progress(run);
	}
	if (run->now < run->next_check)
		return;
	run->next_check = run->now + CHECK_INTERVAL;
	for (unsigned i = 0; i < options->connections; i++)
		peer_check_time(&run->peers[i], run);
}

static struct timespec
how_long(const struct run *run)
{
	uint64_t wait = WAIT_MAX;

	if (run->asking && run->options->rate > 0.) {
		double ahead = run->next_due - (double)run->now;

		/* What is overdue waits for a peer, not for the time. */
		if (ahead > 0. && ahead < WAIT_MAX)
			wait = (uint64_t)ahead;
	}
	return (struct timespec){.tv_nsec = (long)wait};
}

static void
turn(struct run *run)
{
	struct epoll_event events[EVENTS_MAX];
	struct timespec wait = how_long(run);
	int count = epoll_pwait2(run->epoll, events, EVENTS_MAX, &wait, NULL);

	run->now = clock_now();
	for (int i = 0; i < count; i++) {
		struct peer *peer = events[i].data.ptr;

		peer_event(
		    peer, run, (events[i].events & ~(uint32_t)EPOLLOUT) != 0);
		/* Churn: the next one is opened without delay. */
		if (peer->state == PEER_CLOSED && run->asking &&
		    run->now >= peer->reopen)
			peer_open(peer, run);
	}
	if (run->options->rate > 0.)
		ask_what_is_due(run);
	do_what_is_time(run);
}

static bool
is_over(const struct run *run, const volatile sig_atomic_t *stop)
{
	const struct options *options = run->options;

	return *stop ||
	       (options->seconds > 0. &&
		   run->now >= later(run->began, options->seconds)) ||
	       (options->answers > 0 && run->tally.answers >= options->answers);
}

static unsigned
in_flight(const struct run *run)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < run->options->connections; i++)
		sum += run->peers[i].in_flight;
	return sum;
}

static bool
all_are_open(const struct run *run)
{
	for (unsigned i = 0; i < run->options->connections; i++)
		if (run->peers[i].state != PEER_OPEN)
			return false;
	return true;
}

/* Connections first, so that the first answers wait for none. */
static void
connect_all(struct run *run, const volatile sig_atomic_t *stop)
{
	double rate = run->options->rate;
	uint64_t end = later(run->now, run->options->patience);

	run->asking = true;
	run->next_due = (double)later(run->now, 1e6);
	for (unsigned i = 0; i < run->options->connections; i++)
		peer_open(&run->peers[i], run);
	while (rate > 0. && !all_are_open(run) && run->now < end && !*stop)
		turn(run);
}

void
run_go(struct run *run, const volatile sig_atomic_t *stop)
{
	uint64_t cpu = agent_cpu(run->options->agent);

	run->now = clock_now();
	run->began = run->now;
	run->next_progress = later(run->now, run->options->progress);
	run->next_reload = later(run->now, run->options->reload);
	connect_all(run, stop);
	run->began = run->now;
	run->next_due = (double)run->now;
	while (!is_over(run, stop))
		turn(run);
	run->ended = run->now;
	run->agent_cpu = agent_cpu(run->options->agent) - cpu;
	run->asking = false;
	for (uint64_t end = later(run->now, run->options->patience + 1.);
	     in_flight(run) > 0 && run->now < end;)
		turn(run);
	for (unsigned i = 0; i < run->options->connections; i++)
		peer_end(&run->peers[i], run);
}

/* ---- life ---- */

bool
run_init(struct run *run, const struct options *options)
{
	run->options = options;
	run->generations.grace = later(0, options->grace);
	run->generations.bounded = options->reload > 0.;
	run->epoll = epoll_create1(EPOLL_CLOEXEC);
	run->peers = calloc(options->connections, sizeof(run->peers[0]));
	if (run->epoll < 0 || run->peers == NULL ||
	    !questions_make(&run->questions, &options->questions)) {
		perror("load");
		return false;
	}
	for (unsigned i = 0; i < options->connections; i++)
		if (!peer_init(&run->peers[i], run, i)) {
			perror("load");
			return false;
		}
	return true;
}

void
run_fini(struct run *run)
{
	for (unsigned i = 0; i < run->options->connections; i++)
		peer_fini(&run->peers[i]);
	free(run->peers);
	questions_free(&run->questions);
	close(run->epoll);
}
