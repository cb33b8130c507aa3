/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/set.h"

#include <string.h>

#include "conf/load/overlap.h"
#include "conf/load/printer.h"
#include "conf/load/text.h"

bool
named_range_find(const char *text, enum named_range *range)
{
	for (enum named_range r = RANGE_ANY; r < RANGE_COUNT; r++)
		if (strcmp(text, named_range_text(r)) == 0) {
			*range = r;
			return true;
		}
	return false;
}

bool
set_is_empty(const struct set *set)
{
	return set->items == NULL;
}

bool
set_has_any(const struct set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->items[i].kind == SET_RANGE &&
		    set->items[i].range == RANGE_ANY)
			return true;
	return false;
}

/* ---- prefixes ---- */

/* No name has one of these, and every address does. */
static bool
looks_like_prefix(const char *text)
{
	return strpbrk(text, ".:/%") != NULL;
}

static void
refuse_prefix(struct loader *loader, const struct node *value,
    enum prefix_status status, const struct prefix *masked)
{
	char shown[SHOWN_SIZE];
	char text[PREFIX_TEXT_SIZE];
	struct range range;

	text_shown(value->text, shown);
	if (status == PREFIX_HOST_BITS) {
		prefix_format(masked, text);
		report_error(loader->report, value->place,
		    "%s: %s; write '%s' if you mean all of it", shown,
		    prefix_status_text(status), text);
	} else if (status == PREFIX_NO_ADDRESS &&
		   range_parse(view_of(value->text), &range) == PREFIX_OK) {
		report_error(loader->report, value->place,
		    "%s: ranges stand in list files alone; write prefixes",
		    shown);
	} else {
		report_error(loader->report, value->place, "%s: %s", shown,
		    prefix_status_text(status));
	}
}

bool
prefix_read(
    struct loader *loader, const struct node *value, struct prefix *prefix)
{
	enum prefix_status status = prefix_parse(view_of(value->text), prefix);

	if (status == PREFIX_OK)
		return true;
	refuse_prefix(loader, value, status, prefix);
	return false;
}

/* ---- items ---- */

static bool
range_item(struct loader *loader, const struct schema_row *row,
    const struct node *value, enum named_range range, struct set_item *item)
{
	if (range == RANGE_UNIX && row->use != SET_OF_PEERS) {
		report_error(loader->report, value->place,
		    "'unix' has no address: it cannot stand in '%s'",
		    row->name);
		return false;
	}
	item->kind = SET_RANGE;
	item->range = range;
	item->text = named_range_text(range);
	return true;
}

static bool
prefix_item(
    struct loader *loader, const struct node *value, struct set_item *item)
{
	char text[PREFIX_TEXT_SIZE];
	size_t length;

	if (!prefix_read(loader, value, &item->prefix))
		return false;
	length = prefix_format(&item->prefix, text);
	item->kind = SET_PREFIX;
	item->text = arena_text(loader->arena, text, length);
	return item->text != NULL;
}

static void
refuse_list(struct loader *loader, const struct node *value)
{
	struct likely likely;
	char hint[LIKELY_HINT_SIZE];
	char shown[SHOWN_SIZE];

	if (loader->partial)
		return;
	likely_begin(&likely, value->text, &loader->guesses);
	for (size_t i = 0; i < loader->lists.count && loader->guesses > 0; i++)
		likely_offer(&likely, loader->lists.entries[i].name);
	for (enum named_range r = RANGE_ANY; r < RANGE_COUNT; r++)
		likely_offer(&likely, named_range_text(r));
	report_error(loader->report, value->place, "no list is named %s%s",
	    text_shown(value->text, shown), likely_hint(&likely, hint));
}

static bool
list_item(struct loader *loader, const struct schema_row *row,
    const struct node *value, struct set_item *item)
{
	const struct definition *found =
	    definitions_find(&loader->lists, value->text);
	struct list_settings *list;

	if (found == NULL) {
		refuse_list(loader, value);
		return false;
	}
	list = &loader->settings->lists[found->index];
	if (loader->seen[found->index] == loader->serial)
		report_warning(loader->report, value->place,
		    "'%s' is named twice", list->name);
	loader->seen[found->index] = loader->serial;
	if (row->use != SET_OF_CLIENTS)
		list->used_as_trust = true;
	item->kind = SET_LIST;
	item->list = found->index;
	item->text = list->name;
	return true;
}

