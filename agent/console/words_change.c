/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/console/console.h"
#include "agent/console/obey.h"

#include <inttypes.h>
#include <stdio.h>

#include "agent/control/clock.h"

/*
 * The words that change something. The lists thread logs what it changed, by
 * whom, before and after; what is refused is logged here.
 */

enum { REPORT_SHOWN = 65536 /* bytes of a reload's report */ };

/* ---- entries of dynamic lists ---- */

static json_t *
json_done(const struct console *console)
{
	return json_pack("{s:b,s:s}", "ok", 1, "list", console->command.list);
}

static const char *
prefix_of(const struct console *console, char text[PREFIX_TEXT_SIZE])
{
	prefix_format(&console->command.prefix, text);
	return text;
}

static int64_t
wall_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
on_add(struct console *console, struct order *order)
{
	const struct command *command = &console->command;
	char prefix[PREFIX_TEXT_SIZE];
	char until[TIME_TEXT_SIZE] = "";

	if (!order_check(console, order))
		return;
	if (command->lasts > 0)
		format_time(
		    wall_milliseconds() + (int64_t)command->lasts, until);
	prefix_of(console, prefix);
	if (command->json) {
		json_t *object = json_done(console);

		json_object_set_new(object, "prefix", json_string(prefix));
		json_object_set_new(object, "until", json_or_null(until));
		console_json(console, object);
		return;
	}
	output_print(&console->output, "%s is in %s%s%s\n", prefix,
	    command->list, until[0] != '\0' ? " until " : "", until);
}

void
obey_add(struct console *console)
{
	console_ask(console, ORDER_ADD, on_add);
}

static void
on_delete(struct console *console, struct order *order)
{
	char prefix[PREFIX_TEXT_SIZE];

	if (!order_check(console, order))
		return;
	prefix_of(console, prefix);
	if (console->command.json) {
		json_t *object = json_done(console);

		json_object_set_new(object, "prefix", json_string(prefix));
		console_json(console, object);
		return;
	}
	output_print(&console->output, "%s is no longer in %s\n", prefix,
	    console->command.list);
}

void
obey_delete(struct console *console)
{
	console_ask(console, ORDER_DELETE, on_delete);
}

static void
on_clear(struct console *console, struct order *order)
{
	const struct command *command = &console->command;

	if (order->status == ORDER_WRONG_COUNT) {
		console_refuse(console, "%s holds %" PRIu64 ", not %" PRIu64,
		    command->list, order->count, command->count);
		return;
	}
	if (!order_check(console, order))
		return;
	if (command->json) {
		json_t *object = json_done(console);

		json_object_set_new(
		    object, "count", json_integer((json_int_t)command->count));
		console_json(console, object);
		return;
	}
	output_print(&console->output, "%s is empty, it held %" PRIu64 "\n",
	    command->list, command->count);
}

void
obey_clear(struct console *console)
{
	console_ask(console, ORDER_CLEAR, on_clear);
}

static void
on_accept(struct console *console, struct order *order)
{
	if (order->status == ORDER_ABSENT && order->text[0] == '\0') {
		console_refuse(console, "no content of %s was refused",
		    console->command.list);
		return;
	}
	if (!order_check(console, order))
		return;
	if (console->command.json)
		console_json(console, json_done(console));
	else
		output_print(&console->output,
		    "the content of %s that was refused serves\n",
		    console->command.list);
}

void
obey_accept(struct console *console)
{
	console_ask(console, ORDER_ACCEPT, on_accept);
}

/* ---- reload ---- */

/* The next line of a report, cleaned; NULL at the end. Lines are not empty. */
static char *
next_line(char **at)
{
	char *line;

	do {
		line = *at;
		if (line == NULL || *line == '\0')
			return NULL;
		*at = strchr(line, '\n');
		if (*at != NULL)
			*(*at)++ = '\0';
	} while (*line == '\0');
	return text_clean(line);
}

static void
print_report(struct output *output, char *report)
{
	size_t from = output->length;
	char *line;

	while ((line = next_line(&report)) != NULL) {
		if (output->length - from > REPORT_SHOWN) {
			output_text(output, "the log has more\n");
			return;
		}
		output_print(output, "%s\n", line);
	}
}

static json_t *
json_report(char *report)
{
	json_t *lines = json_array();
	size_t length = 0;
	char *line;

	while (length < REPORT_SHOWN && (line = next_line(&report)) != NULL) {
		json_array_append_new(lines, json_string(line));
		length += strlen(line);
	}
	return lines;
}

static json_t *
json_reload(struct order *order, const char *fault)
{
	json_t *object = fault != NULL ? json_pack("{s:s}", "error", fault)
				       : json_pack("{s:b}", "ok", 1);

	json_object_set_new(
	    object, "generation", json_integer((json_int_t)order->generation));
	json_object_set_new(object, "report", json_report(order->report));
	return object;
}

static void
print_reload(struct output *output, struct order *order, const char *fault)
{
	if (fault != NULL)
		output_print(output, "error: %s\n", fault);
	else
		output_print(
		    output, "generation %u serves\n", order->generation);
	print_report(output, order->report);
}

static void
on_reload(struct console *console, struct order *order)
{
	bool good = order->status == ORDER_DONE;
	const char *fault = good ? NULL : order_fault(order);

	log_event(&console->consoles->logger, good ? LOG_NOTICE_ : LOG_WARNING_,
	    "control", log_text("result", good ? "ok" : "failed"),
	    log_text("who", console->who), log_text("word", "reload"),
	    log_number("generation", order->generation));
	if (console->command.json)
		console_json(console, json_reload(order, fault));
	else
		print_reload(&console->output, order, fault);
}

void
obey_reload(struct console *console)
{
	struct sight sight = {0};
	const struct runtime *runtime = console_runtime(console);

	runtime->look(runtime->owner, &sight);
	if (sight.draining)
		console_refuse(console, "it is leaving: nothing is reloaded");
	else
		console_ask(console, ORDER_RELOAD, on_reload);
}
