/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/load/question.h"
#include "tests/tools/load/route.h"

#include <stdlib.h>

/* ---- one payload ---- */

static uint8_t *
put_ip(uint8_t *at, const char *name, const struct ip *ip)
{
	at = put_name(at, name);
	if (ip->family == 0) {
		*at++ = WIRE_NULL;
		return at;
	}
	*at++ = ip->family == 4 ? WIRE_IPV4 : WIRE_IPV6;
	return put_bytes(at, ip->bytes, ip->family == 4 ? 4 : 16);
}

static uint8_t *
put_count(uint8_t *at, const struct route *route)
{
	at = put_name(at, "h.x-forwarded-for.count");
	if (route->bad_count)
		return put_text(at, "four");
	*at++ = WIRE_INT64;
	return put_varint(at, route->count);
}

static uint8_t *
put_lines(uint8_t *at, const struct route *route)
{
	static const char *const names[LINES_SENT] = {"h.x-forwarded-for",
	    "h.x-forwarded-for.2", "h.x-forwarded-for.3",
	    "h.x-forwarded-for.4"};

	at = put_count(at, route);
	for (unsigned i = 0; i < LINES_SENT; i++) {
		at = put_name(at, names[i]);
		if (i < route->sent)
			at = put_text(at, route->lines[i]);
		else
			*at++ = WIRE_NULL;
	}
	return at;
}

static uint8_t *
put_route(uint8_t *at, const struct route *route)
{
	at = put_name(at, route->message);
	*at++ = (uint8_t)(3 + (route->policy != NULL ? 1 : 0) +
			  (route->headers ? 1 + LINES_SENT : 0));
	if (route->policy != NULL)
		at = put_text(put_name(at, "policy"), route->policy);
	at = put_ip(at, "peer", &route->peer);
	at = put_ip(at, "src", &route->src);
	at = put_name(at, "proxied");
	*at++ = route->proxied ? WIRE_BOOL | 0x10 : WIRE_BOOL;
	return route->headers ? put_lines(at, route) : at;
}

/* ---- all of them ---- */

enum { STEP = 1 << 24 };

static bool
arena_grow(struct questions *questions, size_t used)
{
	if (questions->arena_size - used > (size_t)8 * LINE_SIZE)
		return true;
	uint8_t *arena =
	    realloc(questions->arena, questions->arena_size + STEP);
	if (arena == NULL)
		return false;
	questions->arena = arena;
	questions->arena_size += STEP;
	return true;
}

/* The arena moves while it grows, so the places come last. */
static void
place_payloads(struct questions *questions)
{
	const uint8_t *at = questions->arena;

	for (size_t i = 0; i < questions->count; i++) {
		questions->list[i].payload = at;
		at += questions->list[i].length;
	}
}

bool
questions_make(
    struct questions *questions, const struct question_settings *settings)
{
	size_t used = 0;

	*questions = (struct questions){.count = settings->count};
	questions->list = calloc(settings->count, sizeof(questions->list[0]));
	if (questions->list == NULL)
		return false;
	for (size_t i = 0; i < settings->count; i++) {
		struct question *question = &questions->list[i];
		struct route route;

		if (!arena_grow(questions, used))
			return false;
		route_make(&route, settings, i);
		uint8_t *at = questions->arena + used;
		question->length = (uint16_t)(put_route(at, &route) - at);
		if (question->length > QUESTION_MAX)
			abort();
		question->expected = route.expected;
		used += question->length;
	}
	place_payloads(questions);
	return true;
}

void
questions_free(struct questions *questions)
{
	free(questions->list);
	free(questions->arena);
}
