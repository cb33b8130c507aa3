/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/compiled.h"

/* The steps of semantics in their order: peer, conflicts, sources, answer. */

static struct outcome
sources_ask(struct evaluation *evaluation)
{
	const struct policy *policy = evaluation->policy;

	for (size_t i = 0; i < policy->source_count; i++) {
		const struct compiled_source *source = &policy->sources[i];
		struct outcome outcome;

		evaluation->source_step = trace_position(evaluation->trace);
		if (!source_from_met(evaluation, source)) {
			trace_note(evaluation->trace,
			    "passed over: nobody in its \"from\" sent it",
			    source->name, NULL);
			continue;
		}
		outcome = source_pick(evaluation, source);
		if (outcome.kind != OUTCOME_NEXT) {
			evaluation->answered = source;
			if (source->settings->kind == SOURCE_PROXY &&
			    outcome.kind == OUTCOME_ADDRESS)
				outcome.reach = REACH_PROXY;
			return outcome;
		}
		trace_answered(evaluation->trace, evaluation->source_step,
		    trace_position(evaluation->trace), false);
	}
	return (struct outcome){.kind = OUTCOME_NEXT};
}

/* Is the peer in the first source's trust, by default the policy's? */
static bool
first_source_trusts(const struct evaluation *evaluation)
{
	const struct policy *policy = evaluation->policy;
	const struct compiled_set *trust = policy->source_count > 0
					       ? policy->sources[0].trust
					       : &policy->trust;

	if (trust->any_word)
		return true;
	if (evaluation->peer.family == ADDRESS_NONE)
		return trust->local;
	return set_holds(trust, evaluation->peer_bits);
}

static struct outcome
fallback(struct evaluation *evaluation)
{
	enum word word = evaluation->policy->settings->fallback;

	trace_note(evaluation->trace, "no source answered: fallback",
	    (struct view){0}, NULL);
	if (word != WORD_FARTHEST)
		return outcome_of_word(word);
	if (evaluation->farthest.family == ADDRESS_NONE ||
	    !first_source_trusts(evaluation))
		return outcome_of_word(WORD_PEER);
	evaluation->answered = evaluation->farthest_source;
	trace_answered(evaluation->trace, evaluation->farthest_first,
	    evaluation->farthest_last, true);
	return (struct outcome){.kind = OUTCOME_ADDRESS,
	    .address = evaluation->farthest,
	    .hops = evaluation->farthest_hops};
}

static void
flag_headers(struct evaluation *evaluation)
{
	const struct policy *policy = evaluation->policy;

	for (size_t i = 0; i < policy->source_count; i++) {
		const struct compiled_source *source = &policy->sources[i];

		if (source->settings->kind == SOURCE_HEADER &&
		    field_present(evaluation->request, source->input))
			raise_flag(
			    evaluation, FLAG_HEADERS_FROM_UNTRUSTED_PEER);
	}
}

static struct outcome
decide(struct evaluation *evaluation)
{
	struct outcome outcome;

	if (!peer_resolve(evaluation))
		return (struct outcome){.kind = OUTCOME_REJECT};
	if (!evaluation->trusted) {
		flag_headers(evaluation);
		return outcome_of_word(
		    evaluation->policy->settings->untrusted_peer);
	}
	if (conflict_found(evaluation))
		return (struct outcome){.kind = OUTCOME_REJECT};
	outcome = sources_ask(evaluation);
	if (outcome.kind == OUTCOME_NEXT)
		outcome = fallback(evaluation);
	return outcome;
}

/*
 * Proven: no client could have chosen the address. What only the word any
 * vouched for, anybody could have.
 */
