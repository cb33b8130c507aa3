/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/dialog_conversations.h"
#include "tests/unit/policy_fixture.h"

static const char yaml[] =
    "limits: {frame-size: 1000, fragments: 2000}\n"
    "policies:\n"
    "  default: {return: [allowed]}\n"
    "  long: {trust: any, return: [allowed],\n"
    "    forward: {X-Forwarded-Host: {trusted: own, untrusted: own},\n"
    "      X-Forwarded-Path: {trusted: own, untrusted: own}}}\n";

static struct generation *generation;
static struct request *request;
static struct counters counters;
static struct remark remark;
static struct pool pool;
static struct dialog_limits limits;
static struct dialog_context context;
static struct dialog dialog;

static void
set_up(void)
{
	generation = generation_of(yaml);
	request = request_new(generation_names(generation), BYTES_MAX);
	ck_assert_ptr_nonnull(request);
	memset(&counters, 0, sizeof(counters));
	limits = (struct dialog_limits){.frame_size = 1000, .fragments = 2000};
	pool_init(&pool, limits.fragments);
	context = (struct dialog_context){
	    .message = {generation, request, &counters, &remark},
	    .limits = &limits,
	    .pool = &pool,
	    .pipelining = true,
	};
	dialog_init(&dialog, &limits);
}

static void
tear_down(void)
{
	dialog_fini(&dialog, &pool);
	pool_fini(&pool);
	request_free(request);
	generation_free(generation);
}

/* ---- feeding a dialog as a connection does ---- */

struct feeder {
	struct bytes kept; /* input that was not taken yet */
	struct bytes sent;
	size_t room; /* of the output, beyond what a frame needs */
	bool closed;
	unsigned rounds;
};

static void
feed(struct feeder *feeder, const uint8_t *data, size_t length)
{
	struct bytes *kept = &feeder->kept;
	enum dialog_result result = DIALOG_FULL;

	memcpy(kept->data + kept->length, data, length);
	kept->length += length;
	while (result == DIALOG_FULL && !feeder->closed) {
		size_t size = dialog_room(&dialog) + feeder->room;
		uint8_t *out = malloc(size);
		/* Of its size exactly, for the sanitizers. */
		char *exact = malloc(kept->length);
		struct view input = {exact, kept->length};
		struct spop_writer writer;

		memcpy(exact, kept->data, kept->length);
		spop_writer_init(&writer, out, size);
		result = dialog_receive(&dialog, &context, &input, &writer);
		ck_assert(!writer.overflow);
		for (uint8_t *at = out; at < writer.at; at++)
			put_byte(&feeder->sent, *at);
		memmove(kept->data, kept->data + (kept->length - input.length),
		    input.length);
		kept->length = input.length;
		feeder->closed = result == DIALOG_CLOSE;
		feeder->rounds++;
		free(exact);
		free(out);
	}
}

static void
check_end(const struct conversation *row, struct feeder *feeder)
{
	struct bytes *expected = bytes_of(row->output);

	assert_bytes(
	    row->name, feeder->sent.data, feeder->sent.length, expected);
	ck_assert_msg(dialog.state == row->state, "%s: state %u", row->name,
	    dialog.state);
	ck_assert_msg(feeder->closed == (row->state == DIALOG_OVER),
	    "%s: closed or not", row->name);
	if (row->state == DIALOG_OVER)
		ck_assert_msg(dialog.status == row->status, "%s: status %u",
		    row->name, dialog.status);
	ck_assert_msg(pool.lent == (row->state == DIALOG_FRAGMENTED),
	    "%s: buffers", row->name);
	free(expected);
}

/* In pieces of these sizes, the last one for all that is left. */
static void
converse(const struct conversation *row, const size_t *cuts, size_t room)
{
	struct feeder *feeder = calloc(1, sizeof(*feeder));
	struct bytes *input = bytes_of(row->input);
	size_t at = 0;

	dialog_fini(&dialog, &pool);
	dialog_init(&dialog, &limits);
	feeder->room = room;
	while (at < input->length) {
		size_t size = *cuts;
		if (size == 0 || size > input->length - at)
			size = input->length - at;
		else if (cuts[1] != 0)
			cuts++;
		feed(feeder, input->data + at, size);
		at += size;
	}
	check_end(row, feeder);
	free(input);
	free(feeder);
}

