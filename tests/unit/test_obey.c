/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/console_fixture.h"

/* What each word asks, and what it makes of the answer. */

static int client;

static void
set_up_client(void)
{
	set_up();
	ck_assert_msg(open_socket(0600, 4, 60000), "%s", error_text);
	client = join();
}

static void
tear_down_client(void)
{
	close(client);
	tear_down();
}

/* ---- orders, and how they end ---- */

static const struct {
	const char *line;
	enum order_kind kind;
	enum order_status status;
	const char *text;
	const char *answer;
} endings[] = {
    {"add list m 203.0.113.7", ORDER_ADD, ORDER_DONE, "",
	"203.0.113.7 is in m\n\n"},
    {"json add list m 203.0.113.7", ORDER_ADD, ORDER_DONE, "",
	"{\"ok\":true,\"list\":\"m\",\"prefix\":\"203.0.113.7\","
	"\"until\":null}\n\n"},
    {"add list m 203.0.113.7", ORDER_ADD, ORDER_NO_LIST, "",
	"error: there is no list of that name\n\n"},
    {"add list m 203.0.113.7", ORDER_ADD, ORDER_NOT_DYNAMIC, "",
	"error: the list is not a dynamic one\n\n"},
    {"add list m 203.0.113.7", ORDER_ADD, ORDER_GUARDED,
	"never: 203.0.113.0/24\nis in office",
	"error: never: "
	"203.0.113.0/24?is in "
	"office\n\n"},
    {"json add list m 203.0.113.7", ORDER_ADD, ORDER_FAILED, "no space",
	"{\"error\":\"no space\"}\n\n"},
    {"del list m 203.0.113.0/24", ORDER_DELETE, ORDER_DONE, "",
	"203.0.113.0/24 is no longer in m\n\n"},
    {"json del list m 2001:db8::", ORDER_DELETE, ORDER_DONE, "",
	"{\"ok\":true,\"list\":\"m\",\"prefix\":\"2001:db8::\"}\n\n"},
    {"del list m 203.0.113.7", ORDER_DELETE, ORDER_ABSENT, "",
	"error: there is no such prefix in the list\n\n"},
    {"clear list m 7", ORDER_CLEAR, ORDER_DONE, "",
	"m is empty, it held 7\n\n"},
    {"json clear list m 7", ORDER_CLEAR, ORDER_DONE, "",
	"{\"ok\":true,\"list\":\"m\",\"count\":7}\n\n"},
    {"clear list m 7", ORDER_CLEAR, ORDER_WRONG_COUNT, "",
	"error: m holds 0, not 7\n\n"},
    {"accept list m", ORDER_ACCEPT, ORDER_DONE, "",
	"the content of m that was refused serves\n\n"},
    {"json accept list m", ORDER_ACCEPT, ORDER_DONE, "",
	"{\"ok\":true,\"list\":\"m\"}\n\n"},
    {"accept list m", ORDER_ACCEPT, ORDER_ABSENT, "",
	"error: no content of m was refused\n\n"},
    {"show lists", ORDER_LISTS, ORDER_FAILED, "out of memory",
	"error: out of memory\n\n"},
    {"show list m", ORDER_ENTRIES, ORDER_NO_LIST, "",
	"error: there is no list of that name\n\n"},
    {"json show list m", ORDER_ENTRIES, ORDER_NO_LIST, "",
	"{\"error\":\"there is no list of that name\"}\n\n"},
    {"json show list m", ORDER_ENTRIES, ORDER_DONE, "", "[]\n\n"},
    {"test 203.0.113.7", ORDER_TEST, ORDER_DONE, "",
	"no list holds 203.0.113.7\n\n"},
    {"json test 203.0.113.7", ORDER_TEST, ORDER_DONE, "", "[]\n\n"},
    {"json reload", ORDER_RELOAD, ORDER_DONE, "",
	"{\"ok\":true,\"generation\":0,\"report\":[]}\n\n"},
};

START_TEST(ends)
{
	struct order *order;

	say(client, endings[_i].line);
	say(client, "\n");
	order = take_order(endings[_i].kind);
	order->status = endings[_i].status;
	strcpy(order->text, endings[_i].text);
	give_order(order);
	expect_heard(client, endings[_i].answer);
}
END_TEST

