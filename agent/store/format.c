/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/store/format.h"

static const char magic[8] = {'t', 'r', 'u', 'e', 's', 'r', 'c', '\n'};

enum {
	AT_VERSION = 8,
	AT_KIND = 12,
	AT_TIME = 16,
	AT_GENERATION = 24,
	AT_NAME = 32,
	AT_SUM = HEADER_SIZE - 8,
};

/* ---- sums ---- */

/*
 * A step can be undone, from either side: so whatever changes within one word
 * changes the sum for certain, and anything else but once in 2^64.
 */
static uint64_t
step(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * UINT64_C(0xd6e8feb86659fd93);
	return sum ^ sum >> 32;
}

static uint64_t
sum_of(uint64_t sum, const uint8_t *bytes, size_t length)
{
	sum = step(sum, length);
	for (; length >= 8; bytes += 8, length -= 8)
		sum = step(sum, store_number(bytes, 8));
	if (length > 0)
		sum = step(sum, store_number(bytes, (unsigned)length));
	return step(sum, 0);
}

uint64_t
store_frame_sum(
    uint64_t seal, uint64_t place, const uint8_t *payload, size_t length)
{
	return sum_of(step(seal, place), payload, length);
}

void
store_frame_seal(uint64_t seal, uint64_t place, uint8_t *frame, size_t length)
{
	store_put(frame, length, 4);
	store_put(frame + 4,
	    store_frame_sum(seal, place, frame + FRAME_HEAD, length), 8);
}

/* ---- header ---- */

uint64_t
store_header_write(
    const struct store_header *header, uint8_t bytes[HEADER_SIZE])
{
	uint64_t seal;

	memset(bytes, 0, HEADER_SIZE);
	memcpy(bytes, magic, sizeof(magic));
	store_put(bytes + AT_VERSION, header->version, 4);
	store_put(bytes + AT_KIND, header->kind, 4);
	store_put(bytes + AT_TIME, (uint64_t)header->time, 8);
	store_put(bytes + AT_GENERATION, header->generation, 8);
	memcpy(bytes + AT_NAME, header->name, STORE_NAME_SIZE);
	seal = sum_of(0, bytes, AT_SUM);
	store_put(bytes + AT_SUM, seal, 8);
	return seal;
}

bool
store_header_read(const uint8_t bytes[HEADER_SIZE], struct store_header *header,
    uint64_t *seal)
{
	*seal = store_number(bytes + AT_SUM, 8);
	if (memcmp(bytes, magic, sizeof(magic)) != 0 ||
	    *seal != sum_of(0, bytes, AT_SUM) ||
	    bytes[AT_NAME + STORE_NAME_SIZE - 1] != 0)
		return false;
	header->version = (uint32_t)store_number(bytes + AT_VERSION, 4);
	header->kind = (uint32_t)store_number(bytes + AT_KIND, 4);
	header->time = (int64_t)store_number(bytes + AT_TIME, 8);
	header->generation = store_number(bytes + AT_GENERATION, 8);
	memcpy(header->name, bytes + AT_NAME, STORE_NAME_SIZE);
	return true;
}

/* ---- records ---- */

static const uint8_t *
take(struct store_cursor *cursor, size_t size)
{
	const uint8_t *bytes = cursor->at;

	if (cursor->bad || cursor->left < size) {
		cursor->bad = true;
		return NULL;
	}
	cursor->at += size;
	cursor->left -= size;
	return bytes;
}

uint64_t
store_get(struct store_cursor *cursor, unsigned size)
{
	const uint8_t *bytes = take(cursor, size);

	return bytes ? store_number(bytes, size) : 0;
}

static size_t
write_address(const struct address *address, uint8_t *bytes)
{
	if (address->family == ADDRESS_IPV4) {
		address_to_ipv4(address, bytes);
		return 4;
	}
	address_to_ipv6(address, bytes);
	return 16;
}

static bool
read_address(
    struct store_cursor *cursor, uint64_t family, struct address *address)
{
	const uint8_t *bytes;

	if (family != ADDRESS_IPV4 && family != ADDRESS_IPV6)
		return false;
	bytes = take(cursor, family == ADDRESS_IPV4 ? 4 : 16);
	if (!bytes)
		return false;
	*address = family == ADDRESS_IPV4 ? address_from_ipv4(bytes)
					  : address_from_ipv6(bytes);
	return true;
}

