/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/compiled.h"

/* The entries of a source, from the right end of its last line. */

bool
ip_accept(const struct ip_settings *ip, struct address *address)
{
	if (!ip->mapped_keep)
		*address = address_unmap(*address);
	return !(ip->unspecified_reject && address_unspecified(address));
}

static bool
decoration_accept(const struct ip_settings *ip, unsigned decoration)
{
	if ((decoration & ENTRY_ZONE) && !ip->zone_strip)
		return false;
	switch (ip->port) {
	case PORT_INVALID:
		return !(decoration & (ENTRY_BRACKETS | ENTRY_PORT));
	case PORT_BRACKETS:
		return !(decoration & ENTRY_PORT);
	case PORT_STRIP:
	case PORT_UNTRUSTED:
		break;
	}
	return true;
}

static enum entry_kind
entry_read(const struct entries *entries, struct view text, struct entry *entry)
{
	const struct ip_settings *ip =
	    &entries->evaluation->policy->settings->ip;
	struct entry_text read;
	bool good = entries->source->format == LINE_ADDR_PORT
			? entry_parse_addr_port(text, &read)
			: entry_parse(text, &read);

	if (!good || !decoration_accept(ip, read.decoration) ||
	    !ip_accept(ip, &read.address))
		return ENTRY_INVALID;
	entry->address = read.address;
	entry->decorated = (read.decoration & (ENTRY_BRACKETS | ENTRY_PORT));
	return ENTRY_TEXT;
}

static void
once(struct entries *entries, enum entry_kind kind, struct address address)
{
	entries->has_once = true;
	entries->once = (struct entry){kind, address, false};
}

static void
one_line(struct entries *entries, struct view line)
{
	line_begin(&entries->line, line, entries->source->format);
	entries->in_line = true;
}

static enum entries_status
begin_proxy(struct entries *entries)
{
	struct address address = entries->evaluation->proxy_source;

	if (address.family == ADDRESS_NONE)
		return ENTRIES_ABSENT;
	once(entries, ENTRY_TEXT, address);
	return ENTRIES_READY;
}

static enum entries_status
begin_argument(struct entries *entries)
{
	const struct evaluation *evaluation = entries->evaluation;
	const struct sample *sample =
	    request_argument(evaluation->request, entries->source->input);
	struct address address = sample->address;

	switch (sample->kind) {
	case SAMPLE_ABSENT:
		return ENTRIES_ABSENT;
	case SAMPLE_TEXT:
	case SAMPLE_BINARY:
		one_line(entries, view_trim(sample->text));
		break;
	case SAMPLE_ADDRESS:
		once(entries,
		    ip_accept(&evaluation->policy->settings->ip, &address)
			? ENTRY_TEXT
			: ENTRY_INVALID,
		    address);
		break;
	case SAMPLE_INTEGER:
	case SAMPLE_BOOLEAN:
		once(entries, ENTRY_INVALID, (struct address){0});
		break;
	}
	return ENTRIES_READY;
}

/* "lines: one": more than one line is a single invalid entry. */
static enum entries_status
begin_one(struct entries *entries, uint64_t count, bool known)
{
	struct view line;

	if (count > 1) {
		once(entries, ENTRY_INVALID, (struct address){0});
		return ENTRIES_READY;
	}
	if (!known || !field_lines_previous(&entries->lines, &line))
		return ENTRIES_INCOMPLETE;
	one_line(entries, line);
	return ENTRIES_READY;
}

static enum entries_status
begin_lines(struct entries *entries, uint64_t count, bool known)
{
	struct view line;

	switch (entries->source->settings->lines) {
	case LINES_JOIN:
		entries->more_lines = true;
		return ENTRIES_READY;
	case LINES_ONE:
		return begin_one(entries, count, known);
	case LINES_FIRST:
		if (!field_first_line(entries->evaluation->request,
			entries->source->input, &line))
			return ENTRIES_INCOMPLETE;
		one_line(entries, line);
		return ENTRIES_READY;
	case LINES_LAST:
		if (field_lines_previous(&entries->lines, &line))
			one_line(entries, line);
		else
			entries->missing = true;
		return ENTRIES_READY;
	}
	return ENTRIES_ABSENT;
}

static enum entries_status
begin_header(struct entries *entries, struct evaluation *evaluation)
{
	int field = entries->source->input;
	enum entries_status status;
	bool known;
	uint64_t count = field_line_count(evaluation->request, field, &known);

	if (count == 0)
		return ENTRIES_ABSENT;
	if (count > 1)
		raise_flag(evaluation, FLAG_SEVERAL_LINES);
	field_lines_begin(&entries->lines, evaluation->request, field);
	status = begin_lines(entries, count, known);
	if (status == ENTRIES_INCOMPLETE)
		raise_flag(evaluation, FLAG_INCOMPLETE);
	return status;
}

enum entries_status
entries_begin(struct entries *entries, struct evaluation *evaluation,
    const struct compiled_source *source)
{
	entries->evaluation = evaluation;
	entries->source = source;
	entries->in_line = false;
	entries->more_lines = false;
	entries->missing = false;
	entries->has_once = false;
	switch (source->settings->kind) {
	case SOURCE_HEADER:
		return begin_header(entries, evaluation);
	case SOURCE_ARGUMENT:
		return begin_argument(entries);
	case SOURCE_PROXY:
		return begin_proxy(entries);
	}
	return ENTRIES_ABSENT;
}

/* The next entry of the lines, empty ones included. */
static enum entry_kind
lines_previous(struct entries *entries, struct view *text)
{
	for (;;) {
		struct view line;

		if (entries->in_line) {
			enum entry_kind kind =
			    line_previous(&entries->line, text);

			if (kind != ENTRY_END)
				return kind;
			entries->in_line = false;
		}
		if (!entries->more_lines)
			return ENTRY_END;
		if (!field_lines_previous(&entries->lines, &line)) {
			entries->more_lines = false;
			entries->missing = entries->lines.missing;
			return ENTRY_END;
		}
		one_line(entries, line);
	}
}

void
entries_previous(struct entries *entries, struct entry *entry)
{
	enum word on_empty = entries->source->settings->on_empty;
	struct view text = {NULL, 0};

	if (entries->has_once) {
		*entry = entries->once;
		entries->has_once = false;
		return;
	}
	do {
		entry->kind = lines_previous(entries, &text);
		if (entries->evaluation->trace)
			entries->evaluation->trace->entries++;
	} while (entry->kind == ENTRY_EMPTY && on_empty == WORD_SKIP);
	entry->address = (struct address){0};
	entry->decorated = false;
	if (entry->kind == ENTRY_TEXT)
		entry->kind = entry_read(entries, text, entry);
}

bool
entries_left(struct entries *entries)
{
	struct entry entry;

	entries_previous(entries, &entry);
	return entry.kind != ENTRY_END ||
	       (entries->missing && entries->lines.more);
}
