/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/compiled.h"

/* Rules, default, unknown and mode: what is done about the address. */

static bool
rule_applies(const struct compiled_rule *rule, const struct answer *answer)
{
	const uint32_t proxy = UINT32_C(1) << FLAG_ANSWER_IS_A_PROXY |
			       UINT32_C(1) << FLAG_ALL_TRUSTED;

	return rule->settings->kind != RULE_ALLOW ||
	       rule->settings->even_proxies || !(answer->flags & proxy);
}

static const struct compiled_rule *
rule_find(const struct policy *policy, const struct answer *answer,
    uint64_t bits, struct trace *trace)
{
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct compiled_rule *rule = &policy->rules[i];

		if (!set_holds(&rule->lists, bits)) {
			trace_note(
			    trace, "rule does not match", rule->name, NULL);
		} else if (!rule_applies(rule, answer)) {
			trace_note(trace,
			    "rule passed over: the address is only a proxy's",
			    rule->name, NULL);
		} else {
			trace_note(trace, "rule matches", rule->name, NULL);
			return rule;
		}
	}
	return NULL;
}

static struct view
rules_decide(
    const struct policy *policy, struct answer *answer, struct trace *trace)
{
	uint64_t bits;
	const struct compiled_rule *rule;

	if (answer->client_ip.family == ADDRESS_NONE) {
		answer->rule = VIEW("unknown");
		return policy->unknown;
	}
	bits = table_lookup(policy->rule_table, &answer->client_ip);
	rule = rule_find(policy, answer, bits, trace);
	if (!rule) {
		answer->rule = VIEW("default");
		return policy->default_;
	}
	answer->rule = rule->name;
	answer->list = set_holder(&rule->lists, bits, &answer->client_ip);
	answer->status = rule->settings->status;
	if (rule->settings->message)
		answer->message = view_of(rule->settings->message);
	return rule->verdict;
}

void
verdict_decide(const struct policy *policy, struct answer *answer,
    bool rejected, struct trace *trace)
{
	struct view verdict =
	    rejected ? VIEW("reject") : rules_decide(policy, answer, trace);

	answer->ok = true;
	answer->verdict = verdict;
	if (policy->settings->mode != MODE_ENFORCE)
		answer->verdict = VIEW("allow");
	if (policy->settings->mode == MODE_SHADOW)
		answer->would_verdict = verdict;
	answer->allowed = view_equal(answer->verdict, VIEW("allow"));
}
