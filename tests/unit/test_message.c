/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/dialog_fixture.h"
#include "tests/unit/policy_fixture.h"

#include "agent/spop/message.h"

/*
 * 192.0.2.1 is a balancer, 203.0.113.0/24 is denied; every policy differs in
 * what it returns and where.
 */
static const char yaml[] =
    "lists:\n"
    "  balancers: [192.0.2.1]\n"
    "  drop: [203.0.113.0/24]\n"
    "policies:\n"
    "  default: {trust: [balancers], sources: [{header: X-Forwarded-For}],\n"
    "    rules: [{deny: [drop], name: blocked, status: 403,\n"
    "             message: go away}]}\n"
    "  ordered: {return: [proven, verdict, allowed]}\n"
    "  nothing: {return: []}\n"
    "  everything: {trust: [balancers],\n"
    "    sources: [{header: X-Forwarded-For}],\n"
    "    rules: [{deny: [drop], name: blocked, status: 403,\n"
    "             message: go away}],\n"
    "    return: [allowed, verdict, client_ip, client_net, proven, trusted,\n"
    "      source, hops, rule, list, status, message, flags, generation]}\n"
    "  request: {scope: req, return: [allowed, rule]}\n"
    "  session: {scope: sess, untrusted-peer: none,\n"
    "    return: [allowed, verdict, client_ip, list, rule]}\n"
    "  picky: {untrusted-peer: reject, default: captcha,\n"
    "    trust: [203.0.113.1], return: [verdict]}\n"
    "  shadowed: {mode: shadow, default: captcha,\n"
    "    return: [allowed, verdict]}\n"
    "  forwarding: {trust: any, return: [allowed, verdict, rule],\n"
    "    forward: {X-Forwarded-For: {trusted: pass, untrusted: peer},\n"
    "      X-Forwarded-Host: {trusted: own, untrusted: own}}}\n";

static struct generation *generation;
static struct request *request;
static struct counters counters;
static struct remark remark;

enum { ROOM = 16384 };

static void
set_up(void)
{
	generation = generation_of(yaml);
	request = request_new(generation_names(generation), BYTES_MAX);
	ck_assert_ptr_nonnull(request);
	memset(&counters, 0, sizeof(counters));
	memset(&remark, 0, sizeof(remark));
}

static void
tear_down(void)
{
	request_free(request);
	generation_free(generation);
}

/* The actions for that payload, of at most room bytes; NULL: it is broken. */
static struct bytes *
answer(const char *payload, size_t room)
{
	const struct message_context context = {
	    .generation = generation,
	    .request = request,
	    .counters = &counters,
	    .remark = &remark,
	};
	struct bytes *in = bytes_of(payload);
	struct bytes *out = calloc(1, sizeof(*out));
	/* Of its size exactly, for the sanitizers. */
	char *exact = malloc(in->length + 1);
	struct spop_writer writer;

	memcpy(exact, in->data, in->length);
	spop_writer_init(&writer, out->data, room);
	bool good =
	    message_answer(&context, (struct view){exact, in->length}, &writer);
	ck_assert(!writer.overflow);
	out->length = (size_t)(writer.at - out->data);
	ck_assert(good || out->length == 0);
	free(exact);
	free(in);
	if (good)
		return out;
	free(out);
	return NULL;
}

static void
assert_answer(const char *name, const char *payload, const char *actions)
{
	struct bytes *got = answer(payload, ROOM);
	struct bytes *expected = bytes_of(actions);

	ck_assert_msg(got != NULL, "%s: broken", name);
	assert_bytes(name, got->data, got->length, expected);
	free(got);
	free(expected);
}

/* set-var and unset-var in a scope: proc 0, sess 1, txn 2, req 3. */
#define SET(scope, name, value) " 01 03 0" #scope " \"" name "\" " value
#define UNSET(scope, name) " 02 02 0" #scope " \"" name "\""

/* Arguments. */
#define PEER " \"peer\" 06 c6336407" /* 198.51.100.7 */
#define BALANCER " \"peer\" 06 c0000201"
#define XFF " \"h.x-forwarded-for\" 08"
#define XFF_COUNT " \"h.x-forwarded-for.count\" 04 01"
#define POLICY(name) " \"policy\" 08 \"" name "\""

#define DEFAULT_ANSWER                      \
	SET(2, "ok", "11")                  \
	SET(2, "allowed", "11")             \
	SET(2, "verdict", "08 \"allow\"")   \
	SET(2, "client_ip", "06 c6336407")  \
	SET(2, "client_net", "06 c6336407") \
	SET(2, "proven", "11")

