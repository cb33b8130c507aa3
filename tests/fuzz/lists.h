/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_LISTS_H
#define TESTS_FUZZ_LISTS_H

/* Reading a list, and what must hold of it whatever is in the text. */

#include <stdlib.h>

#include "conf/lists/read.h"

static inline void
require(bool condition)
{
	if (!condition)
		abort();
}

/* No bit behind the length, never everything, and in order. */
static inline void
check_prefixes(const struct prefixes *prefixes)
{
	struct prefix before = {.length = 0};

	for (size_t i = 0; i < prefixes_count(prefixes); i++) {
		struct prefix prefix = prefixes_at(prefixes, i);
		struct address masked =
		    address_mask(prefix.address, prefix.length);
		unsigned max = prefix.address.family == ADDRESS_IPV4 ? 32 : 128;
		int order = address_compare(&before.address, &prefix.address);

		require(prefix.length > 0 && prefix.length <= max);
		require(address_equal(&masked, &prefix.address));
		require(
		    order < 0 || (order == 0 && before.length < prefix.length));
		before = prefix;
	}
}

static inline bool
read_list(const struct list_settings *list, struct view text,
    struct list_reading *reading, size_t *reports)
{
	struct report report;
	bool good;

	report_init(&report);
	good = list_read_text(list, text, "fuzz.list", &report, reading);
	require(good == (report.errors == 0));
	require(good == (reading->content != NULL));
	require(report.count <= 2 * (LIST_REPORTS_MAX + 1) + 2);
	if (good) {
		check_prefixes(reading->content);
		require(reading->bad <= reading->lines);
		require(reading->masked <= reading->lines);
	}
	*reports = report.count;
	report_fini(&report);
	return good;
}

static inline bool
is_same(const struct prefixes *a, const struct prefixes *b)
{
	return prefixes_difference(a, b, NULL, 0) == 0;
}

#endif
