/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishing and letting go, twice: a model of the protocol in every order its
 * steps can happen in, and the real one with readers at full speed, where what
 * was let go cannot be read any more.
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "agent/ensure.h"
#include "agent/lists/publication.h"

/* ---- the model ---- */

enum { READERS = 2, EDITIONS = 4, ROUNDS = 2, NOBODY = 0 };

enum reader_step { READ_EPOCH, WRITE_SEEN, READ_CURRENT, USE, LEAVE };

/* What is done in another order than publication.c does it. */
enum mistake { NO_MISTAKE, CURRENT_FIRST, EPOCH_FIRST, ONE_READER, MISTAKES };

/*
 * Each step is one access to shared memory. All of it is bytes, so that two
 * states are the same when their bytes are.
 */
struct state {
	uint8_t current;
	uint8_t epoch;
	uint8_t half;  /* the writer is between its two steps of publishing */
	uint8_t check; /* the edition looked after, or none */
	uint8_t asked; /* readers that it has looked at for that */
	uint8_t newest;
	uint8_t gone[EDITIONS + 1];
	uint8_t since[EDITIONS + 1]; /* the epoch that replaced it */
	struct model_reader {
		uint8_t step;
		uint8_t rounds;
		uint8_t epoch;
		uint8_t seen;
		uint8_t held;
	} readers[READERS];
};

enum { TABLE_SIZE = 1 << 23, STACK_SIZE = 1 << 22 };

struct search {
	enum mistake mistake;
	struct state *table; /* epoch 0: free */
	struct state *stack;
	size_t waiting;
	size_t states;
	bool broken; /* a reader has used what was gone */
};

static void
reach(struct search *search, const struct state *state)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	const uint8_t *bytes = (const uint8_t *)state;

	for (size_t i = 0; i < sizeof(*state); i++)
		hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
	hash ^= hash >> 29;
	for (size_t at = hash % TABLE_SIZE;; at = (at + 1) % TABLE_SIZE) {
		if (search->table[at].epoch == 0) {
			search->table[at] = *state;
			break;
		}
		if (memcmp(&search->table[at], state, sizeof(*state)) == 0)
			return;
	}
	search->states++;
	ensure(search->states < TABLE_SIZE / 2);
	ensure(search->waiting < STACK_SIZE);
	search->stack[search->waiting++] = *state;
}

static void
reader_turn(struct search *search, struct state state, unsigned number)
{
	static const enum reader_step right[] = {
	    READ_EPOCH, WRITE_SEEN, READ_CURRENT, USE, LEAVE};
	static const enum reader_step wrong[] = {
	    READ_CURRENT, READ_EPOCH, WRITE_SEEN, USE, LEAVE};
	struct model_reader *reader = &state.readers[number];

	if (reader->rounds == ROUNDS)
		return;
	switch ((
	    search->mistake == CURRENT_FIRST ? wrong : right)[reader->step++]) {
	case READ_EPOCH:
		reader->epoch = state.epoch;
		break;
	case WRITE_SEEN:
		reader->seen = reader->epoch;
		break;
	case READ_CURRENT:
		reader->held = state.current;
		break;
	case USE:
		search->broken |= state.gone[reader->held];
		break;
	case LEAVE:
		reader->step = 0;
		reader->seen = NOBODY;
		reader->held = 0;
		reader->epoch = 0;
		reader->rounds++;
		break;
	}
	reach(search, &state);
}

static void
publish(struct search *search, struct state state)
{
	bool epoch_now = state.half == (search->mistake != EPOCH_FIRST);

	if (!state.half && state.newest == EDITIONS)
		return;
	if (!state.half)
		state.newest++;
	if (epoch_now)
		state.epoch++;
	else
		state.current = state.newest;
	if (state.half)
		state.since[state.newest - 1] = state.epoch;
	state.half = !state.half;
	reach(search, &state);
}

/* Looks at one more reader; lets it go when none is left to look at. */
static void
look(struct search *search, struct state state)
{
	unsigned readers = search->mistake == ONE_READER ? 1 : READERS;
	uint8_t seen = state.readers[state.asked].seen;

	if (seen != NOBODY && seen < state.since[state.check]) {
		state.check = 0;
		state.asked = 0;
	} else if (++state.asked == readers) {
		state.gone[state.check] = 1;
		state.check = 0;
		state.asked = 0;
	}
	reach(search, &state);
}

static void
writer_turn(struct search *search, const struct state *state)
{
	if (state->check != 0) {
		look(search, *state);
		return;
	}
	publish(search, *state);
	for (uint8_t i = 1; i < state->newest && !state->half; i++)
		if (!state->gone[i]) {
			struct state next = *state;

			next.check = i;
			reach(search, &next);
		}
}

