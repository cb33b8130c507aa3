/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_CONSOLE_FIXTURE_H
#define TESTS_UNIT_CONSOLE_FIXTURE_H

/*
 * A control socket in a loop of its own, before an agent that is made up:
 * orders are kept until the test answers them.
 */

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/console/console.h"
#include "agent/control/loop.h"
#include "tests/unit/policy_rows.h"

enum { ORDERS_KEPT = 64, ANSWER_MAX = 1 << 20 };

static struct ev_loop *loop;
static struct consoles consoles;
static struct log log_;
static FILE *log_file;
static char directory[40];
static char path[64];
static struct order *orders[ORDERS_KEPT];
static unsigned order_count;
static struct sight sight;
static struct settings settings;
static bool leaving;
static char answer[ANSWER_MAX + 1];

/* ---- the agent ---- */

static inline void
look(void *owner, struct sight *seen)
{
	ck_assert_ptr_eq(owner, &sight);
	*seen = sight;
}

static inline const struct settings *
borrow(void *owner)
{
	(void)owner;
	return &settings;
}

static inline void
give_back(void *owner)
{
	(void)owner;
}

static inline void
keep_order(void *owner, struct order *order)
{
	(void)owner;
	ck_assert_uint_lt(order_count, ORDERS_KEPT);
	orders[order_count++] = order;
}

static inline bool
shut_down(void *owner, uint64_t *limit)
{
	bool first = !leaving;

	(void)owner;
	*limit = 10000;
	leaving = true;
	return first;
}

/* The oldest order, which is given back after the test has filled it in. */
static inline struct order *
take_order(enum order_kind kind)
{
	struct order *order = orders[0];

	ck_assert_uint_gt(order_count, 0);
	ck_assert_uint_eq(order->letter.kind, kind);
	order_count--;
	for (unsigned i = 0; i < order_count; i++)
		orders[i] = orders[i + 1];
	return order;
}

static inline void
turn(unsigned count)
{
	while (count-- > 0)
		ev_run(loop, EVRUN_NOWAIT);
}

static inline void
give_order(struct order *order)
{
	inbox_post(order->reply, &order->letter);
	turn(3);
}

/* ---- the socket ---- */

static char error_text[LISTENER_ERROR_SIZE];

static inline bool
open_socket(unsigned mode, unsigned max, uint64_t idle)
{
	const struct consoles_settings wanted = {
	    .path = path,
	    .mode = mode,
	    .max = max,
	    .idle = idle,
	    .runtime = {&sight, look, borrow, give_back, keep_order, shut_down},
	};

	return consoles_open(&consoles, &wanted, error_text);
}

static inline void
set_up(void)
{
	strcpy(directory, "/tmp/truesrc-console-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	sprintf(path, "%s/control.sock", directory);
	order_count = 0;
	leaving = false;
	sight = (struct sight){.generation = 3};
	memset(&settings, 0, sizeof(settings));
	log_file = tmpfile();
	log_init(&log_, fileno(log_file));
	ck_assert(log_keep(&log_));
	loop = loop_new();
	ck_assert(consoles_init(&consoles, loop, &log_));
}

static inline void
tear_down(void)
{
	consoles_close(&consoles);
	consoles_fini(&consoles);
	ev_loop_destroy(loop);
	log_fini(&log_);
	fclose(log_file);
	unlink(path);
	rmdir(directory);
}

static inline bool
logged(const char *text)
{
	char line[1024];
	bool found = false;

	rewind(log_file);
	while (fgets(line, sizeof(line), log_file))
		found |= strstr(line, text) != NULL;
	return found;
}

/* ---- those who connect ---- */

static inline int
join(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	ck_assert_int_eq(
	    connect(client, (const struct sockaddr *)&address, sizeof(address)),
	    0);
	turn(2);
	return client;
}

/* As far as it can be sent; gives how many bytes that is. */
static inline size_t
say_bytes(int client, const char *text, size_t length)
{
	size_t sent = 0;

	for (unsigned idle = 0; sent < length && idle < 20;) {
		ssize_t now =
		    send(client, text + sent, length - sent, MSG_NOSIGNAL);

		if (now > 0)
			sent += (size_t)now;
		else if (errno == EAGAIN)
			idle++;
		else
			break;
		turn(1);
	}
	turn(4);
	return sent;
}

static inline void
say(int client, const char *text)
{
	ck_assert_uint_eq(say_bytes(client, text, strlen(text)), strlen(text));
}

/* What has come so far, as a string; *closed if nothing more will. */
static inline const char *
hear(int client, bool *closed)
{
	size_t length = 0;
	unsigned idle = 0;

	*closed = false;
	while (idle < 3 && length < ANSWER_MAX) {
		ssize_t got =
		    recv(client, answer + length, ANSWER_MAX - length, 0);

		if (got == 0 || (got < 0 && errno != EAGAIN)) {
			*closed = true;
			break;
		}
		idle = got < 0 ? idle + 1 : 0;
		length += got > 0 ? (size_t)got : 0;
		turn(2);
	}
	answer[length] = '\0';
	return answer;
}

static inline void
expect_heard(int client, const char *text)
{
	bool closed;

	ck_assert_str_eq(hear(client, &closed), text);
	ck_assert(!closed);
}

static inline void
expect_last(int client, const char *text)
{
	bool closed;

	ck_assert_str_eq(hear(client, &closed), text);
	ck_assert(closed);
	close(client);
}

#endif
