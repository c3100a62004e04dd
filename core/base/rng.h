/* SPDX-License-Identifier: MIT */
/* Chance as an argument: a small seeded generator (xorshift64*) for jitter and test data, never for
 * secrets. */
#ifndef BOTSWAIN_BASE_RNG_H
#define BOTSWAIN_BASE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state;
};

void rng_init(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);
/* Uniform in 0 .. limit-1; limit 0 gives 0. */
uint64_t rng_below(struct rng *rng, uint64_t limit);
/* `value` moved by a uniform +-percent. */
int64_t rng_jitter(struct rng *rng, int64_t value, unsigned percent);

#endif
