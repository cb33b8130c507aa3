/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/guard_private.h"

/* One that overlaps the prefix: it holds it, or lies inside. */
static bool
find_overlap(const struct prefixes *prefixes, const struct prefix *prefix,
    struct prefix *found)
{
	size_t at;

	if (prefixes_find(prefixes, &prefix->address, found))
		return true;
	at = prefixes_seek(prefixes, &prefix->address);
	if (at == prefixes_count(prefixes))
		return false;
	*found = prefixes_at(prefixes, at);
	return prefix_contains(prefix, &found->address);
}

/* Less than 0: a ends before b begins; greater: the other way round. */
static int
apart(const struct prefix *a, const struct prefix *b)
{
	if (a->address.family == b->address.family &&
	    (prefix_contains(a, &b->address) ||
		prefix_contains(b, &a->address)))
		return 0;
	return address_compare(&a->address, &b->address);
}

/* Side by side from begin to end, whatever is before the other goes on. */
static bool
find_common(const struct prefixes *a, const struct prefixes *b,
    struct prefix *in_a, struct prefix *in_b)
{
	size_t a_count = prefixes_count(a), b_count = prefixes_count(b);
	size_t i = 0, k = 0;

	while (i < a_count && k < b_count) {
		int order;

		*in_a = prefixes_at(a, i);
		*in_b = prefixes_at(b, k);
		order = apart(in_a, in_b);
		if (order == 0)
			return true;
		if (order < 0)
			i++;
		else
			k++;
	}
	return false;
}

/* Few against many: each of the few is looked for. */
static bool
find_each(const struct prefixes *few, const struct prefixes *many,
    struct prefix *in_few, struct prefix *in_many)
{
	size_t count = prefixes_count(few);

	for (size_t i = 0; i < count; i++) {
		*in_few = prefixes_at(few, i);
		if (find_overlap(many, in_few, in_many))
			return true;
	}
	return false;
}

static bool
overlap(const struct prefixes *a, const struct prefixes *b, struct prefix *in_a,
    struct prefix *in_b)
{
	enum { SEARCH_COST = 64 };
	size_t a_count = prefixes_count(a), b_count = prefixes_count(b);

	if (b_count < a_count / SEARCH_COST)
		return find_each(b, a, in_b, in_a);
	if (a_count < b_count / SEARCH_COST)
		return find_each(a, b, in_a, in_b);
	return find_common(a, b, in_a, in_b);
}

static const char *
item_name(const struct guard_change *change, const struct set_item *item)
{
	return item->kind == SET_LIST ? change->settings->lists[item->list].name
				      : named_range_text(item->range);
}

static bool
say_overlap(const struct guard_change *change, const struct prefix *prefix,
    const struct prefix *other, const struct set_item *item)
{
	char mine[PREFIX_TEXT_SIZE], never[PREFIX_TEXT_SIZE];

	prefix_format(prefix, mine);
	prefix_format(other, never);
	if (item->kind == SET_PREFIX)
		guard_say(change->text, "%s overlaps %s, which is in never",
		    mine, never);
	else
		guard_say(change->text,
		    "%s overlaps %s of \"%s\", which is in never", mine, never,
		    item_name(change, item));
	return true;
}

static const struct prefixes *
content_of(const struct contents *contents, unsigned list)
{
	return list < contents->count ? contents->of[list] : NULL;
}

/* What an item stands for, if that is not a list. */
static size_t
item_prefixes(const struct set_item *item, const struct prefix **prefixes)
{
	*prefixes = &item->prefix;
	return item->kind == SET_PREFIX
		   ? 1
		   : named_range_prefixes(item->range, prefixes);
}

/* "any" is everything: whatever there is overlaps it. */
static bool
touches_any(const struct guard_change *change)
{
	char written[PREFIX_TEXT_SIZE];
	struct prefix first;

	if (prefixes_count(change->after) == 0)
		return false;
	first = prefixes_at(change->after, 0);
	prefix_format(&first, written);
	guard_say(
	    change->text, "%s overlaps \"any\", which is in never", written);
	return true;
}

static bool
touches_item(const struct guard_change *change, const struct set_item *item)
{
	const struct prefix *prefixes;
	struct prefix mine, never;
	size_t count;

	if (item->kind == SET_LIST) {
		const struct prefixes *other =
		    content_of(change->contents, item->list);

		return other && overlap(change->after, other, &mine, &never) &&
		       say_overlap(change, &mine, &never, item);
	}
	if (item->kind == SET_RANGE && item->range == RANGE_ANY)
		return touches_any(change);
	count = item_prefixes(item, &prefixes);
	for (size_t i = 0; i < count; i++)
		if (find_overlap(change->after, &prefixes[i], &mine))
			return say_overlap(change, &mine, &prefixes[i], item);
	return false;
}

bool
guard_touches_never(const struct guard_change *change)
{
	const struct set *never = &change->list->guard.never;

	if (never->any_word)
		return touches_any(change);
	for (size_t i = 0; i < never->count; i++)
		if (touches_item(change, &never->items[i]))
			return true;
	return false;
}
