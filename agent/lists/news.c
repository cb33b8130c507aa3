/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/thread.h"

#include <stdio.h>

/* What the log hears of lists. */

enum { PLACE_TEXT_SIZE = 512, REPORT_LINES_MAX = 100 };

/* ---- reports ---- */

static void
say_entry(const struct lists *lists, const struct report_entry *entry)
{
	const struct place *place = &entry->place;
	enum log_level level =
	    entry->severity == SEVERITY_ERROR ? LOG_ERROR_ : LOG_WARNING_;
	char text[PLACE_TEXT_SIZE];

	if (place->file == NULL || place->file[0] == '\0') {
		log_event(&lists->logger, level, "configuration",
		    log_text("text", entry->text));
		return;
	}
	snprintf(text, sizeof(text), "%s:%u:%u", place->file, place->line,
	    place->column);
	log_event(&lists->logger, level, "configuration", log_text("at", text),
	    log_text("text", entry->text));
}

void
news_report(const struct lists *lists, const struct report *report)
{
	size_t shown =
	    report->count < REPORT_LINES_MAX ? report->count : REPORT_LINES_MAX;

	for (size_t i = 0; i < shown; i++)
		say_entry(lists, &report->entries[i]);
	if (shown < report->count || report->truncated || report->starved)
		log_event(&lists->logger, LOG_WARNING_, "configuration",
		    log_text("text", "more was found than is shown here"),
		    log_number("all", (int64_t)report->count));
}

/* ---- changes ---- */

/* One prefix was added or removed by somebody. */
static void
say_order(const struct lists *lists, const struct news *news)
{
	const struct order *order = news->order;
	bool one = order->letter.kind == ORDER_ADD ||
		   order->letter.kind == ORDER_DELETE;
	int64_t change = (int64_t)news->after - (int64_t)news->before;
	uint64_t both = news->difference;
	char prefix[PREFIX_TEXT_SIZE] = "";
	struct log_field fields[12];
	unsigned count = 0;

	if (one)
		prefix_format(&order->prefix, prefix);
	if (change == 0 && one)
		both = 0; /* renewed */
	fields[count++] = log_text("list", news->owner->settings->name);
	fields[count++] = log_text("result", news->result);
	fields[count++] = log_text("by", order->who);
	if (one)
		fields[count++] = log_text("prefix", prefix);
	fields[count++] = log_number("before", (int64_t)news->before);
	fields[count++] = log_number("after", (int64_t)news->after);
	fields[count++] = log_number("added", ((int64_t)both + change) / 2);
	fields[count++] = log_number("removed", ((int64_t)both - change) / 2);
	if (order->letter.kind == ORDER_ADD && order->lasts > 0)
		fields[count++] =
		    log_number("milliseconds", (int64_t)order->lasts);
	if (order->reason[0] != '\0')
		fields[count++] = log_text("because", order->reason);
	fields[count] = log_end();
	log_write(&lists->logger, LOG_INFO_, "list", fields);
}

void
news_list(const struct lists *lists, const struct news *news)
{
	bool good = strcmp(news->result, "ok") == 0;
	int64_t change = (int64_t)news->after - (int64_t)news->before;
	int64_t both = (int64_t)news->difference;
	char source[ORDER_SOURCE_SIZE];
	struct log_field fields[9];
	unsigned count = 0;

	if (news->order != NULL) {
		say_order(lists, news);
		return;
	}
	owner_source(news->owner, source);
	if (both == 0) /* all of it is new */
		both = change > 0 ? change : -change;
	fields[count++] = log_text("list", news->owner->settings->name);
	fields[count++] = log_text("result", news->result);
	if (news->reason != NULL)
		fields[count++] = log_text("reason", news->reason);
	fields[count++] = log_text("source", source);
	fields[count++] = log_number("before", (int64_t)news->before);
	fields[count++] = log_number("after", (int64_t)news->after);
	fields[count++] = log_number("added", (both + change) / 2);
	fields[count++] = log_number("removed", (both - change) / 2);
	fields[count] = log_end();
	log_write(
	    &lists->logger, good ? LOG_INFO_ : LOG_WARNING_, "list", fields);
}

/* ---- what only a restart changes ---- */

static bool
same_listens(const struct edition *edition, const struct settings *settings)
{
	if (edition->listen_count != settings->listen_count)
		return false;
	for (size_t i = 0; i < edition->listen_count; i++)
		if (edition->listens[i] < 0)
			return false;
	return true;
}

static bool
same_text(const char *one, const char *other)
{
	if (one == NULL || other == NULL)
		return one == other;
	return strcmp(one, other) == 0;
}

void
news_restart(const struct lists *lists, const struct edition *edition)
{
	const struct settings *settings =
	    generation_settings(edition->generation);
	const struct limits_settings *limits = &settings->limits;
	const struct {
		const char *key;
		bool same;
	} fixed[] = {
	    {"listen", same_listens(edition, settings)},
	    {"threads", lists->threads == settings->threads},
	    {"control", same_text(lists->control_path, settings->control.path)},
	    {"state-directory",
		same_text(lists->state_directory, settings->state_directory)},
	    {"limits.connections",
		lists->limits.connections == limits->connections},
	    {"limits.frame-size",
		lists->limits.frame_size == limits->frame_size},
	    {"limits.fragments", lists->limits.fragments == limits->fragments},
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (!fixed[i].same)
			log_event(&lists->logger, LOG_WARNING_, "not-reloaded",
			    log_text("key", fixed[i].key),
			    log_text("text", "a change of it needs a restart"));
}
