/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/console_fixture.h"

/* Connections to the control socket: lines, turns, bounds. */

static void
set_up_open(void)
{
	set_up();
	ck_assert_msg(open_socket(0600, 4, 60000), "%s", error_text);
}

/* ---- lines ---- */

START_TEST(lives_on)
{
	int client = join();

	say(client, "frobnicate\n");
	expect_heard(client, "Unknown command\n\n");
	say(client, "\n \r\n\n");
	expect_heard(client, "");
	say(client, "mode bypass\r\n");
	expect_heard(client, "error: mode is not built yet\n\n");
	say(client, "json frobnicate\njson mode\njson test x\n");
	expect_heard(client, "{\"error\":\"Unknown command\"}\n\n"
			     "{\"error\":\"mode is not built yet\"}\n\n"
			     "{\"error\":\"\\\"x\\\" is no address\"}\n\n");
	ck_assert_int_eq(
	    (int)say_bytes(client, "show\0info\n\xff\x80\n", 13), 13);
	expect_heard(client, "Unknown command\n\nUnknown command\n\n");
	close(client);
}
END_TEST

START_TEST(several_in_a_line)
{
	int client = join();

	say(client, "a; b ;;\"c;d\"\n");
	expect_heard(client,
	    "Unknown command\n\nUnknown command\n\nUnknown command\n\n");
	say(client, "a");
	expect_heard(client, "");
	say(client, "\nb");
	expect_heard(client, "Unknown command\n\n");
	shutdown(client, SHUT_WR);
	turn(4);
	expect_last(client, "Unknown command\n\n");
}
END_TEST

START_TEST(prompts)
{
	int client = join();

	say(client, "prompt\n");
	expect_heard(client, "\n> ");
	say(client, "\n");
	expect_heard(client, "> ");
	say(client, "a;b\n");
	expect_heard(client, "Unknown command\n\nUnknown command\n\n> ");
	say(client, "prompt\n");
	expect_heard(client, "\n");
	say(client, "quit;a\n");
	expect_last(client, "\n");
}
END_TEST

START_TEST(long_lines)
{
	static char line[CONSOLE_LINE_MAX + 2];
	int client = join();

	memset(line, 'x', sizeof(line));
	line[CONSOLE_LINE_MAX - 1] = '\n';
	ck_assert_uint_eq(
	    say_bytes(client, line, CONSOLE_LINE_MAX), CONSOLE_LINE_MAX);
	expect_heard(client, "Unknown command\n\n");
	memset(line, 'x', sizeof(line));
	say_bytes(client, line, sizeof(line));
	expect_last(client, "error: the line is longer than 65536 bytes\n\n");
	ck_assert_uint_eq(consoles.count, 0);
}
END_TEST

/* A line of many commands, whose answers are read late. */
START_TEST(many_commands)
{
	static char line[20001];
	int client = join();
	size_t length = 0;
	bool closed;

	for (unsigned i = 0; i < 10000; i++)
		memcpy(line + 2 * i, "a;", 2);
	line[20000] = '\n';
	ck_assert_uint_eq(say_bytes(client, line, 20001), 20001);
	turn(2000);
	ck_assert_uint_lt(output_left(&consoles.first->output), CONSOLE_PART);
	while (strlen(hear(client, &closed)) > 0)
		length += strlen(answer);
	ck_assert_uint_eq(length, 10000 * strlen("Unknown command\n\n"));
	close(client);
}
END_TEST

/* ---- orders ---- */

START_TEST(others_go_on)
{
	int first = join();
	int second = join();
	struct order *order;

	say(first, "json show lists\nfrobnicate\n");
	expect_heard(first, "");
	say(second, "frobnicate\n");
	expect_heard(second, "Unknown command\n\n");
	order = take_order(ORDER_LISTS);
	ck_assert_uint_eq(order_count, 0);
	give_order(order);
	expect_heard(first, "[]\n\nUnknown command\n\n");
	close(first);
	close(second);
}
END_TEST

START_TEST(gone_before_the_answer)
{
	int client = join();
	struct order *order;

	say(client, "reload\n");
	order = take_order(ORDER_RELOAD);
	consoles_close(&consoles);
	ck_assert_uint_eq(consoles.errand_count, 1);
	order->report = strdup("left alone");
	give_order(order);
	ck_assert_uint_eq(consoles.errand_count, 0);
	close(client);
}
END_TEST

/* What nobody answers any more is freed with the rest. */
START_TEST(never_answered)
{
	int client = join();

	say(client, "reload\n");
	ck_assert_uint_eq(order_count, 1);
	close(client);
}
END_TEST

/* So many at a time are with the lists thread; the others wait in order. */
START_TEST(bounded_errands)
{
	int clients[ERRANDS_MAX + 10];
	const int count = ROWS(clients);
	char line[40];

	consoles.settings.max = 100;
	for (int i = 0; i < count; i++) {
		clients[i] = join();
		sprintf(line, "show list n%d\n", i);
		say(clients[i], line);
	}
	ck_assert_uint_eq(order_count, ERRANDS_MAX);
	close(clients[count - 2]);
	for (int i = 0; i < count; i++) {
		struct order *order = take_order(ORDER_ENTRIES);

		sprintf(line, "n%d", i);
		if (i != count - 2)
			ck_assert_str_eq(order->list, line);
		order->status = ORDER_NO_LIST;
		give_order(order);
	}
	for (int i = 0; i < count; i++)
		if (i != count - 2) {
			expect_heard(clients[i],
			    "error: there is no list of that name\n\n");
			close(clients[i]);
		}
	turn(4);
	ck_assert_uint_eq(consoles.errand_count, 0);
	ck_assert_uint_eq(consoles.count, 0);
}
END_TEST

