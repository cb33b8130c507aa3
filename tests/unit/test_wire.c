/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/spop/wire.h"

#include "tests/unit/spop_bytes.h"
#include "tests/unit/spop_samples.h"

static void
expect_varint_reads(size_t row)
{
	struct bytes bytes = bytes_read(varints[row].bytes);
	struct spop_reader reader;

	spop_reader_init(&reader, bytes_view(bytes));
	EXPECT(spop_read_varint(&reader) == varints[row].number, "%s",
	    varints[row].bytes);
	EXPECT(!reader.failed, "%s", varints[row].bytes);
	EXPECT(spop_reader_done(&reader), "%s", varints[row].bytes);
	bytes_free(&bytes);
}

START_TEST(varint_reads)
{
	for (size_t row = 0; row < COUNT(varints); row++)
		expect_varint_reads(row);
}
END_TEST

static void
expect_varint_truncated_fails(size_t row)
{
	struct bytes bytes = bytes_read(varints[row].bytes);

	for (size_t size = 0; size < bytes.size; size++) {
		struct bytes cut = bytes_copy(bytes.data, size);
		struct spop_reader reader;

		spop_reader_init(&reader, bytes_view(cut));
		EXPECT(spop_read_varint(&reader) == 0, "%s cut at %zu",
		    varints[row].bytes, size);
		EXPECT(reader.failed && spop_reader_done(&reader),
		    "%s cut at %zu", varints[row].bytes, size);
		bytes_free(&cut);
	}
	bytes_free(&bytes);
}

START_TEST(varint_truncated_fails)
{
	for (size_t row = 0; row < COUNT(varints); row++)
		expect_varint_truncated_fails(row);
}
END_TEST

static const char *const bad_varints[] = {
    "f0 f1 fe fe fe fe fe fe fe 0e",    /* 2^64 */
    "ff ff fe fe fe fe fe fe fe 0e",    /* a carry past 64 bits */
    "ff ff ff ff ff ff ff ff ff 0e",    /* many */
    "f0 80 80 80 80 80 80 80 80 0f",    /* the smallest with 15 in front */
    "f0 80 80 80 80 80 80 80 80 10",    /* bit 64 itself */
    "f0 80 80 80 80 80 80 80 80 7f",    /* bits beyond */
    "f0 80 80 80 80 80 80 80 80 80 00", /* eleven bytes */
    "ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff",
};

static void
expect_varint_of_more_than_64_bits_fails(size_t row)
{
	struct bytes bytes = bytes_read(bad_varints[row]);
	struct spop_reader reader;

	spop_reader_init(&reader, bytes_view(bytes));
	EXPECT(spop_read_varint(&reader) == 0, "%s", bad_varints[row]);
	EXPECT(reader.failed, "%s", bad_varints[row]);
	bytes_free(&bytes);
}

START_TEST(varint_of_more_than_64_bits_fails)
{
	for (size_t row = 0; row < COUNT(bad_varints); row++)
		expect_varint_of_more_than_64_bits_fails(row);
}
END_TEST

START_TEST(fixed_sizes_read)
{
	struct bytes bytes = bytes_read("7f 80 00000000 ffffffff 01020304");
	struct spop_reader reader;

	spop_reader_init(&reader, bytes_view(bytes));
	ck_assert_uint_eq(spop_read_byte(&reader), 0x7f);
	ck_assert_uint_eq(spop_read_byte(&reader), 0x80);
	ck_assert_uint_eq(spop_read_u32(&reader), 0);
	ck_assert_uint_eq(spop_read_u32(&reader), 0xffffffff);
	ck_assert(!spop_reader_done(&reader));
	ck_assert_uint_eq(spop_read_u32(&reader), 0x01020304);
	ck_assert(spop_reader_done(&reader) && !reader.failed);
	bytes_free(&bytes);
}
END_TEST

START_TEST(u32_truncated_fails)
{
	for (size_t size = 0; size < 4; size++) {
		struct bytes bytes = bytes_copy((const uint8_t *)"abc", size);
		struct spop_reader reader;

		spop_reader_init(&reader, bytes_view(bytes));
		ck_assert_uint_eq(spop_read_u32(&reader), 0);
		ck_assert(reader.failed);
		bytes_free(&bytes);
	}
}
END_TEST

START_TEST(nothing_can_be_read)
{
	struct spop_reader reader;

	spop_reader_init(&reader, (struct view){NULL, 0});
	ck_assert(spop_reader_done(&reader) && !reader.failed);
	ck_assert_uint_eq(spop_read_byte(&reader), 0);
	ck_assert(reader.failed);
}
END_TEST

