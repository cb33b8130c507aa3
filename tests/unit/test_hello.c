/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/spop/hello.h"

#include <stdio.h>

#include "tests/unit/spop_bytes.h"
#include "tests/unit/spop_samples.h"

#define VERSIONS "12'supported-versions' "
#define SIZE "0e'max-frame-size' "
#define WORDS "0c'capabilities' "
#define HEALTH "0b'healthcheck' "
#define ENGINE "09'engine-id' "

#define V VERSIONS "08 03'2.0' "
#define S SIZE "03 fcf006 "
#define W WORDS "08 0a'pipelining' "

static enum spop_status
read_payload(struct bytes payload, struct spop_hello *hello)
{
	const struct spop_frame frame = {.type = SPOP_HAPROXY_HELLO,
	    .flags = SPOP_FIN,
	    .payload = bytes_view(payload)};

	memset(hello, 0xff, sizeof(*hello));
	return spop_hello_read(&frame, hello);
}

static enum spop_status
read_notation(const char *notation)
{
	struct bytes payload = bytes_read(notation);
	struct spop_hello hello;
	enum spop_status status = read_payload(payload, &hello);

	bytes_free(&payload);
	return status;
}

/* ---- what HAProxy sends ---- */

static const struct {
	const char *frame;
	uint64_t max_frame_size;
	const char *engine_id;
	bool pipelining;
	bool healthcheck;
} frames[] = {
    {SAMPLE_HELLO, 16380, "8aa3e11c-3a0c-4d8e-9f2b-5a3c4ad1f6de", true, false},
    {SAMPLE_HELLO_3_2, 16380, "8aa3e11c-3a0c-4d8e-9f2b-5a3c4ad1f6de", true,
	false},
    {SAMPLE_CHECK, 16380, "", false, true},
};

START_TEST(reads_frames)
{
	for (size_t row = 0; row < COUNT(frames); row++) {
		struct bytes bytes = bytes_read(frames[row].frame);
		struct spop_frame frame;
		struct spop_hello hello;
		enum spop_status status;

		ck_assert_int_eq(spop_frame_split(bytes_view(bytes), 16380,
				     &frame, NULL, &status),
		    SPOP_SPLIT_FRAME);
		ck_assert_int_eq(spop_hello_read(&frame, &hello), SPOP_NORMAL);
		ck_assert(hello.version_2_0);
		ck_assert_uint_eq(
		    hello.max_frame_size, frames[row].max_frame_size);
		ck_assert(hello.pipelining == frames[row].pipelining);
		ck_assert(hello.healthcheck == frames[row].healthcheck);
		ck_assert(view_equal(
		    hello.engine_id, view_of(frames[row].engine_id)));
		bytes_free(&bytes);
	}
}
END_TEST

START_TEST(refuses_headers)
{
	static const struct {
		uint32_t flags;
		uint64_t stream_id;
		uint64_t frame_id;
		enum spop_status status;
	} rows[] = {
	    {SPOP_FIN, 0, 0, SPOP_NORMAL},
	    {SPOP_FIN, 1, 0, SPOP_INVALID},
	    {SPOP_FIN, 0, 1, SPOP_INVALID},
	    {SPOP_FIN, UINT64_MAX, UINT64_MAX, SPOP_INVALID},
	    {0, 0, 0, SPOP_NO_FRAGMENTATION},
	    {SPOP_ABORT, 0, 0, SPOP_NO_FRAGMENTATION},
	    {SPOP_FIN | SPOP_ABORT, 0, 0, SPOP_INVALID},
	    {0, 1, 0, SPOP_INVALID},
	};
	struct bytes payload = bytes_read(V S W);

	for (size_t row = 0; row < COUNT(rows); row++) {
		const struct spop_frame frame = {.type = SPOP_HAPROXY_HELLO,
		    .flags = rows[row].flags,
		    .stream_id = rows[row].stream_id,
		    .frame_id = rows[row].frame_id,
		    .payload = bytes_view(payload)};
		struct spop_hello hello;

		EXPECT(spop_hello_read(&frame, &hello) == rows[row].status,
		    "row %zu", row);
	}
	bytes_free(&payload);
}
END_TEST

