/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/load/expected.h"

/* ---- words ---- */

struct word {
	const char *text;
	uint8_t length;
};

#define WORD(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}

static const struct word variables[VAR_COUNT] = {
    [VAR_OK] = WORD("ok"),
    [VAR_ALLOWED] = WORD("allowed"),
    [VAR_VERDICT] = WORD("verdict"),
    [VAR_CLIENT_IP] = WORD("client_ip"),
    [VAR_CLIENT_NET] = WORD("client_net"),
    [VAR_PROVEN] = WORD("proven"),
    [VAR_SOURCE] = WORD("source"),
    [VAR_RULE] = WORD("rule"),
    [VAR_FLAGS] = WORD("flags"),
    [VAR_GENERATION] = WORD("generation"),
    [VAR_WOULD_VERDICT] = WORD("would_verdict"),
    [VAR_ERROR] = WORD("error"),
};

static const struct word verdicts[] = {
    [VERDICT_NONE] = WORD(""),
    [VERDICT_ALLOW] = WORD("allow"),
    [VERDICT_DENY] = WORD("deny"),
    [VERDICT_REJECT] = WORD("reject"),
    [VERDICT_CAPTCHA] = WORD("captcha"),
};

static const struct word rules[] = {
    [RULE_NONE] = WORD(""),
    [RULE_DEFAULT] = WORD("default"),
    [RULE_ALLOW_1] = WORD("allow-1"),
    [RULE_CAPTCHA_2] = WORD("captcha-2"),
    [RULE_BLOCKED] = WORD("blocked"),
    [RULE_OFFICE] = WORD("office"),
};

static const struct word sources[] = {
    [SOURCE_NONE] = WORD(""),
    [SOURCE_PEER] = WORD("peer"),
    [SOURCE_PROXY] = WORD("proxy"),
    [SOURCE_FORWARDED_FOR] = WORD("x-forwarded-for"),
};

static const struct word errors[] = {
    [ERROR_NONE] = WORD(""),
    [ERROR_NO_PEER] = WORD("no-peer"),
    [ERROR_NO_POLICY] = WORD("no-policy"),
    [ERROR_BAD_ARGUMENT] = WORD("bad-argument"),
};

/* By their bits. */
static const struct word flag_words[] = {
    WORD("headers-from-untrusted-peer"),
    WORD("entries-left-of-client"),
    WORD("invalid-entry"),
    WORD("all-trusted"),
    WORD("incomplete"),
    WORD("several-lines"),
    WORD("proxy-from-untrusted-peer"),
    WORD("answer-is-a-proxy"),
};

enum { FLAG_WORDS = sizeof(flag_words) / sizeof(flag_words[0]) };

static bool
is_word(const uint8_t *bytes, uint64_t length, const struct word *word)
{
	return length == word->length && memcmp(bytes, word->text, length) == 0;
}

/* ---- what is expected ---- */

static uint16_t
bit(enum variable variable)
{
	return (uint16_t)(1U << variable);
}

static uint16_t
bit_if(bool condition, enum variable variable)
{
	return condition ? bit(variable) : 0;
}

void
expected_complete(struct expected *expected)
{
	const uint16_t silent = bit(VAR_FLAGS) | bit(VAR_WOULD_VERDICT) |
				bit(VAR_ERROR) | bit(VAR_CLIENT_IP) |
				bit(VAR_CLIENT_NET) | bit(VAR_SOURCE) |
				bit(VAR_RULE);
	bool address = expected->client.family != 0;

	expected->ok = expected->error == ERROR_NONE;
	expected->allowed = expected->verdict == VERDICT_ALLOW;
	expected->set = bit(VAR_OK) | bit(VAR_ALLOWED);
	if (expected->error != ERROR_NO_POLICY)
		expected->set |= bit(VAR_GENERATION);
	expected->unset = 0;
	if (!expected->ok) {
		expected->set |= bit(VAR_ERROR);
		return;
	}
	expected->set |= bit(VAR_VERDICT) | bit(VAR_PROVEN);
	expected->set |= bit_if(address, VAR_CLIENT_IP);
	expected->set |= bit_if(address, VAR_CLIENT_NET);
	expected->set |= bit_if(expected->source != SOURCE_NONE, VAR_SOURCE);
	expected->set |= bit_if(expected->rule != RULE_NONE, VAR_RULE);
	expected->set |= bit_if(expected->flags != 0, VAR_FLAGS);
	if (expected->scope == SCOPE_SESS)
		expected->unset = silent & (uint16_t)~expected->set;
}

void
expected_choose(struct expected *expected, bool denied)
{
	expected->verdict = denied ? VERDICT_DENY : VERDICT_ALLOW;
	expected->rule = denied ? RULE_BLOCKED : RULE_DEFAULT;
	expected->allowed = !denied;
}

/* ---- decoding ---- */

/* They come in much the same order each time: the next one is tried first. */
static enum variable
find_variable(struct wire *wire, unsigned first)
{
	uint64_t length = get_varint(wire);
	const uint8_t *name = get_bytes(wire, length);

	if (name == NULL)
		return VAR_COUNT;
	for (unsigned i = 0, at = first; i < VAR_COUNT; i++, at++) {
		if (at == VAR_COUNT)
			at = 0;
		if (is_word(name, length, &variables[at]))
			return (enum variable)at;
	}
	return VAR_COUNT;
}

