// SPDX-License-Identifier: Apache-2.0
#include "tests/tools/safety/plan.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) ((unsigned)(sizeof(array) / sizeof((array)[0])))
#define BIT(pool) (1U << (pool))

static const char *const header_names[HEADER_COUNT] = {
    [HEADER_FOR] = "X-Forwarded-For",
    [HEADER_FORWARDED] = "Forwarded",
    [HEADER_CHAIN] = "X-Chain",
    [HEADER_REAL_IP] = "X-Real-IP",
    [HEADER_CONNECTING] = "CF-Connecting-IP",
    [HEADER_VIEWER] = "CloudFront-Viewer-Address",
};

/* What a set may be made of, and the pools that it covers. */
static const struct set_word {
	const char *text;
	uint32_t pools;
} set_words[] = {
    {"balancers", BIT(POOL_BALANCERS)},
    {"nodes", BIT(POOL_NODES)},
    {"edge", BIT(POOL_EDGE)},
    {"cdn", BIT(POOL_CDN)},
    {"loopback", BIT(POOL_LOOPBACK)},
    {"linklocal", BIT(POOL_LINKLOCAL)},
    {"unix", BIT(POOL_UNIX)},
    {"uniquelocal", BIT(POOL_BALANCERS) | BIT(POOL_NODES) | BIT(POOL_PRIVATE)},
    {"private", BIT(POOL_BALANCERS) | BIT(POOL_NODES) | BIT(POOL_LOOPBACK) |
		    BIT(POOL_LINKLOCAL) | BIT(POOL_PRIVATE)},
};

static const char lists_text[] =
    "lists:\n"
    "  balancers: [10.1.0.0/16, \"fd01::/16\"]\n"
    "  nodes: [10.2.0.0/16, \"fd02::/16\"]\n"
    "  edge: [198.51.100.0/24, \"2001:db8:ed::/48\"]\n"
    "  cdn: [192.0.2.0/24, \"2001:db8:cd::/48\"]\n"
    "policies:\n";

static const char *const words[] = {
    "stop", "next", "peer", "none", "reject", "skip"};
static const char *const all_trusted_words[] = {
    "leftmost", "next", "peer", "none"};
static const char *const short_words[] = {"next", "peer", "none", "leftmost"};
static const char *const fallback_words[] = {
    "peer", "none", "reject", "farthest"};
static const char *const lines_words[] = {"join", "first", "last", "one"};
static const char *const port_words[] = {
    "strip", "brackets", "invalid", "untrusted"};
static const char *const mode_words[] = {"peer", "require", "ignore"};
static const char *const pick_words[] = {
    "walk", "walk", "walk", "hops", "hops", "leftmost"};

#define PICK(random, array) ((array)[random_below(random, COUNT(array))])

const char *
header_name(enum header header)
{
	return header_names[header];
}

/* A plan while it is written. */
struct draft {
	struct plan *plan;
	struct random *random;
	FILE *stream;
};

/* The percentage in which a set says any. */
enum { ANY_NEVER = 0, ANY_RARELY = 5, ANY_OFTEN = 20 };

/* Sets that only hold addresses: the word unix would be refused. */
static bool
no_socket(const char *key, const struct set_word *word)
{
	return word->pools == BIT(POOL_UNIX) &&
	       (strcmp(key, ", verify") == 0 || strcmp(key, ", skip") == 0);
}

/* Writes a set; gives its pools, and adds them to those believed. */
static uint32_t
write_set(struct draft *draft, const char *key, unsigned any)
{
	unsigned count = 1 + random_below(draft->random, 3);
	uint32_t pools = 0;

	if (random_percent(draft->random, any)) {
		bool word = random_percent(draft->random, 50);

		fprintf(draft->stream, "%s: %s", key, word ? "any" : "[any]");
		/* In a list, any is every address, so not a local socket. */
		return (BIT(POOLS_TRUSTED) - 1) & ~(word ? 0 : BIT(POOL_UNIX));
	}
	fprintf(draft->stream, "%s: [", key);
	for (unsigned i = 0; i < count || pools == 0; i++) {
		const struct set_word *word = &PICK(draft->random, set_words);

		if ((pools & word->pools) == word->pools ||
		    no_socket(key, word))
			continue;
		fprintf(draft->stream, "%s%s", pools ? ", " : "", word->text);
		pools |= word->pools;
	}
	fprintf(draft->stream, "]");
	draft->plan->believed |= pools;
	return pools;
}

static void
maybe_word(struct draft *draft, const char *key, const char *word)
{
	if (random_percent(draft->random, 60))
		fprintf(draft->stream, ", %s: %s", key, word);
}

static void
maybe_set(struct draft *draft, const char *key, unsigned percent)
{
	if (random_percent(draft->random, percent))
		write_set(draft, key, ANY_RARELY);
}

static void
write_pick(struct draft *draft)
{
	const char *pick = PICK(draft->random, pick_words);
	FILE *stream = draft->stream;

	fprintf(stream, ", pick: %s", pick);
	if (pick[0] == 'w') {
		maybe_set(draft, ", trust", 25);
		maybe_set(draft, ", external", 25);
		if (random_percent(draft->random, 30))
			fprintf(stream, ", limit: %u",
			    1 + random_below(draft->random, 4));
		maybe_word(draft, "all-trusted",
		    PICK(draft->random, all_trusted_words));
	} else if (pick[0] == 'h') {
		fprintf(stream, ", hops: %u", random_below(draft->random, 5));
		maybe_set(draft, ", verify", 70);
		maybe_word(draft, "short", PICK(draft->random, short_words));
	} else {
		maybe_set(draft, ", skip", 50);
	}
}

