/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/console/console.h"
#include "agent/console/obey.h"

/* The words that show the last lines of the log, the oldest first. */

static void
show_lines(struct console *console, enum log_level level)
{
	struct log *log = console->consoles->log;
	char text[LOG_KEPT_SIZE];

	while (log_kept_next(log, &console->place, level, text)) {
		text_clean(text);
		if (console->command.json)
			console_array_add(console, json_string(text));
		else
			output_print(&console->output, "%s\n", text);
	}
	if (console->command.json)
		console_array_end(console);
}

void
obey_events(struct console *console)
{
	show_lines(console, LOG_DEBUG_);
}

void
obey_errors(struct console *console)
{
	show_lines(console, LOG_WARNING_);
}
