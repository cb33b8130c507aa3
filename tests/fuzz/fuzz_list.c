/* SPDX-License-Identifier: Apache-2.0 */

/* Any text as a plain list, to be trusted or not. */

#include <stdint.h>

#include "tests/fuzz/lists.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = {(const char *)data, size};
	struct list_settings list = {.source = LIST_FILE};
	struct list_reading trusted, other;
	size_t trusted_reports, other_reports;
	bool strict, lax;

	list.used_as_trust = true;
	strict = read_list(&list, text, &trusted, &trusted_reports);
	list.used_as_trust = false;
	lax = read_list(&list, text, &other, &other_reports);
	/* Only host bits make the difference. */
	require(lax || !strict);
	require(!strict || trusted_reports == 0);
	require(!strict || is_same(trusted.content, other.content));
	prefixes_unref(trusted.content);
	prefixes_unref(other.content);
	return 0;
}
