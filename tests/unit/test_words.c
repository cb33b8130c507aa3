/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/console/words.h"
#include "tests/unit/policy_rows.h"

/* Lines of the control socket: how they are cut, and what is read of them. */

static char line[70000];

static enum command_status
read_line(const char *text, struct command *command)
{
	strcpy(line, text);
	return command_read(line, strlen(line), command);
}

/* ---- words ---- */

static const struct {
	const char *line;
	const char *words; /* each in <> */
	bool broken;
} cuts[] = {
    {"", "", false},
    {"  \t ", "", false},
    {"a", "<a>", false},
    {" a\tbc  d ", "<a><bc><d>", false},
    {"\"a b\" c", "<a b><c>", false},
    {"a\\ b c", "<a b><c>", false},
    {"a\"b c\"d", "<ab cd>", false},
    {"\"a\\\"b\" \"\\\\\"", "<a\"b><\\>", false},
    {"\"\" x", "<><x>", false},
    {"don't do", "<don't><do>", false},
    {"a;b", "<a;b>", false},
    {"a \"b", "<a>", true},
    {"a b\\", "<a>", true},
};

START_TEST(cuts_words)
{
	struct words words;
	struct view word;
	char got[100] = "";

	strcpy(line, cuts[_i].line);
	words = (struct words){.at = line, .left = strlen(line)};
	while (words_next(&words, &word))
		sprintf(
		    got + strlen(got), "<%.*s>", (int)word.length, word.data);
	ck_assert_msg(strcmp(got, cuts[_i].words) == 0, "%s gives %s",
	    cuts[_i].line, got);
	ck_assert_msg(words.broken == cuts[_i].broken, "%s", cuts[_i].line);
	ck_assert(!words_next(&words, &word));
}
END_TEST

static const struct {
	const char *line;
	size_t first;
} commands[] = {
    {"", 0},
    {"show info", 9},
    {"a;b", 1},
    {";", 0},
    {"a\\;b;c", 4},
    {"\"a;b\";c", 5},
    {"\"a;b", 4},
    {"\"a\\\";b\";c", 7},
};

START_TEST(separates_commands)
{
	ck_assert_msg(words_first(commands[_i].line,
			  strlen(commands[_i].line)) == commands[_i].first,
	    "%s", commands[_i].line);
}
END_TEST

/* ---- the table ---- */

START_TEST(table_is_whole)
{
	for (const struct control_word *row = word_table; row->words; row++) {
		ck_assert_uint_gt(strlen(row->words), 0);
		ck_assert_uint_gt(strlen(row->help), 0);
		ck_assert_uint_eq(
		    strspn(row->words, "abcdefghijklmnopqrstuvwxyz "),
		    strlen(row->words));
		/* Who reads arguments says which. */
		if (row->obey)
			ck_assert_msg(
			    !row->read == !row->arguments[0], "%s", row->words);
		for (const struct control_word *other = word_table;
		     other != row; other++)
			ck_assert_str_ne(row->words, other->words);
	}
}
END_TEST

static const struct {
	const char *line;
	enum command_status status;
	const char *words; /* of the row, or NULL */
} statuses[] = {
    {"", COMMAND_NONE, NULL},
    {" \t", COMMAND_NONE, NULL},
    {"help", COMMAND_GOOD, "help"},
    {" show   info ", COMMAND_GOOD, "show info"},
    {"show lists", COMMAND_GOOD, "show lists"},
    {"show list", COMMAND_WRONG, "show list"},
    {"show list a", COMMAND_GOOD, "show list"},
    {"show", COMMAND_UNKNOWN, NULL},
    {"show x", COMMAND_UNKNOWN, NULL},
    {"showinfo", COMMAND_UNKNOWN, NULL},
    {"SHOW INFO", COMMAND_UNKNOWN, NULL},
    {"show \"info", COMMAND_UNKNOWN, NULL},
    {"\"show\" info", COMMAND_GOOD, "show info"},
    {"\"show info\"", COMMAND_UNKNOWN, NULL},
    {"show info x", COMMAND_WRONG, "show info"},
    {"show info \"", COMMAND_WRONG, "show info"},
    {"json show info", COMMAND_GOOD, "show info"},
    {"json", COMMAND_UNKNOWN, NULL},
    {"json json show info", COMMAND_UNKNOWN, NULL},
    {"show json info", COMMAND_UNKNOWN, NULL},
    {"frobnicate", COMMAND_UNKNOWN, NULL},
    {"\"", COMMAND_UNKNOWN, NULL},
    {"\\", COMMAND_UNKNOWN, NULL},
    {"\x01\xff\xfe", COMMAND_UNKNOWN, NULL},
    {"mode bypass", COMMAND_NOT_BUILT, "mode"},
    {"explain --peer x", COMMAND_NOT_BUILT, "explain"},
    {"show nodes", COMMAND_NOT_BUILT, "show nodes"},
    {"reload now", COMMAND_WRONG, "reload"},
};

