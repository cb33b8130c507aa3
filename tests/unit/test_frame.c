/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/spop/frame.h"

#include <limits.h>

#include "tests/unit/spop_bytes.h"
#include "tests/unit/spop_digest.h"
#include "tests/unit/spop_samples.h"

enum { FRAME_SIZE = 16380 };

START_TEST(status_texts)
{
	static const char *const texts[] = {"normal", "I/O error",
	    "a timeout occurred", "frame is too big", "invalid frame received",
	    "version value not found", "max-frame-size value not found",
	    "capabilities value not found", "unsupported version",
	    "max-frame-size too big or too small",
	    "fragmentation not supported", "invalid interlaced frames",
	    "frame-id not found", "resource allocation error"};
	static const unsigned others[] = {14, 15, 98, 99, 100, 255, 256,
	    INT_MAX, (unsigned)INT_MAX + 1, UINT_MAX - 1, UINT_MAX};

	for (unsigned status = 0; status < COUNT(texts); status++)
		ck_assert_str_eq(spop_status_text(status), texts[status]);
	for (size_t i = 0; i < COUNT(others); i++)
		ck_assert_str_eq(
		    spop_status_text(others[i]), "an unknown error occurred");
}
END_TEST

static const struct {
	const char *bytes;
	uint8_t type;
	uint32_t flags;
	uint64_t stream_id;
	uint64_t frame_id;
	const char *payload;
} frames[] = {
    {SAMPLE_HELLO, SPOP_HAPROXY_HELLO, SPOP_FIN, 0, 0, HELLO_PAYLOAD},
    {SAMPLE_NO_MESSAGE, SPOP_NOTIFY, SPOP_FIN, 7, 1, ""},
    {SAMPLE_FRAGMENT, SPOP_NOTIFY, 0, 300, 1, "03'chk'"},
    {SAMPLE_UNSET, SPOP_UNSET, SPOP_FIN, 300, 1, "01 01'a' 11"},
    {SAMPLE_ABORT, SPOP_UNSET, SPOP_FIN | SPOP_ABORT, 7, 1, ""},
    {SAMPLE_UNKNOWN, 150, SPOP_FIN, 7, 1, "2a"},
    {"00000007 ff ffffffff ef ef", 255, UINT32_MAX, 239, 239, ""},
    {"00000009 67 00000001 f000 f001", SPOP_ACK, SPOP_FIN, 240, 256, ""},
    /* the longest header */
    {"00000019 03 00000001 fff0fefefefefefefe0e fff0fefefefefefefe06", 3, 1,
	UINT64_MAX, INT64_MAX, ""},
};

static void
expect_frame(size_t row, struct view input)
{
	struct bytes payload = bytes_read(frames[row].payload);
	struct spop_frame frame;
	enum spop_status status = SPOP_NORMAL;

	EXPECT(spop_frame_split(input, FRAME_SIZE, &frame, NULL, &status) ==
		   SPOP_SPLIT_FRAME,
	    "%s", frames[row].bytes);
	ck_assert_int_eq(status, SPOP_NORMAL);
	ck_assert_uint_eq(frame.type, frames[row].type);
	ck_assert_uint_eq(frame.flags, frames[row].flags);
	ck_assert_uint_eq(frame.stream_id, frames[row].stream_id);
	ck_assert_uint_eq(frame.frame_id, frames[row].frame_id);
	EXPECT(view_equal(frame.payload, bytes_view(payload)), "%s",
	    frames[row].bytes);
	bytes_free(&payload);
}

START_TEST(splits_frames)
{
	for (size_t row = 0; row < COUNT(frames); row++) {
		struct bytes bytes = bytes_read(frames[row].bytes);

		expect_frame(row, bytes_view(bytes));
		bytes_free(&bytes);
	}
}
END_TEST

/* What follows a frame is the next one's. */
START_TEST(splits_one_at_a_time)
{
	struct bytes bytes = bytes_read(
	    SAMPLE_NOTIFY " " SAMPLE_ABORT " " SAMPLE_NORMAL " 0000");
	static const uint8_t types[] = {
	    SPOP_NOTIFY, SPOP_UNSET, SPOP_HAPROXY_DISCONNECT};
	static const size_t sizes[] = {42, 11, 41};
	struct view input = bytes_view(bytes);
	struct spop_frame frame;
	enum spop_status status;
	size_t needed;

	for (size_t i = 0; i < COUNT(types); i++) {
		ck_assert_int_eq(
		    spop_frame_split(input, FRAME_SIZE, &frame, NULL, &status),
		    SPOP_SPLIT_FRAME);
		ck_assert_uint_eq(frame.type, types[i]);
		ck_assert_uint_eq(frame.size, sizes[i]);
		input.data += frame.size;
		input.length -= frame.size;
	}
	ck_assert_int_eq(
	    spop_frame_split(input, FRAME_SIZE, &frame, &needed, &status),
	    SPOP_SPLIT_MORE);
	ck_assert_uint_eq(needed, 4);
	bytes_free(&bytes);
}
END_TEST

