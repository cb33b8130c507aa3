/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>
#include <sys/un.h>

#include "conf/load/loader.h"
#include "conf/load/printer.h"
#include "conf/load/set.h"
#include "conf/load/text.h"
#include "conf/load/utf8.h"

enum { LISTENS_MAX = 256 };

static const char default_address[] = "127.0.0.1:9000";

/* ---- addresses ---- */

static bool
begins_with(const char *text, const char *begin)
{
	return strncmp(text, begin, strlen(begin)) == 0;
}

static const char *
unix_parse(struct loader *loader, const struct node *value, const char *path,
    struct listen_settings *listen)
{
	struct sockaddr_un address;

	if (*path == '\0' || !utf8_one_line(path, strlen(path)))
		return "no path follows 'unix:'";
	listen->kind = LISTEN_UNIX;
	listen->path = text_path(loader->arena, value->place.file, path);
	if (listen->path != NULL &&
	    strlen(listen->path) >= sizeof(address.sun_path))
		return "a socket's path has at most 107 bytes";
	return NULL;
}

/* Cuts the brackets, which IPv6 must have and IPv4 must not. */
static const char *
host_parse(struct view host, struct address *address)
{
	bool brackets = host.length > 1 && host.data[0] == '[' &&
			host.data[host.length - 1] == ']';

	if (brackets)
		host = (struct view){host.data + 1, host.length - 2};
	if (!address_parse(host, address))
		return "the host is an address, not a name or a pattern";
	if (brackets && address->family != ADDRESS_IPV6)
		return "brackets are for IPv6";
	if (!brackets && address->family == ADDRESS_IPV6)
		return "IPv6 stands in brackets: \"[::1]:9000\"";
	return NULL;
}

static const char *
tcp_parse(const char *text, struct listen_settings *listen)
{
	const char *colon = strrchr(text, ':');
	size_t length = strlen(text);
	uint64_t port;

	if (colon == NULL || (length > 0 && text[length - 1] == ']'))
		return "the port is missing";
	if (!text_number(colon + 1, strlen(colon + 1), UINT16_MAX, &port))
		return "the port is a number from 0 to 65535";
	listen->kind = LISTEN_TCP;
	listen->port = (uint16_t)port;
	return host_parse(
	    (struct view){text, (size_t)(colon - text)}, &listen->address);
}

static void
address_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct listen_settings *listen = target;
	const char *problem;
	char shown[SHOWN_SIZE];

	if (value->kind != NODE_SCALAR || node_is_empty(value)) {
		refuse_value(loader, row, value);
		return;
	}
	listen->written = arena_text(loader->arena, value->text, value->length);
	if (begins_with(value->text, "unix:"))
		problem = unix_parse(
		    loader, value, value->text + strlen("unix:"), listen);
	else if (begins_with(value->text, "fd:"))
		problem = "'fd:' is not built yet";
	else
		problem = tcp_parse(value->text, listen);
	if (problem == NULL)
		return;
	report_error(loader->report, value->place, "%s: %s",
	    text_shown(value->text, shown), problem);
	listen->written = NULL;
}

static void
address_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct listen_settings *listen = target;

	print_key(printer, row->name);
	if (listen->kind == LISTEN_UNIX)
		print_unix(printer, listen->path);
	else
		fprintf(printer->stream, " \"%s\"", listen->written);
	fputc('\n', printer->stream);
}

const struct schema_type type_address = {
    .read = address_read, .print = address_print};

/* ---- listeners ---- */

static bool
is_same(const struct listen_settings *a, const struct listen_settings *b)
{
	/* NULL: it was refused. */
	if (a->written == NULL || b->written == NULL || a->kind != b->kind)
		return false;
	if (a->kind == LISTEN_UNIX)
		return a->path != NULL && b->path != NULL &&
		       strcmp(a->path, b->path) == 0;
	/* Port 0 is another one each time. */
	return a->port != 0 && a->port == b->port &&
	       address_equal(&a->address, &b->address);
}

static void
check_listen(struct loader *loader, const struct listen_settings *listen)
{
	const struct settings *settings = loader->settings;
	struct set_count count;

	set_count_begin(loader, &count);
	set_count_add(loader, &count, &listen->from);
	if (listen->from.given && set_is_empty(&listen->from))
		report_warning(loader->report, listen->from.place,
		    "an empty 'from' lets nobody connect");
	for (const struct listen_settings *other = settings->listens;
	     other < listen; other++)
		if (is_same(other, listen)) {
			report_error(loader->report, listen->place,
			    "'%s' is listened on already, at %s:%u:%u",
			    listen->written, other->place.file,
			    other->place.line, other->place.column);
			return;
		}
}

static void
listen_read(struct loader *loader, const struct node *value)
{
	struct settings *settings = loader->settings;
	struct listen_settings *listen =
	    &settings->listens[settings->listen_count];
	struct given given;

	if (settings->listen_count == LISTENS_MAX) {
		report_error(loader->report, value->place,
		    "more than %d listeners", LISTENS_MAX);
		return;
	}
	listen->place = value->place;
	if (!object_read(loader, &object_listen, value, listen, &given))
		return;
	settings->listen_count++;
	check_listen(loader, listen);
}

static void
listens_append(struct loader *loader, const struct node *value)
{
	if (value->kind != NODE_SEQUENCE || value->count == 0) {
		refuse_value(loader, &object_top.rows[TOP_LISTEN], value);
		return;
	}
	for (const struct node *item = value->child; item != NULL;
	     item = item->next)
		listen_read(loader, item);
}

void
listens_read(struct loader *loader)
{
	struct settings *settings = loader->settings;
	bool given = false;

	settings->listens = arena_alloc(
	    loader->arena, LISTENS_MAX + 1, sizeof(*settings->listens));
	if (settings->listens == NULL)
		return;
	for (size_t i = 0; i < loader->document_count; i++) {
		const struct node *value =
		    document_value(&loader->documents[i], TOP_LISTEN);

		given |= value != NULL;
		if (value != NULL)
			listens_append(loader, value);
	}
	if (given)
		return;
	settings->listen_count = 1;
	settings->listens[0].written = default_address;
	tcp_parse(default_address, &settings->listens[0]);
}
