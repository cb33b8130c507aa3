/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/compiled.h"

/*
 * Who the peer is, by what PROXY says and who sent it. The peer anchors all
 * trust: a header is worth what its sender is worth.
 */

static bool
holds_peer(const struct evaluation *evaluation, const struct compiled_set *set)
{
	if (set->any_word)
		return true;
	if (evaluation->peer.family == ADDRESS_NONE)
		return set->local;
	return set_holds(set, evaluation->peer_bits);
}

/* More than the word any vouches for the peer. */
static bool
vouched_for(const struct evaluation *evaluation, const struct compiled_set *set)
{
	if (evaluation->peer.family == ADDRESS_NONE)
		return set->local;
	return (evaluation->peer_bits & set->mask) != 0;
}

/* The source of a PROXY header that names a client: not UNKNOWN, not LOCAL. */
static struct address
proxy_source(const struct evaluation *evaluation)
{
	const struct request *request = evaluation->request;
	struct address source = request->src;

	if (!request->proxied || source.family == ADDRESS_NONE ||
	    !ip_accept(&evaluation->policy->settings->ip, &source) ||
	    address_equal(&source, &evaluation->peer))
		return (struct address){0};
	return source;
}

static void
peer_replace(struct evaluation *evaluation)
{
	evaluation->by_proxy = true;
	evaluation->peer = evaluation->proxy_source;
	evaluation->peer_bits = trust_lookup(evaluation, &evaluation->peer);
	trace_note(evaluation->trace, "PROXY protocol names the peer",
	    (struct view){0}, &evaluation->peer);
}

/* A PROXY header of a sender that nobody trusts is not there. */
static void
proxy_ignore(struct evaluation *evaluation)
{
	evaluation->proxy_source = (struct address){0};
	if (!evaluation->request->proxied)
		return;
	raise_flag(evaluation, FLAG_PROXY_FROM_UNTRUSTED_PEER);
	trace_note(evaluation->trace,
	    "PROXY protocol ignored: its sender is not trusted",
	    (struct view){0}, &evaluation->peer);
}

/* False: PROXY is required, or its kind is refused. */
static bool
proxy_apply(struct evaluation *evaluation)
{
	const struct policy *policy = evaluation->policy;
	const struct proxy_settings *proxy = &policy->settings->proxy;

	if (proxy->mode == PROXY_IGNORE)
		return true;
	if (!holds_peer(evaluation, policy->proxy_trust)) {
		proxy_ignore(evaluation);
		return true;
	}
	evaluation->unvouched = !vouched_for(evaluation, policy->proxy_trust);
	if (evaluation->proxy_source.family != ADDRESS_NONE) {
		peer_replace(evaluation);
		return true;
	}
	if (evaluation->request->proxied)
		return proxy->unknown != WORD_REJECT;
	return proxy->mode != PROXY_REQUIRE;
}

static void
trace_peer(const struct evaluation *evaluation)
{
	const struct compiled_set *trust = &evaluation->policy->trust;
	struct view holder;

	if (!evaluation->trace)
		return;
	if (!evaluation->trusted) {
		trace_note(evaluation->trace, "the peer is not trusted",
		    (struct view){0}, &evaluation->peer);
		return;
	}
	if (evaluation->peer.family == ADDRESS_NONE)
		holder = trust->local ? VIEW("unix") : VIEW("any");
	else
		holder =
		    set_holder(trust, evaluation->peer_bits, &evaluation->peer);
	trace_trusted(evaluation->trace, &evaluation->peer, holder);
}

bool
peer_resolve(struct evaluation *evaluation)
{
	bool accepted;

	evaluation->peer_bits = trust_lookup(evaluation, &evaluation->peer);
	evaluation->proxy_source = proxy_source(evaluation);
	accepted = proxy_apply(evaluation);
	evaluation->trusted =
	    holds_peer(evaluation, &evaluation->policy->trust);
	trace_peer(evaluation);
	if (!accepted)
		trace_note(evaluation->trace,
		    "refused: PROXY protocol is required to name a client",
		    (struct view){0}, NULL);
	return accepted;
}
