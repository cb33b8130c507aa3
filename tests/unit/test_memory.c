/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/stat.h>

#include "agent/control/explain.h"
#include "agent/lists/thread.h"
#include "conf/load/arena.h"
#include "tests/unit/lists_fixture.h"
#include "tests/unit/policy_rows.h"
#include "tests/unit/shortage.h"

/*
 * Memory runs out at every place where it can, and files cannot be read.
 * Whatever fails, nothing is lost, and nothing half made is given out.
 */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__real_arena_alloc(struct arena *arena, size_t count, size_t size);
char *__real_arena_text(struct arena *arena, const char *text, size_t length);
ssize_t __real_read(int file, void *bytes, size_t size);
int __real_fstat(int file, struct stat *status);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);
void *__wrap_arena_alloc(struct arena *arena, size_t count, size_t size);
char *__wrap_arena_text(struct arena *arena, const char *text, size_t length);
ssize_t __wrap_read(int file, void *bytes, size_t size);
int __wrap_fstat(int file, struct stat *status);

/* ---- blocks of calls that were counted, until they are freed ---- */

enum { BLOCKS_MAX = 4096 };

static void *blocks[BLOCKS_MAX];
static unsigned block_count;

static void *
hold(void *block)
{
	if (shortage.counting && block) {
		ensure(block_count < BLOCKS_MAX);
		blocks[block_count++] = block;
	}
	return block;
}