START_TEST(asks_what_was_said)
{
	struct order *order;
	bool closed;

	say(client, "add list m 203.0.113.0/24 for 1h because login flood\n");
	order = take_order(ORDER_ADD);
	ck_assert_str_eq(order->list, "m");
	ck_assert_uint_eq(order->prefix.address.lo, 0xcb007100);
	ck_assert_uint_eq(order->prefix.length, 24);
	ck_assert_uint_eq(order->lasts, 3600000);
	ck_assert_str_eq(order->reason, "login flood");
	ck_assert_int_eq(strncmp(order->who, "uid ", 4), 0);
	give_order(order);
	hear(client, &closed);
	ck_assert_int_eq(
	    strncmp(answer, "203.0.113.0/24 is in m until 20", 31), 0);
	say(client, "clear list m 12\n");
	order = take_order(ORDER_CLEAR);
	ck_assert_uint_eq(order->expected, 12);
	give_order(order);
	say(client, "show list m\n");
	order = take_order(ORDER_ENTRIES);
	ck_assert(!order->has_prefix);
	give_order(order);
	say(client, "show list m under 2001:db8::/32\n");
	order = take_order(ORDER_ENTRIES);
	ck_assert(order->has_prefix);
	ck_assert_uint_eq(order->prefix.length, 32);
	give_order(order);
	say(client, "test 2001:db8::1\n");
	order = take_order(ORDER_TEST);
	ck_assert_uint_eq(order->address.hi, 0x20010db800000000);
	ck_assert_uint_eq(order->address.lo, 1);
	give_order(order);
}
END_TEST

/* ---- rows ---- */

static void
fill_list(struct order_list *list, const char *name, const char *source,
    uint64_t entries, const char *error)
{
	*list = (struct order_list){
	    .entries = entries, .state = STATE_OK, .age = 3661500};
	strcpy(list->name, name);
	strcpy(list->source, source);
	strcpy(list->error, error);
}

static void
answer_lists(void)
{
	struct order *order = take_order(ORDER_LISTS);

	order->row_count = 2;
	fill_list(&order->rows.lists[0], "office", "inline", 2, "");
	fill_list(&order->rows.lists[1], "drop", "file \xff.txt", 1000,
	    "it is\ngone");
	order->rows.lists[1].state = STATE_STALE;
	give_order(order);
}

START_TEST(shows_lists)
{
	say(client, "show lists\n");
	answer_lists();
	expect_heard(client,
	    "# name  entries  state  age   source      error\n"
	    "office  2        ok     1h1m  inline\n"
	    "drop    1000     stale  1h1m  file ?.txt  it is?gone\n\n");
	say(client, "json show lists\n");
	answer_lists();
	expect_heard(client,
	    "[{\"name\":\"office\",\"source\":\"inline\",\"entries\":2,"
	    "\"state\":\"ok\",\"age\":3661,\"error\":null},\n"
	    "{\"name\":\"drop\",\"source\":\"file ?.txt\",\"entries\":1000,"
	    "\"state\":\"stale\",\"age\":3661,\"error\":\"it is?gone\"}]\n\n");
}
END_TEST

static void
fill_entry(struct order_entry *entry, uint32_t address, int64_t until,
    const char *who, const char *reason)
{
	*entry = (struct order_entry){
	    .prefix = {{.family = ADDRESS_IPV4, .lo = address}, 32},
	    .since = 1795208400000,
	    .until = until,
	};
	strcpy(entry->list, "m");
	strcpy(entry->source, "dynamic");
	strcpy(entry->who, who);
	strcpy(entry->reason, reason);
}

static void
answer_entries(enum order_kind kind)
{
	struct order *order = take_order(kind);

	order->row_count = 2;
	fill_entry(&order->rows.entries[0], 0xcb007107, 1795212000000,
	    "uid 0 pid 42", "login flood");
	fill_entry(&order->rows.entries[1], 0xcb007108, 0, "uid 0 pid 43", "");
	give_order(order);
}