/* ---- keys ---- */

static const struct {
	const char *payload;
	enum spop_status status;
} lists[] = {
    {V S W, SPOP_NORMAL},
    {S W V, SPOP_NORMAL},
    {W V S, SPOP_NORMAL},
    {W S V, SPOP_NORMAL},
    {HEALTH "01 " W V S, SPOP_NORMAL},
    {ENGINE "08 00 " V S W, SPOP_NORMAL},
    /* keys of others, also by a name like ours */
    {"00 00 " V "01'x' 11 " S "09'max-frame' 09 01'x' " W "01'y' 00",
	SPOP_NORMAL},
    {V S W "07'version' 08 03'1.0' 0d'capabilities2' 00", SPOP_NORMAL},
    {V S W "01'x' 00 01'x' 00", SPOP_NORMAL},
    /* what is missing, in this order */
    {"", SPOP_NO_VERSION},
    {S W, SPOP_NO_VERSION},
    {V W, SPOP_NO_FRAME_SIZE},
    {V S, SPOP_NO_CAPABILITIES},
    {W, SPOP_NO_VERSION},
    {S, SPOP_NO_VERSION},
    {V, SPOP_NO_FRAME_SIZE},
    {HEALTH "11", SPOP_NO_VERSION},
    {VERSIONS "08 03'1.0' " W, SPOP_NO_FRAME_SIZE},
    {VERSIONS "08 03'1.0' " S, SPOP_NO_CAPABILITIES},
    {V SIZE "03 00 ", SPOP_NO_CAPABILITIES},
    {VERSIONS "08 03'1.0' " SIZE "03 00 " W, SPOP_BAD_VERSION},
    {V SIZE "03 00 " W, SPOP_BAD_FRAME_SIZE},
    /* twice */
    {V S W V, SPOP_INVALID},
    {V S S W, SPOP_INVALID},
    {V W S W, SPOP_INVALID},
    {HEALTH "11 " V S W HEALTH "11", SPOP_INVALID},
    {ENGINE "08 01'a' " V S W ENGINE "08 01'a'", SPOP_INVALID},
    {W W, SPOP_INVALID},
    /* something behind */
    {V S W "00", SPOP_INVALID},
    {V S W "01", SPOP_INVALID},
    {V S W "ff", SPOP_INVALID},
    {V S W "01'x' 0a", SPOP_INVALID},
    {V S W "01'x' 08 01", SPOP_INVALID},
};

START_TEST(reads_lists)
{
	for (size_t row = 0; row < COUNT(lists); row++)
		EXPECT(read_notation(lists[row].payload) == lists[row].status,
		    "%s", lists[row].payload);
}
END_TEST

/* Each key with a value of each type; good are the bits of types it takes. */
static const struct {
	const char *key;
	const char *others;
	unsigned good;
} keys[] = {
    {VERSIONS, S W, 1 << SPOP_STRING},
    {SIZE, V W,
	1 << SPOP_INT32 | 1 << SPOP_UINT32 | 1 << SPOP_INT64 |
	    1 << SPOP_UINT64},
    {WORDS, V S, 1 << SPOP_STRING},
    {HEALTH, V S W, 1 << SPOP_BOOLEAN},
    {ENGINE, V S W, 1 << SPOP_STRING},
};

static const char *const values[] = {"00", "11", "02 fcf006", "03 fcf006",
    "04 fcf006", "05 fcf006", "06 01020304",
    "07 20010db8000000000000000000000001", "08 03'2.0'", "09 03'2.0'"};

START_TEST(refuses_wrong_types)
{
	for (size_t row = 0; row < COUNT(keys); row++) {
		for (size_t type = 0; type < COUNT(values); type++) {
			char notation[256];
			bool good = (keys[row].good >> type & 1) != 0;

			snprintf(notation, sizeof(notation), "%s %s %s",
			    keys[row].others, keys[row].key, values[type]);
			EXPECT(read_notation(notation) ==
				   (good ? SPOP_NORMAL : SPOP_INVALID),
			    "%s", notation);
		}
	}
}
END_TEST

/* ---- values ---- */