START_TEST(test_conversations)
{
	converse(&conversations[_i], (const size_t[]){0, 0}, 4096);
}
END_TEST

START_TEST(test_dribbled)
{
	converse(&conversations[_i], (const size_t[]){1, 0}, 4096);
	converse(&conversations[_i], (const size_t[]){3, 0}, 0);
}
END_TEST

START_TEST(test_cut_in_two)
{
	struct bytes *input = bytes_of(conversations[_i].input);

	for (size_t cut = 1; cut < input->length; cut++)
		converse(&conversations[_i], (const size_t[]){cut, SIZE_MAX, 0},
		    4096);
	free(input);
}
END_TEST

/* Room for one answer at a time: the same output, in more rounds. */
START_TEST(test_little_room)
{
	for (size_t room = 0; room < 60; room += 7)
		converse(&conversations[_i], (const size_t[]){0, 0}, room);
}
END_TEST

/* ---- back-pressure ---- */

START_TEST(test_no_room_nothing_taken)
{
	struct bytes *input = bytes_of(HELLO);
	struct view view = {(const char *)input->data, input->length};
	uint8_t out[4096];
	struct spop_writer writer;

	spop_writer_init(&writer, out, dialog_room(&dialog) - 1);
	ck_assert_int_eq(
	    dialog_receive(&dialog, &context, &view, &writer), DIALOG_FULL);
	ck_assert_uint_eq(view.length, input->length);
	ck_assert_ptr_eq(writer.at, out);
	ck_assert_int_eq(dialog.state, DIALOG_GREETING);
	spop_writer_init(&writer, out, dialog_room(&dialog));
	ck_assert_int_eq(
	    dialog_receive(&dialog, &context, &view, &writer), DIALOG_MORE);
	ck_assert_uint_eq(view.length, 0);
	free(input);
}
END_TEST

/* ---- limits ---- */

START_TEST(test_no_fragmentation)
{
	const struct conversation rows[] = {
	    {"not announced", HELLO, AGENT_HELLO_OF("f82f", "pipelining"),
		DIALOG_OPEN, 0},
	    {"not taken", HELLO PIECE_1("01 01"),
		AGENT_HELLO_OF("f82f", "pipelining") BYE_NO_FRAGMENTS,
		DIALOG_OVER, 10},
	    {"none is open", HELLO PIECE_2("01 01"),
		AGENT_HELLO_OF("f82f", "pipelining") BYE_NOT_FOUND, DIALOG_OVER,
		12},
	};

	limits.fragments = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		converse(&rows[i], (const size_t[]){0, 0}, 0);
}
END_TEST

START_TEST(test_no_pipelining)
{
	const struct conversation row = {"not announced", HELLO,
	    AGENT_HELLO_OF("f82f", "fragmentation"), DIALOG_OPEN, 0};

	context.pipelining = false;
	converse(&row, (const size_t[]){0, 0}, 0);
}
END_TEST

/* A NOTIFY of that many bytes in pieces of 900, its ACK or DISCONNECT. */
static void
send_in_pieces(struct feeder *feeder, size_t size)
{
	struct bytes *payload = bytes_of("\"m\" 02 \"peer\" 06 c6336407 "
					 "\"fill\" 08");
	/* The length of the filling as a varint of two bytes. */
	size_t fill = size - payload->length - 2;
	put_byte(payload, (unsigned)(fill & 15) | 240);
	put_byte(payload, (unsigned)((fill - 240) >> 4));
	while (payload->length < size)
		put_byte(payload, '.');
	for (size_t at = 0; at < size; at += 900) {
		size_t length = size - at < 900 ? size - at : 900;
		bool last = at + length == size;
		struct bytes *frame = bytes_of("00000000");
		frame->data[2] = (uint8_t)((length + 7) >> 8);
		frame->data[3] = (uint8_t)(length + 7);
		append(frame, at == 0 ? "03" : "00");
		append(frame, last ? "00000001 01 01" : "00000000 01 01");
		for (size_t i = 0; i < length; i++)
			put_byte(frame, payload->data[at + i]);
		feed(feeder, frame->data, frame->length);
		free(frame);
	}
	free(payload);
}

