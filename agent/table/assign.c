/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "agent/table/part.h"
#include "agent/table/region.h"

/*
 * Where a change goes. What a member holds by the nets structures inside the
 * prefix is made exactly what held says, less the hosts that are in a hash for
 * the member already. A host's own change goes to its hash, unless something
 * wider covers it: then it is not needed there, and must not be, for it would
 * stay when the wider one goes. Whoever changes the wider one says what is
 * held inside, and a host that is not in the hash is put among the nets then.
 */

enum { IN_PLACE_IPV4 = 20, IN_PLACE_IPV6 = 48 };

static bool
kind_of(const struct hosts *hosts, const struct prefix *prefix,
    enum hosts_kind *kind)
{
	if (prefix->address.family == ADDRESS_IPV4) {
		*kind = HOSTS_IPV4;
		return prefix->length == 32 && hosts->ipv4.values;
	}
	*kind = prefix->length == 128 ? HOSTS_IPV6 : HOSTS_HALVES;
	return (prefix->length == 128 && hosts->ipv6.values) ||
	       (prefix->length == 64 && hosts->halves.values);
}

static bool
in_hash(const struct part *part, const struct prefix *prefix, uint64_t bit)
{
	enum hosts_kind kind;

	return kind_of(&part->hosts, prefix, &kind) &&
	       (hosts_mask(
		    &part->hosts, kind, wide_of_address(&prefix->address)) &
		   bit) != 0;
}

/* ---- what is held, as spans ---- */

static int
span_compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return 0;
}

/* Wider ones first, and none inside another. */
static size_t
spans_apart(struct span *spans, size_t count)
{
	size_t kept = 0;

	for (size_t i = 1; i < count; i++)
		if (span_compare(&spans[i - 1], &spans[i]) > 0) {
			qsort(spans, count, sizeof(*spans), span_compare);
			break;
		}
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || spans[i].first > spans[kept - 1].last)
			spans[kept++] = spans[i];
	return kept;
}

/* False when there are too many. Hosts of a hash are left out if asked. */
static bool
spans_of(const struct part *part, const struct part_change *change,
    struct edit *edit, bool without_hosts)
{
	struct span *spans = change->room->held;
	size_t count = 0;

	for (size_t i = 0; i < change->count; i++) {
		const struct prefix *held = &change->held[i];
		struct span span = span_of(held);

		if (held->address.family != change->prefix->address.family ||
		    held->length < change->prefix->length ||
		    span.first < edit->span.first ||
		    span.last > edit->span.last)
			continue;
		if (without_hosts && in_hash(part, held, change->bit))
			continue;
		if (count == EDIT_ENTRIES_MAX)
			return false;
		spans[count++] = span;
	}
	edit->held = spans;
	edit->count = spans_apart(spans, count);
	return true;
}

/* ---- small families ---- */

static void
small_release(const struct retired *retired)
{
	region_poison(retired->where, retired->word == ADDRESS_IPV4
					  ? sizeof(struct small4)
					  : sizeof(struct small6));
	free(retired->where);
}

static void *
small_exchange(struct part *part, const struct small_steps *steps,
    enum address_family family)
{
	void *old;

	if (family == ADDRESS_IPV4) {
		struct small4 *small = small4_build(steps);

		old = atomic_load_explicit(&part->small4, memory_order_relaxed);
		if (!small)
			return NULL;
		atomic_store_explicit(
		    &part->small4, small, memory_order_release);
	} else {
		struct small6 *small = small6_build(steps);

		old = atomic_load_explicit(&part->small6, memory_order_relaxed);
		if (!small)
			return NULL;
		atomic_store_explicit(
		    &part->small6, small, memory_order_release);
	}
	return old;
}

static enum table_change
small_assign(struct part *part, struct edit *edit, enum address_family family)
{
	struct small_steps *before =
	    (struct small_steps *)(void *)edit->room->stages[0].before;
	struct small_steps *after =
	    (struct small_steps *)(void *)edit->room->stages[1].before;
	enum table_change change;
	void *old;

	if (family == ADDRESS_IPV4)
		small4_steps(
		    atomic_load_explicit(&part->small4, memory_order_relaxed),
		    before);
	else
		small6_steps(
		    atomic_load_explicit(&part->small6, memory_order_relaxed),
		    before);
	change = small_paint(edit, before, after, family);
	if (change != TABLE_CHANGED)
		return change;
	if (!retire_reserve(edit->queue, 1))
		return TABLE_REBUILD;
	old = small_exchange(part, after, family);
	if (!old)
		return TABLE_REBUILD;
	retire_push(edit->queue, (struct retired){.epoch = edit->epoch,
				     .release = small_release,
				     .where = old,
				     .word = family});
	return TABLE_CHANGED;
}

