/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/random.h>

#include "agent/ensure.h"
#include "agent/dynamic/private.h"

static unsigned
family_bits(const struct address *address)
{
	return address->family == ADDRESS_IPV4 ? 32 : 128;
}

/* Bits that two addresses of one family have in common, from the first on. */
static unsigned
common_bits(const struct address *a, const struct address *b)
{
	uint64_t hi = a->hi ^ b->hi;
	uint64_t lo = a->lo ^ b->lo;

	if (hi == 0 && lo == 0)
		return family_bits(a);
	if (a->family == ADDRESS_IPV4)
		return (unsigned)__builtin_clzll(lo) - 32;
	if (hi != 0)
		return (unsigned)__builtin_clzll(hi);
	return 64 + (unsigned)__builtin_clzll(lo);
}

struct dynamic *
dynamic_new(void)
{
	struct dynamic *dynamic = calloc(1, sizeof(*dynamic));
	size_t size = sizeof(dynamic->texts.key);

	if (!dynamic)
		return NULL;
	/* Without the kernel's, an address has to do: it differs by run. */
	if (getrandom(dynamic->texts.key, size, 0) != (ssize_t)size)
		dynamic->texts.key[0] ^= (uint64_t)(uintptr_t)dynamic;
	return dynamic;
}

void
dynamic_free(struct dynamic *dynamic)
{
	if (!dynamic)
		return;
	dynamic_clear(dynamic);
	free(dynamic);
}

size_t
dynamic_count(const struct dynamic *dynamic)
{
	return dynamic->count;
}

size_t
dynamic_size(const struct dynamic *dynamic)
{
	return sizeof(*dynamic) +
	       (size_t)dynamic->chunk_count * CHUNK_NODES *
		   sizeof(struct node) +
	       dynamic->chunk_room * sizeof(struct node *) +
	       dynamic->ends.room * (sizeof(uint64_t) + sizeof(uint32_t)) +
	       texts_size(&dynamic->texts);
}

/* ---- changes ---- */

void
dynamic_clear(struct dynamic *dynamic)
{
	tree_fini(dynamic);
	ends_fini(&dynamic->ends);
	texts_fini(&dynamic->texts);
	memset(dynamic->lengths, 0, sizeof(dynamic->lengths));
}

/* Everything that can fail, before anything is changed. */
static bool
prepare(struct dynamic *dynamic, const struct dynamic_entry *entry,
    uint32_t *reason, uint32_t *who)
{
	if (!tree_reserve(dynamic) ||
	    (entry->ends != DYNAMIC_FOREVER && !ends_reserve(&dynamic->ends)))
		return false;
	if (!texts_take(&dynamic->texts, entry->reason, reason))
		return false;
	if (texts_take(&dynamic->texts, entry->who, who))
		return true;
	texts_release(&dynamic->texts, *reason);
	return false;
}

enum dynamic_result
dynamic_add(struct dynamic *dynamic, const struct dynamic_entry *entry)
{
	const struct prefix *prefix = &entry->prefix;
	uint32_t number, reason, who;
	bool renewed;
	struct node *node;

	ensure(prefix->address.family != ADDRESS_NONE &&
	       prefix->length <= family_bits(&prefix->address));
	if (!prepare(dynamic, entry, &reason, &who))
		return DYNAMIC_STARVED;
	number = tree_get(dynamic, prefix);
	renewed = number != 0;
	if (!renewed) {
		number = tree_insert(dynamic, prefix);
		++*length_count(dynamic, prefix);
	}
	node = node_at(dynamic, number);
	if (renewed) {
		texts_release(&dynamic->texts, node->reason);
		texts_release(&dynamic->texts, node->who);
	}
	node->reason = reason;
	node->who = who;
	node->since = entry->since;
	ends_set(dynamic, number, entry->ends);
	return renewed ? DYNAMIC_RENEWED : DYNAMIC_NEW;
}

enum dynamic_result
dynamic_remove(struct dynamic *dynamic, const struct prefix *prefix)
{
	struct prefix gone = *prefix;
	uint32_t number = tree_get(dynamic, &gone);
	const struct node *node;

	if (number == 0)
		return DYNAMIC_ABSENT;
	node = node_at(dynamic, number);
	texts_release(&dynamic->texts, node->reason);
	texts_release(&dynamic->texts, node->who);
	ends_set(dynamic, number, DYNAMIC_FOREVER);
	tree_remove(dynamic, &gone);
	--*length_count(dynamic, &gone);
	/* What was a large list does not hold its memory for ever. */
	if (dynamic->count == 0 && dynamic->chunk_count > 1)
		dynamic_clear(dynamic);
	return DYNAMIC_GONE;
}

