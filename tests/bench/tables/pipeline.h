/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_TABLES_PIPELINE_H
#define TESTS_BENCH_TABLES_PIPELINE_H

/*
 * From a file to a bare structure, as fast as one may: hosts go into a hash,
 * other prefixes are sorted and made into dxr16 or h32. Prints the CPU time of
 * reading, sorting and building, in milliseconds.
 */
void pipeline_run(const char *path);

#endif
