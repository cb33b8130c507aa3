/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/explain.h"

#include <stdlib.h>

#include "agent/control/explain_private.h"

enum { ROOM_MIN = 65536 };

struct explain *
explain_new(const struct generation *generation)
{
	struct explain *explain = calloc(1, sizeof(*explain));

	explain_json_init();
	if (explain)
		explain->generation = generation;
	return explain;
}

void
explain_free(struct explain *explain)
{
	if (!explain)
		return;
	request_free(explain->request);
	free(explain);
}

bool
explain_begin(struct explain *explain, size_t bytes)
{
	if (!explain->request || bytes > explain->room) {
		request_free(explain->request);
		explain->room = bytes > ROOM_MIN ? 2 * bytes : ROOM_MIN;
		explain->request = request_new(
		    generation_names(explain->generation), explain->room);
	}
	if (!explain->request)
		return false;
	request_reset(explain->request);
	request_headers_begin(explain->request);
	explain->trace.count = 0;
	explain->trace.entries = 0;
	return true;
}

/* A bare address; a zone is cut. */
static bool
peer_parse(struct view text, struct address *address)
{
	struct entry_text entry;

	if (!entry_parse(text, &entry) ||
	    (entry.decoration & (ENTRY_BRACKETS | ENTRY_PORT)))
		return false;
	*address = entry.address;
	return true;
}

const char *
explain_peer(struct explain *explain, struct view text)
{
	struct sample sample = {.kind = SAMPLE_TEXT, .text = VIEW("unix")};

	if (!view_equal(text, VIEW("unix"))) {
		sample.kind = SAMPLE_ADDRESS;
		if (!peer_parse(text, &sample.address))
			return "peer is neither an address nor \"unix\"";
	}
	request_add(explain->request, VIEW("peer"), &sample);
	return NULL;
}

const char *
explain_proxy(struct explain *explain, struct view text)
{
	struct sample proxied = {.kind = SAMPLE_BOOLEAN, .integer = 1};
	struct sample source = {.kind = SAMPLE_ADDRESS};

	request_add(explain->request, VIEW("proxied"), &proxied);
	if (!text.data)
		return NULL;
	if (!peer_parse(text, &source.address))
		return "proxy's src is no address";
	request_add(explain->request, VIEW("src"), &source);
	return NULL;
}

void
explain_evaluate(struct explain *explain, struct answer *answer,
    const struct policy **policy)
{
	struct request *request = explain->request;

	if (request->src.family == ADDRESS_NONE)
		request->src = request->peer;
	generation_evaluate(
	    explain->generation, request, answer, policy, &explain->trace);
}

const char *
explain_address(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
	if (address->family == ADDRESS_NONE)
		return "unix";
	address_format(address, text);
	return text;
}
