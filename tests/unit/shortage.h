/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_SHORTAGE_H
#define TESTS_UNIT_SHORTAGE_H

/*
 * Calls that fail on demand, each in its turn: the one behind so many good
 * ones, alone or with all that follow. A program that tests this is linked so
 * that the calls of our own code come to its __wrap_…() functions (see
 * tests.mk); those of libraries do not.
 */

#include <check.h>
#include <stdbool.h>

#include "agent/ensure.h"

struct shortage {
	bool counting;
	bool once;        /* only one call fails, or all from it on */
	unsigned good;    /* calls that succeed before */
	unsigned calls;   /* so far */
	unsigned refused; /* so far */
};

/* Of a thread: what others call is let through. */
static _Thread_local struct shortage shortage;

/* Asked by each call that can fail: does this one? */
static inline bool
refuses(void)
{
	bool refused;

	if (!shortage.counting)
		return false;
	refused = shortage.once ? shortage.calls == shortage.good
				: shortage.calls >= shortage.good;
	shortage.calls++;
	shortage.refused += refused;
	return refused;
}

static inline void
begin_refusing(unsigned good, bool once)
{
	shortage =
	    (struct shortage){.counting = true, .once = once, .good = good};
}

static inline void
end_refusing(void)
{
	shortage.counting = false;
}

/*
 * An attempt does what is tested between begin_refusing() and end_refusing().
 * The first one that was refused nothing is the last.
 */
typedef void attempt_f(unsigned good, bool once);

static inline void
try_everywhere(attempt_f *attempt)
{
	for (int once = 0; once <= 1; once++) {
		unsigned good = 0;

		do
			attempt(good, once);
		while (good++, shortage.refused > 0);
		ck_assert_uint_gt(good, 1);
	}
}

#endif
