/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/console/console.h"
#include "agent/console/obey.h"

#include <inttypes.h>

/* The words that look into the lists. */

const char *
order_fault(struct order *order)
{
	static const char *const faults[] = {
	    [ORDER_NO_LIST] = "there is no list of that name",
	    [ORDER_NOT_DYNAMIC] = "the list is not a dynamic one",
	    [ORDER_ABSENT] = "there is no such prefix in the list",
	    [ORDER_GUARDED] = "a guard refuses it",
	    [ORDER_WRONG_COUNT] = "the list does not hold so many",
	    [ORDER_FAILED] = "it did not work",
	};

	return order->text[0] != '\0' ? text_clean(order->text)
				      : faults[order->status];
}

bool
order_check(struct console *console, struct order *order)
{
	if (order->status == ORDER_DONE)
		return true;
	console_refuse(console, "%s", order_fault(order));
	return false;
}

/* ---- parts of long answers ---- */

/* What is between a first and a last part, for people and programs. */
struct shape {
	const char *head;
	void (*print)(struct output *output, struct order *order, unsigned row);
	json_t *(*json)(struct order *order, unsigned row);
	word_obey_f *more;
};

static void
show_part(
    struct console *console, struct order *order, const struct shape *shape)
{
	struct output *output = &console->output;
	size_t from = output->length;
	bool json = console->command.json;

	if (!order_check(console, order))
		return;
	if (!json && !console->began) {
		output_text(output, shape->head);
		console->began = true;
	}
	for (unsigned row = 0; row < order->row_count; row++)
		if (json)
			console_array_add(console, shape->json(order, row));
		else
			shape->print(output, order, row);
	if (!json)
		table_align(&console->table, output, from);
	if (order->more)
		console->more = shape->more;
	else if (json)
		console_array_end(console);
}

/* ---- show lists ---- */

static void
print_list(struct output *output, struct order *order, unsigned row)
{
	struct order_list *list = &order->rows.lists[row];
	char age[TIME_TEXT_SIZE];

	output_print(output, "%s\t%" PRIu64 "\t%s\t%s\t%s\t%s\n", list->name,
	    list->entries, list_state_name(list->state),
	    format_age(list->age, age), text_clean(list->source),
	    text_clean(list->error));
}

/* The shape is a promise: six keys, these. */
static json_t *
json_list(struct order *order, unsigned row)
{
	struct order_list *list = &order->rows.lists[row];

	return json_pack("{s:s,s:s,s:I,s:s,s:I,s:o}", "name", list->name,
	    "source", text_clean(list->source), "entries",
	    (json_int_t)list->entries, "state", list_state_name(list->state),
	    "age", (json_int_t)(list->age / 1000), "error",
	    json_or_null(text_clean(list->error)));
}

static void
on_lists(struct console *console, struct order *order)
{
	static const struct shape shape = {
	    .head = "# name\tentries\tstate\tage\tsource\terror\n",
	    .print = print_list,
	    .json = json_list,
	    .more = obey_lists,
	};

	show_part(console, order, &shape);
}

void
obey_lists(struct console *console)
{
	console_ask(console, ORDER_LISTS, on_lists);
}

/* ---- show list, test ---- */

static json_t *
json_time(int64_t time)
{
	char text[TIME_TEXT_SIZE];

	return time != 0 ? json_string(format_time(time, text)) : json_null();
}

static const char *
print_until(const struct order_entry *entry, char text[TIME_TEXT_SIZE])
{
	return entry->until != 0 ? format_time(entry->until, text) : "-";
}

/* What a file holds has neither a time nor a reason of its own. */
static void
print_entry(struct output *output, struct order *order, unsigned row)
{
	struct order_entry *entry = &order->rows.entries[row];
	char prefix[PREFIX_TEXT_SIZE];
	char since[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];

	prefix_format(&entry->prefix, prefix);
	if (entry->who[0] == '\0')
		output_print(output, "%s\n", prefix);
	else
		output_print(output, "%s\t%s\t%s\t%s\t%s\n", prefix,
		    format_time(entry->since, since), print_until(entry, until),
		    text_clean(entry->who), text_clean(entry->reason));
}

static json_t *
json_entry(struct order *order, unsigned row)
{
	struct order_entry *entry = &order->rows.entries[row];
	char prefix[PREFIX_TEXT_SIZE];

	prefix_format(&entry->prefix, prefix);
	return json_pack("{s:s,s:o,s:o,s:o,s:o}", "prefix", prefix, "since",
	    json_time(entry->since), "until", json_time(entry->until), "who",
	    json_or_null(text_clean(entry->who)), "reason",
	    json_or_null(text_clean(entry->reason)));
}

static void
on_list(struct console *console, struct order *order)
{
	static const struct shape shape = {
	    .head = "# prefix\tsince\tuntil\twho\treason\n",
	    .print = print_entry,
	    .json = json_entry,
	    .more = obey_list,
	};

	show_part(console, order, &shape);
}

void
obey_list(struct console *console)
{
	console_ask(console, ORDER_ENTRIES, on_list);
}

static void
print_holder(struct output *output, struct order *order, unsigned row)
{
	struct order_entry *entry = &order->rows.entries[row];
	char prefix[PREFIX_TEXT_SIZE];
	char since[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];

	prefix_format(&entry->prefix, prefix);
	output_print(output, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", entry->list,
	    prefix, text_clean(entry->source), format_time(entry->since, since),
	    print_until(entry, until),
	    entry->who[0] != '\0' ? text_clean(entry->who) : "-",
	    text_clean(entry->reason));
}

static json_t *
json_holder(struct order *order, unsigned row)
{
	struct order_entry *entry = &order->rows.entries[row];
	json_t *object = json_pack("{s:s}", "list", entry->list);
	json_t *rest = json_entry(order, row);

	json_object_set_new(
	    object, "source", json_string(text_clean(entry->source)));
	json_object_update(object, rest);
	json_decref(rest);
	return object;
}

static void
on_test(struct console *console, struct order *order)
{
	static const struct shape shape = {
	    .head = "# list\tprefix\tsource\tsince\tuntil\twho\treason\n",
	    .print = print_holder,
	    .json = json_holder,
	    .more = obey_test,
	};
	char address[ADDRESS_TEXT_SIZE];

	if (order->status == ORDER_DONE && !console->command.json &&
	    !console->began && order->row_count == 0 && !order->more) {
		address_format(&console->command.address, address);
		output_print(&console->output, "no list holds %s\n", address);
		return;
	}
	show_part(console, order, &shape);
}

void
obey_test(struct console *console)
{
	console_ask(console, ORDER_TEST, on_test);
}