static void
fill_part(struct order *order, unsigned part)
{
	order->row_count = ORDER_PART;
	order->more = true;
	order->cursor = part + 1;
	for (unsigned i = 0; i < ORDER_PART; i++)
		order->rows.entries[i].prefix = (struct prefix){
		    {.family = ADDRESS_IPV4, .lo = part * ORDER_PART + i}, 32};
}

/* A part is asked for when what is before it has gone, and not sooner. */
START_TEST(slow_readers)
{
	int slow = join();
	int other = join();
	unsigned part = 0;
	struct order *order;
	bool closed;

	say(slow, "show list long\n");
	while (order_count > 0) {
		order = take_order(ORDER_ENTRIES);
		ck_assert_uint_eq(order->cursor, part);
		ck_assert_str_eq(order->list, "long");
		fill_part(order, part++);
		give_order(order);
		ck_assert_uint_lt(part, 1000);
	}
	ck_assert_uint_gt(part, 5);
	say(other, "frobnicate\n");
	expect_heard(other, "Unknown command\n\n");
	ck_assert_uint_eq(order_count, 0);
	hear(slow, &closed);
	ck_assert_int_eq(strncmp(answer, "# prefix ", 9), 0);
	ck_assert_uint_eq(order_count, 1);
	order = take_order(ORDER_ENTRIES);
	order->row_count = 0;
	order->more = false;
	give_order(order);
	hear(slow, &closed);
	ck_assert_str_eq(answer + strlen(answer) - 1, "\n");
	close(slow);
	close(other);
}
END_TEST

/* ---- bounds ---- */

START_TEST(too_many)
{
	int clients[4];
	int late;

	for (int i = 0; i < 4; i++)
		clients[i] = join();
	late = join();
	expect_last(late, "error: too many connections\n\n");
	ck_assert(logged("too many connections"));
	/* One that has done nothing for long makes room. */
	consoles.first->next->moved -= CONSOLES_YIELD;
	late = join();
	say(late, "a\n");
	expect_heard(late, "Unknown command\n\n");
	expect_last(clients[2], "");
	ck_assert_uint_eq(consoles.count, 4);
	/* One that waits for an answer does not. */
	say(late, "reload\n");
	consoles.first->moved -= 10 * CONSOLES_YIELD;
	clients[2] = join();
	expect_last(clients[2], "error: too many connections\n\n");
	close(late);
	for (int i = 0; i < 4; i++)
		if (i != 2)
			close(clients[i]);
}
END_TEST

START_TEST(idle_ones_end)
{
	int idle = join();
	int busy = join();

	say(busy, "show lists\n");
	for (struct console *at = consoles.first; at; at = at->next)
		at->moved -= 60000;
	ev_invoke(loop, &consoles.sweep, EV_TIMER);
	expect_last(idle, "");
	ck_assert_uint_eq(consoles.count, 1);
	give_order(take_order(ORDER_LISTS));
	expect_heard(busy, "# name  entries  state  age  source  error\n\n");
	close(busy);
}
END_TEST

/* ---- who may ---- */

static void
check_mode(unsigned mode, unsigned mask)
{
	struct stat status;
	mode_t before = umask(mask);

	ck_assert_msg(open_socket(mode, 4, 60000), "%s", error_text);
	umask(before);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, mode);
	consoles_close(&consoles);
	ck_assert_int_ne(stat(path, &status), 0);
}

START_TEST(mode_of_the_socket)
{
	consoles_close(&consoles);
	check_mode(0600, 0);
	check_mode(0660, 022);
	check_mode(0666, 077);
	check_mode(0606, 0777);
}
END_TEST

START_TEST(nowhere_to_listen)
{
	consoles_close(&consoles);
	strcpy(path + strlen(directory), "/none/control.sock");
	ck_assert(!open_socket(0600, 4, 60000));
	ck_assert(strstr(error_text, "cannot bind"));
}
END_TEST

START_TEST(who_it_is)
{
	int client = join();
	char who[80];

	sprintf(who, "uid %u pid %d", (unsigned)getuid(), (int)getpid());
	ck_assert_str_eq(consoles.first->who, who);
	ck_assert(consoles.first->may_change);
	consoles.first->may_change = false;
	say(client, "del list m 192.0.2.1;show lists\n");
	strcat(who, " may look, but change nothing\n\n");
	expect_heard(client, strcat((char[120]){"error: "}, who));
	ck_assert(logged("result=refused"));
	ck_assert(logged("word=\"del list\" list=m prefix=192.0.2.1"));
	take_order(ORDER_LISTS);
	close(client);
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_checked_fixture(cases, set_up_open, tear_down);
	tcase_add_test(cases, lives_on);
	tcase_add_test(cases, several_in_a_line);
	tcase_add_test(cases, prompts);
	tcase_add_test(cases, long_lines);
	tcase_add_test(cases, many_commands);
	tcase_add_test(cases, others_go_on);
	tcase_add_test(cases, gone_before_the_answer);
	tcase_add_test(cases, never_answered);
	tcase_add_test(cases, bounded_errands);
	tcase_add_test(cases, slow_readers);
	tcase_add_test(cases, too_many);
	tcase_add_test(cases, idle_ones_end);
	tcase_add_test(cases, mode_of_the_socket);
	tcase_add_test(cases, nowhere_to_listen);
	tcase_add_test(cases, who_it_is);
}

int
main(void)
{
	return tests_run("consoles", add_tests);
}
