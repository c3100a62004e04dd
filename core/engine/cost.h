/* SPDX-License-Identifier: MIT */
/* What turns cost (microseconds, waiting not counted): the last COST_TURNS of them. */
#ifndef BOTSWAIN_ENGINE_COST_H
#define BOTSWAIN_ENGINE_COST_H

#include <stdint.h>

enum { COST_TURNS = 1000 };

struct cost {
	uint32_t us[COST_TURNS];
	unsigned count, next;
};

void cost_add(struct cost *cost, int64_t us);
/* The 99th percentile in ms; NaN without a turn. */
double cost_p99_ms(const struct cost *cost);

#endif
