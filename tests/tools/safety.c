// SPDX-License-Identifier: Apache-2.0
/*
 * The safety property: whatever the client wrote, an answer that is called
 * proven is the true client.
 *
 * Each request is made from the client's end. The client writes what it
 * likes, then each hop does to it what honest proxies do: it appends what it
 * truly saw to the lists (to the last line or in a line of its own, in its own
 * spelling), or overwrites the single-value headers that it is known for. So
 * the true client is known by construction.
 *
 * What holds in this world, and must, for the property to make sense:
 * - A hop's address is in the policy's trust; the client's is in no set at
 *   all that the policy believes. The word any believes everybody, so nothing
 *   behind it may be called proven.
 * - Every hop keeps every list that some policy walks; the first one always
 *   appends, later ones may leave it out.
 * - A single-value header is overwritten by the hops of each "from" that
 *   policy names for it.
 * - PROXY from a sender in proxy.trust tells the truth.
 *
 * usage: safety [-n REQUESTS] [-s SEED] [-p POLICIES] [-k]
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent/policy/policy.h"
#include "tests/tools/safety/plan.h"
#include "tests/tools/safety/world.h"

enum { FAILURES_SHOWN = 3, NAME_SIZE = 32 };

struct totals {
	uint64_t requests;
	uint64_t proven;
	uint64_t plain; /* requests under policies that must find the client */
	uint64_t
	    hopeful;    /* behind at least one hop, not under plain policies */
	uint64_t found; /* of these: proven */
	uint64_t failures;
};

struct run {
	struct generation *generation;
	struct request *request;
	struct plan *plans;
	unsigned plan_count;
	struct world world;
	struct random random;
	struct totals totals;
	uint64_t seed;
	bool keep; /* the configuration file */
};

static void
add_text(struct request *request, const char *name, struct view text)
{
	struct sample sample = {.kind = SAMPLE_TEXT, .text = text};

	request_add(request, view_of(name), &sample);
}

static void
add_address(struct request *request, const char *name, const struct node *node)
{
	struct sample sample = {
	    .kind = SAMPLE_ADDRESS, .address = node->address};

	if (node->local)
		add_text(request, name, VIEW("unix"));
	else
		request_add(request, view_of(name), &sample);
}

static void
add_headers(struct request *request, const struct world *world)
{
	request_headers_begin(request);
	for (unsigned f = 0; f < HEADER_COUNT; f++)
		for (unsigned i = 0; i < world->fields[f].count; i++)
			request_add_line(request, view_of(header_name(f)),
			    world->fields[f].lines[i]);
}

/* As HAProxy sends single lines: the last ones, and perhaps how many. */
static void
add_last_lines(struct request *request, struct world *world,
    struct random *random, enum header header)
{
	const struct field *field = &world->fields[header];
	unsigned sent = 1 + random_below(random, LINES_BY_NAME_MAX);
	struct sample count = {
	    .kind = SAMPLE_INTEGER, .integer = (int64_t)field->count};
	char name[NAME_SIZE + 32];

	for (unsigned i = 0; i < sent && i < field->count; i++) {
		snprintf(name, sizeof(name), i ? "h.%s.%u" : "h.%s",
		    header_name(header), i + 1);
		/* The name's view has to live as long as the request. */
		add_text(request, world_keep(world, name),
		    field->lines[field->count - 1 - i]);
	}
	if (random_below(random, 4) == 0)
		return;
	snprintf(name, sizeof(name), "h.%s.count", header_name(header));
	request_add(request, view_of(world_keep(world, name)), &count);
}

static void
fill_request(struct run *run, const struct plan *plan)
{
	struct request *request = run->request;
	struct world *world = &run->world;
	struct sample proxied = {.kind = SAMPLE_BOOLEAN, .integer = 1};

	request_reset(request);
	add_text(request, "policy", view_of(plan->name));
	add_address(request, "peer", &world->socket_peer);
	if (world->proxied) {
		request_add(request, VIEW("proxied"), &proxied);
		add_address(request, "src", &world->proxy_source);
	} else if (!world->socket_peer.local) {
		add_address(request, "src", &world->socket_peer);
	}
	if (world->whole) {
		add_headers(request, world);
		return;
	}
	for (unsigned f = 0; f < HEADER_COUNT; f++)
		add_last_lines(request, world, &run->random, (enum header)f);
}

static void
print_address(const char *what, const struct node *node)
{
	char text[ADDRESS_TEXT_SIZE] = "unix";

	if (!node->local)
		address_format(&node->address, text);
	fprintf(stderr, "# %s %s\n", what, text);
}

