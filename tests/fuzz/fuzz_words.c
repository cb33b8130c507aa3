/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a line of the control socket, as far as that is only read. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/console/talk.h"
#include "agent/console/words.h"
#include "conf/load/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
check_problem(const struct command *command, bool wrong)
{
	size_t length = strnlen(command->problem, sizeof(command->problem));

	require(length < sizeof(command->problem));
	require((length > 0) == wrong);
	require(utf8_one_line(command->problem, length));
}

static void
check_arguments(const struct command *command)
{
	struct address masked;
	size_t length = strnlen(command->list, sizeof(command->list));

	require(length <= NAME_MAX_LENGTH);
	require(strspn(command->list,
		    "abcdefghijklmnopqrstuvwxyz0123456789_-") == length);
	length = strnlen(command->reason, sizeof(command->reason));
	require(length <= DYNAMIC_REASON_MAX);
	require(utf8_one_line(command->reason, length));
	if (!command->has_prefix)
		return;
	masked = address_mask(command->prefix.address, command->prefix.length);
	require(command->prefix.length > 0);
	require(address_equal(&masked, &command->prefix.address));
}

/* What was understood, said again, is understood alike. */
static void
check_again(const struct command *command)
{
	static char add[] = "add", list[] = "list", for_[] = "for",
		    because[] = "because";
	char name[sizeof(command->list)], reason[sizeof(command->reason)];
	char prefix[PREFIX_TEXT_SIZE], lasts[32];
	char *words[] = {add, list, name, prefix, for_, lasts, because, reason};
	struct command again;
	char *line;

	if (command->lasts == 0)
		return;
	memcpy(name, command->list, sizeof(name));
	memcpy(reason, command->reason, sizeof(reason));
	prefix_format(&command->prefix, prefix);
	snprintf(
	    lasts, sizeof(lasts), "%llums", (unsigned long long)command->lasts);
	line = talk_line(words, sizeof(words) / sizeof(words[0]));
	require(line != NULL);
	require(words_first(line, strlen(line)) == strlen(line));
	require(command_read(line, strlen(line) - 1, &again) == COMMAND_GOOD);
	free(line);
	require(again.lasts == command->lasts);
	require(again.prefix.length == command->prefix.length);
	require(address_equal(&again.prefix.address, &command->prefix.address));
	require(strcmp(again.list, command->list) == 0);
	require(strcmp(again.reason, command->reason) == 0);
}

static void
read_command(char *line, size_t length)
{
	struct command command;
	enum command_status status = command_read(line, length, &command);

	check_problem(&command, status == COMMAND_WRONG);
	require((command.word == NULL) ==
		(status == COMMAND_NONE || status == COMMAND_UNKNOWN));
	if (status != COMMAND_GOOD)
		return;
	require(command.word->obey != NULL);
	check_arguments(&command);
	check_again(&command);
}

/* Each command stands alone, so that reading beyond it is noticed. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	while (size > 0) {
		size_t length = words_first(text, size);
		char *line = malloc(length > 0 ? length : 1);

		require(line != NULL);
		memcpy(line, text, length);
		read_command(line, length);
		free(line);
		if (length == size)
			break;
		text += length + 1;
		size -= length + 1;
	}
	return 0;
}
