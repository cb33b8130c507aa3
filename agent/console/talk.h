/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONSOLE_TALK_H
#define AGENT_CONSOLE_TALK_H

/* A conversation with a running agent over its control socket. */

#include <stdbool.h>
#include <stddef.h>

enum talk_result {
	TALK_DONE,
	TALK_REFUSED, /* one answer at least was a refusal */
	TALK_LOST,    /* there is no agent, or it went away; told on stderr */
};

/*
 * The words as a line that the agent reads as just these: a single one is the
 * line itself, of several each is quoted where it must be. NULL: a line break
 * is among them, or memory ran out. The caller frees it.
 */
char *talk_line(char *const *words, size_t count);

/* Sends the line, and prints the answers to standard output. */
enum talk_result talk_once(const char *socket, const char *line);

/* The same with every line of standard input; prompts a terminal. */
enum talk_result talk_on(const char *socket);

/* ---- what an answer is, for tests ---- */

enum { ANSWER_HEAD_SIZE = 16 };

/*
 * Reads answers as they come: each ends with an empty line, and is a refusal
 * if it begins with "error: ", {"error": or "Unknown command".
 */
struct answers {
	char head[ANSWER_HEAD_SIZE]; /* of the answer, as far as it matters */
	size_t head_length;
	bool at_line; /* the next byte is the first of a line */
	bool inside;  /* an answer has begun and not ended */
	bool refused; /* one was */
};

/* Before the first byte. */
void answers_init(struct answers *answers);
/* True: the byte ended an answer. */
bool answers_take(struct answers *answers, char byte);

#endif
