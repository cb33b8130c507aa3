/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_TABLES_MEMORY_H
#define TESTS_BENCH_TABLES_MEMORY_H

/* Memory that is there, or the program ends: a measurement needs no more. */

#include <stddef.h>

/* Zeroed; large ones in huge pages where the system has them. */
void *memory_new(size_t count, size_t size);
void memory_free(void *memory, size_t count, size_t size);

/* Of small and passing things. */
void *memory_array(size_t count, size_t size);
void *memory_more(void *memory, size_t count, size_t size);

/* Ends the program. */
_Noreturn void memory_out(void);

#endif
