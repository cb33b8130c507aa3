/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_STORE_FILE_H
#define AGENT_STORE_FILE_H

/*
 * Files of the state directory: written beside and put in place at once, read
 * frame by frame. Whatever fails is told as a text that begins with the name
 * of the file.
 */

#include "agent/store/store.h"
#include "agent/store/format.h"

/* "LIST.journal0.4294967295.tmp" */
enum { FILE_NAME_SIZE = STORE_NAME_SIZE + 32 };

struct store_file {
	int directory;
	char name[FILE_NAME_SIZE];
};

/* Writes the text and gives STORE_FAILED. */
enum store_result store_system_failed(char error[STORE_ERROR_SIZE],
    const char *name, const char *what, int number);

/* Renames it to NAME.bad. False: it cannot be. Not there is fine. */
bool store_file_aside(const struct store_file *file);

/* Puts something behind the text. */
void store_say_more(char error[STORE_ERROR_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- writing ---- */

/* Failures stick: they are told at the end. */
struct store_writer {
	struct store_file file;
	char temporary[FILE_NAME_SIZE];
	int descriptor;
	int error;      /* errno of the first failure, or 0 */
	uint64_t place; /* where the next frame begins */
	uint64_t seal;
	uint64_t records;
	size_t used; /* of the payload */
	uint8_t frame[FRAME_HEAD + FRAME_MAX];
};

/* NULL when memory ran out. number tells temporary files apart. */
struct store_writer *store_writer_new(const struct store_file *file,
    unsigned number, const struct store_header *header);

void store_writer_add(struct store_writer *writer, enum store_frame kind,
    const uint8_t *record, size_t length);

/* Puts the end behind the records. */
void store_writer_end(struct store_writer *writer);

/*
 * Syncs the file, puts it in place and syncs the directory. On failure the
 * old file is as it was, or the new one is there in full.
 */
enum store_result store_writer_commit(
    struct store_writer *writer, char error[STORE_ERROR_SIZE]);

/* Removes what is not in place. NULL is fine. */
void store_writer_free(struct store_writer *writer);

/* ---- reading ---- */

struct store_reader {
	struct store_file file;
	int descriptor;
	struct store_header header;
	uint64_t seal;
	bool newer;     /* of a version that we do not know */
	int error;      /* errno of a failure to read */
	uint64_t place; /* of the first byte in the buffer */
	size_t max;     /* payload of a frame */
	size_t begin;
	size_t end;
	bool ended;
	uint8_t buffer[2 * (FRAME_HEAD + FRAME_MAX)];
};

/*
 * Opens the file and reads its header. STORE_OK: it is of that kind and list,
 * and of our version. A reader that gave anything else needs no closing.
 */
enum store_result store_reader_open(struct store_reader *reader,
    const struct store_file *file, enum store_kind kind, const char *list,
    char error[STORE_ERROR_SIZE]);
void store_reader_close(struct store_reader *reader);

enum store_reading {
	READING_FRAME,
	READING_END,    /* of the file, where a frame ends */
	READING_BAD,    /* here is no frame */
	READING_FAILED, /* see error */
};

/* The next frame; its payload lives until the next call. */
enum store_reading store_reader_next(
    struct store_reader *reader, struct store_cursor *payload);

/* Where the next frame begins. */
uint64_t store_reader_place(const struct store_reader *reader);

/* Behind READING_BAD: is there a frame anywhere later in the file? */
bool store_reader_finds_more(struct store_reader *reader);

enum store_part { PART_TAKEN, PART_LAST, PART_BAD, PART_STARVED };

typedef enum store_part store_take_f(
    void *data, struct store_cursor *payload, uint64_t *records);

/*
 * Gives each frame to take until PART_LAST, behind which the file must end.
 * records is for take to count.
 */
enum store_result store_reader_take_all(struct store_reader *reader,
    store_take_f *take, void *data, char error[STORE_ERROR_SIZE]);

/* The end of a file: does it count the records that were there? */
enum store_part store_take_end(struct store_cursor *payload, uint64_t records);

/* Behind READING_BAD: does the file end before the frame does? */
bool store_reader_torn(struct store_reader *reader);

/* Says where it is damaged. Gives STORE_BROKEN. */
enum store_result store_reader_damaged(const struct store_reader *reader,
    uint64_t place, char error[STORE_ERROR_SIZE]);

#endif
