/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "agent/dynamic/texts.h"

/*
 * Slots are numbered from 1; those in use hang in the chain of their bucket,
 * the others in the free chain, both by next. A slot's bytes are a block of
 * their own, so that views outlive the growth of the slots.
 */
struct text {
	char *bytes;
	uint32_t length;
	uint32_t references;
	uint32_t hash;
	uint32_t next;
};

enum { FEWEST = 16 };

static uint64_t
turn(uint64_t value, unsigned by)
{
	return value << by | value >> (64 - by);
}

static void
mix(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = turn(v[1], 13) ^ v[0];
	v[0] = turn(v[0], 32);
	v[2] += v[3];
	v[3] = turn(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = turn(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = turn(v[1], 17) ^ v[2];
	v[2] = turn(v[2], 32);
}

/* SipHash with one round a word and three at the end. */
static uint32_t
hash_of(const uint64_t key[2], struct view text)
{
	uint64_t v[4] = {key[0] ^ UINT64_C(0x736f6d6570736575),
	    key[1] ^ UINT64_C(0x646f72616e646f6d),
	    key[0] ^ UINT64_C(0x6c7967656e657261),
	    key[1] ^ UINT64_C(0x7465646279746573)};
	uint64_t last = (uint64_t)text.length << 56;
	size_t at = 0;

	for (; at + 8 <= text.length; at += 8) {
		uint64_t word;

		memcpy(&word, text.data + at, sizeof(word));
		v[3] ^= word;
		mix(v);
		v[0] ^= word;
	}
	for (unsigned i = 0; at < text.length; i += 8)
		last |= (uint64_t)(unsigned char)text.data[at++] << i;
	v[3] ^= last;
	mix(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		mix(v);
	return (uint32_t)(v[0] ^ v[1] ^ v[2] ^ v[3]);
}

void
texts_fini(struct texts *texts)
{
	for (uint32_t i = 1; i < texts->count; i++)
		free(texts->slots[i].bytes);
	free(texts->slots);
	free(texts->buckets);
	*texts = (struct texts){.key = {texts->key[0], texts->key[1]}};
}

static uint32_t *
bucket_of(const struct texts *texts, uint32_t hash)
{
	return &texts->buckets[hash & (texts->bucket_count - 1)];
}

static uint32_t
find(const struct texts *texts, uint32_t hash, struct view text)
{
	uint32_t number = 0;

	if (texts->bucket_count > 0)
		number = *bucket_of(texts, hash);
	while (number != 0) {
		const struct text *slot = &texts->slots[number];

		if (slot->hash == hash &&
		    view_equal(texts_get(texts, number), text))
			break;
		number = slot->next;
	}
	return number;
}

/* Fewer buckets than texts make it slower, no more: then false is no matter. */
static bool
grow_buckets(struct texts *texts)
{
	uint32_t count = texts->bucket_count ? texts->bucket_count * 2 : FEWEST;
	uint32_t *buckets = calloc(count, sizeof(*buckets));

	if (!buckets)
		return false;
	free(texts->buckets);
	texts->buckets = buckets;
	texts->bucket_count = count;
	for (uint32_t i = 1; i < texts->count; i++) {
		struct text *slot = &texts->slots[i];
		uint32_t *bucket = bucket_of(texts, slot->hash);

		if (!slot->bytes)
			continue;
		slot->next = *bucket;
		*bucket = i;
	}
	return true;
}

static bool
grow_slots(struct texts *texts)
{
	uint32_t room = texts->room ? texts->room + texts->room / 2 : FEWEST;
	struct text *slots;

	if (room < texts->room)
		return false;
	slots = realloc(texts->slots, room * sizeof(*slots));
	if (!slots)
		return false;
	texts->slots = slots;
	texts->room = room;
	if (texts->count == 0)
		slots[texts->count++] = (struct text){.bytes = NULL};
	return true;
}

static bool
make_room(struct texts *texts)
{
	if (texts->used >= texts->bucket_count && !grow_buckets(texts) &&
	    texts->bucket_count == 0)
		return false;
	return texts->free != 0 || texts->count < texts->room ||
	       grow_slots(texts);
}

static uint32_t
place(struct texts *texts, uint32_t hash, char *bytes, size_t length)
{
	uint32_t *bucket = bucket_of(texts, hash);
	uint32_t number = texts->free;

	if (number != 0)
		texts->free = texts->slots[number].next;
	else
		number = texts->count++;
	texts->slots[number] =
	    (struct text){bytes, (uint32_t)length, 1, hash, *bucket};
	*bucket = number;
	texts->used++;
	texts->bytes += length;
	return number;
}

bool
texts_take(struct texts *texts, struct view text, uint32_t *number)
{
	uint32_t hash;
	char *bytes;

	*number = 0;
	if (text.length == 0)
		return true;
	hash = hash_of(texts->key, text);
	*number = find(texts, hash, text);
	if (*number != 0) {
		texts->slots[*number].references++;
		return true;
	}
	if (text.length > UINT32_MAX || !make_room(texts))
		return false;
	bytes = malloc(text.length);
	if (!bytes)
		return false;
	memcpy(bytes, text.data, text.length);
	*number = place(texts, hash, bytes, text.length);
	return true;
}

void
texts_release(struct texts *texts, uint32_t number)
{
	struct text *slot = &texts->slots[number];
	uint32_t *link;

	if (number == 0 || --slot->references > 0)
		return;
	link = bucket_of(texts, slot->hash);
	while (*link != number)
		link = &texts->slots[*link].next;
	*link = slot->next;
	free(slot->bytes);
	texts->bytes -= slot->length;
	texts->used--;
	*slot = (struct text){.next = texts->free};
	texts->free = number;
}

struct view
texts_get(const struct texts *texts, uint32_t number)
{
	if (number == 0)
		return (struct view){NULL, 0};
	return (struct view){
	    texts->slots[number].bytes, texts->slots[number].length};
}

size_t
texts_size(const struct texts *texts)
{
	return texts->room * sizeof(*texts->slots) +
	       texts->bucket_count * sizeof(*texts->buckets) + texts->bytes;
}
