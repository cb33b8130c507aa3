/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TOOLS_LOAD_PEER_H
#define TESTS_TOOLS_LOAD_PEER_H

/* One connection of a HAProxy that is played, and what is under way on it. */

#include "tests/tools/load/run.h"

enum peer_state {
	PEER_CLOSED,
	PEER_CONNECTING,
	PEER_GREETING, /* HELLO is sent */
	PEER_OPEN,
	PEER_LEAVING, /* DISCONNECT is sent */
};

/* How a connection ends when it has had its answers. */
enum peer_farewell {
	FAREWELL_POLITE, /* DISCONNECT, when all is answered */
	FAREWELL_CLOSE,  /* no word, when all is answered */
	FAREWELL_RESET,  /* likewise, and by a reset */
	FAREWELL_ABRUPT, /* with questions just asked, no word */
	FAREWELLS,
};

/* A question under way. */
struct flight {
	const struct question *question; /* NULL: none */
	uint64_t sequence;
	uint64_t due;   /* when it should have been asked */
	uint64_t asked; /* when it was */
	uint64_t floor; /* of generations, then */
};

/*
 * The flight with sequence number n is flights[n & mask]. Stream-ids follow
 * from the numbers: 3.4 counts 1, 3, 5 on each connection anew, 2.6 counts all
 * questions of the process from 0, and here its connections take turns.
 */
/* Which of the addresses that change are listed. */
enum side { SIDE_UNKNOWN, SIDE_EVEN, SIDE_ODD };

struct peer {
	int descriptor;
	enum peer_state state;
	enum engine engine;
	unsigned index;
	uint64_t next; /* sequence number */
	unsigned in_flight;
	unsigned mask;
	struct flight *flights;
	uint64_t answers; /* on this connection */
	uint64_t closings;
	uint64_t generation; /* newest that answered here */
	enum side side;      /* as the last answer said */
	unsigned turns;      /* how often that changed on this connection */
	uint64_t reopen;     /* CLOSED: not before */
	uint64_t since;      /* this state began */
	bool writing;        /* waits for the socket to take more */
	size_t input_length;
	size_t output_at;
	size_t output_length;
	uint8_t *input;
	uint8_t *output;
};

/* False when memory ran out. */
bool peer_init(struct peer *peer, const struct run *run, unsigned index);
void peer_fini(struct peer *peer);

void peer_open(struct peer *peer, struct run *run);

/* May another question be asked here now? */
bool peer_has_room(const struct peer *peer, const struct run *run);

/* Asks the next question, which was due then, at the next flush. */
void peer_ask(struct peer *peer, struct run *run, uint64_t due);
void peer_flush(struct peer *peer, struct run *run);

/* The socket is ready. */
void peer_event(struct peer *peer, struct run *run, bool readable);

/* Gives up what waits too long. */
void peer_check_time(struct peer *peer, struct run *run);

/* Closes it at the end of the run; what is under way is lost. */
void peer_end(struct peer *peer, struct run *run);

#endif
