/* SPDX-License-Identifier: Apache-2.0 */

/*
 * confcheck [-p] [-l] [-m] FILE…: loads the configuration, prints the report on
 * standard error and, with -p, what was understood on standard output, with -l
 * what its lists hold. With -m prints the keys as mdoc instead. Exits 0 for
 * good, 1 for bad.
 */

#include <stdio.h>

#include "conf/lists/prefixes.h"
#include "conf/load/schema.h"
#include "conf/load/settings.h"

static void
print_contents(const struct settings *settings, const struct contents *contents)
{
	for (size_t i = 0; i < contents->count; i++) {
		printf("%s:", settings->lists[i].name);
		for (size_t k = 0; k < prefixes_count(contents->of[i]); k++) {
			struct prefix prefix = prefixes_at(contents->of[i], k);
			char text[PREFIX_TEXT_SIZE];

			prefix_format(&prefix, text);
			printf(" %s", text);
		}
		putchar('\n');
	}
}

static int
check(const char *const *paths, size_t count, char print)
{
	struct contents contents;
	struct report report;
	struct settings *settings;
	bool good;

	report_init(&report);
	good = settings_check(paths, count, &report, &settings, &contents);
	report_print(&report, stderr);
	if (good && print == 'p')
		settings_print(settings, stdout);
	if (good && print == 'l')
		print_contents(settings, &contents);
	settings_unref(settings);
	contents_fini(&contents);
	report_fini(&report);
	return good ? 0 : 1;
}

int
main(int argc, char **argv)
{
	char option = '\0';
	int first = 1;

	if (argc > 1 && argv[1][0] == '-')
		option = argv[first++][1];

	if (option == 'm') {
		schema_print_manual(stdout);
		return 0;
	}
	if (argc <= first) {
		fprintf(stderr, "usage: confcheck [-p | -l | -m] FILE...\n");
		return 2;
	}
	return check(
	    (const char *const *)argv + first, (size_t)(argc - first), option);
}
