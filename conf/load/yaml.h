/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONF_LOAD_YAML_H
#define CONF_LOAD_YAML_H

/*
 * A strict YAML document as a tree: no anchors, aliases, tags, merge keys or
 * duplicate keys, one document, bounded in every direction. Every node knows
 * its place. What a scalar means is for the schema to say.
 */

#include "conf/load/arena.h"
#include "conf/load/report.h"

enum {
	YAML_DEPTH_MAX = 16,
	YAML_NODES_MAX = 200000,
	YAML_SIZE_MAX = 16 * 1024 * 1024,
};

enum node_kind {
	NODE_SCALAR,
	NODE_SEQUENCE,
	NODE_MAPPING,
	NODE_BAD, /* wrong, and reported already: nothing more to say */
};

struct node {
	enum node_kind kind;
	bool plain;     /* a scalar without quotes */
	bool duplicate; /* a key that stands further up too; reported */
	struct place place;
	const char *text; /* of a scalar: UTF-8, no controls but tab, newline */
	size_t length;
	struct node *child; /* the first item, or the first key */
	struct node *next;  /* the next item, or the next key */
	struct node *value; /* of a key; never NULL */
	size_t count;       /* items, or keys */
};

/*
 * Reads the one document in text, which may be changed. NULL when it could not
 * be understood as a whole; else single nodes may still be NODE_BAD. All that
 * is wrong is reported. file must live as long as the nodes.
 */
struct node *yaml_read(struct arena *arena, const char *file, char *text,
    size_t length, struct report *report);

/* The key of that name in a mapping; NULL when there is none. */
const struct node *node_key(const struct node *mapping, const char *name);

/* Nothing was written where a value belongs: empty, ~ or null. */
bool node_is_empty(const struct node *node);

/* The value of a scalar is exactly this text. */
bool node_is(const struct node *node, const char *text);

enum { SHOWN_SIZE = 80 };

/* The text in quotes, cut to a sensible length. Gives shown. */
const char *text_shown(const char *text, char shown[SHOWN_SIZE]);

/* What was written, for a message: the text, "a sequence", "nothing"… */
const char *node_shown(const struct node *node, char shown[SHOWN_SIZE]);

#endif
