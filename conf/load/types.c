/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "conf/load/loader.h"
#include "conf/load/printer.h"
#include "conf/load/text.h"

_Static_assert(
    sizeof(enum word) == sizeof(unsigned), "words are stored through unsigned");

void
refuse_value(struct loader *loader, const struct schema_row *row,
    const struct node *value)
{
	char shown[SHOWN_SIZE];
	char values[VALUES_SIZE];

	if (value->kind == NODE_BAD)
		return;
	schema_values(row, values);
	if (node_is_empty(value))
		report_error(loader->report, value->place,
		    "'%s' needs a value: %s", row->name, values);
	else
		report_error(loader->report, value->place,
		    "'%s' takes %s, not %s", row->name, values,
		    node_shown(value, shown));
}

/* ---- words ---- */

/* "a, b or c" */
static void
words_join(const struct schema_word *words, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (; words->text != NULL && used < size; words++) {
		const char *between = ", ";

		if (words[1].text == NULL)
			between = " or ";
		used += (size_t)snprintf(text + used, size - used, "%s%s",
		    used == 0 ? "" : between, words->text);
	}
}

const char *
word_text(const struct schema_word *words, unsigned value)
{
	for (; words->text != NULL; words++)
		if (words->value == value)
			return words->text;
	return "";
}

static void
refuse_word(struct loader *loader, const struct schema_row *row,
    const struct node *value)
{
	struct likely likely;
	char hint[LIKELY_HINT_SIZE];
	char shown[SHOWN_SIZE];
	char values[VALUES_SIZE];

	likely_begin(&likely, value->text, &loader->guesses);
	for (const struct schema_word *word = row->words; word->text != NULL;
	     word++)
		likely_offer(&likely, word->text);
	report_error(loader->report, value->place, "'%s' takes %s, not %s%s",
	    row->name, schema_values(row, values),
	    text_shown(value->text, shown), likely_hint(&likely, hint));
}

static void
word_values(const struct schema_row *row, char *text, size_t size)
{
	words_join(row->words, text, size);
}

static void
word_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	const struct schema_word *word = row->words;

	if (value->kind != NODE_SCALAR || node_is_empty(value)) {
		refuse_value(loader, row, value);
		return;
	}
	while (word->text != NULL && !node_is(value, word->text))
		word++;
	if (word->text == NULL)
		refuse_word(loader, row, value);
	else if (row->size == sizeof(bool))
		*(bool *)target = word->value != 0;
	else
		*(unsigned *)target = word->value;
}

static void
word_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	unsigned value = row->size == sizeof(bool) ? *(const bool *)target
						   : *(const unsigned *)target;

	print_plain(printer, row->name, word_text(row->words, value));
}

const struct schema_type type_word = {word_read, word_print, word_values, true};

/* ---- numbers, sizes, durations ---- */

struct unit {
	const char *text;
	unsigned factor;
};

/* Largest first: what is printed takes the first that fits. */
static const struct unit no_units[] = {{"", 1}, {NULL, 0}};
static const struct unit size_units[] = {
    {"g", 1U << 30}, {"m", 1U << 20}, {"k", 1U << 10}, {"", 1}, {NULL, 0}};
static const struct unit time_units[] = {{"d", 86400000}, {"h", 3600000},
    {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0}};

/* One number and one unit, in the row's range. */
static void
quantity_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, const struct unit *units, unsigned *target)
{
	const char *text = value->text;
	size_t digits;
	uint64_t number;

	if (value->kind != NODE_SCALAR) {
		refuse_value(loader, row, value);
		return;
	}
	digits = strspn(text, "0123456789");
	for (; units->text != NULL; units++)
		if (strcmp(text + digits, units->text) == 0)
			break;
	/* A number in quotes is a text. */
	if (units->text == NULL || (!value->plain && units->text[0] == '\0') ||
	    !text_number(text, digits, row->max, &number) ||
	    number * units->factor > row->max ||
	    number * units->factor < row->min)
		refuse_value(loader, row, value);
	else
		*target = (unsigned)(number * units->factor);
}

static void
quantity_text(unsigned value, const struct unit *units, char *text, size_t size)
{
	while (value == 0 ? units->factor > 1000 : value % units->factor != 0)
		units++;
	snprintf(text, size, "%u%s", value / units->factor, units->text);
}

static void
quantity_print(struct printer *printer, const struct schema_row *row,
    unsigned value, const struct unit *units)
{
	char text[32];

	quantity_text(value, units, text, sizeof(text));
	print_plain(printer, row->name, text);
}

static void
quantity_values(const struct schema_row *row, const struct unit *units,
    const char *what, char *text, size_t size)
{
	char min[32], max[32];

	quantity_text(row->min, units, min, sizeof(min));
	quantity_text(row->max, units, max, sizeof(max));
	snprintf(text, size, "%s from %s to %s", what, min, max);
}

static void
number_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	quantity_read(loader, row, value, no_units, target);
}

static void
number_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	quantity_print(printer, row, *(const unsigned *)target, no_units);
}

static void
number_values(const struct schema_row *row, char *text, size_t size)
{
	quantity_values(row, no_units, "a number", text, size);
}

const struct schema_type type_number = {
    number_read, number_print, number_values, true};

static void
size_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	quantity_read(loader, row, value, size_units, target);
}

static void
size_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	quantity_print(printer, row, *(const unsigned *)target, size_units);
}

static void
size_values(const struct schema_row *row, char *text, size_t size)
{
	quantity_values(row, size_units, "a size", text, size);
}

const struct schema_type type_size = {size_read, size_print, size_values, true};

static void
duration_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	quantity_read(loader, row, value, time_units, target);
}

static void
duration_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	quantity_print(printer, row, *(const unsigned *)target, time_units);
}

static void
duration_values(const struct schema_row *row, char *text, size_t size)
{
	quantity_values(row, time_units, "a time with its unit,", text, size);
}

const struct schema_type type_duration = {
    duration_read, duration_print, duration_values, true};

/* ---- booleans ---- */

static void
boolean_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	if (value->plain && node_is(value, "true"))
		*(bool *)target = true;
	else if (value->plain && node_is(value, "false"))
		*(bool *)target = false;
	else
		refuse_value(loader, row, value);
}

static void
boolean_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	print_plain(
	    printer, row->name, *(const bool *)target ? "true" : "false");
}

static void
boolean_values(const struct schema_row *row, char *text, size_t size)
{
	(void)row;
	snprintf(text, size, "true or false");
}

const struct schema_type type_boolean = {
    boolean_read, boolean_print, boolean_values, true};

/* ---- not built yet ---- */

static void
unbuilt_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	/* The key was refused; what its value means is not known. */
	(void)loader;
	(void)row;
	(void)value;
	(void)target;
}

const struct schema_type type_unbuilt = {.read = unbuilt_read};
