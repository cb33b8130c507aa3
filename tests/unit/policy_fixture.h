/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_POLICY_FIXTURE_H
#define TESTS_UNIT_POLICY_FIXTURE_H

/* A generation made from YAML text, and requests made from arguments. */

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/policy/policy.h"

static inline struct generation *
generation_of(const char *yaml)
{
	char path[] = "/tmp/truesrc-unit-XXXXXX";
	int file = mkstemp(path);
	const char *paths[] = {path};
	struct report report;
	const uint64_t seed[2] = {1, 2};
	struct settings *settings;
	struct contents contents;
	struct generation *generation;

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(
	    write(file, yaml, strlen(yaml)), (ssize_t)strlen(yaml));
	close(file);
	report_init(&report);
	settings = settings_load(paths, 1, &report);
	if (!settings)
		report_print(&report, stderr);
	unlink(path);
	ck_assert_ptr_nonnull(settings);
	ck_assert(contents_read(settings, &report, &contents));
	report_fini(&report);
	generation = generation_build(settings, &contents, 7, seed);
	ck_assert_ptr_nonnull(generation);
	contents_fini(&contents);
	settings_unref(settings);
	return generation;
}

static inline struct sample
sample_text(const char *text)
{
	return (struct sample){.kind = SAMPLE_TEXT, .text = view_of(text)};
}

static inline struct sample
sample_address(const char *text)
{
	struct sample sample = {.kind = SAMPLE_ADDRESS};

	ck_assert(address_parse(view_of(text), &sample.address));
	return sample;
}

static inline struct sample
sample_integer(int64_t integer)
{
	return (struct sample){.kind = SAMPLE_INTEGER, .integer = integer};
}

static inline struct sample
sample_boolean(bool boolean)
{
	return (struct sample){.kind = SAMPLE_BOOLEAN, .integer = boolean};
}

static inline void
add(struct request *request, const char *name, struct sample sample)
{
	request_add(request, view_of(name), &sample);
}

/* The address as text; "-" for none. */
static inline const char *
shown(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
	if (address->family == ADDRESS_NONE)
		return "-";
	address_format(address, text);
	return text;
}

#endif
