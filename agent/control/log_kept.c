/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/log_kept.h"

#include <stdlib.h>

struct kept_line {
	enum log_level level;
	char text[LOG_KEPT_SIZE];
};

/* A ring: line n is at n modulo its size, and gone when that is taken. */
struct log_kept {
	uint64_t count; /* lines so far */
	struct kept_line lines[LOG_KEPT_LINES];
};

bool
log_keep(struct log *log)
{
	struct log_kept *kept = calloc(1, sizeof(*kept));

	if (kept == NULL)
		return false;
	pthread_mutex_lock(&log->mutex);
	struct log_kept *before = log->kept;
	log->kept = kept;
	pthread_mutex_unlock(&log->mutex);
	free(before);
	return true;
}

void
log_kept_add(struct log_kept *kept, enum log_level level, const char *text,
    size_t length)
{
	struct kept_line *line = &kept->lines[kept->count++ % LOG_KEPT_LINES];

	if (length > 0 && text[length - 1] == '\n')
		length--;
	if (length >= LOG_KEPT_SIZE)
		length = LOG_KEPT_SIZE - 1;
	line->level = level;
	memcpy(line->text, text, length);
	line->text[length] = '\0';
}

/* One line at a time, so that nobody waits long to log. */
bool
log_kept_next(struct log *log, uint64_t *number, enum log_level level,
    char text[LOG_KEPT_SIZE])
{
	const struct log_kept *kept;
	bool found = false;

	pthread_mutex_lock(&log->mutex);
	kept = log->kept;
	if (kept != NULL && *number + LOG_KEPT_LINES < kept->count)
		*number = kept->count - LOG_KEPT_LINES;
	while (kept != NULL && !found && *number < kept->count) {
		const struct kept_line *line =
		    &kept->lines[(*number)++ % LOG_KEPT_LINES];

		found = line->level <= level;
		if (found)
			memcpy(text, line->text, LOG_KEPT_SIZE);
	}
	pthread_mutex_unlock(&log->mutex);
	return found;
}