START_TEST(shows_a_list)
{
	say(client, "show list m\n");
	answer_entries(ORDER_ENTRIES);
	expect_heard(client,
	    "# prefix     since                 until                 who"
	    "           reason\n"
	    "203.0.113.7  2026-11-20T21:00:00Z  2026-11-20T22:00:00Z  uid 0 "
	    "pid 42  login flood\n"
	    "203.0.113.8  2026-11-20T21:00:00Z  -                     uid 0 "
	    "pid 43\n\n");
	say(client, "json show list m\n");
	answer_entries(ORDER_ENTRIES);
	expect_heard(client,
	    "[{\"prefix\":\"203.0.113.7\",\"since\":\"2026-11-20T21:00:00Z\","
	    "\"until\":\"2026-11-20T22:00:00Z\",\"who\":\"uid 0 pid 42\","
	    "\"reason\":\"login flood\"},\n"
	    "{\"prefix\":\"203.0.113.8\",\"since\":\"2026-11-20T21:00:00Z\","
	    "\"until\":null,\"who\":\"uid 0 pid 43\",\"reason\":null}]\n\n");
}
END_TEST

START_TEST(tests_an_address)
{
	say(client, "test 203.0.113.7\n");
	answer_entries(ORDER_TEST);
	expect_heard(client,
	    "# list  prefix       source   since                 until      "
	    "           who           reason\n"
	    "m       203.0.113.7  dynamic  2026-11-20T21:00:00Z  "
	    "2026-11-20T22:00:00Z  uid 0 pid 42  login flood\n"
	    "m       203.0.113.8  dynamic  2026-11-20T21:00:00Z  -          "
	    "           uid 0 pid 43\n\n");
	say(client, "json test 203.0.113.7\n");
	answer_entries(ORDER_TEST);
	expect_heard(client,
	    "[{\"list\":\"m\",\"source\":\"dynamic\","
	    "\"prefix\":\"203.0.113.7\",\"since\":\"2026-11-20T21:00:00Z\","
	    "\"until\":\"2026-11-20T22:00:00Z\",\"who\":\"uid 0 pid 42\","
	    "\"reason\":\"login flood\"},\n"
	    "{\"list\":\"m\",\"source\":\"dynamic\","
	    "\"prefix\":\"203.0.113.8\",\"since\":\"2026-11-20T21:00:00Z\","
	    "\"until\":null,\"who\":\"uid 0 pid 43\",\"reason\":null}]\n\n");
}
END_TEST

/* The list goes while it is shown: what began is brought to an end. */
START_TEST(breaks_off)
{
	struct order *order;

	say(client, "json show list m\n");
	order = take_order(ORDER_ENTRIES);
	order->row_count = 1;
	order->more = true;
	fill_entry(&order->rows.entries[0], 0xcb007107, 0, "", "");
	give_order(order);
	order = take_order(ORDER_ENTRIES);
	order->status = ORDER_NO_LIST;
	give_order(order);
	expect_heard(client,
	    "[{\"prefix\":\"203.0.113.7\",\"since\":\"2026-11-20T21:00:00Z\","
	    "\"until\":null,\"who\":null,\"reason\":null},\n"
	    "{\"error\":\"there is no list of that name\"}]\n\n");
}
END_TEST

/* ---- reload ---- */

START_TEST(reloads)
{
	struct order *order;

	say(client, "reload\n");
	order = take_order(ORDER_RELOAD);
	order->generation = 4;
	order->report = strdup("a.yaml:1:2: warning: x\n\n");
	give_order(order);
	expect_heard(client, "generation 4 serves\na.yaml:1:2: warning: x\n\n");
	ck_assert(logged("result=ok"));
	say(client, "reload\n");
	order = take_order(ORDER_RELOAD);
	order->generation = 4;
	order->status = ORDER_FAILED;
	strcpy(order->text, "the configuration is refused");
	order->report = strdup("a.yaml:1:2: error: x\na.yaml:2:1: error: y");
	give_order(order);
	expect_heard(client, "error: the configuration is refused\n"
			     "a.yaml:1:2: error: x\na.yaml:2:1: error: y\n\n");
	ck_assert(logged("result=failed"));
	say(client, "json reload\n");
	order = take_order(ORDER_RELOAD);
	order->status = ORDER_FAILED;
	order->report = strdup("a.yaml:1:2: error: x\n");
	give_order(order);
	expect_heard(client, "{\"error\":\"it did not work\",\"generation\":0,"
			     "\"report\":[\"a.yaml:1:2: error: x\"]}\n\n");
	sight.draining = true;
	say(client, "reload\n");
	expect_heard(client, "error: it is leaving: nothing is reloaded\n\n");
}
END_TEST

