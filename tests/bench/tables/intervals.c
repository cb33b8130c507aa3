/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/tables/intervals.h"

#include <string.h>

#include "tests/bench/tables/memory.h"

/* Prefixes nest or are apart: those open form a stack, widest first. */
struct open {
	uint128 last;
	uint8_t value; /* of all that are open up to here */
};

struct painter {
	struct intervals *intervals;
	bool wide; /* IPv6 */
	unsigned depth;
	struct open stack[129];
};

static uint128
start_of(const struct painter *painter, size_t at)
{
	const struct intervals *intervals = painter->intervals;

	if (!painter->wide)
		return intervals->ipv4[at];
	return (uint128)intervals->ipv6[at].hi << 64 | intervals->ipv6[at].lo;
}

static void
paint(struct painter *painter, uint128 start, uint8_t value)
{
	struct intervals *intervals = painter->intervals;
	size_t at = intervals->count;

	if (at > 0 && start_of(painter, at - 1) == start)
		at--;
	if (at > 0 && intervals->values[at - 1] == value) {
		intervals->count = at;
		return;
	}
	if (painter->wide) {
		intervals->ipv6[at].hi = (uint64_t)(start >> 64);
		intervals->ipv6[at].lo = (uint64_t)start;
	} else {
		intervals->ipv4[at] = (uint32_t)start;
	}
	intervals->values[at] = value;
	intervals->count = at + 1;
}

static uint8_t
value_at(const struct painter *painter)
{
	return painter->depth == 0 ? 0
				   : painter->stack[painter->depth - 1].value;
}

static void
close_before(struct painter *painter, uint128 first)
{
	uint128 last;

	while (painter->depth > 0) {
		last = painter->stack[painter->depth - 1].last;
		if (last >= first)
			return;
		painter->depth--;
		paint(painter, last + 1, value_at(painter));
	}
}

static void
close_all(struct painter *painter, uint128 end)
{
	close_before(painter, end);
	painter->depth = 0;
}

static void
open_prefix(struct painter *painter, uint128 first, uint128 last, uint8_t value)
{
	struct open *top;

	close_before(painter, first);
	value |= value_at(painter);
	top = &painter->stack[painter->depth++];
	top->last = last;
	top->value = value;
	paint(painter, first, value);
}

static void
make_room(struct intervals *intervals, bool wide, size_t room)
{
	intervals->count = 0;
	intervals->room = room;
	intervals->ipv4 = NULL;
	intervals->ipv6 = NULL;
	if (wide)
		intervals->ipv6 = memory_new(room, sizeof(*intervals->ipv6));
	else
		intervals->ipv4 = memory_new(room, sizeof(*intervals->ipv4));
	intervals->values = memory_new(room, sizeof(*intervals->values));
}

void
intervals_make(
    struct intervals *intervals, const struct set *set, unsigned longest)
{
	struct painter painter = {.intervals = intervals};
	uint128 first;

	painter.wide = set->family == ADDRESS_IPV6;
	make_room(intervals, painter.wide, 2 * set->count + 2);
	paint(&painter, 0, 0);
	for (size_t i = 0; i < set->count; i++) {
		if (set->lengths[i] > longest)
			continue;
		first = set_first(set, i);
		open_prefix(&painter, first,
		    first | set_host_bits(set, set->lengths[i]),
		    (uint8_t)set->masks[i]);
	}
	close_all(&painter, set_host_bits(set, 0));
	if (intervals->count == 0)
		paint(&painter, 0, 0);
}

void
intervals_free(struct intervals *intervals)
{
	memory_free(intervals->ipv4, intervals->room, sizeof(*intervals->ipv4));
	memory_free(intervals->ipv6, intervals->room, sizeof(*intervals->ipv6));
	memory_free(
	    intervals->values, intervals->room, sizeof(*intervals->values));
}

bool
intervals_fit(const struct set *set)
{
	return set->members <= 3;
}
