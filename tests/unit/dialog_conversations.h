/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_DIALOG_CONVERSATIONS_H
#define TESTS_UNIT_DIALOG_CONVERSATIONS_H

/*
 * Conversations, each state of a dialog with each type of frame among them,
 * and what the agent says in them. Its own limits: frames of 1000 bytes,
 * fragments of 2000; the policy returns "allowed".
 */

#include "agent/spop/dialog.h"
#include "tests/unit/dialog_fixture.h"

/* ---- frames ---- */

#define KEY(name) "\"" name "\" "
#define HELLO_KEYS(size, capabilities)                          \
	KEY("supported-versions")                               \
	"08 \"2.0\" " KEY("max-frame-size") "03 " size " " KEY( \
	    "capabilities") "08 \"" capabilities "\" "
#define HELLO_FRAME(keys) "< 01 00000001 00 00 " keys ">"
#define HELLO HELLO_FRAME(HELLO_KEYS("fcf006", "pipelining"))
#define CHECK_HELLO \
	HELLO_FRAME(HELLO_KEYS("fcf006", "") KEY("healthcheck") "11")

#define AGENT_HELLO_OF(size, capabilities)                                 \
	"< 65 00000001 00 00 " KEY("version") "08 \"2.0\" " KEY(           \
	    "max-frame-size") "03 " size                                   \
			      " " KEY("capabilities") "08 \"" capabilities \
						      "\" >"
/* 1000, our own size */
#define AGENT_HELLO AGENT_HELLO_OF("f82f", "pipelining,fragmentation")
#define CHECK_ANSWER AGENT_HELLO_OF("f82f", "fragmentation")

#define BYE(status, text)                                               \
	"< 66 00000001 00 00 " KEY("status-code") "03 " status " " KEY( \
	    "message") "08 \"" text "\" >"
#define BYE_NORMAL BYE("00", "normal")
#define BYE_TIMEOUT BYE("02", "a timeout occurred")
#define BYE_TOO_BIG BYE("03", "frame is too big")
#define BYE_INVALID BYE("04", "invalid frame received")
#define BYE_NO_FRAGMENTS BYE("0a", "fragmentation not supported")
#define BYE_INTERLACED BYE("0b", "invalid interlaced frames")
#define BYE_NOT_FOUND BYE("0c", "frame-id not found")
#define BYE_RESOURCE BYE("0d", "resource allocation error")

#define DISCONNECT_OF(status, text)                                     \
	"< 02 00000001 00 00 " KEY("status-code") "03 " status " " KEY( \
	    "message") "08 \"" text "\" >"
#define DISCONNECT DISCONNECT_OF("00", "normal")

#define MESSAGE "\"m\" 01 \"peer\" 06 c6336407 "
#define NOTIFY(ids) "< 03 00000001 " ids " " MESSAGE ">"
#define ACK(ids) \
	"< 67 00000001 " ids " 01 03 02 \"ok\" 11 01 03 02 \"allowed\" 11 >"

/* The same NOTIFY in three pieces, cut within names and values. */
#define PIECE_1(ids) "< 03 00000000 " ids " 01 >"
#define PIECE_2(ids) "< 00 00000000 " ids " 'm' 01 \"peer\" 06 c6 >"
#define PIECE_3(ids) "< 00 00000001 " ids " 336407 >"
#define PIECES(ids) PIECE_1(ids) PIECE_2(ids) PIECE_3(ids)
#define ABORT(ids) "< 00 00000003 " ids " >"

#define UNKNOWN "< 96 00000001 05 06 'whatever' >"

/* ---- conversations ---- */

struct conversation {
	const char *name;
	const char *input;
	const char *output;
	enum dialog_state state;
	unsigned status; /* when it is over */
};