#define ERROR_ANSWER(scope, word)   \
	SET(scope, "ok", "01")      \
	SET(scope, "allowed", "01") \
	SET(scope, "error", "08 \"" word "\"")

static const struct {
	const char *name;
	const char *payload;
	const char *actions;
} answers[] = {
    {"the default policy", "\"any-name\" 01" PEER, DEFAULT_ANSWER},
    {"no messages", "", UNSET(2, "error")},
    {"message name is free, also empty", "\"\" 01" PEER, DEFAULT_ANSWER},
    {"argument names are case-blind", "\"m\" 01 \"PeEr\" 06 c6336407",
	DEFAULT_ANSWER},
    {"mapped peer comes back as IPv4",
	"\"m\" 01 \"peer\" 07 0000 0000 0000 0000 0000 ffff c6336407",
	DEFAULT_ANSWER},
    {"IPv6", "\"m\" 01 \"peer\" 07 20010db8000100020003000400050006",
	SET(2, "ok", "11") SET(2, "allowed", "11")
	    SET(2, "verdict", "08 \"allow\"")
		SET(2, "client_ip", "07 20010db8000100020003000400050006")
		    SET(2, "client_net", "07 20010db8000100020000000000000000")
			SET(2, "proven", "11")},
    {"denied", "\"m\" 03" BALANCER XFF "\"203.0.113.9\"" XFF_COUNT,
	SET(2, "ok", "11") SET(2, "allowed", "01")
	    SET(2, "verdict", "08 \"deny\"") SET(2, "client_ip", "06 cb007109")
		SET(2, "client_net", "06 cb007109") SET(2, "proven", "11")},
    {"NULL is absent",
	"\"m\" 04" PEER POLICY("default") " \"host\" 00"
					  " \"h.x-forwarded-for\" 00",
	DEFAULT_ANSWER},
    {"the order of return", "\"m\" 02" PEER POLICY("ordered"),
	SET(2, "ok", "11") SET(2, "proven", "11")
	    SET(2, "verdict", "08 \"allow\"") SET(2, "allowed", "11")},
    {"ok alone", "\"m\" 02" PEER POLICY("nothing"), SET(2, "ok", "11")},
    {"everything",
	"\"m\" 04" BALANCER XFF
	"\"1.2.3.4, 203.0.113.9\"" XFF_COUNT POLICY("everything"),
	SET(2, "ok", "11") SET(2, "allowed", "01") SET(
	    2, "verdict", "08 \"deny\"") SET(2, "client_ip", "06 cb007109")
	    SET(2, "client_net", "06 cb007109") SET(2, "proven", "11") SET(
		2, "trusted", "11") SET(2, "source", "08 \"x-forwarded-for\"")
		SET(2, "hops", "04 00") SET(2, "rule", "08 \"blocked\"")
		    SET(2, "list", "08 \"drop\"") SET(2, "status", "04 f30a")
			SET(2, "message", "08 \"go away\"") SET(2, "flags",
			    "08 \"entries-left-of-"
			    "client\"") SET(2, "generation", "04 07")},
    {"what has no value is not sent", "\"m\" 02" PEER POLICY("everything"),
	SET(2, "ok", "11") SET(2, "allowed", "11")
	    SET(2, "verdict", "08 \"allow\"") SET(2, "client_ip", "06 c6336407")
		SET(2, "client_net", "06 c6336407") SET(2, "proven", "11")
		    SET(2, "trusted", "01") SET(2, "source", "08 \"peer\"")
			SET(2, "hops", "04 00") SET(2, "rule", "08 \"default\"")
			    SET(2, "generation", "04 07")},
    {"scope req", "\"m\" 02" PEER POLICY("request"),
	SET(3, "ok", "11") SET(3, "allowed", "11")
	    SET(3, "rule", "08 \"default\"")},
    {"scope sess: what has no value is unset",
	"\"m\" 02" PEER POLICY("session"),
	SET(1, "ok", "11") SET(1, "allowed", "01")
	    SET(1, "verdict", "08 \"deny\"") UNSET(1, "client_ip")
		UNSET(1, "list") SET(1, "rule", "08 \"unknown\"")
		    UNSET(1, "would_verdict") UNSET(1, "error")},
    {"shadow", "\"m\" 02" PEER POLICY("shadowed"),
	SET(2, "ok", "11") SET(2, "allowed", "11") SET(2, "verdict",
	    "08 \"allow\"") SET(2, "would_verdict", "08 \"captcha\"")},
    {"forward",
	"\"m\" 05" PEER POLICY("forwarding") XFF "\"a, b\"" XFF_COUNT
						 " \"host\" 08 \"h\"",
	SET(2, "ok", "11") SET(2, "allowed", "11") SET(
	    2, "verdict", "08 \"allow\"") SET(2, "rule", "08 \"default\"")
	    SET(2, "fwd_for", "08 \"a, b\"") SET(2, "fwd_host", "08 \"h\"")},
    /* What cannot be answered. */
    {"no peer", "\"m\" 00", ERROR_ANSWER(2, "no-peer")},
    {"peer of the wrong type", "\"m\" 01 \"peer\" 08 \"10.0.0.1\"",
	ERROR_ANSWER(2, "bad-argument")},
    {"peer twice", "\"m\" 02" PEER PEER, ERROR_ANSWER(2, "bad-argument")},
    {"no such policy", "\"m\" 02" PEER POLICY("missing"),
	ERROR_ANSWER(2, "no-policy")},
    {"no peer, scope req", "\"m\" 01" POLICY("request"),
	ERROR_ANSWER(3, "no-peer")},
    {"no peer, scope sess", "\"m\" 01" POLICY("session"),
	SET(1, "ok", "01") SET(1, "allowed", "01") UNSET(1, "verdict")
	    UNSET(1, "client_ip") UNSET(1, "list") UNSET(1, "rule")
		UNSET(1, "would_verdict") SET(1, "error", "08 \"no-peer\"")},
    {"allowed is said even if not asked for", "\"m\" 01" POLICY("nothing"),
	ERROR_ANSWER(2, "no-peer")},
    {"generation is known even so", "\"m\" 01" POLICY("everything"),
	SET(2, "ok", "01") SET(2, "allowed", "01") SET(2, "generation", "04 07")
	    SET(2, "error", "08 \"no-peer\"")},
    /* Several messages. */
    {"twice the same", "\"a\" 01" PEER "\"b\" 01" PEER, DEFAULT_ANSWER},
    {"the later one stands, unset what it does not set",
	"\"a\" 02" PEER POLICY("everything") "\"b\" 02" PEER POLICY("ordered"),
	SET(2, "ok", "11") SET(2, "proven", "11") SET(2, "verdict",
	    "08 \"allow\"") SET(2, "allowed", "11") UNSET(2, "client_ip")
	    UNSET(2, "client_net") UNSET(2, "trusted") UNSET(2, "source")
		UNSET(2, "hops") UNSET(2, "rule") UNSET(2, "generation")},
    {"each in its scope",
	"\"a\" 02" PEER POLICY("request") "\"b\" 02" PEER POLICY("ordered"),
	SET(2, "ok", "11") SET(2, "proven", "11")
	    SET(2, "verdict", "08 \"allow\"") SET(2, "allowed", "11")
		UNSET(3, "ok") UNSET(3, "allowed") UNSET(3, "rule")},
    {"an error stands too", "\"a\" 01" PEER "\"b\" 00",
	ERROR_ANSWER(2, "no-peer") UNSET(2, "verdict") UNSET(2, "client_ip")
	    UNSET(2, "client_net") UNSET(2, "proven")},
    {"and is undone", "\"a\" 00 \"b\" 01" PEER,
	DEFAULT_ANSWER UNSET(2, "error")},
};

