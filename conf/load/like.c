/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/like.h"

#include <string.h>

#include "conf/load/parts.h"
#include "conf/load/policy.h"
#include "conf/load/printer.h"

/* A ready policy as a tree; read once a run, at its first use. */
struct bundle {
	bool read;
	bool warned; /* what is doubtful in it was said */
	const struct node *policy;
	const struct node *warn;
};

enum bundle_row { BUNDLE_ABOUT, BUNDLE_WARN, BUNDLE_POLICY };

static const struct schema_row bundle_rows[] = {
    [BUNDLE_ABOUT] = {.name = "about", .type = &type_part},
    [BUNDLE_WARN] = {.name = "warn", .type = &type_part},
    [BUNDLE_POLICY] = {.name = "policy", .type = &type_part},
};

static const struct schema_object object_bundle = {
    .name = "a ready policy", ROWS(bundle_rows)};

const struct like_file *
like_find(const char *name)
{
	size_t first = 0, last = like_file_count;

	while (first < last) {
		size_t middle = first + (last - first) / 2;
		int order = strcmp(name, like_files[middle].name);

		if (order == 0)
			return &like_files[middle];
		if (order < 0)
			last = middle;
		else
			first = middle + 1;
	}
	return NULL;
}

static void
refuse_name(struct loader *loader, const struct node *value)
{
	struct likely likely;
	char hint[LIKELY_HINT_SIZE];
	char shown[SHOWN_SIZE];

	likely_begin(&likely, value->text, &loader->guesses);
	for (size_t i = 0; i < like_file_count; i++)
		likely_offer(&likely, like_files[i].name);
	report_error(loader->report, value->place,
	    "no ready policy is named %s%s", text_shown(value->text, shown),
	    likely_hint(&likely, hint));
}

static void
bundle_parse(
    struct loader *loader, const struct like_file *like, struct bundle *bundle)
{
	size_t name_length = strlen(like->name);
	char *file = arena_alloc(loader->arena, name_length + 6, 1);
	char *text =
	    arena_text(&loader->trees, (const char *)like->text, like->length);
	const struct node *root;
	struct given given;

	bundle->read = true;
	if (file == NULL || text == NULL)
		return;
	memcpy(file, "like:", 5);
	memcpy(file + 5, like->name, name_length);
	root =
	    yaml_read(&loader->trees, file, text, like->length, loader->report);
	if (root == NULL || !object_scan(loader, &object_bundle, root, &given))
		return;
	if (given.keys[BUNDLE_POLICY] != NULL)
		bundle->policy = given.keys[BUNDLE_POLICY]->value;
	if (given.keys[BUNDLE_WARN] != NULL)
		bundle->warn = given.keys[BUNDLE_WARN]->value;
}

static struct bundle *
find_bundle(struct loader *loader, const struct like_file *like)
{
	struct bundle *bundle;

	if (loader->bundles == NULL)
		loader->bundles = arena_alloc(
		    &loader->trees, like_file_count, sizeof(*loader->bundles));
	if (loader->bundles == NULL)
		return NULL;
	bundle = &loader->bundles[like - like_files];
	if (!bundle->read)
		bundle_parse(loader, like, bundle);
	return bundle;
}

/* What it says about itself, where it is used. */
static void
warn(struct loader *loader, const struct node *value,
    const struct bundle *bundle)
{
	const struct node *text =
	    bundle->warn == NULL ? NULL : bundle->warn->child;

	for (; text != NULL; text = text->next)
		if (text->kind == NODE_SCALAR)
			report_warning(loader->report, value->place, "%s: %s",
			    value->text, text->text);
}

/* Doubts about the ready policy itself are told once, not at every use. */
static void
read_keys(struct loader *loader, struct bundle *bundle,
    struct policy_settings *policy)
{
	struct report *report = loader->report;
	struct report told;
	struct given given;

	report_init(&told);
	if (bundle->warned)
		loader->report = &told;
	bundle->warned = true;
	object_read(loader, &object_policy, bundle->policy, policy, &given);
	if (given.keys[POLICY_LIKE] != NULL)
		report_error(loader->report, given.keys[POLICY_LIKE]->place,
		    "a ready policy does not start from another");
	loader->report = report;
	report_fini(&told);
}

void
like_apply(struct loader *loader, const struct node *value,
    struct policy_settings *policy)
{
	const struct like_file *like;
	struct bundle *bundle;

	if (value->kind != NODE_SCALAR || node_is_empty(value)) {
		refuse_value(loader, &object_policy.rows[POLICY_LIKE], value);
		return;
	}
	like = like_find(value->text);
	if (like == NULL) {
		refuse_name(loader, value);
		return;
	}
	policy->like = like->name;
	bundle = find_bundle(loader, like);
	if (bundle == NULL || bundle->policy == NULL)
		return;
	warn(loader, value, bundle);
	read_keys(loader, bundle, policy);
}

/* ---- the key "like" ---- */

static void
like_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const char *like = *(const char *const *)target;

	if (like == NULL)
		return;
	print_key(printer, row->name);
	fputc(' ', printer->stream);
	print_text(printer, like);
	fputs(" # all its keys are written out below\n", printer->stream);
}

static void
like_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	/* like_apply() came first. */
	(void)loader;
	(void)row;
	(void)value;
	(void)target;
}

const struct schema_type type_like = {.read = like_read, .print = like_print};
