/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "agent/control/loop.h"
#include "agent/lists/trail.h"
#include "agent/lists/watch.h"

static char directory[] = "/tmp/truesrc-trail-XXXXXX";
static char before[PATH_MAX];
static int inotify;

static void
setup(void)
{
	memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
	ck_assert_ptr_nonnull(getcwd(before, sizeof(before)));
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	inotify = inotify_init1(IN_NONBLOCK);
	ck_assert_int_ge(inotify, 0);
}

static void
teardown(void)
{
	char command[128];

	close(inotify);
	ck_assert_int_eq(chdir(before), 0);
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	ck_assert_int_eq(system(command), 0);
}

static void
write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

/* ---- identity ---- */

START_TEST(the_same_file_is_the_same)
{
	struct identity first;
	struct identity second;

	ck_assert(!identity_take("nowhere", &first));
	ck_assert(!first.known);
	ck_assert(!identity_equal(&first, &first));
	write_text("list", "one\n");
	ck_assert(identity_take("list", &first));
	ck_assert(identity_take("list", &second));
	ck_assert(identity_equal(&first, &second));
	/* Longer, or another one of that name. */
	write_text("list", "one\ntwo\n");
	ck_assert(identity_take("list", &second));
	ck_assert(!identity_equal(&first, &second));
	write_text("other", "one\n");
	ck_assert_int_eq(rename("other", "list"), 0);
	ck_assert(identity_take("list", &second));
	ck_assert(!identity_equal(&first, &second));
}
END_TEST

/* ---- trails ---- */

/* The names that are watched, in order, as "a b c". */
static void
check_trail(const char *path, const char *names, bool gaps)
{
	struct trail *trail = trail_lay(inotify, path);
	char found[1024] = "";

	ck_assert_ptr_nonnull(trail);
	for (unsigned i = 0; i < trail->count; i++) {
		strcat(found, i > 0 ? " " : "");
		strcat(found, trail->points[i].name);
		ck_assert_int_gt(trail->points[i].watch, 0);
	}
	ck_assert_msg(
	    strcmp(found, names) == 0, "%s: %s, not %s", path, found, names);
	ck_assert_msg(trail->gaps == gaps, "%s", path);
	trail_free(trail);
}

START_TEST(every_link_is_watched)
{
	char absolute[PATH_MAX];

	ck_assert_int_eq(mkdir("mount", 0700), 0);
	ck_assert_int_eq(mkdir("mount/..1", 0700), 0);
	write_text("mount/..1/list", "");
	ck_assert_int_eq(symlink("..1", "mount/..data"), 0);
	ck_assert_int_eq(symlink("..data/list", "mount/list"), 0);
	ck_assert_int_eq(symlink("mount", "here"), 0);
	ck_assert_int_eq(symlink("loop", "loop"), 0);
	check_trail("mount/..1/list", "list", false);
	check_trail("mount//..1/./list", "list", false);
	check_trail("mount/list", "list ..data list", false);
	check_trail("here/list", "here list ..data list", false);
	check_trail("mount/../here/list", "here list ..data list", false);
	snprintf(absolute, sizeof(absolute), "%s/mount/list", directory);
	check_trail(absolute, "list ..data list", false);
	ck_assert_int_eq(symlink(absolute, "far"), 0);
	check_trail("far", "far list ..data list", false);
}
END_TEST

START_TEST(what_is_missing_is_waited_for)
{
	ck_assert_int_eq(mkdir("there", 0700), 0);
	check_trail("list", "list", false);
	check_trail("there/list", "list", false);
	check_trail("nowhere/list", "nowhere", false);
	ck_assert_int_eq(symlink("there/gone", "broken"), 0);
	check_trail("broken", "broken gone", false);
}
END_TEST

