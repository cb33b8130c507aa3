/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "conf/load/utf8.h"
#include "conf/load/yaml_problem.h"

/*
 * libyaml's events become nodes on an explicit stack. The document API of
 * libyaml would build the tree too, but its scanner takes quadratic time over
 * deep nesting before anybody could object; events can be refused one by one.
 *
 * Invariants: frames[0 … depth - 1] are the open collections, outermost first.
 * tail is where the next item or key is hooked in. In a mapping, key is the
 * key that waits for its value, or NULL.
 */
struct frame {
	struct node *node;
	struct node **tail;
	struct node *key;
};

enum { HEALS_MAX = 16, SORTED_ON_STACK = 32 };

struct builder {
	struct arena *arena;
	struct report *report;
	const char *file;
	const struct place *healed; /* addresses without quotes */
	unsigned heal_count;
	struct frame frames[YAML_DEPTH_MAX];
	unsigned depth;
	size_t nodes;
	unsigned documents;
	struct node *root;
	bool given_up;
};

static struct place
event_place(const struct builder *builder, const yaml_event_t *event)
{
	return (struct place){builder->file,
	    (unsigned)event->start_mark.line + 1,
	    (unsigned)event->start_mark.column + 1};
}

static void
give_up(struct builder *builder, struct place place, const char *why)
{
	report_error(builder->report, place, "%s", why);
	builder->given_up = true;
}

/* ---- nodes ---- */

static bool
is_merge_key(const struct node *node)
{
	return node->plain && node_is(node, "<<");
}

/* A key is one word; what else stands in its place is no key at all. */
static void
check_key(struct builder *builder, struct node *node)
{
	const char *problem = NULL;

	if (node->kind == NODE_BAD)
		return;
	if (node->kind != NODE_SCALAR)
		problem = "a key is a word, not a sequence or a mapping";
	else if (is_merge_key(node))
		problem = "merge keys are not taken: write the keys out";
	else if (node->length == 0)
		problem = "a key is missing";
	if (problem == NULL)
		return;
	report_error(builder->report, node->place, "%s", problem);
	node->kind = NODE_BAD;
}

static struct frame *
innermost(struct builder *builder)
{
	if (builder->depth == 0)
		return NULL;
	return &builder->frames[builder->depth - 1];
}

/* Hooks a node in where the document has come to. */
static void
attach(struct builder *builder, struct node *node)
{
	struct frame *frame = innermost(builder);

	if (frame == NULL) {
		builder->root = node;
	} else if (frame->key != NULL) {
		frame->key->value = node;
		frame->key = NULL;
	} else {
		*frame->tail = node;
		frame->tail = &node->next;
		frame->node->count++;
		if (frame->node->kind == NODE_MAPPING)
			frame->key = node;
	}
}

static bool
is_key(struct builder *builder)
{
	const struct frame *frame = innermost(builder);

	return frame != NULL && frame->node->kind == NODE_MAPPING &&
	       frame->key == NULL;
}

static struct node *
add_node(
    struct builder *builder, const yaml_event_t *event, enum node_kind kind)
{
	struct node *node = arena_alloc(builder->arena, 1, sizeof(*node));
	struct place place = event_place(builder, event);

	if (node == NULL) {
		give_up(builder, place, "out of memory");
		return NULL;
	}
	if (++builder->nodes > YAML_NODES_MAX) {
		give_up(builder, place, "more than 200000 nodes in one file");
		return NULL;
	}
	node->kind = kind;
	node->place = place;
	return node;
}

/* Anchors and tags change nothing here, so the node itself can stay. */
static void
refuse_properties(struct builder *builder, const yaml_event_t *event,
    const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct place place = event_place(builder, event);

	if (anchor != NULL)
		report_error(builder->report, place,
		    "anchors are not taken: write the value out");
	if (tag != NULL)
		report_error(builder->report, place,
		    "tags are not taken: every key knows its type");
}

/* ---- events ---- */

static void
on_document_start(struct builder *builder, const yaml_event_t *event)
{
	struct place place = event_place(builder, event);

	if (++builder->documents > 1)
		give_up(builder, place, "a second document: one file is one");
	if (event->data.document_start.tag_directives.start !=
	    event->data.document_start.tag_directives.end)
		report_error(builder->report, place, "tags are not taken");
}

static void
on_alias(struct builder *builder, const yaml_event_t *event)
{
	struct node *node = add_node(builder, event, NODE_BAD);

	if (node == NULL)
		return;
	report_error(builder->report, node->place,
	    "aliases are not taken: write the value out");
	attach(builder, node);
}

