/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_SPOP_BYTES_H
#define TESTS_UNIT_SPOP_BYTES_H

/*
 * Bytes written out by hand, each in an allocation of exactly its size, so
 * that AddressSanitizer sees a read or write beyond it.
 */

#include <check.h>
#include <stdlib.h>

#include "proto/spop/wire.h"

/* As ck_assert_msg(), but costs nothing as long as it holds: for loops. */
#define EXPECT(condition, ...)                                     \
	do {                                                       \
		if (!(condition))                                  \
			ck_abort_msg(#condition ": " __VA_ARGS__); \
	} while (0)

struct bytes {
	uint8_t *data;
	size_t size;
};

static inline struct bytes
bytes_new(size_t size)
{
	struct bytes bytes = {malloc(size), size};

	if (bytes.data == NULL && size > 0)
		abort();
	return bytes;
}

static inline struct bytes
bytes_copy(const uint8_t *data, size_t size)
{
	struct bytes bytes = bytes_new(size);

	if (size > 0)
		memcpy(bytes.data, data, size);
	return bytes;
}

static inline void
bytes_free(struct bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct bytes){NULL, 0};
}

static inline struct view
bytes_view(struct bytes bytes)
{
	return (struct view){(const char *)bytes.data, bytes.size};
}

static inline unsigned
bytes_digit(char digit)
{
	const char *digits = "0123456789abcdef";
	const char *found = strchr(digits, digit);

	if (digit == '\0' || found == NULL)
		abort();
	return (unsigned)(found - digits);
}

/* Two digits a byte, blanks between them, text in quotes: "03'chk' 02". */
static inline struct bytes
bytes_read(const char *notation)
{
	struct bytes whole = bytes_new(strlen(notation));
	struct bytes exact;
	size_t size = 0;
	bool quoted = false;

	for (const char *at = notation; *at != '\0'; at++) {
		if (*at == '\'') {
			quoted = !quoted;
		} else if (quoted) {
			whole.data[size++] = (uint8_t)*at;
		} else if (*at != ' ') {
			whole.data[size++] = (uint8_t)(bytes_digit(*at) << 4 |
						       bytes_digit(at[1]));
			at++;
		}
	}
	exact = bytes_copy(whole.data, size);
	bytes_free(&whole);
	return exact;
}

/* The bytes that a writer wrote from begin on, against the notation. */
static inline void
bytes_expect(const uint8_t *begin, const struct spop_writer *writer,
    const char *notation)
{
	struct bytes expected = bytes_read(notation);
	size_t size = (size_t)(writer->at - begin);

	EXPECT(!writer->overflow, "%s", notation);
	EXPECT(size == expected.size, "%zu bytes for %s", size, notation);
	EXPECT(memcmp(begin, expected.data, size) == 0, "%s", notation);
	bytes_free(&expected);
}

typedef void write_f(struct spop_writer *writer);

/* There is an overflow, and nothing changes that. */
static inline void
bytes_expect_overflow(struct spop_writer *writer, const char *notation)
{
	const uint8_t *at = writer->at;

	EXPECT(writer->overflow, "%s", notation);
	EXPECT(at <= writer->end, "%s", notation);
	spop_write_byte(writer, 0);
	EXPECT(writer->overflow && writer->at == at, "%s", notation);
}

/* write() writes the notation, given that much room; less is an overflow. */
static inline void
bytes_expect_written(write_f *write, const char *notation)
{
	struct bytes expected = bytes_read(notation);

	for (size_t size = 0; size <= expected.size; size++) {
		struct bytes room = bytes_new(size);
		struct spop_writer writer;

		spop_writer_init(&writer, room.data, size);
		write(&writer);
		if (size == expected.size)
			bytes_expect(room.data, &writer, notation);
		else
			bytes_expect_overflow(&writer, notation);
		bytes_free(&room);
	}
	bytes_free(&expected);
}

static inline int
bytes_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
