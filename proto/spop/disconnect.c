/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/spop/disconnect.h"

#include "proto/spop/items.h"

enum { STATUS_CODE, MESSAGE, KEYS };

static const struct item_key keys[KEYS] = {
    [STATUS_CODE] = {"status-code", ITEM_INTEGER},
    [MESSAGE] = {"message", ITEM_STRING},
};

bool
spop_disconnect_read(
    const struct spop_frame *frame, uint64_t *status, struct view *message)
{
	struct spop_value values[KEYS] = {
	    [STATUS_CODE] = {.integer = SPOP_UNKNOWN}};
	unsigned seen;

	*status = SPOP_UNKNOWN;
	*message = (struct view){NULL, 0};
	if (spop_items_check_header(frame) != SPOP_NORMAL ||
	    !spop_items_read(frame, keys, KEYS, values, &seen))
		return false;
	*status = values[STATUS_CODE].integer;
	*message = values[MESSAGE].text;
	return true;
}

void
spop_disconnect_write(struct spop_writer *writer, enum spop_status status)
{
	uint8_t *begin = spop_frame_begin(writer, SPOP_AGENT_DISCONNECT, 0, 0);

	spop_write_string(writer, VIEW("status-code"));
	spop_write_uint32(writer, status);
	spop_write_string(writer, VIEW("message"));
	spop_write_text(writer, view_of(spop_status_text(status)));
	spop_frame_end(writer, begin);
}
