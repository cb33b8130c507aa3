/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/load/latency.h"

/* The longest time of a step. */
static uint64_t
step_end(unsigned step)
{
	unsigned power;

	if (step < 64)
		return step;
	power = step / 32 - 1;
	return ((uint64_t)(step - power * 32 + 1) << power) - 1;
}

uint64_t
latency_at(const struct latency *latency, double part)
{
	double wanted = part * (double)latency->total;
	uint64_t seen = 0;

	for (unsigned step = 0; step < LATENCY_STEPS; step++) {
		seen += latency->counts[step];
		if (seen > 0 && (double)seen >= wanted)
			return step_end(step) < latency->longest
				   ? step_end(step)
				   : latency->longest;
	}
	return latency->longest;
}