START_TEST(ends_somewhere)
{
	char path[PATH_MAX + 10];
	struct trail *trail;

	ck_assert_int_eq(symlink("loop", "loop"), 0);
	trail = trail_lay(inotify, "loop");
	ck_assert_ptr_nonnull(trail);
	ck_assert_uint_eq(trail->count, TRAIL_MAX);
	trail_free(trail);
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	ck_assert_ptr_null(trail_lay(inotify, path));
	path[NAME_MAX + 1] = '\0';
	trail = trail_lay(inotify, path);
	ck_assert_ptr_nonnull(trail);
	ck_assert(trail->gaps);
	trail_free(trail);
	trail = trail_lay(-1, "list");
	ck_assert_ptr_nonnull(trail);
	ck_assert(trail->gaps);
	trail_free(trail);
	trail_free(NULL);
}
END_TEST

/* ---- the watch ---- */

/* The watch never looks at an owner. */
static _Alignas(16) char owners[32];
static struct owner *const one = (void *)&owners[0];
static struct owner *const other = (void *)&owners[16];
static unsigned touched_one;
static unsigned touched_other;
static unsigned touched_done;

static void
on_touched(void *context, struct owner *owner, bool done)
{
	ck_assert_ptr_eq(context, &touched_one);
	touched_one += owner == one;
	touched_other += owner == other;
	touched_done += done;
}

static void
turn(struct ev_loop *loop)
{
	touched_one = 0;
	touched_other = 0;
	touched_done = 0;
	ev_run(loop, EVRUN_NOWAIT);
}

START_TEST(those_who_are_touched_hear_it)
{
	struct ev_loop *loop = loop_new();
	struct watch *watch = watch_new();
	struct trail *of_one;
	struct trail *of_other;

	ck_assert_ptr_nonnull(watch);
	ck_assert_int_eq(mkdir("there", 0700), 0);
	watch_start(watch, loop, on_touched, &touched_one);
	of_one = trail_lay(watch_descriptor(watch), "there/one");
	of_other = trail_lay(watch_descriptor(watch), "there/other");
	watch_add(watch, of_one, one);
	watch_add(watch, of_other, other);
	ev_run(loop, EVRUN_NOWAIT);
	write_text("there/neither", "x");
	turn(loop);
	ck_assert_uint_eq(touched_one + touched_other, 0);
	write_text("there/one", "x");
	turn(loop);
	ck_assert_uint_gt(touched_one, 0);
	ck_assert_uint_gt(touched_done, 0);
	ck_assert_uint_eq(touched_other, 0);
	ck_assert_int_eq(rename("there/one", "there/other"), 0);
	turn(loop);
	ck_assert_uint_gt(touched_one, 0);
	ck_assert_uint_gt(touched_other, 0);
	/* Somebody has begun to write. */
	int file = open("there/one", O_CREAT | O_WRONLY, 0600);
	turn(loop);
	ck_assert_uint_gt(touched_one, 0);
	ck_assert_uint_eq(touched_done, 0);
	close(file);
	turn(loop);
	ck_assert_uint_gt(touched_done, 0);
	/* One goes; the directory is still needed. */
	watch_drop(watch, of_one);
	watch_prune(watch, of_one);
	trail_free(of_one);
	write_text("there/one", "y");
	write_text("there/other", "y");
	turn(loop);
	ck_assert_uint_eq(touched_one, 0);
	ck_assert_uint_gt(touched_other, 0);
	/* The directory itself. */
	ck_assert_int_eq(rename("there", "elsewhere"), 0);
	turn(loop);
	ck_assert_uint_gt(touched_other, 0);
	watch_drop(watch, of_other);
	watch_prune(watch, of_other);
	trail_free(of_other);
	turn(loop);
	ck_assert_uint_eq(touched_other, 0);
	watch_free(watch);
	watch_free(NULL);
	ev_loop_destroy(loop);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("trail");
	TCase *tests = tcase_create("trail");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, the_same_file_is_the_same);
	tcase_add_test(tests, every_link_is_watched);
	tcase_add_test(tests, what_is_missing_is_waited_for);
	tcase_add_test(tests, ends_somewhere);
	tcase_add_test(tests, those_who_are_touched_hear_it);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
