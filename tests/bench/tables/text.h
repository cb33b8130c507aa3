/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_TABLES_TEXT_H
#define TESTS_BENCH_TABLES_TEXT_H

/* Sets and addresses as text, for programs that are measured whole. */

#include "tests/bench/tables/set.h"

/* A prefix a line, in no order. */
void text_write_set(struct set *set, const char *path);

/* An address a line: hits first, then as many misses. */
void text_write_addresses(const struct queries *queries, const char *path);

#endif
