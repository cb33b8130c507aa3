/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/hosts.h"

static struct slots *
slots_of(const struct hosts *hosts, enum hosts_kind kind)
{
	struct hosts *all = (struct hosts *)(uintptr_t)hosts;

	switch (kind) {
	case HOSTS_IPV4:
		return &all->ipv4;
	case HOSTS_IPV6:
		return &all->ipv6;
	case HOSTS_HALVES:
		break;
	}
	return &all->halves;
}

static struct slots_key
key_of(const struct slots *slots, enum hosts_kind kind, wide host)
{
	uint64_t hi = (uint64_t)(host >> 64), lo = (uint64_t)host;
	const struct mixer *mixer = &slots->mixer;

	switch (kind) {
	case HOSTS_IPV4:
		return (struct slots_key){
		    mix_narrow(mixer, (uint32_t)lo), 0, 0, lo};
	case HOSTS_IPV6:
		return (struct slots_key){
		    (uint32_t)(mix_double(mixer, hi, lo) >> 32), 2, hi, lo};
	case HOSTS_HALVES:
		break;
	}
	return (struct slots_key){
	    (uint32_t)(mix_wide(mixer, hi) >> 32), 1, hi, 0};
}

uint64_t
hosts_mask(const struct hosts *hosts, enum hosts_kind kind, wide host)
{
	const struct slots *slots = slots_of(hosts, kind);
	struct slots_key key;
	uint32_t value;

	if (!slots->values)
		return 0;
	key = key_of(slots, kind, host);
	slots_place(slots, &key, &value);
	return hosts->classes.masks[value];
}

/* ---- changing ---- */

static void
release(const struct retired *retired)
{
	slots_release(retired->owner, retired->word);
}

/* The key stays, with no members, until nobody can be reading its value. */
static enum table_change
host_remove(struct slots *slots, int64_t at, const struct slots_key *key,
    const struct hosts_change *change)
{
	struct retired retired = {.epoch = change->epoch,
	    .release = release,
	    .owner = slots,
	    .where = slots_where(slots, at),
	    .word = (uint32_t)at};

	if (!retire_reserve(change->queue, 1))
		return TABLE_REBUILD;
	if (change->trial)
		return TABLE_CHANGED;
	slots_put(slots, at, key, SLOT_GONE);
	retire_push(change->queue, retired);
	return TABLE_CHANGED;
}

enum table_change
hosts_assign(struct hosts *hosts, const struct hosts_change *change)
{
	struct slots *slots = slots_of(hosts, change->kind);
	struct slots_key key = key_of(slots, change->kind, change->host);
	bool starved = false;
	uint32_t value, class_;
	uint64_t before, after;
	int64_t at = slots_place(slots, &key, &value);

	if (at == SLOT_NONE)
		return change->on ? TABLE_REBUILD : TABLE_AS_BEFORE;
	before = hosts->classes.masks[value];
	after = change->on ? before | change->bit : before & ~change->bit;
	if (after == before)
		return TABLE_AS_BEFORE;
	if (after == 0)
		return host_remove(slots, at, &key, change);
	class_ = classes_find(&hosts->classes, after, &starved);
	if (class_ == CLASS_NONE)
		return TABLE_REBUILD;
	if (change->trial)
		return TABLE_CHANGED;
	if (value == SLOT_GONE)
		retire_cancel(change->queue, slots_where(slots, at));
	slots_put(slots, at, &key, class_);
	return TABLE_CHANGED;
}

/* ---- building ---- */

enum { AHEAD = 16 };

struct filling {
	struct hosts *hosts;
	const struct prefixes *set;
	uint64_t bit;
	uint64_t before; /* the mask of the last slot, and what became of it */
	uint32_t class_;
	enum built built;
};

static uint32_t
class_with(struct filling *filling, uint64_t before)
{
	bool starved = false;

	if (before != filling->before || filling->class_ == 0) {
		filling->before = before;
		filling->class_ = classes_find(
		    &filling->hosts->classes, before | filling->bit, &starved);
		if (filling->class_ == CLASS_NONE)
			filling->built =
			    starved ? BUILT_STARVED : BUILT_CLASSES;
	}
	return filling->class_;
}

