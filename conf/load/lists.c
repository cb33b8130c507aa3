/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/list.h"
#include "conf/load/overlap.h"
#include "conf/load/set.h"
#include "conf/load/text.h"

void
name_check(struct loader *loader, const struct node *key, const char *what)
{
	char shown[SHOWN_SIZE];
	enum named_range range;

	if (!text_is_name(key->text))
		report_error(loader->report, key->place,
		    "the name of a %s is 1 to 63 of a-z, 0-9, _ and -, not %s",
		    what, text_shown(key->text, shown));
	else if (named_range_find(key->text, &range))
		report_error(loader->report, key->place,
		    "'%s' is a named range: no %s can be called so", key->text,
		    what);
}

/* ---- names ---- */

static size_t
count_definitions(struct loader *loader)
{
	size_t count = 0;

	for (size_t i = 0; i < loader->document_count; i++) {
		const struct node *value =
		    document_value(&loader->documents[i], TOP_LISTS);

		if (value != NULL && value->kind == NODE_MAPPING)
			count += value->count;
	}
	return count;
}

static void
define(struct loader *loader, const struct node *key)
{
	struct settings *settings = loader->settings;
	unsigned index = (unsigned)settings->list_count;
	struct list_settings *list = &settings->lists[index];

	if (key->kind != NODE_SCALAR || key->duplicate)
		return;
	name_check(loader, key, "list");
	list->name = arena_text(loader->arena, key->text, key->length);
	list->place = key->place;
	if (list->name == NULL)
		return;
	loader->list_values[index] = key->value;
	loader->lists.entries[index] =
	    (struct definition){list->name, key->place, index};
	settings->list_count++;
}

static void
define_all(struct loader *loader, const struct node *value)
{
	const struct node *key;

	if (value->kind != NODE_MAPPING) {
		refuse_value(loader, &object_top.rows[TOP_LISTS], value);
		return;
	}
	for (key = value->child; key != NULL; key = key->next)
		define(loader, key);
}

void
lists_define(struct loader *loader)
{
	struct settings *settings = loader->settings;
	size_t count = count_definitions(loader);
	struct arena *scratch = &loader->trees;

	if (count > LISTS_MAX) {
		report_error(loader->report, (struct place){NULL, 0, 0},
		    "more than %d lists", LISTS_MAX);
		loader->partial = true;
		return;
	}
	settings->lists =
	    arena_alloc(loader->arena, count, sizeof(*settings->lists));
	loader->list_values =
	    arena_alloc(scratch, count, sizeof(*loader->list_values));
	loader->lists.entries =
	    arena_alloc(scratch, count, sizeof(*loader->lists.entries));
	loader->seen = arena_alloc(scratch, count, sizeof(*loader->seen));
	if (loader->arena->failed || scratch->failed)
		return;
	for (size_t i = 0; i < loader->document_count; i++) {
		const struct node *value =
		    document_value(&loader->documents[i], TOP_LISTS);

		if (value != NULL)
			define_all(loader, value);
	}
	loader->lists.count = settings->list_count;
	definitions_settle(&loader->lists, "the list", loader->report);
}

/* ---- what is in them ---- */

static bool
entry_read(
    struct loader *loader, const struct node *value, struct prefix *prefix)
{
	char shown[SHOWN_SIZE];
	enum named_range range;

	if (value->kind == NODE_BAD)
		return false;
	if (value->kind == NODE_SCALAR && !node_is_empty(value) &&
	    named_range_find(value->text, &range))
		report_error(loader->report, value->place,
		    "a list holds addresses and prefixes; '%s' is named where "
		    "the list is used",
		    value->text);
	else if (value->kind == NODE_SCALAR && !node_is_empty(value))
		return prefix_read(loader, value, prefix);
	else
		report_error(loader->report, value->place,
		    "a list holds addresses and prefixes, not %s",
		    node_shown(value, shown));
	return false;
}

void
list_fill_inline(
    struct loader *loader, const struct node *value, struct list_settings *list)
{
	bool alone = value->kind == NODE_SCALAR;
	size_t count = alone ? 1 : value->count;
	const struct node *item = alone ? value : value->child;
	struct overlap_entry *entries =
	    arena_alloc(&loader->trees, count, sizeof(*entries));

	list->source = LIST_INLINE;
	list->prefixes =
	    arena_alloc(loader->arena, count, sizeof(*list->prefixes));
	if (entries == NULL || list->prefixes == NULL)
		return;
	for (; count > 0; count--, item = item->next) {
		struct prefix *prefix = &list->prefixes[list->count];

		if (!entry_read(loader, item, prefix))
			continue;
		entries[list->count].prefix = *prefix;
		entries[list->count].place = item->place;
		list->count++;
	}
	overlap_check_entries(entries, list->count, loader->report);
}

static void
fill_mapping(
    struct loader *loader, const struct node *value, struct list_settings *list)
{
	struct given given;

	if (object_read(loader, &object_list, value, list, &given))
		list_check(loader, value, &given, list);
}

static void
mark_rule(struct settings *settings, const struct rule_settings *rule)
{
	const struct set *set = &rule->lists;

	for (size_t i = 0; rule->kind != RULE_ALLOW && i < set->count; i++) {
		struct list_settings *list;

		if (set->items[i].kind != SET_LIST)
			continue;
		list = &settings->lists[set->items[i].list];
		list->used_to_deny = true;
		list->denied |= rule->kind == RULE_DENY;
	}
}

/* By which lists is anybody denied, or given a word of a rule's own? */
static void
mark_denied(struct loader *loader)
{
	struct settings *settings = loader->settings;

	for (size_t i = 0; i < settings->policy_count; i++) {
		const struct policy_settings *policy = &settings->policies[i];

		for (size_t k = 0; k < policy->rule_count; k++)
			mark_rule(settings, &policy->rules[k]);
	}
}

void
lists_fill(struct loader *loader)
{
	for (size_t i = 0; i < loader->settings->list_count; i++) {
		struct list_settings *list = &loader->settings->lists[i];
		const struct node *value = loader->list_values[i];
		char shown[SHOWN_SIZE];

		list->column = 1;
		guard_defaults(loader, &list->guard);
		if (value->kind == NODE_MAPPING)
			fill_mapping(loader, value, list);
		else if (value->kind == NODE_SEQUENCE ||
			 (value->kind == NODE_SCALAR && !node_is_empty(value)))
			list_fill_inline(loader, value, list);
		else if (value->kind != NODE_BAD)
			report_error(loader->report, value->place,
			    "a list has its prefixes in brackets, or one of "
			    "the keys 'file', 'preset' and 'dynamic', not %s",
			    node_shown(value, shown));
	}
	lists_check_exports(loader);
	mark_denied(loader);
}
