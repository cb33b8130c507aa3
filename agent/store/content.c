/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/store/private.h"

/* ---- saving ---- */

static void
add_all(struct store_writer *writer, const struct prefixes *prefixes)
{
	size_t count = prefixes_count(prefixes);

	for (size_t i = 0; i < count && writer->error == 0; i++) {
		struct prefix prefix = prefixes_at(prefixes, i);
		bool ipv4 = prefix.address.family == ADDRESS_IPV4;
		uint8_t record[PREFIX_RECORD_MAX];

		store_writer_add(writer, ipv4 ? FRAME_IPV4 : FRAME_IPV6, record,
		    store_packed_write(&prefix, record));
	}
	store_writer_end(writer);
}

enum store_result
store_save_content(struct store *store, const char *list,
    const struct store_content *content, char error[STORE_ERROR_SIZE])
{
	struct store_header header = {.version = STORE_VERSION,
	    .kind = STORE_CONTENT,
	    .time = content->taken};
	struct store_file file;
	struct store_writer *writer;
	enum store_result result;

	error[0] = '\0';
	if (!store_file_of(store, list, ".good", &file, error))
		return STORE_FAILED;
	strncpy(header.name, list, sizeof(header.name) - 1);
	writer = store_writer_new(&file, store_temporary(store), &header);
	if (!writer)
		return store_system_failed(
		    error, file.name, "cannot be written", ENOMEM);
	add_all(writer, content->prefixes);
	result = store_writer_commit(writer, error);
	store_writer_free(writer);
	return result;
}

/* ---- loading ---- */

static enum store_part
take_frame(void *data, struct store_cursor *payload, uint64_t *records)
{
	struct prefixes_builder *builder = data;
	uint64_t kind = store_get(payload, 1);

	if (kind == FRAME_END)
		return store_take_end(payload, *records);
	if (kind != FRAME_IPV4 && kind != FRAME_IPV6)
		return PART_BAD;
	while (payload->left > 0) {
		struct prefix prefix;

		if (!store_packed_read(
			payload, (enum store_frame)kind, &prefix))
			return PART_BAD;
		prefixes_add(builder, &prefix);
		++*records;
	}
	return builder->starved ? PART_STARVED : PART_TAKEN;
}

static enum store_result
read_content(struct store_reader *reader, struct store_content *content,
    char error[STORE_ERROR_SIZE])
{
	struct prefixes_builder builder = {.starved = false};
	enum store_result result =
	    store_reader_take_all(reader, take_frame, &builder, error);

	content->taken = reader->header.time;
	if (result == STORE_OK) {
		content->prefixes = prefixes_finish(&builder);
		if (!content->prefixes)
			result = store_system_failed(
			    error, reader->file.name, "cannot be read", ENOMEM);
	} else {
		prefixes_abandon(&builder);
	}
	store_reader_close(reader);
	return result;
}

enum store_result
store_load_content(struct store *store, const char *list,
    struct store_content *content, char error[STORE_ERROR_SIZE])
{
	struct store_reader *reader = malloc(sizeof(*reader));
	struct store_file file;
	enum store_result result = STORE_FAILED;

	error[0] = '\0';
	content->prefixes = NULL;
	content->taken = 0;
	if (!reader)
		store_system_failed(error, list, "cannot be read", ENOMEM);
	else if (store_file_of(store, list, ".good", &file, error))
		result = store_reader_open(
		    reader, &file, STORE_CONTENT, list, error);
	if (result == STORE_OK)
		result = read_content(reader, content, error);
	if (result == STORE_BROKEN && !reader->newer)
		store_say_more(error, "; %s %s.bad",
		    store_file_aside(&file) ? "kept as" : "cannot become",
		    file.name);
	free(reader);
	return result;
}
