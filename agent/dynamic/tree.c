/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "agent/dynamic/private.h"

/* ---- nodes ---- */

static bool
grow_directory(struct dynamic *dynamic)
{
	uint32_t room = dynamic->chunk_room ? dynamic->chunk_room * 2 : 8;
	struct node **chunks = realloc(dynamic->chunks, room * sizeof(*chunks));

	if (!chunks)
		return false;
	dynamic->chunks = chunks;
	dynamic->chunk_room = room;
	return true;
}

bool
tree_reserve(struct dynamic *dynamic)
{
	uint32_t room = dynamic->chunk_count * CHUNK_NODES;
	struct node *chunk;

	if (dynamic->free != 0 || dynamic->used < room)
		return true;
	if (room > UINT32_MAX - 2 * CHUNK_NODES)
		return false;
	if (dynamic->chunk_count == dynamic->chunk_room &&
	    !grow_directory(dynamic))
		return false;
	chunk = malloc(CHUNK_NODES * sizeof(*chunk));
	if (!chunk)
		return false;
	dynamic->chunks[dynamic->chunk_count++] = chunk;
	if (dynamic->used == 0)
		dynamic->used = 1;
	return true;
}

void
tree_fini(struct dynamic *dynamic)
{
	for (uint32_t i = 0; i < dynamic->chunk_count; i++)
		free(dynamic->chunks[i]);
	free(dynamic->chunks);
	dynamic->chunks = NULL;
	dynamic->chunk_count = dynamic->chunk_room = 0;
	dynamic->used = dynamic->free = dynamic->root = dynamic->count = 0;
}

static uint32_t
take_node(struct dynamic *dynamic)
{
	uint32_t number = dynamic->free;

	if (number == 0)
		return dynamic->used++;
	dynamic->free = node_at(dynamic, number)->child[0];
	return number;
}

static void
give_node(struct dynamic *dynamic, uint32_t number)
{
	node_at(dynamic, number)->child[0] = dynamic->free;
	dynamic->free = number;
}

/* ---- searches ---- */

static int
compare(const struct prefix *prefix, const struct node *node)
{
	const struct address *address = &prefix->address;

	if ((uint8_t)address->family != node->family)
		return (uint8_t)address->family < node->family ? -1 : 1;
	if (address->hi != node->hi)
		return address->hi < node->hi ? -1 : 1;
	if (address->lo != node->lo)
		return address->lo < node->lo ? -1 : 1;
	return prefix->length - node->length;
}

uint32_t
tree_get(const struct dynamic *dynamic, const struct prefix *prefix)
{
	uint32_t number = dynamic->root;

	while (number != 0) {
		const struct node *node = node_at(dynamic, number);
		int order = compare(prefix, node);

		if (order == 0)
			break;
		number = node->child[order > 0];
	}
	return number;
}

uint32_t
tree_floor(const struct dynamic *dynamic, const struct prefix *prefix)
{
	uint32_t number = dynamic->root;
	uint32_t found = 0;

	while (number != 0) {
		const struct node *node = node_at(dynamic, number);
		bool right = compare(prefix, node) >= 0;

		if (right)
			found = number;
		number = node->child[right];
	}
	return found;
}

uint32_t
tree_above(const struct dynamic *dynamic, const struct prefix *prefix)
{
	uint32_t number = dynamic->root;
	uint32_t found = 0;

	while (number != 0) {
		const struct node *node = node_at(dynamic, number);
		bool right = compare(prefix, node) >= 0;

		if (!right)
			found = number;
		number = node->child[right];
	}
	return found;
}

uint32_t
tree_first(const struct dynamic *dynamic)
{
	uint32_t number = dynamic->root;
	uint32_t found = 0;

	while (number != 0) {
		found = number;
		number = node_at(dynamic, number)->child[0];
	}
	return found;
}

void
tree_walk(const struct dynamic *dynamic,
    bool (*visit)(const struct node *node, void *data), void *data)
{
	uint32_t waiting[HEIGHT_MAX];
	unsigned depth = 0;
	uint32_t number = dynamic->root;

	while (number != 0 || depth > 0) {
		const struct node *node;

		for (; number != 0; number = node_at(dynamic, number)->child[0])
			waiting[depth++] = number;
		node = node_at(dynamic, waiting[--depth]);
		if (!visit(node, data))
			return;
		number = node->child[1];
	}
}

/* ---- balance ---- */

/* The links from the root to a node; which child each one leads to. */
struct path {
	uint32_t *links[HEIGHT_MAX + 1];
	bool right[HEIGHT_MAX + 1]; /* taken behind the link's node */
	unsigned depth;             /* links[depth] is where the path ends */
};

