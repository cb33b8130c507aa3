/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "agent/lists/guard_private.h"
#include "conf/lists/coverage.h"

/* Growth counts from so many entries on. */
enum { GROWTH_FROM = 100 };

const char *
guard_name(enum guard guard)
{
	static const char *const names[] = {
	    [GUARD_NONE] = "none",
	    [GUARD_TOLERATE] = "tolerate",
	    [GUARD_SHRINK] = "shrink",
	    [GUARD_GROWTH] = "growth",
	    [GUARD_WIDEST] = "widest",
	    [GUARD_NEVER] = "never",
	    [GUARD_ALLOW] = "allow",
	    [GUARD_DENY] = "deny",
	    [GUARD_COVERAGE] = "coverage",
	};

	return names[guard];
}

void
guard_say(char *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, GUARD_TEXT_SIZE, format, arguments);
	va_end(arguments);
}

/* ---- shares ---- */

static bool
above_share(uint64_t part, uint64_t of, unsigned percent)
{
	return part * 100 > of * percent;
}

/* In percent, rounded up: what is refused reads above what is allowed. */
static unsigned long long
share(uint64_t part, uint64_t of)
{
	return (part * 100 + of - 1) / of;
}

static bool
shrinks(const struct guard_change *change)
{
	unsigned allowed = change->list->guard.shrink;
	size_t before = change->before ? prefixes_count(change->before) : 0;
	size_t after = prefixes_count(change->after);

	if (after >= before || !above_share(before - after, before, allowed))
		return false;
	guard_say(change->text,
	    "shrinks by %llu %% (from %zu to %zu entries), %u %% are allowed",
	    share(before - after, before), before, after, allowed);
	return true;
}

static bool
grows(const struct guard_change *change)
{
	unsigned allowed = change->list->guard.growth;
	size_t before = change->before ? prefixes_count(change->before) : 0;
	size_t after = prefixes_count(change->after);

	if (before < GROWTH_FROM || after <= before ||
	    !above_share(after - before, before, allowed))
		return false;
	guard_say(change->text,
	    "grows by %llu %% (from %zu to %zu entries), %u %% are allowed",
	    share(after - before, before), before, after, allowed);
	return true;
}

/* ---- widest ---- */

static bool
is_too_wide(
    const struct list_settings *list, const struct prefix *prefix, char *text)
{
	char written[PREFIX_TEXT_SIZE];
	unsigned widest = prefix->address.family == ADDRESS_IPV4
			      ? list->guard.widest_ipv4
			      : list->guard.widest_ipv6;

	if (prefix->length >= widest)
		return false;
	prefix_format(prefix, written);
	guard_say(text, "%s is wider than /%u", written, widest);
	return true;
}

static bool
find_shorter(const uint8_t *lengths, size_t count, unsigned widest, size_t *at)
{
	for (*at = 0; lengths && *at < count; ++*at)
		if (lengths[*at] < widest)
			return true;
	return false;
}

static bool
has_too_wide(const struct guard_change *change)
{
	const struct guard_settings *guard = &change->list->guard;
	const struct prefixes *after = change->after;
	struct prefix prefix;
	size_t at;

	if (find_shorter(after->ipv4_lengths, after->ipv4_count,
		guard->widest_ipv4, &at))
		prefix = prefixes_at(after, at);
	else if (find_shorter(after->ipv6_lengths, after->ipv6_count,
		     guard->widest_ipv6, &at))
		prefix = prefixes_at(after, after->ipv4_count + at);
	else
		return false;
	return is_too_wide(change->list, &prefix, change->text);
}

/* ---- allow and deny ---- */

/* An address that must not be in the list, and is. */
static bool
holds(const struct guard_change *change, const struct address *address,
    const char *must)
{
	char written[ADDRESS_TEXT_SIZE], by[PREFIX_TEXT_SIZE];
	struct address plain = address_unmap(*address);
	struct prefix found;

	if (!prefixes_find(change->after, &plain, &found))
		return false;
	address_format(&plain, written);
	prefix_format(&found, by);
	guard_say(change->text, "%s must stay %s, and %s holds it", written,
	    must, by);
	return true;
}

