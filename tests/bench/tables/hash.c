/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hl4, hl6: hashes of whole addresses, one a length. The values are bytes of
 * their own: a free place is seen without the key's line, and whoever needs the
 * value does not wait for the key.
 */

#include <stdlib.h>
#include <string.h>

#include "tests/bench/tables/engine.h"
#include "tests/bench/tables/intervals.h"
#include "tests/bench/tables/memory.h"

struct table {
	unsigned shift; /* 64 less the bits of the place */
	size_t slots;
	uint8_t *values; /* 0: free */
	void *keys;
	size_t key;
};

static void
make_table(struct table *table, size_t count, size_t key)
{
	table->slots = 16;
	table->shift = 60;
	while (table->slots < 2 * count) {
		table->slots *= 2;
		table->shift--;
	}
	table->key = key;
	table->values = memory_new(table->slots, 1);
	table->keys = memory_new(table->slots, key);
}

static void
free_table(struct table *table)
{
	memory_free(table->values, table->slots, 1);
	memory_free(table->keys, table->slots, table->key);
}

static inline size_t
place32(const struct table *table, uint32_t key)
{
	return key * 0x9e3779b97f4a7c15U >> table->shift;
}

static inline size_t
place64(const struct table *table, uint64_t key)
{
	return (key ^ key >> 32) * 0x9e3779b97f4a7c15U >> table->shift;
}

static inline size_t
place128(const struct table *table, uint128 key)
{
	uint64_t high = (uint64_t)(key >> 64);

	return place64(table, (uint64_t)key + high * 0xd6e8feb86659fd93U);
}

#define TABLE(name, type)                                                     \
	static inline uint8_t find##name(const struct table *table, type key) \
	{                                                                     \
		const type *keys = table->keys;                               \
		size_t at = place##name(table, key);                          \
		for (;; at = (at + 1) & (table->slots - 1)) {                 \
			uint8_t value = table->values[at];                    \
			if (value == 0 || keys[at] == key)                    \
				return value;                                 \
		}                                                             \
	}                                                                     \
	static void add##name(struct table *table, type key, uint8_t value)   \
	{                                                                     \
		type *keys = table->keys;                                     \
		size_t at = place##name(table, key);                          \
		while (table->values[at] != 0)                                \
			at = (at + 1) & (table->slots - 1);                   \
		keys[at] = key;                                               \
		table->values[at] = value;                                    \
	}

TABLE(32, uint32_t)
TABLE(64, uint64_t)
TABLE(128, uint128)

static size_t
count_length(const struct set *set, unsigned length)
{
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++)
		count += set->lengths[i] == length;
	return count;
}

/* ---- hl4 ---- */

static void *
hl4_build(const struct set *set)
{
	struct table *table = memory_array(1, sizeof(*table));

	make_table(table, set->count, sizeof(uint32_t));
	for (size_t i = 0; i < set->count; i++)
		add32(table, set->ipv4[i], (uint8_t)set->masks[i]);
	return table;
}

static void
hl4_free(void *structure)
{
	free_table(structure);
	free(structure);
}

static size_t
hl4_size(const void *structure)
{
	const struct table *table = structure;

	return sizeof(*table) + table->slots * (1 + sizeof(uint32_t));
}

static inline uint64_t
hl4_look_up(const struct table *table, const struct address *address)
{
	return find32(table, (uint32_t)address->lo);
}

ENGINE_WAYS(hl4, struct table, hl4_look_up)

static bool
hl4_fits(const struct set *set)
{
	return set->family == ADDRESS_IPV4 && intervals_fit(set) &&
	       count_length(set, 32) == set->count;
}

const struct engine engine_hl4 = {
    "hl4", "hash of hosts", hl4_fits, ENGINE_CALLS(hl4)};

/* ---- hl6 ---- */

struct hl6 {
	struct table nets; /* /64 */
	struct table hosts;
	bool has_nets;
	bool has_hosts;
};

static void *
hl6_build(const struct set *set)
{
	struct hl6 *hl6 = memory_array(1, sizeof(*hl6));
	size_t nets = count_length(set, 64);

	make_table(&hl6->nets, nets, sizeof(uint64_t));
	make_table(&hl6->hosts, set->count - nets, sizeof(uint128));
	hl6->has_nets = nets > 0;
	hl6->has_hosts = set->count > nets;
	for (size_t i = 0; i < set->count; i++) {
		if (set->lengths[i] == 64)
			add64(&hl6->nets, set->ipv6[i].hi,
			    (uint8_t)set->masks[i]);
		else
			add128(&hl6->hosts, set_first(set, i),
			    (uint8_t)set->masks[i]);
	}
	return hl6;
}

static void
hl6_free(void *structure)
{
	struct hl6 *hl6 = structure;

	free_table(&hl6->nets);
	free_table(&hl6->hosts);
	free(hl6);
}

static size_t
hl6_size(const void *structure)
{
	const struct hl6 *hl6 = structure;

	return sizeof(*hl6) + hl6->nets.slots * (1 + sizeof(uint64_t)) +
	       hl6->hosts.slots * (1 + sizeof(uint128));
}

static inline uint64_t
hl6_look_up(const struct hl6 *hl6, const struct address *address)
{
	uint64_t value = 0;

	if (hl6->has_nets)
		value = find64(&hl6->nets, address->hi);
	if (hl6->has_hosts)
		value |= find128(
		    &hl6->hosts, (uint128)address->hi << 64 | address->lo);
	return value;
}

ENGINE_WAYS(hl6, struct hl6, hl6_look_up)

static bool
hl6_fits(const struct set *set)
{
	return set->family == ADDRESS_IPV6 && intervals_fit(set) &&
	       count_length(set, 64) + count_length(set, 128) == set->count;
}

const struct engine engine_hl6 = {
    "hl6", "hashes of /64 and of hosts", hl6_fits, ENGINE_CALLS(hl6)};
