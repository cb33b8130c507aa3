/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/spop/wire.h"

#include "tests/unit/spop_bytes.h"
#include "tests/unit/spop_samples.h"

static uint64_t varint_number;

static void
write_varint(struct spop_writer *writer)
{
	spop_write_varint(writer, varint_number);
}

START_TEST(varint_writes)
{
	for (size_t row = 0; row < COUNT(varints); row++) {
		varint_number = varints[row].number;
		bytes_expect_written(write_varint, varints[row].bytes);
	}
}
END_TEST

static void
expect_varint_round_trip(uint64_t number)
{
	uint8_t bytes[SPOP_VARINT_MAX];
	struct spop_writer writer;
	struct spop_reader reader;

	spop_writer_init(&writer, bytes, sizeof(bytes));
	spop_write_varint(&writer, number);
	EXPECT(!writer.overflow, "%ju", (uintmax_t)number);
	spop_reader_init(&reader,
	    (struct view){(const char *)bytes, (size_t)(writer.at - bytes)});
	EXPECT(spop_read_varint(&reader) == number, "%ju", (uintmax_t)number);
	EXPECT(!reader.failed && spop_reader_done(&reader), "%ju",
	    (uintmax_t)number);
}

START_TEST(varint_round_trip)
{
	uint64_t random = 88172645463325252;

	for (uint64_t number = 0; number < 300000; number++)
		expect_varint_round_trip(number);
	for (unsigned bit = 0; bit < 64; bit++)
		for (uint64_t off = 0; off < 512; off++)
			expect_varint_round_trip(
			    (UINT64_C(1) << bit) - 256 + off);
	for (unsigned i = 0; i < 300000; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		expect_varint_round_trip(random >> (i % 64));
	}
}
END_TEST

static void
write_byte(struct spop_writer *writer)
{
	spop_write_byte(writer, 0xfe);
}

static void
write_u32(struct spop_writer *writer)
{
	spop_write_u32(writer, 0x80010203);
}

static void
write_string(struct spop_writer *writer)
{
	spop_write_string(writer, VIEW("chk"));
}

static void
write_no_string(struct spop_writer *writer)
{
	spop_write_string(writer, (struct view){NULL, 0});
}

static void
write_null(struct spop_writer *writer)
{
	spop_write_null(writer);
}

static void
write_booleans(struct spop_writer *writer)
{
	spop_write_boolean(writer, true);
	spop_write_boolean(writer, false);
}

static void
write_uint32s(struct spop_writer *writer)
{
	spop_write_uint32(writer, 0);
	spop_write_uint32(writer, 16380);
	spop_write_uint32(writer, UINT32_MAX);
}

static void
write_int64s(struct spop_writer *writer)
{
	spop_write_int64(writer, 300);
	spop_write_int64(writer, -5);
	spop_write_int64(writer, INT64_MAX);
	spop_write_int64(writer, -1);
}

static void
write_ipv4(struct spop_writer *writer)
{
	const struct address address = {
	    .lo = 0xcb007109, .family = ADDRESS_IPV4};

	spop_write_address(writer, &address);
}

static void
write_ipv6(struct spop_writer *writer)
{
	const struct address address = {.hi = 0x20010db800000001,
	    .lo = 0x00000000c0000201,
	    .family = ADDRESS_IPV6};

	spop_write_address(writer, &address);
}

static void
write_no_address(struct spop_writer *writer)
{
	const struct address address = {.family = ADDRESS_NONE};

	spop_write_address(writer, &address);
}

static void
write_texts(struct spop_writer *writer)
{
	spop_write_text(writer, VIEW("deny"));
	spop_write_text(writer, (struct view){NULL, 0});
}

static const struct {
	write_f *write;
	const char *bytes;
} writes[] = {
    {write_byte, "fe"},
    {write_u32, "80010203"},
    {write_string, "03'chk'"},
    {write_no_string, "00"},
    {write_null, "00"},
    {write_booleans, "11 01"},
    {write_uint32s, "03 00 03 fcf006 03 fff0fefe7e"},
    {write_int64s, "04 fc03 04 fbf0fefefefefefefe0e 04 fff0fefefefefefefe06 "
		   "04 fff0fefefefefefefe0e"},
    {write_ipv4, "06 cb007109"},
    {write_ipv6, "07 20010db800000001 00000000c0000201"},
    {write_no_address, "00"},
    {write_texts, "08 04'deny' 08 00"},
};

START_TEST(writes_bytes)
{
	for (size_t row = 0; row < COUNT(writes); row++)
		bytes_expect_written(writes[row].write, writes[row].bytes);
}
END_TEST

typedef void write_text_f(struct spop_writer *writer, struct view text);

static void
expect_text_written(
    write_text_f *write, struct view head, struct bytes text, size_t room)
{
	size_t whole = head.length + text.size;
	struct bytes bytes = bytes_new(room);
	struct spop_writer writer;

	spop_writer_init(&writer, bytes.data, room);
	write(&writer, bytes_view(text));
	EXPECT(writer.overflow == (room < whole), "%zu in %zu", whole, room);
	if (!writer.overflow) {
		ck_assert_ptr_eq(writer.at, bytes.data + whole);
		ck_assert_mem_eq(bytes.data, head.data, head.length);
		ck_assert_mem_eq(
		    bytes.data + head.length, text.data, text.size);
	}
	bytes_free(&bytes);
}

/* The length takes another byte at 240 and at 2288. */
START_TEST(writes_long_text)
{
	static const struct {
		size_t size;
		const char *head;
	} rows[] = {{239, "08 ef"}, {240, "08 f000"}, {255, "08 ff00"},
	    {2287, "08 ff7f"}, {2288, "08 f08000"}, {16348, "08 fcee06"}};

	for (size_t row = 0; row < COUNT(rows); row++) {
		struct bytes head = bytes_read(rows[row].head);
		struct view typed = bytes_view(head);
		struct view raw = {typed.data + 1, typed.length - 1};
		struct bytes text = bytes_new(rows[row].size);

		memset(text.data, 'x', text.size);
		for (size_t room = text.size; room <= text.size + 4; room++) {
			expect_text_written(spop_write_text, typed, text, room);
			expect_text_written(spop_write_string, raw, text, room);
		}
		bytes_free(&head);
		bytes_free(&text);
	}
}
END_TEST

/* What fitted before the overflow is still there, and no more comes. */
START_TEST(overflow_sticks)
{
	struct bytes bytes = bytes_new(4);
	struct spop_writer writer;

	memset(bytes.data, 0xaa, bytes.size);
	spop_writer_init(&writer, bytes.data, bytes.size);
	spop_write_byte(&writer, 1);
	spop_write_u32(&writer, 0);
	ck_assert(writer.overflow);
	spop_write_byte(&writer, 2);
	spop_write_varint(&writer, 3);
	spop_write_varint(&writer, 300);
	spop_write_string(&writer, VIEW(""));
	spop_write_null(&writer);
	spop_write_text(&writer, VIEW(""));
	ck_assert_ptr_eq(writer.at, bytes.data + 1);
	ck_assert_mem_eq(bytes.data, "\x01\xaa\xaa\xaa", 4);
	bytes_free(&bytes);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("wire_write");
	TCase *write = tcase_create("write");

	suite_add_tcase(suite, write);
	tcase_add_test(write, varint_writes);
	tcase_add_test(write, varint_round_trip);
	tcase_add_test(write, writes_bytes);
	tcase_add_test(write, writes_long_text);
	tcase_add_test(write, overflow_sticks);
	return bytes_run(suite);
}
