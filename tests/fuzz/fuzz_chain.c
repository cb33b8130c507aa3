/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as header lines behind a trusted peer, under policies that use the
 * whole vocabulary. The first byte chooses the policy, the second the peer and
 * PROXY, the rest are lines: a byte that chooses the field, the value, a line
 * feed. The lines are told twice, all at once and one by one with their count,
 * and both must be answered the same.
 */

#include "tests/fuzz/prepared.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char yaml[] =
    "lists: {lb: [10.0.0.0/8, 2001:db8::/32], cdn: [192.0.2.0/24]}\n"
    "policies:\n"
    "  p0: {trust: lb, sources: [{header: X-Forwarded-For}],"
    " rules: [{allow: 198.51.100.0/24}, {deny: cdn}]}\n"
    "  p1: {trust: [lb, cdn], sources: [{header: Forwarded},"
    " {header: X-Forwarded-For, on-invalid: next, on-empty: skip}]}\n"
    "  p2: {trust: [lb, cdn], sources: [{header: X-Real-IP, from: cdn},"
    " {header: X-Forwarded-For, all-trusted: next, limit: 3}],"
    " fallback: farthest}\n"
    "  p3: {trust: lb, sources: [{header: X-Forwarded-For, pick: hops,"
    " hops: 2, verify: cdn, short: leftmost}],"
    " conflict: [{a: {header: X-Forwarded-For}, b: {header: Forwarded},"
    " rule: same}]}\n"
    "  p4: {trust: lb, sources: [{header: X-Forwarded-For, pick: leftmost,"
    " skip: private, on-invalid: skip}], ip: {zone: strip, mapped: keep}}\n"
    "  p5: {trust: lb, sources: [{header: X-Forwarded-For, external: cdn,"
    " trust: [cdn, lb], on-invalid: skip, on-empty: skip}],"
    " ip: {port: untrusted, unspecified: reject}}\n"
    "  p6: {trust: any, sources: [{header: X-Real-IP, format: addr-port,"
    " lines: last}, {header: Forwarded, lines: first}],"
    " forward: {X-Forwarded-For: {trusted: append},"
    " X-Forwarded-Proto: {trusted: pass}}}\n"
    "  p7: {trust: lb, proxy: {mode: require, trust: cdn},"
    " sources: [{format: proxy, pick: hops}, {header: Forwarded,"
    " pick: leftmost}], conflict: [{a: {header: Forwarded},"
    " b: {header: X-Real-IP}, rule: leftmost-in}]}\n";

enum { POLICIES = 8, PAYLOAD_MAX = 1 << 20, LINES_MAX = 10 };

static const char *const fields[] = {
    "X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Proto"};

static void
add(const char *name, struct sample sample)
{
	request_add(request, view_of(name), &sample);
}

static void
begin(unsigned policy, unsigned peer)
{
	static const char *const peers[] = {
	    "10.0.0.1", "192.0.2.1", "203.0.113.1", "::ffff:10.0.0.1"};
	static const char names[POLICIES][3] = {
	    "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"};
	struct sample sample = {.kind = SAMPLE_ADDRESS};

	request_reset(request);
	address_parse(view_of(peers[peer % 4]), &sample.address);
	add("peer", sample);
	if (peer & 8) {
		add("proxied",
		    (struct sample){.kind = SAMPLE_BOOLEAN, .integer = 1});
		address_parse(view_of(peers[peer / 16 % 4]), &sample.address);
		add("src", sample);
	}
	add("policy", (struct sample){.kind = SAMPLE_TEXT,
			  .text = view_of(names[policy % POLICIES])});
}

struct line {
	unsigned field;
	struct view value;
};

struct lines {
	struct line line[4 * LINES_MAX];
	unsigned count;
	unsigned of_field[4];
};

