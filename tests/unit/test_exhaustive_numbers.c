/* SPDX-License-Identifier: Apache-2.0 */

/* All lengths of frames, and all forms of numbers in them: exhaustive.h */

#include "tests/unit/exhaustive.h"

/* ---- lengths ---- */

/* What comes before a length, so that it is read in every state. */
static const char *const openings[] = {
    "",
    HELLO,
    CHECK_HELLO,
    HELLO PIECE_1("01 01") PIECE_2("01 01"),
    HELLO_FRAME(HELLO_KEYS("f001", "")),
    HELLO_FRAME(HELLO_KEYS("ff f0fefe7e", "pipelining")),
};

enum { OPENINGS = sizeof(openings) / sizeof(openings[0]) };

static void
put_length(uint32_t length)
{
	put((const uint8_t[]){(uint8_t)(length >> 24), (uint8_t)(length >> 16),
		(uint8_t)(length >> 8), (uint8_t)length},
	    4);
}

/* Alone, and before a frame that is as long as it is. */
static void
try_length(const struct bytes *opening, uint32_t length)
{
	size_t at = opening->length;

	input.length = 0;
	put(opening->data, opening->length);
	put_length(length);
	expect_agreement();
	if (whole.state != DIALOG_OVER && whole.left != 4)
		wrong("the length was taken");
	expect_same((const size_t[]){at + 1, at + 2, at + 3}, 3);
	put(next->data + 4, next->length - 4);
	expect_agreement();
	expect_same((const size_t[]){at + 3, at + 4}, 2);
}

START_TEST(every_length)
{
	static const uint32_t places[] = {1U << 17, 1U << 20, 1U << 24,
	    INT32_MAX - 300U, UINT32_MAX - 600U, UINT32_MAX - 300U};
	struct bytes *opening = bytes_of(openings[_i]);

	for (uint32_t length = 0; length <= 65536 + 300; length++)
		try_length(opening, length);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		for (uint32_t more = 0; more <= 600; more++)
			if (places[i] + more >= places[i])
				try_length(opening, places[i] + more);
	free(opening);
	tell("lengths");
}
END_TEST

/*
 * Writes the begin of a payload of that size, up to what is to be filled, and
 * gives how much that is; 0 when no number of bytes says so itself.
 */
static size_t
put_begin(const char *begin, size_t size)
{
	struct bytes *message = bytes_of(begin);
	size_t left = size - message->length;
	uint8_t number[SPOP_VARINT_MAX];

	for (size_t bytes = 1; bytes <= 3; bytes++) {
		struct spop_writer writer;

		spop_writer_init(&writer, number, sizeof(number));
		spop_write_varint(&writer, left - bytes);
		if ((size_t)(writer.at - number) != bytes)
			continue;
		put(message->data, message->length);
		put(number, bytes);
		free(message);
		return left - bytes;
	}
	free(message);
	return 0;
}

/* A payload of exactly that size, which one argument fills. */
static void
put_filled(size_t size)
{
	size_t fill =
	    put_begin("\"m\" 02 \"peer\" 06 c6336407 \"fill\" 08", size);

	if (fill == 0)
		fill = put_begin(
		    "\"m\" 02 \"peer\" 06 c6336407 \"fill2\" 08", size);
	if (fill == 0 || fill > BYTES_MAX - input.length)
		wrong("not to be filled");
	memset(input.data + input.length, '.', fill);
	input.length += fill;
}

/* A valid NOTIFY of exactly that length; one byte less is not one. */
START_TEST(every_length_that_is_true)
{
	struct bytes *hello = bytes_of(openings[OPENINGS - 1]);
	uint32_t step = thorough ? 1 : 7;

	for (uint32_t length = 40; length <= HEARING_FRAME + 40;
	     length += length < 4000 || length > HEARING_FRAME - 8 ? 1 : step) {
		size_t at;

		input.length = 0;
		put(hello->data, hello->length);
		put_length(length);
		put((const uint8_t[]){3, 0, 0, 0, 1, 1, 1}, 7);
		put_filled(length - 7);
		expect_agreement();
		if ((whole.requests == 1) != (length <= HEARING_FRAME))
			wrong("answered, or not");
		at = input.length - 1;
		expect_same(&at, 1);
		input.length--;
		expect_agreement();
	}
	free(hello);
	tell("lengths that are true");
}
END_TEST

/* ---- varints ---- */

