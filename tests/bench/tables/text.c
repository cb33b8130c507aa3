/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/tables/text.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/text/prefix.h"
#include "tests/bench/tables/memory.h"

static FILE *
open_file(const char *path)
{
	FILE *file = fopen(path, "w");

	if (file == NULL) {
		perror(path);
		exit(1);
	}
	return file;
}

static void
close_file(FILE *file, const char *path)
{
	if (fclose(file) != 0) {
		perror(path);
		exit(1);
	}
}

void
text_write_set(struct set *set, const char *path)
{
	uint32_t *order = memory_array(set->count, sizeof(order[0]));
	FILE *file = open_file(path);
	char text[PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < set->count; i++)
		order[i] = (uint32_t)i;
	for (size_t i = set->count; i > 1; i--) {
		size_t other = set_random(set) % i;
		uint32_t kept = order[i - 1];

		order[i - 1] = order[other];
		order[other] = kept;
	}
	for (size_t i = 0; i < set->count; i++) {
		struct prefix prefix = {
		    .address = set_address(set, set_first(set, order[i])),
		    .length = set->lengths[order[i]]};

		prefix_format(&prefix, text);
		fputs(text, file);
		putc('\n', file);
	}
	free(order);
	close_file(file, path);
}

void
text_write_addresses(const struct queries *queries, const char *path)
{
	FILE *file = open_file(path);
	char text[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < queries->count; i++) {
		size_t half = queries->count / 2;

		address_format(
		    i < half ? &queries->hits[i] : &queries->misses[i - half],
		    text);
		fputs(text, file);
		putc('\n', file);
	}
	close_file(file, path);
}