/* The payload with one value in its place. */
static enum spop_status
read_text(const char *before, const char *text, const char *behind,
    struct spop_hello *hello)
{
	char notation[512];
	struct bytes payload;
	enum spop_status status;

	snprintf(notation, sizeof(notation), "%s 08 %02zx'%s' %s", before,
	    strlen(text), text, behind);
	payload = bytes_read(notation);
	status = read_payload(payload, hello);
	/* The engine-id is of no interest here, and it would dangle. */
	hello->engine_id = (struct view){NULL, 0};
	bytes_free(&payload);
	return status;
}

static const struct {
	const char *text;
	bool good;
} versions[] = {
    {"2.0", true},
    {"1.0,2.0", true},
    {"2.0,3.0", true},
    {"1.0, 2.0 ,3.0", true},
    {" 2.0", true},
    {"2.0 ", true},
    {",,2.0", true},
    {"2.0,", true},
    {"2.1", true},
    {"2.9", true},
    {"2.10", true},
    {"2.00", true},
    {"3.0,2.5", true},
    {"junk,2.0", true},
    {"", false},
    {",", false},
    {" ", false},
    {"1.0", false},
    {"3.0", false},
    {"1.2,3.2", false},
    {"20", false},
    {"2", false},
    {"2.", false},
    {"2.x", false},
    {"2./", false},
    {"2.:", false},
    {"2.0x", false},
    {"2.0.0", false},
    {"2. 0", false},
    {"2 .0", false},
    {"02.0", false},
    {"12.0", false},
    {"-2.0", false},
    {"2.-1", false},
    {"2.0;3.0", false},
    {"2.0 3.0", false},
    {"2,0", false},
};

START_TEST(reads_versions)
{
	struct spop_hello hello;

	for (size_t row = 0; row < COUNT(versions); row++) {
		bool good = versions[row].good;

		EXPECT(read_text(VERSIONS, versions[row].text, S W, &hello) ==
			   (good ? SPOP_NORMAL : SPOP_BAD_VERSION),
		    "%s", versions[row].text);
		EXPECT(hello.version_2_0 == good, "%s", versions[row].text);
	}
}
END_TEST

static const struct {
	const char *text;
	bool pipelining;
} words[] = {
    {"pipelining", true},
    {"pipelining,async", true},
    {"async,pipelining", true},
    {"async , pipelining ", true},
    {"a,b,,pipelining,c", true},
    {"pipelining,pipelining", true},
    {"", false},
    {",", false},
    {"async", false},
    {"pipelinin", false},
    {"pipelining2", false},
    {"xpipelining", false},
    {"Pipelining", false},
    {"pipelining async", false},
    {"no-pipelining", false},
};

START_TEST(reads_capabilities)
{
	struct spop_hello hello;

	for (size_t row = 0; row < COUNT(words); row++) {
		EXPECT(read_text(WORDS, words[row].text, V S, &hello) ==
			   SPOP_NORMAL,
		    "%s", words[row].text);
		EXPECT(hello.pipelining == words[row].pipelining, "%s",
		    words[row].text);
	}
}
END_TEST

static const struct {
	const char *value;
	uint64_t size; /* 0: refused */
} sizes[] = {
    {"03 fc03", 300}, {"03 f001", 256}, {"03 ff00", 0}, /* 255 */
    {"03 00", 0}, {"03 fcf006", 16380}, {"03 fcf01e", 65532},
    {"03 fff0fefe7e", UINT32_MAX}, {"05 fff0fefefefefefefe0e", UINT64_MAX},
    {"04 fff0fefefefefefefe06", INT64_MAX},
    {"04 fff0fefefefefefefe0e", 0}, /* -1 */
    {"02 fbf0fefefefefefefe0e", 0}, /* -5 */
    {"04 f0f1fefefefefefefe06", 0}, /* -2^63 */
};

