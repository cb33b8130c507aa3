/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/spop/hello.h"

#include "proto/spop/items.h"

enum { VERSIONS, FRAME_SIZE, CAPABILITIES, HEALTHCHECK, ENGINE_ID, KEYS };

static const struct item_key keys[KEYS] = {
    [VERSIONS] = {"supported-versions", ITEM_STRING},
    [FRAME_SIZE] = {"max-frame-size", ITEM_INTEGER},
    [CAPABILITIES] = {"capabilities", ITEM_STRING},
    [HEALTHCHECK] = {"healthcheck", ITEM_BOOLEAN},
    [ENGINE_ID] = {"engine-id", ITEM_STRING},
};

/* The words between commas, blanks cut; false after the last. */
static bool
next_word(struct view *list, struct view *word)
{
	const char *comma;

	if (list->length == 0)
		return false;
	*word = *list;
	comma = memchr(list->data, ',', list->length);
	if (comma == NULL) {
		list->length = 0;
	} else {
		word->length = (size_t)(comma - list->data);
		list->data = comma + 1;
		list->length -= word->length + 1;
	}
	*word = view_trim(*word);
	return true;
}

/* A later version of the same major one is one that knows 2.0 as well. */
static bool
is_major_2(struct view version)
{
	if (version.length < 3 || memcmp(version.data, "2.", 2) != 0)
		return false;
	for (size_t i = 2; i < version.length; i++)
		if (version.data[i] < '0' || version.data[i] > '9')
			return false;
	return true;
}

static bool
names_2_0(struct view versions)
{
	struct view word;

	while (next_word(&versions, &word))
		if (is_major_2(word))
			return true;
	return false;
}

static bool
names_word(struct view words, struct view wanted)
{
	struct view word;

	while (next_word(&words, &word))
		if (view_equal(word, wanted))
			return true;
	return false;
}

/* A negative size is too small, not huge. */
static uint64_t
size_of(const struct spop_value *value)
{
	bool is_signed = value->type == SPOP_INT32 || value->type == SPOP_INT64;

	return is_signed && value->integer > INT64_MAX ? 0 : value->integer;
}

static enum spop_status
check_presence(unsigned seen)
{
	if ((seen >> VERSIONS & 1) == 0)
		return SPOP_NO_VERSION;
	if ((seen >> FRAME_SIZE & 1) == 0)
		return SPOP_NO_FRAME_SIZE;
	if ((seen >> CAPABILITIES & 1) == 0)
		return SPOP_NO_CAPABILITIES;
	return SPOP_NORMAL;
}

static struct spop_hello
hello_of(const struct spop_value values[KEYS])
{
	struct spop_hello hello = {
	    .version_2_0 = names_2_0(values[VERSIONS].text),
	    .max_frame_size = size_of(&values[FRAME_SIZE]),
	    .pipelining =
		names_word(values[CAPABILITIES].text, VIEW("pipelining")),
	    .healthcheck = values[HEALTHCHECK].boolean,
	    .engine_id = values[ENGINE_ID].text,
	};

	/* It is there for people to read: too long a one is cut. */
	if (hello.engine_id.length > SPOP_ENGINE_ID_MAX)
		hello.engine_id.length = SPOP_ENGINE_ID_MAX;
	return hello;
}

enum spop_status
spop_hello_read(const struct spop_frame *frame, struct spop_hello *hello)
{
	struct spop_value values[KEYS] = {0};
	enum spop_status status = spop_items_check_header(frame);
	unsigned seen;

	*hello = (struct spop_hello){0};
	if (status != SPOP_NORMAL)
		return status;
	if (!spop_items_read(frame, keys, KEYS, values, &seen))
		return SPOP_INVALID;
	status = check_presence(seen);
	if (status != SPOP_NORMAL)
		return status;
	*hello = hello_of(values);
	if (!hello->version_2_0)
		return SPOP_BAD_VERSION;
	if (hello->max_frame_size < SPOP_FRAME_SIZE_MIN)
		return SPOP_BAD_FRAME_SIZE;
	return SPOP_NORMAL;
}

void
spop_agent_hello_write(
    struct spop_writer *writer, const struct spop_agent_hello *hello)
{
	static const char *const capabilities[2][2] = {
	    {"", "fragmentation"},
	    {"pipelining", "pipelining,fragmentation"},
	};
	const char *words =
	    capabilities[hello->pipelining][hello->fragmentation];
	uint8_t *begin = spop_frame_begin(writer, SPOP_AGENT_HELLO, 0, 0);

	spop_write_string(writer, VIEW("version"));
	spop_write_text(writer, VIEW("2.0"));
	spop_write_string(writer, VIEW("max-frame-size"));
	spop_write_uint32(writer, hello->max_frame_size);
	spop_write_string(writer, VIEW("capabilities"));
	spop_write_text(writer, view_of(words));
	spop_frame_end(writer, begin);
}
