/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/ensure.h"
#include "agent/spop/dialog.h"
#include "proto/spop/disconnect.h"
#include "proto/spop/hello.h"

/*
 * What holds between two calls:
 *   - fragments is lent by the pool only while the state is FRAGMENTED;
 *   - frame_size is what HAProxy offered or our own limit, whichever is less;
 *   - in OVER an AGENT-DISCONNECT has been written, exactly one.
 * A handler that finds a fault gives its status; dialog_receive() alone says
 * it to HAProxy and ends the dialog.
 */

/* The types that have a meaning here; all others are one. */
enum frame_kind {
	FRAME_UNSET,
	FRAME_HELLO,
	FRAME_DISCONNECT,
	FRAME_NOTIFY,
	FRAME_OTHER,
	FRAME_KINDS,
};

/* One frame and where its answer goes. */
struct turn {
	const struct dialog_context *context;
	const struct spop_frame *frame;
	struct spop_writer *output;
};

/* SPOP_NORMAL: go on, or the dialog is over in good order. */
typedef enum spop_status (*handle_f)(
    struct dialog *dialog, const struct turn *turn);

static void
count(const struct turn *turn, enum counter counter)
{
	counters_add(turn->context->message.counters, counter, 1);
}

/* ---- HELLO ---- */

static void
say_hello(const struct dialog *dialog, const struct turn *turn, bool pipelining)
{
	const struct spop_agent_hello hello = {
	    .max_frame_size = dialog->frame_size,
	    .pipelining = pipelining,
	    .fragmentation = turn->context->limits->fragments > 0,
	};

	spop_agent_hello_write(turn->output, &hello);
	count(turn, COUNTER_FRAMES_AGENT_HELLO);
}

/*
 * A check wants the HELLO alone: HAProxy 3.1 and later reads an
 * AGENT-DISCONNECT behind it as more keys, and marks the server down.
 */
static void
answer_check(struct dialog *dialog, const struct turn *turn, bool pipelining)
{
	count(turn, COUNTER_FRAMES_CHECK);
	if (turn->context->draining) {
		dialog_finish(dialog, SPOP_NORMAL,
		    turn->context->message.counters, turn->output);
		return;
	}
	say_hello(dialog, turn, pipelining);
	dialog->state = DIALOG_CHECKED;
}

static enum spop_status
on_hello(struct dialog *dialog, const struct turn *turn)
{
	struct spop_hello hello;
	enum spop_status status = spop_hello_read(turn->frame, &hello);

	if (status != SPOP_NORMAL)
		return status;
	if (hello.max_frame_size < dialog->frame_size)
		dialog->frame_size = (uint32_t)hello.max_frame_size;
	bool pipelining = hello.pipelining && turn->context->pipelining;
	if (hello.healthcheck) {
		answer_check(dialog, turn, pipelining);
		return SPOP_NORMAL;
	}
	count(turn, COUNTER_FRAMES_HELLO);
	say_hello(dialog, turn, pipelining);
	dialog->state = DIALOG_OPEN;
	return SPOP_NORMAL;
}

/* ---- NOTIFY ---- */

/*
 * Whatever the payload asks, the ACK stays within the agreed size: the writer
 * ends there while the actions are written.
 */
static enum spop_status
answer(struct dialog *dialog, const struct turn *turn, struct view payload)
{
	struct spop_writer *output = turn->output;
	uint8_t *begin = spop_frame_begin(
	    output, SPOP_ACK, turn->frame->stream_id, turn->frame->frame_id);
	uint8_t *end = output->end;

	ensure(!output->overflow);
	output->end = begin + SPOP_LENGTH_SIZE + dialog->frame_size;
	if (!message_answer(&turn->context->message, payload, output)) {
		output->at = begin;
		output->end = end;
		output->overflow = false;
		return SPOP_INVALID;
	}
	ensure(!output->overflow);
	output->end = end;
	spop_frame_end(output, begin);
	dialog->requests++;
	count(turn, COUNTER_FRAMES_ACK);
	return SPOP_NORMAL;
}