START_TEST(finds_words)
{
	struct command command;
	const char *words = statuses[_i].words;

	ck_assert_msg(
	    read_line(statuses[_i].line, &command) == statuses[_i].status, "%s",
	    statuses[_i].line);
	ck_assert_msg(
	    words ? command.word && strcmp(command.word->words, words) == 0
		  : command.word == NULL,
	    "%s", statuses[_i].line);
	ck_assert_msg(
	    command.json == (strncmp(statuses[_i].line, "json", 4) == 0), "%s",
	    statuses[_i].line);
	ck_assert_msg((statuses[_i].status == COMMAND_WRONG) ==
			  (command.problem[0] != '\0'),
	    "%s", statuses[_i].line);
}
END_TEST

START_TEST(bytes_of_any_kind)
{
	struct command command;

	memcpy(line, "show\0info", 9);
	ck_assert_int_eq(command_read(line, 9, &command), COMMAND_UNKNOWN);
	memcpy(line, "test 192.0.2.1\0", 15);
	ck_assert_int_eq(command_read(line, 15, &command), COMMAND_WRONG);
	ck_assert_str_eq(command.problem, "\"192.0.2.1?\" is no address");
}
END_TEST

/* ---- arguments ---- */

static const struct {
	const char *line;
	const char *list;
	const char *prefix;
	uint64_t lasts;
	const char *reason;
} adds[] = {
    {"add list manual 203.0.113.7", "manual", "203.0.113.7", 0, ""},
    {"add list manual 203.0.113.0/24 for 1h", "manual", "203.0.113.0/24",
	3600000, ""},
    {"add list a-b_9 2001:db8::/32 for 250ms", "a-b_9", "2001:db8::/32", 250,
	""},
    {"add list m 192.0.2.1 for 36500d", "m", "192.0.2.1", 3153600000000, ""},
    {"add list m ::ffff:192.0.2.1", "m", "192.0.2.1", 0, ""},
    {"add list m 192.0.2.1 for 90s because \"login flood\"", "m", "192.0.2.1",
	90000, "login flood"},
    {"add list m 192.0.2.1 because login   flood, they don't stop", "m",
	"192.0.2.1", 0, "login flood, they don't stop"},
    {"add list m 192.0.2.1 because for 1h", "m", "192.0.2.1", 0, "for 1h"},
    {"add list m 192.0.2.1 because \"\"", "m", "192.0.2.1", 0, ""},
    {"add list m 192.0.2.1 because a\\;b", "m", "192.0.2.1", 0, "a;b"},
    {"add list m 192.0.2.1 because gr\xc3\xbc\xc3\x9f"
     "e",
	"m", "192.0.2.1", 0,
	"gr\xc3\xbc\xc3\x9f"
	"e"},
};

START_TEST(reads_adds)
{
	struct command command;
	char prefix[PREFIX_TEXT_SIZE];

	ck_assert_msg(read_line(adds[_i].line, &command) == COMMAND_GOOD,
	    "%s: %s", adds[_i].line, command.problem);
	ck_assert_str_eq(command.list, adds[_i].list);
	prefix_format(&command.prefix, prefix);
	ck_assert_str_eq(prefix, adds[_i].prefix);
	ck_assert(command.has_prefix);
	ck_assert_uint_eq(command.lasts, adds[_i].lasts);
	ck_assert_str_eq(command.reason, adds[_i].reason);
}
END_TEST

static const struct {
	const char *line;
	const char *problem; /* what it begins with */
} wrongs[] = {
    {"add list", "NAME is missing: add list NAME PREFIX"},
    {"add list m", "PREFIX is missing"},
    {"add list M 192.0.2.1", "\"M\" is no name of a list"},
    {"add list \"\" 192.0.2.1", "\"\" is no name of a list"},
    {"add list m 192.0.2.1/24", "\"192.0.2.1/24\": "},
    {"add list m 0.0.0.0/0", "\"0.0.0.0/0\": "},
    {"add list m 192.0.2", "\"192.0.2\": "},
    {"add list m 192.0.2.1 now", "what is \"now\"?"},
    {"add list m 192.0.2.1 for", "DURATION is missing"},
    {"add list m 192.0.2.1 for 1", "\"1\" is no time"},
    {"add list m 192.0.2.1 for h", "\"h\" is no time"},
    {"add list m 192.0.2.1 for 0s", "\"0s\" is no time"},
    {"add list m 192.0.2.1 for -1s", "\"-1s\" is no time"},
    {"add list m 192.0.2.1 for 1w", "\"1w\" is no time"},
    {"add list m 192.0.2.1 for 1h30m", "\"1h30m\" is no time"},
    {"add list m 192.0.2.1 for 36501d", "\"36501d\" is no time"},
    {"add list m 192.0.2.1 for 999999999999999999999d", "\"9999999"},
    {"add list m 192.0.2.1 for 1h for 1h", "what is \"for\"?"},
    {"add list m 192.0.2.1 because", "TEXT is missing"},
    {"add list m 192.0.2.1 because \"open", "a quote is not closed"},
    {"add list m 192.0.2.1 because \x01", "the reason is not one line"},
    {"add list m 192.0.2.1 because \xff", "the reason is not one line"},
    {"del list m", "PREFIX is missing: del list NAME PREFIX"},
    {"del list m 192.0.2.1 192.0.2.2", "too many words: del list"},
    {"show list m over 192.0.2.1", "what is \"over\"? under PREFIX"},
    {"show list m under", "PREFIX is missing"},
    {"show list m under x", "\"x\": "},
    {"show list \xff\x01", "\"\?\?\" is no name"},
    {"test", "ADDRESS is missing: test ADDRESS"},
    {"test 192.0.2.0/24", "\"192.0.2.0/24\" is no address"},
    {"test localhost", "\"localhost\" is no address"},
    {"test fe80::1%eth0", "\"fe80::1%eth0\" is no address"},
    {"clear list m", "COUNT is missing: clear list NAME COUNT"},
    {"clear list m -1", "\"-1\" is no number"},
    {"clear list m 1x", "\"1x\" is no number"},
    {"clear list m 9999999999999999999", "\"9999999999999999999\" is no"},
    {"accept list", "NAME is missing: accept list NAME"},
};

