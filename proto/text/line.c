/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/text/line.h"

#include "proto/text/forwarded.h"
#include "proto/text/scan.h"

void
line_begin(
    struct line_cursor *cursor, struct view line, enum line_format format)
{
	cursor->begin = line.length > 0 ? line.data : "";
	cursor->end = cursor->begin + line.length;
	cursor->format = format;
	cursor->done = false;
}

/* The cursor goes on left of the comma before entry, if there is one. */
static void
leave_entry(struct line_cursor *cursor, const char *entry)
{
	cursor->done = entry == cursor->begin;
	if (!cursor->done)
		cursor->end = entry - 1;
}

static enum entry_kind
give_entry(struct view entry, struct view *text)
{
	entry = view_trim(entry);
	if (entry.length == 0)
		return ENTRY_EMPTY;
	*text = entry;
	return ENTRY_TEXT;
}

static enum entry_kind
previous_in_list(struct line_cursor *cursor, struct view *text)
{
	struct view left = view_between(cursor->begin, cursor->end);
	const char *comma = memrchr(left.data, ',', left.length);
	const char *start = comma == NULL ? left.data : comma + 1;
	const char *end = cursor->end;

	leave_entry(cursor, start);
	return give_entry(view_between(start, end), text);
}

/* The obfuscated port of RFC 7239 section 6.3: an underscore and more. */
static bool
is_obfuscated_port(struct view text)
{
	if (text.length < 2 || text.data[0] != '_')
		return false;
	for (size_t i = 1; i < text.length; i++) {
		unsigned char byte = (unsigned char)text.data[i];
		unsigned char lower = ascii_lower(byte);

		if (!(lower >= 'a' && lower <= 'z') &&
		    !(byte >= '0' && byte <= '9') && byte != '.' &&
		    byte != '_' && byte != '-')
			return false;
	}
	return true;
}

static struct view
cut_obfuscated_port(struct view node)
{
	const char *end = node.data + node.length;
	const char *colon = memrchr(node.data, ':', node.length);

	if (colon != NULL && is_obfuscated_port(view_between(colon + 1, end)))
		return view_between(node.data, colon);
	return node;
}

static enum entry_kind
give_node(struct line_cursor *cursor, struct view node, struct view *text)
{
	if (node.length > 0 && node.data[0] == '"') {
		node.length = forwarded_value_unescape(
		    node, cursor->node, ENTRY_TEXT_MAX);
		node.data = cursor->node;
	}
	if (node.length == 0)
		return ENTRY_EMPTY;
	if (node.length > ENTRY_TEXT_MAX)
		return ENTRY_INVALID;
	*text = cut_obfuscated_port(node);
	return text->length > 0 ? ENTRY_TEXT : ENTRY_INVALID;
}

static enum entry_kind
previous_in_forwarded(struct line_cursor *cursor, struct view *text)
{
	struct view left = view_between(cursor->begin, cursor->end);
	struct forwarded_element element;
	struct view found;

	if (!forwarded_last(left, &found) ||
	    !forwarded_element_parse(found, &element)) {
		cursor->done = true;
		return ENTRY_INVALID;
	}
	leave_entry(cursor, found.data);
	return give_node(cursor, element.node, text);
}

enum entry_kind
line_previous(struct line_cursor *cursor, struct view *text)
{
	if (cursor->done)
		return ENTRY_END;
	if (cursor->format == LINE_LIST)
		return previous_in_list(cursor, text);
	if (cursor->format == LINE_FORWARDED)
		return previous_in_forwarded(cursor, text);
	cursor->done = true;
	return give_entry(view_between(cursor->begin, cursor->end), text);
}