/* An address that must be in the list, and is not. */
static bool
lacks(const struct guard_change *change, const struct address *address,
    const char *must)
{
	char written[ADDRESS_TEXT_SIZE];
	struct address plain = address_unmap(*address);
	struct prefix found;

	if (prefixes_find(change->after, &plain, &found))
		return false;
	address_format(&plain, written);
	guard_say(change->text,
	    "%s must stay %s, and the list does not hold it", written, must);
	return true;
}

static bool
loses_allowed(const struct guard_change *change)
{
	const struct guard_settings *guard = &change->list->guard;

	for (size_t i = 0; i < guard->allow_count; i++)
		if (change->list->used_to_deny
			? holds(change, &guard->allow[i], "allowed")
			: lacks(change, &guard->allow[i], "allowed"))
			return true;
	return false;
}

static bool
loses_denied(const struct guard_change *change)
{
	const struct guard_settings *guard = &change->list->guard;

	for (size_t i = 0; i < guard->deny_count; i++)
		if (change->list->used_to_deny
			? lacks(change, &guard->deny[i], "denied")
			: holds(change, &guard->deny[i], "denied"))
			return true;
	return false;
}

/* ---- coverage ---- */

static bool
covers_half(const struct guard_change *change)
{
	struct coverage coverage;
	const char *half;

	if (!change->list->denied)
		return false;
	coverage = coverage_of(change->after);
	half = coverage_half(&coverage);
	if (half)
		guard_say(change->text, "covers more than half of %s", half);
	return half != NULL;
}

/* ---- all ---- */

enum guard
guard_check(const struct list_settings *list, const struct settings *settings,
    const struct contents *contents, const struct prefixes *before,
    const struct prefixes *after, char text[GUARD_TEXT_SIZE])
{
	static const struct {
		enum guard guard;
		bool (*refuses)(const struct guard_change *change);
	} checks[] = {
	    {GUARD_SHRINK, shrinks},
	    {GUARD_GROWTH, grows},
	    {GUARD_WIDEST, has_too_wide},
	    {GUARD_NEVER, guard_touches_never},
	    {GUARD_ALLOW, loses_allowed},
	    {GUARD_DENY, loses_denied},
	    {GUARD_COVERAGE, covers_half},
	};
	struct guard_change change = {
	    list, settings, contents, before, after, text};

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (checks[i].refuses(&change))
			return checks[i].guard;
	return GUARD_NONE;
}

/* A set of one, that needs no memory. */
struct single {
	struct prefixes prefixes;
	uint32_t ipv4;
	struct ipv6_bits ipv6;
	uint8_t length;
};

static void
single_init(struct single *single, const struct prefix *prefix)
{
	memset(single, 0, sizeof(*single));
	single->length = prefix->length;
	if (prefix->address.family == ADDRESS_IPV4) {
		single->ipv4 = (uint32_t)prefix->address.lo;
		single->prefixes.ipv4 = &single->ipv4;
		single->prefixes.ipv4_lengths = &single->length;
		single->prefixes.ipv4_count = 1;
	} else {
		single->ipv6 =
		    (struct ipv6_bits){prefix->address.hi, prefix->address.lo};
		single->prefixes.ipv6 = &single->ipv6;
		single->prefixes.ipv6_lengths = &single->length;
		single->prefixes.ipv6_count = 1;
	}
}

/* Adding takes nothing out: only what must be outside can be hurt. */
static enum guard
hurts(const struct guard_change *change)
{
	const struct guard_settings *guard = &change->list->guard;
	bool deny = change->list->used_to_deny;
	const struct address *outside = deny ? guard->allow : guard->deny;
	size_t count = deny ? guard->allow_count : guard->deny_count;

	for (size_t i = 0; i < count; i++)
		if (holds(change, &outside[i], deny ? "allowed" : "denied"))
			return deny ? GUARD_ALLOW : GUARD_DENY;
	return GUARD_NONE;
}

enum guard
guard_check_one(const struct list_settings *list,
    const struct settings *settings, const struct contents *contents,
    const struct prefix *prefix, char text[GUARD_TEXT_SIZE])
{
	struct single single;
	struct guard_change change = {
	    list, settings, contents, NULL, &single.prefixes, text};

	text[0] = '\0';
	single_init(&single, prefix);
	if (is_too_wide(list, prefix, text))
		return GUARD_WIDEST;
	if (guard_touches_never(&change))
		return GUARD_NEVER;
	return hurts(&change);
}
