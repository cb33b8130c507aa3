/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONSOLE_WORDS_H
#define AGENT_CONSOLE_WORDS_H

/*
 * The words of the control socket: one table of them, and how a line is read
 * by it. Reading touches nothing but the line.
 *
 * Words are separated by blanks, commands by semicolons. A backslash keeps the
 * byte behind it, double quotes what is between them.
 */

#include "agent/lists/orders.h"

struct console;
struct command;

/* The rest of a command; quotes are undone in place. */
struct words {
	char *at;
	size_t left;
	bool broken; /* a quote is not closed */
};

/* The next word; false at the end, and where the rest is broken. */
bool words_next(struct words *words, struct view *word);

/* Bytes of the line up to the first semicolon that separates, or all. */
size_t words_first(const char *line, size_t length);

/* ---- the table ---- */

/* Fills the command in; false: command->problem says what is wrong. */
typedef bool word_read_f(struct words *words, struct command *command);
/* Answers, or begins to. */
typedef void word_obey_f(struct console *console);

struct control_word {
	const char *words;     /* "show list" */
	const char *arguments; /* as help shows them */
	const char *help;
	word_read_f *read; /* NULL: it has no arguments */
	word_obey_f *obey; /* NULL: not built yet */
	bool changes;      /* something: not for those who may only look */
};

/* In the order that help shows; the last one is followed by NULLs. */
extern const struct control_word word_table[];

/* ---- a command ---- */

enum { COMMAND_TEXT_SIZE = 256 };

struct command {
	const struct control_word *word;
	bool json;
	char list[NAME_MAX_LENGTH + 1];
	struct prefix prefix;
	bool has_prefix;
	struct address address;
	uint64_t lasts; /* milliseconds; 0: without end */
	uint64_t count;
	char reason[DYNAMIC_REASON_MAX + 1];
	char problem[COMMAND_TEXT_SIZE];
};

enum command_status {
	COMMAND_NONE, /* no word at all */
	COMMAND_GOOD,
	COMMAND_UNKNOWN,
	COMMAND_NOT_BUILT,
	COMMAND_WRONG, /* its arguments: problem tells */
};

/*
 * Reads one command, without what separates it; undoes its quotes in place.
 * command->json is set in any case, command->word unless it is unknown.
 */
enum command_status command_read(
    char *line, size_t length, struct command *command);

/* The readers of arguments, for the table. */
word_read_f read_list, read_list_under, read_address, read_add, read_delete,
    read_clear;

#endif