static bool
get_value(struct wire *wire, struct value *value)
{
	value->type = get_byte(wire);
	switch (value->type) {
	case WIRE_BOOL:
	case WIRE_BOOL | 0x10:
		value->number = value->type >> 4;
		break;
	case WIRE_INT64:
		value->number = get_varint(wire);
		break;
	case WIRE_IPV4:
	case WIRE_IPV6:
		value->length = value->type == WIRE_IPV4 ? 4 : 16;
		value->bytes = get_bytes(wire, value->length);
		break;
	case WIRE_STRING:
		value->length = get_varint(wire);
		value->bytes = get_bytes(wire, value->length);
		break;
	default:
		return false;
	}
	return !wire->broken;
}

const char *
ack_decode(struct ack *ack, struct wire payload)
{
	unsigned next = 0;

	ack->set = 0;
	ack->unset = 0;
	ack->scopes = 0;
	if (payload.at == payload.end)
		return "no action";
	while (payload.at < payload.end) {
		uint8_t kind = get_byte(&payload);
		uint8_t count = get_byte(&payload);
		uint8_t scope = get_byte(&payload);

		if (!(kind == 1 && count == 3) && !(kind == 2 && count == 2))
			return "an action of an unknown kind";
		if (scope > 4)
			return "an unknown scope";
		enum variable variable = find_variable(&payload, next);
		if (variable == VAR_COUNT)
			return "an unknown variable";
		if ((ack->set | ack->unset) & bit(variable))
			return "a variable twice";
		if (kind == 1 && !get_value(&payload, &ack->values[variable]))
			return "a value that cannot be read";
		*(kind == 1 ? &ack->set : &ack->unset) |= bit(variable);
		ack->scopes |= (uint8_t)(1U << scope);
		next = variable + 1;
	}
	return payload.broken ? "cut" : NULL;
}

bool
ack_denied(const struct ack *ack)
{
	const struct value *value = &ack->values[VAR_VERDICT];

	return (ack->set & bit(VAR_VERDICT)) && value->type == WIRE_STRING &&
	       is_word(value->bytes, value->length, &verdicts[VERDICT_DENY]);
}

uint64_t
ack_generation(const struct ack *ack)
{
	const struct value *value = &ack->values[VAR_GENERATION];

	if (!(ack->set & bit(VAR_GENERATION)) || value->type != WIRE_INT64)
		return 0;
	return value->number;
}

/* ---- comparing ---- */

static bool
says(const struct ack *ack, enum variable variable, bool truth)
{
	return ack->values[variable].type == (WIRE_BOOL | (truth ? 0x10 : 0));
}

static bool
reads(const struct ack *ack, enum variable variable, const struct word *word)
{
	const struct value *value = &ack->values[variable];

	if (!(ack->set & bit(variable)))
		return true;
	return value->type == WIRE_STRING &&
	       is_word(value->bytes, value->length, word);
}

static bool
is_ip(const struct value *value, const struct ip *ip)
{
	if (ip->family == 4)
		return value->type == WIRE_IPV4 &&
		       memcmp(value->bytes, ip->bytes, 4) == 0;
	return value->type == WIRE_IPV6 &&
	       memcmp(value->bytes, ip->bytes, 16) == 0;
}

/* IPv4 whole, of IPv6 the /64. */
static bool
is_net(const struct value *value, const struct ip *ip)
{
	struct ip net = *ip;

	if (ip->family == 6)
		memset(net.bytes + 8, 0, 8);
	return is_ip(value, &net);
}

/* Bits of the words between the commas, or -1 when one is unknown. */
static int
read_flags(const struct value *value)
{
	const uint8_t *at = value->bytes;
	const uint8_t *end = at + value->length;
	int flags = 0;

	if (value->type != WIRE_STRING)
		return -1;
	while (at < end) {
		const uint8_t *comma = memchr(at, ',', (size_t)(end - at));
		const uint8_t *stop = comma != NULL ? comma : end;
		unsigned i = 0;

		while (i < FLAG_WORDS &&
		       !is_word(at, (uint64_t)(stop - at), &flag_words[i]))
			i++;
		if (i == FLAG_WORDS || flags & 1 << i)
			return -1;
		flags |= 1 << i;
		at = stop + 1;
	}
	return flags;
}

static const char *
compare_address(const struct ack *ack, const struct expected *expected)
{
	if (expected->client.family == 0)
		return NULL;
	if (!is_ip(&ack->values[VAR_CLIENT_IP], &expected->client))
		return "client_ip";
	if (!is_net(&ack->values[VAR_CLIENT_NET], &expected->client))
		return "client_net";
	return NULL;
}

static const char *
compare_words(const struct ack *ack, const struct expected *expected)
{
	if (!reads(ack, VAR_VERDICT, &verdicts[expected->verdict]))
		return "verdict";
	if (!reads(ack, VAR_RULE, &rules[expected->rule]))
		return "rule";
	if (!reads(ack, VAR_SOURCE, &sources[expected->source]))
		return "source";
	if (expected->flags != 0 &&
	    read_flags(&ack->values[VAR_FLAGS]) != expected->flags)
		return "flags";
	return NULL;
}

const char *
ack_compare(const struct ack *ack, const struct expected *expected)
{
	const char *fault;

	if (ack->set != expected->set)
		return "which variables are set";
	if (ack->unset != expected->unset)
		return "which variables are unset";
	if (ack->scopes != 1U << expected->scope)
		return "scope";
	if (!says(ack, VAR_OK, expected->ok))
		return "ok";
	if (!says(ack, VAR_ALLOWED, expected->allowed))
		return "allowed";
	if (!expected->ok)
		return reads(ack, VAR_ERROR, &errors[expected->error])
			   ? NULL
			   : "error";
	if (!says(ack, VAR_PROVEN, expected->proven))
		return "proven";
	fault = compare_address(ack, expected);
	return fault != NULL ? fault : compare_words(ack, expected);
}
