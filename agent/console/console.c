/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/console/console.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/control/clock.h"
#include "agent/ensure.h"

enum {
	STEPS_A_TURN = 16, /* then others have theirs */
	INPUT_MIN = 512,
	TEXT_SIZE = 1024,
};

static const char prompt[] = "> ";

/* ---- answers ---- */

void
console_json(struct console *console, json_t *take)
{
	output_json(&console->output, take);
	output_text(&console->output, "\n");
}

void
console_array_add(struct console *console, json_t *take)
{
	output_text(&console->output, console->began ? ",\n" : "[");
	console->began = true;
	output_json(&console->output, take);
}

void
console_array_end(struct console *console)
{
	output_text(&console->output, console->began ? "]\n" : "[]\n");
}

static void
log_refusal(struct console *console, const char *reason)
{
	struct consoles *consoles = console->consoles;
	const struct command *command = &console->command;
	char prefix[PREFIX_TEXT_SIZE] = "";
	uint64_t held;

	if (!log_limit_pass(
		&consoles->refused_limit, monotonic_milliseconds(), &held))
		return;
	if (command->has_prefix)
		prefix_format(&command->prefix, prefix);
	log_event(&consoles->logger, LOG_WARNING_, "control",
	    log_text("result", "refused"), log_text("who", console->who),
	    log_text("word", command->word->words),
	    log_text("list", command->list), log_text("prefix", prefix),
	    log_text("reason", reason), log_number("held", (int64_t)held));
}

/* The last one of an array that has begun; else it is the whole answer. */
static void
write_refusal(struct console *console, const char *text)
{
	json_t *object;

	if (!console->command.json) {
		output_print(&console->output, "error: %s\n", text);
		return;
	}
	object = json_pack("{s:s}", "error", text);
	if (!console->began) {
		console_json(console, object);
		return;
	}
	console_array_add(console, object);
	console_array_end(console);
}

void
console_refuse(struct console *console, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	text_clean(text);
	write_refusal(console, text);
	if (console->command.word != NULL && console->command.word->changes)
		log_refusal(console, text);
}

static void
refuse_unknown(struct console *console)
{
	static const char text[] = "Unknown command";

	if (console->command.json)
		console_json(console, json_pack("{s:s}", "error", text));
	else
		output_print(&console->output, "%s\n", text);
}

/* ---- asking the lists thread ---- */

void
console_ask(struct console *console, enum order_kind kind,
    void (*on_answer)(struct console *console, struct order *order))
{
	struct errand *errand;

	ensure(console->on_answer == NULL);
	console->asking = kind;
	console->on_answer = on_answer;
	errand = consoles_errand(console);
	if (errand != NULL)
		console_send(console, errand);
	else if (console->output.starved)
		console->on_answer = NULL;
}

void
console_send(struct console *console, struct errand *errand)
{
	const struct command *command = &console->command;
	const struct runtime *runtime = console_runtime(console);
	struct order *order = &errand->order;

	order->letter.kind = console->asking;
	order->reply = &console->consoles->inbox;
	memcpy(order->list, command->list, sizeof(order->list));
	memcpy(order->who, console->who, sizeof(order->who));
	memcpy(order->reason, command->reason, sizeof(order->reason));
	order->prefix = command->prefix;
	order->has_prefix = command->has_prefix;
	order->address = command->address;
	order->lasts = command->lasts;
	order->expected = command->count;
	order->cursor = console->place;
	order->cursor_prefix = console->place_prefix;
	console->errand = errand;
	runtime->order(runtime->owner, order);
}

/* ---- commands ---- */

static void
end_answer(struct console *console)
{
	if (!console->busy || console->more != NULL ||
	    console->on_answer != NULL)
		return;
	console->busy = false;
	output_text(&console->output, "\n");
	if (console->prompting && console->line_over && !console->quitting)
		output_text(&console->output, prompt);
}

void
console_answer(struct console *console, struct order *order)
{
	void (*on_answer)(struct console *, struct order *) =
	    console->on_answer;

	console->errand = NULL;
	console->on_answer = NULL;
	console->place = order->cursor;
	console->place_prefix = order->cursor_prefix;
	on_answer(console, order);
	end_answer(console);
	console_go(console);
}

static void
begin_answer(struct console *console)
{
	console->busy = true;
	console->began = false;
	console->place = 0;
	console->place_prefix = (struct prefix){0};
	console->table = (struct table){0};
}

static void
obey(struct console *console, char *text, size_t length)
{
	struct command *command = &console->command;
	enum command_status status = command_read(text, length, command);

	if (status == COMMAND_NONE) {
		if (console->prompting && console->line_over)
			output_text(&console->output, prompt);
		return;
	}
	begin_answer(console);
	if (status == COMMAND_UNKNOWN)
		refuse_unknown(console);
	else if (status == COMMAND_NOT_BUILT)
		console_refuse(
		    console, "%s is not built yet", command->word->words);
	else if (status == COMMAND_WRONG)
		console_refuse(console, "%s", command->problem);
	else if (command->word->changes && !console->may_change)
		console_refuse(
		    console, "%s may look, but change nothing", console->who);
	else
		command->word->obey(console);
	end_answer(console);
}

/* ---- input ---- */

static void
drop_input(struct console *console)
{
	free(console->input);
	console->input = NULL;
	console->input_at = 0;
	console->input_length = 0;
	console->input_room = 0;
}

static void
refuse_length(struct console *console)
{
	console->command = (struct command){0};
	begin_answer(console);
	console->line_over = true;
	console->quitting = true;
	console_refuse(
	    console, "the line is longer than %d bytes", CONSOLE_LINE_MAX);
	end_answer(console);
	drop_input(console);
}

