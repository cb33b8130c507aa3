/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/request.h"

/*
 * What is known of a field's lines. With "headers" everything. With h.NAME and
 * its fellows a run of lines from the last one on; h.NAME.count says how many
 * there are. Without a count, lines beyond the run may exist; without a count
 * and without a line, the field is not there.
 */

static const struct field_input *
input_of(const struct request *request, int field)
{
	const struct field_input *input;

	if (field < 0)
		return NULL;
	input = &request->fields[field];
	return input->stamp == request->stamp ? input : NULL;
}

/* Lines without a gap, from the last one on. */
static unsigned
run_of_lines(const struct field_input *input)
{
	unsigned run = 0;

	while (run < LINES_BY_NAME_MAX && (input->mask >> run & 1))
		run++;
	return run;
}

static unsigned
highest_line(const struct field_input *input)
{
	unsigned highest = LINES_BY_NAME_MAX;

	while (highest > 0 && !(input->mask >> (highest - 1) & 1))
		highest--;
	return highest;
}

uint64_t
field_line_count(const struct request *request, int field, bool *known)
{
	const struct field_input *input = input_of(request, field);
	uint64_t highest;

	*known = true;
	if (!input)
		return 0;
	if (request->headers_sent)
		return input->appended;
	highest = highest_line(input);
	if (input->count < 0) {
		*known = highest == 0;
		return highest;
	}
	return (uint64_t)input->count > highest ? (uint64_t)input->count
						: highest;
}

bool
field_present(const struct request *request, int field)
{
	bool known;

	return field_line_count(request, field, &known) > 0;
}

void
field_lines_begin(
    struct field_lines *lines, const struct request *request, int field)
{
	lines->request = request;
	lines->input = input_of(request, field);
	lines->missing = false;
	lines->more = false;
	lines->next = 0;
	if (lines->input && request->headers_sent)
		lines->next = lines->input->last;
}

/* Why the run ends here: the last line there is, or one that was not sent. */
static bool
run_ends(struct field_lines *lines)
{
	const struct field_input *input = lines->input;
	uint64_t read = lines->next;

	if (input->count < 0) {
		lines->missing = input->mask != 0;
		lines->more = highest_line(input) > read;
	} else {
		lines->more =
		    (uint64_t)input->count > read || highest_line(input) > read;
		lines->missing = lines->more;
	}
	return false;
}

bool
field_lines_previous(struct field_lines *lines, struct view *line)
{
	const struct field_input *input = lines->input;

	if (!input)
		return false;
	if (lines->request->headers_sent) {
		const struct appended_line *appended;

		if (lines->next == 0)
			return false;
		appended = &lines->request->appended[lines->next - 1];
		lines->next = appended->previous;
		*line = view_trim(appended->value);
		return true;
	}
	if (lines->next >= run_of_lines(input))
		return run_ends(lines);
	*line = view_trim(input->lines[lines->next++]);
	return true;
}

bool
field_first_line(const struct request *request, int field, struct view *line)
{
	const struct field_input *input = input_of(request, field);
	bool known;
	uint64_t count = field_line_count(request, field, &known);

	if (!input || count == 0 || !known)
		return false;
	if (request->headers_sent) {
		*line = view_trim(request->appended[input->first - 1].value);
		return true;
	}
	if (count > LINES_BY_NAME_MAX || !(input->mask >> (count - 1) & 1))
		return false;
	*line = view_trim(input->lines[count - 1]);
	return true;
}

const struct sample *
request_argument(const struct request *request, int argument)
{
	static const struct sample absent = {.kind = SAMPLE_ABSENT};
	const struct argument_input *input;

	if (argument < 0)
		return &absent;
	input = &request->arguments[argument];
	return input->stamp == request->stamp ? &input->sample : &absent;
}
