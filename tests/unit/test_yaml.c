/* SPDX-License-Identifier: Apache-2.0 */

#include "conf/load/yaml.h"
#include "tests/unit/conf_tools.h"

struct reading {
	struct arena arena;
	struct report report;
	const struct node *root;
	char *text;
};

static void
read_view(struct reading *reading, struct view text)
{
	arena_init(&reading->arena);
	report_init(&reading->report);
	reading->text = exact_copy(text);
	reading->root = yaml_read(
	    &reading->arena, "t", reading->text, text.length, &reading->report);
}

static void
finish(struct reading *reading)
{
	report_fini(&reading->report);
	arena_fini(&reading->arena);
	free(reading->text);
}

static const struct node *
item(const struct node *sequence, size_t index)
{
	const struct node *node = sequence->child;

	ck_assert_uint_lt(index, sequence->count);
	for (; index > 0; index--)
		node = node->next;
	return node;
}

static const struct node *
value(const struct node *mapping, const char *key)
{
	const struct node *found = node_key(mapping, key);

	ck_assert_msg(found != NULL, "no key %s", key);
	return found->value;
}

static void
expect_place(const struct node *node, unsigned line, unsigned column)
{
	ck_assert_str_eq(node->place.file, "t");
	ck_assert_uint_eq(node->place.line, line);
	ck_assert_uint_eq(node->place.column, column);
}

START_TEST(tree_and_places)
{
	static const char text[] = "# é\n"
				   "a: [x, 'y z', \"\\u00e9\"]\n"
				   "b:\n"
				   "  - {c: 1, d: }\n"
				   "  -   é: ü, ö\n"
				   "      f: g\n"
				   "\"h\": |\n"
				   "  two\n"
				   "  lines\n";
	struct reading reading;
	const struct node *root, *a, *b;

	read_view(&reading, VIEW(text));
	ck_assert_uint_eq(reading.report.count, 0);
	root = reading.root;
	ck_assert_int_eq(root->kind, NODE_MAPPING);
	ck_assert_uint_eq(root->count, 3);
	expect_place(root, 2, 1);
	a = value(root, "a");
	ck_assert_int_eq(a->kind, NODE_SEQUENCE);
	ck_assert_uint_eq(a->count, 3);
	expect_place(a, 2, 4);
	ck_assert_str_eq(item(a, 0)->text, "x");
	ck_assert(item(a, 0)->plain);
	expect_place(item(a, 0), 2, 5);
	ck_assert_str_eq(item(a, 1)->text, "y z");
	ck_assert(!item(a, 1)->plain);
	expect_place(item(a, 1), 2, 8);
	ck_assert_str_eq(item(a, 2)->text, "é");
	ck_assert_uint_eq(item(a, 2)->length, 2);
	expect_place(item(a, 2), 2, 15);
	b = value(root, "b");
	ck_assert_uint_eq(b->count, 2);
	expect_place(b, 4, 3);
	expect_place(item(b, 0), 4, 5);
	ck_assert(node_is_empty(value(item(b, 0), "d")));
	ck_assert_str_eq(value(item(b, 1), "é")->text, "ü, ö");
	expect_place(value(item(b, 1), "é"), 5, 10);
	expect_place(node_key(item(b, 1), "f"), 6, 7);
	ck_assert_str_eq(value(root, "h")->text, "two\nlines\n");
	ck_assert(!value(root, "h")->plain);
	ck_assert_ptr_null(node_key(root, "i"));
	finish(&reading);
}
END_TEST

