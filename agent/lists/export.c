/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/lists/export.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE = 0644 };

static bool
fail(const char *path, const char *what, char error[EXPORT_ERROR_SIZE])
{
	snprintf(error, EXPORT_ERROR_SIZE, "export: %s %.150s: %s", what, path,
	    strerror(errno));
	return false;
}

static bool
write_lines(const struct prefixes *content, FILE *stream)
{
	size_t count = prefixes_count(content);
	char text[PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < count; i++) {
		struct prefix prefix = prefixes_at(content, i);

		prefix_format(&prefix, text);
		if (fputs(text, stream) == EOF || putc('\n', stream) == EOF)
			return false;
	}
	return fflush(stream) == 0 && fsync(fileno(stream)) == 0;
}

static FILE *
create(const char *path)
{
	int descriptor =
	    open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MODE);

	if (descriptor < 0)
		return NULL;
	/* HAProxy may be another user, whatever our mask. */
	fchmod(descriptor, MODE);
	FILE *stream = fdopen(descriptor, "w");

	if (stream == NULL)
		close(descriptor);
	return stream;
}

bool
export_write(const char *path, const struct prefixes *content,
    char error[EXPORT_ERROR_SIZE])
{
	char beside[PATH_MAX];

	if (snprintf(beside, sizeof(beside), "%s.new", path) >=
	    (int)sizeof(beside)) {
		errno = ENAMETOOLONG;
		return fail(path, "cannot write", error);
	}
	unlink(beside); /* of one that died at it */
	FILE *stream = create(beside);

	if (stream == NULL)
		return fail(beside, "cannot create", error);
	bool written = write_lines(content, stream);

	if (!written)
		fail(beside, "cannot write", error);
	if (fclose(stream) != 0 && written)
		written = fail(beside, "cannot write", error);
	if (written && rename(beside, path) != 0)
		written = fail(path, "cannot rename to", error);
	if (!written)
		unlink(beside);
	return written;
}
