/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/load/judge.h"

/* False: no question of this connection has that stream-id. */
static bool
sequence_of(const struct peer *peer, const struct run *run, uint64_t stream,
    uint64_t *sequence)
{
	unsigned step = run->options->connections;
	bool ours = stream % step == peer->index;

	if (peer->engine == ENGINE_3_4) {
		step = 2;
		ours = stream % 2 == 1;
	}
	*sequence = stream / step;
	return ours && *sequence < peer->next;
}

/*
 * Of the addresses that change either the even ones are listed, or the odd
 * ones. One connection belongs to one worker: it sees each change once.
 */
static const char *
see_side(const struct run *run, struct peer *peer, bool odd)
{
	enum side side = odd ? SIDE_ODD : SIDE_EVEN;

	if (peer->side != SIDE_UNKNOWN && peer->side != side)
		peer->turns++;
	peer->side = side;
	return peer->turns <= run->options->changes
		   ? NULL
		   : "verdict: the list changed more often than it did";
}

static const char *
compare(struct run *run, struct peer *peer, const struct ack *ack,
    const struct flight *flight)
{
	struct expected expected = flight->question->expected;
	uint64_t generation = ack_generation(ack);
	bool denied = ack_denied(ack);
	const char *fault;

	if (expected.changing != CHANGING_NOT)
		expected_choose(&expected, denied);
	fault = ack_compare(ack, &expected);
	if (fault != NULL || expected.error == ERROR_NO_POLICY)
		return fault;
	if (generation < peer->generation ||
	    !generations_live(
		&run->generations, generation, flight->floor, run->now)) {
		run->tally.dead++;
		run_complain(run, peer, "a generation that is not live",
		    flight->question);
		return NULL;
	}
	peer->generation = generation;
	if (expected.changing == CHANGING_NOT)
		return NULL;
	return see_side(
	    run, peer, denied == (expected.changing == CHANGING_ODD));
}

static void
judge(struct run *run, struct peer *peer, struct wire payload,
    const struct flight *flight)
{
	struct ack ack;
	const char *fault = ack_decode(&ack, payload);

	run->tally.answers++;
	if (fault != NULL) {
		run->tally.malformed++;
		run_complain(run, peer, fault, flight->question);
		return;
	}
	if (run->options->blind)
		return;
	fault = compare(run, peer, &ack, flight);
	if (fault == NULL)
		return;
	run->tally.wrong++;
	run_complain(run, peer, fault, flight->question);
}

void
judge_ack(struct run *run, struct peer *peer, uint64_t stream, uint64_t frame,
    struct wire payload)
{
	struct flight *flight;
	uint64_t sequence;

	if (frame != 1 || !sequence_of(peer, run, stream, &sequence)) {
		run->tally.misaddressed++;
		run_complain(run, peer, "an answer to nothing", NULL);
		return;
	}
	flight = &peer->flights[sequence & peer->mask];
	if (flight->question == NULL || flight->sequence != sequence) {
		run->tally.doubled++;
		run_complain(run, peer, "a second answer", NULL);
		return;
	}
	latency_add(
	    &run->latency, run->now > flight->due ? run->now - flight->due : 0);
	judge(run, peer, payload, flight);
	flight->question = NULL;
	peer->in_flight--;
	peer->answers++;
}