static void
let_go(const void *block)
{
	for (unsigned i = 0; i < block_count; i++)
		if (blocks[i] == block) {
			blocks[i] = blocks[--block_count];
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

/* ---- an arena's calls: few of them come to calloc() ---- */

void *
__wrap_arena_alloc(struct arena *arena, size_t count, size_t size)
{
	if (!refuses())
		return __real_arena_alloc(arena, count, size);
	arena->failed = true;
	return NULL;
}

char *
__wrap_arena_text(struct arena *arena, const char *text, size_t length)
{
	if (!refuses())
		return __real_arena_text(arena, text, length);
	arena->failed = true;
	return NULL;
}

/* ---- files ---- */

static int read_error = EIO;

ssize_t
__wrap_read(int file, void *bytes, size_t size)
{
	if (!refuses())
		return __real_read(file, bytes, size);
	errno = read_error;
	return -1;
}

int
__wrap_fstat(int file, struct stat *status)
{
	if (!refuses())
		return __real_fstat(file, status);
	errno = EIO;
	return -1;
}

static void
check_nothing_is_lost(unsigned good)
{
	ck_assert_msg(block_count == 0, "%u blocks lost behind %u calls",
	    block_count, good);
}

/* ---- the configuration ---- */

static const char directory_of[] = "/tmp/truesrc-memory-XXXXXX";
static char directory[sizeof(directory_of)];
static char configuration_path[sizeof(directory) + 16];
static char list_path[sizeof(directory) + 16];
static char json_path[sizeof(directory) + 16];
static char rows_path[sizeof(directory) + 16];

static const char configuration[] =
    "lists:\n"
    "  lb: [10.0.0.0/24, 2001:db8:a::/48]\n"
    "  cdn: [192.0.2.0/24]\n"
    "  file: {file: list.txt}\n"
    "  bad: [203.0.113.66]\n"
    "  json: {file: list.json, format: json, path: \"a[]\","
    " filter: {b: c}, guard: {never: lb, allow: 192.0.2.1}}\n"
    "  rows: {file: list.csv, format: csv, column: 2}\n"
    "  shipped: {preset: fastly}\n"
    "  held: {prefixes: [192.0.2.1]}\n"
    "listen:\n"
    "  - {address: 127.0.0.1:9000, from: [lb, 192.0.2.1]}\n"
    "  - {address: unix:spop.sock}\n"
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
    "  like: {like: cloudflare, trust: cdn}\n";

/* More names than the first hash of names has room for, of both kinds. */
static const char many_headers[] = "  headers:\n"
				   "    trust: any\n"
				   "    return: [client_ip, flags]\n"
				   "    sources:\n";
static const char many_arguments[] = "  arguments:\n"
				     "    trust: lb\n"
				     "    return: allowed\n"
				     "    sources:\n";

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static void
setup(void)
{
	char text[sizeof(configuration) + 4096];
	size_t length;

	strcpy(directory, directory_of);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	sprintf(configuration_path, "%s/truesrc.yaml", directory);
	sprintf(list_path, "%s/list.txt", directory);
	write_file(list_path, "198.51.100.0/24\n2001:db8:c::/48\n");
	sprintf(json_path, "%s/list.json", directory);
	write_file(json_path,
	    "{\"b\": \"c\", \"a\": [\"192.0.2.1\", \"192.0.2.2\","
	    " \"192.0.2.3\", \"2001:db8::\"]}");
	sprintf(rows_path, "%s/list.csv", directory);
	write_file(rows_path, "x,192.0.2.0/25\ny,2001:db8:1::/48\n");
	length = (size_t)sprintf(text, "%s%s", configuration, many_headers);
	for (int i = 0; i < 30; i++)
		length += (size_t)sprintf(
		    text + length, "      - {header: X-%d}\n", i);
	length += (size_t)sprintf(text + length, "%s", many_arguments);
	for (int i = 0; i < 30; i++)
		length += (size_t)sprintf(
		    text + length, "      - {argument: a%d}\n", i);
	write_file(configuration_path, text);
}

static void
teardown(void)
{
	unlink(configuration_path);
	unlink(list_path);
	unlink(json_path);
	unlink(rows_path);
	rmdir(directory);
}

static struct settings *
load(struct report *report)
{
	static const char *const paths[] = {directory};

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

/* Of each list: how much is in it. */
static void
check_contents(const struct contents *contents)
{
	static const size_t counts[] = {2, 1, 2, 1, 4, 2, 21, 1};

	ck_assert_uint_eq(contents->count, sizeof(counts) / sizeof(*counts));
	for (size_t i = 0; i < contents->count; i++)
		ck_assert_uint_eq(prefixes_count(contents->of[i]), counts[i]);
}

static void
load_attempt(unsigned good, bool once)
{
	static const char *const paths[] = {directory};
	struct contents contents;
	struct report report;
	struct settings *settings;
	bool loaded;

	report_init(&report);
	begin_refusing(good, once);
	loaded = settings_check(paths, 1, &report, &settings, &contents);
	end_refusing();
	ck_assert(loaded == (settings != NULL));
	if (settings) {
		char *text = printed(settings);

		ck_assert_str_eq(text, whole);
		check_contents(&contents);
		__real_free(text);
	} else {
		ck_assert_uint_gt(shortage.refused, 0);
		ck_assert_uint_gt(report.errors, 0);
	}
	contents_fini(&contents);
	settings_unref(settings);
	report_fini(&report);
	check_nothing_is_lost(good);
}

START_TEST(settings_are_whole_or_none)
{
	struct report report;
	struct settings *settings = load(&report);

	ck_assert_ptr_nonnull(settings);
	whole = printed(settings);
	settings_unref(settings);
	report_fini(&report);
	try_everywhere(load_attempt);
	/* A signal in the middle of reading changes nothing. */
	read_error = EINTR;
	for (unsigned good = 0; good == 0 || shortage.refused > 0; good++)
		load_attempt(good, true);
	__real_free(whole);
}
END_TEST

/* Unsorted then, but all of it. */
START_TEST(reports_are_printed_all_the_same)
{
	const struct place place = {"file", 2, 3};
	struct report report;
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	report_init(&report);
	report_error(&report, place, "one");
	report_warning(&report, place, "two");
	begin_refusing(0, false);
	report_error(&report, place, "lost");
	report_print(&report, stream);
	end_refusing();
	fclose(stream);
	ck_assert_uint_eq(report.errors, 2);
	ck_assert_ptr_nonnull(strstr(text, "file:2:3: error: one\n"));
	ck_assert_ptr_nonnull(strstr(text, "file:2:3: warning: two\n"));
	ck_assert_ptr_nonnull(strstr(text, "out of memory"));
	__real_free(text);
	report_fini(&report);
}
END_TEST

/* ---- what is made of it ---- */

static const uint64_t seed[2] = {1, 2};

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
	struct contents contents;
	struct generation *generation;

	ck_assert_ptr_nonnull(settings);
	ck_assert(contents_read(settings, &report, &contents));
	report_fini(&report);
	begin_refusing(good, once);
	generation = generation_build(settings, &contents, 1, seed);
	end_refusing();
	if (generation)
		check_generation(generation);
	else
		ck_assert_uint_gt(shortage.refused, 0);
	contents_fini(&contents);
	generation_free(generation);
	settings_unref(settings);
	check_nothing_is_lost(good);
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
	struct contents contents;

	setup();
	settings = load(&report);
	ck_assert(contents_read(settings, &report, &contents));
	report_fini(&report);
	built = generation_build(settings, &contents, 1, seed);
	ck_assert_ptr_nonnull(built);
	contents_fini(&contents);
	settings_unref(settings);
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
	ck_assert(!request == (shortage.refused > 0));
	request_free(request);
	check_nothing_is_lost(good);
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
	ck_assert(!edition == (shortage.refused > 0));
	ck_assert_ptr_eq(taken, edition ? NULL : built);
	if (edition)
		edition->generation = NULL;
	edition_free(edition);
	check_nothing_is_lost(good);
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
	ck_assert(!told == (shortage.refused > 0));
	if (told)
		ck_assert_str_eq(told, told_whole);
	free(told);
	explain_free(explain);
	check_nothing_is_lost(good);
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

/* ---- while the agent runs ---- */

/* No thread of its own: what it is told is done here. */
static void
turn(struct lists *lists)
{
	for (unsigned i = 0; i < 8; i++) {
		ev_run(lists->loop, EVRUN_NOWAIT);
		ev_run(lists->files.loop, EVRUN_NOWAIT);
		ev_run(lists->builder.loop, EVRUN_NOWAIT);
	}
}

static void
reload_attempt(unsigned good, bool once)
{
	static const char *const paths[] = {directory};
	static const struct running_listens running = {listens, guarded, 0};
	struct publication publication;
	struct loading loading;
	struct lists_settings settings = {.publication = &publication,
	    .paths = paths,
	    .path_count = 1,
	    .running = &running,
	    .workers = 2,
	    .payload_max = 1024,
	    .loading = &loading};
	struct generation *taken = loaded_from(directory, 1, &loading);
	struct lists *lists;
	struct log log;
	FILE *log_file = tmpfile();

	log_init(&log, fileno(log_file));
	settings.log = &log;
	ck_assert(publication_init(&publication, 1));
	lists = lists_new(&settings, &taken);
	ck_assert_ptr_nonnull(lists);
	loading_fini(&loading);
	turn(lists);
	lists_reload(lists);
	begin_refusing(good, once);
	turn(lists);
	end_refusing();
	check_generation(lists->current->generation);
	if (shortage.refused == 0)
		ck_assert_uint_eq(lists->number, 2);
	turn(lists);
	lists_free(lists);
	publication_fini(&publication);
	log_fini(&log);
	fclose(log_file);
	check_nothing_is_lost(good);
}

START_TEST(reloads_are_whole_or_none)
{
	try_everywhere(reload_attempt);
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

	tcase_set_timeout(loaded, 120);
	tcase_set_timeout(made, 120);
	tcase_add_checked_fixture(loaded, setup, teardown);
	tcase_add_test(loaded, settings_are_whole_or_none);
	tcase_add_test(loaded, reports_are_printed_all_the_same);
	tcase_add_test(loaded, generations_are_whole_or_none);
	suite_add_tcase(suite, loaded);
	tcase_add_checked_fixture(made, build, unbuild);
	tcase_add_test(made, requests_are_whole_or_none);
	tcase_add_test(made, editions_are_whole_or_none);
	tcase_add_test(made, explanations_are_whole_or_none);
	tcase_add_test(made, reloads_are_whole_or_none);
	suite_add_tcase(suite, made);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
