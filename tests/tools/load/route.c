/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/load/making.h"

typedef void (*make_f)(struct making *making);

/* ---- the ways a request can go ---- */

static void
from_balancer(struct making *making)
{
	making->route->peer = next_balancer(making);
	making->route->src = making->route->peer;
}

static void
from_client(struct making *making)
{
	making->route->peer = making->client;
	making->route->src = making->client;
}

/* Headers of somebody who is not trusted. */
static void
make_ignored_headers(struct making *making)
{
	if (!dice_percent(&making->dice, 30))
		return;
	add_lies(making);
	make_lines(making, 1);
	making->route->expected.flags |= FLAG_UNTRUSTED_HEADERS;
}

static void
make_direct(struct making *making)
{
	from_client(making);
	expect_client(making, SOURCE_PEER);
	make_ignored_headers(making);
	/* A listener of both families says so. */
	if (dice_percent(&making->dice, 10)) {
		making->route->peer = ip_mapped(making->client);
		making->route->src = making->route->peer;
	}
}

static void
make_chain_of(struct making *making, unsigned hops)
{
	add_address(making, &making->client);
	add_balancers(making, hops);
}

static void
make_chain(struct making *making)
{
	from_balancer(making);
	expect_client(making, SOURCE_FORWARDED_FOR);
	if (dice_percent(&making->dice, 15)) {
		add_lies(making);
		making->route->expected.flags |= FLAG_LEFT;
	}
	make_chain_of(making, dice_below(&making->dice, CHAIN_MAX + 1));
	make_some_lines(making);
}

/* A balancer that names the client by PROXY. */
static void
make_proxied(struct making *making)
{
	from_balancer(making);
	making->route->src = making->client;
	making->route->proxied = true;
	expect_client(making, SOURCE_PROXY);
	make_ignored_headers(making);
}

/* A balancer that names another balancer, and that one the client. */
static void
make_proxied_chain(struct making *making)
{
	from_balancer(making);
	making->route->src = next_balancer(making);
	making->route->proxied = true;
	expect_client(making, SOURCE_FORWARDED_FOR);
	make_chain_of(making, dice_below(&making->dice, CHAIN_MAX + 1));
	make_some_lines(making);
}

static void
make_false_proxy(struct making *making)
{
	from_client(making);
	making->route->src = next_balancer(making);
	making->route->proxied = true;
	expect_client(making, SOURCE_PEER);
	making->route->expected.flags |= FLAG_FALSE_PROXY;
	make_ignored_headers(making);
}

static void
make_all_trusted(struct making *making)
{
	unsigned hops = 1 + dice_below(&making->dice, CHAIN_MAX);
	struct ip first;

	from_balancer(making);
	first = add_balancers(making, hops);
	expect_proxy(making, &first, SOURCE_FORWARDED_FOR);
	making->route->expected.flags |= FLAG_ALL_TRUSTED;
	make_some_lines(making);
}

/* What a balancer appended is no address: nobody knows who was before. */
static void
make_junk(struct making *making)
{
	unsigned hops = dice_below(&making->dice, 3);
	struct ip last;

	from_balancer(making);
	add_address(making, &making->client);
	add_text(making, "unknown");
	last = add_balancers(making, hops);
	expect_proxy(making, hops > 0 ? &last : &making->route->peer,
	    hops > 0 ? SOURCE_FORWARDED_FOR : SOURCE_PEER);
	making->route->expected.flags |= FLAG_INVALID;
	make_some_lines(making);
}

/* More lines than HAProxy sends, and all of these trusted. */
static void
make_incomplete(struct making *making)
{
	struct ip first;

	from_balancer(making);
	first = add_balancers(making, LINES_SENT);
	expect_proxy(making, &first, SOURCE_FORWARDED_FOR);
	make_lines(making, LINES_SENT);
	making->route->count = LINES_SENT + 1 + dice_below(&making->dice, 9);
	making->route->expected.flags |= FLAG_INCOMPLETE;
}

/* A balancer that says nothing of anybody. */
static void
make_bare(struct making *making)
{
	from_balancer(making);
	expect_proxy(making, &making->route->peer, SOURCE_PEER);
}

static void
make_no_peer(struct making *making)
{
	make_chain(making);
	making->route->peer.family = 0;
	expect_error(making, ERROR_NO_PEER);
}