/* Without its end: "\n", "\r\n", or that of all input. */
static bool
find_line(struct console *console, size_t *length)
{
	size_t left = console->input_length - console->input_at;
	const char *line = console->input + console->input_at;
	const char *end = left > 0 ? memchr(line, '\n', left) : NULL;

	*length = end != NULL ? (size_t)(end - line) : left;
	return end != NULL || (console->ended && left > 0);
}

/* False: nothing is there that could be obeyed. */
static bool
take_command(struct console *console)
{
	size_t length, first;
	char *line;

	if (!find_line(console, &length)) {
		if (length < CONSOLE_LINE_MAX)
			return false;
		refuse_length(console);
		return true;
	}
	line = console->input + console->input_at;
	first = words_first(line, length);
	console->line_over = first == length;
	console->input_at += first + 1;
	if (console->line_over && length > 0 && line[length - 1] == '\r')
		first--;
	obey(console, line, first);
	/* The end of all input takes the place of a line's. */
	if (console->input_at >= console->input_length)
		drop_input(console);
	return true;
}

/* What was obeyed makes room. */
static bool
make_input_room(struct console *console)
{
	size_t left = console->input_length - console->input_at;
	size_t room = console->input_room * 2;
	char *input;

	if (console->input_at > 0) {
		memmove(
		    console->input, console->input + console->input_at, left);
		console->input_at = 0;
		console->input_length = left;
	}
	if (left < console->input_room)
		return true;
	room = room < INPUT_MIN ? INPUT_MIN : room;
	input = realloc(console->input, room);
	if (input == NULL)
		return false;
	console->input = input;
	console->input_room = room;
	return true;
}

/* ---- steps ---- */

enum step { STEP_ON, STEP_WAIT, STEP_OVER };

static void
watch(struct console *console, int events)
{
	struct ev_loop *loop = console->consoles->loop;

	if (ev_is_active(&console->io) &&
	    (console->io.events & (EV_READ | EV_WRITE)) == events)
		return;
	ev_io_stop(loop, &console->io);
	if (events == 0)
		return;
	ev_io_set(&console->io, console->io.fd, events);
	ev_io_start(loop, &console->io);
}

static enum step
wait_for(struct console *console, int events)
{
	watch(console, events);
	return STEP_WAIT;
}

static enum step
receive(struct console *console)
{
	ssize_t got;

	if (!make_input_room(console))
		return STEP_OVER;
	got = recv(console->io.fd, console->input + console->input_length,
	    console->input_room - console->input_length, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (console->input_at == console->input_length)
			drop_input(console);
		return wait_for(console, EV_READ);
	}
	if (got < 0)
		return STEP_OVER;
	if (got == 0)
		console->ended = true;
	else
		console->moved = monotonic_milliseconds();
	console->input_length += (size_t)got;
	return STEP_ON;
}

static enum step
send_output(struct console *console)
{
	struct output *output = &console->output;
	ssize_t sent = send(console->io.fd, output->data + output->at,
	    output_left(output), MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return wait_for(console, EV_WRITE);
	if (sent < 0)
		return STEP_OVER;
	console->moved = monotonic_milliseconds();
	output_advance(output, (size_t)sent);
	return STEP_ON;
}

static enum step
go_on(struct console *console)
{
	void (*more)(struct console *) = console->more;

	if (more == NULL)
		return wait_for(console, 0);
	console->more = NULL;
	more(console);
	end_answer(console);
	return STEP_ON;
}

static enum step
do_step(struct console *console)
{
	if (console->output.starved)
		return STEP_OVER;
	if (output_left(&console->output) > 0)
		return send_output(console);
	if (console->busy)
		return go_on(console);
	if (console->quitting)
		return STEP_OVER;
	if (take_command(console))
		return STEP_ON;
	return console->ended ? STEP_OVER : receive(console);
}

void
console_go(struct console *console)
{
	for (unsigned i = 0; i < STEPS_A_TURN; i++) {
		enum step step = do_step(console);

		if (step == STEP_ON)
			continue;
		if (step == STEP_OVER)
			console_free(console);
		return;
	}
	/* A socket is writable at once, or as soon as that matters. */
	watch(console, EV_WRITE);
}

/* ---- life ---- */

static void
on_ready(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	if (events & EV_ERROR)
		console_free(io->data);
	else
		console_go(io->data);
}

struct console *
console_new(struct consoles *consoles, int descriptor)
{
	struct console *console = calloc(1, sizeof(*console));

	if (console == NULL) {
		close(descriptor);
		return NULL;
	}
	console->consoles = consoles;
	console->moved = monotonic_milliseconds();
	console->next = consoles->first;
	if (console->next != NULL)
		console->next->previous = console;
	consoles->first = console;
	consoles->count++;
	ev_io_init(&console->io, on_ready, descriptor, EV_READ);
	console->io.data = console;
	ev_io_start(consoles->loop, &console->io);
	return console;
}

static void
unlink_console(struct console *console)
{
	struct consoles *consoles = console->consoles;

	if (console->previous != NULL)
		console->previous->next = console->next;
	else
		consoles->first = console->next;
	if (console->next != NULL)
		console->next->previous = console->previous;
	consoles->count--;
}

void
console_free(struct console *console)
{
	ev_io_stop(console->consoles->loop, &console->io);
	close(console->io.fd);
	unlink_console(console);
	consoles_forget(console);
	if (console->errand != NULL)
		console->errand->console = NULL;
	drop_input(console);
	output_fini(&console->output);
	free(console);
}
