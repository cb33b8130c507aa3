/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/yaml_problem.h"

#include <string.h>

#include "conf/load/utf8.h"
#include "conf/load/yaml.h"

/* Where a problem is shown, and whether its text names where it began. */
enum shown_at { AT_PROBLEM, AT_START, AT_PROBLEM_WITH_START };

struct wording {
	const char *libyaml;
	const char *ours;
	enum shown_at at;
};

static const char tab_text[] = "a tab cannot indent: use blanks";

static const struct wording wordings[] = {
    {"did not find expected node content", "a value is missing here",
	AT_PROBLEM},
    {"did not find expected ',' or ']'", "',' or ']' is missing; '[' stands at",
	AT_PROBLEM_WITH_START},
    {"did not find expected ',' or '}'", "',' or '}' is missing; '{' stands at",
	AT_PROBLEM_WITH_START},
    {"did not find expected key",
	"this does not fit into the mapping that begins at",
	AT_PROBLEM_WITH_START},
    {"did not find expected '-' indicator",
	"this does not fit into the sequence that begins at",
	AT_PROBLEM_WITH_START},
    {"mapping values are not allowed in this context",
	"':' cannot stand here: check the indentation, or quote the text",
	AT_PROBLEM},
    {"block sequence entries are not allowed in this context",
	"'-' cannot stand here: a sequence begins on a line of its own",
	AT_PROBLEM},
    {"could not find expected ':'", "no ':' follows this key", AT_START},
    {"found unexpected ':'", "':' cannot stand here: quote the text",
	AT_PROBLEM},
    {"found character that cannot start any token",
	"no value begins with this character: quote the text", AT_PROBLEM},
    {"found a tab character that violates indentation", tab_text, AT_PROBLEM},
    {"found a tab character where an indentation space is expected", tab_text,
	AT_PROBLEM},
    {"found unexpected end of stream", "this quote is never closed", AT_START},
    {"found unknown escape character",
	"no such escape; in double quotes a backslash is written twice",
	AT_PROBLEM},
};

static const struct wording *
find_wording(const char *problem)
{
	for (size_t i = 0; i < sizeof(wordings) / sizeof(*wordings); i++)
		if (strcmp(wordings[i].libyaml, problem) == 0)
			return &wordings[i];
	return NULL;
}

static struct place
place_of(const struct yaml_source *source, const yaml_mark_t *mark)
{
	return (struct place){
	    source->file, (unsigned)mark->line + 1, (unsigned)mark->column + 1};
}

static size_t
offset_of(const struct yaml_source *source, const yaml_mark_t *mark)
{
	return utf8_offset(source->text, source->length, mark->index);
}

void
yaml_problem_report(const yaml_parser_t *parser,
    const struct yaml_source *source, struct report *report)
{
	const yaml_mark_t *start = &parser->context_mark;
	struct place place = place_of(source, &parser->problem_mark);
	const char *problem = parser->problem == NULL ? "" : parser->problem;
	const struct wording *wording = find_wording(problem);
	size_t offset = offset_of(source, &parser->problem_mark);

	if (parser->error == YAML_MEMORY_ERROR)
		report_error(report, place, "out of memory");
	else if (wording == NULL)
		report_error(report, place, "bad YAML: %s", problem);
	else if (offset < source->length && source->text[offset] == '\t')
		report_error(report, place, "%s", tab_text);
	else if (wording->at == AT_START)
		report_error(
		    report, place_of(source, start), "%s", wording->ours);
	else if (wording->at == AT_PROBLEM_WITH_START)
		report_error(report, place, "%s %zu:%zu", wording->ours,
		    start->line + 1, start->column + 1);
	else
		report_error(report, place, "%s", wording->ours);
}

/* ---- addresses without quotes ---- */

/* A stretch of the source. */
struct stretch {
	size_t begin;
	size_t end;
};

static bool
is_address_byte(char byte)
{
	return byte != '\0' &&
	       strchr("0123456789abcdefABCDEF:./", byte) != NULL;
}

static char
byte_at(const struct yaml_source *source, size_t offset)
{
	return offset < source->length ? source->text[offset] : '\0';
}

static struct stretch
address_around(const struct yaml_source *source, size_t offset)
{
	struct stretch found = {offset, offset};

	while (
	    found.begin > 0 && is_address_byte(source->text[found.begin - 1]))
		found.begin--;
	while (is_address_byte(byte_at(source, found.end)))
		found.end++;
	return found;
}

static bool
has_colons(const struct yaml_source *source, struct stretch part)
{
	size_t length = part.end - part.begin;
	const char *begin = source->text + part.begin;
	const char *colon = memchr(begin, ':', length);

	return colon != NULL &&
	       memchr(colon + 1, ':', (size_t)(begin + length - colon - 1)) !=
		   NULL;
}

/* [address]:port, of which inside is the address. */
static bool
take_in_port(const struct yaml_source *source, struct stretch *inside)
{
	if (inside->begin == 0 || byte_at(source, inside->begin - 1) != '[' ||
	    byte_at(source, inside->end) != ']' ||
	    byte_at(source, inside->end + 1) != ':')
		return false;
	inside->begin--;
	inside->end = address_around(source, inside->end + 1).end;
	return true;
}

/*
 * libyaml stops at the address itself, or, when it could read that as a
 * sequence of one, at the port behind it.
 */
static bool
find_address(
    const struct yaml_source *source, size_t offset, struct stretch *found)
{
	if (byte_at(source, offset) == ':' && offset > 0 &&
	    source->text[offset - 1] == ']') {
		*found = address_around(source, offset - 1);
		found->end = offset - 1;
		return has_colons(source, *found) &&
		       take_in_port(source, found);
	}
	*found = address_around(source, offset);
	if (!has_colons(source, *found))
		return false;
	take_in_port(source, found);
	return true;
}

/* Characters between the begin of the line and the offset. */
static unsigned
column_of(const struct yaml_source *source, size_t offset)
{
	unsigned column = 0;

	for (; offset > 0 && source->text[offset - 1] != '\n' &&
	       source->text[offset - 1] != '\r';
	     offset--)
		column +=
		    ((unsigned char)source->text[offset - 1] & 0xc0) != 0x80;
	return column;
}

/*
 * The address stands in the line of the problem, or ends the text: there
 * libyaml counts one line more, with nothing in it.
 */
static struct place
place_of_address(const struct yaml_source *source, const yaml_mark_t *problem,
    struct stretch found)
{
	struct place place = place_of(source, problem);

	if (problem->column == 0 && offset_of(source, problem) > found.begin)
		place.line--;
	place.column = column_of(source, found.begin) + 1;
	return place;
}

bool
yaml_problem_heal(const yaml_parser_t *parser, const struct yaml_source *source,
    struct place *place, struct report *report)
{
	size_t offset = offset_of(source, &parser->problem_mark);
	struct stretch found;
	char *begin;
	int length;

	if (!find_address(source, offset, &found))
		return false;
	begin = source->text + found.begin;
	length = (int)(found.end - found.begin);
	*place = place_of_address(source, &parser->problem_mark, found);
	report_error(report, *place,
	    "YAML takes the colons of %.*s for its own: put it in quotes, "
	    "\"%.*s\"",
	    length > 64 ? 64 : length, begin, length > 64 ? 64 : length, begin);
	memset(begin, 'x', found.end - found.begin);
	return true;
}
