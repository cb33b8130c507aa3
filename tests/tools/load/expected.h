/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TOOLS_LOAD_EXPECTED_H
#define TESTS_TOOLS_LOAD_EXPECTED_H

/* What the answer to a question has to say, and an ACK compared with it. */

#include "tests/tools/load/places.h"
#include "tests/tools/load/wire.h"

enum variable {
	VAR_OK,
	VAR_ALLOWED,
	VAR_VERDICT,
	VAR_CLIENT_IP,
	VAR_CLIENT_NET,
	VAR_PROVEN,
	VAR_SOURCE,
	VAR_RULE,
	VAR_FLAGS,
	VAR_GENERATION,
	VAR_WOULD_VERDICT,
	VAR_ERROR,
	VAR_COUNT,
};

enum verdict {
	VERDICT_NONE,
	VERDICT_ALLOW,
	VERDICT_DENY,
	VERDICT_REJECT,
	VERDICT_CAPTCHA,
};

enum rule {
	RULE_NONE,
	RULE_DEFAULT,
	RULE_ALLOW_1,
	RULE_CAPTCHA_2,
	RULE_BLOCKED,
	RULE_OFFICE,
};

enum source {
	SOURCE_NONE,
	SOURCE_PEER,
	SOURCE_PROXY,
	SOURCE_FORWARDED_FOR,
};

enum error {
	ERROR_NONE,
	ERROR_NO_PEER,
	ERROR_NO_POLICY,
	ERROR_BAD_ARGUMENT,
};

/* Bits; the words are flag_words in expected.c. */
enum flag_bit {
	FLAG_UNTRUSTED_HEADERS = 1,
	FLAG_LEFT = 2,
	FLAG_INVALID = 4,
	FLAG_ALL_TRUSTED = 8,
	FLAG_INCOMPLETE = 16,
	FLAG_SEVERAL = 32,
	FLAG_FALSE_PROXY = 64,
	FLAG_PROXYS_OWN = 128,
};

enum { SCOPE_SESS = 1, SCOPE_TXN = 2 };

/* The verdict of an address that comes and goes depends on the generation. */
enum changing { CHANGING_NOT, CHANGING_EVEN, CHANGING_ODD };

struct expected {
	struct ip client;
	uint8_t scope;
	uint8_t verdict;
	uint8_t rule;
	uint8_t source;
	uint8_t error;
	uint8_t flags;
	uint8_t changing;
	bool proven;
	/* Follow from the others: expected_complete(). */
	bool ok;
	bool allowed;
	uint16_t set; /* bits of variables */
	uint16_t unset;
};

void expected_complete(struct expected *expected);

/* A verdict that was denied for its list, or not. */
void expected_choose(struct expected *expected, bool denied);

/* ---- ACKs ---- */

struct value {
	uint8_t type; /* its flags too */
	uint64_t number;
	const uint8_t *bytes;
	uint64_t length;
};

struct ack {
	uint32_t set;
	uint32_t unset;
	uint8_t scopes; /* bits */
	struct value values[VAR_COUNT];
};

/* Decodes the payload to its last byte. NULL, or what is wrong with it. */
const char *ack_decode(struct ack *ack, struct wire payload);

/* NULL, or in what the ACK is not as expected. */
const char *ack_compare(const struct ack *ack, const struct expected *expected);

bool ack_denied(const struct ack *ack);

/* 0: it does not say. */
uint64_t ack_generation(const struct ack *ack);

#endif
