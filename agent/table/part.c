/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/part.h"

#include <stdlib.h>
#include <string.h>

#include "agent/table/region.h"

enum {
	/* Hosts are worth a hash from here on, if they are half of all. */
	HOSTS_MANY = 50000,
	/* Where they come and go, a hash is worth more. */
	HOSTS_SOME = 1024,
	/* From so many on, four times as many words are well spent. */
	NETS_18 = 300000,
	NETS_20 = 2000000,
};

struct census {
	size_t ipv4;
	size_t ipv4_hosts;
	size_t ipv6;
	size_t ipv6_hosts;
	size_t halves;
};

struct making {
	struct part *part;
	const struct sources *sources;
	struct mixer mixer;
	uint64_t members;
	bool changes;
	struct census census;
	struct hosts_counts counts;
	struct sweep_skip skip;
	struct sweep sweep;
	uint64_t mask; /* whose class was looked for last */
	uint32_t class_;
	uint64_t mask_before;
	uint32_t class_before;
};

static void
census_lengths(
    size_t counts[129], const uint8_t *lengths, size_t count, unsigned all)
{
	if (!lengths)
		counts[all] += count;
	for (size_t i = 0; lengths && i < count; i++)
		counts[lengths[i]]++;
}

static void
census_take(struct making *making)
{
	struct census *census = &making->census;
	size_t ipv4[129] = {0}, ipv6[129] = {0};

	for (unsigned i = 0; i < making->sources->count; i++) {
		const struct prefixes *set = making->sources->items[i].set;

		if (!(making->members >> making->sources->items[i].member & 1))
			continue;
		census_lengths(ipv4, set->ipv4_lengths, set->ipv4_count, 32);
		census_lengths(ipv6, set->ipv6_lengths, set->ipv6_count, 128);
		census->ipv4 += set->ipv4_count;
		census->ipv6 += set->ipv6_count;
	}
	census->ipv4_hosts = ipv4[32];
	census->ipv6_hosts = ipv6[128];
	census->halves = ipv6[64];
}

static bool
many(const struct making *making, size_t hosts, size_t of_all)
{
	if (making->changes && hosts >= HOSTS_SOME)
		return true;
	return hosts >= HOSTS_MANY && hosts >= of_all / 2;
}

/* Of IPv6, the two kinds count together, but few of one are no hash. */
static void
choose_hosts(struct making *making)
{
	const struct census *census = &making->census;
	struct hosts_counts *counts = &making->counts;
	size_t ipv6 = census->ipv6_hosts + census->halves;

	if (many(making, census->ipv4_hosts, census->ipv4))
		counts->ipv4 = census->ipv4_hosts;
	if (many(making, ipv6, census->ipv6)) {
		if (census->ipv6_hosts >= HOSTS_SOME)
			counts->ipv6 = census->ipv6_hosts;
		if (census->halves >= HOSTS_SOME)
			counts->halves = census->halves;
	}
	making->skip = (struct sweep_skip){.ipv4_hosts = counts->ipv4 > 0,
	    .ipv6_hosts = counts->ipv6 > 0,
	    .ipv6_halves = counts->halves > 0};
}

static void
begin(struct making *making, enum address_family family, bool all)
{
	struct sweep_skip none = {0};

	sweep_begin(&making->sweep, making->sources, making->members, family,
	    all ? none : making->skip);
}

/* Mostly a member comes and goes: the last two masks are remembered. */
static enum built
class_of(struct making *making, uint64_t mask, uint32_t *class_)
{
	bool starved = false;

	if (mask != making->mask) {
		uint32_t before = making->class_;

		making->class_ = making->class_before;
		if (mask != making->mask_before)
			making->class_ = classes_find(
			    &making->part->classes, mask, &starved);
		making->mask_before = making->mask;
		making->class_before = before;
		making->mask = mask;
	}
	*class_ = making->class_;
	if (making->class_ != CLASS_NONE)
		return BUILT;
	return starved ? BUILT_STARVED : BUILT_CLASSES;
}

/* ---- small families ---- */

/* *fits says whether the family is done. */
static enum built
try_small(
    struct making *making, enum address_family family, size_t count, bool *fits)
{
	struct part *part = making->part;
	struct small_steps *steps;
	void *small = NULL;

	*fits = count == 0 && !making->changes;
	if (*fits)
		return BUILT;
	steps = malloc(sizeof(*steps));
	if (!steps)
		return BUILT_STARVED;
	begin(making, family, true);
	*fits = small_gather(steps, &making->sweep,
	    making->changes ? SMALL_STEPS_ROOMY : SMALL_STEPS_MAX);
	if (*fits && family == ADDRESS_IPV4)
		atomic_init(&part->small4, small = small4_build(steps));
	else if (*fits)
		atomic_init(&part->small6, small = small6_build(steps));
	free(steps);
	return *fits && !small ? BUILT_STARVED : BUILT;
}

/* ---- IPv4 ---- */

static unsigned
shift_for(size_t nets)
{
	return nets >= NETS_20 ? 12 : nets >= NETS_18 ? 14 : 16;
}

static enum built
fill_nets4(struct making *making, size_t nets)
{
	struct dxr_builder builder;
	enum built built = BUILT;
	uint32_t class_;
	uint64_t mask;
	wide at;

	if (dxr_begin(&builder, &making->part->nets4, shift_for(nets),
		2 * nets + 1, making->changes ? SHARE_CHANGES : SHARE_OTHERS))
		begin(making, ADDRESS_IPV4, false);
	while (!builder.starved && built == BUILT &&
	       sweep_next(&making->sweep, &at, &mask)) {
		built = class_of(making, mask, &class_);
		dxr_add(&builder, (uint32_t)at, class_);
	}
	return dxr_end(&builder) ? built : BUILT_STARVED;
}

