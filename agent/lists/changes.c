/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/thread.h"

#include <stdio.h>

/* Orders that change dynamic lists. */

static void
refuse(struct lists *lists, struct order *order, enum order_status status,
    const char *text)
{
	order->status = status;
	snprintf(order->text, sizeof(order->text), "%s", text);
	answer(lists, order);
}

/* The list to be changed; NULL: there is none, and the order is answered. */
static struct owner *
find_dynamic(struct lists *lists, struct order *order)
{
	struct owner *owner = owners_find(lists->owners, order->list);

	if (owner == NULL)
		refuse(lists, order, ORDER_NO_LIST, "");
	else if (owner->dynamic == NULL)
		refuse(lists, order, ORDER_NOT_DYNAMIC, "");
	return owner != NULL && owner->dynamic != NULL ? owner : NULL;
}

/* Answered when all of it is in force. */
static void
conclude(struct lists *lists, struct owner *owner, struct order *order,
    uint64_t before, uint64_t difference, bool in_force)
{
	order->status = ORDER_DONE;
	order->count = owner_count(owner);
	owner->changed = true;
	if (difference > 0)
		news_list(lists, &(struct news){.owner = owner,
				     .result = "ok",
				     .before = before,
				     .after = order->count,
				     .difference = difference,
				     .order = order});
	if (in_force)
		answer(lists, order);
	else
		build_await(lists, owner, order);
}

/* ---- guards ---- */

/* Dynamic lists that the guard names are looked at where they are. */
static bool
is_shunned(const struct lists *lists, const struct owner *owner,
    const struct prefix *prefix, char text[GUARD_TEXT_SIZE])
{
	const struct set *never = &owner->settings->guard.never;
	struct dynamic_entry entry;
	struct prefix inside;

	for (size_t i = 0; i < never->count; i++) {
		if (never->items[i].kind != SET_LIST)
			continue;
		const struct owner *other =
		    lists->owners->of[never->items[i].list];

		if (other->dynamic == NULL)
			continue;
		if (!dynamic_get(other->dynamic, prefix, &entry) &&
		    !dynamic_cover(other->dynamic, prefix) &&
		    dynamic_inside(other->dynamic, prefix, &inside, 1) == 0)
			continue;
		snprintf(text, GUARD_TEXT_SIZE, "it touches list '%s'",
		    other->settings->name);
		return true;
	}
	return false;
}

static enum guard
check(struct lists *lists, const struct owner *owner,
    const struct prefix *prefix, char text[GUARD_TEXT_SIZE])
{
	if (is_shunned(lists, owner, prefix, text))
		return GUARD_NEVER;
	return guard_check_one(owner->settings, lists->owners->settings,
	    &lists->owners->contents, prefix, text);
}

static void
refuse_guarded(struct lists *lists, struct order *order, enum guard guard,
    const char *text)
{
	order->status = ORDER_GUARDED;
	snprintf(order->text, sizeof(order->text), "%s: %s", guard_name(guard),
	    text);
	answer(lists, order);
}

/* Addresses that the list must go on holding; gives how many. */
static size_t
must_hold(const struct owner *owner, const struct address **addresses)
{
	const struct guard_settings *guard = &owner->settings->guard;
	bool denies = owner->settings->used_to_deny;

	*addresses = denies ? guard->deny : guard->allow;
	return denies ? guard->deny_count : guard->allow_count;
}

/*
 * Would the list lose an address that it must hold, without the prefix? NULL: no.
 */
static const struct address *
find_lost(const struct owner *owner, const struct prefix *prefix)
{
	const struct address *addresses;
	size_t count = must_hold(owner, &addresses);
	struct dynamic_entry entry;

	for (size_t i = 0; i < count; i++)
		if (prefix_contains(prefix, &addresses[i]) &&
		    dynamic_find(owner->dynamic, &addresses[i], &entry) &&
		    entry.prefix.length == prefix->length &&
		    !dynamic_cover(owner->dynamic, prefix))
			return &addresses[i];
	return NULL;
}

static void
refuse_loss(struct lists *lists, struct order *order, const struct owner *owner,
    const struct address *address)
{
	char shown[ADDRESS_TEXT_SIZE];
	char text[GUARD_TEXT_SIZE];

	address_format(address, shown);
	snprintf(text, sizeof(text), "%s would not be in it any more", shown);
	refuse_guarded(lists, order,
	    owner->settings->used_to_deny ? GUARD_DENY : GUARD_ALLOW, text);
}

/* ---- add ---- */

