/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/parts.h"

#include <string.h>
#include <sys/un.h>

#include "conf/load/loader.h"
#include "conf/load/printer.h"
#include "conf/load/text.h"
#include "conf/load/utf8.h"

#define SOCKET_PATH_SIZE sizeof(((struct sockaddr_un *)NULL)->sun_path)

/* ---- threads ---- */

static void
threads_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	if (node_is(value, "auto"))
		*(unsigned *)target = 0;
	else
		type_number.read(loader, row, value, target);
}

static void
threads_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	if (*(const unsigned *)target == 0)
		print_plain(printer, row->name, "auto");
	else
		type_number.print(printer, row, target);
}

const struct schema_type type_threads = {
    .read = threads_read, .print = threads_print, .has_default = true};

/* ---- limits and log ---- */

static void
object_print(struct printer *printer, const struct schema_row *row,
    const struct schema_object *object, const void *target)
{
	print_key(printer, row->name);
	fputc('\n', printer->stream);
	printer->depth++;
	print_object(printer, object, target);
	printer->depth--;
}

static void
limits_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct limits_settings *limits = target;
	struct given given;

	(void)row;
	if (!object_read(loader, &object_limits, value, limits, &given))
		return;
	if (limits->fragments > 0 && limits->fragments < limits->frame_size)
		report_warning(loader->report, value->place,
		    "'fragments' is below 'frame-size': a message in "
		    "fragments may be smaller than one without");
}

static void
limits_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	object_print(printer, row, &object_limits, target);
}

const struct schema_type type_limits = {
    .read = limits_read, .print = limits_print};

static void
log_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct given given;

	(void)row;
	object_read(loader, &object_log, value, target, &given);
}

static void
log_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	object_print(printer, row, &object_log, target);
}

const struct schema_type type_log = {.read = log_read, .print = log_print};

/* ---- control ---- */

static void
control_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct given given;

	(void)row;
	object_defaults(loader, &object_control, target);
	object_read(loader, &object_control, value, target, &given);
}

static void
control_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	if (((const struct socket_settings *)target)->path != NULL)
		object_print(printer, row, &object_control, target);
}

const struct schema_type type_control = {
    .read = control_read, .print = control_print};

/* Three digits would leave it open whether the first is for the owner. */
static void
mode_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	unsigned mode = 0;

	if (value->kind != NODE_SCALAR || value->length != 4 ||
	    value->text[0] != '0' || strspn(value->text, "01234567") != 4) {
		refuse_value(loader, row, value);
		return;
	}
	for (unsigned i = 1; i < 4; i++)
		mode = mode << 3 | (unsigned)(value->text[i] - '0');
	*(unsigned *)target = mode;
}

static void
mode_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	char text[16];

	snprintf(
	    text, sizeof(text), "\"%04o\"", *(const unsigned *)target & 0777U);
	print_plain(printer, row->name, text);
}

const struct schema_type type_mode = {
    .read = mode_read, .print = mode_print, .has_default = true};

/* ---- paths ---- */

static void
path_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	if (value->kind != NODE_SCALAR || node_is_empty(value) ||
	    !utf8_one_line(value->text, value->length))
		refuse_value(loader, row, value);
	else
		*(const char **)target =
		    text_path(loader->arena, value->place.file, value->text);
}

static void
path_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const char *path = *(const char *const *)target;

	if (path == NULL)
		return;
	print_key(printer, row->name);
	print_path(printer, path);
	fputc('\n', printer->stream);
}

const struct schema_type type_path = {.read = path_read, .print = path_print};

static void
socket_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	const char **path = target;

	path_read(loader, row, value, target);
	if (*path == NULL || strlen(*path) < SOCKET_PATH_SIZE)
		return;
	report_error(loader->report, value->place,
	    "a socket's path has at most %zu bytes", SOCKET_PATH_SIZE - 1);
	*path = NULL;
}

static void
socket_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	print_key(printer, row->name);
	print_socket(printer, *(const char *const *)target);
	fputc('\n', printer->stream);
}

const struct schema_type type_socket = {
    .read = socket_read, .print = socket_print};

/* ---- what is read by hand ---- */

static void
leave(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	(void)loader;
	(void)row;
	(void)value;
	(void)target;
}

const struct schema_type type_part = {.read = leave};