/* What is there, and what the report says of it. */
static const struct {
	struct view text;
	const char *report;
	bool whole; /* there is a tree all the same */
} rows[] = {
    {TEXT("a: 1"), "", true},
    {TEXT("\xef\xbb\xbf"
	  "a: 1\r\nb: 2\r\n"),
	"", true},
    {TEXT("a: 1\rb: [\r"), "t:3:1: error: a value is missing here\n", false},
    {TEXT("%YAML 1.1\n---\na: 1\n...\n"), "", true},
    {TEXT(""), "t:1:1: error: the file is empty\n", false},
    {TEXT("\xef\xbb\xbf"), "t:1:1: error: the file is empty\n", false},
    {TEXT(" \n# c\n"), "t:1:1: error: the file is empty\n", false},
    {TEXT("--- ~\n"), "t:1:1: error: the file is empty\n", false},
    {TEXT("a: &b 1"),
	"t:1:4: error: anchors are not taken: write the value out\n", true},
    {TEXT("a: &b [1]"),
	"t:1:4: error: anchors are not taken: write the value out\n", true},
    {TEXT("a: &b {c: 1}"),
	"t:1:4: error: anchors are not taken: write the value out\n", true},
    {TEXT("a: *b"),
	"t:1:4: error: aliases are not taken: write the value out\n", true},
    {TEXT("*b : a"),
	"t:1:1: error: aliases are not taken: write the value out\n", true},
    {TEXT("a: !b 1"),
	"t:1:4: error: tags are not taken: every key knows its type\n", true},
    {TEXT("a: !!seq [1]"),
	"t:1:4: error: tags are not taken: every key knows its type\n", true},
    {TEXT("!!map {a: 1}"),
	"t:1:1: error: tags are not taken: every key knows its type\n", true},
    {TEXT("%TAG ! x:\n---\na: 1"), "t:1:1: error: tags are not taken\n", true},
    {TEXT("<<: {a: 1}"),
	"t:1:1: error: merge keys are not taken: write the keys out\n", true},
    {TEXT("\"<<\": {a: 1}"), "", true},
    {TEXT("{a: 1, : 2}"), "t:1:8: error: a value is missing here\n", false},
    {TEXT("\"\": 1"), "t:1:1: error: a key is missing\n", true},
    {TEXT("? [a]\n: 1"),
	"t:1:3: error: a key is a word, not a sequence or a mapping\n", true},
    {TEXT("a: 1\nb: 2\na: 3\na: 4\n"),
	"t:3:1: error: 'a' is written twice; first at 1:1\n"
	"t:4:1: error: 'a' is written twice; first at 1:1\n",
	true},
    {TEXT("a: {b: 1, 'b': 2}"),
	"t:1:11: error: 'b' is written twice; first at 1:5\n", true},
    {TEXT("a: 1\n---\nb: 2\n"),
	"t:2:1: error: a second document: one file is one\n", false},
    {TEXT("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"), "", true},
    {TEXT("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"),
	"t:1:17: error: nested more than 16 deep\n", false},
    {TEXT("a: \xff"), "t:1:4: error: this is not UTF-8\n", false},
    {TEXT("é: \xc0\x80"), "t:1:4: error: this is not UTF-8\n", false},
    {TEXT("a:\r\n \xed\xa0\x80"), "t:2:2: error: this is not UTF-8\n", false},
    {TEXT("a:\n\n \xf4\x90\x80\x80"), "t:3:2: error: this is not UTF-8\n",
	false},
    {TEXT("a: \xe2\x82"), "t:1:4: error: this is not UTF-8\n", false},
    {TEXT("\xff\xfe"
	  "a\0"),
	"t:1:1: error: this is not UTF-8\n", false},
    {TEXT("a: \0"), "t:1:4: error: the character U+0000 cannot stand here\n",
	false},
    {TEXT("a: \x7f"), "t:1:4: error: the character U+007F cannot stand here\n",
	false},
    {TEXT("a: \xc2\x85"),
	"t:1:4: error: the character U+0085 cannot stand here\n", false},
    {TEXT("a: \xe2\x80\xa9"),
	"t:1:4: error: the character U+2029 cannot stand here\n", false},
    {TEXT("a: \xef\xbb\xbf"),
	"t:1:4: error: the character U+FEFF cannot stand here\n", false},
    {TEXT("a: \"\\0\""),
	"t:1:4: error: the character U+0000 cannot stand in a value\n", true},
    {TEXT("a: \"\\N\""),
	"t:1:4: error: the character U+0085 cannot stand in a value\n", true},
    {TEXT("\"\\x1b\": 1"),
	"t:1:1: error: the character U+001B cannot stand in a value\n", true},
    {TEXT("a: [::1]"),
	"t:1:5: error: YAML takes the colons of ::1 for its own: put it in "
	"quotes, \"::1\"\n",
	true},
    {TEXT("é: [::1, a, ::]\nb: {c: ::1/128}\n"),
	"t:1:5: error: YAML takes the colons of ::1 for its own: put it in "
	"quotes, \"::1\"\n"
	"t:1:13: error: YAML takes the colons of :: for its own: put it in "
	"quotes, \"::\"\n"
	"t:2:8: error: YAML takes the colons of ::1/128 for its own: put it "
	"in quotes, \"::1/128\"\n",
	true},
    {TEXT("a: [::]:9000\nb: 1\nb: 2\n"),
	"t:1:4: error: YAML takes the colons of [::]:9000 for its own: put it "
	"in quotes, \"[::]:9000\"\n"
	"t:3:1: error: 'b' is written twice; first at 2:1\n",
	true},
    {TEXT("- a: [fe80::1]:9000\n  b: c\n"),
	"t:1:6: error: YAML takes the colons of [fe80::1]:9000 for its own: "
	"put it in quotes, \"[fe80::1]:9000\"\n",
	true},
    {TEXT("a: {b: [fe80::1]:9000, c: d}\n"),
	"t:1:8: error: YAML takes the colons of [fe80::1]:9000 for its own: "
	"put it in quotes, \"[fe80::1]:9000\"\n",
	true},
    {TEXT("a: [2001:db8::, b]"),
	"t:1:5: error: YAML takes the colons of 2001:db8:: for its own: put "
	"it in quotes, \"2001:db8::\"\n",
	true},
    {TEXT("a: 2001:db8::\n"),
	"t:1:4: error: YAML takes the colons of 2001:db8:: for its own: put "
	"it in quotes, \"2001:db8::\"\n",
	true},
    {TEXT("a: [b: c: d]"),
	"t:1:9: error: ',' or ']' is missing; '[' stands at 1:4\n", false},
    {TEXT("a: [b\n"),
	"t:2:1: error: ',' or ']' is missing; '[' stands at 1:4\n", false},
    {TEXT("a: {b: c\nd: e\n"),
	"t:2:2: error: ',' or '}' is missing; '{' stands at 1:4\n", false},
    {TEXT("a: ]"), "t:1:4: error: a value is missing here\n", false},
    {TEXT("a:\n  b: c\n d: e\n"),
	"t:3:2: error: this does not fit into the mapping that begins at 1:1\n",
	false},
    {TEXT("- a\nb: c\n"),
	"t:2:1: error: this does not fit into the sequence that begins at "
	"1:1\n",
	false},
    {TEXT("a: b\n c: d\n"),
	"t:2:3: error: ':' cannot stand here: check the indentation, or quote "
	"the text\n",
	false},
    {TEXT("a: 1\nb\nc: d\n"), "t:2:1: error: no ':' follows this key\n", false},
    {TEXT("a:\n\tb: c\n"), "t:2:1: error: a tab cannot indent: use blanks\n",
	false},
    {TEXT("a: 'b\nc: d\n"), "t:1:4: error: this quote is never closed\n",
	false},
    {TEXT("a: `b`\n"),
	"t:1:4: error: no value begins with this character: quote the text\n",
	false},
    {TEXT("a: \"b\" c\n"),
	"t:1:8: error: this does not fit into the mapping that begins at 1:1\n",
	false},
    {TEXT("a: |x\n"),
	"t:1:5: error: bad YAML: did not find expected comment or line "
	"break\n",
	false},
};

