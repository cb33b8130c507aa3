/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/overlap.h"

#include <libcidr.h>
#include <stdlib.h>

enum {
	REPORTS_MAX = 20,   /* of one list */
	NETS_MAX = 64,      /* a list with more is compared by name alone */
	COST_OF_A_NET = 10, /* reading one, in comparisons */
	IN_FRONT = 16,
};

/*
 * libcidr looks for ".arpa" at the end of a text, counting back from there: a
 * shorter one is read in front of its begin. So there is something in front.
 */
static CIDR *
net_of(const struct prefix *prefix)
{
	char text[IN_FRONT + PREFIX_TEXT_SIZE] = {0};

	prefix_format(prefix, text + IN_FRONT);
	return cidr_from_str(text + IN_FRONT);
}

/* ---- within a list ---- */

static int
compare_entries(const void *left, const void *right)
{
	const struct overlap_entry *a = left;
	const struct overlap_entry *b = right;
	int order = address_compare(&a->prefix.address, &b->prefix.address);

	if (order == 0)
		order = (int)a->prefix.length - (int)b->prefix.length;
	return order != 0 ? order
			  : (a->order > b->order) - (a->order < b->order);
}

static void
warn_of_entry(const struct overlap_entry *entry,
    const struct overlap_entry *wider, struct report *report)
{
	char text[PREFIX_TEXT_SIZE], wider_text[PREFIX_TEXT_SIZE];

	prefix_format(&entry->prefix, text);
	prefix_format(&wider->prefix, wider_text);
	if (entry->prefix.length == wider->prefix.length)
		report_warning(report, entry->place,
		    "%s is written twice; first at %u:%u", text,
		    wider->place.line, wider->place.column);
	else
		report_warning(report, entry->place,
		    "%s is part of %s at %u:%u", text, wider_text,
		    wider->place.line, wider->place.column);
}

void
overlap_check_entries(
    struct overlap_entry *entries, size_t count, struct report *report)
{
	const struct overlap_entry *wider = NULL;
	CIDR *wider_net = NULL;
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		entries[i].order = i;
	if (count > 1)
		qsort(entries, count, sizeof(*entries), compare_entries);
	/* Prefixes nest: only the last that no other holds can hold the next. */
	for (size_t i = 0; i < count && found < REPORTS_MAX; i++) {
		CIDR *net = net_of(&entries[i].prefix);

		if (net == NULL) {
			report_starve(report);
			break;
		}
		if (wider_net != NULL && cidr_contains(wider_net, net) == 0) {
			warn_of_entry(&entries[i], wider, report);
			cidr_free(net);
			found++;
			continue;
		}
		if (wider_net != NULL)
			cidr_free(wider_net);
		wider_net = net;
		wider = &entries[i];
	}
	if (wider_net != NULL)
		cidr_free(wider_net);
}

/* ---- between rules ---- */

/* One item of a rule, with the prefixes behind it if they are few. */
struct part {
	const struct set_item *item;
	const struct rule_settings *rule;
	CIDR **nets;
	size_t count;
};

struct parts {
	const struct settings *settings;
	struct part *parts; /* of all rules, in order */
	size_t count;
	unsigned *budget;
	bool starved;
};

static bool
spend(struct parts *parts, size_t cost)
{
	if (*parts->budget < cost) {
		*parts->budget = 0;
		return false;
	}
	*parts->budget -= (unsigned)cost;
	return true;
}

static size_t
prefixes_of(const struct settings *settings, const struct set_item *item,
    const struct prefix **prefixes)
{
	const struct list_settings *list;

	switch (item->kind) {
	case SET_PREFIX:
		*prefixes = &item->prefix;
		return 1;
	case SET_RANGE:
		return named_range_prefixes(item->range, prefixes);
	case SET_LIST:
		list = &settings->lists[item->list];
		*prefixes = list->prefixes;
		return list->source == LIST_INLINE ? list->count : 0;
	}
	return 0;
}

static void
part_clear(struct part *part)
{
	for (size_t i = 0; i < part->count; i++)
		cidr_free(part->nets[i]);
	free(part->nets);
	part->nets = NULL;
	part->count = 0;
}

/* Without nets, only the same name is known to hold it. */
static void
part_fill(struct parts *parts, struct part *part)
{
	const struct prefix *prefixes;
	size_t count = prefixes_of(parts->settings, part->item, &prefixes);

	if (count == 0 || count > NETS_MAX ||
	    !spend(parts, count * COST_OF_A_NET))
		return;
	part->nets = calloc(count, sizeof(CIDR *));
	for (size_t i = 0; part->nets != NULL && i < count; i++) {
		part->nets[i] = net_of(&prefixes[i]);
		if (part->nets[i] == NULL)
			break;
		part->count++;
	}
	if (part->count < count) {
		parts->starved = true;
		part_clear(part);
	}
}

static bool
is_any(const struct set_item *item)
{
	return item->kind == SET_RANGE && item->range == RANGE_ANY;
}

