/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/console/console.h"
#include "agent/console/obey.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/policy/answer.h"

/* The words that look at the process, and those about the connection. */

/* ---- help ---- */

void
obey_help(struct console *console)
{
	struct output *output = &console->output;
	size_t from = output->length;

	for (const struct control_word *row = word_table; row->words != NULL;
	     row++) {
		if (row->obey == NULL)
			continue;
		if (console->command.json)
			console_array_add(
			    console, json_pack("{s:s,s:s,s:s}", "words",
					 row->words, "arguments",
					 row->arguments, "help", row->help));
		else
			output_print(output, "%s%s%s\t%s\n", row->words,
			    row->arguments[0] != '\0' ? " " : "",
			    row->arguments, row->help);
	}
	if (console->command.json) {
		console_array_end(console);
		return;
	}
	table_align(&console->table, output, from);
	output_text(output, "\"json\" before a word: the answer in JSON\n");
}

/* ---- the process ---- */

static void
look(struct console *console, struct sight *sight)
{
	const struct runtime *runtime = console_runtime(console);

	*sight = (struct sight){0};
	runtime->look(runtime->owner, sight);
}

static json_t *
json_number(uint64_t number)
{
	return json_integer((json_int_t)number);
}

/* The shape is a promise: seven keys, these. */
static json_t *
json_info(const struct sight *sight)
{
	return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I}", "version",
	    TRUESRC_VERSION, "pid", (json_int_t)getpid(), "uptime",
	    (json_int_t)(sight->uptime / 1000), "threads",
	    (json_int_t)sight->threads, "generation",
	    (json_int_t)sight->generation, "connections",
	    (json_int_t)sight->connections, "requests",
	    (json_int_t)sight->totals.of[COUNTER_REQUESTS]);
}

static void
print_info(struct console *console, const struct sight *sight)
{
	char age[TIME_TEXT_SIZE];
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
	    {"Pid", (uint64_t)getpid()},
	    {"Uptime_sec", sight->uptime / 1000},
	    {"Threads", sight->threads},
	    {"Generation", sight->generation},
	    {"Policies", sight->policies},
	    {"Lists", sight->lists},
	    {"Connections", sight->connections},
	    {"Dialogs", sight->dialogs},
	    {"Requests", sight->totals.of[COUNTER_REQUESTS]},
	    {"Consoles", console->consoles->count},
	    {"Log_dropped", sight->log_dropped},
	};

	output_print(&console->output,
	    "Name: truesrc\nVersion: %s\nUptime: %s\nState: %s\n",
	    TRUESRC_VERSION, format_age(sight->uptime, age),
	    sight->draining ? "draining" : "running");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		output_print(&console->output, "%s: %" PRIu64 "\n",
		    rows[i].name, rows[i].value);
}

void
obey_info(struct console *console)
{
	struct sight sight;

	look(console, &sight);
	if (console->command.json)
		console_json(console, json_info(&sight));
	else
		print_info(console, &sight);
}

/* ---- counters ---- */

/* Statuses without a place of their own are counted in the last one. */
static const char *
status_name(unsigned status, char text[16])
{
	if (status == COUNTER_STATUSES - 1)
		return "other";
	snprintf(text, 16, "%u", status);
	return text;
}

static json_t *
json_stat(const struct sight *sight)
{
	const struct totals *totals = &sight->totals;
	json_t *object = json_object();
	json_t *flags = json_object();
	json_t *statuses = json_object();
	char text[16];

	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		json_object_set_new(object, counter_name((enum counter)i),
		    json_number(totals->of[i]));
	for (unsigned i = 0; i < COUNTER_FLAGS; i++)
		json_object_set_new(flags, flag_name((enum flag)i),
		    json_number(totals->flags[i]));
	for (unsigned i = 0; i < COUNTER_STATUSES; i++)
		json_object_set_new(statuses, status_name(i, text),
		    json_number(totals->statuses[i]));
	json_object_set_new(object, "flags", flags);
	json_object_set_new(object, "disconnects", statuses);
	json_object_set_new(
	    object, "log_dropped", json_number(sight->log_dropped));
	return object;
}