START_TEST(test_as_many_fragments_as_allowed)
{
	static const struct {
		size_t size;
		const char *output;
	} rows[] = {{1999, AGENT_HELLO ACK("01 01")},
	    {2000, AGENT_HELLO ACK("01 01")}, {2001, AGENT_HELLO BYE_TOO_BIG}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct feeder *feeder = calloc(1, sizeof(*feeder));
		struct bytes *hello = bytes_of(HELLO);
		struct bytes *expected = bytes_of(rows[i].output);

		dialog_fini(&dialog, &pool);
		dialog_init(&dialog, &limits);
		feed(feeder, hello->data, hello->length);
		send_in_pieces(feeder, rows[i].size);
		assert_bytes(
		    "pieces", feeder->sent.data, feeder->sent.length, expected);
		ck_assert_uint_eq(pool.lent, 0);
		free(expected);
		free(hello);
		free(feeder);
	}
}
END_TEST

START_TEST(test_no_memory_for_fragments)
{
	const struct conversation row = {"13", HELLO PIECE_1("01 01"),
	    AGENT_HELLO BYE_RESOURCE, DIALOG_OVER, 13};
	struct pool small = pool;

	pool.size = (size_t)1 << 60;
	converse(&row, (const size_t[]){0, 0}, 0);
	pool.size = small.size;
}
END_TEST

/* Whatever is asked, no frame is longer than was agreed. */
START_TEST(test_answers_fit_the_agreed_size)
{
	for (unsigned size = 256; size < 1000; size++) {
		struct feeder *feeder = calloc(1, sizeof(*feeder));
		struct bytes *input = bytes_of("00000000 01 00000001 00 00");
		struct spop_frame frame;
		enum spop_status status;

		dialog_fini(&dialog, &pool);
		dialog_init(&dialog, &limits);
		append(input, KEY("supported-versions") "08 \"2.0\"" KEY(
				  "max-frame-size") "03");
		put_byte(input, (size & 15) | 240);
		put_byte(input, (size - 240) >> 4);
		append(input, KEY("capabilities") "08 00");
		input->data[3] = (uint8_t)(input->length - 4);
		feed(feeder, input->data, input->length);
		size_t hello = feeder->sent.length;
		/* "host" and "path" of 60 to 115 bytes come back twice. */
		input->length = 0;
		append(input, "000000ff 03 00000001 01 01 \"m\" 04 "
			      "\"policy\" 08 \"long\" \"peer\" 06 c6336407 "
			      "\"host\" 08");
		put_byte(input, 100);
		for (int i = 0; i < 100; i++)
			put_byte(input, 'h');
		append(input, "\"path\" 08");
		size_t left = 4 + 255 - input->length - 1;
		put_byte(input, (unsigned)left);
		for (size_t i = 0; i < left; i++)
			put_byte(input, 'p');
		feed(feeder, input->data, input->length);
		ck_assert_int_eq(
		    spop_frame_split(
			(struct view){(const char *)feeder->sent.data + hello,
			    feeder->sent.length - hello},
			size, &frame, NULL, &status),
		    SPOP_SPLIT_FRAME);
		ck_assert_int_eq(frame.type, SPOP_ACK);
		ck_assert_uint_eq(frame.size, feeder->sent.length - hello);
		free(input);
		free(feeder);
	}
	ck_assert_uint_gt(
	    counters_get(&counters, COUNTER_DROPPED_VARIABLES), 0);
}
END_TEST

/* ---- ends ---- */