/* False when a field has more lines than can be told one by one. */
static bool
lines_read(struct lines *lines, const uint8_t *data, size_t size)
{
	*lines = (struct lines){.count = 0};
	while (size > 0) {
		unsigned field = *data++ % 4;
		const uint8_t *end = memchr(data, '\n', --size);
		size_t length = end ? (size_t)(end - data) : size;

		if (lines->of_field[field]++ == LINES_MAX)
			return false;
		lines->line[lines->count++] =
		    (struct line){field, {(const char *)data, length}};
		length += end != NULL;
		data += length;
		size -= length;
	}
	return true;
}

static void
tell_at_once(const struct lines *lines)
{
	request_headers_begin(request);
	for (unsigned i = 0; i < lines->count; i++)
		request_add_line(request, view_of(fields[lines->line[i].field]),
		    lines->line[i].value);
}

static void
tell_one_by_one(const struct lines *lines)
{
	unsigned told[4] = {0};
	char name[40];

	for (unsigned i = lines->count; i-- > 0;) {
		unsigned field = lines->line[i].field;

		if (++told[field] == 1)
			snprintf(name, sizeof(name), "h.%s", fields[field]);
		else
			snprintf(name, sizeof(name), "h.%s.%u", fields[field],
			    told[field]);
		add(name, (struct sample){.kind = SAMPLE_TEXT,
			      .text = lines->line[i].value});
	}
	for (unsigned field = 0; field < 4; field++) {
		snprintf(name, sizeof(name), "h.%s.count", fields[field]);
		add(name, (struct sample){
			      .kind = SAMPLE_INTEGER, .integer = told[field]});
	}
}

static bool
same_text(struct view a, struct view b)
{
	return (a.data == NULL) == (b.data == NULL) && view_equal(a, b);
}

static void
must_be_sound(const struct answer *answer)
{
	const uint32_t doubts =
	    UINT32_C(1) << FLAG_INVALID_ENTRY |
	    UINT32_C(1) << FLAG_EMPTY_ENTRY | UINT32_C(1) << FLAG_ALL_TRUSTED |
	    UINT32_C(1) << FLAG_CONFLICT | UINT32_C(1) << FLAG_INCOMPLETE |
	    UINT32_C(1) << FLAG_LEFTMOST_IS_SPOOFABLE |
	    UINT32_C(1) << FLAG_ANSWER_IS_A_PROXY;

	must(answer->ok == (answer->error.data == NULL));
	must(answer->allowed ==
	     (answer->ok && view_equal(answer->verdict, VIEW("allow"))));
	must(!answer->proven || answer->client_ip.family != ADDRESS_NONE);
	must(!answer->proven || (answer->flags & doubts) == 0);
	must(!(answer->flags & UINT32_C(1) << FLAG_INCOMPLETE));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct answer first, second;
	const struct policy *policy;
	struct lines lines;
	char forward[2][1024];

	prepare(yaml, PAYLOAD_MAX);
	if (size < 2 || size > 4096 || !lines_read(&lines, data + 2, size - 2))
		return 0;
	begin(data[0], data[1]);
	tell_at_once(&lines);
	generation_evaluate(generation, request, &first, &policy, NULL);
	must_be_sound(&first);
	/* What was put together stands in the request: keep its beginning. */
	for (unsigned i = 0; i < 2; i++)
		if (first.forward[i].length <= sizeof(forward[i]) &&
		    first.forward[i].data) {
			memcpy(forward[i], first.forward[i].data,
			    first.forward[i].length);
			first.forward[i].data = forward[i];
		}
	begin(data[0], data[1]);
	tell_one_by_one(&lines);
	generation_evaluate(generation, request, &second, &policy, NULL);
	must(first.ok == second.ok && first.proven == second.proven);
	must(first.flags == second.flags && first.hops == second.hops);
	must(address_equal(&first.client_ip, &second.client_ip));
	must(same_text(first.verdict, second.verdict));
	must(same_text(first.source, second.source));
	must(same_text(first.rule, second.rule));
	if (first.forward[0].length <= sizeof(forward[0]))
		must(same_text(first.forward[0], second.forward[0]));
	must(same_text(first.forward[1], second.forward[1]));
	return 0;
}
