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
	struct settings *settings;

	if (generation)
		return;
	report_init(&report);
	settings = settings_load_text("fuzz", yaml, strlen(yaml), &report);
	if (!settings)
		report_print(&report, stderr);
	must(settings != NULL);
	report_fini(&report);
	generation = generation_build(&settings, 1);
	must(generation != NULL);
	request = request_new(generation_names(generation), payload_max);
	must(request != NULL);
}

#endif
