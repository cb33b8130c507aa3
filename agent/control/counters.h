/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONTROL_COUNTERS_H
#define AGENT_CONTROL_COUNTERS_H

/*
 * What a thread counts. One writer each, without a lock; anyone may read and
 * add up. Apart by cache lines, so that threads do not slow each other.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each with the name that log and metrics give it. */
#define COUNTERS(X)                                                           \
	X(CONNECTIONS, "connections")     /* accepted */                      \
	X(CLOSED, "closed")               /* of these */                      \
	X(REFUSED, "refused")             /* by a listener's "from" */        \
	X(DIALOGS, "dialogs")             /* past their HELLO */              \
	X(DIALOGS_ENDED, "dialogs_ended") /* of these */                      \
	X(REQUESTS, "requests")           /* messages decided */              \
	X(FRAMES_HELLO, "frames_hello")                                       \
	X(FRAMES_CHECK, "frames_check") /* HELLO of a health check */         \
	X(FRAMES_NOTIFY, "frames_notify")                                     \
	X(FRAMES_UNSET, "frames_unset")                                       \
	X(FRAMES_DISCONNECT, "frames_disconnect")                             \
	X(FRAMES_UNKNOWN, "frames_unknown") /* ignored */                     \
	X(FRAMES_AGENT_HELLO, "frames_agent_hello")                           \
	X(FRAMES_AGENT_DISCONNECT, "frames_agent_disconnect")                 \
	X(FRAMES_ACK, "frames_ack")                                           \
	X(VERDICTS_ALLOW, "verdicts_allow")                                   \
	X(VERDICTS_DENY, "verdicts_deny")                                     \
	X(VERDICTS_REJECT, "verdicts_reject")                                 \
	X(VERDICTS_WORD, "verdicts_word")   /* a rule's own word */           \
	X(VERDICTS_ERROR, "verdicts_error") /* ok is false */                 \
	X(UNKNOWN_ARGUMENTS, "unknown_arguments")                             \
	X(DROPPED_VARIABLES, "dropped_variables") /* did not fit the frame */ \
	X(ABORTED, "aborted")                     /* fragments given up */    \
	X(TIMEOUTS, "timeouts")                   /* of HELLO and frames */   \
	X(ACCEPT_PAUSES, "accept_pauses")         /* no descriptor, or limit */

enum counter {
#define X(counter, name) COUNTER_##counter,
	COUNTERS(X)
#undef X
	    COUNTER_COUNT,
};

enum {
	COUNTER_FLAGS = 15,    /* the flags of an answer */
	COUNTER_STATUSES = 15, /* 0 to 13, and 14 for every other */
	CACHE_LINE = 64,
};

struct counters {
	_Alignas(CACHE_LINE) _Atomic uint64_t of[COUNTER_COUNT];
	_Atomic uint64_t flags[COUNTER_FLAGS];
	/* AGENT-DISCONNECTs by status, SPOP_NORMAL among them */
	_Atomic uint64_t statuses[COUNTER_STATUSES];
};

const char *counter_name(enum counter counter);

/* What to count, by the number of a status or a flag's bits. */
void counters_add_status(struct counters *counters, unsigned status);
void counters_add_flags(struct counters *counters, uint32_t flags);

/* Only the thread that owns the counters adds. */
static inline void
counter_bump(_Atomic uint64_t *counter, uint64_t number)
{
	uint64_t before = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, before + number, memory_order_relaxed);
}

static inline void
counters_add(struct counters *counters, enum counter counter, uint64_t number)
{
	counter_bump(&counters->of[counter], number);
}

static inline uint64_t
counters_get(const struct counters *counters, enum counter counter)
{
	return atomic_load_explicit(
	    &counters->of[counter], memory_order_relaxed);
}

/* Plain sums over several threads' counters. */
struct totals {
	uint64_t of[COUNTER_COUNT];
	uint64_t flags[COUNTER_FLAGS];
	uint64_t statuses[COUNTER_STATUSES];
};

void totals_add(struct totals *totals, const struct counters *counters);

#endif
