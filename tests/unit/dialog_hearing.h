/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_DIALOG_HEARING_H
#define TESTS_UNIT_DIALOG_HEARING_H

/*
 * A dialog that hears bytes cut anywhere. What it reads ends where its memory
 * ends: an allocation of exactly that size for AddressSanitizer, else the last
 * bytes before a page that cannot be read.
 */

#include <sys/mman.h>

#include "tests/unit/dialog_fixture.h"
#include "tests/unit/dialog_said.h"
#include "tests/unit/policy_fixture.h"

#include "agent/spop/dialog.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EXACT_BY_SANITIZER
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define EXACT_BY_SANITIZER
#endif

enum {
	HEARING_FRAME = 65536,
	HEARING_FRAGMENTS = 65536,
	HEARING_INPUT = 1 << 18,
	HEARING_SAID = 1 << 16,
	HEARING_ROOMS = 8,
};

/* What came of it. */
struct outcome {
	enum dialog_result result;
	unsigned state;
	unsigned status;
	bool by_peer;
	unsigned requests;
	size_t left; /* bytes of a frame that is not whole yet */
	size_t length;
	uint8_t said[HEARING_SAID];
};

struct hearing {
	struct generation *generation;
	struct request *request;
	struct counters counters;
	struct remark remark;
	struct pool pool;
	struct dialog_limits limits;
	struct dialog dialog;
	uint8_t *wall; /* what cannot be read begins here */
	uint8_t *rooms[HEARING_ROOMS];
	size_t sizes[HEARING_ROOMS];
	FILE *record; /* inputs and what was said, or NULL */
	uint64_t cases;
};

/* ---- memory of exactly that size ---- */

#ifdef EXACT_BY_SANITIZER

static inline void
exact_init(struct hearing *hearing)
{
	hearing->wall = NULL;
}

static inline uint8_t *
exact_copy(struct hearing *hearing, const uint8_t *data, size_t length)
{
	uint8_t *copy = malloc(length);

	(void)hearing;
	if (length > 0)
		memcpy(copy, data, length);
	return copy;
}

static inline void
exact_free(uint8_t *copy)
{
	free(copy);
}

#else

static inline void
exact_init(struct hearing *hearing)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *memory = mmap(NULL, HEARING_INPUT + page,
	    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	hearing->wall = memory + HEARING_INPUT;
	ck_assert_int_eq(mprotect(hearing->wall, page, PROT_NONE), 0);
}

static inline uint8_t *
exact_copy(struct hearing *hearing, const uint8_t *data, size_t length)
{
	return memcpy(hearing->wall - length, data, length);
}

static inline void
exact_free(uint8_t *copy)
{
	(void)copy;
}

#endif

/* A buffer of that size, the same one again. */
static inline uint8_t *
hearing_room(struct hearing *hearing, size_t size)
{
	for (unsigned i = 0; i < HEARING_ROOMS; i++) {
		if (hearing->rooms[i] == NULL) {
			hearing->rooms[i] = malloc(size);
			hearing->sizes[i] = size;
		}
		if (hearing->sizes[i] == size)
			return hearing->rooms[i];
	}
	free(hearing->rooms[0]);
	hearing->rooms[0] = malloc(size);
	hearing->sizes[0] = size;
	return hearing->rooms[0];
}

/* ---- a dialog ---- */

static inline void
hearing_init(struct hearing *hearing, const char *yaml)
{
	const char *record = getenv("TRUESRC_RECORD");

	memset(hearing, 0, sizeof(*hearing));
	hearing->generation = generation_of(yaml);
	hearing->request =
	    request_new(generation_names(hearing->generation), HEARING_INPUT);
	ck_assert_ptr_nonnull(hearing->request);
	hearing->limits = (struct dialog_limits){
	    .frame_size = HEARING_FRAME, .fragments = HEARING_FRAGMENTS};
	pool_init(&hearing->pool, HEARING_FRAGMENTS);
	exact_init(hearing);
	if (record != NULL)
		hearing->record = fopen(record, "a");
}

static inline void
hearing_fini(struct hearing *hearing)
{
	if (hearing->record != NULL)
		fclose(hearing->record);
	for (unsigned i = 0; i < HEARING_ROOMS; i++)
		free(hearing->rooms[i]);
	pool_fini(&hearing->pool);
	request_free(hearing->request);
	generation_free(hearing->generation);
}

/* Hears data, and gives how much of it is left. */
static inline size_t
hearing_hear(struct hearing *hearing, struct outcome *outcome,
    const uint8_t *data, size_t length)
{
	const struct dialog_context context = {
	    .message = {hearing->generation, hearing->request,
		&hearing->counters, &hearing->remark},
	    .limits = &hearing->limits,
	    .pool = &hearing->pool,
	    .pipelining = true,
	};

	do {
		size_t size = dialog_room(&hearing->dialog);
		uint8_t *room = hearing_room(hearing, size);
		uint8_t *copy = exact_copy(hearing, data, length);
		struct view input = {(const char *)copy, length};
		struct spop_writer writer;
		size_t said;

		spop_writer_init(&writer, room, size);
		outcome->result =
		    dialog_receive(&hearing->dialog, &context, &input, &writer);
		exact_free(copy);
		said = (size_t)(writer.at - room);
		if (writer.overflow || said > HEARING_SAID - outcome->length)
			ck_abort_msg("more was said than there is room for");
		memcpy(outcome->said + outcome->length, room, said);
		outcome->length += said;
		data += length - input.length;
		length = input.length;
	} while (outcome->result == DIALOG_FULL);
	return length;
}

/*
 * The data in pieces: up to each of the cuts, which rise, and the rest. A piece
 * is heard together with what the one before left over, as a connection does.
 */
static inline void
hearing_converse(struct hearing *hearing, struct outcome *outcome,
    const uint8_t *data, size_t length, const size_t *cuts, size_t count)
{
	size_t from = 0;

	dialog_init(&hearing->dialog, &hearing->limits);
	outcome->length = 0;
	outcome->result = DIALOG_MORE;
	for (size_t i = 0; i <= count && outcome->result != DIALOG_CLOSE; i++) {
		size_t to = i < count ? cuts[i] : length;

		from =
		    to - hearing_hear(hearing, outcome, data + from, to - from);
	}
	outcome->left = length - from;
	outcome->state = hearing->dialog.state;
	outcome->status = hearing->dialog.status;
	outcome->by_peer = hearing->dialog.by_peer;
	outcome->requests = hearing->dialog.requests;
	dialog_fini(&hearing->dialog, &hearing->pool);
	if (hearing->pool.lent != 0)
		ck_abort_msg("a buffer is kept");
	hearing->cases++;
}

static inline void
hearing_write_hex(FILE *file, const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		fprintf(file, "%02x", data[i]);
}

/* For a decoder of another making: tests/tools/check_dialogs.py. */
static inline void
hearing_record(struct hearing *hearing, const struct outcome *outcome,
    const uint8_t *data, size_t length)
{
	if (hearing->record == NULL)
		return;
	hearing_write_hex(hearing->record, data, length);
	fputc('\t', hearing->record);
	hearing_write_hex(hearing->record, outcome->said, outcome->length);
	fputc('\n', hearing->record);
}

#endif