START_TEST(test_draining)
{
	const struct conversation rows[] = {
	    {"health checks are refused", CHECK_HELLO, BYE_NORMAL, DIALOG_OVER,
		0},
	    {"dialogs are still served", HELLO NOTIFY("01 01"),
		AGENT_HELLO ACK("01 01"), DIALOG_OPEN, 0},
	};

	context.draining = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		converse(&rows[i], (const size_t[]){0, 0}, 0);
}
END_TEST

START_TEST(test_finish)
{
	static const struct {
		enum spop_status status;
		const char *output;
	} rows[] = {
	    {SPOP_NORMAL, BYE_NORMAL},
	    {SPOP_IO, BYE("01", "I/O error")},
	    {SPOP_TIMEOUT, BYE_TIMEOUT},
	    {SPOP_BAD_FRAME_SIZE,
		BYE("09", "max-frame-size too big or too small")},
	    {SPOP_UNKNOWN, BYE("63", "an unknown error occurred")},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes *expected = bytes_of(rows[i].output);
		struct view nothing = {"", 0};
		uint8_t out[2000];
		struct spop_writer writer;

		dialog_init(&dialog, &limits);
		spop_writer_init(&writer, out, DIALOG_SLACK);
		dialog_finish(&dialog, rows[i].status, &counters, &writer);
		assert_bytes(
		    "finish", out, (size_t)(writer.at - out), expected);
		ck_assert_int_eq(dialog.state, DIALOG_OVER);
		/* Over is over. */
		spop_writer_init(&writer, out, sizeof(out));
		ck_assert_int_eq(
		    dialog_receive(&dialog, &context, &nothing, &writer),
		    DIALOG_CLOSE);
		ck_assert_ptr_eq(writer.at, out);
		free(expected);
	}
}
END_TEST

START_TEST(test_counted)
{
	const struct conversation row = {"all",
	    HELLO NOTIFY("01 01") PIECES("01 02") UNKNOWN PIECE_1("01 03")
		ABORT("01 03") "00000000",
	    AGENT_HELLO ACK("01 01") ACK("01 02") BYE_INVALID, DIALOG_OVER, 4};
	static const struct {
		enum counter counter;
		uint64_t count;
	} rows[] = {{COUNTER_FRAMES_HELLO, 1}, {COUNTER_FRAMES_CHECK, 0},
	    {COUNTER_FRAMES_NOTIFY, 3}, {COUNTER_FRAMES_UNSET, 3},
	    {COUNTER_FRAMES_UNKNOWN, 1}, {COUNTER_FRAMES_AGENT_HELLO, 1},
	    {COUNTER_FRAMES_ACK, 2}, {COUNTER_FRAMES_AGENT_DISCONNECT, 1},
	    {COUNTER_ABORTED, 1}, {COUNTER_REQUESTS, 2}};

	converse(&row, (const size_t[]){0, 0}, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(
		    counters_get(&counters, rows[i].counter) == rows[i].count,
		    "%s", counter_name(rows[i].counter));
	ck_assert_uint_eq(counters.statuses[SPOP_INVALID], 1);
	ck_assert_uint_eq(dialog.requests, 3);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dialog");
	TCase *tests = tcase_create("dialog");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, test_conversations, 0, CONVERSATIONS);
	tcase_add_loop_test(tests, test_dribbled, 0, CONVERSATIONS);
	tcase_add_loop_test(tests, test_cut_in_two, 0, CONVERSATIONS);
	tcase_add_loop_test(tests, test_little_room, 0, CONVERSATIONS);
	tcase_add_test(tests, test_no_room_nothing_taken);
	tcase_add_test(tests, test_no_fragmentation);
	tcase_add_test(tests, test_no_pipelining);
	tcase_add_test(tests, test_as_many_fragments_as_allowed);
	tcase_add_test(tests, test_no_memory_for_fragments);
	tcase_add_test(tests, test_answers_fit_the_agreed_size);
	tcase_add_test(tests, test_draining);
	tcase_add_test(tests, test_finish);
	tcase_add_test(tests, test_counted);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