START_TEST(long_reports)
{
	const unsigned lines = 10000;
	struct order *order;
	bool closed;
	char *at;

	for (int json = 0; json <= 1; json++) {
		say(client, json ? "json reload\n" : "reload\n");
		order = take_order(ORDER_RELOAD);
		order->report = at = malloc(lines * 32);
		ck_assert_ptr_nonnull(at);
		for (unsigned i = 0; i < lines; i++)
			at += sprintf(at, "a.yaml:%u:1: error: x\n", i + 1);
		give_order(order);
		hear(client, &closed);
		ck_assert_uint_gt(strlen(answer), 60000);
		ck_assert_uint_lt(strlen(answer), 80000);
	}
}
END_TEST

/* ---- the process ---- */

START_TEST(shows_the_process)
{
	char text[400];

	sight.uptime = 723500;
	sight.threads = 4;
	sight.connections = 5;
	sight.totals.of[COUNTER_REQUESTS] = 123456789012;
	say(client, "json show info\n");
	sprintf(text,
	    "{\"version\":\"" TRUESRC_VERSION "\",\"pid\":%d,"
	    "\"uptime\":723,\"threads\":4,\"generation\":3,"
	    "\"connections\":5,\"requests\":123456789012}\n\n",
	    (int)getpid());
	expect_heard(client, text);
	say(client, "show info\n");
	sprintf(text,
	    "Name: truesrc\nVersion: " TRUESRC_VERSION "\n"
	    "Uptime: 12m3s\nState: running\nPid: %d\nUptime_sec: 723\n"
	    "Threads: 4\nGeneration: 3\nPolicies: 0\nLists: 0\n"
	    "Connections: 5\nDialogs: 0\nRequests: 123456789012\n"
	    "Consoles: 1\nLog_dropped: 0\n\n",
	    (int)getpid());
	expect_heard(client, text);
}
END_TEST

START_TEST(shows_counters)
{
	bool closed;

	sight.totals.of[COUNTER_FRAMES_ACK] = 7;
	sight.totals.flags[0] = 8;
	sight.totals.statuses[COUNTER_STATUSES - 1] = 9;
	say(client, "show stat\n");
	hear(client, &closed);
	ck_assert(strstr(answer, "\nframes_ack: 7\n"));
	ck_assert(strstr(answer, "\nflag.headers-from-untrusted-peer: 8\n"));
	ck_assert(strstr(answer, "\ndisconnect.0: 0\n"));
	ck_assert(strstr(answer, "\ndisconnect.other: 9\n"));
	say(client, "json show stat\n");
	hear(client, &closed);
	ck_assert(strstr(answer, "\"frames_ack\":7,"));
	ck_assert(strstr(answer, "\"flags\":{"));
	ck_assert(strstr(answer, "\"other\":9}"));
}
END_TEST

