/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/parts.h"

#include "conf/load/loader.h"
#include "conf/load/printer.h"

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