static void
expect_prefixes_want_more(const char *sample)
{
	struct bytes whole = bytes_read(sample);
	struct spop_frame frame;
	enum spop_status status;

	for (size_t size = 0; size < whole.size; size++) {
		struct bytes cut = bytes_copy(whole.data, size);
		size_t needed = 0;

		EXPECT(spop_frame_split(bytes_view(cut), FRAME_SIZE, &frame,
			   &needed, &status) == SPOP_SPLIT_MORE,
		    "%s cut at %zu", sample, size);
		EXPECT(needed == (size < 4 ? 4 : whole.size), "%s cut at %zu",
		    sample, size);
		EXPECT(spop_frame_split(bytes_view(cut), FRAME_SIZE, &frame,
			   NULL, &status) == SPOP_SPLIT_MORE,
		    "%s cut at %zu", sample, size);
		bytes_free(&cut);
	}
	bytes_free(&whole);
}

START_TEST(every_prefix_wants_more)
{
	struct spop_frame frame;
	enum spop_status status;
	size_t needed = 0;

	for (size_t i = 0; i < COUNT(samples); i++)
		expect_prefixes_want_more(samples[i]);
	ck_assert_int_eq(spop_frame_split((struct view){NULL, 0}, FRAME_SIZE,
			     &frame, &needed, &status),
	    SPOP_SPLIT_MORE);
	ck_assert_uint_eq(needed, 4);
}
END_TEST

static struct bytes
length_alone(uint32_t length)
{
	struct bytes bytes = bytes_new(4);
	struct spop_writer writer;

	spop_writer_init(&writer, bytes.data, bytes.size);
	spop_write_u32(&writer, length);
	return bytes;
}

/* The length alone tells what is wrong, before anything else is there. */
static void
expect_length(uint32_t length, size_t frame_size, enum spop_split split,
    enum spop_status expected)
{
	struct bytes bytes = length_alone(length);
	enum spop_status status = SPOP_NORMAL;
	struct spop_frame frame;
	size_t needed = 0;

	EXPECT(spop_frame_split(bytes_view(bytes), frame_size, &frame, &needed,
		   &status) == split,
	    "length %u, at most %zu", length, frame_size);
	EXPECT(status == expected, "length %u", length);
	EXPECT(split != SPOP_SPLIT_MORE || needed == (size_t)length + 4,
	    "length %u", length);
	bytes_free(&bytes);
}

START_TEST(every_length)
{
	static const uint32_t around[] = {UINT32_C(1) << 31, UINT32_MAX - 8};

	for (uint32_t length = 0; length < 7; length++)
		expect_length(length, 65535, SPOP_SPLIT_ERROR, SPOP_INVALID);
	for (uint32_t length = 7; length <= 65535; length++)
		expect_length(length, 65535, SPOP_SPLIT_MORE, SPOP_NORMAL);
	for (uint32_t length = 257; length <= 65535; length++)
		expect_length(length, 256, SPOP_SPLIT_ERROR, SPOP_TOO_BIG);
	for (size_t i = 0; i < COUNT(around); i++)
		for (uint32_t off = 0; off <= 16; off++)
			expect_length(around[i] - 8 + off, 65535,
			    SPOP_SPLIT_ERROR, SPOP_TOO_BIG);
	expect_length(256, 256, SPOP_SPLIT_MORE, SPOP_NORMAL);
	expect_length(16380, 16380, SPOP_SPLIT_MORE, SPOP_NORMAL);
	expect_length(16381, 16380, SPOP_SPLIT_ERROR, SPOP_TOO_BIG);
	expect_length(UINT32_MAX, UINT32_MAX, SPOP_SPLIT_MORE, SPOP_NORMAL);
}
END_TEST

static const char *const bad_ids[] = {
    "00000007 03 00000001 f0 00",                     /* frame-id cut off */
    "00000007 03 00000001 00 f0",                     /* frame-id overruns */
    "00000007 03 00000001 f0 f0",                     /* both do */
    "00000008 03 00000001 ff 80 80",                  /* stream-id overruns */
    "00000009 03 00000001 00 f0 80 80",               /* frame-id overruns */
    "00000011 03 00000001 f080808080808080808000 01", /* eleven bytes */
    "00000010 03 00000001 f0f1fefefefefefefe0e 01",   /* 2^64 */
};

START_TEST(ids_beyond_the_frame_are_invalid)
{
	for (size_t i = 0; i < COUNT(bad_ids); i++) {
		/* The next frame's bytes must not serve. */
		char notation[128];
		struct bytes bytes;
		enum spop_status status = SPOP_NORMAL;
		struct spop_frame frame;

		snprintf(notation, sizeof(notation), "%s 0101", bad_ids[i]);
		bytes = bytes_read(notation);
		EXPECT(spop_frame_split(bytes_view(bytes), FRAME_SIZE, &frame,
			   NULL, &status) == SPOP_SPLIT_ERROR,
		    "%s", bad_ids[i]);
		EXPECT(status == SPOP_INVALID, "%s", bad_ids[i]);
		bytes_free(&bytes);
	}
}
END_TEST

