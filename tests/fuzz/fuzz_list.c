/* SPDX-License-Identifier: Apache-2.0 */

/* Any text as a list file, to be trusted or not. */

#include <stdint.h>
#include <stdlib.h>

#include "conf/load/list_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static bool
parse(struct view text, bool trust, struct list_file *list, size_t *reports)
{
	struct report report;
	bool good;

	report_init(&report);
	good = list_file_parse(text, "fuzz.list", trust, &report, list);
	require(good == (report.errors == 0));
	require(good || list->prefixes == NULL);
	require(report.count <= 2 * (LIST_REPORTS_MAX + 1));
	*reports = report.count;
	report_fini(&report);
	return good;
}

/* No bit behind the length, and never everything. */
static void
check_prefix(const struct prefix *prefix)
{
	struct address masked = address_mask(prefix->address, prefix->length);
	unsigned max = prefix->address.family == ADDRESS_IPV4 ? 32 : 128;

	require(prefix->length > 0 && prefix->length <= max);
	require(address_equal(&masked, &prefix->address));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = {(const char *)data, size};
	struct list_file trusted, other;
	size_t trusted_reports, other_reports;
	bool strict = parse(text, true, &trusted, &trusted_reports);
	bool lax = parse(text, false, &other, &other_reports);

	/* Only host bits make the difference. */
	require(lax || !strict);
	require(!strict || trusted_reports == 0);
	require(!strict || trusted.count == other.count);
	for (size_t i = 0; i < other.count; i++) {
		check_prefix(&other.prefixes[i]);
		require(
		    !strict ||
		    (trusted.prefixes[i].length == other.prefixes[i].length &&
			address_equal(&trusted.prefixes[i].address,
			    &other.prefixes[i].address)));
	}
	free(trusted.prefixes);
	free(other.prefixes);
	return 0;
}