static bool
is_proven(const struct evaluation *evaluation, const struct outcome *outcome)
{
	const uint32_t harmless = UINT32_C(1) << FLAG_ENTRIES_LEFT_OF_CLIENT |
				  UINT32_C(1) << FLAG_SEVERAL_LINES |
				  UINT32_C(1)
				      << FLAG_HEADERS_FROM_UNTRUSTED_PEER |
				  UINT32_C(1) << FLAG_PROXY_FROM_UNTRUSTED_PEER;
	const uint32_t several = UINT32_C(1) << FLAG_SEVERAL_LINES;
	const struct compiled_source *source = evaluation->answered;

	if (evaluation->policy->trust_any ||
	    (evaluation->unvouched && evaluation->by_proxy) ||
	    (evaluation->flags & ~harmless) != 0 ||
	    outcome->reach == REACH_OTHER)
		return false;
	if (outcome->kind != OUTCOME_ADDRESS || !source)
		return true;
	if ((source->settings->format == FORMAT_SINGLE ||
		source->settings->format == FORMAT_ADDR_PORT) &&
	    !evaluation->from_explicit)
		return false;
	return !((source->settings->lines == LINES_FIRST ||
		     source->settings->lines == LINES_LAST) &&
		 (evaluation->flags & several));
}

/* Who gave the answer; nobody, when a policy's own word refused one. */
static struct view
source_name(const struct evaluation *evaluation, const struct outcome *outcome)
{
	if (outcome->kind == OUTCOME_PEER)
		return evaluation->by_proxy ? VIEW("proxy") : VIEW("peer");
	if (evaluation->answered)
		return evaluation->answered->name;
	return (struct view){0};
}

static struct address
client_of(const struct evaluation *evaluation, const struct outcome *outcome)
{
	if (outcome->kind == OUTCOME_ADDRESS)
		return outcome->address;
	if (outcome->kind == OUTCOME_PEER)
		return evaluation->peer;
	return (struct address){0};
}

static struct address
client_net(const struct policy_settings *settings, struct address client)
{
	if (client.family == ADDRESS_IPV4)
		return address_mask(client, settings->v4_prefix);
	if (client.family == ADDRESS_IPV6)
		return address_mask(client, settings->v6_prefix);
	return client;
}

static void
answer_address(struct evaluation *evaluation, const struct outcome *outcome,
    struct answer *answer)
{
	const struct policy *policy = evaluation->policy;
	struct address client = client_of(evaluation, outcome);

	if (client.family != ADDRESS_NONE && !policy->trust_any &&
	    set_holds(&policy->trust, trust_lookup(evaluation, &client)))
		raise_flag(evaluation, FLAG_ANSWER_IS_A_PROXY);
	answer->client_ip = client;
	answer->client_net = client_net(policy->settings, client);
	answer->trusted = evaluation->trusted;
	answer->hops = outcome->hops;
	answer->source = source_name(evaluation, outcome);
	answer->flags = evaluation->flags;
	answer->proven =
	    client.family != ADDRESS_NONE && is_proven(evaluation, outcome);
}

/* The socket peer; false when there is none. */
static bool
peer_of(const struct policy *policy, const struct request *request,
    struct address *peer)
{
	*peer = policy->settings->peer_is_src ? request->src : request->peer;
	if (request->unix_peer && peer->family == ADDRESS_NONE)
		return true;
	return peer->family != ADDRESS_NONE &&
	       ip_accept(&policy->settings->ip, peer);
}

static void
refuse(struct answer *answer, struct view error)
{
	answer->error = error;
}

void
generation_evaluate(const struct generation *generation,
    struct request *request, struct answer *answer,
    const struct policy **policy, struct trace *trace)
{
	struct evaluation evaluation = {.request = request, .trace = trace};
	struct outcome outcome;

	*answer = (struct answer){0};
	*policy = generation_policy(generation, request->policy);
	if (request->error != REQUEST_GOOD) {
		refuse(answer, VIEW("bad-argument"));
		return;
	}
	if (!*policy) {
		refuse(answer, VIEW("no-policy"));
		return;
	}
	if (!peer_of(*policy, request, &evaluation.peer)) {
		refuse(answer, VIEW("no-peer"));
		return;
	}
	evaluation.policy = *policy;
	outcome = decide(&evaluation);
	answer_address(&evaluation, &outcome, answer);
	verdict_decide(*policy, answer, outcome.kind == OUTCOME_REJECT, trace);
	forward_decide(&evaluation, request, answer);
}