static enum spop_status
add_fragment(struct dialog *dialog, const struct turn *turn)
{
	struct view payload = turn->frame->payload;

	if (payload.length >
	    turn->context->limits->fragments - dialog->fragment_bytes)
		return SPOP_TOO_BIG;
	if (payload.length > 0)
		memcpy(dialog->fragments + dialog->fragment_bytes, payload.data,
		    payload.length);
	dialog->fragment_bytes += (uint32_t)payload.length;
	return SPOP_NORMAL;
}

static enum spop_status
begin_fragments(struct dialog *dialog, const struct turn *turn)
{
	if (turn->context->limits->fragments == 0)
		return SPOP_NO_FRAGMENTATION;
	dialog->fragments = pool_take(turn->context->pool);
	if (dialog->fragments == NULL)
		return SPOP_RESOURCE;
	dialog->fragment_bytes = 0;
	dialog->stream_id = turn->frame->stream_id;
	dialog->frame_id = turn->frame->frame_id;
	dialog->state = DIALOG_FRAGMENTED;
	return add_fragment(dialog, turn);
}

static void
end_fragments(struct dialog *dialog, struct pool *pool)
{
	pool_give(pool, &dialog->fragments);
	dialog->fragment_bytes = 0;
	if (dialog->state == DIALOG_FRAGMENTED)
		dialog->state = DIALOG_OPEN;
}

/* HAProxy gave the request up: no ACK is awaited. */
static enum spop_status
abort_request(struct dialog *dialog, const struct turn *turn)
{
	if (!(turn->frame->flags & SPOP_FIN))
		return SPOP_INVALID;
	end_fragments(dialog, turn->context->pool);
	dialog->requests++;
	count(turn, COUNTER_ABORTED);
	return SPOP_NORMAL;
}

static enum spop_status
on_notify(struct dialog *dialog, const struct turn *turn)
{
	count(turn, COUNTER_FRAMES_NOTIFY);
	if (turn->frame->flags & SPOP_ABORT)
		return abort_request(dialog, turn);
	if (!(turn->frame->flags & SPOP_FIN))
		return begin_fragments(dialog, turn);
	return answer(dialog, turn, turn->frame->payload);
}

static enum spop_status
on_fragment(struct dialog *dialog, const struct turn *turn)
{
	const struct spop_frame *frame = turn->frame;
	enum spop_status status;

	count(turn, COUNTER_FRAMES_UNSET);
	if (frame->stream_id != dialog->stream_id ||
	    frame->frame_id != dialog->frame_id)
		return SPOP_INTERLACED;
	if (frame->flags & SPOP_ABORT)
		return abort_request(dialog, turn);
	status = add_fragment(dialog, turn);
	if (status != SPOP_NORMAL || !(frame->flags & SPOP_FIN))
		return status;
	status = answer(dialog, turn,
	    (struct view){
		(const char *)dialog->fragments, dialog->fragment_bytes});
	end_fragments(dialog, turn->context->pool);
	return status;
}

/* ---- the rest ---- */

static enum spop_status
on_disconnect(struct dialog *dialog, const struct turn *turn)
{
	uint64_t status;
	struct view message;

	count(turn, COUNTER_FRAMES_DISCONNECT);
	if (!spop_disconnect_read(turn->frame, &status, &message))
		return SPOP_INVALID;
	dialog_finish(
	    dialog, SPOP_NORMAL, turn->context->message.counters, turn->output);
	dialog->by_peer = true;
	dialog->status = status < SPOP_UNKNOWN ? (uint8_t)status : SPOP_UNKNOWN;
	return SPOP_NORMAL;
}

static enum spop_status
on_unknown(struct dialog *dialog, const struct turn *turn)
{
	(void)dialog;
	count(turn, COUNTER_FRAMES_UNKNOWN);
	return SPOP_NORMAL;
}

static enum spop_status
on_misplaced(struct dialog *dialog, const struct turn *turn)
{
	(void)dialog;
	(void)turn;
	return SPOP_INVALID;
}

static enum spop_status
on_stray_fragment(struct dialog *dialog, const struct turn *turn)
{
	(void)dialog;
	count(turn, COUNTER_FRAMES_UNSET);
	return SPOP_FRAME_ID_NOT_FOUND;
}

static enum spop_status
on_interlaced(struct dialog *dialog, const struct turn *turn)
{
	(void)dialog;
	count(turn, COUNTER_FRAMES_NOTIFY);
	return SPOP_INTERLACED;
}