static void
print_stat(struct output *output, const struct sight *sight)
{
	const struct totals *totals = &sight->totals;
	char text[16];

	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		output_print(output, "%s: %" PRIu64 "\n",
		    counter_name((enum counter)i), totals->of[i]);
	for (unsigned i = 0; i < COUNTER_FLAGS; i++)
		output_print(output, "flag.%s: %" PRIu64 "\n",
		    flag_name((enum flag)i), totals->flags[i]);
	for (unsigned i = 0; i < COUNTER_STATUSES; i++)
		output_print(output, "disconnect.%s: %" PRIu64 "\n",
		    status_name(i, text), totals->statuses[i]);
	output_print(output, "log_dropped: %" PRIu64 "\n", sight->log_dropped);
}

void
obey_stat(struct console *console)
{
	struct sight sight;

	look(console, &sight);
	if (console->command.json)
		console_json(console, json_stat(&sight));
	else
		print_stat(&console->output, &sight);
}

/* ---- policies ---- */

static const char *const mode_names[] = {
    [MODE_ENFORCE] = "enforce",
    [MODE_SHADOW] = "shadow",
    [MODE_BYPASS] = "bypass",
};

static const char *
source_name(const struct source_settings *source)
{
	return source->kind == SOURCE_PROXY ? "proxy" : source->name;
}

static void
print_policy(struct output *output, const struct policy_settings *policy)
{
	output_print(output, "%s\t%s\t%s\t%zu\t", policy->name,
	    mode_names[policy->mode], policy->default_, policy->rule_count);
	for (size_t i = 0; i < policy->source_count; i++)
		output_print(output, "%s%s", i > 0 ? "," : "",
		    source_name(&policy->sources[i]));
	output_text(output, policy->source_count > 0 ? "\n" : "-\n");
}

static json_t *
json_policy(const struct policy_settings *policy)
{
	json_t *sources = json_array();
	json_t *rules = json_array();

	for (size_t i = 0; i < policy->source_count; i++)
		json_array_append_new(
		    sources, json_string(source_name(&policy->sources[i])));
	for (size_t i = 0; i < policy->rule_count; i++)
		json_array_append_new(
		    rules, json_string(policy->rules[i].name));
	return json_pack("{s:s,s:s,s:o,s:o,s:s,s:s}", "name", policy->name,
	    "mode", mode_names[policy->mode], "sources", sources, "rules",
	    rules, "default", policy->default_, "unknown", policy->unknown);
}

/* As many as fit a part; another configuration may serve by the next one. */
void
obey_policies(struct console *console)
{
	const struct runtime *runtime = console_runtime(console);
	const struct settings *settings = runtime->borrow(runtime->owner);
	struct output *output = &console->output;
	size_t from = output->length;
	bool json = console->command.json;

	if (!json && console->place == 0)
		output_text(output, "# name\tmode\tdefault\trules\tsources\n");
	while (console->place < settings->policy_count &&
	       output->length - from < CONSOLE_PART && !output->starved) {
		const struct policy_settings *policy =
		    &settings->policies[console->place++];

		if (json)
			console_array_add(console, json_policy(policy));
		else
			print_policy(output, policy);
	}
	if (console->place < settings->policy_count)
		console->more = obey_policies;
	else if (json)
		console_array_end(console);
	if (!json)
		table_align(&console->table, output, from);
	runtime->give_back(runtime->owner);
}

/* ---- the connection ---- */

void
obey_prompt(struct console *console)
{
	console->prompting = !console->prompting;
}

void
obey_quit(struct console *console)
{
	console->quitting = true;
}

/* ---- the end ---- */

void
obey_shutdown(struct console *console)
{
	const struct runtime *runtime = console_runtime(console);
	uint64_t limit;
	char text[TIME_TEXT_SIZE];

	if (!runtime->shut_down(runtime->owner, &limit)) {
		console_refuse(console, "it is leaving already");
		return;
	}
	log_event(&console->consoles->logger, LOG_NOTICE_, "control",
	    log_text("result", "ok"), log_text("who", console->who),
	    log_text("word", "shutdown"));
	if (console->command.json)
		console_json(console, json_pack("{s:b,s:I}", "ok", 1,
					  "milliseconds", (json_int_t)limit));
	else
		output_print(&console->output,
		    "it leaves when HAProxy has, within %s\n",
		    format_age(limit, text));
}
