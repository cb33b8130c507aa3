/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "conf/load/policy.h"
#include "conf/load/printer.h"
#include "conf/load/set.h"
#include "conf/load/text.h"
#include "conf/load/utf8.h"

enum { MESSAGE_MAX = 255 };

/* ---- verdicts ---- */

/* The word of a rule, or of default and unknown; NULL, reported. */
static const char *
verdict_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, bool own)
{
	static const char *const reserved[] = {"allow", "deny", "reject"};
	char shown[SHOWN_SIZE];

	if (value->kind != NODE_SCALAR || node_is_empty(value)) {
		refuse_value(loader, row, value);
		return NULL;
	}
	if (!text_is_name(value->text)) {
		report_error(loader->report, value->place,
		    "a verdict is 1 to 63 of a-z, 0-9, _ and -, not %s",
		    text_shown(value->text, shown));
		return NULL;
	}
	for (size_t i = own ? 0 : 2; i < 3; i++)
		if (node_is(value, reserved[i])) {
			report_error(loader->report, value->place,
			    "'%s' takes %s; '%s' is reserved", row->name,
			    row->values, value->text);
			return NULL;
		}
	return arena_text(loader->arena, value->text, value->length);
}

static void
default_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	const char *word = verdict_read(loader, row, value, false);

	if (word != NULL)
		*(const char **)target = word;
}

static void
default_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	print_string(printer, row->name, *(const char *const *)target);
}

const struct schema_type type_verdict = {
    .read = default_read, .print = default_print, .has_default = true};

static void
rule_verdict_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct rule_settings *rule = target;

	rule->kind = RULE_VERDICT;
	rule->verdict = verdict_read(loader, row, value, true);
}

static void
rule_verdict_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct rule_settings *rule = target;

	if (rule->kind == RULE_VERDICT)
		print_string(printer, row->name, rule->verdict);
}

const struct schema_type type_rule_verdict = {
    .read = rule_verdict_read, .print = rule_verdict_print};

/* ---- allow, deny and lists: the rule's set under three names ---- */

static const struct {
	const char *key;
	enum rule_kind kind;
} set_keys[] = {
    {"allow", RULE_ALLOW}, {"deny", RULE_DENY}, {"lists", RULE_VERDICT}};

static enum rule_kind
kind_of(const struct schema_row *row)
{
	size_t i = 0;

	while (strcmp(set_keys[i].key, row->name) != 0)
		i++;
	return set_keys[i].kind;
}

static void
rule_set_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct rule_settings *rule = target;

	rule->kind = kind_of(row);
	type_set.read(loader, row, value, &rule->lists);
}

static void
rule_set_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct rule_settings *rule = target;

	if (rule->kind == kind_of(row))
		type_set.print(printer, row, &rule->lists);
}

static void
rule_set_values(const struct schema_row *row, char *text, size_t size)
{
	type_set.values(row, text, size);
}

const struct schema_type type_rule_set = {
    .read = rule_set_read, .print = rule_set_print, .values = rule_set_values};

/* ---- name, status, message, even-proxies ---- */

static void
rule_name_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct rule_settings *rule = target;

	if (value->kind != NODE_SCALAR || !text_is_name(value->text)) {
		refuse_value(loader, row, value);
		return;
	}
	rule->name = arena_text(loader->arena, value->text, value->length);
	rule->named = true;
	if (node_is(value, "default") || node_is(value, "unknown"))
		report_warning(loader->report, value->place,
		    "'%s' is also what answers say when no rule matched",
		    value->text);
}

static void
rule_name_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct rule_settings *rule = target;

	if (rule->named)
		print_string(printer, row->name, rule->name);
}

const struct schema_type type_rule_name = {
    .read = rule_name_read, .print = rule_name_print};

static void
rule_status_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	unsigned status = 0;

	type_number.read(loader, row, value, &status);
	*(int *)target = (int)status;
}

static void
rule_status_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	unsigned status = (unsigned)*(const int *)target;

	if (status != 0)
		type_number.print(printer, row, &status);
}

static void
rule_status_values(const struct schema_row *row, char *text, size_t size)
{
	type_number.values(row, text, size);
}

const struct schema_type type_rule_status = {.read = rule_status_read,
    .print = rule_status_print,
    .values = rule_status_values};

static void
rule_message_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	if (value->kind != NODE_SCALAR || node_is_empty(value) ||
	    value->length > MESSAGE_MAX ||
	    !utf8_one_line(value->text, value->length))
		refuse_value(loader, row, value);
	else
		*(const char **)target =
		    arena_text(loader->arena, value->text, value->length);
}

static void
rule_message_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const char *message = *(const char *const *)target;

	if (message != NULL)
		print_string(printer, row->name, message);
}

