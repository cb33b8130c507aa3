/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/console/words.h"

#include <stdarg.h>
#include <stdio.h>

#include "conf/load/utf8.h"

/* The arguments of the words. */

enum {
	SHOWN_MAX = 64,  /* bytes of a word that an answer repeats */
	DIGITS_MAX = 18, /* of a number that fits 64 bits */
	DAYS_MAX = 36500,
	DAY = 86400000,
};

static bool refuse(struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool
refuse(struct command *command, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(
	    command->problem, sizeof(command->problem), format, arguments);
	va_end(arguments);
	return false;
}

/* What may be repeated of a word: of any bytes, a short line. */
static const char *
show(struct view word, char text[SHOWN_MAX + 1])
{
	size_t length = word.length < SHOWN_MAX ? word.length : SHOWN_MAX;

	for (size_t i = 0; i < length; i++) {
		char byte = word.data[i];
		text[i] = byte >= ' ' && byte <= '~' ? byte : '?';
	}
	text[length] = '\0';
	return text;
}

static bool
need(struct words *words, struct command *command, const char *what,
    struct view *word)
{
	if (words_next(words, word))
		return true;
	if (words->broken)
		return refuse(command, "a quote is not closed");
	return refuse(command, "%s is missing: %s %s", what,
	    command->word->words, command->word->arguments);
}

/* ---- names, prefixes, addresses ---- */

bool
read_list(struct words *words, struct command *command)
{
	struct view word;
	char text[SHOWN_MAX + 1];

	if (!need(words, command, "NAME", &word))
		return false;
	for (size_t i = 0; i < word.length; i++) {
		char byte = word.data[i];

		if (i == NAME_MAX_LENGTH || !((byte >= 'a' && byte <= 'z') ||
						(byte >= '0' && byte <= '9') ||
						byte == '_' || byte == '-'))
			return refuse(command, "\"%s\" is no name of a list",
			    show(word, text));
	}
	if (word.length == 0)
		return refuse(command, "\"\" is no name of a list");
	memcpy(command->list, word.data, word.length);
	return true;
}

static bool
take_prefix(struct view word, struct command *command)
{
	enum prefix_status status = prefix_parse(word, &command->prefix);
	char text[SHOWN_MAX + 1];
	char meant[PREFIX_TEXT_SIZE];

	if (status == PREFIX_OK) {
		command->has_prefix = true;
		return true;
	}
	if (status != PREFIX_HOST_BITS)
		return refuse(command, "\"%s\": %s", show(word, text),
		    prefix_status_text(status));
	prefix_format(&command->prefix, meant);
	return refuse(command, "\"%s\": %s; is %s meant?", show(word, text),
	    prefix_status_text(status), meant);
}

static bool
read_prefix(struct words *words, struct command *command)
{
	struct view word;

	return need(words, command, "PREFIX", &word) &&
	       take_prefix(word, command);
}

bool
read_delete(struct words *words, struct command *command)
{
	return read_list(words, command) && read_prefix(words, command);
}

bool
read_list_under(struct words *words, struct command *command)
{
	struct view word;
	char text[SHOWN_MAX + 1];

	if (!read_list(words, command))
		return false;
	if (!words_next(words, &word))
		return !words->broken ||
		       refuse(command, "a quote is not closed");
	if (!view_equal(word, VIEW("under")))
		return refuse(
		    command, "what is \"%s\"? under PREFIX", show(word, text));
	return read_prefix(words, command);
}

bool
read_address(struct words *words, struct command *command)
{
	struct view word;
	char text[SHOWN_MAX + 1];

	if (!need(words, command, "ADDRESS", &word))
		return false;
	if (!address_parse(word, &command->address))
		return refuse(
		    command, "\"%s\" is no address", show(word, text));
	command->address = address_unmap(command->address);
	return true;
}

/* ---- numbers ---- */

static bool
take_digits(struct view word, uint64_t *number, struct view *rest)
{
	size_t at = 0;

	*number = 0;
	while (at < word.length && at <= DIGITS_MAX && word.data[at] >= '0' &&
	       word.data[at] <= '9')
		*number = *number * 10 + (uint64_t)(word.data[at++] - '0');
	*rest = (struct view){word.data + at, word.length - at};
	return at > 0 && at <= DIGITS_MAX;
}

bool
read_clear(struct words *words, struct command *command)
{
	struct view word, rest;
	char text[SHOWN_MAX + 1];

	if (!read_list(words, command) || !need(words, command, "COUNT", &word))
		return false;
	if (!take_digits(word, &command->count, &rest) || rest.length > 0)
		return refuse(command, "\"%s\" is no number of entries",
		    show(word, text));
	return true;
}

static bool
take_duration(struct view word, uint64_t *milliseconds)
{
	static const struct {
		const char *unit;
		uint64_t factor;
	} units[] = {
	    {"ms", 1},
	    {"s", 1000},
	    {"m", 60000},
	    {"h", 3600000},
	    {"d", DAY},
	};
	uint64_t number;
	struct view rest;

	if (!take_digits(word, &number, &rest) || number == 0)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (view_equal(rest, view_of(units[i].unit))) {
			*milliseconds = number * units[i].factor;
			return number <=
			       DAYS_MAX * (uint64_t)DAY / units[i].factor;
		}
	return false;
}

static bool
read_duration(struct words *words, struct command *command)
{
	struct view word;
	char text[SHOWN_MAX + 1];

	if (!need(words, command, "DURATION", &word))
		return false;
	if (!take_duration(word, &command->lasts))
		return refuse(command,
		    "\"%s\" is no time with its unit: 30s, 5m, 12h, 7d",
		    show(word, text));
	return true;
}

/* ---- reasons ---- */

/* Cut where a character begins. */
static void
add_reason(struct command *command, size_t *length, struct view word)
{
	size_t room = DYNAMIC_REASON_MAX - *length;

	if (*length > 0 && room > 0) {
		command->reason[(*length)++] = ' ';
		room--;
	}
	if (word.length > room) {
		while (room > 0 && (word.data[room] & 0xc0) == 0x80)
			room--;
		word.length = room;
	}
	memcpy(command->reason + *length, word.data, word.length);
	*length += word.length;
}

/* All that is left: in quotes or not. */
static bool
read_reason(struct words *words, struct command *command)
{
	struct view word;
	size_t length = 0;

	if (!need(words, command, "TEXT", &word))
		return false;
	do {
		if (!utf8_one_line(word.data, word.length))
			return refuse(
			    command, "the reason is not one line of UTF-8");
		add_reason(command, &length, word);
	} while (words_next(words, &word));
	return !words->broken || refuse(command, "a quote is not closed");
}

bool
read_add(struct words *words, struct command *command)
{
	static const struct {
		const char *word;
		word_read_f *read;
	} parts[] = {
	    {"for", read_duration},
	    {"because", read_reason},
	};
	struct view word;
	char text[SHOWN_MAX + 1];
	size_t next = 0;

	if (!read_delete(words, command))
		return false;
	while (words_next(words, &word)) {
		while (next < 2 && !view_equal(word, view_of(parts[next].word)))
			next++;
		if (next == 2)
			return refuse(command,
			    "what is \"%s\"? [for DURATION] [because TEXT]",
			    show(word, text));
		if (!parts[next++].read(words, command))
			return false;
	}
	return !words->broken || refuse(command, "a quote is not closed");
}
