/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "conf/load/yaml.h"

const struct node *
node_key(const struct node *mapping, const char *name)
{
	for (const struct node *key = mapping->child; key != NULL;
	     key = key->next)
		if (key->kind == NODE_SCALAR && node_is(key, name))
			return key;
	return NULL;
}

bool
node_is(const struct node *node, const char *text)
{
	return node->kind == NODE_SCALAR && strcmp(node->text, text) == 0;
}

bool
node_is_empty(const struct node *node)
{
	static const char *const empty[] = {"", "~", "null", "Null", "NULL"};

	if (node->kind != NODE_SCALAR)
		return false;
	if (!node->plain)
		return node->length == 0;
	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++)
		if (node_is(node, empty[i]))
			return true;
	return false;
}

static const char *
quote(const char *text, char mark, char shown[SHOWN_SIZE])
{
	size_t length = strlen(text);
	size_t cut = length;

	if (length > SHOWN_SIZE - 8) {
		cut = SHOWN_SIZE - 8;
		while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80)
			cut--;
	}
	snprintf(shown, SHOWN_SIZE, "%c%.*s%s%c", mark, (int)cut, text,
	    cut < length ? "…" : "", mark);
	return shown;
}

const char *
text_shown(const char *text, char shown[SHOWN_SIZE])
{
	return quote(text, '\'', shown);
}

const char *
node_shown(const struct node *node, char shown[SHOWN_SIZE])
{
	if (node->kind == NODE_SEQUENCE)
		return node->count == 0 ? "an empty sequence" : "a sequence";
	if (node->kind == NODE_MAPPING)
		return "a mapping";
	if (node_is_empty(node))
		return "nothing";
	/* A number in quotes is none, and that should show. */
	return quote(node->text, node->plain ? '\'' : '"', shown);
}