static struct dynamic_entry
entry_of(const struct order *order)
{
	uint64_t now = monotonic_milliseconds();
	bool ends = order->lasts > 0 && order->lasts < DYNAMIC_FOREVER - now;

	return (struct dynamic_entry){
	    .prefix = order->prefix,
	    .since = wall_milliseconds(),
	    .ends = ends ? now + order->lasts : DYNAMIC_FOREVER,
	    .reason = view_of(order->reason),
	    .who = view_of(order->who),
	};
}

static void
log_add(
    struct lists *lists, struct owner *owner, const struct dynamic_entry *entry)
{
	char error[STORE_ERROR_SIZE];

	if (lists->store == NULL)
		return;
	keep_note(lists, owner,
	    store_log_add(lists->store, owner->settings->name, entry,
		entry->since, monotonic_milliseconds(), error),
	    error);
}

void
order_add(struct lists *lists, struct order *order)
{
	struct owner *owner = find_dynamic(lists, order);
	char text[GUARD_TEXT_SIZE];

	if (owner == NULL)
		return;
	uint64_t before = owner_count(owner);
	enum guard guard = check(lists, owner, &order->prefix, text);

	if (guard != GUARD_NONE) {
		refuse_guarded(lists, order, guard, text);
		return;
	}
	struct dynamic_entry entry = entry_of(order);
	enum dynamic_result result = dynamic_add(owner->dynamic, &entry);

	if (result == DYNAMIC_STARVED) {
		refuse(lists, order, ORDER_FAILED, "out of memory");
		return;
	}
	bool in_force =
	    result == DYNAMIC_RENEWED && !build_pending(lists, owner);

	log_add(lists, owner, &entry);
	expiry_note(lists, entry.ends);
	in_force = in_force || apply(lists, owner, &order->prefix);
	conclude(lists, owner, order, before, 1, in_force);
}

/* ---- delete ---- */

static void
log_remove(
    struct lists *lists, struct owner *owner, const struct prefix *prefix)
{
	char error[STORE_ERROR_SIZE];

	if (lists->store == NULL)
		return;
	keep_note(lists, owner,
	    store_log_remove(
		lists->store, owner->settings->name, prefix, error),
	    error);
}

void
order_delete(struct lists *lists, struct order *order)
{
	struct owner *owner = find_dynamic(lists, order);

	if (owner == NULL)
		return;
	uint64_t before = owner_count(owner);
	const struct address *lost = find_lost(owner, &order->prefix);

	if (lost != NULL) {
		refuse_loss(lists, order, owner, lost);
		return;
	}
	if (dynamic_remove(owner->dynamic, &order->prefix) != DYNAMIC_GONE) {
		refuse(lists, order, ORDER_ABSENT, "");
		return;
	}
	log_remove(lists, owner, &order->prefix);
	conclude(lists, owner, order, before, 1,
	    apply(lists, owner, &order->prefix));
}

/* ---- clear ---- */

/* In place when there are few; else a new generation does it. */
static bool
empty(struct lists *lists, struct owner *owner)
{
	static const size_t few = 256;
	struct prefix gone[256];
	struct dynamic_entry entry;
	size_t count = 0;
	bool in_force = true;

	if (dynamic_count(owner->dynamic) > few) {
		dynamic_clear(owner->dynamic);
		build_need(lists, owner, NULL);
		return false;
	}
	while (dynamic_next(
	    owner->dynamic, count > 0 ? &gone[count - 1] : NULL, &entry))
		gone[count++] = entry.prefix;
	dynamic_clear(owner->dynamic);
	for (size_t i = 0; i < count; i++)
		in_force &= apply(lists, owner, &gone[i]);
	return in_force;
}

void
order_clear(struct lists *lists, struct order *order)
{
	struct owner *owner = find_dynamic(lists, order);
	const struct address *addresses;
	char error[STORE_ERROR_SIZE];
	struct dynamic_entry entry;

	if (owner == NULL)
		return;
	uint64_t before = owner_count(owner);
	size_t count = must_hold(owner, &addresses);

	order->count = before;
	if (order->expected != before) {
		refuse(lists, order, ORDER_WRONG_COUNT, "");
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (dynamic_find(owner->dynamic, &addresses[i], &entry)) {
			refuse_loss(lists, order, owner, &addresses[i]);
			return;
		}
	bool in_force = empty(lists, owner);

	if (lists->store != NULL)
		keep_note(lists, owner,
		    store_log_clear(lists->store, owner->settings->name, error),
		    error);
	conclude(lists, owner, order, before, before, in_force);
	order->count = before;
}
