/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/spop/frame.h"

#include "proto/spop/cursor.h"

const char *
spop_status_text(unsigned status)
{
	static const char *const texts[] = {
	    [SPOP_NORMAL] = "normal",
	    [SPOP_IO] = "I/O error",
	    [SPOP_TIMEOUT] = "a timeout occurred",
	    [SPOP_TOO_BIG] = "frame is too big",
	    [SPOP_INVALID] = "invalid frame received",
	    [SPOP_NO_VERSION] = "version value not found",
	    [SPOP_NO_FRAME_SIZE] = "max-frame-size value not found",
	    [SPOP_NO_CAPABILITIES] = "capabilities value not found",
	    [SPOP_BAD_VERSION] = "unsupported version",
	    [SPOP_BAD_FRAME_SIZE] = "max-frame-size too big or too small",
	    [SPOP_NO_FRAGMENTATION] = "fragmentation not supported",
	    [SPOP_INTERLACED] = "invalid interlaced frames",
	    [SPOP_FRAME_ID_NOT_FOUND] = "frame-id not found",
	    [SPOP_RESOURCE] = "resource allocation error",
	};

	/* The number may be the peer's. */
	if (status < sizeof(texts) / sizeof(texts[0]))
		return texts[status];
	return "an unknown error occurred";
}

/* body: one whole frame behind its length, at least SPOP_FRAME_MIN bytes. */
static bool
read_header(struct view body, struct spop_frame *frame)
{
	struct spop_reader reader;

	spop_reader_init(&reader, body);
	frame->type = cursor_read_byte(&reader);
	frame->flags = spop_read_u32(&reader);
	frame->stream_id = cursor_read_varint(&reader);
	frame->frame_id = cursor_read_varint(&reader);
	frame->payload =
	    (struct view){(const char *)reader.at, cursor_left(&reader)};
	return !reader.failed;
}

static enum spop_split
split_more(size_t *needed, size_t size)
{
	if (needed != NULL)
		*needed = size;
	return SPOP_SPLIT_MORE;
}

static enum spop_split
split_error(enum spop_status *status, enum spop_status what)
{
	*status = what;
	return SPOP_SPLIT_ERROR;
}

enum spop_split
spop_frame_split(struct view input, size_t frame_size, struct spop_frame *frame,
    size_t *needed, enum spop_status *status)
{
	size_t length;

	if (input.length < SPOP_LENGTH_SIZE)
		return split_more(needed, SPOP_LENGTH_SIZE);
	length = cursor_get_u32((const uint8_t *)input.data);
	if (length > frame_size)
		return split_error(status, SPOP_TOO_BIG);
	if (length < SPOP_FRAME_MIN)
		return split_error(status, SPOP_INVALID);
	if (length > input.length - SPOP_LENGTH_SIZE)
		return split_more(needed, SPOP_LENGTH_SIZE + length);
	input = (struct view){input.data + SPOP_LENGTH_SIZE, length};
	if (!read_header(input, frame))
		return split_error(status, SPOP_INVALID);
	frame->size = SPOP_LENGTH_SIZE + length;
	return SPOP_SPLIT_FRAME;
}

uint8_t *
spop_frame_begin(struct spop_writer *writer, enum spop_frame_type type,
    uint64_t stream_id, uint64_t frame_id)
{
	uint8_t *begin = writer->at;
	uint8_t head[SPOP_LENGTH_SIZE + 1 + 4] = {0};

	head[SPOP_LENGTH_SIZE] = (uint8_t)type;
	cursor_put_u32(head + SPOP_LENGTH_SIZE + 1, SPOP_FIN);
	cursor_write_bytes(writer, head, sizeof(head));
	cursor_write_varint(writer, stream_id);
	cursor_write_varint(writer, frame_id);
	return begin;
}

void
spop_frame_end(struct spop_writer *writer, uint8_t *begin)
{
	/* After an overflow there may be no room for the length itself. */
	if (!writer->overflow)
		cursor_put_u32(
		    begin, (uint32_t)(writer->at - begin - SPOP_LENGTH_SIZE));
}
