/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/lists/path.h"

/* Up to the byte, or all of it; what is behind stays in *text. */
static struct view
cut_at(struct view *text, char byte, bool *more)
{
	const char *at =
	    text->length == 0 ? NULL : memchr(text->data, byte, text->length);
	struct view head = *text;

	*more = at != NULL;
	if (at == NULL)
		return head;
	head.length = (size_t)(at - text->data);
	text->data += head.length + 1;
	text->length -= head.length + 1;
	return head;
}

static const char *
step_parse(struct view text, bool first, struct path_step *step)
{
	*step = (struct path_step){.arrays = 0};
	while (text.length >= 2 &&
	       memcmp(text.data + text.length - 2, "[]", 2) == 0) {
		text.length -= 2;
		if (++step->arrays > PATH_ARRAYS_MAX)
			return "too many arrays one behind the other";
	}
	step->key = text;
	for (size_t i = 0; i < text.length; i++)
		if (text.data[i] == '[' || text.data[i] == ']')
			return "brackets stand empty, behind a key";
	if (text.length == 0 && !(first && step->arrays > 0))
		return "a key is missing";
	return NULL;
}

static const char *
path_parse(struct view text, struct path *path)
{
	const char *problem = NULL;
	bool more = true;

	*path = (struct path){.text = text};
	while (more && problem == NULL) {
		struct view step = cut_at(&text, '.', &more);

		if (path->count == PATH_STEPS_MAX)
			return "it is too deep";
		problem = step_parse(
		    step, path->count == 0, &path->steps[path->count]);
		path->count++;
	}
	return problem;
}

const char *
paths_parse(const char *text, struct paths *paths)
{
	struct view rest = view_of(text);
	const char *problem = NULL;
	bool more = true;

	paths->count = 0;
	while (more && problem == NULL) {
		struct view path = view_trim(cut_at(&rest, ',', &more));

		if (paths->count == PATHS_MAX)
			return "there are too many";
		problem = path_parse(path, &paths->list[paths->count++]);
	}
	return problem;
}
