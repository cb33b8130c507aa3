/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "conf/load/schema.h"

enum { LINE_MAX_BYTES = 78 };

static void
print_word(FILE *stream, const char *word, size_t length, bool line_start)
{
	/* A dot or a quote would make a request of the line. */
	if (line_start && (*word == '.' || *word == '\''))
		fputs("\\&", stream);
	for (; length > 0; length--, word++)
		if (*word == '\\')
			fputs("\\e", stream);
		else
			fputc(*word, stream);
}

/* Each sentence begins a line, as mdoc wants it, and no line is long. */
static void
print_prose(FILE *stream, const char *text)
{
	size_t used = 0;

	while (*text != '\0') {
		size_t length = strcspn(text, " ");

		if (used > 0 && used + 1 + length > LINE_MAX_BYTES) {
			fputc('\n', stream);
			used = 0;
		}
		if (used > 0)
			fputc(' ', stream);
		print_word(stream, text, length, used == 0);
		used += length + 1;
		if (text[length - 1] == '.') {
			fputc('\n', stream);
			used = 0;
		}
		text += length;
		text += strspn(text, " ");
	}
	if (used > 0)
		fputc('\n', stream);
}

static void
print_row(FILE *stream, const struct schema_row *row)
{
	char values[VALUES_SIZE];
	char line[2 * VALUES_SIZE];

	fprintf(stream, ".It Cm %s\n", row->name);
	print_prose(stream, row->about);
	if (!schema_is_built(row)) {
		fputs("Not built yet: refused.\n", stream);
		return;
	}
	schema_values(row, values);
	if (row->default_ != NULL)
		snprintf(line, sizeof(line), "Takes %s; the default is %s.",
		    values, row->default_);
	else
		snprintf(line, sizeof(line), "Takes %s.", values);
	print_prose(stream, line);
}

void
schema_print_manual(FILE *stream)
{
	for (size_t i = 0; i < schema_object_count; i++) {
		const struct schema_object *object = schema_objects[i];

		fprintf(stream, ".Ss %c%s\n",
		    object->name[0] >= 'a' ? object->name[0] - 'a' + 'A'
					   : object->name[0],
		    object->name + 1);
		print_prose(stream, object->about);
		fputs(".Bl -tag -width Ds\n", stream);
		for (size_t k = 0; k < object->count; k++)
			print_row(stream, &object->rows[k]);
		fputs(".El\n", stream);
	}
}