START_TEST(shows_policies)
{
	enum { COUNT = 3000 };
	static struct policy_settings policies[COUNT];
	struct source_settings sources[] = {
	    {.name = "x-forwarded-for"}, {.kind = SOURCE_PROXY}};
	struct rule_settings rule = {.name = "blocked"};
	unsigned lines = 0;
	bool closed;

	for (unsigned i = 0; i < COUNT; i++)
		policies[i] = (struct policy_settings){.name = "admin",
		    .mode = MODE_SHADOW,
		    .default_ = "deny",
		    .unknown = "allow",
		    .sources = sources,
		    .source_count = i == 0 ? 2 : 0,
		    .rules = &rule,
		    .rule_count = 1};
	settings.policies = policies;
	settings.policy_count = 2;
	say(client, "show policies\njson show policies\n");
	expect_heard(client,
	    "# name  mode    default  rules  sources\n"
	    "admin   shadow  deny     1      x-forwarded-for,proxy\n"
	    "admin   shadow  deny     1      -\n\n"
	    "[{\"name\":\"admin\",\"mode\":\"shadow\",\"sources\":"
	    "[\"x-forwarded-for\",\"proxy\"],\"rules\":[\"blocked\"],"
	    "\"default\":\"deny\",\"unknown\":\"allow\"},\n"
	    "{\"name\":\"admin\",\"mode\":\"shadow\",\"sources\":[],"
	    "\"rules\":[\"blocked\"],\"default\":\"deny\","
	    "\"unknown\":\"allow\"}]\n\n");
	settings.policy_count = COUNT;
	say(client, "show policies\n");
	hear(client, &closed);
	for (const char *at = answer; *at; at++)
		lines += *at == '\n';
	ck_assert_uint_eq(lines, COUNT + 2);
}
END_TEST

START_TEST(helps)
{
	bool closed;

	say(client, "help\n");
	hear(client, &closed);
	for (const struct control_word *row = word_table; row->words; row++)
		ck_assert_msg(
		    (strstr(answer, row->help) != NULL) == (row->obey != NULL),
		    "%s", row->words);
	ck_assert(!strstr(answer, "\n\n") || strstr(answer, "\n\n")[2] == '\0');
	say(client, "json help\n");
	hear(client, &closed);
	ck_assert(strstr(answer, "{\"words\":\"show list\",\"arguments\":"
				 "\"NAME [under PREFIX]\",\"help\":"));
}
END_TEST

START_TEST(shows_the_log)
{
	struct logger logger;
	bool closed;

	logger_init(&logger, &log_, "test");
	log_event(&logger, LOG_INFO_, "first", log_text("a", "b"));
	log_event(&logger, LOG_WARNING_, "second", log_text("a", "b"));
	say(client, "show events\n");
	hear(client, &closed);
	ck_assert(strstr(answer, "event=first a=b\n"));
	ck_assert(strstr(answer, "event=second a=b\n"));
	say(client, "show errors\n");
	hear(client, &closed);
	ck_assert(!strstr(answer, "event=first a=b\n"));
	ck_assert(strstr(answer, "event=second a=b\n"));
	for (unsigned i = 0; i < 2 * LOG_KEPT_LINES; i++)
		log_event(&logger, LOG_INFO_, "many", log_number("a", i));
	say(client, "show errors\njson show errors\n");
	expect_heard(client, "\n[]\n\n");
	say(client, "json show events\n");
	hear(client, &closed);
	ck_assert(!strstr(answer, "event=many a=255\""));
	ck_assert(strstr(answer, "event=many a=256\""));
	ck_assert(strstr(answer, "event=many a=511\"]\n\n"));
}
END_TEST

START_TEST(shuts_down)
{
	say(client, "shutdown\n");
	expect_heard(client, "it leaves when HAProxy has, within 10s\n\n");
	ck_assert(leaving);
	ck_assert(logged("word=shutdown"));
	say(client, "shutdown\n");
	expect_heard(client, "error: it is leaving already\n\n");
	leaving = false;
	say(client, "json shutdown\n");
	expect_heard(client, "{\"ok\":true,\"milliseconds\":10000}\n\n");
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_checked_fixture(cases, set_up_client, tear_down_client);
	tcase_add_loop_test(cases, ends, 0, ROWS(endings));
	tcase_add_test(cases, asks_what_was_said);
	tcase_add_test(cases, shows_lists);
	tcase_add_test(cases, shows_a_list);
	tcase_add_test(cases, tests_an_address);
	tcase_add_test(cases, breaks_off);
	tcase_add_test(cases, reloads);
	tcase_add_test(cases, long_reports);
	tcase_add_test(cases, shows_the_process);
	tcase_add_test(cases, shows_counters);
	tcase_add_test(cases, shows_policies);
	tcase_add_test(cases, helps);
	tcase_add_test(cases, shows_the_log);
	tcase_add_test(cases, shuts_down);
}

int
main(void)
{
	return tests_run("obey", add_tests);
}
