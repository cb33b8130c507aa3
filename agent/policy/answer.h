/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_POLICY_ANSWER_H
#define AGENT_POLICY_ANSWER_H

/* What a policy says of one request. */

#include "conf/load/settings.h"
#include "proto/text/address.h"

/* Bit numbers; the words are in flag_name(). */
enum flag {
	FLAG_HEADERS_FROM_UNTRUSTED_PEER,
	FLAG_ENTRIES_LEFT_OF_CLIENT,
	FLAG_INVALID_ENTRY,
	FLAG_EMPTY_ENTRY,
	FLAG_ALL_TRUSTED,
	FLAG_INCOMPLETE,
	FLAG_SHORT_CHAIN,
	FLAG_SEVERAL_LINES,
	FLAG_CONFLICT,
	FLAG_PRIVATE_BEHIND_EXTERNAL,
	FLAG_PROXY_FROM_UNTRUSTED_PEER,
	FLAG_LEFTMOST_IS_SPOOFABLE,
	FLAG_UNEXPECTED_HOP,
	FLAG_HOP_LIMIT,
	FLAG_ANSWER_IS_A_PROXY,
	FLAG_COUNT,
};

const char *flag_name(enum flag flag);

enum { FLAGS_TEXT_SIZE = 320 }; /* all flags, commas, NUL */

/* Writes the flags' words with commas between and a NUL; gives the length. */
size_t flags_format(uint32_t flags, char text[FLAGS_TEXT_SIZE]);

/*
 * Views point into the generation (words, names), into the request (forward)
 * or to constants. data NULL: there is none.
 */
struct answer {
	bool ok;
	bool allowed;
	bool trusted;
	bool proven;
	struct view error; /* only when not ok */
	struct view verdict;
	struct view would_verdict; /* shadow mode alone */
	struct address client_ip;  /* ADDRESS_NONE: there is none */
	struct address client_net;
	struct view source; /* "peer", "proxy", or the field in lower case */
	unsigned hops;
	struct view rule;
	struct view list;
	int status; /* 0: none */
	struct view message;
	uint32_t flags; /* 1 << enum flag */
	struct view forward[FORWARD_COUNT];
};

#endif
