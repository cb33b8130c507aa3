/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "conf/load/coverage.h"
#include "conf/load/overlap.h"
#include "conf/load/policy.h"
#include "conf/load/set.h"

/* Wider than this is worth a warning in a set that is trusted. */
enum { WIDE_IPV4 = 8, WIDE_IPV6 = 16 };

/* What is known of a list; found out when first asked. */
struct list_facts {
	bool measured;
	bool exact;  /* coverage is; else it is an upper bound */
	bool warned; /* its widest prefix was told */
	const struct prefix *widest; /* wider than is wise, or NULL */
	struct coverage coverage;
};

struct review {
	struct loader *loader;
	struct list_facts *facts; /* by list */
	unsigned budget;
};

static bool
is_wide(const struct prefix *prefix)
{
	return prefix->length <
	       (prefix->address.family == ADDRESS_IPV4 ? WIDE_IPV4 : WIDE_IPV6);
}

static struct list_facts *
facts_of(struct review *review, unsigned index)
{
	const struct list_settings *list =
	    &review->loader->settings->lists[index];
	struct list_facts *facts = &review->facts[index];

	if (facts->measured)
		return facts;
	facts->measured = true;
	coverage_add(&facts->coverage, list->prefixes, list->count);
	for (size_t i = 0; i < list->count && facts->widest == NULL; i++)
		if (is_wide(&list->prefixes[i]))
			facts->widest = &list->prefixes[i];
	return facts;
}

/* ---- what is trusted ---- */

static void
review_prefix(
    struct review *review, const char *key, const struct set_item *item)
{
	if (is_wide(&item->prefix))
		report_warning(review->loader->report, item->place,
		    "%s: '%s' is wider than /%d", key, item->text,
		    item->prefix.address.family == ADDRESS_IPV4 ? WIDE_IPV4
								: WIDE_IPV6);
}

static void
review_range(
    struct review *review, const char *key, const struct set_item *item)
{
	if (item->range == RANGE_ANY)
		report_warning(review->loader->report, item->place,
		    "%s: 'any' trusts everybody, so whoever connects can say "
		    "who the client is; nothing is proven",
		    key);
	else if (item->range == RANGE_PRIVATE ||
		 item->range == RANGE_UNIQUELOCAL)
		report_warning(review->loader->report, item->place,
		    "%s: strangers may arrive from '%s' addresses, behind "
		    "SNAT; name the proxies",
		    key, item->text);
}

static void
review_list(struct review *review, const char *key, const struct set_item *item)
{
	struct list_facts *facts = facts_of(review, item->list);
	char text[PREFIX_TEXT_SIZE];

	if (facts->widest == NULL || facts->warned)
		return;
	facts->warned = true;
	prefix_format(facts->widest, text);
	report_warning(review->loader->report, item->place,
	    "%s: the list '%s' holds %s, wider than /%d", key, item->text, text,
	    facts->widest->address.family == ADDRESS_IPV4 ? WIDE_IPV4
							  : WIDE_IPV6);
}

static void
review_trust(struct review *review, const char *key, const struct set *set)
{
	for (size_t i = 0; i < set->count; i++)
		switch (set->items[i].kind) {
		case SET_PREFIX:
			review_prefix(review, key, &set->items[i]);
			break;
		case SET_RANGE:
			review_range(review, key, &set->items[i]);
			break;
		case SET_LIST:
			review_list(review, key, &set->items[i]);
			break;
		}
}

/* ---- what is denied ---- */

static size_t
item_prefixes(struct review *review, const struct set_item *item,
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
		list = &review->loader->settings->lists[item->list];
		*prefixes = list->prefixes;
		return list->count;
	}
	return 0;
}

/* Prefixes of the items from first to last measured together. */
static bool
measure(struct review *review, const struct set_item *items, size_t count,
    struct coverage *coverage)
{
	struct prefix *all;
	size_t total = 0;

	for (size_t i = 0; i < count; i++) {
		const struct prefix *prefixes;

		total += item_prefixes(review, &items[i], &prefixes);
	}
	all = malloc((total + 1) * sizeof(*all));
	if (all == NULL) {
		review->loader->arena->failed = true;
		return false;
	}
	total = 0;
	for (size_t i = 0; i < count; i++) {
		const struct prefix *prefixes;
		size_t more = item_prefixes(review, &items[i], &prefixes);

		if (more > 0)
			memcpy(&all[total], prefixes, more * sizeof(*all));
		total += more;
	}
	*coverage = coverage_measure(all, total);
	free(all);
	return true;
}

/* A list's share: an upper bound, made exact when that is not enough. */
static void
add_item(struct review *review, const struct set_item *item,
    struct coverage *coverage)
{
	const struct prefix *prefixes;
	struct list_facts *facts;

	if (item->kind != SET_LIST) {
		size_t count = item_prefixes(review, item, &prefixes);

		coverage_add(coverage, prefixes, count);
		return;
	}
	facts = facts_of(review, item->list);
	if (!facts->exact && coverage_half(&facts->coverage) != NULL)
		facts->exact = measure(review, item, 1, &facts->coverage);
	coverage_merge(coverage, &facts->coverage);
}

/* Sorting comes last: hardly any rule comes near half of anything. */
static void
review_deny(struct review *review, const struct rule_settings *rule)
{
	const struct set *set = &rule->lists;
	struct coverage coverage = {.ipv4 = {0, 0}};
	const char *half;

	if (rule->kind != RULE_DENY || set_has_any(set))
		return;
	for (size_t i = 0; i < set->count; i++)
		add_item(review, &set->items[i], &coverage);
	if (coverage_half(&coverage) == NULL ||
	    !measure(review, set->items, set->count, &coverage))
		return;
	half = coverage_half(&coverage);
	if (half != NULL)
		report_error(review->loader->report, set->place,
		    "this rule denies more than half of %s; write any to deny "
		    "everybody",
		    half);
}

/* ---- policies ---- */

static void
review_policy(struct review *review, const struct policy_settings *policy)
{
	review_trust(review, "trust", &policy->trust);
	review_trust(review, "proxy trust", &policy->proxy.trust);
	for (size_t i = 0; i < policy->source_count; i++)
		review_trust(
		    review, "a source's trust", &policy->sources[i].trust);
	for (size_t i = 0; i < policy->rule_count; i++)
		review_deny(review, &policy->rules[i]);
	overlap_check_rules(review->loader->settings, policy, &review->budget,
	    review->loader->report);
}

void
policies_review(struct loader *loader)
{
	const struct settings *settings = loader->settings;
	struct review review = {.loader = loader, .budget = OVERLAP_BUDGET};

	review.facts = arena_alloc(
	    &loader->trees, settings->list_count, sizeof(*review.facts));
	if (review.facts == NULL)
		return;
	for (size_t i = 0; i < settings->policy_count; i++)
		review_policy(&review, &settings->policies[i]);
}
