/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/text/forwarded.h"

#include <stdint.h>

#include "proto/text/scan.h"

enum { PAIRS_MAX = 64 };

/* What a byte can be in an element; the digits of byte_classes. */
enum byte_class {
	CONTROL,
	BLANK,
	SEMICOLON,
	EQUALS,
	QUOTE,
	BACKSLASH,
	TOKEN,
	NODE,   /* ":[]": in unquoted values, beside token */
	QUOTED, /* in quoted strings alone; the comma is here */
	OPAQUE, /* 0x80-0xff: in quoted strings, never behind a backslash */
	CLASS_COUNT,
};

/* Sixteen bytes a row, from 0x00 on. */
static const char byte_classes[] = "0000000001000000"
				   "0000000000000000"
				   "1646666688668668"
				   "6666666666728388"
				   "8666666666666666"
				   "6666666666675766"
				   "6666666666666666"
				   "6666666666686860"
				   "9999999999999999"
				   "9999999999999999"
				   "9999999999999999"
				   "9999999999999999"
				   "9999999999999999"
				   "9999999999999999"
				   "9999999999999999"
				   "9999999999999999";

static inline enum byte_class
class_of(char byte)
{
	return (enum byte_class)(byte_classes[(unsigned char)byte] - '0');
}

struct pair {
	struct view name;
	struct view value;
	uint32_t hash; /* of the name, case folded */
};

/* The names of one element, to find one that stands twice. */
struct names {
	unsigned count;
	uint32_t hash[PAIRS_MAX];
	struct view name[PAIRS_MAX];
};

static const char *
skip_blanks(const char *at, const char *end)
{
	while (at < end && class_of(*at) == BLANK)
		at++;
	return at;
}

/* From behind the opening quote to behind the closing one. */
static const char *
skip_quoted(const char *at, const char *end)
{
	while (at < end) {
		enum byte_class class = class_of(*at++);

		if (class == QUOTE)
			return at;
		if (class == BACKSLASH) {
			if (at == end || class_of(*at) == OPAQUE)
				return NULL;
			class = class_of(*at++);
		}
		if (class == CONTROL)
			return NULL;
	}
	return NULL;
}

static const char *
skip_value(const char *at, const char *end)
{
	const char *start = at;

	if (at < end && *at == '"')
		return skip_quoted(at + 1, end);
	while (at < end && (class_of(*at) == TOKEN || class_of(*at) == NODE))
		at++;
	return at > start ? at : NULL;
}

/* token=value; gives where it ends, NULL when there is none. */
static const char *
read_pair(const char *at, const char *end, struct pair *pair)
{
	const char *start = at;

	pair->hash = 2166136261;
	for (; at < end && class_of(*at) == TOKEN; at++)
		pair->hash =
		    (pair->hash ^ ascii_lower((unsigned char)*at)) * 16777619;
	pair->name = view_between(start, at);
	if (at == start || at == end || *at++ != '=')
		return NULL;
	start = at;
	at = skip_value(at, end);
	if (at != NULL)
		pair->value = view_between(start, at);
	return at;
}

/*
 * The hash spares comparing names byte by byte: a client may send 64 long ones
 * that differ in their last byte alone.
 */
static bool
note_name(struct names *names, const struct pair *pair)
{
	for (unsigned i = 0; i < names->count; i++)
		if (names->hash[i] == pair->hash &&
		    view_equal_nocase(names->name[i], pair->name))
			return false;
	if (names->count == PAIRS_MAX)
		return false;
	names->hash[names->count] = pair->hash;
	names->name[names->count++] = pair->name;
	return true;
}

