/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/explain_private.h"

#include <stdlib.h>

/* The explanation for people. */

static size_t
pairs_size(const struct explain_pair *pairs, size_t count)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		size += strlen(pairs[i].name) + strlen(pairs[i].value) + 4;
	return size;
}

/* Control bytes of a client do not reach the terminal. */
static void
print_clean(FILE *stream, struct view text)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char byte = (unsigned char)text.data[i];

		if (byte < 0x20 || byte == 0x7f)
			fprintf(stream, "\\x%02x", byte);
		else
			fputc(byte, stream);
	}
}

static const char *
question_read(struct explain *explain, const struct explain_question *question)
{
	struct request *request = explain->request;
	const char *wrong = NULL;

	if (question->policy) {
		struct sample name = {
		    .kind = SAMPLE_TEXT, .text = view_of(question->policy)};

		request_add(request, VIEW("policy"), &name);
	}
	if (question->peer)
		wrong = explain_peer(explain, view_of(question->peer));
	if (!wrong && question->proxy)
		wrong = explain_proxy(
		    explain, strcmp(question->proxy, "unknown") == 0
				 ? (struct view){0}
				 : view_of(question->proxy));
	for (size_t i = 0; i < question->header_count; i++)
		request_add_line(request, view_of(question->headers[i].name),
		    view_of(question->headers[i].value));
	for (size_t i = 0; i < question->argument_count; i++) {
		struct sample value = {.kind = SAMPLE_TEXT,
		    .text = view_of(question->arguments[i].value)};

		request_add(
		    request, view_of(question->arguments[i].name), &value);
	}
	return wrong;
}

static void
print_step(const struct trace_step *step, FILE *stream)
{
	char text[ADDRESS_TEXT_SIZE] = "";

	fputs("  ", stream);
	if (step->kind != TRACE_NOTE) {
		fprintf(stream, "%s: trusted, by %.*s\n",
		    explain_address(&step->address, text),
		    (int)step->list.length, step->list.data);
		return;
	}
	if (step->name.length > 0) {
		print_clean(stream, step->name);
		fputs(": ", stream);
	}
	if (step->address.family != ADDRESS_NONE)
		fprintf(stream, "%s: ", explain_address(&step->address, text));
	fprintf(stream, "%s\n", step->text);
}

struct printer {
	FILE *stream;
	const char *scope;
};

static void
print_name(const struct printer *printer, enum variable variable)
{
	fprintf(printer->stream, "  %s.truesrc.%s = ", printer->scope,
	    variable_name(variable));
}

static void
print_text(
    const struct printer *printer, enum variable variable, struct view text)
{
	if (!text.data)
		return;
	print_name(printer, variable);
	print_clean(printer->stream, text);
	fputc('\n', printer->stream);
}

static void
print_boolean(
    const struct printer *printer, enum variable variable, bool boolean)
{
	print_text(printer, variable, boolean ? VIEW("true") : VIEW("false"));
}

static void
print_number(
    const struct printer *printer, enum variable variable, unsigned number)
{
	print_name(printer, variable);
	fprintf(printer->stream, "%u\n", number);
}

static void
print_address(const struct printer *printer, enum variable variable,
    const struct address *address)
{
	char text[ADDRESS_TEXT_SIZE];

	if (address->family == ADDRESS_NONE)
		return;
	address_format(address, text);
	print_text(printer, variable, view_of(text));
}

static void
print_flags(const struct printer *printer, uint32_t flags)
{
	char text[FLAGS_TEXT_SIZE];

	if (flags_format(flags, text) > 0)
		print_text(printer, VARIABLE_FLAGS, view_of(text));
}

static void
print_variables(const struct printer *printer, const struct answer *answer)
{
	print_boolean(printer, VARIABLE_OK, answer->ok);
	print_boolean(printer, VARIABLE_ALLOWED, answer->allowed);
	print_text(printer, VARIABLE_VERDICT, answer->verdict);
	print_text(printer, VARIABLE_WOULD_VERDICT, answer->would_verdict);
	print_address(printer, VARIABLE_CLIENT_IP, &answer->client_ip);
	print_address(printer, VARIABLE_CLIENT_NET, &answer->client_net);
	if (answer->ok) {
		print_boolean(printer, VARIABLE_PROVEN, answer->proven);
		print_boolean(printer, VARIABLE_TRUSTED, answer->trusted);
	}
	print_text(printer, VARIABLE_SOURCE, answer->source);
	if (answer->ok)
		print_number(printer, VARIABLE_HOPS, answer->hops);
	print_text(printer, VARIABLE_RULE, answer->rule);
	print_text(printer, VARIABLE_LIST, answer->list);
	if (answer->status != 0)
		print_number(
		    printer, VARIABLE_STATUS, (unsigned)answer->status);
	print_text(printer, VARIABLE_MESSAGE, answer->message);
	print_flags(printer, answer->flags);
	for (unsigned i = 0; i < FORWARD_COUNT; i++)
		print_text(printer, (enum variable)(VARIABLE_FWD_FOR + i),
		    answer->forward[i]);
	print_text(printer, VARIABLE_ERROR, answer->error);
}

static const char *
scope_of(const struct policy *policy)
{
	if (!policy)
		return "txn";
	switch (policy_settings(policy)->scope) {
	case SCOPE_SESS:
		return "sess";
	case SCOPE_REQ:
		return "req";
	case SCOPE_TXN:
		break;
	}
	return "txn";
}

bool
explain_print(struct explain *explain, const struct explain_question *question,
    FILE *stream)
{
	size_t bytes =
	    1024 + pairs_size(question->headers, question->header_count) +
	    pairs_size(question->arguments, question->argument_count);
	const struct policy *policy;
	struct answer answer;
	const char *wrong;

	if (!explain_begin(explain, bytes)) {
		fputs("out of memory\n", stream);
		return false;
	}
	wrong = question_read(explain, question);
	if (wrong) {
		fprintf(stream, "%s\n", wrong);
		return false;
	}
	explain_evaluate(explain, &answer, &policy);
	fprintf(stream, "policy %s\n",
	    policy ? policy_settings(policy)->name : "(none)");
	if (explain->trace.count > 0)
		fputs("walk and rules\n", stream);
	for (unsigned i = 0; i < explain->trace.count; i++)
		print_step(&explain->trace.steps[i], stream);
	fputs("what the agent knows (sent is what the policy's \"return\" "
	      "names)\n",
	    stream);
	print_variables(&(struct printer){stream, scope_of(policy)}, &answer);
	return answer.ok;
}
