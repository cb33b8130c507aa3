/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_SPOP_SAMPLES_H
#define TESTS_UNIT_SPOP_SAMPLES_H

/* What HAProxy and agents put on the wire, written out by hand. */

#include <stdint.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	uint64_t number;
	const char *bytes;
} varints[] = {
    {0, "00"},
    {1, "01"},
    {239, "ef"},
    {240, "f0 00"},
    {255, "ff 00"},
    {256, "f0 01"},
    {300, "fc 03"},
    {1000, "f8 2f"},
    {2287, "ff 7f"},
    {2288, "f0 80 00"},
    {16380, "fc f0 06"},
    {16384, "f0 f1 06"},
    {65532, "fc f0 1e"},
    {65536, "f0 f1 1e"},
    {264431, "ff ff 7f"},
    {264432, "f0 80 80 00"},
    {33818863, "ff ff ff 7f"},
    {33818864, "f0 80 80 80 00"},
    {2147483647, "ff f0 fe fe 3e"},
    {4294967295, "ff f0 fe fe 7e"},
    {4328786159, "ff ff ff ff 7f"},
    {4328786160, "f0 80 80 80 80 00"},
    {INT64_MAX, "ff f0 fe fe fe fe fe fe fe 06"},
    {UINT64_MAX - 4, "fb f0 fe fe fe fe fe fe fe 0e"}, /* -5 */
    {UINT64_MAX, "ff f0 fe fe fe fe fe fe fe 0e"},
};

#define UUID "'8aa3e11c-3a0c-4d8e-9f2b-5a3c4ad1f6de'"

/* HAProxy 2.6 */
#define HELLO_PAYLOAD                                                     \
	"12'supported-versions' 08 03'2.0' 0e'max-frame-size' 03 fcf006 " \
	"0c'capabilities' 08 10'pipelining,async' 09'engine-id' 08 24" UUID

#define SAMPLE_HELLO "00000081 01 00000001 00 00 " HELLO_PAYLOAD

/* HAProxy 3.2 */
#define SAMPLE_HELLO_3_2                                                   \
	"0000007b 01 00000001 00 00 12'supported-versions' 08 03'2.0' "    \
	"0e'max-frame-size' 03 fcf006 0c'capabilities' 08 0a'pipelining' " \
	"09'engine-id' 08 24" UUID

/* "option spop-check" of every version */
#define SAMPLE_CHECK                                                    \
	"0000004e 01 00000001 00 00 12'supported-versions' 08 03'2.0' " \
	"0e'max-frame-size' 03 fcf006 0c'capabilities' 08 00 "          \
	"0b'healthcheck' 11"

#define SAMPLE_NOTIFY                                                \
	"00000026 03 00000001 07 01 03'chk' 02 03'src' 06 c6336417 " \
	"03'xff' 08 0b'203.0.113.9'"

/* HAProxy 2.6: every type it sends but IPv6 and binary */
#define SAMPLE_TYPES                                                 \
	"0000003a 03 00000001 00 01 03'chk' 06 03'src' 06 7f000001 " \
	"06'method' 08 03'GET' 04'path' 08 04'/chk' 01'n' 04 fc03 "  \
	"01'b' 11 04'none' 00"

#define SAMPLE_MESSAGES                                   \
	"0000003b 03 00000001 fc03 01 01'a' 00 01'b' 02 " \
	"00 07 20010db8000000000000000000000001 "         \
	"03'hdr' 09 05 01'a' 01'b' 00 01'c' 01 01'n' 04 fbf0fefefefefefefe0e"

#define SAMPLE_NO_MESSAGE "00000007 03 00000001 07 01"

#define SAMPLE_NORMAL                                       \
	"00000025 02 00000001 00 00 0b'status-code' 03 00 " \
	"07'message' 08 06'normal'"

#define SAMPLE_TIMEOUT                                      \
	"00000031 02 00000001 00 00 0b'status-code' 03 02 " \
	"07'message' 08 12'a timeout occurred'"

#define SAMPLE_FRAGMENT "0000000c 03 00000000 fc03 01 03'chk'"
#define SAMPLE_UNSET "0000000c 00 00000001 fc03 01 01 01'a' 11"
#define SAMPLE_ABORT "00000007 00 00000003 07 01"
#define SAMPLE_UNKNOWN "00000008 96 00000001 07 01 2a"

#define SAMPLE_AGENT_HELLO                                   \
	"00000040 65 00000001 00 00 07'version' 08 03'2.0' " \
	"0e'max-frame-size' 03 fcf006 0c'capabilities' 08 0a'pipelining'"

#define SAMPLE_ACK                                                \
	"00000023 67 00000001 07 01 01 03 02 02'ip' 06 cb007109 " \
	"01 03 02 07'verdict' 08 04'deny'"

static const char *const samples[] = {
    SAMPLE_HELLO,
    SAMPLE_HELLO_3_2,
    SAMPLE_CHECK,
    SAMPLE_NOTIFY,
    SAMPLE_TYPES,
    SAMPLE_MESSAGES,
    SAMPLE_NO_MESSAGE,
    SAMPLE_NORMAL,
    SAMPLE_TIMEOUT,
    SAMPLE_FRAGMENT,
    SAMPLE_UNSET,
    SAMPLE_ABORT,
    SAMPLE_UNKNOWN,
    SAMPLE_AGENT_HELLO,
    SAMPLE_ACK,
};

#endif