static bool
was_healed(const struct builder *builder, const struct place *place)
{
	for (unsigned i = 0; i < builder->heal_count; i++)
		if (builder->healed[i].line == place->line &&
		    builder->healed[i].column == place->column)
			return true;
	return false;
}

static void
fill_scalar(
    struct builder *builder, struct node *node, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	struct utf8_fault fault;

	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->length = event->data.scalar.length;
	node->text = arena_text(builder->arena, text, node->length);
	if (node->text == NULL) {
		node->kind = NODE_BAD;
		give_up(builder, node->place, "out of memory");
	} else if (was_healed(builder, &node->place)) {
		node->kind = NODE_BAD;
	} else if (!utf8_check(text, node->length, &fault)) {
		report_error(builder->report, node->place,
		    "the character U+%04X cannot stand in a value",
		    (unsigned)fault.code);
		node->kind = NODE_BAD;
	}
}

static void
on_scalar(struct builder *builder, const yaml_event_t *event)
{
	struct node *node = add_node(builder, event, NODE_SCALAR);

	if (node == NULL)
		return;
	refuse_properties(
	    builder, event, event->data.scalar.anchor, event->data.scalar.tag);
	fill_scalar(builder, node, event);
	if (is_key(builder))
		check_key(builder, node);
	attach(builder, node);
}

static void
open_collection(
    struct builder *builder, const yaml_event_t *event, enum node_kind kind)
{
	struct node *node = add_node(builder, event, kind);

	if (node == NULL)
		return;
	if (builder->depth == YAML_DEPTH_MAX) {
		give_up(builder, node->place, "nested more than 16 deep");
		return;
	}
	if (is_key(builder)) {
		check_key(builder, node);
		node->kind = kind; /* until it is closed */
	}
	attach(builder, node);
	builder->frames[builder->depth++] =
	    (struct frame){.node = node, .tail = &node->child};
}

static void
on_sequence_start(struct builder *builder, const yaml_event_t *event)
{
	refuse_properties(builder, event, event->data.sequence_start.anchor,
	    event->data.sequence_start.tag);
	open_collection(builder, event, NODE_SEQUENCE);
}

static void
on_mapping_start(struct builder *builder, const yaml_event_t *event)
{
	refuse_properties(builder, event, event->data.mapping_start.anchor,
	    event->data.mapping_start.tag);
	open_collection(builder, event, NODE_MAPPING);
}

static int
compare_keys(const void *left, const void *right)
{
	const struct node *a = *(const struct node *const *)left;
	const struct node *b = *(const struct node *const *)right;
	int order = strcmp(a->text, b->text);

	if (order == 0)
		order = (a->place.line > b->place.line) -
			(a->place.line < b->place.line);
	if (order == 0)
		order = (a->place.column > b->place.column) -
			(a->place.column < b->place.column);
	return order;
}

static void
report_duplicates(struct builder *builder, struct node **keys, size_t count)
{
	size_t first = 0;

	qsort(keys, count, sizeof(struct node *), compare_keys);
	for (size_t i = 1; i < count; i++) {
		char shown[SHOWN_SIZE];

		if (strcmp(keys[first]->text, keys[i]->text) != 0) {
			first = i;
			continue;
		}
		keys[i]->duplicate = true;
		report_error(builder->report, keys[i]->place,
		    "%s is written twice; first at %u:%u",
		    text_shown(keys[i]->text, shown), keys[first]->place.line,
		    keys[first]->place.column);
	}
}

/* Sorts the keys: comparing each with each would be quadratic. */
static void
check_duplicates(struct builder *builder, struct node *mapping)
{
	struct node *few[SORTED_ON_STACK];
	struct node **keys = few;
	size_t count = 0;

	if (mapping->count > SORTED_ON_STACK)
		keys = malloc(mapping->count * sizeof(struct node *));
	if (keys == NULL) {
		give_up(builder, mapping->place, "out of memory");
		return;
	}
	for (struct node *key = mapping->child; key != NULL; key = key->next)
		if (key->kind == NODE_SCALAR)
			keys[count++] = key;
	report_duplicates(builder, keys, count);
	if (keys != few)
		free(keys);
}

static void
on_collection_end(struct builder *builder, const yaml_event_t *event)
{
	struct node *node = builder->frames[--builder->depth].node;

	(void)event;
	if (node->kind == NODE_MAPPING)
		check_duplicates(builder, node);
	/* It still waits for its value: it was itself a key. */
	if (innermost(builder) != NULL && innermost(builder)->key == node)
		node->kind = NODE_BAD;
}

