/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/thread.h"

#include <stdio.h>

/* Orders that only ask. */

static void
copy_text(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text != NULL ? text : "");
}

static void
copy_view(char *to, size_t size, struct view text)
{
	snprintf(to, size, "%.*s", (int)text.length, text.data);
}

static void
give(struct lists *lists, struct order *order, enum order_status status)
{
	order->status = status;
	order->generation = lists->number;
	inbox_post(order->reply, &order->letter);
}

/* ---- lists ---- */

static enum list_state
state_of(const struct lists *lists, const struct owner *owner)
{
	if (owner->state == STATE_OK && build_pending(lists, owner))
		return STATE_LOADING;
	return owner->state;
}

static void
fill_list(const struct lists *lists, const struct owner *owner,
    struct order_list *row)
{
	int64_t now = (int64_t)monotonic_milliseconds();
	const char *error =
	    owner->error != NULL ? owner->error : owner->disk_error;

	copy_text(row->name, sizeof(row->name), owner->settings->name);
	owner_source(owner, row->source);
	row->entries = owner_count(owner);
	row->state = state_of(lists, owner);
	row->age =
	    now > owner->taken_at ? (uint64_t)(now - owner->taken_at) : 0;
	copy_text(row->error, sizeof(row->error), error);
}

void
order_lists(struct lists *lists, struct order *order)
{
	const struct owners *owners = lists->owners;

	order->row_count = 0;
	order->count = owners->count;
	while (order->row_count < ORDER_PART && order->cursor < owners->count)
		fill_list(lists, owners->of[order->cursor++],
		    &order->rows.lists[order->row_count++]);
	order->more = order->cursor < owners->count;
	give(lists, order, ORDER_DONE);
}

/* ---- entries ---- */

/* The wall clock, when the monotonic one will say that. */
static int64_t
wall_of(uint64_t ends)
{
	if (ends == DYNAMIC_FOREVER)
		return 0;
	return wall_milliseconds() +
	       ((int64_t)ends - (int64_t)monotonic_milliseconds());
}

static void
fill_dynamic(const struct dynamic_entry *entry, struct order_entry *row)
{
	row->prefix = entry->prefix;
	row->since = entry->since;
	row->until = wall_of(entry->ends);
	copy_view(row->who, sizeof(row->who), entry->who);
	copy_view(row->reason, sizeof(row->reason), entry->reason);
}

static void
fill_plain(const struct owner *owner, const struct prefix *prefix,
    struct order_entry *row)
{
	row->prefix = *prefix;
	row->since = owner->taken;
	row->until = 0;
	row->who[0] = '\0';
	row->reason[0] = '\0';
}

static bool
is_under(const struct order *order, const struct prefix *prefix)
{
	return !order->has_prefix ||
	       (prefix->length >= order->prefix.length &&
		   prefix_contains(&order->prefix, &prefix->address));
}

/*
 * An entry may lie before the prefix that is asked for: a wider one, which
 * begins at the same address.
 */
static bool
is_before(const struct order *order, const struct prefix *prefix)
{
	return order->has_prefix &&
	       address_equal(&prefix->address, &order->prefix.address) &&
	       prefix->length < order->prefix.length;
}

/* From where the last part ended; each entry gives its row, or ends it. */
static bool
next_dynamic(
    const struct owner *owner, struct order *order, struct dynamic_entry *entry)
{
	struct prefix start = order->prefix;
	const struct prefix *after = NULL;

	if (order->cursor > 0) {
		after = &order->cursor_prefix;
	} else if (order->has_prefix) {
		/* The widest one that may begin there, which is none. */
		start.length = 0;
		if (dynamic_get(owner->dynamic, &order->prefix, entry))
			return true;
		after = &start;
	}
	do {
		if (!dynamic_next(owner->dynamic, after, entry))
			return false;
		after = &entry->prefix;
		start = entry->prefix;
		after = &start;
	} while (is_before(order, &entry->prefix));
	return is_under(order, &entry->prefix);
}

static size_t
first_plain(const struct prefixes *content, const struct order *order)
{
	const struct prefix *from =
	    order->cursor > 0 ? &order->cursor_prefix : &order->prefix;
	size_t at = 0;

	if (order->cursor == 0 && !order->has_prefix)
		return 0;
	for (at = prefixes_seek(content, &from->address);
	     at < prefixes_count(content); at++) {
		struct prefix prefix = prefixes_at(content, at);
		bool passed = order->cursor > 0 ? prefix.length <= from->length
						: prefix.length < from->length;

		if (!address_equal(&prefix.address, &from->address) || !passed)
			break;
	}
	return at;
}

/* Adds a row; false when there is no room left. */
static bool
add_row(
    struct order *order, const struct prefix *prefix, struct order_entry **row)
{
	if (order->row_count == ORDER_PART) {
		order->more = true;
		return false;
	}
	*row = &order->rows.entries[order->row_count++];
	(*row)->list[0] = '\0';
	(*row)->source[0] = '\0';
	order->cursor_prefix = *prefix;
	order->cursor++;
	return true;
}

static void
fill_entries(const struct owner *owner, struct order *order)
{
	const struct prefixes *content = owner->content;
	struct order_entry *row;

	for (size_t at = first_plain(content, order);
	     at < prefixes_count(content); at++) {
		struct prefix prefix = prefixes_at(content, at);

		if (!is_under(order, &prefix) || !add_row(order, &prefix, &row))
			return;
		fill_plain(owner, &prefix, row);
	}
}

static void
fill_dynamic_entries(const struct owner *owner, struct order *order)
{
	struct dynamic_entry entry;
	struct order_entry *row;

	while (next_dynamic(owner, order, &entry)) {
		if (!add_row(order, &entry.prefix, &row))
			return;
		fill_dynamic(&entry, row);
	}
}

void
order_entries(struct lists *lists, struct order *order)
{
	const struct owner *owner = owners_find(lists->owners, order->list);

	order->row_count = 0;
	order->more = false;
	if (owner == NULL) {
		give(lists, order, ORDER_NO_LIST);
		return;
	}
	order->count = owner_count(owner);
	if (owner->dynamic != NULL)
		fill_dynamic_entries(owner, order);
	else
		fill_entries(owner, order);
	give(lists, order, ORDER_DONE);
}

/* ---- test ---- */

static bool
fill_test(const struct owner *owner, const struct address *address,
    struct order_entry *row)
{
	struct dynamic_entry entry;
	struct prefix found;

	if (owner->dynamic != NULL) {
		if (!dynamic_find(owner->dynamic, address, &entry))
			return false;
		fill_dynamic(&entry, row);
	} else {
		if (!prefixes_find(owner->content, address, &found))
			return false;
		fill_plain(owner, &found, row);
	}
	copy_text(row->list, sizeof(row->list), owner->settings->name);
	owner_source(owner, row->source);
	return true;
}

void
order_test(struct lists *lists, struct order *order)
{
	const struct owners *owners = lists->owners;

	order->row_count = 0;
	order->count = owners->count;
	while (order->row_count < ORDER_PART && order->cursor < owners->count)
		order->row_count += fill_test(owners->of[order->cursor++],
		    &order->address, &order->rows.entries[order->row_count]);
	order->more = order->cursor < owners->count;
	give(lists, order, ORDER_DONE);
}

/* ---- info ---- */

void
order_info(struct lists *lists, struct order *order)
{
	order->bytes = generation_size(lists->current->generation);
	order->live = lists->live;
	order->count = 0;
	for (size_t i = 0; i < lists->owners->count; i++)
		order->count += owner_count(lists->owners->of[i]);
	give(lists, order, ORDER_DONE);
}