static bool
is_small(const struct part *part, enum address_family family)
{
	if (family == ADDRESS_IPV4)
		return atomic_load_explicit(
			   &part->small4, memory_order_relaxed) != NULL;
	return atomic_load_explicit(&part->small6, memory_order_relaxed) !=
	       NULL;
}

/* ---- nets ---- */

static enum table_change
nets_assign(struct part *part, struct edit *edit, const struct prefix *prefix)
{
	if (prefix->address.family == ADDRESS_IPV4) {
		if (prefix->length < IN_PLACE_IPV4 || !part->nets4.root)
			return TABLE_REBUILD;
		return dxr_assign(&part->nets4, edit);
	}
	if (prefix->length < IN_PLACE_IPV6 || !part->nets6.tops.buckets)
		return TABLE_REBUILD;
	return nets6_assign(&part->nets6, edit);
}

/* Do the other structures say that the member holds all of this host? */
static bool
covered(const struct part *part, struct edit *edit, enum hosts_kind kind)
{
	uint64_t hi = (uint64_t)(edit->span.first >> 64);
	uint64_t lo = (uint64_t)edit->span.first;
	uint64_t mask = 0;

	switch (kind) {
	case HOSTS_IPV4:
		if (part->nets4.root)
			mask = part->classes.masks[dxr_find(
			    &part->nets4, (uint32_t)lo, NULL, NULL)];
		break;
	case HOSTS_IPV6:
		mask = hosts_mask(&part->hosts, HOSTS_HALVES, edit->span.first);
		if (part->nets6.tops.buckets)
			mask |=
			    part->classes
				.masks[nets6_find(&part->nets6, hi, lo, NULL)];
		break;
	case HOSTS_HALVES:
		return part->nets6.tops.buckets &&
		       nets6_holds(&part->nets6, edit, hi);
	}
	return (mask & edit->bit) != 0;
}

/* A host goes out of the nets, if it is there, before it leaves the hash. */
static enum table_change
host_assign(struct part *part, struct edit *edit, enum hosts_kind kind,
    const struct prefix *prefix, bool whole)
{
	struct hosts_change change = {.kind = kind,
	    .host = edit->span.first,
	    .bit = edit->bit,
	    .epoch = edit->epoch,
	    .queue = edit->queue};
	enum table_change nets = TABLE_AS_BEFORE, hosts;
	bool nets_there = kind == HOSTS_IPV4 ? part->nets4.root != NULL
					     : part->nets6.tops.buckets != NULL;

	change.on = whole && !covered(part, edit, kind);
	change.trial = true;
	if (edit->failed || (!whole && edit->count > 0 && !nets_there) ||
	    hosts_assign(&part->hosts, &change) == TABLE_REBUILD)
		return TABLE_REBUILD;
	if (!whole && nets_there)
		nets = nets_assign(part, edit, prefix);
	if (nets == TABLE_REBUILD)
		return TABLE_REBUILD;
	change.trial = false;
	hosts = hosts_assign(&part->hosts, &change);
	return hosts == TABLE_AS_BEFORE ? nets : hosts;
}

enum table_change
part_assign(struct part *part, const struct part_change *change)
{
	enum address_family family = change->prefix->address.family;
	bool small = is_small(part, family);
	enum hosts_kind kind;
	struct edit edit = {.room = change->room,
	    .classes = &part->classes,
	    .bit = change->bit,
	    .span = span_of(change->prefix),
	    .epoch = change->epoch,
	    .queue = change->queue};

	if (!spans_of(part, change, &edit, false))
		return TABLE_REBUILD;
	if (small)
		return small_assign(part, &edit, family);
	if (kind_of(&part->hosts, change->prefix, &kind)) {
		bool whole = edit_whole(&edit);

		if (!whole)
			spans_of(part, change, &edit, true);
		return host_assign(part, &edit, kind, change->prefix, whole);
	}
	spans_of(part, change, &edit, true);
	return nets_assign(part, &edit, change->prefix);
}
