/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>

#include "conf/lists/sort.h"

enum { ROOM_MIN = 64 };

/* ---- adding ---- */

/* Large arrays grow by moving pages, which costs next to nothing. */
static bool
grow(void *array, size_t room, size_t size)
{
	void **memory = array;
	void *larger = realloc(*memory, room * size);

	if (larger == NULL)
		return false;
	*memory = larger;
	return true;
}

static size_t
more_room(size_t room)
{
	return room < ROOM_MIN ? ROOM_MIN : room * 2;
}

static bool
make_room_ipv4(struct prefixes_builder *builder)
{
	size_t room = more_room(builder->ipv4_room);

	if (!grow(&builder->ipv4, room, sizeof(*builder->ipv4)))
		return false;
	builder->ipv4_room = room;
	return true;
}

static bool
make_room_ipv6(struct prefixes_builder *builder)
{
	size_t room = more_room(builder->ipv6_room);

	if (!grow(&builder->ipv6, room, sizeof(*builder->ipv6)) ||
	    !grow(&builder->ipv6_lengths, room, sizeof(uint8_t)))
		return false;
	builder->ipv6_room = room;
	return true;
}

static void
add_ipv4(struct prefixes_builder *builder, const struct prefix *prefix)
{
	if (builder->ipv4_count == builder->ipv4_room &&
	    !make_room_ipv4(builder))
		builder->starved = true;
	else
		builder->ipv4[builder->ipv4_count++] =
		    prefix->address.lo << 8 | prefix->length;
}

static void
add_ipv6(struct prefixes_builder *builder, const struct prefix *prefix)
{
	size_t count = builder->ipv6_count;

	if (count == builder->ipv6_room && !make_room_ipv6(builder)) {
		builder->starved = true;
		return;
	}
	builder->ipv6[count] =
	    (struct ipv6_bits){prefix->address.hi, prefix->address.lo};
	builder->ipv6_lengths[count] = prefix->length;
	builder->ipv6_count++;
}

void
prefixes_add(struct prefixes_builder *builder, const struct prefix *prefix)
{
	if (builder->starved)
		return;
	if (prefix->address.family == ADDRESS_IPV4)
		add_ipv4(builder, prefix);
	else
		add_ipv6(builder, prefix);
}

/* ---- finishing ---- */

static void
drop_doubles_ipv4(struct prefixes_builder *builder)
{
	uint64_t *keys = builder->ipv4;
	size_t kept = 0;

	for (size_t i = 0; i < builder->ipv4_count; i++)
		if (kept == 0 || keys[kept - 1] != keys[i])
			keys[kept++] = keys[i];
	builder->ipv4_count = kept;
}

static void
drop_doubles_ipv6(struct prefixes_builder *builder)
{
	struct ipv6_bits *bits = builder->ipv6;
	uint8_t *lengths = builder->ipv6_lengths;
	size_t kept = 0;

	for (size_t i = 0; i < builder->ipv6_count; i++) {
		if (kept > 0 && bits[kept - 1].hi == bits[i].hi &&
		    bits[kept - 1].lo == bits[i].lo &&
		    lengths[kept - 1] == lengths[i])
			continue;
		bits[kept] = bits[i];
		lengths[kept++] = lengths[i];
	}
	builder->ipv6_count = kept;
}

static bool
all_hosts_ipv4(const uint64_t *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((uint8_t)keys[i] != 32)
			return false;
	return true;
}

static bool
all_hosts_ipv6(const uint8_t *lengths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (lengths[i] != 128)
			return false;
	return true;
}

/* Gives back what was too much, if that can be had. */
static void *
shrunk(void *memory, size_t size)
{
	void *smaller = realloc(memory, size);

	if (smaller == NULL)
		return memory;
	return smaller;
}

static uint8_t *
lengths_of(const uint64_t *keys, size_t count)
{
	uint8_t *lengths = malloc(count);

	for (size_t i = 0; lengths != NULL && i < count; i++)
		lengths[i] = (uint8_t)keys[i];
	return lengths;
}

/* Addresses take the place of their keys: each is half as large. */
static uint32_t *
addresses_of(uint64_t *keys, size_t count)
{
	char *place = (char *)keys;

	for (size_t i = 0; i < count; i++) {
		uint32_t address = (uint32_t)(keys[i] >> 8);

		memcpy(place + i * sizeof(address), &address, sizeof(address));
	}
	return shrunk(keys, count * sizeof(uint32_t));
}

static bool
take_ipv4(struct prefixes_builder *builder, struct prefixes *prefixes)
{
	size_t count = builder->ipv4_count;
	uint64_t *keys = builder->ipv4;

	if (count == 0)
		return true;
	if (!all_hosts_ipv4(keys, count)) {
		prefixes->ipv4_lengths = lengths_of(keys, count);
		if (prefixes->ipv4_lengths == NULL)
			return false;
	}
	builder->ipv4 = NULL;
	prefixes->ipv4 = addresses_of(keys, count);
	prefixes->ipv4_count = count;
	return true;
}

/* The builder's own arrays become those of the set. */
static void
take_ipv6(struct prefixes_builder *builder, struct prefixes *prefixes)
{
	size_t count = builder->ipv6_count;

	if (count == 0)
		return;
	prefixes->ipv6_count = count;
	prefixes->ipv6 = shrunk(builder->ipv6, count * sizeof(*prefixes->ipv6));
	builder->ipv6 = NULL;
	if (all_hosts_ipv6(builder->ipv6_lengths, count))
		return;
	prefixes->ipv6_lengths = shrunk(builder->ipv6_lengths, count);
	builder->ipv6_lengths = NULL;
}

static struct prefixes *
make(struct prefixes_builder *builder)
{
	struct prefixes *prefixes = calloc(1, sizeof(*prefixes));

	if (prefixes == NULL)
		return NULL;
	atomic_init(&prefixes->references, 1);
	if (!take_ipv4(builder, prefixes)) {
		prefixes_unref(prefixes);
		return NULL;
	}
	take_ipv6(builder, prefixes);
	return prefixes;
}

struct prefixes *
prefixes_finish(struct prefixes_builder *builder)
{
	struct prefixes *prefixes = NULL;

	if (!builder->starved) {
		sort_ipv4(builder->ipv4, builder->ipv4_count);
		drop_doubles_ipv4(builder);
		sort_ipv6(
		    builder->ipv6, builder->ipv6_lengths, builder->ipv6_count);
		drop_doubles_ipv6(builder);
		prefixes = make(builder);
	}
	prefixes_abandon(builder);
	return prefixes;
}

void
prefixes_abandon(struct prefixes_builder *builder)
{
	free(builder->ipv4);
	free(builder->ipv6);
	free(builder->ipv6_lengths);
	*builder = (struct prefixes_builder){.ipv4 = NULL};
}