/* ---- searches ---- */

static bool
give(
    const struct dynamic *dynamic, uint32_t number, struct dynamic_entry *entry)
{
	const struct node *node;

	if (number == 0)
		return false;
	node = node_at(dynamic, number);
	*entry = (struct dynamic_entry){
	    .prefix = node_prefix(node),
	    .since = node->since,
	    .ends = ends_get(dynamic, node),
	    .reason = texts_get(&dynamic->texts, node->reason),
	    .who = texts_get(&dynamic->texts, node->who),
	};
	return true;
}

/* The greatest length up to limit that an entry has, or -1. */
static int
length_in_use(
    const struct dynamic *dynamic, const struct address *address, int limit)
{
	const uint32_t *lengths =
	    dynamic->lengths[address->family == ADDRESS_IPV6];

	while (limit >= 0 && lengths[limit] == 0)
		limit--;
	return limit;
}

/*
 * The most specific entry of at most that length that holds the address, or 0.
 * The last one at or before the address, cut to the length, is either the one
 * or has fewer bits in common with the address, and what holds the address
 * holds it too: so it is no longer than those bits.
 */
static uint32_t
find_holding(
    const struct dynamic *dynamic, const struct address *address, int limit)
{
	int length = length_in_use(dynamic, address, limit);

	while (length >= 0) {
		struct prefix key = {
		    address_mask(*address, (unsigned)length), (uint8_t)length};
		uint32_t number = tree_floor(dynamic, &key);
		struct prefix found;

		if (number == 0)
			break;
		found = node_prefix(node_at(dynamic, number));
		if (found.address.family != address->family)
			break;
		if (prefix_contains(&found, address))
			return number;
		length = length_in_use(dynamic, address,
		    (int)common_bits(&found.address, address));
	}
	return 0;
}

bool
dynamic_find(const struct dynamic *dynamic, const struct address *address,
    struct dynamic_entry *entry)
{
	int limit = (int)family_bits(address);

	return address->family != ADDRESS_NONE &&
	       give(dynamic, find_holding(dynamic, address, limit), entry);
}

bool
dynamic_get(const struct dynamic *dynamic, const struct prefix *prefix,
    struct dynamic_entry *entry)
{
	return give(dynamic, tree_get(dynamic, prefix), entry);
}

bool
dynamic_cover(const struct dynamic *dynamic, const struct prefix *prefix)
{
	return find_holding(dynamic, &prefix->address, prefix->length - 1) != 0;
}

size_t
dynamic_inside(const struct dynamic *dynamic, const struct prefix *prefix,
    struct prefix *inside, size_t room)
{
	uint32_t number = tree_above(dynamic, prefix);
	size_t count = 0;

	while (number != 0) {
		struct prefix found = node_prefix(node_at(dynamic, number));
		struct prefix last;

		if (!prefix_contains(prefix, &found.address))
			break;
		if (count++ == room)
			break;
		inside[count - 1] = found;
		/* Nothing inside it is behind its last address. */
		last.address = prefix_range(&found).last;
		last.length = (uint8_t)family_bits(&last.address);
		number = tree_above(dynamic, &last);
	}
	return count;
}

bool
dynamic_next(const struct dynamic *dynamic, const struct prefix *after,
    struct dynamic_entry *entry)
{
	return give(dynamic,
	    after ? tree_above(dynamic, after) : tree_first(dynamic), entry);
}

/* ---- ends ---- */

uint64_t
dynamic_next_end(const struct dynamic *dynamic)
{
	return dynamic->ends.count > 0 ? dynamic->ends.at[0] : DYNAMIC_FOREVER;
}

bool
dynamic_ended(
    const struct dynamic *dynamic, uint64_t now, struct dynamic_entry *entry)
{
	return dynamic->ends.count > 0 && dynamic->ends.at[0] <= now &&
	       give(dynamic, dynamic->ends.node[0], entry);
}

/* ---- all of it ---- */

static bool
pack_node(const struct node *node, void *data)
{
	struct prefixes_builder *builder = data;
	struct prefix prefix = node_prefix(node);

	prefixes_add(builder, &prefix);
	return !builder->starved;
}

struct prefixes *
dynamic_pack(const struct dynamic *dynamic)
{
	struct prefixes_builder builder = {.starved = false};

	tree_walk(dynamic, pack_node, &builder);
	return prefixes_finish(&builder);
}