START_TEST(report_is_exact)
{
	struct reading reading;

	read_view(&reading, rows[_i].text);
	ck_assert_msg((reading.root != NULL) == rows[_i].whole, "row %d", _i);
	expect_report(&reading.report, rows[_i].report);
	finish(&reading);
}
END_TEST

/* Every start of every text: no crash, and bad ones always say why. */
START_TEST(cut_anywhere)
{
	for (size_t length = 0; length < rows[_i].text.length; length++) {
		struct view text = {rows[_i].text.data, length};
		struct reading reading;

		read_view(&reading, text);
		EXPECT(reading.root != NULL || reading.report.errors > 0,
		    "row %d cut at %zu", _i, length);
		finish(&reading);
	}
}
END_TEST

/* begin, then part so many times; to be freed. */
static char *
repeated(const char *begin, const char *part, size_t count)
{
	size_t length = strlen(part);
	char *text = malloc(strlen(begin) + count * length + 1);
	char *end = text + strlen(begin);

	ck_assert_ptr_nonnull(text);
	strcpy(text, begin);
	for (size_t i = 0; i < count; i++, end += length)
		memcpy(end, part, length + 1);
	return text;
}

/* Large and hostile; the time limit is check's. */
static const struct {
	const char *begin;
	const char *part;
	size_t count;
	const char *report; /* how it begins */
} large[] = {
    {"", "[", 200000, "t:1:17: error: nested more than 16 deep\n"},
    {"", "{a: ", 200000, "t:1:65: error: nested more than 16 deep\n"},
    {"", "- ", 200000, "t:1:33: error: nested more than 16 deep\n"},
    {"", "? ", 200000, "t:1:3: error: a key is a word"},
    {"[", "a,", 200001, "t:1:400000: error: more than 200000 nodes"},
    {"[", "a,", 199999, "t:2:1: error: a value is missing here\n"},
    {"", "a: 1\n", 99999, "t:2:1: error: 'a' is written twice"},
    {"a: [", "::1, ", 100000, "t:1:5: error: YAML takes the colons of ::1"},
    {"a: [", ":", 1000000, ""},
    {"# ", " ", 16 * 1024 * 1024, "t: error: larger than 16 MiB\n"},
    {"a: &a [x, x]\n", "b: &b [*a, *a, *a, *a]\n", 10000,
	"t:1:4: error: anchors"},
};

