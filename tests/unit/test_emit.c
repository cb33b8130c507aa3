/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Random frames of the agent. With TRUESRC_EMIT=FILE in the environment they
 * are written there, a line each: the bytes, and what they are meant to say.
 * tests/tools/check_emitted.py reads that with a decoder of its own.
 */

#include "proto/spop/ack.h"
#include "proto/spop/disconnect.h"
#include "proto/spop/hello.h"

#include <inttypes.h>
#include <stdio.h>

#include "tests/unit/spop_bytes.h"

enum { FRAMES = 6000, FRAME_ROOM = 16384, ACTIONS_MAX = 12, TEXT_MAX = 400 };

/* The longest name that fits behind "proc.truesrc." */
enum { NAME_MAX_LENGTH = 50 };

struct emission {
	FILE *file; /* what was meant goes here */
	uint64_t random;
	uint8_t text[TEXT_MAX];
};

static uint64_t
draw(struct emission *emission, uint64_t limit)
{
	emission->random ^= emission->random << 13;
	emission->random ^= emission->random >> 7;
	emission->random ^= emission->random << 17;
	return emission->random % limit;
}

/* A number of any size: half of them are small. */
static uint64_t
draw_number(struct emission *emission)
{
	uint64_t bits = draw(emission, 65);

	if (bits == 0)
		return 0;
	draw(emission, 2);
	return emission->random >> (64 - bits);
}

static struct view
draw_name(struct emission *emission)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
	size_t length = 1 + draw(emission, NAME_MAX_LENGTH);

	for (size_t i = 0; i < length; i++)
		emission->text[i] =
		    (uint8_t)letters[draw(emission, sizeof(letters) - 1)];
	return (struct view){(const char *)emission->text, length};
}

static struct view
draw_text(struct emission *emission)
{
	size_t limit = draw(emission, 4) == 0 ? TEXT_MAX : 12;
	size_t length = draw(emission, limit);

	for (size_t i = 0; i < length; i++)
		emission->text[i] = (uint8_t)draw(emission, 256);
	return (struct view){(const char *)emission->text, length};
}

static void
say_hex(struct emission *emission, struct view bytes)
{
	for (size_t i = 0; i < bytes.length; i++)
		fprintf(emission->file, "%02x", (uint8_t)bytes.data[i]);
}

/* ---- values ---- */

static void
emit_null(struct emission *emission, struct spop_writer *writer)
{
	spop_write_null(writer);
	fputs(" null", emission->file);
}

static void
emit_boolean(struct emission *emission, struct spop_writer *writer)
{
	bool boolean = draw(emission, 2) == 1;

	spop_write_boolean(writer, boolean);
	fputs(boolean ? " true" : " false", emission->file);
}

static void
emit_uint32(struct emission *emission, struct spop_writer *writer)
{
	uint32_t number = (uint32_t)draw_number(emission);

	spop_write_uint32(writer, number);
	fprintf(emission->file, " uint32 %" PRIu32, number);
}

static void
emit_int64(struct emission *emission, struct spop_writer *writer)
{
	int64_t number = (int64_t)draw_number(emission);

	spop_write_int64(writer, number);
	fprintf(emission->file, " int64 %" PRId64, number);
}

static void
emit_ipv4(struct emission *emission, struct spop_writer *writer)
{
	const struct address address = {
	    .lo = (uint32_t)draw_number(emission), .family = ADDRESS_IPV4};

	spop_write_address(writer, &address);
	fprintf(emission->file, " ipv4 %08" PRIx64, address.lo);
}

static void
emit_ipv6(struct emission *emission, struct spop_writer *writer)
{
	const struct address address = {.hi = draw_number(emission),
	    .lo = draw_number(emission),
	    .family = ADDRESS_IPV6};

	spop_write_address(writer, &address);
	fprintf(emission->file, " ipv6 %016" PRIx64 "%016" PRIx64, address.hi,
	    address.lo);
}

static void
emit_text(struct emission *emission, struct spop_writer *writer)
{
	struct view text = draw_text(emission);

	spop_write_text(writer, text);
	fputs(" string ", emission->file);
	say_hex(emission, text);
}

/* ---- frames ---- */

typedef void emit_f(struct emission *emission, struct spop_writer *writer);