static bool
is_same(const struct set_item *a, const struct set_item *b)
{
	if (a->kind != b->kind)
		return false;
	return (a->kind == SET_LIST && a->list == b->list) ||
	       (a->kind == SET_RANGE && a->range == b->range);
}

static bool
one_contains(const struct part *a, const CIDR *net)
{
	for (size_t i = 0; i < a->count; i++)
		if (cidr_contains(a->nets[i], net) == 0)
			return true;
	return false;
}

/* Is all of b in a? */
static bool
holds(struct parts *parts, const struct part *a, const struct part *b)
{
	if (!spend(parts, 1))
		return false;
	if (is_any(a->item) || is_same(a->item, b->item))
		return true;
	if (a->count == 0 || b->count == 0 ||
	    !spend(parts, a->count * b->count))
		return false;
	for (size_t i = 0; i < b->count; i++)
		if (!one_contains(a, b->nets[i]))
			return false;
	return true;
}

/* The first part of an earlier rule that holds all of this one, or NULL. */
static const struct part *
find_holder(struct parts *parts, const struct part *part)
{
	for (const struct part *earlier = parts->parts;
	     earlier->rule < part->rule; earlier++)
		if (holds(parts, earlier, part))
			return earlier;
	return NULL;
}

/* An allow rule passes over what is only a proxy's own address. */
static bool
leaves_proxies(
    const struct rule_settings *earlier, const struct rule_settings *rule)
{
	bool narrow = earlier->kind == RULE_ALLOW && !earlier->even_proxies;
	bool same = rule->kind == RULE_ALLOW && !rule->even_proxies;

	return narrow && !same;
}

static void
warn_of_part(
    const struct part *part, const struct part *holder, struct report *report)
{
	if (strcmp(holder->rule->verdict, part->rule->verdict) == 0)
		return;
	report_warning(report, part->item->place,
	    leaves_proxies(holder->rule, part->rule)
		? "'%s' comes to this rule only as a proxy's own address: "
		  "'%s' comes first"
		: "'%s' never comes to this rule: '%s' comes first",
	    part->item->text, holder->rule->name);
}

/* The rule can never match: which ones come first? */
static void
warn_of_rule(const struct rule_settings *rule,
    const struct rule_settings *holder, bool several, struct report *report)
{
	report_warning(report, rule->place,
	    several ? "this rule never matches: earlier ones, such as '%s', "
		      "hold all of it"
		    : "this rule never matches: '%s' comes first",
	    holder->name);
}

static void
check_rule(struct parts *parts, const struct part *first, size_t count,
    struct report *report)
{
	const struct rule_settings *by = NULL;
	bool dead = true, several = false;

	for (size_t i = 0; i < count && dead; i++) {
		const struct part *holder = find_holder(parts, &first[i]);

		dead = holder != NULL &&
		       !leaves_proxies(holder->rule, first->rule);
		several |= dead && by != NULL && by != holder->rule;
		by = dead ? holder->rule : NULL;
	}
	if (dead && by != NULL) {
		warn_of_rule(first->rule, by, several, report);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct part *holder = find_holder(parts, &first[i]);

		if (holder != NULL)
			warn_of_part(&first[i], holder, report);
	}
}

static void
check_rules(struct parts *parts, struct report *report)
{
	size_t count;

	for (size_t i = 0; i < parts->count; i += count) {
		const struct part *first = &parts->parts[i];

		for (count = 1; i + count < parts->count; count++)
			if (first[count].rule != first->rule)
				break;
		if (*parts->budget > 0)
			check_rule(parts, first, count, report);
	}
}

static void
gather(struct parts *parts, const struct policy_settings *policy)
{
	size_t count = 0;

	for (size_t i = 0; i < policy->rule_count; i++)
		count += policy->rules[i].lists.count;
	parts->parts = calloc(count + 1, sizeof(*parts->parts));
	parts->starved = parts->parts == NULL;
	for (size_t i = 0; !parts->starved && i < policy->rule_count; i++) {
		const struct rule_settings *rule = &policy->rules[i];

		/* NULL: it was refused. */
		if (rule->verdict == NULL || rule->name == NULL)
			continue;
		for (size_t k = 0; k < rule->lists.count; k++) {
			struct part *part = &parts->parts[parts->count++];

			part->item = &rule->lists.items[k];
			part->rule = rule;
			part_fill(parts, part);
		}
	}
}

void
overlap_check_rules(const struct settings *settings,
    const struct policy_settings *policy, unsigned *budget,
    struct report *report)
{
	struct parts parts = {.settings = settings, .budget = budget};

	if (policy->rule_count < 2 || *budget == 0)
		return;
	gather(&parts, policy);
	if (parts.starved)
		report_starve(report);
	check_rules(&parts, report);
	for (size_t i = 0; i < parts.count; i++)
		part_clear(&parts.parts[i]);
	free(parts.parts);
}
