/* SPDX-License-Identifier: Apache-2.0 */

#include <limits.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "conf/load/loader.h"
#include "conf/load/printer.h"
#include "conf/load/utf8.h"

/* ---- lines ---- */

static void
begin_line(struct printer *printer)
{
	unsigned blanks = printer->depth * 2;

	/* The dash of an item stands where its first key would be indented. */
	fprintf(printer->stream, "%*s%s", (int)(blanks - 2 * printer->item), "",
	    printer->item ? "- " : "");
	printer->item = false;
}

void
print_key(struct printer *printer, const char *key)
{
	begin_line(printer);
	fprintf(printer->stream, "%s:", key);
}

void
print_plain(struct printer *printer, const char *key, const char *text)
{
	print_key(printer, key);
	fprintf(printer->stream, " %s\n", text);
}

/* Would it be read as it is without quotes? */
static bool
is_plain(const char *text)
{
	static const char bytes[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-./";
	static const size_t letters = sizeof(bytes) - 1 - 4;
	struct node node = {.kind = NODE_SCALAR, .plain = true, .text = text};

	return text[0] != '\0' && memchr(bytes, text[0], letters) != NULL &&
	       text[strspn(text, bytes)] == '\0' && !node_is_empty(&node);
}

static void
print_escaped(FILE *stream, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', stream);
		fputc(*text, stream);
	}
}

void
print_text(struct printer *printer, const char *text)
{
	const char *quote = is_plain(text) ? "" : "\"";

	fputs(quote, printer->stream);
	print_escaped(printer->stream, text);
	fputs(quote, printer->stream);
}

void
print_string(struct printer *printer, const char *key, const char *text)
{
	print_key(printer, key);
	fputc(' ', printer->stream);
	print_text(printer, text);
	fputc('\n', printer->stream);
}

/*
 * Relative paths would mean something else in a file that stands elsewhere.
 * A text longer than max stays as it is.
 */
static void
print_absolute(
    struct printer *printer, const char *begin, const char *path, size_t max)
{
	size_t length = strlen(printer->folder) + 1 + strlen(path);

	fprintf(printer->stream, " \"%s", begin);
	if (path[0] != '/' && length <= max) {
		print_escaped(printer->stream, printer->folder);
		fputs(printer->slash, printer->stream);
		while (strncmp(path, "./", 2) == 0)
			path += 2;
	}
	print_escaped(printer->stream, path);
	fputc('"', printer->stream);
}

void
print_path(struct printer *printer, const char *path)
{
	print_absolute(printer, "", path, SIZE_MAX);
}

/* Of a path that would grow too long what was written stays. */
void
print_socket(struct printer *printer, const char *path)
{
	struct sockaddr_un address;

	print_absolute(printer, "", path, sizeof(address.sun_path) - 1);
}

void
print_unix(struct printer *printer, const char *path)
{
	struct sockaddr_un address;

	print_absolute(printer, "unix:", path, sizeof(address.sun_path) - 1);
}

void
print_items(struct printer *printer, const char *key,
    const struct schema_object *object, const void *items, size_t count,
    size_t size)
{
	const char *item = items;

	print_key(printer, key);
	fputs(count == 0 ? " []\n" : "\n", printer->stream);
	printer->depth += 2;
	for (; count > 0; count--, item += size) {
		printer->item = true;
		print_object(printer, object, item);
	}
	printer->depth -= 2;
}

/* ---- settings ---- */

void
print_prefixes(struct printer *printer, const struct list_settings *list)
{
	fputs(list->count == 0 ? " []\n" : "\n", printer->stream);
	printer->depth += 2;
	for (size_t i = 0; i < list->count; i++) {
		char text[PREFIX_TEXT_SIZE];

		prefix_format(&list->prefixes[i], text);
		printer->item = true;
		begin_line(printer);
		print_text(printer, text);
		fputc('\n', printer->stream);
	}
	printer->depth -= 2;
}

static void
print_name(struct printer *printer, const char *name)
{
	begin_line(printer);
	print_text(printer, name);
	fputc(':', printer->stream);
}

static void
print_lists(struct printer *printer)
{
	const struct settings *settings = printer->settings;

	print_key(printer, "lists");
	fputs(settings->list_count == 0 ? " {}\n" : "\n", printer->stream);
	printer->depth++;
	for (size_t i = 0; i < settings->list_count; i++) {
		const struct list_settings *list = &settings->lists[i];

		print_name(printer, list->name);
		if (list->source == LIST_INLINE && list->export_ == NULL) {
			print_prefixes(printer, list);
			continue;
		}
		fputc('\n', printer->stream);
		printer->depth++;
		print_object(printer, &object_list, list);
		printer->depth--;
	}
	printer->depth--;
}

static void
print_policies(struct printer *printer)
{
	const struct settings *settings = printer->settings;

	print_key(printer, "policies");
	fputs(settings->policy_count == 0 ? " {}\n" : "\n", printer->stream);
	printer->depth++;
	for (size_t i = 0; i < settings->policy_count; i++) {
		print_name(printer, settings->policies[i].name);
		fputc('\n', printer->stream);
		printer->depth++;
		print_object(printer, &object_policy, &settings->policies[i]);
		printer->depth--;
	}
	printer->depth--;
}

void
settings_print(const struct settings *settings, FILE *stream)
{
	char folder[PATH_MAX];
	struct printer printer = {.stream = stream,
	    .settings = settings,
	    .folder = folder,
	    .slash = "/"};

	if (getcwd(folder, sizeof(folder)) == NULL || folder[0] != '/' ||
	    !utf8_one_line(folder, strlen(folder)))
		printer.folder = printer.slash = "";
	else if (folder[1] == '\0')
		printer.slash = "";
	print_items(&printer, "listen", &object_listen, settings->listens,
	    settings->listen_count, sizeof(*settings->listens));
	print_object(&printer, &object_top, settings);
	print_lists(&printer);
	print_policies(&printer);
}
