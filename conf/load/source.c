/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "conf/load/policy.h"
#include "conf/load/printer.h"
#include "conf/load/set.h"
#include "conf/load/text.h"

/* ---- names of headers and arguments ---- */

static void
name_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, struct source_settings *source)
{
	char shown[SHOWN_SIZE];

	if (value->kind != NODE_SCALAR || node_is_empty(value)) {
		refuse_value(loader, row, value);
		return;
	}
	if (!text_is_token(value->text)) {
		report_error(loader->report, value->place,
		    "%s: a name is at most %d letters, digits and marks such "
		    "as '-'",
		    text_shown(value->text, shown), FIELD_NAME_MAX);
		return;
	}
	source->written = arena_text(loader->arena, value->text, value->length);
	source->name = text_lower(loader->arena, value->text);
}

static void
header_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct source_settings *source = target;

	source->kind = SOURCE_HEADER;
	name_read(loader, row, value, source);
}

/* Arguments that have a meaning of their own, besides h.NAME. */
static bool
is_reserved(const char *name)
{
	static const char *const reserved[] = {"peer", "src", "proxied",
	    "headers", "policy", "scheme", "host", "port", "path", "prefix"};

	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		if (strcmp(name, reserved[i]) == 0)
			return true;
	return strncmp(name, "h.", 2) == 0;
}

static void
argument_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct source_settings *source = target;
	char shown[SHOWN_SIZE];

	source->kind = SOURCE_ARGUMENT;
	name_read(loader, row, value, source);
	if (source->name != NULL && is_reserved(source->name))
		report_error(loader->report, value->place,
		    "the argument %s has a meaning of its own",
		    text_shown(value->text, shown));
}

static void
header_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct source_settings *source = target;

	if (source->kind == SOURCE_HEADER)
		print_string(printer, row->name, source->written);
}

static void
argument_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct source_settings *source = target;

	if (source->kind == SOURCE_ARGUMENT)
		print_string(printer, row->name, source->written);
}

const struct schema_type type_header = {
    .read = header_read, .print = header_print};
const struct schema_type type_argument = {
    .read = argument_read, .print = argument_print};

/* ---- what depends on the header ---- */

static enum source_format
usual_format(const struct source_settings *source)
{
	static const char *const single[] = {"x-real-ip", "cf-connecting-ip",
	    "cf-connecting-ipv6", "true-client-ip", "fastly-client-ip",
	    "x-azure-clientip", "x-azure-socketip", "x-client-ip", "client-ip",
	    "x-cluster-client-ip", "x-envoy-external-address",
	    "x-appengine-user-ip", "fly-client-ip", "do-connecting-ip"};

	if (source->kind != SOURCE_HEADER || source->name == NULL)
		return FORMAT_LIST;
	if (strcmp(source->name, "forwarded") == 0)
		return FORMAT_FORWARDED;
	if (strcmp(source->name, "cloudfront-viewer-address") == 0)
		return FORMAT_ADDR_PORT;
	for (size_t i = 0; i < sizeof(single) / sizeof(*single); i++)
		if (strcmp(source->name, single[i]) == 0)
			return FORMAT_SINGLE;
	return FORMAT_LIST;
}

/* Where the source comes from: one of three. */
static void
settle_kind(struct loader *loader, const struct node *value,
    const struct given *given, struct source_settings *source)
{
	const struct node *header = given->keys[SOURCE_ROW_HEADER];
	const struct node *argument = given->keys[SOURCE_ROW_ARGUMENT];
	bool proxy = given->keys[SOURCE_ROW_FORMAT] != NULL &&
		     source->format == FORMAT_PROXY;

	if (header != NULL && argument != NULL)
		report_error(loader->report, argument->place,
		    "a source is a header or an argument, not both");
	else if (proxy && (header != NULL || argument != NULL))
		report_error(loader->report,
		    (header != NULL ? header : argument)->place,
		    "format proxy reads the PROXY header alone: no name here");
	else if (!proxy && header == NULL && argument == NULL)
		report_error(loader->report, value->place,
		    "a source needs one of 'header', 'argument' and 'format: "
		    "proxy'");
	if (proxy)
		source->kind = SOURCE_PROXY;
}

static void
settle(struct loader *loader, const struct node *value,
    const struct given *given, struct source_settings *source)
{
	settle_kind(loader, value, given, source);
	if (given->keys[SOURCE_ROW_FORMAT] == NULL)
		source->format = usual_format(source);
	if (given->keys[SOURCE_ROW_LINES] == NULL)
		source->lines = source->format == FORMAT_SINGLE ||
					source->format == FORMAT_ADDR_PORT
				    ? LINES_ONE
				    : LINES_JOIN;
}

/* ---- keys that another way of picking never asks ---- */

