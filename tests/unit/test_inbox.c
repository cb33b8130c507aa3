/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "agent/control/inbox.h"
#include "agent/control/loop.h"
#include "tests/unit/policy_rows.h"

/* Letters come in order, each once, a few at a time. */

enum { LETTERS = 1000 };

static struct ev_loop *loop;
static struct inbox inbox;
static struct letter letters[LETTERS];
static unsigned opened[3 * LETTERS];
static unsigned opened_count;

static void
on_letter(void *owner, struct letter *letter)
{
	ck_assert_ptr_eq(owner, &opened);
	opened[opened_count++] = letter->kind;
}

static void
setup(void)
{
	loop = loop_new();
	ck_assert_ptr_nonnull(loop);
	ck_assert(inbox_init(&inbox, loop, &opened, on_letter));
	for (unsigned i = 0; i < LETTERS; i++)
		letters[i].kind = i;
}

static void
teardown(void)
{
	ev_loop_destroy(loop);
}

static void
expect_in_order(unsigned first, unsigned count)
{
	ck_assert_uint_eq(opened_count, count);
	for (unsigned i = 0; i < count; i++)
		ck_assert_uint_eq(opened[i], first + i);
	opened_count = 0;
}

START_TEST(in_order)
{
	for (unsigned i = 0; i < 10; i++)
		inbox_post(&inbox, &letters[i]);
	expect_in_order(0, 0);
	ev_run(loop, EVRUN_NOWAIT);
	expect_in_order(0, 10);
	ev_run(loop, EVRUN_NOWAIT);
	expect_in_order(0, 0);
	inbox_post(&inbox, &letters[10]);
	ev_run(loop, EVRUN_NOWAIT);
	expect_in_order(10, 1);
	inbox_fini(&inbox, NULL);
}
END_TEST

START_TEST(on_its_way_it_is_not_sent_again)
{
	inbox_post(&inbox, &letters[0]);
	inbox_post(&inbox, &letters[0]);
	inbox_post(&inbox, &letters[1]);
	inbox_post(&inbox, &letters[0]);
	ev_run(loop, EVRUN_NOWAIT);
	expect_in_order(0, 2);
	inbox_post(&inbox, &letters[0]);
	ev_run(loop, EVRUN_NOWAIT);
	expect_in_order(0, 1);
	inbox_fini(&inbox, NULL);
}
END_TEST

/* The loop gets to its other work in between, and to all of them. */
START_TEST(many_take_several_turns)
{
	unsigned turns = 0;

	for (unsigned i = 0; i < LETTERS; i++)
		inbox_post(&inbox, &letters[i]);
	while (opened_count < LETTERS && turns++ < LETTERS)
		ev_run(loop, EVRUN_NOWAIT);
	ck_assert_uint_gt(turns, 1);
	expect_in_order(0, LETTERS);
	inbox_fini(&inbox, NULL);
}
END_TEST

static void *
post_all(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < LETTERS; i++)
		inbox_post(&inbox, &letters[i]);
	return NULL;
}

START_TEST(from_another_thread)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, post_all, NULL), 0);
	while (opened_count < LETTERS)
		ev_run(loop, EVRUN_ONCE);
	pthread_join(thread, NULL);
	expect_in_order(0, LETTERS);
	inbox_fini(&inbox, NULL);
}
END_TEST

START_TEST(what_is_not_opened_is_given_back)
{
	inbox_post(&inbox, &letters[0]);
	inbox_post(&inbox, &letters[1]);
	inbox_fini(&inbox, on_letter);
	expect_in_order(0, 2);
	ck_assert(!letters[0].posted && !letters[1].posted);
}
END_TEST

START_TEST(or_forgotten)
{
	inbox_post(&inbox, &letters[0]);
	inbox_fini(&inbox, NULL);
	expect_in_order(0, 0);
	ck_assert(!letters[0].posted);
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, in_order);
	tcase_add_test(cases, on_its_way_it_is_not_sent_again);
	tcase_add_test(cases, many_take_several_turns);
	tcase_add_test(cases, from_another_thread);
	tcase_add_test(cases, what_is_not_opened_is_given_back);
	tcase_add_test(cases, or_forgotten);
}

int
main(void)
{
	return tests_run("inbox", add_tests);
}
