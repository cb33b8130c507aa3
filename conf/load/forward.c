/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/policy.h"
#include "conf/load/printer.h"

static const struct {
	const char *name;    /* as HAProxy sends it */
	const char *written; /* as people write it */
} fields[FORWARD_COUNT] = {
    [FORWARD_FOR] = {"x-forwarded-for", "X-Forwarded-For"},
    [FORWARD_PROTO] = {"x-forwarded-proto", "X-Forwarded-Proto"},
    [FORWARD_HOST] = {"x-forwarded-host", "X-Forwarded-Host"},
    [FORWARD_PORT] = {"x-forwarded-port", "X-Forwarded-Port"},
    [FORWARD_PATH] = {"x-forwarded-path", "X-Forwarded-Path"},
    [FORWARD_PREFIX] = {"x-forwarded-prefix", "X-Forwarded-Prefix"},
    [FORWARD_REAL_IP] = {"x-real-ip", "X-Real-IP"},
};

const char *
forward_field_name(enum forward_field field)
{
	return fields[field].name;
}

void
forward_defaults(enum forward_field field, struct forward_settings *forward)
{
	forward->trusted = field == FORWARD_FOR ? FORWARD_APPEND : FORWARD_PASS;
	forward->untrusted = field == FORWARD_FOR ? FORWARD_PEER : FORWARD_OWN;
}

static void
refuse_field(struct loader *loader, const struct node *key)
{
	struct likely likely;
	char hint[LIKELY_HINT_SIZE];
	char shown[SHOWN_SIZE];

	likely_begin(&likely, key->text, &loader->guesses);
	for (enum forward_field f = FORWARD_FOR; f < FORWARD_COUNT; f++)
		likely_offer(&likely, fields[f].written);
	report_error(loader->report, key->place, "forward knows no field %s%s",
	    text_shown(key->text, shown), likely_hint(&likely, hint));
}

/* FORWARD_COUNT, reported, when it is none of them. */
static enum forward_field
find_field(struct loader *loader, const struct node *key)
{
	for (enum forward_field f = FORWARD_FOR; f < FORWARD_COUNT; f++)
		if (view_equal_nocase(
			view_of(key->text), view_of(fields[f].name)))
			return f;
	refuse_field(loader, key);
	return FORWARD_COUNT;
}

static void
check_word(struct loader *loader, const struct node *key,
    enum forward_field field, enum forward_word word)
{
	if (key != NULL && key->value->kind == NODE_SCALAR &&
	    field != FORWARD_FOR &&
	    (word == FORWARD_APPEND || word == FORWARD_PEER))
		report_error(loader->report, key->value->place,
		    "'%s' is for X-Forwarded-For alone", key->value->text);
}

static void
field_read(struct loader *loader, const struct node *key,
    enum forward_field field, struct forward_settings *forward)
{
	struct given given;

	forward_defaults(field, forward);
	forward->given = true;
	if (!object_read(loader, &object_forward, key->value, forward, &given))
		return;
	check_word(
	    loader, given.keys[FORWARD_ROW_TRUSTED], field, forward->trusted);
	check_word(loader, given.keys[FORWARD_ROW_UNTRUSTED], field,
	    forward->untrusted);
}

static void
forward_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct forward_settings *forward = target;
	const struct node *first[FORWARD_COUNT] = {NULL};

	if (value->kind != NODE_MAPPING) {
		refuse_value(loader, row, value);
		return;
	}
	for (const struct node *key = value->child; key != NULL;
	     key = key->next) {
		enum forward_field field;

		if (key->kind != NODE_SCALAR || key->duplicate)
			continue;
		field = find_field(loader, key);
		if (field == FORWARD_COUNT)
			continue;
		if (first[field] != NULL)
			report_error(loader->report, key->place,
			    "'%s' is written twice; first at %u:%u", key->text,
			    first[field]->place.line,
			    first[field]->place.column);
		first[field] = key;
		field_read(loader, key, field, &forward[field]);
	}
}

static void
field_print(struct printer *printer, enum forward_field field,
    const struct forward_settings *forward)
{
	print_key(printer, fields[field].written);
	fputc('\n', printer->stream);
	printer->depth++;
	print_object(printer, &object_forward, forward);
	printer->depth--;
}

static void
forward_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct forward_settings *forward = target;
	bool given = false;

	for (enum forward_field f = FORWARD_FOR; f < FORWARD_COUNT; f++)
		given |= forward[f].given;
	print_key(printer, row->name);
	fputs(given ? "\n" : " {}\n", printer->stream);
	printer->depth++;
	for (enum forward_field f = FORWARD_FOR; f < FORWARD_COUNT; f++)
		if (forward[f].given)
			field_print(printer, f, &forward[f]);
	printer->depth--;
}

const struct schema_type type_forward = {
    .read = forward_read, .print = forward_print};
