/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/policy_fixture.h"

/*
 * Hostile chains: the work is bounded, counted in entries and not in time, and
 * the answer is safe.
 */

enum { HUGE = 65536 };

static const char yaml[] =
    "policies:\n"
    "  walk: {trust: 10.0.0.0/8, sources: [{header: XFF}]}\n"
    "  skip: {trust: 10.0.0.0/8, sources: [{header: XFF, on-invalid: skip,"
    " limit: 100}]}\n"
    "  empty: {trust: 10.0.0.0/8, sources: [{header: XFF,"
    " on-empty: skip}]}\n"
    "  from: {trust: 10.0.0.0/8, sources: [{header: X-Real-IP,"
    " from: 192.0.2.1}]}\n"
    "  hops: {trust: 10.0.0.0/8, sources: [{header: XFF, pick: hops,"
    " hops: 20}]}\n"
    "  forwarded: {trust: 10.0.0.0/8, sources: [{header: Forwarded}]}\n"
    "  left: {trust: 10.0.0.0/8, sources: [{header: XFF, pick: leftmost,"
    " on-invalid: skip, on-empty: skip}]}\n"
    "  conflict: {trust: 10.0.0.0/8, sources: [{header: XFF}],"
    " conflict: [{a: {header: XFF}, b: {header: Forwarded}, rule: same}]}\n";

static struct generation *generation;
static struct request *request;
static struct trace *trace;
static char *text;

static void
setup(void)
{
	generation = generation_of(yaml);
	request = request_new(generation_names(generation), 4 * HUGE);
	trace = calloc(1, sizeof(*trace));
	text = malloc(HUGE);
	ck_assert(request && trace && text);
}

static void
teardown(void)
{
	free(text);
	free(trace);
	request_free(request);
	generation_free(generation);
}

/* Fills the text with as many whole patterns as fit; gives the length. */
static size_t
fill(const char *pattern, size_t length)
{
	size_t filled = 0;

	while (filled + length <= HUGE) {
		memcpy(text + filled, pattern, length);
		filled += length;
	}
	return filled;
}

struct row {
	const char *policy;
	const char *field;
	const char *pattern;
	size_t length;
	const char *client;
	const char *flags;
	unsigned entries; /* at most so many are looked at; 0: one a byte */
};

#define PATTERN(literal) literal, sizeof(literal) - 1
#define PROXY "10.0.0.1"
#define IS_PROXY "answer-is-a-proxy"

