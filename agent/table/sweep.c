/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/sweep.h"

static bool
skipped(const struct sweep *sweep, unsigned length)
{
	if (sweep->family == ADDRESS_IPV4)
		return sweep->skip.ipv4_hosts && length == 32;
	return (sweep->skip.ipv6_hosts && length == 128) ||
	       (sweep->skip.ipv6_halves && length == 64);
}

static struct span
span_ipv4(const struct prefixes *set, size_t i, unsigned length)
{
	uint32_t inside = (uint32_t)((UINT64_C(1) << (32 - length)) - 1);

	return (struct span){set->ipv4[i], set->ipv4[i] | inside};
}

static struct span
span_ipv6(const struct prefixes *set, size_t i, unsigned length)
{
	wide first = wide_of(set->ipv6[i].hi, set->ipv6[i].lo);
	wide inside = length == 0 ? ~(wide)0 : ((wide)1 << (128 - length)) - 1;

	return (struct span){first, first | inside};
}

/* The next widest prefix of a run; false when there is none. */
static bool
run_take(const struct sweep *sweep, struct run *run)
{
	const struct prefixes *set = run->set;
	bool ipv4 = sweep->family == ADDRESS_IPV4;
	const uint8_t *lengths = ipv4 ? set->ipv4_lengths : set->ipv6_lengths;
	size_t count = ipv4 ? set->ipv4_count : set->ipv6_count;
	bool first = run->at == 0;
	wide behind = run->span.last;

	if (!lengths && skipped(sweep, ipv4 ? 32 : 128))
		return false;
	while (run->at < count) {
		size_t i = run->at++;
		unsigned length = lengths ? lengths[i] : ipv4 ? 32 : 128;

		if (skipped(sweep, length))
			continue;
		run->span = ipv4 ? span_ipv4(set, i, length)
				 : span_ipv6(set, i, length);
		if (first || run->span.first > behind) {
			run->next = run->span.first;
			return true;
		}
	}
	return false;
}

static void
heap_sink(struct sweep *sweep, unsigned at)
{
	struct run *run = sweep->heap[at];

	for (;;) {
		unsigned child = 2 * at + 1;

		if (child >= sweep->count)
			break;
		if (child + 1 < sweep->count &&
		    sweep->heap[child + 1]->next < sweep->heap[child]->next)
			child++;
		if (run->next <= sweep->heap[child]->next)
			break;
		sweep->heap[at] = sweep->heap[child];
		at = child;
	}
	sweep->heap[at] = run;
}

void
sweep_begin(struct sweep *sweep, const struct sources *sources,
    uint64_t members, enum address_family family, struct sweep_skip skip)
{
	*sweep = (struct sweep){.family = family, .skip = skip};
	for (unsigned i = 0; i < sources->count; i++) {
		const struct source *source = &sources->items[i];
		struct run *run = &sweep->runs[sweep->count];

		if (!(members >> source->member & 1))
			continue;
		*run =
		    (struct run){.set = source->set, .member = source->member};
		if (run_take(sweep, run))
			sweep->heap[sweep->count++] = run;
	}
	for (unsigned i = sweep->count / 2; i-- > 0;)
		heap_sink(sweep, i);
}

/* Where the run at the top begins or ends; then it waits for its next. */
static void
top_step(struct sweep *sweep)
{
	struct run *run = sweep->heap[0];
	uint8_t *depth = &sweep->depth[run->member];
	uint64_t bit = UINT64_C(1) << run->member;
	bool more = true;

	if (run->open) {
		if (--*depth == 0)
			sweep->mask &= ~bit;
		run->open = false;
		more = run_take(sweep, run);
	} else {
		if ((*depth)++ == 0)
			sweep->mask |= bit;
		run->open = true;
		more = run->span.last != wide_end(sweep->family);
		run->next = run->span.last + 1;
	}
	if (!more)
		sweep->heap[0] = sweep->heap[--sweep->count];
	if (sweep->count > 0)
		heap_sink(sweep, 0);
}

bool
sweep_next(struct sweep *sweep, wide *at, uint64_t *mask)
{
	uint64_t before = sweep->mask;

	if (!sweep->begun) {
		sweep->begun = true;
		while (sweep->count > 0 && sweep->heap[0]->next == 0)
			top_step(sweep);
		*at = 0;
		*mask = sweep->mask;
		return true;
	}
	while (sweep->count > 0) {
		*at = sweep->heap[0]->next;
		while (sweep->count > 0 && sweep->heap[0]->next == *at)
			top_step(sweep);
		if (sweep->mask != before) {
			*mask = sweep->mask;
			return true;
		}
	}
	return false;
}