static enum built
make_ipv4(struct making *making)
{
	size_t nets = making->census.ipv4;
	bool fits = false;
	enum built built = try_small(making, ADDRESS_IPV4, nets, &fits);

	if (built != BUILT || fits) {
		making->counts.ipv4 = 0;
		return built;
	}
	nets -= making->counts.ipv4;
	if (nets == 0 && !making->changes)
		return BUILT;
	return fill_nets4(making, nets);
}

/* ---- IPv6 ---- */

static enum built
count_nets6(struct making *making, struct nets6_counts *counts)
{
	enum built built = BUILT;
	uint32_t class_;
	uint64_t mask;
	wide at, before = 0;

	*counts = (struct nets6_counts){0};
	begin(making, ADDRESS_IPV6, false);
	for (; built == BUILT && sweep_next(&making->sweep, &at, &mask);
	     before = at) {
		bool top = at << 32 == 0;

		built = class_of(making, mask, &class_);
		counts->steps++;
		counts->shorts += top;
		counts->tops +=
		    !top && (before << 32 == 0 || (before ^ at) >> 96 != 0);
	}
	return built;
}

static enum built
fill_nets6(struct making *making, const struct nets6_counts *counts)
{
	struct nets6_builder builder;
	enum built built = BUILT;
	uint32_t class_;
	uint64_t mask;
	wide at;

	if (nets6_begin(&builder, &making->part->nets6, counts, making->mixer,
		making->changes ? SHARE_CHANGES : SHARE_OTHERS))
		begin(making, ADDRESS_IPV6, false);
	while (!builder.starved && built == BUILT &&
	       sweep_next(&making->sweep, &at, &mask)) {
		built = class_of(making, mask, &class_);
		nets6_add(&builder, at, class_);
	}
	if (nets6_end(&builder))
		return built;
	return builder.starved ? BUILT_STARVED : BUILT_CROWDED;
}

static enum built
make_ipv6(struct making *making)
{
	struct nets6_counts counts;
	bool fits = false;
	enum built built =
	    try_small(making, ADDRESS_IPV6, making->census.ipv6, &fits);

	if (built != BUILT || fits) {
		making->counts.ipv6 = making->counts.halves = 0;
		return built;
	}
	built = count_nets6(making, &counts);
	if (built != BUILT || (counts.steps <= 1 && !making->changes))
		return built;
	return fill_nets6(making, &counts);
}

/* ---- the whole ---- */

static enum built
make(struct making *making, bool with_hosts)
{
	struct part *part = making->part;
	enum built built;

	if (!classes_init(&part->classes, CLASSES_MAX))
		return BUILT_STARVED;
	making->mask = making->mask_before = 0;
	making->class_ = making->class_before = 0;
	census_take(making);
	if (with_hosts)
		choose_hosts(making);
	built = make_ipv4(making);
	if (built == BUILT)
		built = make_ipv6(making);
	if (built == BUILT && !classes_seal(&part->classes))
		built = BUILT_STARVED;
	if (built == BUILT &&
	    making->counts.ipv4 + making->counts.ipv6 + making->counts.halves >
		0) {
		built = hosts_build(&part->hosts, making->sources,
		    making->members, &making->counts, making->mixer);
	}
	return built;
}

static enum built
try_build(struct making *making, bool with_hosts)
{
	struct part *part = making->part;
	enum built built;

	memset(part, 0, sizeof(*part));
	part->members = making->members;
	making->census = (struct census){0};
	making->counts = (struct hosts_counts){0};
	making->skip = (struct sweep_skip){0};
	built = make(making, with_hosts);
	part->masks = part->classes.masks;
	part->host_masks = part->hosts.classes.masks;
	if (built != BUILT)
		part_fini(part);
	return built;
}

enum built
part_build(struct part *part, const struct sources *sources, uint64_t members,
    uint64_t changes, const uint64_t seed[2], unsigned attempt)
{
	struct making *making = calloc(1, sizeof(*making));
	enum built built;

	memset(part, 0, sizeof(*part));
	if (!making)
		return BUILT_STARVED;
	making->part = part;
	making->sources = sources;
	making->mixer = mixer_of(seed, attempt);
	making->members = members;
	making->changes = (changes & members) != 0;
	built = try_build(making, true);
	/* Hosts of very many kinds are better off among the nets. */
	if (built == BUILT_CLASSES &&
	    making->counts.ipv4 + making->counts.ipv6 + making->counts.halves >
		0)
		built = try_build(making, false);
	free(making);
	return built;
}

void
part_fini(struct part *part)
{
	free(atomic_load_explicit(&part->small4, memory_order_relaxed));
	free(atomic_load_explicit(&part->small6, memory_order_relaxed));
	dxr_fini(&part->nets4);
	nets6_fini(&part->nets6);
	hosts_fini(&part->hosts);
	classes_fini(&part->classes);
	memset(part, 0, sizeof(*part));
}

size_t
part_size(const struct part *part)
{
	size_t size = sizeof(*part) + part->classes.room * sizeof(uint64_t);

	if (atomic_load_explicit(&part->small4, memory_order_relaxed))
		size += sizeof(struct small4);
	if (atomic_load_explicit(&part->small6, memory_order_relaxed))
		size += sizeof(struct small6);
	return size + dxr_size(&part->nets4) + nets6_size(&part->nets6) +
	       hosts_size(&part->hosts);
}