static void
make_no_policy(struct making *making)
{
	make_chain(making);
	making->route->policy = "no-such-policy";
	expect_error(making, ERROR_NO_POLICY);
}

static void
make_bad_count(struct making *making)
{
	make_chain(making);
	making->route->bad_count = true;
	expect_error(making, ERROR_BAD_ARGUMENT);
}

/* ---- other policies ---- */

/* Lets the office in, if it is sure of it. */
static void
make_admin(struct making *making)
{
	struct expected *expected = &making->route->expected;

	if (dice_percent(&making->dice, 30))
		make_direct(making);
	else
		make_chain(making);
	making->route->policy = "admin";
	expected->changing = CHANGING_NOT;
	if (making->place == PLACE_OFFICE)
		expect(expected, VERDICT_ALLOW, RULE_OFFICE);
	else
		expect(expected, VERDICT_DENY, RULE_DEFAULT);
}

static void
make_refused(struct making *making)
{
	struct expected *expected = &making->route->expected;

	make_junk(making);
	making->route->policy = "admin";
	expected->client.family = 0;
	expected->source = SOURCE_FORWARDED_FOR;
	expected->flags &= (uint8_t)~FLAG_PROXYS_OWN;
	expect(expected, VERDICT_REJECT, RULE_NONE);
}

/* No headers, and variables that last. */
static void
make_tcp(struct making *making)
{
	struct expected *expected = &making->route->expected;

	if (dice_percent(&making->dice, 50)) {
		from_balancer(making);
		making->route->src = making->client;
		making->route->proxied = true;
		expect_client(making, SOURCE_PROXY);
	} else {
		from_client(making);
		expect_client(making, SOURCE_PEER);
	}
	making->route->policy = "tcp";
	making->route->message = "connection";
	making->route->headers = false;
	expected->scope = SCOPE_SESS;
	if (making->place == PLACE_OFFICE || making->place == PLACE_SUSPECT)
		expect(expected, VERDICT_ALLOW, RULE_DEFAULT);
}

/* ---- the mixture ---- */

static const struct {
	unsigned share;
	make_f make;
} ways[] = {
    {500, make_chain},
    {150, make_direct},
    {60, make_proxied},
    {40, make_proxied_chain},
    {40, make_false_proxy},
    {40, make_all_trusted},
    {30, make_junk},
    {20, make_incomplete},
    {10, make_bare},
    {5, make_no_peer},
    {5, make_no_policy},
    {5, make_bad_count},
    {45, make_admin},
    {10, make_refused},
    {40, make_tcp},
};

static const struct {
	unsigned share;
	enum place place;
} places[] = {
    {560, PLACE_CLEAR},
    {160, PLACE_NEAR},
    {160, PLACE_LISTED},
    {50, PLACE_OFFICE},
    {30, PLACE_SUSPECT},
    {20, PLACE_EVEN},
    {20, PLACE_ODD},
};

enum { SHARES = 1000 };

static make_f
choose_way(unsigned share)
{
	unsigned i = 0;

	for (; share >= ways[i].share; i++)
		share -= ways[i].share;
	return ways[i].make;
}

static enum place
choose_place(unsigned share)
{
	unsigned i = 0;

	for (; share >= places[i].share; i++)
		share -= places[i].share;
	return places[i].place;
}

static void
make_plain(struct making *making, unsigned hops)
{
	char text[IP_TEXT_SIZE];

	from_balancer(making);
	expect_client(making, SOURCE_FORWARDED_FOR);
	ip_format(&making->client, text);
	add_text(making, text);
	for (unsigned i = 0; i < hops; i++) {
		struct ip hop = next_balancer(making);

		ip_format(&hop, text);
		add_text(making, text);
	}
	make_lines(making, 1);
}

void
route_make(struct route *route, const struct question_settings *settings,
    uint64_t index)
{
	struct making making = {.route = route,
	    .dice = {mix(settings->seed) + index * 64},
	    .balancer = index * (CHAIN_MAX + 3)};

	*route = (struct route){.message = "request",
	    .headers = true,
	    .expected = {.scope = SCOPE_TXN}};
	making.place = choose_place(dice_below(&making.dice, SHARES));
	making.client = place_address(
	    making.place, settings->prefixes, index, dice_next(&making.dice));
	if (settings->chain != CHAIN_MIXED)
		make_plain(&making, (unsigned)settings->chain);
	else
		choose_way(dice_below(&making.dice, SHARES))(&making);
	expected_complete(&route->expected);
}