static void
note_value(struct forwarded_element *element, const struct pair *pair)
{
	const struct {
		struct view name;
		struct view *value;
	} known[] = {
	    {VIEW("for"), &element->node},
	    {VIEW("by"), &element->by},
	    {VIEW("host"), &element->host},
	    {VIEW("proto"), &element->proto},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (view_equal_nocase(known[i].name, pair->name))
			*known[i].value = pair->value;
}

bool
forwarded_element_parse(struct view text, struct forwarded_element *element)
{
	struct forwarded_element found = {.by = {NULL, 0}};
	struct names names;
	struct pair pair;
	const char *at = text.data;
	const char *end = text.length > 0 ? at + text.length : at;

	names.count = 0;
	for (;; at++) {
		at = skip_blanks(at, end);
		if (at < end && *at != ';') {
			at = read_pair(at, end, &pair);
			if (at == NULL || !note_name(&names, &pair))
				return false;
			note_value(&found, &pair);
			at = skip_blanks(at, end);
		}
		if (at == end)
			break;
		if (*at != ';')
			return false;
	}
	if (element != NULL)
		*element = found;
	return true;
}

/*
 * The states of an automaton that reads an element backwards, each byte once,
 * so that a search costs the same whatever a client wrote. It accepts what
 * forwarded_element_parse accepts, but for what that says of names standing
 * twice and of too many pairs.
 *
 * Quotes tell themselves apart. The first one met from the right closes a
 * string, since outside of strings there are none. Inside, a quote with "=" on
 * its left opens the string, one with an odd number of backslashes on its left
 * is part of it, and there is no other. The closing quote, and bytes from 0x80
 * on, have an even number of backslashes on their left.
 *
 * A text that starts inside a quoted string of a valid element is no valid
 * element: each quote that closes a string of the one opens a string of the
 * other, and in the end one of the two is left open. So where a shorter text is
 * valid no longer one is, and the search may stop at the first.
 */
enum state {
	REJECTED,
	GAP,       /* right of a pair: the end, a semicolon, blanks */
	VALUE,     /* in an unquoted value */
	ASSIGNED,  /* "=" was read, a name has to be next */
	NAME,      /* in a name */
	MARGIN,    /* in the blanks left of a name */
	STRING,    /* in a string; the byte read may be escaped or not */
	FIXED,     /* the byte read is not escaped: even backslashes so far */
	FIXED_ODD, /* the same, but odd: one more has to be next */
	INNER,     /* a quote was read that opens the string or is escaped */
	ESCAPED,   /* left of an escaped quote, odd backslashes so far */
	UNESCAPED, /* the same, but even: one more has to be next */
	STATE_COUNT,
};

#define INSIDE                                                                 \
	[BLANK] = STRING, [SEMICOLON] = STRING, [EQUALS] = STRING,             \
	[QUOTE] = INNER, [TOKEN] = STRING, [NODE] = STRING, [QUOTED] = STRING, \
	[OPAQUE] = FIXED

static const uint8_t next_state[STATE_COUNT][CLASS_COUNT] = {
    [GAP] = {[BLANK] = GAP,
	[SEMICOLON] = GAP,
	[QUOTE] = FIXED,
	[TOKEN] = VALUE,
	[NODE] = VALUE},
    [VALUE] = {[EQUALS] = ASSIGNED, [TOKEN] = VALUE, [NODE] = VALUE},
    [ASSIGNED] = {[TOKEN] = NAME},
    [NAME] = {[BLANK] = MARGIN, [SEMICOLON] = GAP, [TOKEN] = NAME},
    [MARGIN] = {[BLANK] = MARGIN, [SEMICOLON] = GAP},
    [STRING] = {INSIDE, [BACKSLASH] = STRING},
    [FIXED] = {INSIDE, [BACKSLASH] = FIXED_ODD},
    [FIXED_ODD] = {[BACKSLASH] = FIXED},
    [INNER] = {[EQUALS] = ASSIGNED, [BACKSLASH] = ESCAPED},
    [ESCAPED] = {INSIDE, [BACKSLASH] = UNESCAPED},
    [UNESCAPED] = {[BACKSLASH] = ESCAPED},
};

/* May the element begin here? */
static inline bool
may_begin(unsigned state)
{
	return state == GAP || state == NAME || state == MARGIN;
}

bool
forwarded_last(struct view line, struct view *element)
{
	const char *begin = line.data;
	const char *end = line.length > 0 ? begin + line.length : begin;
	const char *at = end;
	unsigned state = GAP;
	unsigned commas = 0;

	while (at > begin && !(at[-1] == ',' && may_begin(state))) {
		if (at[-1] == ',' && ++commas > FORWARDED_COMMAS_MAX)
			return false;
		if (end - at == FORWARDED_ELEMENT_MAX)
			return false;
		state = next_state[state][class_of(*--at)];
		if (state == REJECTED)
			return false;
	}
	if (!may_begin(state))
		return false;
	*element = view_between(at, end);
	return true;
}

size_t
forwarded_value_unescape(struct view value, char *text, size_t size)
{
	size_t length = 0;
	size_t end = value.length;
	size_t at = 0;

	if (end >= 2 && value.data[0] == '"') {
		at++;
		end--;
	}
	for (; at < end; at++) {
		if (value.data[at] == '\\' && at + 1 < end)
			at++;
		if (length == size)
			return size + 1;
		text[length++] = value.data[at];
	}
	return length;
}