static void
fill(struct filling *filling, enum hosts_kind kind, wide host)
{
	struct slots *slots = slots_of(filling->hosts, kind);
	struct slots_key key = key_of(slots, kind, host);
	uint32_t class_, value;
	int64_t at = slots_place(slots, &key, &value);

	if (at == SLOT_NONE) {
		filling->built = BUILT_CROWDED;
		return;
	}
	class_ = class_with(filling, filling->hosts->classes.masks[value]);
	if (class_ != CLASS_NONE)
		slots_put(slots, at, &key, class_);
}

static void
fetch(const struct hosts *hosts, enum hosts_kind kind, wide host)
{
	const struct slots *slots = slots_of(hosts, kind);

	if (slots->values) {
		struct slots_key key = key_of(slots, kind, host);

		slots_fetch(slots, &key);
	}
}

static void
fill_ipv4(struct filling *filling)
{
	const struct prefixes *set = filling->set;
	const uint8_t *lengths = set->ipv4_lengths;

	if (!filling->hosts->ipv4.values)
		return;
	for (size_t i = 0; i < set->ipv4_count && filling->built == BUILT;
	     i++) {
		if (i + AHEAD < set->ipv4_count)
			fetch(filling->hosts, HOSTS_IPV4, set->ipv4[i + AHEAD]);
		if (!lengths || lengths[i] == 32)
			fill(filling, HOSTS_IPV4, set->ipv4[i]);
	}
}

static bool
host_kind(const struct hosts *hosts, const struct prefixes *set, size_t i,
    enum hosts_kind *kind)
{
	unsigned length = set->ipv6_lengths ? set->ipv6_lengths[i] : 128;

	*kind = length == 128 ? HOSTS_IPV6 : HOSTS_HALVES;
	return (length == 128 && hosts->ipv6.values) ||
	       (length == 64 && hosts->halves.values);
}

static void
fill_ipv6(struct filling *filling)
{
	const struct prefixes *set = filling->set;
	enum hosts_kind kind;

	for (size_t i = 0; i < set->ipv6_count && filling->built == BUILT;
	     i++) {
		size_t ahead = i + AHEAD;

		if (ahead < set->ipv6_count &&
		    host_kind(filling->hosts, set, ahead, &kind))
			fetch(filling->hosts, kind,
			    wide_of(set->ipv6[ahead].hi, set->ipv6[ahead].lo));
		if (host_kind(filling->hosts, set, i, &kind))
			fill(filling, kind,
			    wide_of(set->ipv6[i].hi, set->ipv6[i].lo));
	}
}

static bool
slots_make(
    struct hosts *hosts, const struct hosts_counts *counts, struct mixer mixer)
{
	return (counts->ipv4 == 0 ||
		   slots_init(&hosts->ipv4, counts->ipv4, 0, mixer)) &&
	       (counts->halves == 0 ||
		   slots_init(&hosts->halves, counts->halves, 1, mixer)) &&
	       (counts->ipv6 == 0 ||
		   slots_init(&hosts->ipv6, counts->ipv6, 2, mixer));
}

enum built
hosts_build(struct hosts *hosts, const struct sources *sources,
    uint64_t members, const struct hosts_counts *counts, struct mixer mixer)
{
	struct filling filling = {.hosts = hosts};

	if (!classes_init(&hosts->classes, SLOT_VALUES) ||
	    !classes_seal(&hosts->classes) || !slots_make(hosts, counts, mixer))
		return BUILT_STARVED;
	/* There is room for as many from the start, and for these two. */
	hosts->classes.masks[SLOT_VACANT] = 0;
	hosts->classes.masks[SLOT_GONE] = 0;
	for (unsigned i = 0; i < sources->count; i++) {
		if (!(members >> sources->items[i].member & 1))
			continue;
		filling.set = sources->items[i].set;
		filling.bit = UINT64_C(1) << sources->items[i].member;
		filling.class_ = 0;
		fill_ipv4(&filling);
		fill_ipv6(&filling);
	}
	return filling.built;
}

void
hosts_fini(struct hosts *hosts)
{
	classes_fini(&hosts->classes);
	slots_fini(&hosts->ipv4);
	slots_fini(&hosts->ipv6);
	slots_fini(&hosts->halves);
}

size_t
hosts_size(const struct hosts *hosts)
{
	return hosts->classes.room * sizeof(uint64_t) +
	       slots_size(&hosts->ipv4, 0) + slots_size(&hosts->ipv6, 2) +
	       slots_size(&hosts->halves, 1);
}
