/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/explain.h"
#include "agent/ensure.h"
#include "agent/lists/edition.h"
#include "tests/unit/policy_rows.h"

/*
 * Memory runs out at every place where it can. The program is linked so that
 * our own calls of malloc and its fellows come here (see tests.mk); libraries
 * keep theirs. Whatever fails, nothing is lost, and nothing half made is given
 * out.
 */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

enum { BLOCKS_MAX = 4096 };

static struct {
	bool counting;
	bool once;                /* only one call fails, or all from it on */
	unsigned good;            /* calls that succeed before */
	unsigned calls;           /* so far */
	unsigned refused;         /* so far */
	void *blocks[BLOCKS_MAX]; /* of calls that were counted */
	unsigned held;
} memory;

static bool
refuses(void)
{
	bool refused;

	if (!memory.counting)
		return false;
	refused = memory.once ? memory.calls == memory.good
			      : memory.calls >= memory.good;
	memory.calls++;
	memory.refused += refused;
	return refused;
}

static void *
hold(void *block)
{
	if (memory.counting && block) {
		ensure(memory.held < BLOCKS_MAX);
		memory.blocks[memory.held++] = block;
	}
	return block;
}

static void
let_go(const void *block)
{
	for (unsigned i = 0; i < memory.held; i++)
		if (memory.blocks[i] == block) {
			memory.blocks[i] = memory.blocks[--memory.held];
			return;
		}
}

void *
__wrap_malloc(size_t size)
{
	return refuses() ? NULL : hold(__real_malloc(size));
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return refuses() ? NULL : hold(__real_calloc(count, size));
}

void *
__wrap_realloc(void *block, size_t size)
{
	if (refuses())
		return NULL;
	let_go(block);
	return hold(__real_realloc(block, size));
}

void
__wrap_free(void *block)
{
	let_go(block);
	__real_free(block);
}

static void
begin_refusing(unsigned good, bool once)
{
	memory.good = good;
	memory.once = once;
	memory.calls = 0;
	memory.refused = 0;
	memory.counting = true;
}

static void
end_refusing(void)
{
	memory.counting = false;
}

/* Tries once under a shortage that begins behind so many good calls. */
typedef void attempt_f(unsigned good, bool once);

/* The first attempt that was refused nothing is the last. */
static void
try_everywhere(attempt_f *attempt)
{
	for (int once = 0; once <= 1; once++) {
		unsigned good = 0;

		do {
			attempt(good, once);
			ck_assert_msg(memory.held == 0,
			    "%u blocks lost behind %u calls", memory.held,
			    good);
		} while (good++, memory.refused > 0);
		ck_assert_uint_gt(good, 1);
	}
}

/* ---- the configuration ---- */

static char configuration_path[] = "/tmp/truesrc-memory-XXXXXX";
static char list_path[] = "/tmp/truesrc-memory-list-XXXXXX";

static const char configuration[] =
    "lists:\n"
    "  lb: [10.0.0.0/24, 2001:db8:a::/48]\n"
    "  cdn: [192.0.2.0/24]\n"
    "  file: {file: %s}\n"
    "  bad: [203.0.113.66]\n"
    "listen: [{address: 127.0.0.1:9000, from: [lb, 192.0.2.1]}]\n"
    "policies:\n"
    "  default:\n"
    "    trust: [lb, cdn, unix, 198.51.100.1, 198.51.100.2]\n"
    "    proxy: {trust: lb}\n"
    "    sources:\n"
    "      - {header: X-Real-IP, from: [cdn, 192.0.2.9]}\n"
    "      - {header: X-Forwarded-For, trust: [lb, 10.9.0.0/16],"
    " external: [cdn, 10.8.0.0/16]}\n"
    "      - {header: Other, pick: hops, hops: 2, verify: [lb, 10.7.0.1]}\n"
    "      - {header: Left, pick: leftmost, skip: [private, 100.64.0.0/10]}\n"
    "      - {argument: ip}\n"
    "    conflict:\n"
    "      - {a: {header: X-Forwarded-For}, b: {header: Forwarded}}\n"
    "      - {a: {argument: one}, b: {argument: two}}\n"
    "    rules:\n"
    "      - {allow: [file, 198.51.100.0/24], name: office}\n"
    "      - {deny: [bad, 203.0.113.0/25], status: 451, message: no}\n"
    "    forward:\n"
    "      X-Forwarded-For: {trusted: append, untrusted: peer}\n"
    "      X-Forwarded-Proto: {trusted: pass, untrusted: own}\n"
    "  like: {like: cloudflare, trust: cdn}\n"
    "  many:\n"
    "    trust: any\n"
    "    return: [client_ip, flags]\n"
    "    sources:\n";

static void
write_file(char *path, const char *text)
{
	int file = mkstemp(path);

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(
	    write(file, text, strlen(text)), (ssize_t)strlen(text));
	close(file);
}

static void
setup(void)
{
	char text[sizeof(configuration) + 2048];
	size_t length;

	write_file(list_path, "198.51.100.0/24\n2001:db8:c::/48\n");
	length = (size_t)sprintf(text, configuration, list_path);
	/* More names than the first hash of names has room for. */
	for (int i = 0; i < 30; i++)
		length += (size_t)sprintf(
		    text + length, "      - {header: X-%d}\n", i);
	write_file(configuration_path, text);
}

static void
teardown(void)
{
	unlink(configuration_path);
	unlink(list_path);
}

static struct settings *
load(struct report *report)
{
	static const char *const paths[] = {configuration_path};

	report_init(report);
	return settings_load(paths, 1, report);
}

