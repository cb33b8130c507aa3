/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_DIALOG_MODEL_H
#define TESTS_UNIT_DIALOG_MODEL_H

/*
 * What an agent has to do with a stream of bytes, told a second time: from
 * SPOE.txt alone, all of the input at once, with nothing of proto/ or agent/.
 * Slow and plain, so that the dialog can be held against it.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { MODEL_ANSWERS = 64, MODEL_FRAGMENTS = 65536 };

enum model_state {
	MODEL_GREETING,
	MODEL_CHECKED,
	MODEL_OPEN,
	MODEL_FRAGMENTED,
	MODEL_OVER,
};

/* A frame that the agent has to send. */
struct model_answer {
	unsigned type;
	uint64_t stream;
	uint64_t frame;
	unsigned status; /* of a DISCONNECT */
};

struct model {
	uint32_t own_size;  /* the agent's own max-frame-size */
	uint32_t fragments; /* bytes it takes in fragments */
	enum model_state state;
	unsigned status; /* when it is over: of who ended it */
	uint32_t size;   /* agreed */
	bool pipelining; /* agreed */
	size_t taken;    /* bytes of whole frames */
	unsigned count;
	struct model_answer answers[MODEL_ANSWERS];
	/* the pieces of the NOTIFY that is under way */
	uint64_t stream;
	uint64_t frame;
	size_t kept;
	uint8_t pieces[MODEL_FRAGMENTS];
};

/* ---- bytes ---- */

struct model_bytes {
	const uint8_t *data;
	size_t length;
	bool broken;
};

__extension__ typedef unsigned __int128 model_wide;

static inline unsigned
model_byte(struct model_bytes *bytes)
{
	if (bytes->broken || bytes->length == 0) {
		bytes->broken = true;
		return 0;
	}
	bytes->length--;
	return *bytes->data++;
}

/*
 * The first byte counts as it is, the second 16 times, each further one 128
 * times as much as the one before; 240 in the first and 128 in a later one say
 * that another follows. At most ten bytes and 64 bits.
 */
static inline uint64_t
model_varint(struct model_bytes *bytes)
{
	model_wide sum = model_byte(bytes);
	model_wide weight = 16;
	unsigned count = 1;
	unsigned byte = 128;

	if (sum < 240)
		return (uint64_t)sum;
	while (byte >= 128 && count < 10 && !bytes->broken) {
		byte = model_byte(bytes);
		sum += weight * byte;
		weight *= 128;
		count++;
	}
	if (byte >= 128 || sum > UINT64_MAX)
		bytes->broken = true;
	return bytes->broken ? 0 : (uint64_t)sum;
}

static inline struct model_bytes
model_take(struct model_bytes *bytes, uint64_t count)
{
	struct model_bytes taken = {bytes->data, (size_t)count, false};

	if (bytes->broken || count > bytes->length) {
		bytes->broken = true;
		return (struct model_bytes){NULL, 0, true};
	}
	bytes->data += count;
	bytes->length -= (size_t)count;
	return taken;
}

static inline struct model_bytes
model_string(struct model_bytes *bytes)
{
	return model_take(bytes, model_varint(bytes));
}

static inline bool
model_is(struct model_bytes bytes, const char *text)
{
	return bytes.length == strlen(text) &&
	       memcmp(bytes.data, text, bytes.length) == 0;
}

struct model_value {
	unsigned type; /* without its flags */
	unsigned flags;
	uint64_t number;
	struct model_bytes text;
};

static inline struct model_value
model_value(struct model_bytes *bytes)
{
	unsigned head = model_byte(bytes);
	struct model_value value = {head & 15, head >> 4, 0, {0}};

	if (value.type >= 2 && value.type <= 5)
		value.number = model_varint(bytes);
	else if (value.type == 6)
		model_take(bytes, 4);
	else if (value.type == 7)
		model_take(bytes, 16);
	else if (value.type == 8 || value.type == 9)
		value.text = model_string(bytes);
	else if (value.type > 9)
		bytes->broken = true;
	return value;
}

/* ---- what is in a frame ---- */