START_TEST(large_is_quick)
{
	char *text = repeated(large[_i].begin, large[_i].part, large[_i].count);
	struct reading reading;
	char *said;

	read_view(&reading, view_of(text));
	said = report_text(&reading.report);
	ck_assert_msg(
	    strncmp(said, large[_i].report, strlen(large[_i].report)) == 0,
	    "row %d: %.200s", _i, said);
	free(said);
	finish(&reading);
	free(text);
}
END_TEST

START_TEST(sixteen_heals_and_then_the_error)
{
	char *text = repeated("a: [", "::1, ", 20);
	struct reading reading;

	read_view(&reading, view_of(text));
	ck_assert_ptr_null(reading.root);
	ck_assert_uint_eq(reading.report.errors, 17);
	ck_assert_str_eq(
	    reading.report.entries[16].text, "a value is missing here");
	ck_assert_uint_eq(reading.report.entries[16].place.column, 85);
	finish(&reading);
	free(text);
}
END_TEST

START_TEST(shown_in_messages)
{
#define LONG                                   \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	struct view text =
	    VIEW("a: [b, 'b', ~, null, \"\", [], [c], {}, " LONG "éxxxxxxxx]");
	static const char *const expected[] = {"'b'", "\"b\"", "nothing",
	    "nothing", "nothing", "an empty sequence", "a sequence",
	    "a mapping", "'" LONG "…'"};
	struct reading reading;
	char shown[SHOWN_SIZE];

	read_view(&reading, text);
	ck_assert_uint_eq(reading.report.count, 0);
	for (size_t i = 0; i < (size_t)COUNT(expected); i++)
		ck_assert_str_eq(
		    node_shown(item(value(reading.root, "a"), i), shown),
		    expected[i]);
	finish(&reading);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("yaml");
	TCase *all = tcase_create("all");
	TCase *hostile = tcase_create("hostile");

	tcase_add_test(all, tree_and_places);
	tcase_add_loop_test(all, report_is_exact, 0, COUNT(rows));
	tcase_add_loop_test(all, cut_anywhere, 0, COUNT(rows));
	tcase_add_test(all, sixteen_heals_and_then_the_error);
	tcase_add_test(all, shown_in_messages);
	suite_add_tcase(suite, all);
	tcase_set_timeout(hostile, 20);
	tcase_add_loop_test(hostile, large_is_quick, 0, COUNT(large));
	suite_add_tcase(suite, hostile);
	return run_tests(suite);
}
