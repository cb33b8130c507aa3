/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/counters.h"
#include "agent/policy/answer.h"

_Static_assert((int)COUNTER_FLAGS == (int)FLAG_COUNT,
    "every flag of an answer has its counter");

static const char *const names[COUNTER_COUNT] = {
#define X(counter, name) [COUNTER_##counter] = name,
    COUNTERS(X)
#undef X
};

const char *
counter_name(enum counter counter)
{
	return names[counter];
}

void
counters_add_status(struct counters *counters, unsigned status)
{
	if (status >= COUNTER_STATUSES)
		status = COUNTER_STATUSES - 1;
	counter_bump(&counters->statuses[status], 1);
}

void
counters_add_flags(struct counters *counters, uint32_t flags)
{
	for (; flags != 0; flags &= flags - 1)
		counter_bump(&counters->flags[__builtin_ctz(flags)], 1);
}

static void
add(uint64_t *sums, const _Atomic uint64_t *counters, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sums[i] +=
		    atomic_load_explicit(&counters[i], memory_order_relaxed);
}

void
totals_add(struct totals *totals, const struct counters *counters)
{
	add(totals->of, counters->of, COUNTER_COUNT);
	add(totals->flags, counters->flags, COUNTER_FLAGS);
	add(totals->statuses, counters->statuses, COUNTER_STATUSES);
}
