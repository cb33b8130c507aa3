/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TABLE_MIXER_H
#define AGENT_TABLE_MIXER_H

#include <stddef.h>
#include <stdint.h>

/*
 * Bijections that the seed chooses: the keys of hashes go through them, so
 * that nobody without the seed knows which keys meet.
 */
struct mixer {
	uint64_t add;
	uint64_t first;  /* odd */
	uint64_t second; /* odd */
};

struct mixer mixer_of(const uint64_t seed[2], unsigned attempt);

static inline uint32_t
mix_narrow(const struct mixer *mixer, uint32_t key)
{
	key ^= (uint32_t)mixer->add;
	key *= (uint32_t)mixer->first;
	key ^= key >> 16;
	key *= (uint32_t)mixer->second;
	return key ^ key >> 15;
}

static inline uint64_t
mix_wide(const struct mixer *mixer, uint64_t key)
{
	key ^= mixer->add;
	key *= mixer->first;
	key ^= key >> 32;
	key *= mixer->second;
	return key ^ key >> 29;
}

/* With lo, one to one with hi and lo. */
static inline uint64_t
mix_double(const struct mixer *mixer, uint64_t hi, uint64_t lo)
{
	uint64_t low = lo * mixer->second;

	return mix_wide(mixer, hi ^ low ^ low >> 31);
}

/* A place among count, by 32 bits of what was mixed. */
static inline size_t
place_of(uint32_t high, uint32_t count)
{
	return (size_t)((uint64_t)high * count >> 32);
}

#endif
