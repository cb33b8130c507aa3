/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TOOLS_LOAD_RUN_H
#define TESTS_TOOLS_LOAD_RUN_H

/* A run: the peers, the questions, when they are asked, and the sums. */

#include <signal.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "tests/tools/load/generations.h"
#include "tests/tools/load/latency.h"
#include "tests/tools/load/question.h"

struct peer;

enum { ADDRESSES_MAX = 16 };

struct target {
	struct sockaddr_storage address;
	socklen_t length;
};

/* Two kinds of HAProxy: with an engine of its own, and with a mux. */
enum engine { ENGINE_2_6, ENGINE_3_4, ENGINES, ENGINE_BOTH = ENGINES };

struct options {
	struct target targets[ADDRESSES_MAX];
	unsigned target_count;
	unsigned connections;
	unsigned depth;
	enum engine engine;
	double seconds;   /* 0: no limit */
	uint64_t answers; /* 0: no limit */
	double rate;      /* questions a second; 0: closed loop */
	uint64_t churn;   /* answers on a connection; 0: it stays */
	pid_t agent;      /* 0: not known */
	double reload;    /* seconds between reloads; 0: none */
	double patience;  /* seconds until an answer is lost */
	double grace;     /* seconds, of generations */
	double progress;  /* seconds between reports; 0: none */
	unsigned changes; /* of the list, while this runs */
	bool blind;       /* answers are decoded and matched, not compared */
	struct question_settings questions;
};

struct tally {
	uint64_t asked;
	uint64_t answers;
	uint64_t wrong;        /* another answer than expected */
	uint64_t malformed;    /* cannot be read */
	uint64_t lost;         /* none came */
	uint64_t doubled;      /* answered before */
	uint64_t misaddressed; /* not asked here */
	uint64_t dead;         /* of a generation that was not live */
	uint64_t broken;       /* connections that ended, or did not begin */
	uint64_t abandoned;    /* left unanswered on purpose */
	uint64_t connections;
	uint64_t farewells;
	uint64_t reloads;
};

struct run {
	const struct options *options;
	struct questions questions;
	size_t cursor; /* the next question */
	struct peer *peers;
	unsigned turn; /* open loop: the peer that is asked next */
	int epoll;
	uint64_t now; /* nanoseconds */
	uint64_t began;
	uint64_t ended;
	uint64_t next_reload;
	uint64_t next_progress;
	uint64_t next_check;
	double next_due; /* open loop */
	bool asking;     /* until the time is over */
	unsigned complaints;
	struct tally tally;
	struct latency latency;
	struct generations generations;
	uint64_t agent_cpu; /* nanoseconds, of this run */
};

/* False: standard error says why. */
bool run_init(struct run *run, const struct options *options);
void run_fini(struct run *run);

/* Until the time is over, the answers are there or *stop is set. */
void run_go(struct run *run, const volatile sig_atomic_t *stop);

/* Says the first few times what is wrong. */
void run_complain(struct run *run, const struct peer *peer, const char *what,
    const struct question *question);

#endif
