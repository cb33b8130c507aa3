/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/console/words.h"

#include <stdio.h>

#include "agent/console/obey.h"

const struct control_word word_table[] = {
    {"help", "", "show the words", NULL, obey_help, false},
    {"show info", "", "show the process", NULL, obey_info, false},
    {"show stat", "", "show what was counted", NULL, obey_stat, false},
    {"show lists", "", "show every list and its state", NULL, obey_lists,
	false},
    {"show list", "NAME [under PREFIX]", "show what a list holds",
	read_list_under, obey_list, false},
    {"show policies", "", "show every policy", NULL, obey_policies, false},
    {"show events", "", "show the last lines of the log", NULL, obey_events,
	false},
    {"show errors", "", "show the last warnings and errors", NULL, obey_errors,
	false},
    {"show nodes", "", "show who is connected", NULL, NULL, false},
    {"test", "ADDRESS", "show which lists hold an address", read_address,
	obey_test, false},
    {"explain", "", "explain a request", NULL, NULL, false},
    {"add list", "NAME PREFIX [for DURATION] [because TEXT]",
	"add to a dynamic list", read_add, obey_add, true},
    {"del list", "NAME PREFIX", "delete from a dynamic list", read_delete,
	obey_delete, true},
    {"clear list", "NAME COUNT", "empty a dynamic list that holds so many",
	read_clear, obey_clear, true},
    {"accept list", "NAME", "take the content that a guard refused", read_list,
	obey_accept, true},
    {"mode", "enforce|shadow|bypass [POLICY]", "change the mode", NULL, NULL,
	true},
    {"reload", "", "read the configuration and the lists again", NULL,
	obey_reload, true},
    {"shutdown", "", "leave when HAProxy has, as TERM does", NULL,
	obey_shutdown, true},
    {"prompt", "", "begin or end to prompt", NULL, obey_prompt, false},
    {"quit", "", "end the connection", NULL, obey_quit, false},
    {NULL, NULL, NULL, NULL, NULL, false},
};

/* ---- words ---- */

/* How a byte of a line is meant. */
enum role {
	ROLE_PLAIN,
	ROLE_KEPT, /* by a backslash or quotes: it separates nothing */
	ROLE_MARK, /* the backslash or the quote itself */
};

struct quoting {
	bool escaped;
	bool open;
};

static enum role
role_of(struct quoting *quoting, char byte)
{
	if (quoting->escaped) {
		quoting->escaped = false;
		return ROLE_KEPT;
	}
	if (byte == '\\') {
		quoting->escaped = true;
		return ROLE_MARK;
	}
	if (byte == '"') {
		quoting->open = !quoting->open;
		return ROLE_MARK;
	}
	return quoting->open ? ROLE_KEPT : ROLE_PLAIN;
}

size_t
words_first(const char *line, size_t length)
{
	struct quoting quoting = {0};

	for (size_t i = 0; i < length; i++)
		if (role_of(&quoting, line[i]) == ROLE_PLAIN && line[i] == ';')
			return i;
	return length;
}

static void
skip_blanks(struct words *words)
{
	while (words->left > 0 && is_blank(*words->at)) {
		words->at++;
		words->left--;
	}
}

bool
words_next(struct words *words, struct view *word)
{
	struct quoting quoting = {0};
	char *to;

	skip_blanks(words);
	if (words->left == 0 || words->broken)
		return false;
	to = words->at;
	*word = (struct view){to, 0};
	for (; words->left > 0; words->at++, words->left--) {
		char byte = *words->at;
		enum role role = role_of(&quoting, byte);

		if (role == ROLE_PLAIN && is_blank(byte))
			break;
		if (role != ROLE_MARK)
			*to++ = byte;
	}
	word->length = (size_t)(to - word->data);
	words->broken = quoting.open || quoting.escaped;
	return !words->broken;
}

/* ---- the table ---- */

/* The first word of a row, and what is behind it: "" or the second one. */
static struct view
row_head(const struct control_word *row, struct view *tail)
{
	size_t length = strcspn(row->words, " ");

	*tail = view_of(row->words + length);
	if (tail->length > 0)
		*tail = (struct view){tail->data + 1, tail->length - 1};
	return (struct view){row->words, length};
}

/* Rows that begin alike have as many words. */
static const struct control_word *
find_word(struct words *words, struct view first)
{
	struct view second = VIEW("");
	bool asked = false;

	for (const struct control_word *row = word_table; row->words != NULL;
	     row++) {
		struct view tail;

		if (!view_equal(row_head(row, &tail), first))
			continue;
		if (tail.length > 0 && !asked && !words_next(words, &second))
			return NULL;
		asked = true;
		if (view_equal(tail, second))
			return row;
	}
	return NULL;
}

static bool
read_arguments(struct words *words, struct command *command)
{
	const struct control_word *row = command->word;
	struct view word;

	if (row->read != NULL && !row->read(words, command))
		return false;
	if (!words_next(words, &word) && !words->broken)
		return true;
	snprintf(command->problem, sizeof(command->problem), "%s: %s%s%s",
	    words->broken ? "a quote is not closed" : "too many words",
	    row->words, row->arguments[0] != '\0' ? " " : "", row->arguments);
	return false;
}

enum command_status
command_read(char *line, size_t length, struct command *command)
{
	struct words words = {.at = line, .left = length};
	struct view first;

	*command = (struct command){0};
	skip_blanks(&words);
	if (words.left == 0)
		return COMMAND_NONE;
	if (!words_next(&words, &first))
		return COMMAND_UNKNOWN;
	if (view_equal(first, VIEW("json"))) {
		command->json = true;
		if (!words_next(&words, &first))
			return COMMAND_UNKNOWN;
	}
	command->word = find_word(&words, first);
	if (command->word == NULL)
		return COMMAND_UNKNOWN;
	if (command->word->obey == NULL)
		return COMMAND_NOT_BUILT;
	return read_arguments(&words, command) ? COMMAND_GOOD : COMMAND_WRONG;
}