START_TEST(test_answers)
{
	assert_answer(
	    answers[_i].name, answers[_i].payload, answers[_i].actions);
}
END_TEST

/* One after the other on the same scratch: nothing of the last one stays. */
START_TEST(test_answers_in_a_row)
{
	size_t count = sizeof(answers) / sizeof(answers[0]);

	for (size_t i = 0; i < 3 * count; i++)
		assert_answer(answers[i * 7 % count].name,
		    answers[i * 7 % count].payload,
		    answers[i * 7 % count].actions);
}
END_TEST

static const char *const broken[] = {
    "05 'abc'",                  /* name longer than the payload */
    "\"m\"",                     /* no count of arguments */
    "\"m\" 01",                  /* no argument */
    "\"m\" 01 \"peer\"",         /* no value */
    "\"m\" 01 \"peer\" 06 c633", /* half an address */
    "\"m\" 01 \"peer\" 0a",      /* reserved type */
    "\"m\" 01 \"x\" 08 ff ff ff ff ff ff ff ff ff ff ff", /* endless varint */
    "\"m\" 01" PEER "00",       /* something behind: an empty name, no count */
    "\"a\" 01" PEER "\"b\" 01", /* the second is broken */
    ("\"m\" ff" PEER),          /* 254 arguments are missing */
};