static char *
printed(const struct settings *settings)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	settings_print(settings, stream);
	fclose(stream);
	return text;
}

static char *whole; /* the settings as they are when nothing is short */

static void
load_attempt(unsigned good, bool once)
{
	struct report report;
	struct settings *settings;

	begin_refusing(good, once);
	settings = load(&report);
	end_refusing();
	if (settings) {
		char *text = printed(settings);

		ck_assert_str_eq(text, whole);
		__real_free(text);
	} else {
		ck_assert_uint_gt(memory.refused, 0);
		ck_assert_uint_gt(report.errors, 0);
	}
	settings_free(settings);
	report_fini(&report);
}

START_TEST(settings_are_whole_or_none)
{
	struct report report;
	struct settings *settings = load(&report);

	ck_assert_ptr_nonnull(settings);
	whole = printed(settings);
	settings_free(settings);
	report_fini(&report);
	try_everywhere(load_attempt);
	__real_free(whole);
}
END_TEST

/* ---- what is made of it ---- */

static void
check_generation(const struct generation *generation)
{
	static const char *const parts[REQUEST_PARTS] = {"peer=@10.0.0.1",
	    "proxied=!1", "src=@192.0.2.1", "h.x-forwarded-for=203.0.113.66",
	    "h.x-forwarded-for.count=#1"};
	struct request *request =
	    request_new(generation_names(generation), 4096);
	char text[SHOWN_ANSWER_SIZE];
	struct answer answer;

	ck_assert_ptr_nonnull(request);
	policy_answer(generation, request, parts, &answer);
	ck_assert_str_eq(answer_shown(&answer, text),
	    "203.0.113.66 x-forwarded-for 0 proven deny");
	request_free(request);
}

static void
build_attempt(unsigned good, bool once)
{
	struct report report;
	struct settings *settings = load(&report);
	struct generation *generation;

	report_fini(&report);
	ck_assert_ptr_nonnull(settings);
	begin_refusing(good, once);
	generation = generation_build(&settings, 1);
	end_refusing();
	ck_assert_msg(!generation == !!settings,
	    "the settings are taken with the generation");
	if (generation)
		check_generation(generation);
	else
		ck_assert_uint_gt(memory.refused, 0);
	generation_free(generation);
	settings_free(settings);
}

START_TEST(generations_are_whole_or_none)
{
	try_everywhere(build_attempt);
}
END_TEST

static struct generation *built;

static void
build(void)
{
	struct report report;
	struct settings *settings;

	setup();
	settings = load(&report);
	report_fini(&report);
	built = generation_build(&settings, 1);
	ck_assert_ptr_nonnull(built);
}

static void
unbuild(void)
{
	generation_free(built);
	teardown();
}

static void
request_attempt(unsigned good, bool once)
{
	struct request *request;

	begin_refusing(good, once);
	request = request_new(generation_names(built), 1024);
	end_refusing();
	ck_assert(!request == (memory.refused > 0));
	request_free(request);
}

START_TEST(requests_are_whole_or_none)
{
	try_everywhere(request_attempt);
}
END_TEST

static struct listen_settings listens[2];
static bool guarded[2];

static void
edition_attempt(unsigned good, bool once)
{
	static const struct running_listens running = {listens, guarded, 2};
	struct generation *taken = built;
	struct edition *edition;

	begin_refusing(good, once);
	edition = edition_new(&taken, 2, 1024, &running);
	end_refusing();
	ck_assert(!edition == (memory.refused > 0));
	ck_assert_ptr_eq(taken, edition ? NULL : built);
	if (edition)
		edition->generation = NULL;
	edition_free(edition);
}

START_TEST(editions_are_whole_or_none)
{
	try_everywhere(edition_attempt);
}
END_TEST

static const char question[] =
    "{\"peer\":\"10.0.0.1\",\"headers\":[[\"X-Forwarded-For\","
    "\"203.0.113.66, 10.0.0.2\"]],\"request\":{\"scheme\":\"h\\u00e9\"}}";
static char *told_whole;

static void
explain_attempt(unsigned good, bool once)
{
	struct explain *explain;
	char *told = NULL;

	begin_refusing(good, once);
	explain = explain_new(built);
	if (explain)
		told = explain_json(explain, question, sizeof(question) - 1);
	end_refusing();
	ck_assert(!told == (memory.refused > 0));
	if (told)
		ck_assert_str_eq(told, told_whole);
	free(told);
	explain_free(explain);
}

START_TEST(explanations_are_whole_or_none)
{
	struct explain *explain = explain_new(built);

	told_whole = explain_json(explain, question, sizeof(question) - 1);
	ck_assert_ptr_nonnull(strstr(told_whole, "\"ok\":true"));
	explain_free(explain);
	try_everywhere(explain_attempt);
	free(told_whole);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("memory");
	TCase *loaded = tcase_create("loaded");
	TCase *made = tcase_create("made");
	SRunner *runner;
	int failed;

	tcase_set_timeout(loaded, 60);
	tcase_add_checked_fixture(loaded, setup, teardown);
	tcase_add_test(loaded, settings_are_whole_or_none);
	tcase_add_test(loaded, generations_are_whole_or_none);
	suite_add_tcase(suite, loaded);
	tcase_add_checked_fixture(made, build, unbuild);
	tcase_add_test(made, requests_are_whole_or_none);
	tcase_add_test(made, editions_are_whole_or_none);
	tcase_add_test(made, explanations_are_whole_or_none);
	suite_add_tcase(suite, made);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