/* Down to the prefix, or to where it would hang. */
static void
descend(struct dynamic *dynamic, const struct prefix *prefix, struct path *path)
{
	uint32_t *link = &dynamic->root;

	path->depth = 0;
	while (*link != 0) {
		struct node *node = node_at(dynamic, *link);
		int order = compare(prefix, node);

		if (order == 0)
			break;
		path->links[path->depth] = link;
		path->right[path->depth++] = order > 0;
		link = &node->child[order > 0];
	}
	path->links[path->depth] = link;
}

/* The link's child on one side takes its place. */
static void
raise(struct dynamic *dynamic, uint32_t *link, bool right)
{
	uint32_t number = *link;
	struct node *node = node_at(dynamic, number);
	uint32_t child = node->child[right];
	struct node *raised = node_at(dynamic, child);

	node->child[right] = raised->child[!right];
	raised->child[!right] = number;
	*link = child;
}

/*
 * The link's node tilts by two. Puts it right; says whether the tree under the
 * link is less high than it was.
 */
static bool
balance(struct dynamic *dynamic, uint32_t *link)
{
	struct node *node = node_at(dynamic, *link);
	bool right = node->tilt > 0;
	int8_t one = right ? 1 : -1;
	struct node *child = node_at(dynamic, node->child[right]);
	struct node *inner;

	if (child->tilt != -one) {
		bool level = child->tilt == 0;

		raise(dynamic, link, right);
		node->tilt = level ? one : 0;
		child->tilt = (int8_t)(level ? -one : 0);
		return !level;
	}
	inner = node_at(dynamic, child->child[!right]);
	raise(dynamic, &node->child[right], !right);
	raise(dynamic, link, right);
	node->tilt = (int8_t)(inner->tilt == one ? -one : 0);
	child->tilt = (int8_t)(inner->tilt == -one ? one : 0);
	inner->tilt = 0;
	return true;
}

uint32_t
tree_insert(struct dynamic *dynamic, const struct prefix *prefix)
{
	uint32_t number = take_node(dynamic);
	struct path path;

	*node_at(dynamic, number) = (struct node){
	    .hi = prefix->address.hi,
	    .lo = prefix->address.lo,
	    .family = (uint8_t)prefix->address.family,
	    .length = prefix->length,
	    .end = NEVER_ENDS,
	};
	descend(dynamic, prefix, &path);
	*path.links[path.depth] = number;
	dynamic->count++;
	while (path.depth-- > 0) {
		uint32_t *link = path.links[path.depth];
		struct node *node = node_at(dynamic, *link);

		node->tilt =
		    (int8_t)(node->tilt + (path.right[path.depth] ? 1 : -1));
		if (node->tilt == 2 || node->tilt == -2)
			balance(dynamic, link);
		else if (node->tilt != 0)
			continue;
		break;
	}
	return number;
}

/* From the end of the path, where the tree has become less high. */
static void
settle_removed(struct dynamic *dynamic, struct path *path)
{
	while (path->depth-- > 0) {
		uint32_t *link = path->links[path->depth];
		struct node *node = node_at(dynamic, *link);

		node->tilt =
		    (int8_t)(node->tilt + (path->right[path->depth] ? -1 : 1));
		if (node->tilt == 1 || node->tilt == -1)
			break;
		if (node->tilt != 0 && !balance(dynamic, link))
			break;
	}
}

/* What the node is, without where it hangs in the tree. */
static void
move_content(struct dynamic *dynamic, struct node *to, uint32_t to_number,
    const struct node *from)
{
	struct node moved = *from;

	moved.child[0] = to->child[0];
	moved.child[1] = to->child[1];
	moved.tilt = to->tilt;
	*to = moved;
	if (to->end != NEVER_ENDS)
		dynamic->ends.node[to->end] = to_number;
}

/* Goes on to the next node in order, which has no child on the left. */
static void
descend_to_next(struct dynamic *dynamic, struct path *path)
{
	struct node *node = node_at(dynamic, *path->links[path->depth]);
	uint32_t *link = &node->child[1];

	path->right[path->depth++] = true;
	while (node_at(dynamic, *link)->child[0] != 0) {
		path->links[path->depth] = link;
		path->right[path->depth++] = false;
		link = &node_at(dynamic, *link)->child[0];
	}
	path->links[path->depth] = link;
}

void
tree_remove(struct dynamic *dynamic, const struct prefix *prefix)
{
	struct path path;
	uint32_t number, *link;
	struct node *node;

	descend(dynamic, prefix, &path);
	number = *path.links[path.depth];
	node = node_at(dynamic, number);
	if (node->child[0] != 0 && node->child[1] != 0) {
		uint32_t next;

		descend_to_next(dynamic, &path);
		next = *path.links[path.depth];
		move_content(dynamic, node, number, node_at(dynamic, next));
		number = next;
		node = node_at(dynamic, number);
	}
	link = path.links[path.depth];
	*link = node->child[node->child[0] == 0];
	give_node(dynamic, number);
	dynamic->count--;
	settle_removed(dynamic, &path);
}
