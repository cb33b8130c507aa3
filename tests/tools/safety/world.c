// SPDX-License-Identifier: Apache-2.0
#include "tests/tools/safety/world.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) ((unsigned)(sizeof(array) / sizeof((array)[0])))
#define PICK(random, array) ((array)[random_below(random, COUNT(array))])

enum {
	FORGED_MAX = 4,    /* entries that a client makes up */
	PIECES_MAX = 12,   /* of what a client writes into a line */
	PLAIN_HOST = 24,   /* bytes: never beyond the bounds of Forwarded */
	PLAIN_HOPS = 32,   /* the default limit */
	HUGE_PERMILLE = 2, /* lines with a huge piece */
};

/* What pools are made of; the rest of the address is random. */
static const struct pool_base {
	uint32_t v4;
	unsigned v4_random; /* bits */
	uint64_t v6;        /* the upper half; 0 stands for ::1 */
	unsigned v6_random; /* bits of the upper half */
} bases[POOL_COUNT] = {
    [POOL_BALANCERS] = {0x0a010000, 16, 0xfd01000000000000, 48},
    [POOL_NODES] = {0x0a020000, 16, 0xfd02000000000000, 48},
    [POOL_EDGE] = {0xc6336400, 8, 0x20010db800ed0000, 16},
    [POOL_CDN] = {0xc0000200, 8, 0x20010db800cd0000, 16},
    [POOL_LOOPBACK] = {0x7f000000, 24, 0, 0},
    [POOL_LINKLOCAL] = {0xa9fe0000, 16, 0xfe80000000000000, 0},
    [POOL_PUBLIC] = {0xcb007100, 8, 0x20010db800c10000, 16},
    [POOL_OTHERS] = {0x08080000, 16, 0x2606470000000000, 32},
    [POOL_PRIVATE] = {0xc0a80000, 16, 0xfd77000000000000, 48},
};

/* Pieces that are meant to confuse whoever reads them. */
static const char *const pieces[] = {",", ",", ", ", ",", ";", "=", "\"", "\"",
    "\\", "\\\"", " ", "\t", "for=", "for=\"", "For=9.9.9.9", "by=", "by=\"",
    "host=\"", "proto=https", ", for=", "\", for=", "9.9.9.9", "9.9.9.9:80",
    "unknown", "_hidden", ":_x", "[", "]", "[::1]", ":80", "%0", "%eth0",
    "::", "::ffff:9.9.9.9", "010.0.0.1", "0x7f.1", "localhost", "1.2.3.4/0",
    "\x80", "\xff", "\xc3\xa9", "\x01", "9.9.9.9 9.9.9.9", "a", "\xc2\xa0"};

bool
world_init(struct world *world)
{
	world->text = malloc(WORLD_TEXT_SIZE);
	return world->text != NULL;
}

void
world_fini(struct world *world)
{
	free(world->text);
}

/* ---- addresses ---- */

static uint64_t
random_bits(struct random *random, unsigned bits)
{
	return bits ? random_next(random) >> (64 - bits) : 0;
}

static struct node
make_node(struct random *random, enum pool pool)
{
	const struct pool_base *base = &bases[pool];
	struct node node = {.pool = pool, .local = pool == POOL_UNIX};

	if (node.local)
		return node;
	if (random_percent(random, 60)) {
		node.address.family = ADDRESS_IPV4;
		node.address.lo =
		    base->v4 | random_bits(random, base->v4_random);
		return node;
	}
	node.address.family = ADDRESS_IPV6;
	node.address.hi = base->v6 | random_bits(random, base->v6_random);
	node.address.lo = base->v6 ? random_next(random) : 1;
	return node;
}

/* A node of one of the pools; without unix if told so and there is another. */
static struct node
make_member(struct random *random, uint32_t pools, bool unix_too)
{
	enum pool pool;

	if (!unix_too && pools != 1U << POOL_UNIX)
		pools &= ~(1U << POOL_UNIX);
	do
		pool = random_below(random, POOL_COUNT);
	while (!(pools >> pool & 1));
	return make_node(random, pool);
}

static struct node
make_client(struct random *random, const struct plan *plan)
{
	uint32_t pools = 1U << POOL_PUBLIC | 1U << POOL_OTHERS;

	if (random_percent(random, 20))
		pools = ((1U << POOL_COUNT) - 1) & ~(1U << POOL_UNIX);
	return make_member(random, pools & ~plan->believed, false);
}

/* ---- text ---- */