START_TEST(test_broken)
{
	ck_assert_msg(
	    answer(broken[_i], ROOM) == NULL, "taken: %s", broken[_i]);
	/* And the next one is answered as if nothing had been. */
	assert_answer("after", answers[0].payload, answers[0].actions);
}
END_TEST

/* Every beginning of a good payload is broken, or good on a message's end. */
START_TEST(test_truncated)
{
	struct bytes *whole =
	    bytes_of("\"m\" 04" BALANCER XFF
		     "\"1.2.3.4, 203.0.113.9\"" XFF_COUNT POLICY("everything"));
	const struct message_context context = {
	    generation, request, &counters, &remark};
	uint8_t out[ROOM];

	for (size_t length = 1; length <= whole->length; length++) {
		char *exact = malloc(length);
		struct spop_writer writer;
		memcpy(exact, whole->data, length);
		spop_writer_init(&writer, out, sizeof(out));
		ck_assert_msg(
		    message_answer(&context, (struct view){exact, length},
			&writer) == (length == whole->length),
		    "%zu of %zu bytes", length, whole->length);
		free(exact);
	}
	free(whole);
}
END_TEST

/* ---- too little room ---- */

/* The variable names that an answer sets or unsets, "-" before the latter. */
static void
list_names(const struct bytes *actions, char *text)
{
	struct spop_reader reader;

	*text = '\0';
	spop_reader_init(&reader,
	    (struct view){(const char *)actions->data, actions->length});
	while (!spop_reader_done(&reader)) {
		uint8_t kind = spop_read_byte(&reader);
		struct spop_value value;

		spop_read_byte(&reader);
		spop_read_byte(&reader);
		struct view name = spop_read_string(&reader);
		if (kind == 1)
			spop_read_value(&reader, &value);
		text += sprintf(text, "%s%.*s ", kind == 1 ? "" : "-",
		    (int)name.length, name.data);
	}
	ck_assert(!reader.failed);
}

START_TEST(test_dropped_from_the_end)
{
	static const char payload[] =
	    "\"m\" 04" BALANCER XFF
	    "\"1.2.3.4, 203.0.113.9\"" XFF_COUNT POLICY("everything");
	static const char all[] =
	    "ok allowed verdict client_ip client_net proven trusted source "
	    "hops rule list status message flags generation ";
	struct bytes *whole = answer(payload, ROOM);
	size_t full = whole->length;
	char names[512];

	ck_assert_uint_gt(full, 200);
	free(whole);
	for (size_t room = 64; room <= full; room++) {
		uint64_t lost =
		    counters_get(&counters, COUNTER_DROPPED_VARIABLES);
		struct bytes *got = answer(payload, room);
		unsigned words = 0;

		ck_assert_uint_le(got->length, room);
		list_names(got, names);
		lost =
		    counters_get(&counters, COUNTER_DROPPED_VARIABLES) - lost;
		/* A beginning of all of them, the longest that fits. */
		ck_assert_msg(strncmp(names, all, strlen(names)) == 0,
		    "room %zu: %s", room, names);
		for (const char *at = names; *at != '\0'; at++)
			words += *at == ' ';
		ck_assert_uint_eq(words + lost, 15);
		ck_assert_uint_ge(words, 3);
		ck_assert_int_eq(lost == 0, room == full);
		free(got);
	}
}
END_TEST

START_TEST(test_kept_wherever_they_stand)
{
	/* "ordered" has proven before verdict and allowed. */
	static const char payload[] = "\"m\" 02" PEER POLICY("ordered");
	struct bytes *whole = answer(payload, ROOM);
	struct bytes *less = answer(payload, whole->length - 1);
	char names[512];

	list_names(less, names);
	ck_assert_str_eq(names, "ok verdict allowed ");
	ck_assert_uint_eq(
	    counters_get(&counters, COUNTER_DROPPED_VARIABLES), 1);
	free(whole);
	free(less);
}
END_TEST

START_TEST(test_long_values_go_first)
{
	/* A header line of 240 bytes and more, in a frame of 256. */
	struct bytes *payload =
	    bytes_of("\"m\" 04" PEER POLICY("forwarding") XFF_COUNT XFF);
	const struct message_context context = {
	    generation, request, &counters, &remark};
	struct bytes out = {0};
	struct spop_writer writer;
	char names[512];

	append(payload, "f0 0a"); /* 400 */
	for (int i = 0; i < 400; i++)
		put_byte(payload, 'x');
	spop_writer_init(&writer, out.data, 256 - 9);
	ck_assert(message_answer(&context,
	    (struct view){(const char *)payload->data, payload->length},
	    &writer));
	out.length = (size_t)(writer.at - out.data);
	list_names(&out, names);
	ck_assert_str_eq(names, "ok allowed verdict rule ");
	free(payload);
}
END_TEST