static emit_f *const value_emitters[] = {emit_null, emit_boolean, emit_uint32,
    emit_int64, emit_ipv4, emit_ipv6, emit_text};

static const char *const scopes[] = {"proc", "sess", "txn", "req", "res"};

static void
emit_action(struct emission *emission, struct spop_writer *writer)
{
	enum spop_scope scope = (enum spop_scope)draw(emission, 5);
	bool set = draw(emission, 8) != 0;
	struct view name = draw_name(emission);

	fprintf(emission->file, "; %s %s %.*s", set ? "set" : "unset",
	    scopes[scope], (int)name.length, name.data);
	if (set) {
		spop_ack_set(writer, scope, name);
		value_emitters[draw(emission, 7)](emission, writer);
	} else {
		spop_ack_unset(writer, scope, name);
	}
}

static void
emit_ack(struct emission *emission, struct spop_writer *writer)
{
	uint64_t stream_id = draw_number(emission);
	uint64_t frame_id = draw_number(emission);
	uint8_t *begin =
	    spop_frame_begin(writer, SPOP_ACK, stream_id, frame_id);
	uint64_t actions = 1 + draw(emission, ACTIONS_MAX);

	fprintf(
	    emission->file, "ack %" PRIu64 " %" PRIu64, stream_id, frame_id);
	for (uint64_t i = 0; i < actions; i++)
		emit_action(emission, writer);
	spop_frame_end(writer, begin);
}

static void
emit_hello(struct emission *emission, struct spop_writer *writer)
{
	struct spop_agent_hello hello = {
	    .max_frame_size = (uint32_t)draw_number(emission),
	    .pipelining = draw(emission, 2) == 1,
	    .fragmentation = draw(emission, 2) == 1,
	};

	if (hello.max_frame_size < SPOP_FRAME_SIZE_MIN)
		hello.max_frame_size = SPOP_FRAME_SIZE_MIN;
	spop_agent_hello_write(writer, &hello);
	fprintf(emission->file, "hello %" PRIu32 "%s%s", hello.max_frame_size,
	    hello.pipelining ? " pipelining" : "",
	    hello.fragmentation ? " fragmentation" : "");
}

static void
emit_disconnect(struct emission *emission, struct spop_writer *writer)
{
	unsigned status = (unsigned)draw(emission, 101);

	spop_disconnect_write(writer, (enum spop_status)status);
	fprintf(emission->file, "disconnect %u", status);
}

static void
emit_frame(struct emission *emission, struct spop_writer *writer)
{
	switch (draw(emission, 8)) {
	case 0:
		emit_hello(emission, writer);
		break;
	case 1:
		emit_disconnect(emission, writer);
		break;
	default:
		emit_ack(emission, writer);
	}
}

static void
expect_one_frame(struct view bytes)
{
	struct spop_frame frame;
	enum spop_status status;

	EXPECT(spop_frame_split(bytes, FRAME_ROOM, &frame, NULL, &status) ==
		   SPOP_SPLIT_FRAME,
	    "%zu bytes", bytes.length);
	EXPECT(frame.size == bytes.length, "%zu bytes", bytes.length);
	EXPECT(frame.flags == SPOP_FIN, "%zu bytes", bytes.length);
}

START_TEST(emits_frames)
{
	const char *name = getenv("TRUESRC_EMIT");
	struct emission emission = {
	    .file = fopen(name != NULL ? name : "/dev/null", "w"),
	    .random = 0x9e3779b97f4a7c15,
	};
	struct bytes room = bytes_new(FRAME_ROOM);

	ck_assert_ptr_nonnull(emission.file);
	for (unsigned i = 0; i < FRAMES; i++) {
		struct spop_writer writer;
		struct view bytes = bytes_view(room);

		spop_writer_init(&writer, room.data, room.size);
		emit_frame(&emission, &writer);
		EXPECT(!writer.overflow, "frame %u", i);
		bytes.length = (size_t)(writer.at - room.data);
		expect_one_frame(bytes);
		fputs("\t", emission.file);
		say_hex(&emission, bytes);
		fputs("\n", emission.file);
	}
	ck_assert_int_eq(fclose(emission.file), 0);
	bytes_free(&room);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("emit");
	TCase *tcase = tcase_create("emit");

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, emits_frames);
	return bytes_run(suite);
}