/*
 * A single-value header that a list walk reads without "from" is the
 * operator's claim that hops append to it. No hop does here.
 */
static void
write_single(struct draft *draft, enum header header)
{
	static const char *const formats[] = {"single", "list", "forwarded"};
	bool from = random_percent(draft->random, 85);

	if (from)
		draft->plan->overwriters[header] |=
		    write_set(draft, ", from", ANY_NEVER);
	else if (random_percent(draft->random, 20))
		fprintf(draft->stream, ", from: any");
	if (header == HEADER_VIEWER)
		fprintf(draft->stream, ", format: addr-port");
	else if (random_percent(draft->random, 30))
		fprintf(draft->stream, ", format: %s",
		    from ? PICK(draft->random, formats) : "single");
}

static void
write_list(struct draft *draft)
{
	static const char *const formats[] = {
	    "list", "forwarded", "single", "addr-port"};

	maybe_set(draft, ", from", 15);
	if (random_percent(draft->random, 12))
		fprintf(draft->stream, ", format: %s",
		    PICK(draft->random, formats));
}

static void
write_source(struct draft *draft)
{
	static const enum header headers[] = {HEADER_FOR, HEADER_FOR,
	    HEADER_FOR, HEADER_FORWARDED, HEADER_FORWARDED, HEADER_FORWARDED,
	    HEADER_CHAIN, HEADER_REAL_IP, HEADER_CONNECTING, HEADER_VIEWER};
	enum header header = PICK(draft->random, headers);

	fprintf(draft->stream, "      - {");
	if (random_percent(draft->random, 6)) {
		fprintf(draft->stream, "format: proxy");
	} else {
		fprintf(draft->stream, "header: %s", header_name(header));
		if (header >= HEADER_LISTS)
			write_single(draft, header);
		else
			write_list(draft);
		if (random_percent(draft->random, 25))
			fprintf(draft->stream, ", lines: %s",
			    PICK(draft->random, lines_words));
	}
	write_pick(draft);
	maybe_word(draft, "on-invalid", PICK(draft->random, words));
	maybe_word(draft, "on-empty", PICK(draft->random, words));
	fprintf(draft->stream, "}\n");
}

static void
write_proxy(struct draft *draft)
{
	const char *mode = PICK(draft->random, mode_words);

	draft->plan->ignores_proxy = mode[0] == 'i';
	fprintf(draft->stream, "    proxy: {mode: %s", mode);
	if (random_percent(draft->random, 50))
		draft->plan->proxy = write_set(draft, ", trust", ANY_OFTEN);
	fprintf(draft->stream, "}\n");
}

static void
write_conflict(struct draft *draft)
{
	fprintf(draft->stream,
	    "    conflict: [{a: {header: %s}, b: {header: %s}, rule: %s}]\n",
	    header_name(random_below(draft->random, HEADER_COUNT)),
	    header_name(random_below(draft->random, HEADER_COUNT)),
	    random_percent(draft->random, 50) ? "same" : "leftmost-in");
}

static void
write_ip(struct draft *draft)
{
	draft->plan->keeps_mapped = random_percent(draft->random, 15);
	fprintf(draft->stream, "    ip: {port: %s, zone: %s, mapped: %s}\n",
	    PICK(draft->random, port_words),
	    random_percent(draft->random, 50) ? "strip" : "reject",
	    draft->plan->keeps_mapped ? "keep" : "unmap");
}

/* Everything goes. */
static void
write_wild(struct draft *draft)
{
	unsigned sources = random_below(draft->random, 5);

	if (random_percent(draft->random, 60))
		write_proxy(draft);
	if (random_percent(draft->random, 60))
		write_ip(draft);
	if (random_percent(draft->random, 10))
		write_conflict(draft);
	fprintf(draft->stream, "    fallback: %s\n",
	    PICK(draft->random, fallback_words));
	fprintf(draft->stream, "    sources:%s\n", sources ? "" : " []");
	while (sources-- > 0)
		write_source(draft);
}

/* What the manual tells everybody to write: it must always work. */
static void
write_plain(struct draft *draft)
{
	draft->plan->plain = true;
	fprintf(draft->stream, "    sources:\n      - {header: %s}\n",
	    header_name(random_below(draft->random, HEADER_LISTS)));
}

static void
plan_make(struct plan *plan, struct random *random, unsigned number)
{
	size_t size;
	struct draft draft = {.plan = plan,
	    .random = random,
	    .stream = open_memstream(&plan->yaml, &size)};
	bool plain = random_percent(random, 15);

	if (draft.stream == NULL)
		abort();
	snprintf(plan->name, sizeof(plan->name), "p%u", number);
	fprintf(draft.stream, "  %s:\n", plan->name);
	plan->trust =
	    write_set(&draft, "    trust", plain ? ANY_NEVER : ANY_RARELY);
	plan->proxy = plan->trust;
	fprintf(draft.stream, "\n    default: allow\n");
	if (plain)
		write_plain(&draft);
	else
		write_wild(&draft);
	if (fclose(draft.stream) != 0)
		abort();
}

void
plans_make(struct plan *plans, unsigned count, struct random *random)
{
	for (unsigned i = 0; i < count; i++)
		plan_make(&plans[i], random, i);
}

void
plans_free(struct plan *plans, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		free(plans[i].yaml);
	free(plans);
}

void
plans_write(const struct plan *plans, unsigned count, FILE *stream)
{
	fputs(lists_text, stream);
	for (unsigned i = 0; i < count; i++)
		fputs(plans[i].yaml, stream);
}