/* After a failure there is nothing, whatever bytes there were. */
START_TEST(failure_sticks)
{
	struct bytes bytes = bytes_read("01 02 0a 01 02 03 04 05 06 07");
	struct spop_reader reader;
	struct spop_value value;

	spop_reader_init(&reader, bytes_view(bytes));
	ck_assert_uint_eq(spop_read_byte(&reader), 1);
	ck_assert_uint_eq(spop_read_varint(&reader), 2);
	spop_read_value(&reader, &value); /* type 10 */
	ck_assert(reader.failed);
	ck_assert(spop_reader_done(&reader));
	ck_assert_uint_eq(spop_read_byte(&reader), 0);
	ck_assert_uint_eq(spop_read_u32(&reader), 0);
	ck_assert_uint_eq(spop_read_varint(&reader), 0);
	ck_assert_uint_eq(spop_read_string(&reader).length, 0);
	spop_read_value(&reader, &value);
	ck_assert_int_eq(value.type, SPOP_NULL);
	ck_assert(reader.failed);
	bytes_free(&bytes);
}
END_TEST

enum { STRING_MAX = 65535 };

/*
 * A string of size bytes, of which only present are there: at the end of
 * room, which holds SPOP_VARINT_MAX + STRING_MAX bytes.
 */
static struct view
put_string(struct bytes room, uint64_t size, size_t present)
{
	uint8_t length[SPOP_VARINT_MAX];
	struct spop_writer writer;
	uint8_t *begin;
	size_t head;

	spop_writer_init(&writer, length, sizeof(length));
	spop_write_varint(&writer, size);
	head = (size_t)(writer.at - length);
	begin = room.data + room.size - present - head;
	memcpy(begin, length, head);
	return (struct view){(const char *)begin, head + present};
}

START_TEST(string_of_every_length)
{
	struct bytes room = bytes_new(SPOP_VARINT_MAX + STRING_MAX);

	for (size_t size = 0; size <= STRING_MAX; size++) {
		struct view input = put_string(room, size, size);
		struct spop_reader reader;
		struct view text;

		spop_reader_init(&reader, input);
		text = spop_read_string(&reader);
		EXPECT(
		    !reader.failed && spop_reader_done(&reader), "%zu", size);
		EXPECT(text.length == size, "%zu", size);
		EXPECT(
		    text.data + size == input.data + input.length, "%zu", size);
	}
	bytes_free(&room);
}
END_TEST

static void
expect_string_fails(struct bytes room, uint64_t size, size_t present)
{
	struct spop_reader reader;

	spop_reader_init(&reader, put_string(room, size, present));
	EXPECT(spop_read_string(&reader).length == 0, "length %ju, %zu bytes",
	    (uintmax_t)size, present);
	EXPECT(reader.failed && spop_reader_done(&reader),
	    "length %ju, %zu bytes", (uintmax_t)size, present);
}

START_TEST(string_longer_than_the_input_fails)
{
	static const uint64_t around[] = {0x7fffffff, 0xffffffff,
	    UINT64_C(0x7fffffffffffffff), UINT64_C(0xfffffffffffff000),
	    UINT64_MAX - 8};
	struct bytes room = bytes_new(SPOP_VARINT_MAX + STRING_MAX);

	for (size_t size = 1; size <= STRING_MAX; size++)
		expect_string_fails(room, size, size - 1);
	for (size_t i = 0; i < COUNT(around); i++)
		for (uint64_t number = around[i] - 8; number != around[i] + 8;
		     number++)
			expect_string_fails(room, number, 20);
	expect_string_fails(room, UINT64_MAX, 20);
	bytes_free(&room);
}
END_TEST

