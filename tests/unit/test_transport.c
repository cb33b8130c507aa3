/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/socket.h>

#include "agent/spop/transport.h"
#include "tests/unit/policy_rows.h"

/* What a socket says, in the words of a connection. */

static struct transport ours;
static int theirs;

static void
setup(void)
{
	int ends[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	transport_init(&ours, ends[0]);
	theirs = ends[1];
}

static void
teardown(void)
{
	transport_close(&ours);
	ck_assert_int_eq(ours.descriptor, -1);
	close(theirs);
}

START_TEST(receives)
{
	uint8_t bytes[4];
	size_t received = 99;

	ck_assert_int_eq(
	    transport_receive(&ours, bytes, 4, &received), TRANSPORT_LATER);
	ck_assert_int_eq(write(theirs, "abcdef", 6), 6);
	ck_assert_int_eq(
	    transport_receive(&ours, bytes, 4, &received), TRANSPORT_DONE);
	ck_assert_uint_eq(received, 4);
	ck_assert_mem_eq(bytes, "abcd", 4);
	ck_assert_int_eq(
	    transport_receive(&ours, bytes, 4, &received), TRANSPORT_DONE);
	ck_assert_uint_eq(received, 2);
	ck_assert_int_eq(shutdown(theirs, SHUT_WR), 0);
	ck_assert_int_eq(
	    transport_receive(&ours, bytes, 4, &received), TRANSPORT_END);
}
END_TEST

START_TEST(sends_what_fits)
{
	static uint8_t bytes[1 << 20];
	size_t sent;

	ck_assert_int_eq(
	    transport_send(&ours, bytes, sizeof(bytes), &sent), TRANSPORT_DONE);
	ck_assert_uint_gt(sent, 0);
	ck_assert_uint_lt(sent, sizeof(bytes));
	ck_assert_int_eq(transport_send(&ours, bytes, sizeof(bytes), &sent),
	    TRANSPORT_LATER);
	ck_assert_uint_eq(sent, 0);
}
END_TEST

/* The peer is gone: no signal, and no waiting for more. */
START_TEST(breaks)
{
	uint8_t byte = 0;
	size_t count = 99;

	close(theirs);
	ck_assert_int_eq(
	    transport_send(&ours, &byte, 1, &count), TRANSPORT_BROKEN);
	ck_assert_uint_eq(count, 0);
	transport_close(&ours);
	ck_assert_int_eq(
	    transport_receive(&ours, &byte, 1, &count), TRANSPORT_BROKEN);
	ck_assert(!transport_end(&ours));
	theirs = -1;
}
END_TEST

START_TEST(says_that_nothing_follows)
{
	char byte;
	size_t sent;

	ck_assert(transport_end(&ours));
	ck_assert_int_eq(read(theirs, &byte, 1), 0);
	ck_assert_int_eq(transport_send(&ours, (const uint8_t *)"a", 1, &sent),
	    TRANSPORT_BROKEN);
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, receives);
	tcase_add_test(cases, sends_what_fits);
	tcase_add_test(cases, breaks);
	tcase_add_test(cases, says_that_nothing_follows);
}

int
main(void)
{
	return tests_run("transport", add_tests);
}
