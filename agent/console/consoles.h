/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONSOLE_CONSOLES_H
#define AGENT_CONSOLE_CONSOLES_H

/*
 * The control socket and who is connected to it. It lives in the control loop
 * and never holds that up.
 */

#include "agent/control/log.h"
#include "agent/console/runtime.h"
#include "agent/spop/listener.h"

struct console;

enum {
	CONSOLES_MAX = 1000,    /* connections at a time */
	CONSOLES_IDLE = 300000, /* milliseconds without a byte, then it ends */
	CONSOLES_YIELD = 10000, /* idle for so long it makes room */
	ERRANDS_MAX = 16,       /* with the lists thread at a time */
};

struct consoles_settings {
	const char *path;
	unsigned mode; /* of the socket */
	unsigned max;  /* connections */
	uint64_t idle; /* milliseconds */
	struct runtime runtime;
};

/* What one console has asked of the lists thread. */
struct errand {
	struct order order;      /* first: its letter comes back */
	struct console *console; /* NULL: it has gone */
	struct errand *previous;
	struct errand *next; /* of a spare one too */
};

struct consoles {
	struct consoles_settings settings;
	struct ev_loop *loop;
	struct log *log;
	struct listener listener;
	ev_io accepting;
	ev_timer resume; /* accepting, when that had to stop */
	ev_timer sweep;  /* for the idle ones */
	struct console *first;
	unsigned count;
	struct inbox inbox;
	struct errand *errands;
	unsigned errand_count;
	struct errand *spare; /* to be used again: an order is large */
	struct console *waiting_first;
	struct console *waiting_last;
	struct log_limit refused_limit;
	struct log_limit full_limit;
	struct logger logger;
	bool open;
};

/* False: there is no way to wake the loop. */
bool consoles_init(
    struct consoles *consoles, struct ev_loop *loop, struct log *log);

/* When no other thread has an errand any more. */
void consoles_fini(struct consoles *consoles);

/* Listens. False: error says why, and nothing is left behind. */
bool consoles_open(struct consoles *consoles,
    const struct consoles_settings *settings, char error[LISTENER_ERROR_SIZE]);

/* Ends every connection. Answers may still come in. */
void consoles_close(struct consoles *consoles);

/* ---- for its consoles ---- */

/*
 * An errand of the console's, to be sent. NULL: too many are under way, and
 * console_send() is called when one is free; or memory ran out, and the output
 * is starved.
 */
struct errand *consoles_errand(struct console *console);

/* The console goes and waits for none any more. */
void consoles_forget(struct console *console);

#endif
