/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/text.h"

#include <string.h>

#include "conf/load/settings.h"

bool
text_number(const char *text, size_t length, uint64_t max, uint64_t *number)
{
	uint64_t value = 0;

	if (length == 0 || length > 19 || (text[0] == '0' && length > 1))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text[i] - '0');
	}
	*number = value;
	return value <= max;
}

static bool
is_made_of(const char *text, const char *bytes, size_t max)
{
	size_t length = strspn(text, bytes);

	return length > 0 && length <= max && text[length] == '\0';
}

bool
text_is_name(const char *text)
{
	return is_made_of(
	    text, "abcdefghijklmnopqrstuvwxyz0123456789_-", NAME_MAX_LENGTH);
}

bool
text_is_token(const char *text)
{
	return is_made_of(text,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789!#$%&'*+-.^_`|~",
	    FIELD_NAME_MAX);
}

char *
text_lower(struct arena *arena, const char *text)
{
	char *copy = arena_text(arena, text, strlen(text));

	for (char *byte = copy; byte != NULL && *byte != '\0'; byte++)
		*byte = (char)ascii_lower((unsigned char)*byte);
	return copy;
}

char *
text_path(struct arena *arena, const char *file, const char *path)
{
	const char *slash = file == NULL ? NULL : strrchr(file, '/');
	size_t folder = slash == NULL ? 0 : (size_t)(slash - file) + 1;
	size_t length = strlen(path);
	char *joined;

	if (path[0] == '/' || folder == 0)
		return arena_text(arena, path, length);
	joined = arena_alloc(arena, folder + length + 1, 1);
	if (joined != NULL) {
		memcpy(joined, file, folder);
		memcpy(joined + folder, path, length);
	}
	return joined;
}