static void
print_failure(const struct run *run, const struct plan *plan,
    const struct answer *answer, const char *what)
{
	const struct world *world = &run->world;
	struct node client = {.address = answer->client_ip};
	char flags[FLAGS_TEXT_SIZE];

	flags_format(answer->flags, flags);
	fprintf(stderr, "# %s; request %" PRIu64 ", seed %" PRIu64 "\n%s", what,
	    run->totals.requests, run->seed, plan->yaml);
	print_address("true client", &world->client);
	print_address("answer", &client);
	fprintf(stderr, "# proven %d, source %.*s, flags %s\n", answer->proven,
	    (int)answer->source.length, answer->source.data, flags);
	print_address("socket peer", &world->socket_peer);
	if (world->proxied)
		print_address("PROXY source", &world->proxy_source);
	fprintf(stderr, "# headers %s\n", world->whole ? "whole" : "by line");
	for (unsigned f = 0; f < HEADER_COUNT; f++)
		for (unsigned i = 0; i < world->fields[f].count; i++)
			fprintf(stderr, "# %s: %.*s\n", header_name(f),
			    (int)world->fields[f].lines[i].length,
			    world->fields[f].lines[i].data);
}

static void
check_answer(
    struct run *run, const struct plan *plan, const struct answer *answer)
{
	const struct world *world = &run->world;
	struct totals *totals = &run->totals;
	struct address got = address_unmap(answer->client_ip);
	bool right =
	    !world->client.local && address_equal(&got, &world->client.address);
	const char *what = NULL;

	totals->requests++;
	totals->proven += answer->proven;
	if (plan->plain && world->whole) {
		totals->plain++;
		if (!right || !answer->proven)
			what = "a plain policy did not find the client";
	} else if (world->hops > 0) {
		totals->hopeful++;
		totals->found += answer->proven;
	}
	if (!answer->ok)
		what = "no answer";
	if (answer->proven && !right)
		what = "proven, but not the true client";
	if (what == NULL)
		return;
	if (totals->failures++ < FAILURES_SHOWN)
		print_failure(run, plan, answer, what);
}

static void
run_requests(struct run *run, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		const struct plan *plan =
		    &run->plans[random_below(&run->random, run->plan_count)];
		const struct policy *policy;
		struct answer answer;

		world_make(&run->world, &run->random, plan);
		fill_request(run, plan);
		generation_evaluate(
		    run->generation, run->request, &answer, &policy, NULL);
		check_answer(run, plan, &answer);
	}
}

/* Writes, loads and builds the policies; false with the reason on stderr. */
static bool
load_policies(struct run *run)
{
	char path[] = "/tmp/truesrc-safety-XXXXXX";
	const char *paths[] = {path};
	const uint64_t seed[2] = {1, 2};
	struct report report;
	struct settings *settings;
	struct contents contents = {0};
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (file == NULL) {
		perror(path);
		return false;
	}
	plans_make(run->plans, run->plan_count, &run->random);
	plans_write(run->plans, run->plan_count, file);
	if (fclose(file) != 0) {
		perror(path);
		return false;
	}
	report_init(&report);
	settings = settings_load(paths, 1, &report);
	if (settings != NULL)
		contents_read(settings, &report, &contents);
	if (report.errors > 0)
		report_print(&report, stderr);
	report_fini(&report);
	if (settings != NULL && !run->keep)
		unlink(path);
	else
		fprintf(stderr, "# the policies are in %s\n", path);
	if (settings == NULL)
		return false;
	run->generation = generation_build(settings, &contents, 1, seed);
	contents_fini(&contents);
	settings_unref(settings);
	if (run->generation == NULL)
		return false;
	run->request =
	    request_new(generation_names(run->generation), WORLD_TEXT_SIZE);
	return run->request != NULL;
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void
print_totals(const struct run *run, double took)
{
	const struct totals *totals = &run->totals;

	printf("%s 1 - what is proven is the true client\n",
	    totals->failures ? "not ok" : "ok");
	printf("# %" PRIu64 " requests, %u policies, %" PRIu64
	       " proven, %" PRIu64 " wrong; %.0f a second\n",
	    totals->requests, run->plan_count, totals->proven, totals->failures,
	    (double)totals->requests / took);
	printf("# plain policies found the client in all of %" PRIu64
	       " requests; others proved it in %.1f %% of those behind hops\n",
	    totals->plain,
	    100.0 * (double)totals->found /
		(double)(totals->hopeful ? totals->hopeful : 1));
}

static void
run_fini(struct run *run)
{
	request_free(run->request);
	generation_free(run->generation);
	world_fini(&run->world);
	plans_free(run->plans, run->plan_count);
}

int
main(int argc, char **argv)
{
	struct run run = {.seed = (uint64_t)time(NULL), .plan_count = 2000};
	uint64_t count = 1000000;
	double began;
	int option;

	while ((option = getopt(argc, argv, "n:s:p:k")) != -1) {
		if (option == 'n')
			count = strtoull(optarg, NULL, 10);
		else if (option == 's')
			run.seed = strtoull(optarg, NULL, 10);
		else if (option == 'p')
			run.plan_count = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'k')
			run.keep = true;
		else
			return 2;
	}
	printf("1..1\n# seed %" PRIu64 "\n", run.seed);
	run.random.state = run.seed;
	run.plans = calloc(run.plan_count, sizeof(*run.plans));
	if (run.plans == NULL || !world_init(&run.world) ||
	    !load_policies(&run)) {
		printf("not ok 1 - the policies cannot be loaded\n");
		return 1;
	}
	began = seconds();
	run_requests(&run, count);
	print_totals(&run, seconds() - began);
	run_fini(&run);
	return run.totals.failures != 0;
}
