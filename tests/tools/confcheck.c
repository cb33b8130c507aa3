/* SPDX-License-Identifier: Apache-2.0 */

/*
 * confcheck [-p] [-m] FILE…: loads the configuration, prints the report on
 * standard error and, with -p, what was understood on standard output. With -m
 * prints the keys as mdoc instead. Exits 0 for good, 1 for bad.
 */

#include <stdio.h>
#include <string.h>

#include "conf/load/schema.h"
#include "conf/load/settings.h"

static int
check(const char *const *paths, size_t count, bool print)
{
	struct report report;
	struct settings *settings;
	int result;

	report_init(&report);
	settings = settings_load(paths, count, &report);
	report_print(&report, stderr);
	if (print && settings != NULL)
		settings_print(settings, stdout);
	result = settings == NULL;
	settings_free(settings);
	report_fini(&report);
	return result;
}

int
main(int argc, char **argv)
{
	bool print = argc > 1 && strcmp(argv[1], "-p") == 0;
	int first = print ? 2 : 1;

	if (argc > 1 && strcmp(argv[1], "-m") == 0) {
		schema_print_manual(stdout);
		return 0;
	}
	if (argc <= first) {
		fprintf(stderr, "usage: confcheck [-p] FILE...\n");
		return 2;
	}
	return check(
	    (const char *const *)argv + first, (size_t)(argc - first), print);
}