static bool
item_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, struct set_item *item)
{
	char shown[SHOWN_SIZE];
	enum named_range range;

	if (value->kind == NODE_BAD)
		return false;
	if (value->kind != NODE_SCALAR || node_is_empty(value)) {
		report_error(loader->report, value->place,
		    "'%s' holds names of lists, prefixes and named ranges, "
		    "not %s",
		    row->name, node_shown(value, shown));
		return false;
	}
	item->place = value->place;
	if (named_range_find(value->text, &range))
		return range_item(loader, row, value, range, item);
	if (looks_like_prefix(value->text))
		return prefix_item(loader, value, item);
	return list_item(loader, row, value, item);
}

/* ---- sets ---- */

/* Prefixes written here are a list as well: does one cover another? */
static void
check_overlaps(struct loader *loader, const struct set *set)
{
	struct overlap_entry *entries;
	size_t count = 0;

	if (set->count < 2)
		return;
	entries = arena_alloc(&loader->trees, set->count, sizeof(*entries));
	for (size_t i = 0; entries != NULL && i < set->count; i++)
		if (set->items[i].kind == SET_PREFIX)
			entries[count++] = (struct overlap_entry){
			    .prefix = set->items[i].prefix,
			    .place = set->items[i].place};
	if (entries != NULL)
		overlap_check_entries(entries, count, loader->report);
}

/* One word stands for a list of one, except that "any" alone is more. */
static void
set_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct set *set = target;
	const struct node *item = value->child;
	size_t count = value->count;

	if (value->kind == NODE_SCALAR && !node_is_empty(value)) {
		item = value;
		count = 1;
	} else if (value->kind != NODE_SEQUENCE) {
		refuse_value(loader, row, value);
		return;
	}
	loader->serial++;
	*set = (struct set){.given = true, .place = value->place};
	set->any_word = item == value && node_is(value, "any");
	/* Written empty it has no items at all; bad ones are left out. */
	if (count > 0)
		set->items =
		    arena_alloc(loader->arena, count, sizeof(*set->items));
	for (; set->items != NULL && count > 0; item = item->next, count--)
		if (item_read(loader, row, item, &set->items[set->count]))
			set->count++;
	check_overlaps(loader, set);
}

static void
set_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct set *set = target;

	if (!set->given && row->default_ == NULL)
		return;
	print_key(printer, row->name);
	if (set->any_word) {
		fputs(" any\n", printer->stream);
		return;
	}
	fputs(" [", printer->stream);
	for (size_t i = 0; i < set->count; i++) {
		fputs(i == 0 ? "" : ", ", printer->stream);
		print_text(printer, set->items[i].text);
	}
	fputs("]\n", printer->stream);
}

static void
set_values(const struct schema_row *row, char *text, size_t size)
{
	(void)row;
	snprintf(text, size,
	    "names of lists, prefixes and named ranges, in brackets or one "
	    "alone");
}

const struct schema_type type_set = {
    .read = set_read, .print = set_print, .values = set_values};

/* ---- how many a table needs ---- */

void
set_count_begin(struct loader *loader, struct set_count *count)
{
	*count = (struct set_count){.serial = ++loader->serial};
}

/* Does the item need a member of its own? */
static bool
is_new(struct loader *loader, struct set_count *count,
    const struct set_item *item, bool *prefixes_counted)
{
	bool counted = true;

	switch (item->kind) {
	case SET_LIST:
		counted = loader->seen[item->list] == count->serial;
		loader->seen[item->list] = count->serial;
		break;
	case SET_RANGE:
		if (item->range == RANGE_ANY || item->range == RANGE_UNIX)
			break;
		counted = (count->ranges >> item->range & 1) != 0;
		count->ranges |= 1U << item->range;
		break;
	case SET_PREFIX:
		counted = *prefixes_counted;
		*prefixes_counted = true;
		break;
	}
	return !counted;
}

void
set_count_add(
    struct loader *loader, struct set_count *count, const struct set *set)
{
	bool prefixes_counted = false;

	for (size_t i = 0; i < set->count; i++)
		if (is_new(loader, count, &set->items[i], &prefixes_counted) &&
		    ++count->members == POLICY_SETS_MAX + 1)
			report_error(loader->report, set->items[i].place,
			    "more than %d lists and ranges in one table",
			    POLICY_SETS_MAX);
}
