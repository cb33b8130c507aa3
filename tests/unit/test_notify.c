/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/spop/notify.h"

#include <stdarg.h>
#include <stdio.h>

#include "proto/spop/frame.h"

#include "tests/unit/spop_bytes.h"
#include "tests/unit/spop_samples.h"

/* What the messages say, as text: "chk(src=v4 xff='203.0.113.9')". */
struct story {
	char text[512];
	size_t length;
};

static void __attribute__((format(printf, 2, 3)))
tell(struct story *story, const char *format, ...)
{
	size_t room = sizeof(story->text) - story->length;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length =
	    vsnprintf(story->text + story->length, room, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= room)
		abort();
	story->length += (size_t)length;
}

static void
tell_value(struct story *story, const struct spop_value *value)
{
	switch (value->type) {
	case SPOP_NULL:
		tell(story, "null");
		break;
	case SPOP_BOOLEAN:
		tell(story, "%s", value->boolean ? "true" : "false");
		break;
	case SPOP_INT32:
	case SPOP_UINT32:
	case SPOP_INT64:
	case SPOP_UINT64:
		tell(story, "%jd", (intmax_t)value->integer);
		break;
	case SPOP_IPV4:
	case SPOP_IPV6:
		tell(story, "v%d:%jx:%jx", (int)value->address.family,
		    (uintmax_t)value->address.hi, (uintmax_t)value->address.lo);
		break;
	case SPOP_STRING:
		tell(
		    story, "'%.*s'", (int)value->text.length, value->text.data);
		break;
	case SPOP_BINARY:
		tell(story, "bin%zu", value->text.length);
		break;
	default:
		tell(story, "?");
	}
}

static void
tell_messages(struct story *story, struct view payload)
{
	struct spop_messages messages;
	struct spop_argument argument;
	struct view name;

	*story = (struct story){.length = 0};
	spop_messages_begin(&messages, payload);
	while (spop_messages_next(&messages, &name)) {
		tell(story, "%.*s(", (int)name.length, name.data);
		while (spop_argument_next(&messages, &argument)) {
			tell(story, " %.*s=", (int)argument.name.length,
			    argument.name.data);
			tell_value(story, &argument.value);
		}
		tell(story, " )");
	}
	if (spop_messages_failed(&messages))
		tell(story, "!");
}

static const struct {
	const char *payload;
	const char *story;
} payloads[] = {
    {"", ""},
    {"03'chk' 02 03'src' 06 c6336417 03'xff' 08 0b'203.0.113.9'",
	"chk( src=v4:0:c6336417 xff='203.0.113.9' )"},
    {"03'chk' 06 03'src' 06 7f000001 06'method' 08 03'GET' "
     "04'path' 08 04'/chk' 01'n' 04 fc03 01'b' 11 04'none' 00",
	"chk( src=v4:0:7f000001 method='GET' path='/chk' n=300 b=true "
	"none=null )"},
    {"01'a' 00 01'b' 01 00 07 20010db8000000000000000000000001 01'c' 00",
	"a( )b( =v6:20010db800000000:1 )c( )"},
    {"00 00", "( )"},
    {"01'a' 02 01'x' 04 fbf0fefefefefefefe0e 01'x' 01", "a( x=-5 x=false )"},
    {"01'a' 01 07'headers' 09 0a 04'host' 01'a' 0000", "a( )!"},
    {"01'a' 01 07'headers' 09 09 04'host' 01'a' 0000", "a( headers=bin9 )"},
    {"01'a'", "!"},        /* no count */
    {"02'a'", "!"},        /* the name overruns */
    {"01'a' 01", "a( )!"}, /* the argument is missing */
    {"01'a' ff 01'x' 11", "a( x=true )!"},
    {"01'a' 01 01'x'", "a( )!"}, /* its value is */
    {"01'a' 01 01'x' 0a", "a( )!"},
    {"01'a' 01 01'x' 11 01", "a( x=true )!"},
    {"01'a' 01 01'x' 11 02'b' 00", "a( x=true )!"},
    /* the length of a name is 2^64 - 4096 */
    {"01'a' 01 f0f1dffefefefefefe0e 11", "a( )!"},
    {"f0f1dffefefefefefe0e 'abc'", "!"},
};

START_TEST(reads_messages)
{
	for (size_t row = 0; row < COUNT(payloads); row++) {
		struct bytes payload = bytes_read(payloads[row].payload);
		struct story story;

		tell_messages(&story, bytes_view(payload));
		ck_assert_str_eq(story.text, payloads[row].story);
		bytes_free(&payload);
	}
}
END_TEST