/* No state OVER: nothing is read in it. */
static const handle_f handlers[DIALOG_OVER][FRAME_KINDS] = {
    [DIALOG_GREETING] =
	{
	    [FRAME_UNSET] = on_misplaced,
	    [FRAME_HELLO] = on_hello,
	    [FRAME_DISCONNECT] = on_misplaced,
	    [FRAME_NOTIFY] = on_misplaced,
	    [FRAME_OTHER] = on_misplaced,
	},
    [DIALOG_CHECKED] =
	{
	    [FRAME_UNSET] = on_misplaced,
	    [FRAME_HELLO] = on_misplaced,
	    [FRAME_DISCONNECT] = on_disconnect,
	    [FRAME_NOTIFY] = on_misplaced,
	    [FRAME_OTHER] = on_unknown,
	},
    [DIALOG_OPEN] =
	{
	    [FRAME_UNSET] = on_stray_fragment,
	    [FRAME_HELLO] = on_misplaced,
	    [FRAME_DISCONNECT] = on_disconnect,
	    [FRAME_NOTIFY] = on_notify,
	    [FRAME_OTHER] = on_unknown,
	},
    [DIALOG_FRAGMENTED] =
	{
	    [FRAME_UNSET] = on_fragment,
	    [FRAME_HELLO] = on_misplaced,
	    [FRAME_DISCONNECT] = on_disconnect,
	    [FRAME_NOTIFY] = on_interlaced,
	    [FRAME_OTHER] = on_unknown,
	},
};

static enum frame_kind
kind_of(unsigned type)
{
	static const enum frame_kind kinds[] = {
	    [SPOP_UNSET] = FRAME_UNSET,
	    [SPOP_HAPROXY_HELLO] = FRAME_HELLO,
	    [SPOP_HAPROXY_DISCONNECT] = FRAME_DISCONNECT,
	    [SPOP_NOTIFY] = FRAME_NOTIFY,
	};

	return type <= SPOP_NOTIFY ? kinds[type] : FRAME_OTHER;
}

/* ---- the dialog ---- */

void
dialog_init(struct dialog *dialog, const struct dialog_limits *limits)
{
	*dialog = (struct dialog){
	    .frame_size = limits->frame_size, .state = DIALOG_GREETING};
}

void
dialog_fini(struct dialog *dialog, struct pool *pool)
{
	end_fragments(dialog, pool);
}

void
dialog_finish(struct dialog *dialog, enum spop_status status,
    struct counters *counters, struct spop_writer *output)
{
	ensure(dialog->state != DIALOG_OVER);
	spop_disconnect_write(output, status);
	ensure(!output->overflow);
	counters_add(counters, COUNTER_FRAMES_AGENT_DISCONNECT, 1);
	counters_add_status(counters, status);
	dialog->status = (uint8_t)status;
	dialog->state = DIALOG_OVER;
}

/* One frame; SPOP_NORMAL unless it is at fault. */
static enum spop_status
take_frame(struct dialog *dialog, const struct turn *turn)
{
	handle_f handle = handlers[dialog->state][kind_of(turn->frame->type)];

	return handle(dialog, turn);
}

static bool
has_room(const struct dialog *dialog, const struct spop_writer *output)
{
	return (size_t)(output->end - output->at) >= dialog_room(dialog);
}

enum dialog_result
dialog_receive(struct dialog *dialog, const struct dialog_context *context,
    struct view *input, struct spop_writer *output)
{
	struct spop_frame frame;
	const struct turn turn = {context, &frame, output};
	enum spop_status status = SPOP_NORMAL;

	while (dialog->state != DIALOG_OVER) {
		enum spop_split split = spop_frame_split(
		    *input, dialog->frame_size, &frame, NULL, &status);

		if (split == SPOP_SPLIT_MORE)
			return DIALOG_MORE;
		if (!has_room(dialog, output))
			return DIALOG_FULL;
		if (split == SPOP_SPLIT_FRAME) {
			status = take_frame(dialog, &turn);
			input->data += frame.size;
			input->length -= frame.size;
		}
		if (status != SPOP_NORMAL)
			dialog_finish(
			    dialog, status, context->message.counters, output);
	}
	end_fragments(dialog, context->pool);
	return DIALOG_CLOSE;
}