static inline bool
model_messages_good(struct model_bytes payload)
{
	while (payload.length > 0 && !payload.broken) {
		unsigned arguments;

		model_string(&payload);
		arguments = model_byte(&payload);
		while (arguments-- > 0 && !payload.broken) {
			model_string(&payload);
			model_value(&payload);
		}
	}
	return !payload.broken;
}

/* Is the word one of the list's, between commas and blanks? */
static inline bool
model_lists(struct model_bytes list, bool (*wanted)(struct model_bytes))
{
	size_t at = 0;

	while (at < list.length) {
		size_t end = at;
		struct model_bytes word;

		while (end < list.length && list.data[end] != ',')
			end++;
		word = (struct model_bytes){list.data + at, end - at, false};
		while (word.length > 0 &&
		       (*word.data == ' ' || *word.data == '\t')) {
			word.data++;
			word.length--;
		}
		while (
		    word.length > 0 && (word.data[word.length - 1] == ' ' ||
					   word.data[word.length - 1] == '\t'))
			word.length--;
		if (wanted(word))
			return true;
		at = end + 1;
	}
	return false;
}

static inline bool
model_is_version_2(struct model_bytes word)
{
	for (size_t i = 2; i < word.length; i++)
		if (word.data[i] < '0' || word.data[i] > '9')
			return false;
	return word.length >= 3 && word.data[0] == '2' && word.data[1] == '.';
}

static inline bool
model_is_pipelining(struct model_bytes word)
{
	return model_is(word, "pipelining");
}

/* A HELLO's or DISCONNECT's header: its fault, or 0. */
static inline unsigned
model_control_fault(uint32_t flags, uint64_t stream, uint64_t frame)
{
	if (stream != 0 || frame != 0)
		return 4;
	if (!(flags & 1))
		return 10;
	return flags & 2 ? 4 : 0;
}

enum { MODEL_KEYS = 7 };

/* The keys with a meaning; the first five are a HELLO's. */
static const struct {
	const char *name;
	const char *types; /* their codes */
} model_keys[MODEL_KEYS] = {
    {"supported-versions", "\x08"},
    {"max-frame-size", "\x02\x03\x04\x05"},
    {"capabilities", "\x08"},
    {"healthcheck", "\x01"},
    {"engine-id", "\x08"},
    {"status-code", "\x02\x03\x04\x05"},
    {"message", "\x08"},
};

/* Keys first to last - 1. False: broken, a key twice or of a wrong type. */
static inline bool
model_items(struct model_bytes payload, unsigned first, unsigned last,
    struct model_value *values, bool *seen)
{
	while (payload.length > 0) {
		struct model_bytes name = model_string(&payload);
		struct model_value value = model_value(&payload);

		if (payload.broken)
			return false;
		for (unsigned key = first; key < last; key++) {
			if (!model_is(name, model_keys[key].name))
				continue;
			if (seen[key] || value.type == 0 ||
			    !strchr(model_keys[key].types, (int)value.type))
				return false;
			seen[key] = true;
			values[key] = value;
		}
	}
	return true;
}

/* ---- the conversation ---- */

static inline void
model_say(struct model *model, unsigned type, uint64_t stream, uint64_t frame,
    unsigned status)
{
	if (model->count < MODEL_ANSWERS)
		model->answers[model->count++] =
		    (struct model_answer){type, stream, frame, status};
}

static inline unsigned
model_hello(struct model *model, struct model_bytes payload)
{
	struct model_value values[MODEL_KEYS] = {0};
	bool seen[MODEL_KEYS] = {false};
	uint64_t size;

	if (!model_items(payload, 0, 5, values, seen))
		return 4;
	for (unsigned key = 0; key < 3; key++)
		if (!seen[key])
			return 5 + key;
	if (!model_lists(values[0].text, model_is_version_2))
		return 8;
	size = values[1].number;
	if (values[1].type % 2 == 0 && size >> 63 != 0)
		size = 0;
	if (size < 256)
		return 9;
	if (size < model->size)
		model->size = (uint32_t)size;
	model->pipelining = model_lists(values[2].text, model_is_pipelining);
	model_say(model, 101, 0, 0, 0);
	model->state = values[3].flags == 1 ? MODEL_CHECKED : MODEL_OPEN;
	return 0;
}

