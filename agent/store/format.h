/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_STORE_FORMAT_H
#define AGENT_STORE_FORMAT_H

/*
 * What the files of the state directory look like, byte by byte. Pure.
 *
 * A file is a header and frames. Numbers are little-endian.
 *
 * header: magic "truesrc\n", version (4), kind (4), time (8), generation (8),
 *         name of the list (64, filled up with zeros), zero (8), sum (8)
 * frame:  length of the payload (4), sum (8), payload
 *
 * Every later version keeps magic, version, size and sum of the header. The
 * sum of a frame takes in the header's sum and the place in the file: a frame
 * of another file or another place is none.
 *
 * The payload's first byte is its kind, the rest are records of it:
 * IPV4 (4 + 1), IPV6 (16 + 1): address and length, of a content
 * ADD: of a dynamic list, see below; REMOVE: a prefix; CLEAR: nothing
 * END: the count of records (8); nothing follows. A journal has no end.
 */

#include "agent/dynamic/dynamic.h"

enum store_kind { STORE_CONTENT = 1, STORE_ENTRIES = 2, STORE_JOURNAL = 3 };

enum store_frame {
	FRAME_IPV4 = 1,
	FRAME_IPV6 = 2,
	FRAME_ADD = 3,
	FRAME_REMOVE = 4,
	FRAME_CLEAR = 5,
	FRAME_END = 6,
};

enum {
	STORE_VERSION = 1,
	STORE_NAME_SIZE = 64,
	HEADER_SIZE = 112,
	FRAME_HEAD = 12,
	FRAME_MAX = 64 * 1024, /* payload */
	PREFIX_RECORD_MAX = 2 + 16,
	/* family, length, address, three times, two lengths, two texts */
	ENTRY_RECORD_MAX = PREFIX_RECORD_MAX + 3 * 8 + 2 + DYNAMIC_WHO_MAX +
			   DYNAMIC_REASON_MAX,
	JOURNAL_PAYLOAD_MAX = 1 + ENTRY_RECORD_MAX,
};

struct store_header {
	uint32_t version;
	uint32_t kind;
	int64_t time; /* wall clock, milliseconds */
	uint64_t generation;
	char name[STORE_NAME_SIZE];
};

/* Gives the header's sum, which seeds those of the frames. */
uint64_t store_header_write(
    const struct store_header *header, uint8_t bytes[HEADER_SIZE]);

/* False: it is no header, or a damaged one. */
bool store_header_read(const uint8_t bytes[HEADER_SIZE],
    struct store_header *header, uint64_t *seal);

uint64_t store_frame_sum(
    uint64_t seal, uint64_t place, const uint8_t *payload, size_t length);

/* Writes the head before the payload. */
void store_frame_seal(
    uint64_t seal, uint64_t place, uint8_t *frame, size_t length);

/* ---- numbers ---- */

static inline void
store_put(uint8_t *bytes, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
}

static inline uint64_t
store_number(const uint8_t *bytes, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

/* ---- records ---- */

/* What is left of a payload. Once bad, nothing more comes out of it. */
struct store_cursor {
	const uint8_t *at;
	size_t left;
	bool bad;
};

uint64_t store_get(struct store_cursor *cursor, unsigned size);

/* Records of a content. */
size_t store_packed_write(const struct prefix *prefix, uint8_t *bytes);
bool store_packed_read(
    struct store_cursor *cursor, enum store_frame kind, struct prefix *prefix);

size_t store_prefix_write(
    const struct prefix *prefix, uint8_t bytes[PREFIX_RECORD_MAX]);
bool store_prefix_read(struct store_cursor *cursor, struct prefix *prefix);

/*
 * An entry, its end both ways: by the wall clock, and as what was left of its
 * time when this was written. The clock may be set; then the earlier one holds.
 */
size_t store_entry_write(const struct dynamic_entry *entry, int64_t now_wall,
    uint64_t now, uint8_t bytes[ENTRY_RECORD_MAX]);

/* An entry that has ended since has ends 0. Its texts are in the cursor's. */
bool store_entry_read(struct store_cursor *cursor, int64_t now_wall,
    uint64_t now, struct dynamic_entry *entry);

#endif
