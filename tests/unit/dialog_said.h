/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_DIALOG_SAID_H
#define TESTS_UNIT_DIALOG_SAID_H

/* Holds what an agent said, byte by byte, against what the model wants said. */

#include "tests/unit/dialog_model.h"

static inline bool
model_is_name(struct model_bytes name)
{
	for (size_t i = 0; i < name.length; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_",
			name.data[i]) == NULL ||
		    name.data[i] == 0)
			return false;
	return name.length > 0 && name.length <= 63 - strlen("proc.truesrc.");
}

/* An ACK's actions, one of them at least, as every HAProxy takes them. */
static inline bool
model_actions_good(struct model_bytes actions)
{
	if (actions.length == 0)
		return false;
	while (actions.length > 0 && !actions.broken) {
		unsigned kind = model_byte(&actions);
		unsigned arguments = model_byte(&actions);
		unsigned scope = model_byte(&actions);
		struct model_value value = {0};

		if (scope > 4 || !model_is_name(model_string(&actions)))
			return false;
		if (kind == 1 && arguments == 3)
			value = model_value(&actions);
		else if (kind != 2 || arguments != 2)
			return false;
		if (value.flags > (value.type == 1))
			return false;
	}
	return !actions.broken;
}

static inline bool
model_bye_good(struct model_bytes payload, unsigned status)
{
	struct model_value values[MODEL_KEYS] = {0};
	bool seen[MODEL_KEYS] = {false};

	return model_items(payload, 5, 7, values, seen) && seen[5] && seen[6] &&
	       values[5].number == status && values[6].text.length > 0 &&
	       values[6].text.length < 256;
}

static inline bool
model_greeting_good(const struct model *model, struct model_bytes payload)
{
	struct model_bytes version = model_string(&payload);
	struct model_value number = model_value(&payload);
	struct model_bytes size = model_string(&payload);
	struct model_value bytes = model_value(&payload);
	struct model_bytes words = model_string(&payload);
	struct model_value list = model_value(&payload);

	return !payload.broken && payload.length == 0 &&
	       model_is(version, "version") && model_is(number.text, "2.0") &&
	       model_is(size, "max-frame-size") && bytes.type == 3 &&
	       bytes.number == model->size && model_is(words, "capabilities") &&
	       model_is(list.text, model->pipelining
				       ? "pipelining,fragmentation"
				       : "fragmentation");
}

/* Does the agent's next frame say what it has to? */
static inline bool
model_answer_good(const struct model *model, struct model_bytes *said,
    const struct model_answer *answer)
{
	struct model_bytes frame = *said;
	uint64_t length = 0;

	for (int i = 0; i < 4; i++)
		length = length << 8 | model_byte(&frame);
	if (length > model->size || frame.broken)
		return false;
	*said = frame;
	frame = model_take(said, length);
	if (model_byte(&frame) != answer->type)
		return false;
	for (unsigned i = 0; i < 4; i++)
		if (model_byte(&frame) != (i == 3))
			return false;
	if (model_varint(&frame) != answer->stream ||
	    model_varint(&frame) != answer->frame || frame.broken)
		return false;
	if (answer->type == 101)
		return model_greeting_good(model, frame);
	if (answer->type == 102)
		return model_bye_good(frame, answer->status);
	return model_actions_good(frame);
}

/* Did the agent say all it had to, and nothing else? */
static inline bool
model_agrees(const struct model *model, const uint8_t *said, size_t length)
{
	struct model_bytes bytes = {said, length, false};

	for (unsigned i = 0; i < model->count; i++)
		if (!model_answer_good(model, &bytes, &model->answers[i]))
			return false;
	return bytes.length == 0 && !bytes.broken;
}

#endif
