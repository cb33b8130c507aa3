/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/policy/answer.h"

static const char *const flag_names[FLAG_COUNT] = {
    [FLAG_HEADERS_FROM_UNTRUSTED_PEER] = "headers-from-untrusted-peer",
    [FLAG_ENTRIES_LEFT_OF_CLIENT] = "entries-left-of-client",
    [FLAG_INVALID_ENTRY] = "invalid-entry",
    [FLAG_EMPTY_ENTRY] = "empty-entry",
    [FLAG_ALL_TRUSTED] = "all-trusted",
    [FLAG_INCOMPLETE] = "incomplete",
    [FLAG_SHORT_CHAIN] = "short-chain",
    [FLAG_SEVERAL_LINES] = "several-lines",
    [FLAG_CONFLICT] = "conflict",
    [FLAG_PRIVATE_BEHIND_EXTERNAL] = "private-behind-external",
    [FLAG_PROXY_FROM_UNTRUSTED_PEER] = "proxy-from-untrusted-peer",
    [FLAG_LEFTMOST_IS_SPOOFABLE] = "leftmost-is-spoofable",
    [FLAG_UNEXPECTED_HOP] = "unexpected-hop",
    [FLAG_HOP_LIMIT] = "hop-limit",
    [FLAG_ANSWER_IS_A_PROXY] = "answer-is-a-proxy",
};

const char *
flag_name(enum flag flag)
{
	return flag_names[flag];
}

size_t
flags_format(uint32_t flags, char text[FLAGS_TEXT_SIZE])
{
	size_t length = 0;

	for (unsigned flag = 0; flag < FLAG_COUNT; flag++) {
		size_t size = strlen(flag_names[flag]);

		if (!(flags >> flag & 1))
			continue;
		if (length > 0)
			text[length++] = ',';
		memcpy(text + length, flag_names[flag], size);
		length += size;
	}
	text[length] = '\0';
	return length;
}
