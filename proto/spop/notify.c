/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/spop/notify.h"

#include "proto/spop/cursor.h"

void
spop_messages_begin(struct spop_messages *messages, struct view payload)
{
	spop_reader_init(&messages->reader, payload);
	messages->arguments = 0;
}

bool
spop_messages_next(struct spop_messages *messages, struct view *name)
{
	struct spop_argument unread;

	while (spop_argument_next(messages, &unread))
		;
	if (spop_reader_done(&messages->reader))
		return false;
	*name = cursor_read_string(&messages->reader);
	messages->arguments = cursor_read_byte(&messages->reader);
	return !messages->reader.failed;
}

bool
spop_argument_next(
    struct spop_messages *messages, struct spop_argument *argument)
{
	if (messages->arguments == 0)
		return false;
	messages->arguments--;
	argument->name = cursor_read_string(&messages->reader);
	spop_read_value(&messages->reader, &argument->value);
	return !messages->reader.failed;
}

bool
spop_messages_failed(const struct spop_messages *messages)
{
	return messages->reader.failed;
}
