/* SPDX-License-Identifier: Apache-2.0 */

/* Any text as a configuration; what is understood prints and reads again. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/load/load_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Printing writes every default out, so a small file may become a large one. */
enum { INPUT_MAX = 16 * 1024 };

static void
require(bool condition)
{
	if (!condition)
		abort();
}

/* Lists are looked at as well, but no files of this machine. */
static void
review(const struct settings *settings, struct report *report)
{
	struct contents contents;

	for (size_t i = 0; i < settings->list_count; i++)
		if (settings->lists[i].source == LIST_FILE)
			return;
	require(contents_read(settings, report, &contents));
	settings_review(settings, &contents, report);
	contents_fini(&contents);
}

static char *
print(const struct settings *settings, size_t *length)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, length);

	require(stream != NULL);
	settings_print(settings, stream);
	require(fclose(stream) == 0);
	return text;
}

/* NULL: refused, and the report says why. */
static struct settings *
load(const char *text, size_t length)
{
	struct report report;
	struct settings *settings;
	FILE *stream = fopen("/dev/null", "w");

	report_init(&report);
	settings = settings_load_text("fuzz.yaml", text, length, &report);
	require((settings == NULL) == (report.errors > 0));
	require(stream != NULL);
	if (settings != NULL)
		review(settings, &report);
	report_print(&report, stream);
	fclose(stream);
	report_fini(&report);
	return settings;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings *settings, *again;
	char *text, *text_again;
	size_t length, length_again;

	if (size > INPUT_MAX)
		return 0;
	settings = load((const char *)data, size);
	if (settings == NULL)
		return 0;
	text = print(settings, &length);
	again = load(text, length);
	require(again != NULL);
	text_again = print(again, &length_again);
	require(length == length_again);
	require(memcmp(text, text_again, length) == 0);
	free(text);
	free(text_again);
	settings_unref(settings);
	settings_unref(again);
	return 0;
}
