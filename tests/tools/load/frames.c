/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/load/frames.h"
#include "tests/tools/load/question.h"

#include <stdlib.h>

static uint8_t *
put_notify(uint8_t *at, const struct question *question, uint64_t number)
{
	at = put_header(at, WIRE_NOTIFY, number, 1, question->length);
	memcpy(at, question->payload, question->length);
	return at + question->length;
}

struct frames
frames_make(size_t count, uint32_t prefixes, int hops)
{
	const struct question_settings settings = {
	    .count = count, .seed = 1, .prefixes = prefixes, .chain = hops};
	struct questions questions;
	struct frames frames = {NULL, 0};

	if (questions_make(&questions, &settings))
		frames.bytes =
		    malloc((count + 1) * (WIRE_HEADER_MAX + QUESTION_MAX));
	if (frames.bytes != NULL) {
		uint8_t *at = put_hello(frames.bytes, "pipelining", 1);

		for (size_t i = 0; i < count; i++)
			at = put_notify(at, &questions.list[i], i + 1);
		frames.length = (size_t)(at - frames.bytes);
	}
	questions_free(&questions);
	return frames;
}
