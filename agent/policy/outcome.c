/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/compiled.h"

/* What the words of a source come to; all picks share it. */

struct outcome
outcome_of_word(enum word word)
{
	switch (word) {
	case WORD_NEXT:
		break;
	case WORD_PEER:
		return (struct outcome){
		    .kind = OUTCOME_PEER, .reach = REACH_PEER};
	case WORD_NONE:
		return (struct outcome){.kind = OUTCOME_NONE};
	case WORD_REJECT:
		return (struct outcome){.kind = OUTCOME_REJECT};
	case WORD_STOP:
	case WORD_SKIP:
	case WORD_LEFTMOST:
	case WORD_FARTHEST:
		break;
	}
	return (struct outcome){.kind = OUTCOME_NEXT};
}

struct outcome
outcome_or_peer(enum word word)
{
	if (word == WORD_STOP || word == WORD_SKIP)
		word = WORD_PEER;
	return outcome_of_word(word);
}

enum word
entry_refused(struct evaluation *evaluation,
    const struct compiled_source *source, enum entry_kind kind)
{
	if (kind == ENTRY_EMPTY) {
		raise_flag(evaluation, FLAG_EMPTY_ENTRY);
		trace_note(
		    evaluation->trace, "an empty entry", source->name, NULL);
		return source->settings->on_empty;
	}
	raise_flag(evaluation, FLAG_INVALID_ENTRY);
	trace_note(evaluation->trace, "an entry that is no address",
	    source->name, NULL);
	return source->settings->on_invalid;
}