/* A message ends where its arguments end, whatever was read of them. */
START_TEST(passes_over_unread_arguments)
{
	struct bytes payload = bytes_read("01'a' 03 01'x' 11 01'y' 08 03'abc' "
					  "01'z' 06 01020304 01'b' 00");

	for (unsigned reads = 0; reads <= 4; reads++) {
		struct spop_messages messages;
		struct spop_argument argument;
		struct view name = VIEW("");
		unsigned count = 0;

		spop_messages_begin(&messages, bytes_view(payload));
		ck_assert(!spop_argument_next(&messages, &argument));
		ck_assert(spop_messages_next(&messages, &name));
		ck_assert_uint_eq(messages.arguments, 3);
		while (
		    count < reads && spop_argument_next(&messages, &argument))
			count++;
		ck_assert_uint_eq(count, reads < 3 ? reads : 3);
		ck_assert(spop_messages_next(&messages, &name));
		ck_assert(view_equal(name, VIEW("b")));
		ck_assert(!spop_argument_next(&messages, &argument));
		ck_assert(!spop_messages_next(&messages, &name));
		ck_assert(!spop_messages_failed(&messages));
	}
	bytes_free(&payload);
}
END_TEST

START_TEST(fails_in_unread_arguments)
{
	struct bytes payload =
	    bytes_read("01'a' 02 01'x' 0f 01'y' 11 01'b' 00");
	struct spop_messages messages;
	struct spop_argument argument;
	struct view name;

	spop_messages_begin(&messages, bytes_view(payload));
	ck_assert(spop_messages_next(&messages, &name));
	ck_assert(!spop_messages_next(&messages, &name));
	ck_assert(spop_messages_failed(&messages));
	ck_assert(!spop_argument_next(&messages, &argument));
	ck_assert(!spop_messages_next(&messages, &name));
	bytes_free(&payload);
}
END_TEST

/* Truncated payloads fail, but for those that end behind a message. */
START_TEST(fails_on_every_prefix)
{
	struct bytes whole = bytes_read(
	    "01'a' 00 03'chk' 02 03'src' 06 c6336417 02'xy' 08 02'hi'");

	ck_assert_uint_eq(whole.size, 3 + 5 + 9 + 7);
	for (size_t size = 0; size <= whole.size; size++) {
		struct bytes cut = bytes_copy(whole.data, size);
		bool whole_messages = size == 0 || size == 3 || size == 24;
		struct story story;

		tell_messages(&story, bytes_view(cut));
		EXPECT((strchr(story.text, '!') == NULL) == whole_messages,
		    "%zu: %s", size, story.text);
		bytes_free(&cut);
	}
	bytes_free(&whole);
}
END_TEST

/* As many arguments as a count can tell, and as few. */
START_TEST(reads_every_count)
{
	for (unsigned count = 0; count <= 255; count++) {
		struct bytes payload = bytes_new(2 + 2 * count);
		struct spop_messages messages;
		struct spop_argument argument;
		struct view name;
		unsigned got = 0;

		memset(payload.data, 0, payload.size);
		payload.data[1] = (uint8_t)count;
		spop_messages_begin(&messages, bytes_view(payload));
		ck_assert(spop_messages_next(&messages, &name));
		while (spop_argument_next(&messages, &argument))
			got++;
		EXPECT(got == count, "%u, not %u", got, count);
		ck_assert(!spop_messages_next(&messages, &name));
		ck_assert(!spop_messages_failed(&messages));
		bytes_free(&payload);
	}
}
END_TEST

START_TEST(reads_whole_frames)
{
	struct bytes bytes = bytes_read(SAMPLE_MESSAGES);
	struct spop_frame frame;
	enum spop_status status;
	struct story story;

	ck_assert_int_eq(
	    spop_frame_split(bytes_view(bytes), 16380, &frame, NULL, &status),
	    SPOP_SPLIT_FRAME);
	tell_messages(&story, frame.payload);
	ck_assert_str_eq(
	    story.text, "a( )b( =v6:20010db800000000:1 hdr=bin5 )c( n=-5 )");
	bytes_free(&bytes);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("notify");
	TCase *tcase = tcase_create("notify");

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, reads_messages);
	tcase_add_test(tcase, passes_over_unread_arguments);
	tcase_add_test(tcase, fails_in_unread_arguments);
	tcase_add_test(tcase, fails_on_every_prefix);
	tcase_add_test(tcase, reads_every_count);
	tcase_add_test(tcase, reads_whole_frames);
	return bytes_run(suite);
}
