/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_PREPARED_H
#define TESTS_FUZZ_PREPARED_H

/* What targets that ask policies share: a generation and a request for it. */

#include <stdlib.h>

#include "agent/policy/policy.h"
#include "conf/load/load_text.h"

static struct generation *generation;
static struct request *request;

static inline void
must(bool holds)
{
	if (!holds)
		abort();
}

/* Once, before the first input. */
static inline void
prepare(const char *yaml, size_t payload_max)
{
	struct report report;
	const uint64_t seed[2] = {1, 2};
	struct contents contents;
	struct settings *settings;

	if (generation)
		return;
	report_init(&report);
	settings = settings_load_text("fuzz", yaml, strlen(yaml), &report);
	if (!settings)
		report_print(&report, stderr);
	must(settings != NULL);
	must(contents_read(settings, &report, &contents));
	report_fini(&report);
	generation = generation_build(settings, &contents, 1, seed);
	must(generation != NULL);
	contents_fini(&contents);
	settings_unref(settings);
	request = request_new(generation_names(generation), payload_max);
	must(request != NULL);
}

#endif
