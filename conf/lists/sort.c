/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/lists/sort.h"

/*
 * Radix sort in place, from the first byte on: the items of a run are dealt
 * into 256 buckets by one byte, then each bucket by the next. Short runs are
 * sorted by insertion. It goes as deep as a key has bytes, never deeper, and
 * what comes sorted is only looked at.
 */

enum { SHORT_RUN = 48, BUCKETS = 256, IPV4_BYTES = 5, IPV6_BYTES = 17 };

/* Where the buckets of a run begin and how far they are filled. */
struct buckets {
	size_t next[BUCKETS];
	size_t end[BUCKETS];
};

/* From counts to places; all in one bucket: there is nothing to deal. */
static bool
buckets_lay(struct buckets *buckets, size_t count)
{
	size_t place = 0;

	for (unsigned i = 0; i < BUCKETS; i++) {
		size_t size = buckets->end[i];

		if (size == count)
			return false;
		buckets->next[i] = place;
		place += size;
		buckets->end[i] = place;
	}
	return true;
}

/* ---- IPv4 ---- */

static void
insert_ipv4(uint64_t *keys, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		uint64_t key = keys[i];
		size_t at = i;

		for (; at > 0 && keys[at - 1] > key; at--)
			keys[at] = keys[at - 1];
		keys[at] = key;
	}
}

static bool
is_sorted_ipv4(const uint64_t *keys, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (keys[i - 1] > keys[i])
			return false;
	return true;
}

/*
 * Each turn sends what stands in a bucket to where it belongs and leaves there
 * what it finds. No step waits for the one before, as it would along a cycle.
 */
static void
deal_ipv4(uint64_t *keys, unsigned shift, struct buckets *buckets)
{
	size_t *next = buckets->next;
	bool done;

	do {
		done = true;
		for (unsigned i = 0; i < BUCKETS; i++) {
			size_t end = buckets->end[i];

			for (size_t at = next[i]; at < end; at++) {
				uint64_t key = keys[at];
				size_t to = next[(uint8_t)(key >> shift)]++;

				keys[at] = keys[to];
				keys[to] = key;
			}
			done &= next[i] == end;
		}
	} while (!done);
}

static void
sort_ipv4_from(uint64_t *keys, size_t count, unsigned byte)
{
	struct buckets buckets;
	unsigned shift;

	if (count <= SHORT_RUN) {
		insert_ipv4(keys, count);
		return;
	}
	for (;; byte++) {
		if (byte == IPV4_BYTES || is_sorted_ipv4(keys, count))
			return;
		shift = 8 * (IPV4_BYTES - 1 - byte);
		buckets = (struct buckets){.end = {0}};
		for (size_t i = 0; i < count; i++)
			buckets.end[(uint8_t)(keys[i] >> shift)]++;
		if (buckets_lay(&buckets, count))
			break;
	}
	deal_ipv4(keys, shift, &buckets);
	for (unsigned i = 0; i < BUCKETS; i++) {
		size_t begin = i == 0 ? 0 : buckets.end[i - 1];

		if (buckets.end[i] - begin > 1)
			sort_ipv4_from(
			    keys + begin, buckets.end[i] - begin, byte + 1);
	}
}

void
sort_ipv4(uint64_t *keys, size_t count)
{
	sort_ipv4_from(keys, count, 0);
}

/* ---- IPv6 ---- */

struct run {
	struct ipv6_bits *bits;
	uint8_t *lengths;
	size_t count;
};

struct item {
	struct ipv6_bits bits;
	uint8_t length;
};

static struct item
run_at(const struct run *run, size_t at)
{
	return (struct item){run->bits[at], run->lengths[at]};
}

static void
run_put(const struct run *run, size_t at, const struct item *item)
{
	run->bits[at] = item->bits;
	run->lengths[at] = item->length;
}

static bool
is_before(const struct item *a, const struct item *b)
{
	if (a->bits.hi != b->bits.hi)
		return a->bits.hi < b->bits.hi;
	if (a->bits.lo != b->bits.lo)
		return a->bits.lo < b->bits.lo;
	return a->length < b->length;
}

static uint8_t
item_byte(const struct item *item, unsigned byte)
{
	if (byte < 8)
		return (uint8_t)(item->bits.hi >> (56 - 8 * byte));
	if (byte < 16)
		return (uint8_t)(item->bits.lo >> (120 - 8 * byte));
	return item->length;
}

static void
insert_ipv6(const struct run *run)
{
	for (size_t i = 1; i < run->count; i++) {
		struct item item = run_at(run, i);
		size_t at = i;

		for (; at > 0; at--) {
			struct item before = run_at(run, at - 1);

			if (!is_before(&item, &before))
				break;
			run_put(run, at, &before);
		}
		run_put(run, at, &item);
	}
}

static bool
is_sorted_ipv6(const struct run *run)
{
	struct item before = run_at(run, 0);

	for (size_t i = 1; i < run->count; i++) {
		struct item item = run_at(run, i);

		if (is_before(&item, &before))
			return false;
		before = item;
	}
	return true;
}

static void
count_ipv6(const struct run *run, unsigned byte, struct buckets *buckets)
{
	*buckets = (struct buckets){.end = {0}};
	for (size_t i = 0; i < run->count; i++) {
		struct item item = run_at(run, i);

		buckets->end[item_byte(&item, byte)]++;
	}
}

/* As deal_ipv4(). */
static void
deal_ipv6(const struct run *run, unsigned byte, struct buckets *buckets)
{
	size_t *next = buckets->next;
	bool done;

	do {
		done = true;
		for (unsigned i = 0; i < BUCKETS; i++) {
			size_t end = buckets->end[i];

			for (size_t at = next[i]; at < end; at++) {
				struct item item = run_at(run, at);
				size_t to = next[item_byte(&item, byte)]++;
				struct item other = run_at(run, to);

				run_put(run, at, &other);
				run_put(run, to, &item);
			}
			done &= next[i] == end;
		}
	} while (!done);
}

static void
sort_ipv6_from(const struct run *run, unsigned byte)
{
	struct buckets buckets;

	if (run->count <= SHORT_RUN) {
		insert_ipv6(run);
		return;
	}
	for (;; byte++) {
		if (byte == IPV6_BYTES || is_sorted_ipv6(run))
			return;
		count_ipv6(run, byte, &buckets);
		if (buckets_lay(&buckets, run->count))
			break;
	}
	deal_ipv6(run, byte, &buckets);
	for (unsigned i = 0; i < BUCKETS; i++) {
		size_t begin = i == 0 ? 0 : buckets.end[i - 1];
		struct run part = {run->bits + begin, run->lengths + begin,
		    buckets.end[i] - begin};

		if (part.count > 1)
			sort_ipv6_from(&part, byte + 1);
	}
}

void
sort_ipv6(struct ipv6_bits *bits, uint8_t *lengths, size_t count)
{
	struct run run = {bits, lengths, count};

	if (count > 1)
		sort_ipv6_from(&run, 0);
}
