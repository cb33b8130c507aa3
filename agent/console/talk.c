/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/console/talk.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BUFFER_SIZE = 16384 };

/* ---- answers ---- */

void
answers_init(struct answers *answers)
{
	*answers = (struct answers){.at_line = true};
}

static bool
is_refusal(const struct answers *answers)
{
	static const char *const marks[] = {
	    "error: ", "{\"error\":", "Unknown command"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t length = strlen(marks[i]);

		if (answers->head_length >= length &&
		    memcmp(answers->head, marks[i], length) == 0)
			return true;
	}
	return false;
}

bool
answers_take(struct answers *answers, char byte)
{
	if (byte == '\n' && answers->at_line) {
		answers->refused |= is_refusal(answers);
		answers->head_length = 0;
		answers->inside = false;
		return true;
	}
	answers->inside = true;
	answers->at_line = byte == '\n';
	if (answers->head_length < ANSWER_HEAD_SIZE)
		answers->head[answers->head_length++] = byte;
	return false;
}

/* ---- lines ---- */

static bool
needs_quotes(const char *word)
{
	return word[0] == '\0' || strpbrk(word, " \t;\"\\") != NULL;
}

static char *
add_word(char *to, const char *word)
{
	if (!needs_quotes(word))
		return stpcpy(to, word);
	*to++ = '"';
	for (; *word != '\0'; word++) {
		if (*word == '"' || *word == '\\')
			*to++ = '\\';
		*to++ = *word;
	}
	*to++ = '"';
	*to = '\0';
	return to;
}

char *
talk_line(char *const *words, size_t count)
{
	size_t size = 2;
	char *line, *to;

	for (size_t i = 0; i < count; i++) {
		if (strchr(words[i], '\n') != NULL)
			return NULL;
		size += 2 * strlen(words[i]) + 3;
	}
	line = malloc(size);
	if (line == NULL)
		return NULL;
	to = count == 1 ? stpcpy(line, words[0]) : line;
	for (size_t i = 0; count > 1 && i < count; i++) {
		if (i > 0)
			*to++ = ' ';
		to = add_word(to, words[i]);
	}
	memcpy(to, "\n", 2);
	return line;
}

/* ---- the conversation ---- */

/*
 * What is to be sent stands in out; when it is gone more is read from input,
 * as long as there is one. Nothing waits for an answer, so that neither side
 * can wait for the other.
 */
struct talk {
	const char *socket;
	int descriptor;
	int input; /* -1: none, or at its end */
	bool prompted;
	const char *out;
	size_t out_length;
	char buffer[BUFFER_SIZE];
	struct answers answers;
	bool owes_line; /* between two answers */
};

static enum talk_result
fail(const struct talk *talk, const char *what)
{
	fflush(stdout);
	fprintf(stderr, "truesrcctl: %s: %s\n", talk->socket, what);
	return TALK_LOST;
}

static bool
open_talk(struct talk *talk)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(talk->socket) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(address.sun_path, talk->socket, strlen(talk->socket));
	talk->descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return talk->descriptor >= 0 &&
	       connect(talk->descriptor, (const struct sockaddr *)&address,
		   sizeof(address)) == 0;
}

/* A terminal is shown all that comes; else the last empty line is left out. */
static void
print(struct talk *talk, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (talk->owes_line)
			putchar('\n');
		talk->owes_line =
		    answers_take(&talk->answers, text[i]) && !talk->prompted;
		if (!talk->owes_line)
			putchar(text[i]);
	}
	fflush(stdout);
}

/* False: the agent sends no more. */
static bool
receive(struct talk *talk)
{
	char text[BUFFER_SIZE];
	ssize_t got = recv(talk->descriptor, text, sizeof(text), 0);

	if (got < 0)
		return errno == EINTR;
	print(talk, text, (size_t)got);
	return got > 0 && !ferror(stdout);
}

static void
end_input(struct talk *talk)
{
	talk->input = -1;
	shutdown(talk->descriptor, SHUT_WR);
}

static void
read_input(struct talk *talk)
{
	ssize_t got = read(talk->input, talk->buffer, sizeof(talk->buffer));

	if (got < 0 && errno == EINTR)
		return;
	if (got <= 0) {
		end_input(talk);
		return;
	}
	talk->out = talk->buffer;
	talk->out_length = (size_t)got;
}

/* An agent that takes no more may still have something to say. */
static void
send_out(struct talk *talk)
{
	ssize_t sent = send(talk->descriptor, talk->out, talk->out_length,
	    MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (sent < 0) {
		talk->out_length = 0;
		talk->input = -1;
		return;
	}
	talk->out += sent;
	talk->out_length -= (size_t)sent;
	if (talk->out_length == 0 && talk->input < 0)
		end_input(talk);
}

static enum talk_result
converse(struct talk *talk)
{
	do {
		struct pollfd ready[2] = {
		    {.fd = talk->descriptor, .events = POLLIN},
		    {.fd = talk->out_length > 0 ? -1 : talk->input,
			.events = POLLIN},
		};

		if (talk->out_length > 0)
			ready[0].events |= POLLOUT;
		if (poll(ready, 2, -1) < 0)
			continue;
		if (ready[1].revents != 0)
			read_input(talk);
		if (ready[0].revents & POLLOUT)
			send_out(talk);
		if (!(ready[0].revents & (POLLIN | POLLHUP | POLLERR)))
			continue;
		if (!receive(talk))
			break;
	} while (true);
	if (ferror(stdout))
		return fail(talk, "the output is closed");
	if (talk->answers.inside && !talk->prompted)
		return fail(talk, "the agent broke off");
	return talk->answers.refused && !talk->prompted ? TALK_REFUSED
							: TALK_DONE;
}

static enum talk_result
run(struct talk *talk)
{
	enum talk_result result;

	answers_init(&talk->answers);
	result = open_talk(talk) ? converse(talk) : fail(talk, strerror(errno));
	if (talk->descriptor >= 0)
		close(talk->descriptor);
	return result;
}

enum talk_result
talk_once(const char *socket, const char *line)
{
	struct talk talk = {
	    .socket = socket,
	    .descriptor = -1,
	    .input = -1,
	    .out = line,
	    .out_length = strlen(line),
	};

	return run(&talk);
}

enum talk_result
talk_on(const char *socket)
{
	static const char prompt[] = "prompt\n";
	struct talk talk = {
	    .socket = socket, .descriptor = -1, .input = STDIN_FILENO};

	talk.prompted = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (talk.prompted) {
		talk.out = prompt;
		talk.out_length = strlen(prompt);
	}
	return run(&talk);
}
