/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>

#include "conf/lists/coverage.h"
#include "conf/load/overlap.h"
#include "conf/load/set.h"

/* Wider than this is worth a warning in a set that is trusted. */
enum { WIDE_IPV4 = 8, WIDE_IPV6 = 16 };

/* What is known of a list; found out when first asked. */
struct list_facts {
	bool measured;
	bool wide;            /* it holds a prefix wider than is wise */
	bool warned;          /* that was told */
	struct prefix widest; /* the first of these */
	struct coverage coverage;
};

struct review {
	const struct settings *settings;
	const struct contents *contents;
	struct report *report;
	struct list_facts *facts; /* by list */
	unsigned budget;
};

static bool
is_wide(const struct prefix *prefix)
{
	return prefix->length <
	       (prefix->address.family == ADDRESS_IPV4 ? WIDE_IPV4 : WIDE_IPV6);
}

/* NULL: it could not be read. */
static const struct prefixes *
content_of(const struct review *review, unsigned index)
{
	return index < review->contents->count ? review->contents->of[index]
					       : NULL;
}

static struct list_facts *
facts_of(struct review *review, unsigned index)
{
	const struct prefixes *content = content_of(review, index);
	struct list_facts *facts = &review->facts[index];
	size_t count = content == NULL ? 0 : prefixes_count(content);

	if (facts->measured)
		return facts;
	facts->measured = true;
	if (count > 0)
		facts->coverage = coverage_of(content);
	for (size_t i = 0; i < count && !facts->wide; i++) {
		facts->widest = prefixes_at(content, i);
		facts->wide = is_wide(&facts->widest);
	}
	return facts;
}

/* ---- what is trusted ---- */

static void
review_prefix(
    struct review *review, const char *key, const struct set_item *item)
{
	if (is_wide(&item->prefix))
		report_warning(review->report, item->place,
		    "%s: '%s' is wider than /%d", key, item->text,
		    item->prefix.address.family == ADDRESS_IPV4 ? WIDE_IPV4
								: WIDE_IPV6);
}

static void
review_range(
    struct review *review, const char *key, const struct set_item *item)
{
	if (item->range == RANGE_ANY)
		report_warning(review->report, item->place,
		    "%s: 'any' trusts everybody, so whoever connects can say "
		    "who the client is; nothing is proven",
		    key);
	else if (item->range == RANGE_PRIVATE ||
		 item->range == RANGE_UNIQUELOCAL)
		report_warning(review->report, item->place,
		    "%s: strangers may arrive from '%s' addresses, behind "
		    "SNAT; name the proxies",
		    key, item->text);
}

static void
review_list(struct review *review, const char *key, const struct set_item *item)
{
	struct list_facts *facts = facts_of(review, item->list);
	char text[PREFIX_TEXT_SIZE];

	if (!facts->wide || facts->warned)
		return;
	facts->warned = true;
	prefix_format(&facts->widest, text);
	report_warning(review->report, item->place,
	    "%s: the list '%s' holds %s, wider than /%d", key, item->text, text,
	    facts->widest.address.family == ADDRESS_IPV4 ? WIDE_IPV4
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

/* What stands in the set itself: a prefix, or a named range. */
static size_t
own_prefixes(const struct set_item *item, const struct prefix **prefixes)
{
	*prefixes = &item->prefix;
	return item->kind == SET_PREFIX
		   ? 1
		   : named_range_prefixes(item->range, prefixes);
}

static void
gather(struct review *review, const struct set_item *item,
    struct prefixes_builder *builder)
{
	const struct prefixes *content;
	const struct prefix *prefixes;
	size_t count;

	if (item->kind != SET_LIST) {
		count = own_prefixes(item, &prefixes);
		for (size_t i = 0; i < count; i++)
			prefixes_add(builder, &prefixes[i]);
		return;
	}
	content = content_of(review, item->list);
	count = content == NULL ? 0 : prefixes_count(content);
	for (size_t i = 0; i < count; i++) {
		struct prefix prefix = prefixes_at(content, i);

		prefixes_add(builder, &prefix);
	}
}

/* What the set covers: each address counted once. */
static bool
measure(struct review *review, const struct set *set, struct coverage *coverage)
{
	struct prefixes_builder builder = {.ipv4 = NULL};
	struct prefixes *all;

	for (size_t i = 0; i < set->count; i++)
		gather(review, &set->items[i], &builder);
	all = prefixes_finish(&builder);
	if (all == NULL) {
		report_starve(review->report);
		return false;
	}
	*coverage = coverage_of(all);
	prefixes_unref(all);
	return true;
}

/* An upper bound: what two items share is counted twice. */
static void
add_item(struct review *review, const struct set_item *item,
    struct coverage *coverage)
{
	const struct prefix *prefixes;
	size_t count;

	if (item->kind == SET_LIST) {
		coverage_merge(
		    coverage, &facts_of(review, item->list)->coverage);
		return;
	}
	count = own_prefixes(item, &prefixes);
	coverage_add(coverage, prefixes, count);
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
	    !measure(review, set, &coverage))
		return;
	half = coverage_half(&coverage);
	if (half != NULL)
		report_error(review->report, set->place,
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
	overlap_check_rules(
	    review->settings, policy, &review->budget, review->report);
}

void
settings_review(const struct settings *settings,
    const struct contents *contents, struct report *report)
{
	struct review review = {.settings = settings,
	    .contents = contents,
	    .report = report,
	    .budget = OVERLAP_BUDGET};

	review.facts = calloc(settings->list_count + 1, sizeof(*review.facts));
	if (review.facts == NULL) {
		report_starve(report);
		return;
	}
	for (size_t i = 0; i < settings->policy_count; i++)
		review_policy(&review, &settings->policies[i]);
	free(review.facts);
}
