/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_YAML_PROBLEM_H
#define CONF_LOAD_YAML_PROBLEM_H

/*
 * What libyaml says about bad syntax, in words for operators, and the one
 * mistake that everybody makes: IPv6 addresses without quotes inside brackets,
 * whose colons YAML takes for its own.
 */

#include <yaml.h>

#include "conf/load/report.h"

struct yaml_source {
	const char *file;
	char *text; /* UTF-8 without a byte order mark */
	size_t length;
};

/* Reports why the parser stopped. */
void yaml_problem_report(const yaml_parser_t *parser,
    const struct yaml_source *source, struct report *report);

/*
 * Did it stop at an address without quotes? Then reports that, puts harmless
 * letters in place of the address, so that the rest of the file can be
 * checked too, and gives the place in *place.
 */
bool yaml_problem_heal(const yaml_parser_t *parser,
    const struct yaml_source *source, struct place *place,
    struct report *report);

#endif
