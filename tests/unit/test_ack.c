/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/spop/ack.h"

#include "tests/unit/spop_bytes.h"
#include "tests/unit/spop_samples.h"

static void
write_two_variables(struct spop_writer *writer)
{
	const struct address address = {
	    .lo = 0xcb007109, .family = ADDRESS_IPV4};
	uint8_t *begin = spop_frame_begin(writer, SPOP_ACK, 7, 1);

	spop_ack_set(writer, SPOP_SCOPE_TXN, VIEW("ip"));
	spop_write_address(writer, &address);
	spop_ack_set(writer, SPOP_SCOPE_TXN, VIEW("verdict"));
	spop_write_text(writer, VIEW("deny"));
	spop_frame_end(writer, begin);
}

static void
write_unset(struct spop_writer *writer)
{
	uint8_t *begin = spop_frame_begin(writer, SPOP_ACK, 7, 1);

	spop_ack_unset(writer, SPOP_SCOPE_TXN, VIEW("verdict"));
	spop_frame_end(writer, begin);
}

static void
write_scopes(struct spop_writer *writer)
{
	spop_ack_set(writer, SPOP_SCOPE_PROC, VIEW("a"));
	spop_write_null(writer);
	spop_ack_set(writer, SPOP_SCOPE_SESS, VIEW("a"));
	spop_write_boolean(writer, true);
	spop_ack_set(writer, SPOP_SCOPE_TXN, VIEW("a"));
	spop_write_int64(writer, -5);
	spop_ack_set(writer, SPOP_SCOPE_REQ, VIEW("a"));
	spop_write_text(writer, VIEW(""));
	spop_ack_set(writer, SPOP_SCOPE_RES, VIEW("a"));
	spop_write_boolean(writer, false);
}

static void
write_unset_scopes(struct spop_writer *writer)
{
	spop_ack_unset(writer, SPOP_SCOPE_PROC, VIEW("ok"));
	spop_ack_unset(writer, SPOP_SCOPE_SESS, VIEW("ok"));
	spop_ack_unset(writer, SPOP_SCOPE_TXN, VIEW("ok"));
	spop_ack_unset(writer, SPOP_SCOPE_REQ, VIEW("ok"));
	spop_ack_unset(writer, SPOP_SCOPE_RES, VIEW("ok"));
}

START_TEST(writes_actions)
{
	bytes_expect_written(write_two_variables, SAMPLE_ACK);
	bytes_expect_written(
	    write_unset, "00000012 67 00000001 07 01 02 02 02 07'verdict'");
	bytes_expect_written(write_scopes,
	    "010300 01'a' 00 010301 01'a' 11 "
	    "010302 01'a' 04 fbf0fefefefefefefe0e "
	    "010303 01'a' 08 00 010304 01'a' 01");
	bytes_expect_written(write_unset_scopes,
	    "020200 02'ok' 020201 02'ok' 020202 02'ok' 020203 02'ok' "
	    "020204 02'ok'");
}
END_TEST

/* From 240 bytes on a name's length takes two. */
START_TEST(writes_long_names)
{
	struct bytes name = bytes_new(240);
	struct bytes room = bytes_new(3 + 2 + 240);
	struct spop_writer writer;

	memset(name.data, 'n', name.size);
	spop_writer_init(&writer, room.data, room.size);
	spop_ack_set(&writer, SPOP_SCOPE_TXN, bytes_view(name));
	ck_assert(!writer.overflow);
	ck_assert_ptr_eq(writer.at, writer.end);
	ck_assert_mem_eq(room.data, "\x01\x03\x02\xf0\x00n", 6);
	ck_assert_mem_eq(room.data + 5, name.data, name.size);
	for (size_t size = 0; size < room.size; size++) {
		struct bytes less = bytes_new(size);

		spop_writer_init(&writer, less.data, less.size);
		spop_ack_unset(&writer, SPOP_SCOPE_TXN, bytes_view(name));
		EXPECT(writer.overflow, "%zu", size);
		bytes_free(&less);
	}
	bytes_free(&room);
	bytes_free(&name);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ack");
	TCase *tcase = tcase_create("ack");

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, writes_actions);
	tcase_add_test(tcase, writes_long_names);
	return bytes_run(suite);
}
