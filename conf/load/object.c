/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "conf/load/loader.h"
#include "conf/load/printer.h"

const char *
schema_values(const struct schema_row *row, char text[VALUES_SIZE])
{
	text[0] = '\0';
	if (row->values != NULL)
		snprintf(text, VALUES_SIZE, "%s", row->values);
	else if (row->type->values != NULL)
		row->type->values(row, text, VALUES_SIZE);
	return text;
}

bool
schema_is_built(const struct schema_row *row)
{
	return row->type != &type_unbuilt;
}

static void *
member(const struct schema_row *row, void *target)
{
	return (char *)target + row->offset;
}

void
object_defaults(
    struct loader *loader, const struct schema_object *object, void *target)
{
	for (size_t i = 0; i < object->count; i++) {
		const struct schema_row *row = &object->rows[i];
		struct node value = {
		    .kind = NODE_SCALAR, .plain = true, .text = row->default_};

		if (row->default_ == NULL || !row->type->has_default)
			continue;
		value.length = strlen(row->default_);
		row->type->read(loader, row, &value, member(row, target));
	}
}

static const struct schema_row *
find_row(struct loader *loader, const struct schema_object *object,
    const struct node *key)
{
	struct likely likely;
	char hint[LIKELY_HINT_SIZE];
	char shown[SHOWN_SIZE];

	for (size_t i = 0; i < object->count; i++)
		if (node_is(key, object->rows[i].name))
			return &object->rows[i];
	likely_begin(&likely, key->text, &loader->guesses);
	for (size_t i = 0; i < object->count; i++)
		likely_offer(&likely, object->rows[i].name);
	report_error(loader->report, key->place, "unknown key %s in %s%s",
	    text_shown(key->text, shown), object->name,
	    likely_hint(&likely, hint));
	return NULL;
}

static void
scan_key(struct loader *loader, const struct schema_object *object,
    const struct node *key, struct given *given)
{
	const struct schema_row *row = find_row(loader, object, key);

	if (row == NULL)
		return;
	given->keys[row - object->rows] = key;
	if (!schema_is_built(row))
		report_error(loader->report, key->place,
		    "'%s' is not built yet", row->name);
}

bool
object_scan(struct loader *loader, const struct schema_object *object,
    const struct node *value, struct given *given)
{
	char shown[SHOWN_SIZE];

	*given = (struct given){.keys = {NULL}};
	if (value->kind != NODE_MAPPING) {
		if (value->kind != NODE_BAD)
			report_error(loader->report, value->place,
			    "%s: keys and values belong here, not %s",
			    object->name, node_shown(value, shown));
		return false;
	}
	for (const struct node *key = value->child; key != NULL;
	     key = key->next)
		if (key->kind == NODE_SCALAR && !key->duplicate)
			scan_key(loader, object, key, given);
	return true;
}

bool
object_read(struct loader *loader, const struct schema_object *object,
    const struct node *value, void *target, struct given *given)
{
	if (!object_scan(loader, object, value, given))
		return false;
	for (size_t i = 0; i < object->count; i++) {
		const struct schema_row *row = &object->rows[i];
		const struct node *key = given->keys[i];

		if (key != NULL)
			row->type->read(
			    loader, row, key->value, member(row, target));
		else if ((row->flags & ROW_REQUIRED) != 0)
			report_error(loader->report, value->place,
			    "the key '%s' is missing", row->name);
	}
	return true;
}

void
print_object(struct printer *printer, const struct schema_object *object,
    const void *target)
{
	for (size_t i = 0; i < object->count; i++) {
		const struct schema_row *row = &object->rows[i];

		if (row->type->print != NULL)
			row->type->print(
			    printer, row, (const char *)target + row->offset);
	}
}
