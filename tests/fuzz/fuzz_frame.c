/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as what HAProxy sends: as frames one after the other, and as a
 * payload without a header, so that the readers behind it are reached by
 * inputs whose length is wrong.
 */

#include "tests/unit/spop_digest.h"

enum { FRAME_SIZE = 65536 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
digest_payload(struct view payload)
{
	const struct spop_frame frame = {.flags = SPOP_FIN, .payload = payload};

	digest_control(&frame);
	digest_messages(payload);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view input = {(const char *)data, size};
	size_t taken;

	digest_payload(input);
	do {
		taken = digest_frame(input, FRAME_SIZE);
		input.data = taken > 0 ? input.data + taken : input.data;
		input.length -= taken;
	} while (taken > 0);
	return 0;
}