static void
explore(struct search *search)
{
	struct state state = {.current = 1, .epoch = 2, .newest = 1};

	reach(search, &state);
	while (search->waiting > 0 && !search->broken) {
		state = search->stack[--search->waiting];
		for (unsigned i = 0; i < READERS; i++)
			reader_turn(search, state, i);
		writer_turn(search, &state);
	}
}

/* Every order of the steps; with a mistake in them it must be found. */
START_TEST(test_every_order)
{
	struct search search = {.mistake = (enum mistake)_i};

	search.table = calloc(TABLE_SIZE, sizeof(*search.table));
	search.stack = calloc(STACK_SIZE, sizeof(*search.stack));
	ck_assert(search.table != NULL && search.stack != NULL);
	explore(&search);
	printf("# order %d: %zu states\n", _i, search.states);
	ck_assert(search.broken == (search.mistake != NO_MISTAKE));
	free(search.table);
	free(search.stack);
}
END_TEST

/* ---- the real one ---- */

enum { THREADS = 8, LIVE_MAX = 32, PAGE = 4096, SECONDS = 2 };

struct edition {
	uint64_t number;
	uint64_t epoch;
	struct edition *older;
	uint64_t filling[PAGE / sizeof(uint64_t) - 3];
};

static struct publication publication;
static atomic_bool stopping;

struct reading {
	pthread_t thread;
	unsigned number;
	uint64_t lookups;
};

static struct edition *
edition_new(uint64_t number)
{
	struct edition *edition = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert(edition != MAP_FAILED);
	edition->number = number;
	for (size_t i = 0; i < PAGE / sizeof(uint64_t) - 3; i++)
		edition->filling[i] = number;
	return edition;
}

static void *
read_on(void *argument)
{
	struct reading *reading = argument;
	uint64_t newest = 0;

	while (!atomic_load_explicit(&stopping, memory_order_relaxed)) {
		const struct edition *edition =
		    publication_enter(&publication, reading->number);
		uint64_t number = edition->number;
		size_t at = reading->lookups % (PAGE / sizeof(uint64_t) - 3);

		ensure(number >= newest);
		ensure(edition->filling[at] == number);
		newest = number;
		reading->lookups++;
		publication_leave(&publication, reading->number);
	}
	return NULL;
}

/* What nobody can hold is made unreadable for good; its address stays taken. */
static unsigned
let_go(struct edition **at)
{
	unsigned left = 0;

	while (*at != NULL) {
		struct edition *edition = *at;
		if (!publication_passed(&publication, edition->epoch)) {
			at = &edition->older;
			left++;
			continue;
		}
		*at = edition->older;
		memset(edition, 0xdb, sizeof(*edition));
		ck_assert_int_eq(mprotect(edition, PAGE, PROT_NONE), 0);
	}
	return left;
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Editions so far. */
static uint64_t
publish_on(struct edition **current, struct edition **retired)
{
	const char *given = getenv("RECLAIM_SECONDS");
	double end = seconds_now() + (given != NULL ? atof(given) : SECONDS);
	uint64_t number = 1;

	/* Each keeps a mapping: there are 65530 of them by default. */
	while (seconds_now() < end && number < 30000) {
		struct edition *before = *current;

		*current = edition_new(++number);
		before->epoch = publication_replace(&publication, *current);
		before->older = *retired;
		*retired = before;
		while (let_go(retired) > LIVE_MAX)
			nanosleep(&(struct timespec){.tv_nsec = 10000}, NULL);
	}
	return number;
}

START_TEST(test_readers_at_full_speed)
{
	struct edition *current = edition_new(1);
	struct edition *retired = NULL;
	struct reading readings[THREADS] = {0};
	uint64_t lookups = 0;

	_Static_assert(sizeof(*current) == PAGE, "a page each");
	ck_assert(publication_init(&publication, THREADS));
	publication_replace(&publication, current);
	for (unsigned i = 0; i < THREADS; i++) {
		readings[i].number = i;
		pthread_create(
		    &readings[i].thread, NULL, read_on, &readings[i]);
	}
	uint64_t editions = publish_on(&current, &retired);
	atomic_store(&stopping, true);
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(readings[i].thread, NULL);
		lookups += readings[i].lookups;
	}
	printf("# %llu lookups, %llu editions\n", (unsigned long long)lookups,
	    (unsigned long long)editions);
	ck_assert_uint_gt(lookups, 1000);
	ck_assert_uint_gt(editions, 10);
	ck_assert_uint_eq(let_go(&retired), 0);
	publication_fini(&publication);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reclaim");
	TCase *tests = tcase_create("reclaim");

	tcase_set_timeout(tests, 600);
	tcase_add_loop_test(tests, test_every_order, 0, MISTAKES);
	tcase_add_test(tests, test_readers_at_full_speed);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
