/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_POLICY_ROWS_H
#define TESTS_UNIT_POLICY_ROWS_H

/*
 * Tables of decisions: a policy, a request, and the answer as one line of text.
 *
 * Addresses have their parts throughout: 10.0.0.0/24 and 2001:db8:a::/48 are
 * balancers ("lb"), 192.0.2.0/24 a CDN ("cdn"), and clients live in
 * 203.0.113.0/24, 198.51.100.0/24 and 2001:db8:c::/48.
 */

#include <stdio.h>

#include "tests/unit/policy_fixture.h"

static const char policy_lists[] = "lists:\n"
				   "  lb: [10.0.0.0/24, 2001:db8:a::/48]\n"
				   "  cdn: [192.0.2.0/24]\n"
				   "  office: [198.51.100.0/24]\n"
				   "  bad: [203.0.113.66, 10.0.0.66]\n";

enum { REQUEST_PARTS = 10, SHOWN_ANSWER_SIZE = 512 };

/*
 * policy: the keys of the policy "default", with commas between. request:
 * "name=value" for arguments (value @address, #integer, !0 or !1, ~ for NULL,
 * else text), "Name: value" for header lines in order of arrival, which are
 * then all there are.
 */
struct policy_row {
	const char *name;
	const char *policy;
	const char *request[REQUEST_PARTS];
	const char *answer; /* as answer_shown() writes it */
};

#define BEHIND_LB "peer=@10.0.0.1"
#define BEHIND_CDN "peer=@192.0.2.1"

static inline struct sample
sample_read(const char *value)
{
	switch (value[0]) {
	case '@':
		return sample_address(value + 1);
	case '#':
		return sample_integer(atoi(value + 1));
	case '!':
		return sample_boolean(value[1] == '1');
	case '~':
		return (struct sample){.kind = SAMPLE_ABSENT};
	default:
		return sample_text(value);
	}
}

/* A header line or an argument: what comes first, ":" or "=". */
static inline void
part_add(struct request *request, const char *part)
{
	size_t length = strcspn(part, ":=");
	struct view name = {part, length};

	if (part[length] == ':') {
		request_headers_begin(request);
		request_add_line(request, name, view_of(part + length + 1));
	} else {
		struct sample sample = sample_read(part + length + 1);

		request_add(request, name, &sample);
	}
}

static inline struct generation *
generation_of_policy(const char *policy)
{
	char *yaml = malloc(sizeof(policy_lists) + strlen(policy) + 64);
	struct generation *generation;

	ck_assert_ptr_nonnull(yaml);
	sprintf(yaml, "%spolicies: {default: {%s}}\n", policy_lists, policy);
	generation = generation_of(yaml);
	free(yaml);
	return generation;
}

/*
 * "CLIENT SOURCE HOPS proven|unproven VERDICT FLAGS", "-" for no client and no
 * source, FLAGS only when there are some; "error WORD" when there is none.
 */
static inline const char *
answer_shown(const struct answer *answer, char text[SHOWN_ANSWER_SIZE])
{
	char client[ADDRESS_TEXT_SIZE], flags[FLAGS_TEXT_SIZE];
	struct view source = answer->source.data ? answer->source : VIEW("-");

	if (!answer->ok) {
		snprintf(text, SHOWN_ANSWER_SIZE, "error %.*s",
		    (int)answer->error.length, answer->error.data);
		return text;
	}
	flags_format(answer->flags, flags);
	snprintf(text, SHOWN_ANSWER_SIZE, "%s %.*s %u %s %.*s%s%s",
	    shown(&answer->client_ip, client), (int)source.length, source.data,
	    answer->hops, answer->proven ? "proven" : "unproven",
	    (int)answer->verdict.length, answer->verdict.data,
	    flags[0] ? " " : "", flags);
	return text;
}

/* The answer to a request; telling what happens does not change it. */
static inline void
policy_answer(const struct generation *generation, struct request *request,
    const char *const parts[REQUEST_PARTS], struct answer *answer)
{
	static struct trace trace;
	char silent[SHOWN_ANSWER_SIZE], told[SHOWN_ANSWER_SIZE];
	const struct policy *policy;

	request_reset(request);
	for (int i = 0; i < REQUEST_PARTS && parts[i]; i++)
		part_add(request, parts[i]);
	trace.count = 0;
	generation_evaluate(generation, request, answer, &policy, &trace);
	answer_shown(answer, told);
	generation_evaluate(generation, request, answer, &policy, NULL);
	ck_assert_str_eq(answer_shown(answer, silent), told);
}

static inline void
policy_row_check(const struct policy_row *row)
{
	struct generation *generation = generation_of_policy(row->policy);
	struct request *request =
	    request_new(generation_names(generation), 16384);
	char text[SHOWN_ANSWER_SIZE];
	struct answer answer;

	ck_assert_ptr_nonnull(request);
	policy_answer(generation, request, row->request, &answer);
	ck_assert_msg(strcmp(answer_shown(&answer, text), row->answer) == 0,
	    "%s:\n  expected %s\n  but got  %s", row->name, row->answer, text);
	ck_assert_msg(answer.allowed == (answer.ok && view_equal(answer.verdict,
							  VIEW("allow"))),
	    "%s: allowed", row->name);
	request_free(request);
	generation_free(generation);
}

/* Runs the tests of one case; gives the program's exit code. */
static inline int
tests_run(const char *name, void (*add_tests)(TCase *cases))
{
	Suite *suite = suite_create(name);
	TCase *cases = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(cases, 60);
	add_tests(cases);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}

#define ROWS(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#endif