static void
put(struct world *world, const char *bytes, size_t length)
{
	if (length >= WORLD_TEXT_SIZE - world->length)
		abort();
	memcpy(world->text + world->length, bytes, length);
	world->length += length;
}

static void
put_string(struct world *world, const char *string)
{
	put(world, string, strlen(string));
}

const char *
world_keep(struct world *world, const char *string)
{
	const char *kept = world->text + world->length;

	put(world, string, strlen(string) + 1);
	return kept;
}

static void
begin_line(struct world *world, struct field *field)
{
	field->lines[field->count++] =
	    (struct view){world->text + world->length, 0};
}

static void
end_line(struct world *world, struct field *field)
{
	struct view *line = &field->lines[field->count - 1];

	line->length = (size_t)(world->text + world->length - line->data);
}

static void
put_address(struct world *world, const struct node *node)
{
	char text[ADDRESS_TEXT_SIZE];

	put(world, text, address_format(&node->address, text));
}

/* Anything that may confuse a reader, and addresses that the policy trusts. */
static void
put_hostile(struct world *world, struct random *random, const struct plan *plan)
{
	unsigned count = random_below(random, PIECES_MAX + 1);

	for (unsigned i = 0; i < count; i++) {
		unsigned huge =
		    random_below(random, 1000 * PIECES_MAX) < HUGE_PERMILLE
			? 2000 + random_below(random, 4000)
			: 0;
		struct node node = make_member(
		    random, plan->believed | 1U << POOL_OTHERS, false);

		if (huge > 0)
			while (huge-- > 0)
				put(world, &"a,\""[huge % 7 ? 0 : 1], 1);
		else if (!node.local && random_percent(random, 30))
			put_address(world, &node);
		else
			put_string(world, PICK(random, pieces));
	}
}

/* ---- how hops spell what they saw ---- */

/* The address in one of the hop's ways of writing it. */
static void
put_entry(struct world *world, struct random *random, const struct plan *plan,
    const struct node *seen)
{
	bool v6 = seen->address.family == ADDRESS_IPV6;
	unsigned style = random_below(random, 20);

	if (!v6 && style == 0 && !plan->keeps_mapped) {
		put_string(world, "[::ffff:");
		put_address(world, seen);
		put_string(world, "]:80");
	} else if (!v6 && style < 4 && !plan->keeps_mapped) {
		put_string(world, "::ffff:");
		put_address(world, seen);
	} else if (v6 && style < 4) {
		put_string(world, "[");
		put_address(world, seen);
		put_string(world, style < 2 ? "]" : "]:65535");
	} else if (!v6 && style < 7) {
		put_address(world, seen);
		put_string(world, ":4711");
	} else if (v6 && style == 7 && !plan->plain) {
		put_address(world, seen);
		put_string(world, "%eth0");
	} else {
		put_address(world, seen);
	}
}

/* A quoted string with whatever the client sent as Host, properly escaped. */
static void
put_host(struct world *world, struct random *random, const struct plan *plan)
{
	size_t begin = world->length;
	char host[2 * PLAIN_HOST];
	size_t length = 0;

	put_hostile(world, random, plan);
	for (size_t i = begin; i < world->length && length < PLAIN_HOST; i++) {
		char byte = world->text[i];

		if (byte == '\x01')
			continue;
		if (byte == '"' || byte == '\\')
			host[length++] = '\\';
		host[length++] = byte;
	}
	world->length = begin;
	put_string(world, "host=\"");
	put(world, host, length);
	if (!plan->plain && random_below(random, 300) == 0)
		for (unsigned i = random_below(random, 5000); i > 0; i--)
			put(world, i % 64 ? "h" : ",", 1);
	put_string(world, "\"");
}

static void
put_extra(struct world *world, struct random *random, const struct plan *plan)
{
	static const char *const extras[] = {
	    "proto=https", "proto=http;by=_proxy", "by=\"[::1]:443\"", "", ";"};

	if (random_percent(random, 50))
		put_string(world, PICK(random, extras));
	else
		put_host(world, random, plan);
}

static void
put_element(struct world *world, struct random *random, const struct plan *plan,
    const struct node *seen)
{
	bool quoted = random_percent(random, 70);
	bool before = random_percent(random, 20);
	bool after = !before && random_percent(random, 40);

	if (before) {
		put_extra(world, random, plan);
		put_string(world, "; ");
	}
	put_string(world, quoted ? "for=\"" : "For=");
	put_entry(world, random, plan, seen);
	put_string(world, quoted ? "\"" : "");
	if (after) {
		put_string(world, ";");
		put_extra(world, random, plan);
	}
}

/* ---- fields ---- */