static bool
is_idle(const struct source_settings *source, enum source_row row)
{
	bool walk = source->pick == PICK_WALK;
	bool hops = source->pick == PICK_HOPS;

	switch (row) {
	case SOURCE_ROW_TRUST:
		return !walk;
	case SOURCE_ROW_EXTERNAL:
		return !walk && !set_is_empty(&source->external);
	case SOURCE_ROW_LIMIT:
		return !walk && source->limit != 32;
	case SOURCE_ROW_ALL_TRUSTED:
		return !walk && source->all_trusted != WORD_LEFTMOST;
	case SOURCE_ROW_HOPS:
		return !hops && source->hops != 1;
	case SOURCE_ROW_VERIFY:
		return !hops && !set_is_empty(&source->verify);
	case SOURCE_ROW_SHORT:
		return !hops && source->short_ != WORD_NEXT;
	case SOURCE_ROW_SKIP:
		return source->pick != PICK_LEFTMOST &&
		       !set_is_empty(&source->skip);
	case SOURCE_ROW_HEADER:
	case SOURCE_ROW_ARGUMENT:
	case SOURCE_ROW_FORMAT:
	case SOURCE_ROW_LINES:
	case SOURCE_ROW_PICK:
	case SOURCE_ROW_FROM:
	case SOURCE_ROW_ON_INVALID:
	case SOURCE_ROW_ON_EMPTY:
		break;
	}
	return false;
}

static void
warn_of_idle_keys(struct loader *loader, const struct given *given,
    const struct source_settings *source)
{
	for (enum source_row row = SOURCE_ROW_HEADER; row <= SOURCE_ROW_SHORT;
	     row++) {
		const struct node *key = given->keys[row];

		if (key != NULL && is_idle(source, row))
			report_warning(loader->report, key->place,
			    "'%s' means nothing with pick: %s", key->text,
			    word_text(object_source.rows[SOURCE_ROW_PICK].words,
				source->pick));
	}
}

static void
warn(struct loader *loader, const struct given *given,
    const struct source_settings *source)
{
	const struct node *pick = given->keys[SOURCE_ROW_PICK];

	if (source->pick == PICK_LEFTMOST)
		report_warning(loader->report, pick->place,
		    "the leftmost entry is what the client wrote: anybody can "
		    "say anything there");
	if (source->pick == PICK_HOPS && source->hops > 0 &&
	    set_is_empty(&source->verify))
		report_warning(loader->report, pick->place,
		    "a count without 'verify' believes whoever leaves a hop "
		    "out; the answer is not proven");
	if (set_has_any(&source->from))
		report_warning(loader->report, source->from.place,
		    "'any' vouches for nobody: the answer is not proven");
	if (source->from.given && set_is_empty(&source->from))
		report_warning(loader->report, source->from.place,
		    "an empty 'from' is never met: this source never answers");
	if (set_has_any(&source->verify))
		report_warning(loader->report, source->verify.place,
		    "'any' verifies nothing: the answer is not proven");
	warn_of_idle_keys(loader, given, source);
}

/* ---- sources ---- */

static void
source_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct source_settings *source = target;
	struct given given;

	(void)row;
	*source = (struct source_settings){.place = value->place};
	object_defaults(loader, &object_source, source);
	if (!object_read(loader, &object_source, value, source, &given))
		return;
	settle(loader, value, &given, source);
	warn(loader, &given, source);
}

static void
source_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	print_key(printer, row->name);
	fputc('\n', printer->stream);
	printer->depth++;
	print_object(printer, &object_source, target);
	printer->depth--;
}

const struct schema_type type_source = {
    .read = source_read, .print = source_print};

/* A sequence of up to max items; false, reported, for anything else. */
static bool
is_sequence(struct loader *loader, const struct schema_row *row,
    const struct node *value, size_t max)
{
	if (value->kind != NODE_SEQUENCE) {
		refuse_value(loader, row, value);
		return false;
	}
	if (value->count > max) {
		report_error(loader->report, value->place,
		    "'%s' holds at most %zu, not %zu", row->name, max,
		    value->count);
		return false;
	}
	return true;
}

static void
sources_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct policy_settings *policy = target;
	struct source_settings *sources;

	if (!is_sequence(loader, row, value, SOURCES_MAX))
		return;
	sources = arena_alloc(loader->arena, value->count, sizeof(*sources));
	policy->sources = sources;
	policy->source_count = 0;
	if (sources == NULL)
		return;
	for (const struct node *item = value->child; item != NULL;
	     item = item->next)
		source_read(
		    loader, row, item, &sources[policy->source_count++]);
}

static void
sources_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct policy_settings *policy = target;

	print_items(printer, row->name, &object_source, policy->sources,
	    policy->source_count, sizeof(*policy->sources));
}

const struct schema_type type_sources = {
    .read = sources_read, .print = sources_print};

/* ---- conflicts ---- */

static void
conflict_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct policy_settings *policy = target;
	struct conflict_settings *conflicts;
	struct given given;

	if (!is_sequence(loader, row, value, SOURCES_MAX))
		return;
	conflicts =
	    arena_alloc(loader->arena, value->count, sizeof(*conflicts));
	policy->conflicts = conflicts;
	policy->conflict_count = 0;
	if (conflicts == NULL)
		return;
	for (const struct node *item = value->child; item != NULL;
	     item = item->next) {
		struct conflict_settings *conflict =
		    &conflicts[policy->conflict_count++];

		conflict->place = item->place;
		object_defaults(loader, &object_conflict, conflict);
		object_read(loader, &object_conflict, item, conflict, &given);
	}
}

static void
conflict_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct policy_settings *policy = target;

	print_items(printer, row->name, &object_conflict, policy->conflicts,
	    policy->conflict_count, sizeof(*policy->conflicts));
}

const struct schema_type type_conflict = {
    .read = conflict_read, .print = conflict_print};