const struct schema_type type_rule_message = {
    .read = rule_message_read, .print = rule_message_print};

static void
even_proxies_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct rule_settings *rule = target;

	type_boolean.read(loader, row, value, &rule->even_proxies);
}

static void
even_proxies_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct rule_settings *rule = target;

	if (rule->kind == RULE_ALLOW)
		type_boolean.print(printer, row, &rule->even_proxies);
}

static void
even_proxies_values(const struct schema_row *row, char *text, size_t size)
{
	type_boolean.values(row, text, size);
}

const struct schema_type type_even_proxies = {.read = even_proxies_read,
    .print = even_proxies_print,
    .values = even_proxies_values};

/* ---- rules ---- */

/* Exactly one of allow, deny and verdict, and lists with the last alone. */
static bool
settle_kind(
    struct loader *loader, const struct node *value, const struct given *given)
{
	const struct node *first = NULL;
	const struct node *lists = given->keys[RULE_ROW_LISTS];

	for (unsigned row = RULE_ROW_ALLOW; row <= RULE_ROW_VERDICT; row++) {
		const struct node *key = given->keys[row];

		if (key == NULL)
			continue;
		if (first != NULL) {
			report_error(loader->report, key->place,
			    "a rule has one of allow, deny and verdict");
			return false;
		}
		first = key;
	}
	if (first == NULL)
		report_error(loader->report, value->place,
		    "a rule needs one of allow, deny and verdict");
	else if (first == given->keys[RULE_ROW_VERDICT] && lists == NULL)
		report_error(loader->report, value->place,
		    "a verdict needs 'lists': whom it is for");
	else if (first != given->keys[RULE_ROW_VERDICT] && lists != NULL)
		report_error(loader->report, lists->place,
		    "'lists' goes with 'verdict' alone");
	return first != NULL;
}

static void
name_by_number(struct loader *loader, struct rule_settings *rule, size_t number)
{
	char name[NAME_MAX_LENGTH + 32];
	int length;

	if (rule->named || rule->verdict == NULL)
		return;
	length = snprintf(name, sizeof(name), "%s-%zu", rule->verdict, number);
	rule->name = arena_text(loader->arena, name, (size_t)length);
}

static void
rule_check(struct loader *loader, const struct given *given,
    const struct rule_settings *rule)
{
	const struct node *even = given->keys[RULE_ROW_EVEN_PROXIES];

	if (even != NULL && rule->kind != RULE_ALLOW)
		report_error(loader->report, even->place,
		    "'even-proxies' goes with 'allow' alone: other rules "
		    "match proxies anyway");
	else if (even != NULL && rule->even_proxies)
		report_warning(loader->report, even->place,
		    "this rule allows what is only a proxy's own address: "
		    "whoever hides his own is let in");
	if (rule->lists.given && set_is_empty(&rule->lists))
		report_warning(loader->report, rule->lists.place,
		    "an empty list: this rule never matches");
}

static void
rule_read(struct loader *loader, const struct node *value,
    struct rule_settings *rule, size_t number)
{
	struct given given;

	rule->place = value->place;
	if (!object_read(loader, &object_rule, value, rule, &given) ||
	    !settle_kind(loader, value, &given))
		return;
	if (given.keys[RULE_ROW_VERDICT] != NULL)
		rule->kind = RULE_VERDICT;
	else
		rule->verdict = rule->kind == RULE_ALLOW ? "allow" : "deny";
	name_by_number(loader, rule, number);
	rule_check(loader, &given, rule);
}

static void
rules_read(struct loader *loader, const struct schema_row *row,
    const struct node *value, void *target)
{
	struct policy_settings *policy = target;
	size_t number = 0;

	if (value->kind != NODE_SEQUENCE) {
		refuse_value(loader, row, value);
		return;
	}
	if (value->count > RULES_MAX) {
		report_error(loader->report, value->place,
		    "'%s' holds at most %d, not %zu", row->name, RULES_MAX,
		    value->count);
		return;
	}
	policy->rules =
	    arena_alloc(loader->arena, value->count, sizeof(*policy->rules));
	policy->rule_count = policy->rules == NULL ? 0 : value->count;
	if (policy->rules == NULL)
		return;
	for (const struct node *item = value->child; item != NULL;
	     item = item->next, number++)
		rule_read(loader, item, &policy->rules[number], number + 1);
}

static void
rules_print(
    struct printer *printer, const struct schema_row *row, const void *target)
{
	const struct policy_settings *policy = target;

	print_items(printer, row->name, &object_rule, policy->rules,
	    policy->rule_count, sizeof(*policy->rules));
}

const struct schema_type type_rules = {
    .read = rules_read, .print = rules_print};
