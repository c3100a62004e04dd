/* SPDX-License-Identifier: MIT */
#include "core/base/rng.h"

void rng_init(struct rng *rng, uint64_t seed)
{
	rng->state = seed ^ UINT64_C(0x9e3779b97f4a7c15);
	if (!rng->state)
		rng->state = 1;
}

uint64_t rng_next(struct rng *rng)
{
	uint64_t x = rng->state;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	rng->state = x;
	return x * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t rng_below(struct rng *rng, uint64_t limit)
{
	return limit ? rng_next(rng) % limit : 0;
}

int64_t rng_jitter(struct rng *rng, int64_t value, unsigned percent)
{
	int64_t span = value * (int64_t)percent / 100;
	if (span <= 0)
		return value;
	return value - span + (int64_t)rng_below(rng, (uint64_t)span * 2 + 1);
}
