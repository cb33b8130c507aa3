/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/compiled.h"

static void
trace_add(struct trace *trace, const struct trace_step *step)
{
	if (trace && trace->count < TRACE_STEPS_MAX)
		trace->steps[trace->count++] = *step;
}

void
trace_note(struct trace *trace, const char *text, struct view name,
    const struct address *address)
{
	struct trace_step step = {
	    .kind = TRACE_NOTE, .text = text, .name = name};

	if (address)
		step.address = *address;
	trace_add(trace, &step);
}

void
trace_trusted(
    struct trace *trace, const struct address *address, struct view list)
{
	struct trace_step step = {.kind = TRACE_TRUSTED, .list = list};

	if (address)
		step.address = *address;
	trace_add(trace, &step);
}

void
trace_answered(
    struct trace *trace, unsigned first, unsigned last, bool answered)
{
	enum trace_step_kind from = answered ? TRACE_PASSED : TRACE_TRUSTED;
	enum trace_step_kind to = answered ? TRACE_TRUSTED : TRACE_PASSED;

	for (unsigned i = first; trace && i < last; i++)
		if (trace->steps[i].kind == from)
			trace->steps[i].kind = to;
}
