/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/table/mixer.h"

/* splitmix64 */
static uint64_t
draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

struct mixer
mixer_of(const uint64_t seed[2], unsigned attempt)
{
	uint64_t a = seed[0] + attempt, b = seed[1];
	struct mixer mixer;

	mixer.add = draw(&a) ^ draw(&b);
	mixer.first = (draw(&a) ^ draw(&b)) | 1;
	mixer.second = (draw(&a) ^ draw(&b)) | 1;
	return mixer;
}
