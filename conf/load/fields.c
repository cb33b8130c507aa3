/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "conf/load/policy.h"

/* How many names of headers and arguments a request has places for. */

struct field {
	const char *name; /* lower case */
	struct place place;
	size_t order;
};

static int
compare_fields(const void *left, const void *right)
{
	const struct field *a = left;
	const struct field *b = right;
	int order = strcmp(a->name, b->name);

	return order != 0 ? order
			  : (a->order > b->order) - (a->order < b->order);
}

static int
compare_orders(const void *left, const void *right)
{
	const struct field *a = left;
	const struct field *b = right;

	return (a->order > b->order) - (a->order < b->order);
}

static size_t
add_field(struct field *fields, size_t count, enum source_kind kind,
    const struct source_settings *source)
{
	if (source->kind != kind || source->name == NULL)
		return count;
	if (fields != NULL)
		fields[count] =
		    (struct field){source->name, source->place, count};
	return count + 1;
}

/* Counts the names, and writes them down if there is where. */
static size_t
gather_fields(const struct settings *settings, enum source_kind kind,
    struct field *fields)
{
	size_t count = 0;

	for (size_t i = 0; i < settings->policy_count; i++) {
		const struct policy_settings *policy = &settings->policies[i];

		for (size_t k = 0; k < policy->source_count; k++)
			count =
			    add_field(fields, count, kind, &policy->sources[k]);
		for (size_t k = 0; k < policy->conflict_count; k++) {
			count = add_field(
			    fields, count, kind, &policy->conflicts[k].a);
			count = add_field(
			    fields, count, kind, &policy->conflicts[k].b);
		}
	}
	return count;
}

static void
count_fields(
    struct loader *loader, enum source_kind kind, size_t max, const char *what)
{
	size_t count = gather_fields(loader->settings, kind, NULL);
	struct field *fields =
	    arena_alloc(&loader->trees, count, sizeof(*fields));
	size_t kept = 0;

	if (count <= max || fields == NULL)
		return;
	gather_fields(loader->settings, kind, fields);
	qsort(fields, count, sizeof(*fields), compare_fields);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 ||
		    strcmp(fields[i].name, fields[kept - 1].name) != 0)
			fields[kept++] = fields[i];
	if (kept <= max)
		return;
	qsort(fields, kept, sizeof(*fields), compare_orders);
	report_error(loader->report, fields[max].place,
	    "the policies read more than %zu %s", max, what);
}

void
policies_count_fields(struct loader *loader)
{
	/* Those of "forward" are read besides. */
	count_fields(
	    loader, SOURCE_HEADER, FIELDS_MAX - FORWARD_COUNT, "headers");
	count_fields(loader, SOURCE_ARGUMENT, FIELDS_MAX, "arguments");
}
