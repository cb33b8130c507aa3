/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/compiled.h"

/* What may be passed on, by whether the peer is trusted. */

static struct view
own_value(const struct evaluation *evaluation, struct request *request,
    enum forward_field field)
{
	size_t length;

	switch (field) {
	case FORWARD_PROTO:
		return request->scheme;
	case FORWARD_HOST:
		return request->host;
	case FORWARD_PORT:
		return request->port;
	case FORWARD_PATH:
		return request->path;
	case FORWARD_PREFIX:
		return request->prefix;
	case FORWARD_FOR:
	case FORWARD_REAL_IP:
	case FORWARD_COUNT:
		break;
	}
	if (evaluation->peer.family == ADDRESS_NONE)
		return (struct view){0};
	length = address_format(&evaluation->peer, request->peer_text);
	return (struct view){request->peer_text, length};
}

/* Writes text before what is there; false when it does not fit. */
static bool
text_prepend(struct request *request, size_t *begin, struct view text)
{
	if (text.length > *begin)
		return false;
	*begin -= text.length;
	if (text.length > 0)
		memcpy(request->text + *begin, text.data, text.length);
	return true;
}

/* Incoming lines joined by ", ", then the peer; written from the right. */
static struct view
append_value(
    const struct evaluation *evaluation, struct request *request, int field)
{
	struct view peer = own_value(evaluation, request, FORWARD_FOR);
	size_t begin = request->text_size;
	bool some = peer.length > 0;
	struct field_lines lines;
	struct view line;

	text_prepend(request, &begin, peer);
	field_lines_begin(&lines, request, field);
	for (; field_lines_previous(&lines, &line); some = true)
		if ((some && !text_prepend(request, &begin, VIEW(", "))) ||
		    !text_prepend(request, &begin, line))
			break;
	if (!some)
		return (struct view){0};
	return (struct view){request->text + begin, request->text_size - begin};
}

static struct view
forward_value(const struct evaluation *evaluation, struct request *request,
    enum forward_field field, enum forward_word word)
{
	int input = evaluation->policy->forward_fields[field];
	struct view line;

	switch (word) {
	case FORWARD_PASS:
		if (field_first_line(request, input, &line))
			return line;
		break;
	case FORWARD_KEEP:
		if (field_first_line(request, input, &line))
			return line;
		return (struct view){0};
	case FORWARD_STRIP:
		return (struct view){0};
	case FORWARD_APPEND:
		return append_value(evaluation, request, input);
	case FORWARD_OWN:
	case FORWARD_PEER:
		break;
	}
	return own_value(evaluation, request, field);
}

void
forward_decide(const struct evaluation *evaluation, struct request *request,
    struct answer *answer)
{
	const struct policy_settings *settings = evaluation->policy->settings;

	for (unsigned i = 0; i < FORWARD_COUNT; i++) {
		const struct forward_settings *forward = &settings->forward[i];

		if (forward->given)
			answer->forward[i] = forward_value(evaluation, request,
			    (enum forward_field)i,
			    evaluation->trusted ? forward->trusted
						: forward->untrusted);
	}
}
