/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/spop/items.h"

enum spop_status
spop_items_check_header(const struct spop_frame *frame)
{
	if (frame->stream_id != 0 || frame->frame_id != 0)
		return SPOP_INVALID;
	if ((frame->flags & SPOP_FIN) == 0)
		return SPOP_NO_FRAGMENTATION;
	return (frame->flags & SPOP_ABORT) == 0 ? SPOP_NORMAL : SPOP_INVALID;
}

static size_t
find_key(const struct item_key *keys, size_t count, struct view name)
{
	size_t i = 0;

	while (i < count && !view_equal(view_of(keys[i].name), name))
		i++;
	return i;
}

bool
spop_items_read(const struct spop_frame *frame, const struct item_key *keys,
    size_t count, struct spop_value *values, unsigned *seen)
{
	struct spop_reader reader;

	*seen = 0;
	spop_reader_init(&reader, frame->payload);
	while (!spop_reader_done(&reader)) {
		struct view name = spop_read_string(&reader);
		struct spop_value value;
		size_t i;

		spop_read_value(&reader, &value);
		i = find_key(keys, count, name);
		if (reader.failed)
			return false;
		if (i == count)
			continue;
		if ((*seen >> i & 1) != 0 ||
		    (keys[i].types >> value.type & 1) == 0)
			return false;
		*seen |= 1U << i;
		values[i] = value;
	}
	return true;
}
