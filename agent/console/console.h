/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONSOLE_CONSOLE_H
#define AGENT_CONSOLE_CONSOLE_H

/*
 * One connection to the control socket: lines come in, answers go out, one
 * after the other. A word answers at once, by parts as they are read, or asks
 * the lists thread and goes on when that has answered.
 */

#include "agent/console/consoles.h"
#include "agent/console/output.h"
#include "agent/console/words.h"

enum {
	CONSOLE_LINE_MAX = 65536, /* bytes of a line */
	CONSOLE_PART = 32768,     /* bytes of an answer, about, at a time */
};

/*
 * While an answer is under way nothing is read: the peer reads first. more is
 * set, or asked, or neither, never both; both only while a command is under
 * way. input holds what was received and not obeyed, from input_at on.
 */
struct console {
	ev_io io;
	struct consoles *consoles;
	struct console *previous;
	struct console *next;
	char who[DYNAMIC_WHO_MAX + 1];
	bool may_change;
	bool prompting;
	bool ended;     /* the peer sends no more */
	bool line_over; /* the command was the last one of its line */
	bool quitting;  /* once what is written has gone */
	uint64_t moved; /* when bytes came or went last */
	char *input;
	size_t input_at;
	size_t input_length;
	size_t input_room;
	struct output output;
	/* The command under way. */
	bool busy;
	struct command command;
	bool began;     /* the head of its answer is written */
	uint64_t place; /* where the next part begins */
	struct prefix place_prefix;
	struct table table;
	void (*more)(struct console *console);
	void (*on_answer)(struct console *console, struct order *order);
	enum order_kind asking;
	struct errand *errand;        /* what the lists thread has of it */
	struct console *next_waiting; /* for an errand */
};

/* Takes the descriptor. NULL: closed. */
struct console *console_new(struct consoles *consoles, int descriptor);

/* Its errand, if there is one, goes on without it. */
void console_free(struct console *console);

/* Reads, obeys and writes, as far as that goes. It may be gone afterwards. */
void console_go(struct console *console);

/* Fills in the errand it asked for, and sends it. */
void console_send(struct console *console, struct errand *errand);

/* The answer of its errand is there; as console_go(). */
void console_answer(struct console *console, struct order *order);

/* ---- for the words ---- */

static inline struct runtime *
console_runtime(struct console *console)
{
	return &console->consoles->settings.runtime;
}

/*
 * Asks the lists thread what the command says, or for the next part of its
 * answer; on_answer is called when that is there.
 */
void console_ask(struct console *console, enum order_kind kind,
    void (*on_answer)(struct console *console, struct order *order));

/* "error: …", or the same in JSON; logged for words that change something. */
void console_refuse(struct console *console, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What is wrong with an order that is not done. */
const char *order_fault(struct order *order);

/* Is the order done? If not, that is refused. */
bool order_check(struct console *console, struct order *order);

/* The whole answer is this value, which it takes. */
void console_json(struct console *console, json_t *take);

/* The elements of a JSON array, one a line, over several parts. */
void console_array_add(struct console *console, json_t *take);
void console_array_end(struct console *console);

#endif
