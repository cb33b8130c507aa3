/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_FRAME_CORPUS_H
#define TESTS_UNIT_FRAME_CORPUS_H

/*
 * Valid frames, each with what has to be said before it: what four HAProxys
 * said (tests/captures, by tests/tools/capture.py), and frames written by hand.
 */

#include "tests/unit/dialog_conversations.h"

enum {
	CORPUS_MAX = 512,
	CORPUS_VERSIONS = 4,
	CORPUS_BY_HAND = CORPUS_VERSIONS, /* in the place of a version */
	CORPUS_LINE = 1 << 16,
};

static const char *const corpus_versions[CORPUS_VERSIONS] = {
    "2.6", "3.0", "3.2", "3.4"};

struct specimen {
	unsigned version; /* index of corpus_versions, or CORPUS_BY_HAND */
	unsigned number;  /* line of the file, or row of the table */
	uint8_t *before;
	size_t before_length;
	uint8_t *frame;
	size_t length;
};

struct corpus {
	size_t count;
	struct specimen list[CORPUS_MAX];
};

enum { FRAME_TYPE_AT = 4, FRAME_FIN_AT = 8 };

static inline unsigned
specimen_type(const struct specimen *specimen)
{
	return specimen->frame[FRAME_TYPE_AT];
}

static inline uint8_t *
corpus_copy(const uint8_t *data, size_t length)
{
	uint8_t *copy = malloc(length + 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, data, length);
	return copy;
}

static inline void
corpus_add(struct corpus *corpus, unsigned version, unsigned number,
    const struct bytes *before, const uint8_t *frame, size_t length)
{
	ck_assert_uint_lt(corpus->count, CORPUS_MAX);
	corpus->list[corpus->count++] = (struct specimen){
	    .version = version,
	    .number = number,
	    .before = corpus_copy(before->data, before->length),
	    .before_length = before->length,
	    .frame = corpus_copy(frame, length),
	    .length = length,
	};
}

static inline void
corpus_put(struct bytes *bytes, const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		put_byte(bytes, data[i]);
}

/* before is hello, and behind it the pieces of the NOTIFY under way. */
struct context {
	struct bytes hello;
	struct bytes before;
};

/* Takes notice of a frame for those that follow it. */
static inline void
context_add(struct context *context, const uint8_t *frame, size_t length)
{
	unsigned type = frame[FRAME_TYPE_AT];
	bool last = frame[FRAME_FIN_AT] & 1;

	if (type == 1) {
		context->hello.length = 0;
		corpus_put(&context->hello, frame, length);
	}
	if (type <= 3 && last)
		context->before = context->hello;
	else if (type <= 3)
		corpus_put(&context->before, frame, length);
}

static inline void
corpus_add_line(struct corpus *corpus, unsigned version, unsigned number,
    struct context *context, const char *line)
{
	struct bytes *frame = bytes_of(line);

	if (frame->length == 0) {
		context->hello.length = context->before.length = 0;
	} else {
		corpus_add(corpus, version, number, &context->before,
		    frame->data, frame->length);
		context_add(context, frame->data, frame->length);
	}
	free(frame);
}

static inline void
corpus_add_captures(struct corpus *corpus, unsigned version)
{
	char path[64];
	char *line = malloc(CORPUS_LINE);
	struct context *context = calloc(1, sizeof(*context));
	unsigned number = 0;
	FILE *file;

	snprintf(path, sizeof(path), "tests/captures/haproxy-%s.txt",
	    corpus_versions[version]);
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s: run this from the root", path);
	while (fgets(line, CORPUS_LINE, file) != NULL) {
		number++;
		if (line[0] != '#')
			corpus_add_line(corpus, version, number, context, line);
	}
	fclose(file);
	free(context);
	free(line);
}

/* Every frame of the conversations by hand that go well. */
static inline void
corpus_add_by_hand(struct corpus *corpus)
{
	struct bytes *before = calloc(1, sizeof(*before));

	for (unsigned i = 0; i < CONVERSATIONS; i++) {
		const struct conversation *row = &conversations[i];
		struct bytes *input = bytes_of(row->input);
		size_t at = 0;

		before->length = 0;
		if (row->state == DIALOG_OVER && row->status != 0)
			input->length = 0;
		/* Nothing behind a DISCONNECT is read. */
		for (unsigned type = 1;
		     at + FRAME_FIN_AT < input->length && type != 2;) {
			const uint8_t *frame = input->data + at;
			size_t length = 4 + ((size_t)frame[2] << 8) + frame[3];

			type = frame[FRAME_TYPE_AT];
			if (length > input->length - at)
				break;
			corpus_add(
			    corpus, CORPUS_BY_HAND, i, before, frame, length);
			corpus_put(before, frame, length);
			at += length;
		}
		free(input);
	}
	free(before);
}

static inline void
corpus_load(struct corpus *corpus)
{
	corpus->count = 0;
	for (unsigned version = 0; version < CORPUS_VERSIONS; version++)
		corpus_add_captures(corpus, version);
	corpus_add_by_hand(corpus);
}

static inline void
corpus_free(struct corpus *corpus)
{
	for (size_t i = 0; i < corpus->count; i++) {
		free(corpus->list[i].before);
		free(corpus->list[i].frame);
	}
	corpus->count = 0;
}

#endif