/* A varint stands between the two; the last frame's length is set later. */
static const char *const varint_frames[][2] = {
    {HELLO "< 03 00000001", "01 " MESSAGE ">"},
    {HELLO "< 03 00000001 01", MESSAGE ">"},
    {HELLO "< 00 00000001", "01 " MESSAGE ">"},
    {HELLO "< 96 00000001 01", "00 >"},
    {HELLO "< 03 00000001 01 01", "'mmmmmmmmmmmm' 00 \"x\" 00 >"},
    {HELLO "< 03 00000001 01 01 \"m\" 01", "'aaaaaaaaaaaaaaaaaaaa' 00 >"},
    {HELLO "< 03 00000001 01 01 \"m\" 01 \"a\" 08", "'bbbbbbbbbbbbbb' >"},
    {HELLO "< 03 00000001 01 01 \"m\" 02 \"a\" 09", "'bbbbb' \"b\" 00 >"},
    {HELLO "< 03 00000001 01 01 \"m\" 02 \"a\" 02", "\"b\" 00 >"},
    {HELLO "< 03 00000001 01 01 \"m\" 02 \"a\" 04", "\"b\" 00 >"},
    {HELLO "< 03 00000001 01 01 \"m\" 01 \"a\" 05", ">"},
    {"< 01 00000001 00 00 " KEY("supported-versions") "08 \"2.0\" " KEY(
	 "capabilities") "08 00 " KEY("max-frame-size") "03",
	">"},
    {"< 01 00000001 00 00 " KEY("supported-versions") "08 \"2.0\" " KEY(
	 "capabilities") "08 00 " KEY("max-frame-size") "04",
	">"},
    {"< 01 00000001 00 00 " KEY("supported-versions") "08 \"2.0\" " KEY(
	 "max-frame-size") "03 fcf006 " KEY("capabilities") "08",
	"'pipelining' >"},
    {"< 01 00000001", "00 " HELLO_KEYS("fcf006", "") ">"},
    {HELLO "< 02 00000001 00 00 " KEY("status-code") "03", ">"},
};

enum { VARINT_PLACES = sizeof(varint_frames) / sizeof(varint_frames[0]) };

struct spot {
	struct bytes *head;
	struct bytes *tail;
	size_t frame; /* where that frame begins */
};

static void
spot_open(struct spot *spot, const char *const text[2])
{
	size_t length = strlen(text[1]);
	char *tail = strndup(text[1], length - 1); /* without ">" */

	spot->head = bytes_of(text[0]);
	spot->tail = bytes_of(tail);
	free(tail);
	spot->frame = 0;
	if (strncmp(text[0], HELLO, strlen(HELLO)) == 0) {
		struct bytes *hello = bytes_of(HELLO);

		spot->frame = hello->length;
		free(hello);
	}
}

static void
spot_close(struct spot *spot)
{
	free(spot->head);
	free(spot->tail);
}

static void
try_varint(const struct spot *spot, const uint8_t *form, size_t size)
{
	size_t at = spot->head->length;
	size_t length;

	input.length = 0;
	put(spot->head->data, spot->head->length);
	put(form, size);
	put(spot->tail->data, spot->tail->length);
	length = input.length - spot->frame - 4;
	input.data[spot->frame + 2] = (uint8_t)(length >> 8);
	input.data[spot->frame + 3] = (uint8_t)length;
	put(next->data, next->length);
	expect_agreement();
	at += size / 2;
	expect_same(&at, 1);
}

/* All of one, two and, when there is time, three bytes. */
static void
try_short_varints(const struct spot *spot)
{
	unsigned step = thorough ? 1 : 61;

	for (unsigned first = 0; first < 256; first++) {
		try_varint(spot, (const uint8_t[]){(uint8_t)first}, 1);
		for (unsigned second = 0; second < 256 && first >= 240;
		     second++)
			try_varint(spot,
			    (const uint8_t[]){(uint8_t)first, (uint8_t)second},
			    2);
	}
	for (unsigned bits = 0; bits < 1U << 19; bits += step)
		try_varint(spot,
		    (const uint8_t[]){(uint8_t)(240 | bits >> 15),
			(uint8_t)(128 | (bits >> 8 & 127)), (uint8_t)bits},
		    3);
}

/*
 * Of that many bytes: the middle all alike but for one, which is each in turn,
 * and every last byte that matters.
 */
static void
try_long_varints(const struct spot *spot, size_t size)
{
	static const uint8_t firsts[] = {0xf0, 0xf7, 0xff};
	static const uint8_t middles[] = {0x80, 0xfe, 0xff};
	static const uint8_t odds[] = {0x00, 0x7f, 0x80, 0x81, 0x8f, 0xff};
	static const uint8_t lasts[] = {
	    0, 1, 6, 7, 0x0d, 0x0e, 0x0f, 0x10, 0x7e, 0x7f, 0x80, 0xff};
	uint8_t form[16];

	for (unsigned i = 0; i < sizeof(firsts) * sizeof(middles) *
				     sizeof(odds) * sizeof(lasts) * size;
	     i++) {
		unsigned rest = i / sizeof(firsts);

		memset(form, middles[rest % sizeof(middles)], size);
		rest /= sizeof(middles);
		form[0] = firsts[i % sizeof(firsts)];
		form[size - 1] = lasts[rest % sizeof(lasts)];
		rest /= sizeof(lasts);
		if (rest % size > 0 && rest % size < size - 1)
			form[rest % size] = odds[rest / size];
		try_varint(spot, form, size);
	}
}

START_TEST(every_varint)
{
	struct spot spot;

	spot_open(&spot, varint_frames[_i]);
	try_short_varints(&spot);
	for (size_t size = 4; size <= 13; size++)
		try_long_varints(&spot, size);
	spot_close(&spot);
	tell("varints");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("exhaustive numbers");
	TCase *tests = tcase_create("exhaustive numbers");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 3600);
	tcase_add_loop_test(tests, every_length, 0, OPENINGS);
	tcase_add_test(tests, every_length_that_is_true);
	tcase_add_loop_test(tests, every_varint, 0, VARINT_PLACES);
	suite_add_tcase(suite, tests);
	return run_exhaustive(suite);
}