typedef void on_event_f(struct builder *builder, const yaml_event_t *event);

static on_event_f *const on_event[] = {
    [YAML_DOCUMENT_START_EVENT] = on_document_start,
    [YAML_ALIAS_EVENT] = on_alias,
    [YAML_SCALAR_EVENT] = on_scalar,
    [YAML_SEQUENCE_START_EVENT] = on_sequence_start,
    [YAML_SEQUENCE_END_EVENT] = on_collection_end,
    [YAML_MAPPING_START_EVENT] = on_mapping_start,
    [YAML_MAPPING_END_EVENT] = on_collection_end,
};

/* ---- documents ---- */

/* False when libyaml stopped at bad syntax. */
static bool
build(struct builder *builder, yaml_parser_t *parser)
{
	yaml_event_type_t type;

	do {
		yaml_event_t event;

		if (!yaml_parser_parse(parser, &event))
			return false;
		type = event.type;
		if (type < sizeof(on_event) / sizeof(*on_event) &&
		    on_event[type] != NULL)
			on_event[type](builder, &event);
		yaml_event_delete(&event);
	} while (type != YAML_STREAM_END_EVENT && !builder->given_up);
	return true;
}

static void
move_entries(struct report *to, const struct report *from)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct report_entry *entry = &from->entries[i];

		if (entry->severity == SEVERITY_ERROR)
			report_error(to, entry->place, "%s", entry->text);
		else
			report_warning(to, entry->place, "%s", entry->text);
	}
}

struct attempt {
	struct yaml_source source;
	struct report *report;
	struct place healed[HEALS_MAX];
	unsigned heal_count;
	unsigned heals_max;
};

/* False when an address was put right, and the source is to be read anew. */
static bool
settle(struct attempt *attempt, struct builder *builder,
    const yaml_parser_t *parser)
{
	builder->given_up = true;
	if (attempt->heal_count < attempt->heals_max &&
	    yaml_problem_heal(parser, &attempt->source,
		&attempt->healed[attempt->heal_count], attempt->report)) {
		attempt->heal_count++;
		return false;
	}
	yaml_problem_report(parser, &attempt->source, builder->report);
	return true;
}

/* One pass over the source; what a pass finds counts if it was the last. */
static bool
read_once(struct attempt *attempt, struct builder *builder)
{
	struct report found;
	yaml_parser_t parser;
	bool last = true;

	report_init(&found);
	builder->report = &found;
	builder->healed = attempt->healed;
	builder->heal_count = attempt->heal_count;
	builder->given_up = !yaml_parser_initialize(&parser);
	if (builder->given_up) {
		report_error(attempt->report,
		    (struct place){builder->file, 0, 0}, "out of memory");
		return true;
	}
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser,
	    (const unsigned char *)attempt->source.text,
	    attempt->source.length);
	if (!build(builder, &parser))
		last = settle(attempt, builder, &parser);
	if (last)
		move_entries(attempt->report, &found);
	report_fini(&found);
	yaml_parser_delete(&parser);
	return last;
}

static bool
check_source(struct yaml_source *source, struct report *report)
{
	struct place place = {source->file, 0, 0};
	struct utf8_fault fault;

	if (source->length > YAML_SIZE_MAX) {
		report_error(report, place, "larger than 16 MiB");
		return false;
	}
	if (source->length >= 3 &&
	    memcmp(source->text, "\xef\xbb\xbf", 3) == 0) {
		source->text += 3;
		source->length -= 3;
	}
	if (utf8_check(source->text, source->length, &fault))
		return true;
	place.line = fault.line;
	place.column = fault.column;
	if (fault.invalid)
		report_error(report, place, "this is not UTF-8");
	else
		report_error(report, place,
		    "the character U+%04X cannot stand here",
		    (unsigned)fault.code);
	return false;
}

struct node *
yaml_read(struct arena *arena, const char *file, char *text, size_t length,
    struct report *report)
{
	struct attempt attempt = {.source = {file, text, length},
	    .report = report,
	    /* Each heal reads the file again: few in a large one. */
	    .heals_max = length < 1024 * 1024 ? HEALS_MAX : 2};
	struct builder builder;

	if (!check_source(&attempt.source, report))
		return NULL;
	do
		builder = (struct builder){.arena = arena, .file = file};
	while (!read_once(&attempt, &builder));
	if (builder.given_up)
		return NULL;
	if (builder.root != NULL && !node_is_empty(builder.root))
		return builder.root;
	report_error(report, (struct place){file, 1, 1}, "the file is empty");
	return NULL;
}