/* A well-formed chain, as if the client were a proxy behind others. */
static void
put_forged(struct world *world, struct random *random, const struct plan *plan,
    enum header header)
{
	unsigned count = 1 + random_below(random, FORGED_MAX);

	for (unsigned i = 0; i < count; i++) {
		struct node node = make_member(
		    random, plan->believed | 1U << POOL_OTHERS, false);

		if (i > 0)
			put_string(world, ", ");
		if (header == HEADER_VIEWER) {
			put_address(world, &node);
			put_string(world, ":80");
		} else if (header == HEADER_FORWARDED) {
			put_element(world, random, plan, &node);
		} else {
			put_entry(world, random, plan, &node);
		}
	}
}

/* A line that the client wrote. */
static void
client_line(struct world *world, struct random *random, const struct plan *plan,
    enum header header)
{
	struct field *field = &world->fields[header];

	begin_line(world, field);
	if (random_percent(random, 50))
		put_forged(world, random, plan, header);
	else
		put_hostile(world, random, plan);
	end_line(world, field);
}

/* Adds what the hop saw, to the last line or in a line of its own. */
static void
append_hop(struct world *world, struct random *random, const struct plan *plan,
    enum header header, const struct node *seen)
{
	static const char *const commas[] = {", ", ", ", ",", ",\t", " , "};
	struct field *field = &world->fields[header];

	if (field->count == 0 ||
	    (random_percent(random, 25) && field->count < WORLD_LINES_MAX))
		begin_line(world, field);
	else
		put_string(world, PICK(random, commas));
	if (header == HEADER_FORWARDED)
		put_element(world, random, plan, seen);
	else
		put_entry(world, random, plan, seen);
	end_line(world, field);
}

static void
overwrite(struct world *world, struct random *random, const struct plan *plan,
    enum header header, const struct node *seen)
{
	struct field *field = &world->fields[header];

	field->count = 0;
	begin_line(world, field);
	if (header == HEADER_VIEWER) {
		put_address(world, seen);
		put_string(world, ":9985");
	} else {
		put_entry(world, random, plan, seen);
	}
	end_line(world, field);
}

static void
fill_field(struct world *world, struct random *random, const struct plan *plan,
    enum header header)
{
	struct field *field = &world->fields[header];
	unsigned lines = random_below(random, 8);

	field->count = 0;
	for (; lines > 4; lines--)
		client_line(world, random, plan, header);
	for (unsigned i = 1; i <= world->hops; i++) {
		const struct node *seen = &world->nodes[i - 1];

		if (header >= HEADER_LISTS) {
			if (plan->overwriters[header] >> world->nodes[i].pool &
			    1)
				overwrite(world, random, plan, header, seen);
		} else if (i == 1 || random_percent(random, 90)) {
			append_hop(world, random, plan, header, seen);
		}
	}
}

/* ---- who connects to whom ---- */

static void
make_hops(struct world *world, struct random *random, const struct plan *plan)
{
	unsigned hops = random_below(random, 6);

	if (random_below(random, 200) == 0)
		hops = random_below(
		    random, (plan->plain ? PLAIN_HOPS : WORLD_HOPS_MAX) + 1);
	if (hops > 1 && plan->trust == 1U << POOL_UNIX)
		hops = 1;
	for (unsigned i = 1; i <= hops; i++)
		world->nodes[i] = make_member(random, plan->trust, i == hops);
	world->hops = hops;
}

/* PROXY: from a sender behind the last hop, from that hop, or made up. */
static void
make_peer(struct world *world, struct random *random, const struct plan *plan)
{
	const struct node *last = &world->nodes[world->hops];
	unsigned style = random_below(random, 10);

	world->socket_peer = *last;
	world->proxied = false;
	if (style < 2 && !plan->ignores_proxy && !last->local) {
		world->socket_peer = make_member(random, plan->proxy, true);
		world->proxy_source = *last;
		world->proxied = true;
	} else if (style == 3) {
		world->proxy_source =
		    world->hops > 0 ? world->nodes[world->hops - 1]
				    : make_member(random, plan->trust, false);
		world->proxied = !world->proxy_source.local;
	}
}

void
world_make(struct world *world, struct random *random, const struct plan *plan)
{
	world->length = 0;
	world->client = make_client(random, plan);
	world->nodes[0] = world->client;
	make_hops(world, random, plan);
	make_peer(world, random, plan);
	world->whole = random_percent(random, 75);
	for (unsigned f = 0; f < HEADER_COUNT; f++)
		fill_field(world, random, plan, (enum header)f);
}