/* What an earlier answer said must not stand where this one had no room. */
START_TEST(test_sess_is_unset_when_dropped)
{
	static const struct {
		unsigned less; /* room than it takes */
		const char *names;
	} rows[] = {
	    {0, "ok allowed verdict -client_ip -list rule -would_verdict "
		"-error "},
	    {1, "ok allowed verdict -client_ip -list -rule -would_verdict "
		"-error "},
	    {9, "ok allowed verdict -client_ip -list -rule -would_verdict "
		"-error "},
	    {10, "ok allowed verdict -client_ip -list -rule -would_verdict "},
	    {19, "ok allowed verdict -client_ip -list -rule "},
	};
	static const char payload[] = "\"m\" 02" PEER POLICY("session");
	struct bytes *whole = answer(payload, ROOM);
	char names[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes *got =
		    answer(payload, whole->length - rows[i].less);
		list_names(got, names);
		ck_assert_str_eq(names, rows[i].names);
		free(got);
	}
	free(whole);
}
END_TEST

/* ---- what is counted and remembered ---- */

START_TEST(test_counted)
{
	free(answer("\"m\" 01" PEER, ROOM));
	free(
	    answer("\"m\" 03" BALANCER XFF "\"1.1.1.1, 203.0.113.9\"" XFF_COUNT,
		ROOM));
	free(answer("\"m\" 00", ROOM));
	free(answer("\"m\" 03" PEER " \"x-one\" 00 \"x-two\" 11", ROOM));
	free(answer("\"m\" 02" PEER POLICY("picky"), ROOM));
	free(answer("\"m\" 02 \"peer\" 06 cb007101" POLICY("picky"), ROOM));
	ck_assert_uint_eq(counters_get(&counters, COUNTER_REQUESTS), 6);
	ck_assert_uint_eq(counters_get(&counters, COUNTER_VERDICTS_REJECT), 1);
	ck_assert_uint_eq(counters_get(&counters, COUNTER_VERDICTS_WORD), 1);
	ck_assert_uint_eq(counters_get(&counters, COUNTER_VERDICTS_ALLOW), 2);
	ck_assert_uint_eq(counters_get(&counters, COUNTER_VERDICTS_DENY), 1);
	ck_assert_uint_eq(counters_get(&counters, COUNTER_VERDICTS_ERROR), 1);
	ck_assert_uint_eq(
	    counters_get(&counters, COUNTER_UNKNOWN_ARGUMENTS), 2);
	ck_assert_uint_eq(counters.flags[FLAG_ENTRIES_LEFT_OF_CLIENT], 1);
}
END_TEST

START_TEST(test_remarks)
{
	free(answer("\"m\" 01" PEER, ROOM));
	ck_assert_ptr_null(remark.event);
	free(answer("\"m\" 02" PEER " \"x-one\" 00", ROOM));
	ck_assert_str_eq(remark.event, "unknown-argument");
	ck_assert_uint_eq(remark.length, 5);
	ck_assert_int_eq(memcmp(remark.text, "x-one", 5), 0);
	free(answer("\"m\" 00", ROOM)); /* the first one stands */
	ck_assert_str_eq(remark.event, "unknown-argument");
	remark.event = NULL;
	free(answer("\"m\" 00", ROOM));
	ck_assert_str_eq(remark.event, "not-decided");
	ck_assert_int_eq(memcmp(remark.text, "no-peer", 7), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("message");
	TCase *tests = tcase_create("message");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(
	    tests, test_answers, 0, sizeof(answers) / sizeof(answers[0]));
	tcase_add_test(tests, test_answers_in_a_row);
	tcase_add_loop_test(
	    tests, test_broken, 0, sizeof(broken) / sizeof(broken[0]));
	tcase_add_test(tests, test_truncated);
	tcase_add_test(tests, test_dropped_from_the_end);
	tcase_add_test(tests, test_kept_wherever_they_stand);
	tcase_add_test(tests, test_long_values_go_first);
	tcase_add_test(tests, test_sess_is_unset_when_dropped);
	tcase_add_test(tests, test_counted);
	tcase_add_test(tests, test_remarks);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