static const struct conversation conversations[] = {
    /* Greetings. */
    {"nothing", "", "", DIALOG_GREETING, 0},
    {"a HELLO", HELLO, AGENT_HELLO, DIALOG_OPEN, 0},
    {"a smaller size is agreed", HELLO_FRAME(HELLO_KEYS("f001", "pipelining")),
	AGENT_HELLO_OF("f001", "pipelining,fragmentation"), DIALOG_OPEN, 0},
    {"no pipelining offered", HELLO_FRAME(HELLO_KEYS("fcf006", "async")),
	AGENT_HELLO_OF("f82f", "fragmentation"), DIALOG_OPEN, 0},
    {"never async", HELLO_FRAME(HELLO_KEYS("fcf006", "pipelining,async")),
	AGENT_HELLO, DIALOG_OPEN, 0},
    {"a health check has the HELLO alone", CHECK_HELLO, CHECK_ANSWER,
	DIALOG_CHECKED, 0},
    {"no health check",
	HELLO_FRAME(HELLO_KEYS("fcf006", "pipelining") KEY("healthcheck") "01"),
	AGENT_HELLO, DIALOG_OPEN, 0},
    /* Refused greetings. */
    {"no versions",
	HELLO_FRAME(
	    KEY("max-frame-size") "03 fcf006" KEY("capabilities") "08 00"),
	BYE("05", "version value not found"), DIALOG_OVER, 5},
    {"no size",
	HELLO_FRAME(
	    KEY("supported-versions") "08 \"2.0\"" KEY("capabilities") "08 00"),
	BYE("06", "max-frame-size value not found"), DIALOG_OVER, 6},
    {"no capabilities",
	HELLO_FRAME(KEY("supported-versions") "08 \"2.0\"" KEY(
	    "max-frame-size") "03 fcf006"),
	BYE("07", "capabilities value not found"), DIALOG_OVER, 7},
    {"another version",
	HELLO_FRAME(KEY("supported-versions") "08 \"1.0\"" KEY(
	    "max-frame-size") "03 fcf006" KEY("capabilities") "08 00"),
	BYE("08", "unsupported version"), DIALOG_OVER, 8},
    {"a size below 256", HELLO_FRAME(HELLO_KEYS("ff00", "")),
	BYE("09", "max-frame-size too big or too small"), DIALOG_OVER, 9},
    {"a HELLO in pieces", "< 01 00000000 00 00 " HELLO_KEYS("fcf006", "") ">",
	BYE_NO_FRAGMENTS, DIALOG_OVER, 10},
    {"a HELLO with ids", "< 01 00000001 01 00 " HELLO_KEYS("fcf006", "") ">",
	BYE_INVALID, DIALOG_OVER, 4},
    {"a HELLO that is cut short", "< 01 00000001 00 00 12 'supp' >",
	BYE_INVALID, DIALOG_OVER, 4},
    {"not SPOP at all", "'GET / HTTP/1.1' 0d0a 0d0a", BYE_TOO_BIG, DIALOG_OVER,
	3},
    {"a length of 0", "00000000", BYE_INVALID, DIALOG_OVER, 4},
    {"a length of 6", "00000006 01 00000001 00", BYE_INVALID, DIALOG_OVER, 4},
    {"our own size", "000003e8 01", "", DIALOG_GREETING, 0},
    {"one more", "000003e9", BYE_TOO_BIG, DIALOG_OVER, 3},
    {"a length of 2^32 - 1", "ffffffff", BYE_TOO_BIG, DIALOG_OVER, 3},
    {"GREETING, UNSET", "< 00 00000001 00 01 >", BYE_INVALID, DIALOG_OVER, 4},
    {"GREETING, DISCONNECT", DISCONNECT, BYE_INVALID, DIALOG_OVER, 4},
    {"GREETING, NOTIFY", NOTIFY("01 01"), BYE_INVALID, DIALOG_OVER, 4},
    {"GREETING, unknown", UNKNOWN, BYE_INVALID, DIALOG_OVER, 4},
    {"GREETING, ACK", ACK("00 00"), BYE_INVALID, DIALOG_OVER, 4},
    /* After a health check. */
    {"CHECKED, UNSET", CHECK_HELLO "< 00 00000001 00 01 >",
	CHECK_ANSWER BYE_INVALID, DIALOG_OVER, 4},
    {"CHECKED, HELLO", CHECK_HELLO HELLO, CHECK_ANSWER BYE_INVALID, DIALOG_OVER,
	4},
    {"CHECKED, DISCONNECT", CHECK_HELLO DISCONNECT, CHECK_ANSWER BYE_NORMAL,
	DIALOG_OVER, 0},
    {"CHECKED, NOTIFY", CHECK_HELLO NOTIFY("01 01"), CHECK_ANSWER BYE_INVALID,
	DIALOG_OVER, 4},
    {"CHECKED, unknown", CHECK_HELLO UNKNOWN, CHECK_ANSWER, DIALOG_CHECKED, 0},
    /* Open. */
    {"a NOTIFY", HELLO NOTIFY("01 01"), AGENT_HELLO ACK("01 01"), DIALOG_OPEN,
	0},
    {"stream 0", HELLO NOTIFY("00 01"), AGENT_HELLO ACK("00 01"), DIALOG_OPEN,
	0},
    {"the largest ids",
	HELLO NOTIFY("fff0fefefefefefefe0e fff0fefefefefefefe0e"),
	AGENT_HELLO ACK("fff0fefefefefefefe0e fff0fefefefefefefe0e"),
	DIALOG_OPEN, 0},
    {"three NOTIFYs, two with the same ids",
	HELLO NOTIFY("05 01") NOTIFY("03 02") NOTIFY("05 01"),
	AGENT_HELLO ACK("05 01") ACK("03 02") ACK("05 01"), DIALOG_OPEN, 0},
    {"a NOTIFY without messages", HELLO "< 03 00000001 07 01 >",
	AGENT_HELLO "< 67 00000001 07 01 02 02 02 \"error\" >", DIALOG_OPEN, 0},
    {"reserved flags", HELLO "< 03 80000001 07 01 " MESSAGE ">",
	AGENT_HELLO ACK("07 01"), DIALOG_OPEN, 0},
    {"a NOTIFY given up",
	HELLO "< 03 00000003 07 01 " MESSAGE ">" NOTIFY("09 01"),
	AGENT_HELLO ACK("09 01"), DIALOG_OPEN, 0},
    {"given up without FIN", HELLO "< 03 00000002 07 01 >",
	AGENT_HELLO BYE_INVALID, DIALOG_OVER, 4},
    {"a broken NOTIFY, the one before is answered",
	HELLO NOTIFY("01 01") "< 03 00000001 03 01 \"m\" 01 >" NOTIFY("05 01"),
	AGENT_HELLO ACK("01 01") BYE_INVALID, DIALOG_OVER, 4},
    {"ids that overrun the frame", HELLO "00000007 03 00000001 ffff",
	AGENT_HELLO BYE_INVALID, DIALOG_OVER, 4},
    {"OPEN, a length too big", HELLO NOTIFY("01 01") "000003e9 03",
	AGENT_HELLO ACK("01 01") BYE_TOO_BIG, DIALOG_OVER, 3},
    {"the agreed size counts",
	HELLO_FRAME(HELLO_KEYS("f001", "pipelining")) "00000101 03",
	AGENT_HELLO_OF("f001", "pipelining,fragmentation") BYE_TOO_BIG,
	DIALOG_OVER, 3},
    {"OPEN, a length of 0", HELLO "00000000", AGENT_HELLO BYE_INVALID,
	DIALOG_OVER, 4},
    {"OPEN, UNSET", HELLO PIECE_3("01 01"), AGENT_HELLO BYE_NOT_FOUND,
	DIALOG_OVER, 12},
    {"OPEN, HELLO", HELLO HELLO, AGENT_HELLO BYE_INVALID, DIALOG_OVER, 4},
    {"OPEN, HELLO of a check", HELLO CHECK_HELLO, AGENT_HELLO BYE_INVALID,
	DIALOG_OVER, 4},
    {"OPEN, DISCONNECT, nothing behind is read",
	HELLO DISCONNECT NOTIFY("01 01"), AGENT_HELLO BYE_NORMAL, DIALOG_OVER,
	0},
    {"OPEN, DISCONNECT with a fault",
	HELLO DISCONNECT_OF("03", "frame is too big"), AGENT_HELLO BYE_NORMAL,
	DIALOG_OVER, 3},
    {"OPEN, DISCONNECT with a number nobody knows",
	HELLO DISCONNECT_OF("f8 2f", "?"), AGENT_HELLO BYE_NORMAL, DIALOG_OVER,
	99},
    {"OPEN, DISCONNECT without a reason", HELLO "< 02 00000001 00 00 >",
	AGENT_HELLO BYE_NORMAL, DIALOG_OVER, 99},
    {"OPEN, DISCONNECT with ids", HELLO "< 02 00000001 01 01 >",
	AGENT_HELLO BYE_INVALID, DIALOG_OVER, 4},
    {"OPEN, unknown types are passed over",
	HELLO UNKNOWN NOTIFY("01 01") UNKNOWN "< 65 00000001 00 00 >" ACK(
	    "01 01") "< 04 00000000 00 00 >" NOTIFY("03 01"),
	AGENT_HELLO ACK("01 01") ACK("03 01"), DIALOG_OPEN, 0},
    /* Fragments. */
    {"three pieces", HELLO PIECES("01 01"), AGENT_HELLO ACK("01 01"),
	DIALOG_OPEN, 0},
    {"half of them", HELLO PIECE_1("01 01") PIECE_2("01 01"), AGENT_HELLO,
	DIALOG_FRAGMENTED, 0},
    {"twice, and one whole",
	HELLO PIECES("01 01") PIECES("01 01") NOTIFY("03 01"),
	AGENT_HELLO ACK("01 01") ACK("01 01") ACK("03 01"), DIALOG_OPEN, 0},
    {"empty pieces",
	HELLO "< 03 00000000 00 00 >< 00 00000000 00 00 >"
	      "< 00 00000001 00 00 " MESSAGE ">",
	AGENT_HELLO ACK("00 00"), DIALOG_OPEN, 0},
    {"given up in the middle, no ACK",
	HELLO PIECE_1("01 01") PIECE_2("01 01") ABORT("01 01") NOTIFY("03 01"),
	AGENT_HELLO ACK("03 01"), DIALOG_OPEN, 0},
    {"given up without FIN", HELLO PIECE_1("01 01") "< 00 00000002 01 01 >",
	AGENT_HELLO BYE_INVALID, DIALOG_OVER, 4},
    {"FRAGMENTED, another stream's piece",
	HELLO PIECE_1("01 01") PIECE_2("03 01"), AGENT_HELLO BYE_INTERLACED,
	DIALOG_OVER, 11},
    {"FRAGMENTED, another frame's piece",
	HELLO PIECE_1("01 01") PIECE_2("01 02"), AGENT_HELLO BYE_INTERLACED,
	DIALOG_OVER, 11},
    {"FRAGMENTED, another NOTIFY", HELLO PIECE_1("01 01") NOTIFY("03 01"),
	AGENT_HELLO BYE_INTERLACED, DIALOG_OVER, 11},
    {"FRAGMENTED, the same NOTIFY again",
	HELLO PIECE_1("01 01") PIECE_1("01 01"), AGENT_HELLO BYE_INTERLACED,
	DIALOG_OVER, 11},
    {"FRAGMENTED, HELLO", HELLO PIECE_1("01 01") HELLO, AGENT_HELLO BYE_INVALID,
	DIALOG_OVER, 4},
    {"FRAGMENTED, DISCONNECT", HELLO PIECE_1("01 01") DISCONNECT,
	AGENT_HELLO BYE_NORMAL, DIALOG_OVER, 0},
    {"FRAGMENTED, unknown",
	HELLO PIECE_1("01 01") UNKNOWN PIECE_2("01 01") PIECE_3("01 01"),
	AGENT_HELLO ACK("01 01"), DIALOG_OPEN, 0},
    {"broken when put together",
	HELLO PIECE_1("01 01") "< 00 00000001 01 01 'm' 01 >",
	AGENT_HELLO BYE_INVALID, DIALOG_OVER, 4},
    {"a piece behind the last", HELLO PIECES("01 01") PIECE_3("01 01"),
	AGENT_HELLO ACK("01 01") BYE_NOT_FOUND, DIALOG_OVER, 12},
};

enum { CONVERSATIONS = sizeof(conversations) / sizeof(conversations[0]) };

#endif