START_TEST(refuses_arguments)
{
	struct command command;

	ck_assert_msg(read_line(wrongs[_i].line, &command) == COMMAND_WRONG,
	    "%s", wrongs[_i].line);
	ck_assert_msg(strncmp(command.problem, wrongs[_i].problem,
			  strlen(wrongs[_i].problem)) == 0,
	    "%s: %s", wrongs[_i].line, command.problem);
}
END_TEST

START_TEST(names_have_a_length)
{
	struct command command;
	char name[NAME_MAX_LENGTH + 2];
	char text[200];

	memset(name, 'a', sizeof(name));
	name[NAME_MAX_LENGTH + 1] = '\0';
	sprintf(text, "show list %s", name);
	ck_assert_int_eq(read_line(text, &command), COMMAND_WRONG);
	name[NAME_MAX_LENGTH] = '\0';
	sprintf(text, "show list %s", name);
	ck_assert_int_eq(read_line(text, &command), COMMAND_GOOD);
	ck_assert_str_eq(command.list, name);
}
END_TEST

/* Cut to what is kept, where a character begins. */
START_TEST(reasons_have_a_length)
{
	struct command command;
	char text[1000] = "add list m 192.0.2.1 because x";

	for (unsigned i = 0; i < 150; i++)
		strcat(text, "\xc3\xbc");
	ck_assert_int_eq(read_line(text, &command), COMMAND_GOOD);
	ck_assert_uint_eq(strlen(command.reason), DYNAMIC_REASON_MAX - 1);
	ck_assert_int_eq((unsigned char)command.reason[198], 0xbc);
	strcpy(text, "add list m 192.0.2.1 because");
	for (unsigned i = 0; i < 150; i++)
		strcat(text, " abc");
	ck_assert_int_eq(read_line(text, &command), COMMAND_GOOD);
	ck_assert_uint_eq(strlen(command.reason), DYNAMIC_REASON_MAX);
	ck_assert_int_eq(strncmp(command.reason, "abc abc abc", 11), 0);
}
END_TEST

START_TEST(reads_the_rest)
{
	struct command command;
	char prefix[PREFIX_TEXT_SIZE];

	ck_assert_int_eq(
	    read_line("clear list m 1000000", &command), COMMAND_GOOD);
	ck_assert_uint_eq(command.count, 1000000);
	ck_assert_int_eq(read_line("show list m under 192.0.2.0/24", &command),
	    COMMAND_GOOD);
	prefix_format(&command.prefix, prefix);
	ck_assert_str_eq(prefix, "192.0.2.0/24");
	ck_assert_int_eq(read_line("show list m", &command), COMMAND_GOOD);
	ck_assert(!command.has_prefix);
	ck_assert_int_eq(
	    read_line("json test ::ffff:192.0.2.1", &command), COMMAND_GOOD);
	ck_assert_int_eq(command.address.family, ADDRESS_IPV4);
	ck_assert_uint_eq(command.address.lo, 0xc0000201);
}
END_TEST

static void
add_tests(TCase *cases)
{
	tcase_add_loop_test(cases, cuts_words, 0, ROWS(cuts));
	tcase_add_loop_test(cases, separates_commands, 0, ROWS(commands));
	tcase_add_test(cases, table_is_whole);
	tcase_add_loop_test(cases, finds_words, 0, ROWS(statuses));
	tcase_add_test(cases, bytes_of_any_kind);
	tcase_add_loop_test(cases, reads_adds, 0, ROWS(adds));
	tcase_add_loop_test(cases, refuses_arguments, 0, ROWS(wrongs));
	tcase_add_test(cases, names_have_a_length);
	tcase_add_test(cases, reasons_have_a_length);
	tcase_add_test(cases, reads_the_rest);
}

int
main(void)
{
	return tests_run("words", add_tests);
}
