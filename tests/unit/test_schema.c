/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/like.h"
#include "conf/load/schema.h"
#include "tests/unit/conf_tools.h"

/* ---- print and read again ---- */

/* Each word that a key takes is printed as it was read. */
static void
try_word(const char *before, const struct schema_row *row,
    const struct schema_word *word, const char *after)
{
	char text[512], line[128];
	struct settings *settings;
	char *printed;

	snprintf(text, sizeof(text), "%s%s: %s%s", before, row->name,
	    word->text, after);
	snprintf(line, sizeof(line), "%s: %s\n", row->name, word->text);
	settings = load_good(text);
	printed = print_settings(settings);
	ck_assert_msg(strstr(printed, line) != NULL, "%s", text);
	free(printed);
	expect_same_again(settings);
	settings_unref(settings);
}

static const struct {
	const char *object;
	const char *before;
	const char *after;
} word_rows[] = {
    {"log", "policies: {p: {}}\nlog: {", "}"},
    {"a policy", "policies: {p: {", "}}"},
    {"proxy", "policies: {p: {proxy: {", "}}}"},
    {"ip", "policies: {p: {ip: {", "}}}"},
    {"conflict", "policies: {p: {conflict: [{a: {header: X}, b: {header: Y}, ",
	"}]}}"},
    {"forward", "policies: {p: {forward: {X-Forwarded-For: {", "}}}}"},
};

START_TEST(every_word_reads_again)
{
	for (size_t i = 0; i < schema_object_count; i++) {
		const struct schema_object *object = schema_objects[i];

		if (strcmp(object->name, word_rows[_i].object) != 0)
			continue;
		for (size_t k = 0; k < object->count; k++) {
			const struct schema_row *row = &object->rows[k];
			const struct schema_word *word = row->words;

			for (; word != NULL && word->text != NULL; word++)
				try_word(word_rows[_i].before, row, word,
				    word_rows[_i].after);
		}
	}
}
END_TEST

/* ---- the tables ---- */

START_TEST(rows_are_complete)
{
	for (size_t i = 0; i < schema_object_count; i++) {
		const struct schema_object *object = schema_objects[i];

		ck_assert_uint_le(object->count, OBJECT_ROWS_MAX);
		ck_assert_ptr_nonnull(object->about);
		for (size_t k = 0; k < object->count; k++) {
			const struct schema_row *row = &object->rows[k];
			char values[VALUES_SIZE];

			ck_assert_msg(row->name != NULL && row->about != NULL &&
					  row->type != NULL,
			    "%s, row %zu", object->name, k);
			schema_values(row, values);
			ck_assert_msg(
			    !schema_is_built(row) || values[0] != '\0',
			    "%s: %s", object->name, row->name);
			for (size_t j = 0; j < k; j++)
				ck_assert_str_ne(
				    object->rows[j].name, row->name);
		}
	}
}
END_TEST

START_TEST(manual_names_every_key)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(stream);
	schema_print_manual(stream);
	ck_assert_int_eq(fclose(stream), 0);
	for (size_t i = 0; i < schema_object_count; i++)
		for (size_t k = 0; k < schema_objects[i]->count; k++) {
			char line[64];

			snprintf(line, sizeof(line), "\n.It Cm %s\n",
			    schema_objects[i]->rows[k].name);
			ck_assert_msg(strstr(text, line) != NULL, "%s", line);
		}
	ck_assert_ptr_nonnull(strstr(text,
	    "\n.It Cm threads\n"
	    "Workers, each with an event loop of its own; auto is one a core.\n"
	    "Takes auto or a number from 1 to 256; the default is auto.\n"));
	free(text);
}
END_TEST

START_TEST(printed_reads_again)
{
	for (size_t i = 0; i < like_file_count; i++) {
		char text[256];
		struct settings *settings;

		snprintf(text, sizeof(text),
		    "lists: {\"-\": [\"::1\"], 'null': 192.0.2.1, \"0\": []}\n"
		    "policies: {'null': {like: %s, trust: [\"-\"]}}",
		    like_files[i].name);
		settings = load_good(text);
		expect_same_again(settings);
		settings_unref(settings);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("schema");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, every_word_reads_again, 0, COUNT(word_rows));
	tcase_add_test(all, printed_reads_again);
	tcase_add_test(all, rows_are_complete);
	tcase_add_test(all, manual_names_every_key);
	tcase_set_timeout(all, 30);
	suite_add_tcase(suite, all);
	return run_tests(suite);
}
