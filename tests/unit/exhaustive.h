/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_EXHAUSTIVE_H
#define TESTS_UNIT_EXHAUSTIVE_H

/*
 * All of something, where other tests have examples. Each input is told to a
 * dialog, and to a model that knows nothing of it; then to dialogs again, in
 * pieces. TRUESRC_EXHAUSTIVE=1 leaves nothing out: "make exhaustive".
 */

#include "tests/unit/dialog_hearing.h"
#include "tests/unit/frame_corpus.h"

#if defined(EXACT_BY_SANITIZER) || !defined(__OPTIMIZE__)
#define SLOW_BUILD true
#else
#define SLOW_BUILD false
#endif

static const char yaml[] =
    "limits: {frame-size: 64k, fragments: 64k}\n"
    "policies:\n"
    "  default: {trust: [127.0.0.0/8], sources: [{header: X-Forwarded-For}],\n"
    "    rules: [{deny: [203.0.113.0/24], name: no, status: 403}],\n"
    "    return: [allowed, verdict, client_ip, client_net, proven, trusted,\n"
    "      source, hops, rule, list, status, message, flags,"
    " generation]}\n";

/* A NOTIFY behind the frame in question: the next one is not misread. */
#define NEXT "< 03 00000001 fc03 01 " MESSAGE ">"

static struct hearing hearing;
static struct corpus corpus;
static struct model model;
static struct outcome whole, cut;
static struct bytes input;
static struct bytes *next;
static bool thorough;

static inline void
set_up(void)
{
	const char *wish = getenv("TRUESRC_EXHAUSTIVE");

	thorough = wish != NULL && strcmp(wish, "1") == 0;
	hearing_init(&hearing, yaml);
	corpus_load(&corpus);
	next = bytes_of(NEXT);
	model.own_size = HEARING_FRAME;
	model.fragments = HEARING_FRAGMENTS;
}

static inline void
tear_down(void)
{
	free(next);
	corpus_free(&corpus);
	hearing_fini(&hearing);
}

/* For who reads the output; not buffered, as the test is a child. */
static inline void
tell(const char *what)
{
	dprintf(STDOUT_FILENO, "# %s: %llu conversations\n", what,
	    (unsigned long long)hearing.cases);
}

/* ---- what has to hold ---- */

_Noreturn static inline void
wrong(const char *what)
{
	print_bytes("input", input.data, input.length);
	print_bytes("said ", whole.said, whole.length);
	fprintf(stderr, "state %u, status %u; expected %u, %u\n", whole.state,
	    whole.status, (unsigned)model.state, model.status);
	ck_abort_msg("%s", what);
}

/* The dialog does with all of the input at once what the model does. */
static inline void
expect_agreement(void)
{
	model_run(&model, input.data, input.length);
	hearing_converse(&hearing, &whole, input.data, input.length, NULL, 0);
	if (whole.state != (unsigned)model.state)
		wrong("another state");
	if ((whole.result == DIALOG_CLOSE) != (whole.state == DIALOG_OVER))
		wrong("closed, or not");
	if (whole.state == DIALOG_OVER && whole.status != model.status)
		wrong("another status");
	if (whole.state != DIALOG_OVER &&
	    whole.left != input.length - model.taken)
		wrong("more or less was taken");
	if (!model_agrees(&model, whole.said, whole.length))
		wrong("another answer");
}

/* Cut, the input has the same outcome as whole. */
static inline void
expect_same(const size_t *cuts, size_t count)
{
	hearing_converse(&hearing, &cut, input.data, input.length, cuts, count);
	if (cut.result != whole.result || cut.state != whole.state ||
	    cut.status != whole.status || cut.by_peer != whole.by_peer ||
	    cut.requests != whole.requests)
		wrong("another end when cut");
	if (cut.length != whole.length ||
	    memcmp(cut.said, whole.said, cut.length) != 0)
		wrong("another answer when cut");
	if (cut.state != DIALOG_OVER && cut.left != whole.left)
		wrong("more or less was taken when cut");
}

/* In pieces of that size from there on. */
static inline void
expect_same_dribbled(size_t from, size_t size)
{
	static size_t cuts[HEARING_INPUT];
	size_t count = 0;

	for (size_t at = from; at < input.length; at += size)
		if (at > 0)
			cuts[count++] = at;
	expect_same(cuts, count);
}

static inline void
put(const uint8_t *data, size_t length)
{
	if (length > BYTES_MAX - input.length)
		ck_abort_msg("too long an input");
	memcpy(input.data + input.length, data, length);
	input.length += length;
}

/* What comes before it, the frame, and another one behind it. */
static inline void
put_specimen(const struct specimen *specimen)
{
	input.length = 0;
	put(specimen->before, specimen->before_length);
	put(specimen->frame, specimen->length);
	put(next->data, next->length);
}

static inline int
run_exhaustive(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}

#endif
