/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/spop/disconnect.h"

#include "tests/unit/spop_bytes.h"
#include "tests/unit/spop_samples.h"

#define STATUS "0b'status-code' "
#define MESSAGE "07'message' "

/* A frame of this payload, read by spop_disconnect_read(). */
static bool
read_payload(struct bytes payload, uint64_t *status, struct view *message)
{
	const struct spop_frame frame = {.type = SPOP_HAPROXY_DISCONNECT,
	    .flags = SPOP_FIN,
	    .payload = bytes_view(payload)};

	*status = 77;
	*message = VIEW("before");
	return spop_disconnect_read(&frame, status, message);
}

static const struct {
	const char *payload;
	uint64_t status;
	const char *message;
} good[] = {
    {STATUS "03 00 " MESSAGE "08 06'normal'", 0, "normal"},
    {STATUS "03 02 " MESSAGE "08 12'a timeout occurred'", 2,
	"a timeout occurred"},
    {MESSAGE "08 06'normal' " STATUS "03 00", 0, "normal"},
    {"", 99, ""},
    {MESSAGE "08 02'hi'", 99, "hi"},
    {STATUS "03 0d", 13, ""},
    {STATUS "02 07", 7, ""},
    {STATUS "04 07", 7, ""},
    {STATUS "05 07", 7, ""},
    {STATUS "03 fff0fefefefefefefe0e", UINT64_MAX, ""},
    {"06'reason' 08 01'x' " STATUS "03 01 01'y' 00", 1, ""},
    {"0a'status-cod' 08 01'x' 0c'status-codes' 11 " STATUS "03 01", 1, ""},
};

START_TEST(reads)
{
	for (size_t row = 0; row < COUNT(good); row++) {
		struct bytes payload = bytes_read(good[row].payload);
		struct view message;
		uint64_t status;

		EXPECT(read_payload(payload, &status, &message), "%s",
		    good[row].payload);
		EXPECT(status == good[row].status, "%s", good[row].payload);
		EXPECT(view_equal(message, view_of(good[row].message)), "%s",
		    good[row].payload);
		bytes_free(&payload);
	}
}
END_TEST

static const char *const bad[] = {
    STATUS,         /* no value */
    STATUS "0a 00", /* reserved type */
    STATUS "00",    /* known keys, wrong types */
    STATUS "11", STATUS "08 01'0'", STATUS "06 00000000", MESSAGE "00",
    MESSAGE "09 02'hi'", MESSAGE "03 00",
    STATUS "03 00 " STATUS "03 00", /* twice */
    MESSAGE "08 00 " MESSAGE "08 00",
    STATUS "03 00 " MESSAGE "08 06'norm'", /* overruns */
    STATUS "03 00 ff",                     /* something behind */
};

static void
expect_refused(struct bytes payload, const char *name)
{
	struct view message;
	uint64_t status;

	EXPECT(!read_payload(payload, &status, &message), "%s, %zu bytes", name,
	    payload.size);
	EXPECT(status == SPOP_UNKNOWN, "%s", name);
	EXPECT(message.length == 0, "%s", name);
}

START_TEST(refuses_broken_lists)
{
	for (size_t row = 0; row < COUNT(bad); row++) {
		struct bytes payload = bytes_read(bad[row]);

		expect_refused(payload, bad[row]);
		bytes_free(&payload);
	}
}
END_TEST

/* All but those that end between two items. */
START_TEST(refuses_truncated_lists)
{
	static const char list[] = STATUS "03 02 " MESSAGE "08 02'hi'";
	struct bytes whole = bytes_read(list);

	ck_assert_uint_eq(whole.size, 14 + 12);
	for (size_t size = 1; size < whole.size; size++) {
		struct bytes cut = bytes_copy(whole.data, size);

		if (size != 14)
			expect_refused(cut, list);
		bytes_free(&cut);
	}
	bytes_free(&whole);
}
END_TEST

START_TEST(refuses_headers)
{
	static const struct spop_frame frames[] = {
	    {.flags = SPOP_FIN, .stream_id = 1},
	    {.flags = SPOP_FIN, .frame_id = 1},
	    {.flags = 0},
	    {.flags = SPOP_ABORT},
	    {.flags = SPOP_FIN | SPOP_ABORT},
	};

	for (size_t row = 0; row < COUNT(frames); row++) {
		struct view message = VIEW("before");
		uint64_t status = 77;

		EXPECT(!spop_disconnect_read(&frames[row], &status, &message),
		    "row %zu", row);
		ck_assert_uint_eq(status, SPOP_UNKNOWN);
		ck_assert_uint_eq(message.length, 0);
	}
}
END_TEST

static void
write_normal(struct spop_writer *writer)
{
	spop_disconnect_write(writer, SPOP_NORMAL);
}

static void
write_bad_version(struct spop_writer *writer)
{
	spop_disconnect_write(writer, SPOP_BAD_VERSION);
}

static void
write_unknown(struct spop_writer *writer)
{
	spop_disconnect_write(writer, SPOP_UNKNOWN);
}

START_TEST(writes)
{
	bytes_expect_written(write_normal,
	    "00000025 66 00000001 00 00 0b'status-code' 03 00 "
	    "07'message' 08 06'normal'");
	bytes_expect_written(write_bad_version,
	    "00000032 66 00000001 00 00 0b'status-code' 03 08 "
	    "07'message' 08 13'unsupported version'");
	bytes_expect_written(write_unknown,
	    "00000038 66 00000001 00 00 0b'status-code' 03 63 "
	    "07'message' 08 19'an unknown error occurred'");
}
END_TEST

/* HAProxy up to 3.0 takes no message of more than 255 bytes. */
START_TEST(writes_what_can_be_read)
{
	for (unsigned code = 0; code <= 256; code++) {
		uint8_t bytes[SPOP_FRAME_SIZE_MIN];
		struct spop_writer writer;
		struct spop_frame frame;
		enum spop_status fault;
		struct view message;
		uint64_t status;

		spop_writer_init(&writer, bytes, sizeof(bytes));
		spop_disconnect_write(&writer, (enum spop_status)code);
		ck_assert(!writer.overflow);
		ck_assert_int_eq(
		    spop_frame_split((struct view){(const char *)bytes,
					 (size_t)(writer.at - bytes)},
			SPOP_FRAME_SIZE_MIN, &frame, NULL, &fault),
		    SPOP_SPLIT_FRAME);
		ck_assert(spop_disconnect_read(&frame, &status, &message));
		ck_assert_uint_eq(status, code);
		ck_assert(view_equal(message, view_of(spop_status_text(code))));
		ck_assert_uint_le(message.length, 255);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("disconnect");
	TCase *tcase = tcase_create("disconnect");

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, reads);
	tcase_add_test(tcase, refuses_broken_lists);
	tcase_add_test(tcase, refuses_truncated_lists);
	tcase_add_test(tcase, refuses_headers);
	tcase_add_test(tcase, writes);
	tcase_add_test(tcase, writes_what_can_be_read);
	return bytes_run(suite);
}
