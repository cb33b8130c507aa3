/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "conf/load/list.h"
#include "conf/load/printer.h"
#include "conf/load/text.h"

enum { WIDEST_IPV4 = 8, WIDEST_IPV6 = 16 };

void
guard_defaults(struct loader *loader, struct guard_settings *guard)
{
	object_defaults(loader, &object_guard, guard);
	guard->widest_ipv4 = WIDEST_IPV4;
	guard->widest_ipv6 = WIDEST_IPV6;
}

/* ---- percentages ---- */

static void
percent_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	uint64_t number;

	if (value->kind == NODE_SCALAR && value->plain && value->length > 1 &&
	    value->text[value->length - 1] == '%' &&
	    text_number(value->text, value->length - 1, row->max, &number))
		*(unsigned *)target = (unsigned)number;
	else
		refuse_value(loader, row, value);
}

static void
percent_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	char text[32];

	snprintf(text, sizeof(text), "%u%%", *(const unsigned *)target);
	print_plain(printer, row->name, text);
}

static void
percent_values(const struct schema_row *row, char *text, size_t size)
{
	snprintf(text, size, "a share from 0%% to %u%%", row->max);
}

const struct schema_type type_percent = {
    percent_read, percent_print, percent_values, true};

/* ---- widest ---- */

static bool
length_read(const struct node *value, unsigned max, unsigned *length)
{
	uint64_t number;

	if (value->kind != NODE_SCALAR || !value->plain ||
	    !text_number(value->text, value->length, max, &number))
		return false;
	*length = (unsigned)number;
	return true;
}

static void
widest_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct guard_settings *guard = target;

	if (value->kind != NODE_SEQUENCE || value->count != 2)
		refuse_value(loader, row, value);
	else if (!length_read(value->child, 32, &guard->widest_ipv4))
		report_error(loader->report, value->child->place,
		    "a prefix length of IPv4 is a number from 0 to 32");
	else if (!length_read(value->child->next, 128, &guard->widest_ipv6))
		report_error(loader->report, value->child->next->place,
		    "a prefix length of IPv6 is a number from 0 to 128");
}

static void
widest_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct guard_settings *guard = target;
	char text[32];

	snprintf(text, sizeof(text), "[%u, %u]", guard->widest_ipv4,
	    guard->widest_ipv6);
	print_plain(printer, row->name, text);
}

const struct schema_type type_widest = {
    .read = widest_read, .print = widest_print};

/* ---- addresses ---- */

static bool
address_read(
    struct loader *loader, const struct node *value, struct address *address)
{
	char shown[SHOWN_SIZE];

	if (value->kind == NODE_BAD)
		return false;
	if (value->kind == NODE_SCALAR &&
	    address_parse((struct view){value->text, value->length}, address)) {
		*address = address_unmap(*address);
		return true;
	}
	report_error(loader->report, value->place,
	    "an address belongs here, not %s", node_shown(value, shown));
	return false;
}

/* One alone stands for a sequence of one. */
static void
addresses_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, struct address **addresses, size_t *count)
{
	bool alone = value->kind == NODE_SCALAR && !node_is_empty(value);
	const struct node *item = alone ? value : value->child;
	size_t left = alone ? 1 : value->count;

	if (!alone && value->kind != NODE_SEQUENCE) {
		refuse_value(loader, row, value);
		return;
	}
	*addresses = arena_alloc(loader->arena, left, sizeof(**addresses));
	*count = 0;
	for (; *addresses != NULL && left > 0; left--, item = item->next)
		*count += address_read(loader, item, &(*addresses)[*count]);
}

static void
addresses_print(struct printer *printer, const struct schema_row *row,
    const struct address *addresses, size_t count)
{
	print_key(printer, row->name);
	fputs(" [", printer->stream);
	for (size_t i = 0; i < count; i++) {
		char text[ADDRESS_TEXT_SIZE];

		address_format(&addresses[i], text);
		fputs(i == 0 ? "" : ", ", printer->stream);
		print_text(printer, text);
	}
	fputs("]\n", printer->stream);
}

static void
allow_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct guard_settings *guard = target;

	addresses_read(loader, row, value, &guard->allow, &guard->allow_count);
}

static void
allow_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct guard_settings *guard = target;

	addresses_print(printer, row, guard->allow, guard->allow_count);
}

const struct schema_type type_allow = {
    .read = allow_read, .print = allow_print};

static void
deny_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct guard_settings *guard = target;

	addresses_read(loader, row, value, &guard->deny, &guard->deny_count);
}

static void
deny_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct guard_settings *guard = target;

	addresses_print(printer, row, guard->deny, guard->deny_count);
}

const struct schema_type type_deny = {.read = deny_read, .print = deny_print};

/* ---- the key "guard" ---- */

static void
guard_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct list_settings *list = target;
	struct given given;

	(void)row;
	object_read(loader, &object_guard, value, &list->guard, &given);
}

static void
guard_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct list_settings *list = target;

	if (list->source == LIST_INLINE)
		return;
	print_key(printer, row->name);
	fputc('\n', printer->stream);
	printer->depth++;
	print_object(printer, &object_guard, &list->guard);
	printer->depth--;
}

const struct schema_type type_list_guard = {
    .read = guard_read, .print = guard_print};
