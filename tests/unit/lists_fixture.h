/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_LISTS_FIXTURE_H
#define TESTS_UNIT_LISTS_FIXTURE_H

/* What an agent starts from, made of YAML text. */

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/lists/loading.h"
#include "agent/policy/policy.h"

/* The configuration and its lists; the generation, of that number. */
static inline struct generation *
loaded_from(const char *path, unsigned number, struct loading *loading)
{
	const uint64_t seed[2] = {1, 2};
	const char *paths[] = {path};
	struct contents contents = {0};
	struct generation *generation;

	*loading =
	    (struct loading){.first = true, .paths = paths, .path_count = 1};
	loading_run(loading);
	if (!loading->settings)
		report_print(&loading->report, stderr);
	ck_assert_ptr_nonnull(loading->settings);
	ck_assert(loading_contents(loading, &contents));
	generation =
	    generation_build(loading->settings, &contents, number, seed);
	ck_assert_ptr_nonnull(generation);
	contents_fini(&contents);
	return generation;
}

static inline struct generation *
loaded_of(const char *yaml, unsigned number, struct loading *loading)
{
	char path[] = "/tmp/truesrc-unit-XXXXXX";
	int file = mkstemp(path);
	struct generation *generation;

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(
	    write(file, yaml, strlen(yaml)), (ssize_t)strlen(yaml));
	close(file);
	generation = loaded_from(path, number, loading);
	unlink(path);
	return generation;
}

#endif