/* ---- whatever comes ---- */

START_TEST(every_prefix_ends_cleanly)
{
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct bytes whole = bytes_read(samples[i]);

		for (size_t size = 0; size <= whole.size; size++) {
			struct bytes cut = bytes_copy(whole.data, size);

			digest_frame(bytes_view(cut), FRAME_SIZE);
			bytes_free(&cut);
		}
		bytes_free(&whole);
	}
}
END_TEST

/* Payloads that end anywhere, in frames whose length says so. */
START_TEST(every_shorter_frame_ends_cleanly)
{
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct bytes whole = bytes_read(samples[i]);

		for (size_t size = 4; size <= whole.size; size++) {
			struct bytes cut = bytes_copy(whole.data, size);
			struct bytes length = length_alone((uint32_t)size - 4);

			memcpy(cut.data, length.data, length.size);
			digest_frame(bytes_view(cut), FRAME_SIZE);
			bytes_free(&length);
			bytes_free(&cut);
		}
		bytes_free(&whole);
	}
}
END_TEST

START_TEST(every_mutation_ends_cleanly)
{
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct bytes bytes = bytes_read(samples[i]);

		for (size_t at = 0; at < bytes.size; at++) {
			uint8_t saved = bytes.data[at];

			for (unsigned byte = 0; byte <= 0xff; byte++) {
				bytes.data[at] = (uint8_t)byte;
				digest_frame(bytes_view(bytes), FRAME_SIZE);
			}
			bytes.data[at] = saved;
		}
		bytes_free(&bytes);
	}
}
END_TEST

/* ---- writing ---- */

static void
write_empty_ack(struct spop_writer *writer)
{
	uint8_t *begin = spop_frame_begin(writer, SPOP_ACK, 7, 1);

	spop_frame_end(writer, begin);
}

static void
write_long_ids(struct spop_writer *writer)
{
	uint8_t *begin =
	    spop_frame_begin(writer, SPOP_NOTIFY, UINT64_MAX, INT64_MAX);

	spop_frame_end(writer, begin);
}

static void
write_two_frames(struct spop_writer *writer)
{
	uint8_t *begin = spop_frame_begin(writer, SPOP_ACK, 300, 1);

	spop_write_text(writer, VIEW("deny"));
	spop_frame_end(writer, begin);
	begin = spop_frame_begin(writer, SPOP_AGENT_DISCONNECT, 0, 0);
	spop_write_null(writer);
	spop_frame_end(writer, begin);
}

START_TEST(writes_frames)
{
	bytes_expect_written(write_empty_ack, "00000007 67 00000001 07 01");
	bytes_expect_written(write_long_ids,
	    "00000019 03 00000001 fff0fefefefefefefe0e fff0fefefefefefefe06");
	bytes_expect_written(write_two_frames,
	    "0000000e 67 00000001 fc03 01 08 04'deny' "
	    "00000008 66 00000001 00 00 00");
}
END_TEST

/* The length is four bytes, not the lower two. */
START_TEST(writes_long_frame)
{
	struct bytes room = bytes_new(0x12345 + 4);
	struct spop_writer writer;
	uint8_t *begin;

	spop_writer_init(&writer, room.data, room.size);
	begin = spop_frame_begin(&writer, SPOP_ACK, 1, 1);
	while (writer.at < writer.end)
		spop_write_null(&writer);
	spop_frame_end(&writer, begin);
	ck_assert(!writer.overflow);
	ck_assert_mem_eq(room.data, "\x00\x01\x23\x45\x67", 5);
	bytes_free(&room);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("frame");
	TCase *split = tcase_create("split");
	TCase *hostile = tcase_create("hostile");
	TCase *write = tcase_create("write");

	suite_add_tcase(suite, split);
	tcase_add_test(split, status_texts);
	tcase_add_test(split, splits_frames);
	tcase_add_test(split, splits_one_at_a_time);
	tcase_add_test(split, every_prefix_wants_more);
	tcase_add_test(split, every_length);
	tcase_add_test(split, ids_beyond_the_frame_are_invalid);

	suite_add_tcase(suite, hostile);
	tcase_set_timeout(hostile, 60);
	tcase_add_test(hostile, every_prefix_ends_cleanly);
	tcase_add_test(hostile, every_shorter_frame_ends_cleanly);
	tcase_add_test(hostile, every_mutation_ends_cleanly);

	suite_add_tcase(suite, write);
	tcase_add_test(write, writes_frames);
	tcase_add_test(write, writes_long_frame);
	return bytes_run(suite);
}