static inline unsigned
model_notify(struct model *model, uint32_t flags, uint64_t stream,
    uint64_t frame, struct model_bytes payload)
{
	if (flags & 2)
		return flags & 1 ? 0 : 4;
	if (flags & 1) {
		if (!model_messages_good(payload))
			return 4;
		model_say(model, 103, stream, frame, 0);
		return 0;
	}
	if (model->fragments == 0)
		return 10;
	model->state = MODEL_FRAGMENTED;
	model->stream = stream;
	model->frame = frame;
	model->kept = 0;
	if (payload.length > model->fragments)
		return 3;
	memcpy(model->pieces, payload.data, payload.length);
	model->kept = payload.length;
	return 0;
}

static inline unsigned
model_piece(struct model *model, uint32_t flags, uint64_t stream,
    uint64_t frame, struct model_bytes payload)
{
	struct model_bytes whole;

	if (stream != model->stream || frame != model->frame)
		return 11;
	if (flags & 2) {
		if (flags & 1)
			model->state = MODEL_OPEN;
		return flags & 1 ? 0 : 4;
	}
	if (payload.length > model->fragments - model->kept)
		return 3;
	memcpy(model->pieces + model->kept, payload.data, payload.length);
	model->kept += payload.length;
	if (!(flags & 1))
		return 0;
	whole = (struct model_bytes){model->pieces, model->kept, false};
	model->state = MODEL_OPEN;
	return model_notify(model, 1, stream, frame, whole);
}

static inline unsigned
model_disconnect(struct model *model, struct model_bytes payload)
{
	struct model_value values[MODEL_KEYS] = {0};
	bool seen[MODEL_KEYS] = {false};

	if (!model_items(payload, 5, 7, values, seen))
		return 4;
	model_say(model, 102, 0, 0, 0);
	model->state = MODEL_OVER;
	model->status =
	    seen[5] && values[5].number < 99 ? (unsigned)values[5].number : 99;
	return 0;
}

/* One frame without its length: what it is at fault of, or 0. */
static inline unsigned
model_frame(struct model *model, struct model_bytes frame)
{
	unsigned type = model_byte(&frame);
	uint32_t flags = 0;
	uint64_t stream, id;
	unsigned fault;

	for (int i = 0; i < 4; i++)
		flags = flags << 8 | model_byte(&frame);
	stream = model_varint(&frame);
	id = model_varint(&frame);
	if (frame.broken)
		return 4;
	if (model->state == MODEL_GREETING) {
		fault = model_control_fault(flags, stream, id);
		if (type != 1)
			return 4;
		return fault != 0 ? fault : model_hello(model, frame);
	}
	if (type == 1)
		return 4;
	if (type == 2) {
		if (model_control_fault(flags, stream, id) != 0)
			return 4;
		return model_disconnect(model, frame);
	}
	if (type > 3)
		return 0;
	if (model->state == MODEL_CHECKED)
		return 4;
	if (model->state == MODEL_OPEN)
		return type == 0
			   ? 12
			   : model_notify(model, flags, stream, id, frame);
	return type == 3 ? 11 : model_piece(model, flags, stream, id, frame);
}

static inline unsigned
model_next(struct model *model, const uint8_t *data, size_t length, bool *more)
{
	uint32_t size;

	*more = false;
	if (length < 4)
		return 0;
	size = (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 |
	       (uint32_t)data[2] << 8 | data[3];
	if (size > model->size)
		return 3;
	if (size < 7)
		return 4;
	if (size > length - 4)
		return 0;
	*more = true;
	model->taken += 4 + (size_t)size;
	return model_frame(model, (struct model_bytes){data + 4, size, false});
}

static inline void
model_run(struct model *model, const uint8_t *data, size_t length)
{
	bool more = true;

	model->state = MODEL_GREETING;
	model->size = model->own_size;
	model->status = 0;
	model->taken = 0;
	model->count = 0;
	while (more && model->state != MODEL_OVER) {
		unsigned fault = model_next(
		    model, data + model->taken, length - model->taken, &more);

		if (fault == 0)
			continue;
		model_say(model, 102, 0, 0, fault);
		model->state = MODEL_OVER;
		model->status = fault;
	}
}

#endif