static const struct row rows[] = {
    {"walk", "XFF", PATTERN(","), PROXY, "empty-entry," IS_PROXY, 2},
    {"walk", "XFF", PATTERN("10.0.0.2,"), PROXY, "empty-entry," IS_PROXY, 2},
    {"walk", "XFF", PATTERN(",10.0.0.2"), "10.0.0.2", "hop-limit," IS_PROXY,
	33},
    {"walk", "XFF", PATTERN(",1.2.3.4"), "1.2.3.4", "entries-left-of-client",
	2},
    {"walk", "XFF", PATTERN("\0"), PROXY, "invalid-entry," IS_PROXY, 2},
    {"walk", "XFF", PATTERN("\x01"), PROXY, "invalid-entry," IS_PROXY, 2},
    {"walk", "XFF", PATTERN("\xff"), PROXY, "invalid-entry," IS_PROXY, 2},
    {"walk", "XFF", PATTERN("1"), PROXY, "invalid-entry," IS_PROXY, 2},
    {"walk", "XFF", PATTERN("\""), PROXY, "invalid-entry," IS_PROXY, 2},
    {"walk", "XFF", PATTERN(" \t"), PROXY, "empty-entry," IS_PROXY, 2},
    {"skip", "XFF", PATTERN(",x"), PROXY, "invalid-entry,hop-limit," IS_PROXY,
	101},
    {"empty", "XFF", PATTERN(","), PROXY, IS_PROXY, 0},
    {"from", "XFF", PATTERN(",10.0.0.2"), PROXY, IS_PROXY, 0},
    {"hops", "XFF", PATTERN(",10.0.0.2"), "10.0.0.2",
	"entries-left-of-client," IS_PROXY, 21},
    {"left", "XFF", PATTERN(",1.2.3.4"), "1.2.3.4", "leftmost-is-spoofable", 0},
    {"conflict", "XFF", PATTERN(",1.2.3.4"), "1.2.3.4",
	"entries-left-of-client", 5},
    {"forwarded", "Forwarded", PATTERN("\""), PROXY, "invalid-entry," IS_PROXY,
	2},
    {"forwarded", "Forwarded", PATTERN("for=\""), PROXY,
	"invalid-entry," IS_PROXY, 2},
    {"forwarded", "Forwarded", PATTERN(",for=1.2.3.4"), "1.2.3.4",
	"entries-left-of-client", 2},
    {"forwarded", "Forwarded", PATTERN(",for=\"10.0.0.2\""), "10.0.0.2",
	"hop-limit," IS_PROXY, 33},
    {"forwarded", "Forwarded", PATTERN(",for=\"1.2.3.4"), PROXY,
	"invalid-entry," IS_PROXY, 2},
    {"forwarded", "Forwarded", PATTERN("\\"), PROXY, "invalid-entry," IS_PROXY,
	2},
    {"forwarded", "Forwarded", PATTERN(";"), PROXY, "invalid-entry," IS_PROXY,
	2},
    {"forwarded", "Forwarded", PATTERN(",;,\t"), PROXY, "empty-entry," IS_PROXY,
	2},
};

static void
ask(const struct row *row, size_t length, struct answer *answer)
{
	const struct policy *policy;

	request_reset(request);
	request_headers_begin(request);
	trace->count = 0;
	trace->entries = 0;
	add(request, "policy", sample_text(row->policy));
	add(request, "peer", sample_address(PROXY));
	request_add_line(
	    request, view_of(row->field), (struct view){text, length});
	generation_evaluate(generation, request, answer, &policy, trace);
}

START_TEST(bounded_and_safe)
{
	const struct row *row = &rows[_i];
	size_t length = fill(row->pattern, row->length);
	uint64_t bound = row->entries > 0 ? row->entries : length + 3;
	char client[ADDRESS_TEXT_SIZE], flags[FLAGS_TEXT_SIZE];
	struct answer answer;

	ask(row, length, &answer);
	flags_format(answer.flags, flags);
	ck_assert(answer.ok);
	ck_assert_msg(
	    strcmp(shown(&answer.client_ip, client), row->client) == 0,
	    "%s of row %d: %s", row->policy, _i, client);
	ck_assert_msg(strcmp(flags, row->flags) == 0, "%s of row %d: %s",
	    row->policy, _i, flags);
	ck_assert_msg(trace->entries <= bound, "%s of row %d: %llu entries",
	    row->policy, _i, (unsigned long long)trace->entries);
}
END_TEST

/* Ten thousand entries of a client cost what one costs. */
START_TEST(what_a_client_wrote_costs_nothing)
{
	static const struct row row = {.policy = "walk", .field = "XFF"};
	struct answer answer;
	uint64_t few, many;
	size_t length;

	strcpy(text, "9.9.9.9, 203.0.113.9, 10.0.0.2");
	ask(&row, strlen(text), &answer);
	few = trace->entries;
	length = fill(PATTERN("9.9.9.9,")) - 40;
	memcpy(text + length, ",203.0.113.9, 10.0.0.2", 22);
	ask(&row, length + 22, &answer);
	many = trace->entries;
	ck_assert_uint_eq(few, many);
	ck_assert(answer.proven);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("bounds");
	TCase *cases = tcase_create("bounds");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_loop_test(
	    cases, bounded_and_safe, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(cases, what_a_client_wrote_costs_nothing);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
