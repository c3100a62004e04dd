/* SPDX-License-Identifier: MIT */
#include "core/engine/cost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void cost_add(struct cost *cost, int64_t us)
{
	cost->us[cost->next] = us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	cost->next = (cost->next + 1) % COST_TURNS;
	cost->count += cost->count < COST_TURNS;
}

static int compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	return (left > right) - (left < right);
}

double cost_p99_ms(const struct cost *cost)
{
	uint32_t sorted[COST_TURNS];
	if (cost->count == 0)
		return NAN;
	memcpy(sorted, cost->us, cost->count * sizeof(*sorted));
	qsort(sorted, cost->count, sizeof(*sorted), compare);
	unsigned at = (cost->count - 1) * 99 / 100;
	return (double)sorted[at] / 1000;
}