static const struct {
	const char *bytes;
	struct spop_value value;
	const char *text; /* of value.text */
} values[] = {
    {"00", {.type = SPOP_NULL}, ""},
    {"01", {.type = SPOP_BOOLEAN, .boolean = false}, ""},
    {"11", {.type = SPOP_BOOLEAN, .boolean = true}, ""},
    {"21", {.type = SPOP_BOOLEAN, .boolean = false}, ""}, /* as HAProxy */
    {"02 00", {.type = SPOP_INT32, .integer = 0}, ""},
    {"03 fcf006", {.type = SPOP_UINT32, .integer = 16380}, ""},
    {"03 fff0fefe7e", {.type = SPOP_UINT32, .integer = UINT32_MAX}, ""},
    {"04 fc03", {.type = SPOP_INT64, .integer = 300}, ""},
    {"04 fbf0fefefefefefefe0e", {.type = SPOP_INT64, .integer = (uint64_t)-5},
	""},
    {"05 fff0fefefefefefefe0e", {.type = SPOP_UINT64, .integer = UINT64_MAX},
	""},
    {"06 cb007109",
	{.type = SPOP_IPV4,
	    .address = {.lo = 0xcb007109, .family = ADDRESS_IPV4}},
	""},
    {"06 00000000", {.type = SPOP_IPV4, .address = {.family = ADDRESS_IPV4}},
	""},
    {"07 20010db8000000010000000000000002",
	{.type = SPOP_IPV6,
	    .address = {.hi = 0x20010db800000001,
		.lo = 2,
		.family = ADDRESS_IPV6}},
	""},
    {"07 00000000000000000000ffffc0000201", /* stays IPv6 */
	{.type = SPOP_IPV6,
	    .address = {.lo = 0xffffc0000201, .family = ADDRESS_IPV6}},
	""},
    {"08 00", {.type = SPOP_STRING}, ""},
    {"08 03'GET'", {.type = SPOP_STRING}, "GET"},
    {"09 00", {.type = SPOP_BINARY}, ""},
    {"09 02'hi'", {.type = SPOP_BINARY}, "hi"},
    {"f0", {.type = SPOP_NULL}, ""},
    {"18 03'GET'", {.type = SPOP_STRING}, "GET"}, /* flags mean nothing here */
    {"f4 01", {.type = SPOP_INT64, .integer = 1}, ""},
};

static void
expect_value_reads(size_t row)
{
	struct bytes bytes = bytes_read(values[row].bytes);
	const struct spop_value *expected = &values[row].value;
	struct spop_reader reader;
	struct spop_value value;

	memset(&value, 0xff, sizeof(value));
	spop_reader_init(&reader, bytes_view(bytes));
	spop_read_value(&reader, &value);
	EXPECT(!reader.failed && spop_reader_done(&reader), "%s",
	    values[row].bytes);
	EXPECT(value.type == expected->type, "%s", values[row].bytes);
	EXPECT(value.boolean == expected->boolean, "%s", values[row].bytes);
	EXPECT(value.integer == expected->integer, "%s", values[row].bytes);
	EXPECT(address_equal(&value.address, &expected->address), "%s",
	    values[row].bytes);
	EXPECT(view_equal(value.text, view_of(values[row].text)), "%s",
	    values[row].bytes);
	bytes_free(&bytes);
}

START_TEST(value_reads)
{
	for (size_t row = 0; row < COUNT(values); row++)
		expect_value_reads(row);
}
END_TEST

static void
expect_value_fails(const uint8_t *data, size_t size)
{
	struct bytes bytes = bytes_copy(data, size);
	struct spop_reader reader;
	struct spop_value value;

	memset(&value, 0xff, sizeof(value));
	spop_reader_init(&reader, bytes_view(bytes));
	spop_read_value(&reader, &value);
	ck_assert(reader.failed && spop_reader_done(&reader));
	ck_assert_int_eq(value.type, SPOP_NULL);
	ck_assert(!value.boolean && value.integer == 0);
	ck_assert_int_eq(value.address.family, ADDRESS_NONE);
	ck_assert(value.text.data == NULL && value.text.length == 0);
	bytes_free(&bytes);
}

static void
expect_value_truncated_fails(size_t row)
{
	struct bytes bytes = bytes_read(values[row].bytes);

	for (size_t size = 0; size < bytes.size; size++)
		expect_value_fails(bytes.data, size);
	bytes_free(&bytes);
}

START_TEST(value_truncated_fails)
{
	for (size_t row = 0; row < COUNT(values); row++)
		expect_value_truncated_fails(row);
}
END_TEST

START_TEST(value_of_reserved_type_fails)
{
	struct bytes bytes = bytes_new(32);

	memset(bytes.data, 0, bytes.size);
	for (unsigned type = 10; type <= 15; type++) {
		for (unsigned flags = 0; flags <= 15; flags++) {
			bytes.data[0] = (uint8_t)(flags << 4 | type);
			expect_value_fails(bytes.data, 1);
			expect_value_fails(bytes.data, bytes.size);
		}
	}
	bytes_free(&bytes);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("wire");
	TCase *read = tcase_create("read");

	suite_add_tcase(suite, read);
	tcase_add_test(read, varint_reads);
	tcase_add_test(read, varint_truncated_fails);
	tcase_add_test(read, varint_of_more_than_64_bits_fails);
	tcase_add_test(read, fixed_sizes_read);
	tcase_add_test(read, u32_truncated_fails);
	tcase_add_test(read, nothing_can_be_read);
	tcase_add_test(read, failure_sticks);
	tcase_add_test(read, string_of_every_length);
	tcase_add_test(read, string_longer_than_the_input_fails);
	tcase_add_test(read, value_reads);
	tcase_add_test(read, value_truncated_fails);
	tcase_add_test(read, value_of_reserved_type_fails);
	return bytes_run(suite);
}