START_TEST(reads_frame_sizes)
{
	for (size_t row = 0; row < COUNT(sizes); row++) {
		char notation[256];
		struct bytes payload;
		struct spop_hello hello;
		enum spop_status status;

		snprintf(notation, sizeof(notation), V SIZE "%s " W,
		    sizes[row].value);
		payload = bytes_read(notation);
		status = read_payload(payload, &hello);
		if (sizes[row].size == 0) {
			EXPECT(status == SPOP_BAD_FRAME_SIZE, "%s", notation);
		} else {
			EXPECT(status == SPOP_NORMAL, "%s", notation);
			EXPECT(hello.max_frame_size == sizes[row].size, "%s",
			    notation);
		}
		bytes_free(&payload);
	}
}
END_TEST

START_TEST(cuts_long_engine_ids)
{
	for (size_t length = 0; length < 240; length++) {
		struct bytes list = bytes_read(V S W ENGINE "08 00");
		struct bytes payload = bytes_new(list.size + length);
		struct spop_hello hello;

		memcpy(payload.data, list.data, list.size);
		payload.data[list.size - 1] = (uint8_t)length;
		memset(payload.data + list.size, 'e', length);
		ck_assert_int_eq(read_payload(payload, &hello), SPOP_NORMAL);
		ck_assert_uint_eq(
		    hello.engine_id.length, length < 64 ? length : 64);
		bytes_free(&payload);
		bytes_free(&list);
	}
}
END_TEST

/* A list that ends between two keys lacks some; else it is broken. */
START_TEST(refuses_every_prefix)
{
	struct bytes whole = bytes_read(V S W);

	ck_assert_uint_eq(whole.size, 24 + 19 + 25);
	for (size_t size = 0; size < whole.size; size++) {
		struct bytes cut = bytes_copy(whole.data, size);
		enum spop_status expected = SPOP_INVALID;
		struct spop_hello hello;

		if (size == 0)
			expected = SPOP_NO_VERSION;
		else if (size == 24)
			expected = SPOP_NO_FRAME_SIZE;
		else if (size == 24 + 19)
			expected = SPOP_NO_CAPABILITIES;
		EXPECT(read_payload(cut, &hello) == expected, "%zu", size);
		bytes_free(&cut);
	}
	bytes_free(&whole);
}
END_TEST

/* ---- the answer ---- */

static void
write_pipelining(struct spop_writer *writer)
{
	const struct spop_agent_hello hello = {16380, true, false};

	spop_agent_hello_write(writer, &hello);
}

static void
write_both(struct spop_writer *writer)
{
	const struct spop_agent_hello hello = {16380, true, true};

	spop_agent_hello_write(writer, &hello);
}

static void
write_neither(struct spop_writer *writer)
{
	const struct spop_agent_hello hello = {256, false, false};

	spop_agent_hello_write(writer, &hello);
}

static void
write_fragmentation(struct spop_writer *writer)
{
	const struct spop_agent_hello hello = {UINT32_MAX, false, true};

	spop_agent_hello_write(writer, &hello);
}

START_TEST(writes_answers)
{
	bytes_expect_written(write_pipelining, SAMPLE_AGENT_HELLO);
	bytes_expect_written(write_both,
	    "0000004e 65 00000001 00 00 07'version' 08 03'2.0' "
	    "0e'max-frame-size' 03 fcf006 "
	    "0c'capabilities' 08 18'pipelining,fragmentation'");
	bytes_expect_written(write_neither,
	    "00000035 65 00000001 00 00 07'version' 08 03'2.0' "
	    "0e'max-frame-size' 03 f001 0c'capabilities' 08 00");
	bytes_expect_written(write_fragmentation,
	    "00000045 65 00000001 00 00 07'version' 08 03'2.0' "
	    "0e'max-frame-size' 03 fff0fefe7e "
	    "0c'capabilities' 08 0d'fragmentation'");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hello");
	TCase *tcase = tcase_create("hello");

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, reads_frames);
	tcase_add_test(tcase, refuses_headers);
	tcase_add_test(tcase, reads_lists);
	tcase_add_test(tcase, refuses_wrong_types);
	tcase_add_test(tcase, reads_versions);
	tcase_add_test(tcase, reads_capabilities);
	tcase_add_test(tcase, reads_frame_sizes);
	tcase_add_test(tcase, cuts_long_engine_ids);
	tcase_add_test(tcase, refuses_every_prefix);
	tcase_add_test(tcase, writes_answers);
	return bytes_run(suite);
}