/* Is it one? What is on disk need not be. */
static bool
valid(const struct prefix *prefix)
{
	struct address masked;

	if (prefix->length >
	    (prefix->address.family == ADDRESS_IPV4 ? 32 : 128))
		return false;
	masked = address_mask(prefix->address, prefix->length);
	return address_equal(&masked, &prefix->address);
}

size_t
store_packed_write(const struct prefix *prefix, uint8_t *bytes)
{
	size_t size = write_address(&prefix->address, bytes);

	bytes[size] = prefix->length;
	return size + 1;
}

bool
store_packed_read(
    struct store_cursor *cursor, enum store_frame kind, struct prefix *prefix)
{
	bool good = read_address(cursor,
	    kind == FRAME_IPV4 ? ADDRESS_IPV4 : ADDRESS_IPV6, &prefix->address);

	prefix->length = (uint8_t)store_get(cursor, 1);
	return good && !cursor->bad && valid(prefix);
}

size_t
store_prefix_write(
    const struct prefix *prefix, uint8_t bytes[PREFIX_RECORD_MAX])
{
	bytes[0] = (uint8_t)prefix->address.family;
	bytes[1] = prefix->length;
	return 2 + write_address(&prefix->address, bytes + 2);
}

bool
store_prefix_read(struct store_cursor *cursor, struct prefix *prefix)
{
	uint64_t family = store_get(cursor, 1);

	prefix->length = (uint8_t)store_get(cursor, 1);
	return read_address(cursor, family, &prefix->address) && valid(prefix);
}

/* ---- entries ---- */

static size_t
write_text(struct view text, size_t max, uint8_t *bytes)
{
	size_t length = text.length < max ? text.length : max;

	bytes[0] = (uint8_t)length;
	if (length > 0)
		memcpy(bytes + 1, text.data, length);
	return 1 + length;
}

static struct view
read_text(struct store_cursor *cursor, size_t max)
{
	size_t length = store_get(cursor, 1);
	const uint8_t *bytes = take(cursor, length);

	if (length > max)
		cursor->bad = true;
	if (!bytes || length == 0)
		return (struct view){NULL, 0};
	return (struct view){(const char *)bytes, length};
}

static int64_t
wall_after(int64_t now_wall, uint64_t left)
{
	int64_t until;

	if (left > INT64_MAX ||
	    __builtin_add_overflow(now_wall, (int64_t)left, &until))
		return INT64_MAX;
	return until;
}

size_t
store_entry_write(const struct dynamic_entry *entry, int64_t now_wall,
    uint64_t now, uint8_t bytes[ENTRY_RECORD_MAX])
{
	uint64_t left = DYNAMIC_FOREVER;
	size_t at = store_prefix_write(&entry->prefix, bytes);

	if (entry->ends != DYNAMIC_FOREVER)
		left = entry->ends > now ? entry->ends - now : 0;
	store_put(bytes + at, (uint64_t)entry->since, 8);
	store_put(bytes + at + 8, (uint64_t)wall_after(now_wall, left), 8);
	store_put(bytes + at + 16, left, 8);
	at += 24;
	at += write_text(entry->who, DYNAMIC_WHO_MAX, bytes + at);
	return at + write_text(entry->reason, DYNAMIC_REASON_MAX, bytes + at);
}

/* 0 when it has ended. */
static uint64_t
end_of(int64_t until, uint64_t left, int64_t now_wall, uint64_t now)
{
	uint64_t ahead;

	if (left == DYNAMIC_FOREVER)
		return DYNAMIC_FOREVER;
	if (until <= now_wall || left == 0)
		return 0;
	ahead = (uint64_t)until - (uint64_t)now_wall;
	if (ahead < left)
		left = ahead;
	return left < DYNAMIC_FOREVER - now ? now + left : DYNAMIC_FOREVER - 1;
}

bool
store_entry_read(struct store_cursor *cursor, int64_t now_wall, uint64_t now,
    struct dynamic_entry *entry)
{
	int64_t until;
	uint64_t left;

	if (!store_prefix_read(cursor, &entry->prefix))
		return false;
	entry->since = (int64_t)store_get(cursor, 8);
	until = (int64_t)store_get(cursor, 8);
	left = store_get(cursor, 8);
	entry->ends = end_of(until, left, now_wall, now);
	entry->who = read_text(cursor, DYNAMIC_WHO_MAX);
	entry->reason = read_text(cursor, DYNAMIC_REASON_MAX);
	return !cursor->bad;
}
