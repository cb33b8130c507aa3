/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as what HAProxy sends on one connection, cut at any places: the
 * first two bytes seed the cuts. Whole or cut, the agent must say the same, and
 * every frame that it says must be whole and within the size agreed.
 */

#include "agent/spop/dialog.h"
#include "tests/fuzz/prepared.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char yaml[] =
    "lists: {lb: [127.0.0.0/8, 10.0.0.0/8]}\n"
    "policies:\n"
    "  default:\n"
    "    trust: lb\n"
    "    sources: [{header: X-Forwarded-For}, {header: Forwarded}]\n"
    "    rules: [{deny: [203.0.113.0/24], message: no}]\n"
    "    return: [allowed, verdict, client_ip, client_net, proven, trusted,"
    " source, hops, rule, list, status, message, flags, generation]\n"
    "  admin: {trust: lb, scope: sess, mode: shadow}\n";

enum { PAYLOAD_MAX = 1 << 18, SAID_MAX = 1 << 20, OUTPUT_SIZE = 1 << 17 };

static const struct dialog_limits limits = {
    .frame_size = 16380, .fragments = 65536};

struct said {
	size_t length;
	enum dialog_result result;
	uint8_t status;
	uint8_t bytes[SAID_MAX];
};

static struct said whole, cut;

static void
say(struct said *said, const uint8_t *output, const struct spop_writer *writer)
{
	size_t length = (size_t)(writer->at - output);

	must(!writer->overflow && length <= SAID_MAX - said->length);
	memcpy(said->bytes + said->length, output, length);
	said->length += length;
}

/* Everything that the agent says is whole frames of the agreed size. */
static void
must_be_frames(const struct said *said)
{
	struct view left = {(const char *)said->bytes, said->length};

	while (left.length > 0) {
		struct spop_frame frame;
		enum spop_status status;

		must(spop_frame_split(left, limits.frame_size, &frame, NULL,
			 &status) == SPOP_SPLIT_FRAME);
		must(frame.type >= SPOP_AGENT_HELLO &&
		     frame.flags == SPOP_FIN && frame.payload.length > 0);
		left.data += frame.size;
		left.length -= frame.size;
	}
}

/* Hears the bytes in pieces of at most what the seed draws; 0: all at once. */
static void
converse(struct said *said, const uint8_t *data, size_t size, unsigned seed)
{
	static uint8_t output[OUTPUT_SIZE];
	static struct counters counters;
	struct remark remark = {.event = NULL};
	struct pool pool;
	struct dialog dialog;
	struct view input = {(const char *)data, 0};
	const struct dialog_context context = {
	    .message = {generation, request, &counters, &remark},
	    .limits = &limits,
	    .pool = &pool,
	    .pipelining = true,
	};

	pool_init(&pool, limits.fragments);
	dialog_init(&dialog, &limits);
	said->length = 0;
	do {
		size_t piece = size;

		if (seed != 0) {
			seed = seed * 1103515245u + 12345u;
			piece = 1 + (seed >> 16) % 97;
		}
		if (piece > size)
			piece = size;
		input.length += piece;
		size -= piece;
		do {
			struct spop_writer writer;

			spop_writer_init(&writer, output, sizeof(output));
			said->result =
			    dialog_receive(&dialog, &context, &input, &writer);
			say(said, output, &writer);
		} while (said->result == DIALOG_FULL);
	} while (size > 0 && said->result != DIALOG_CLOSE);
	said->status = dialog.status;
	dialog_fini(&dialog, &pool);
	must(pool.lent == 0);
	pool_fini(&pool);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	prepare(yaml, PAYLOAD_MAX);
	if (size < 2 || size > 65536)
		return 0;
	converse(&whole, data + 2, size - 2, 0);
	must_be_frames(&whole);
	converse(&cut, data + 2, size - 2, 1u + data[0] + 256u * data[1]);
	must(whole.result == cut.result && whole.status == cut.status);
	must(whole.length == cut.length &&
	     memcmp(whole.bytes, cut.bytes, whole.length) == 0);
	return 0;
}
