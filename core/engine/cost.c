/* SPDX-License-Identifier: MIT */
#include "core/engine/cost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"

/* A turn shall take 2 ms, and 8 at worst: both are bounds. */
static const int64_t bounds_us[COST_BOUNDS] = {
	50, 100, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, 1000000};

double cost_bound_s(size_t index)
{
	return (double)bounds_us[index] / 1e6;
}

const char *turn_stage_name(enum turn_stage stage)
{
	static const char *const names[] = {
#define STAGE(name, help) #name,
#include "core/engine/turn_stages.def"
	};
	return names[stage];
}

static void count_in(struct cost_histogram *histogram, int64_t us)
{
	size_t at = 0;
	while (at < COST_BOUNDS && us > bounds_us[at])
		at++;
	histogram->counts[at]++;
	histogram->sum_us += us;
}

void cost_begin(struct cost *cost, int64_t watch_us, int64_t cpu_us)
{
	cost->begun_us = cost->marked_us = watch_us;
	cost->begun_cpu_us = cpu_us;
	memset(cost->now_us, 0, sizeof(cost->now_us));
}

void cost_stage(struct cost *cost, enum turn_stage stage, int64_t watch_us)
{
	cost->now_us[stage] += watch_us - cost->marked_us;
	cost->marked_us = watch_us;
}

static unsigned worst_stage(const struct cost *cost)
{
	unsigned worst = 0;
	for (unsigned i = 1; i < STAGE_COUNT; i++)
		if (cost->now_us[i] > cost->now_us[worst])
			worst = i;
	return worst;
}

void cost_end(struct cost *cost, int64_t watch_us, int64_t cpu_us)
{
	int64_t us = watch_us - cost->begun_us;
	count_in(&cost->watch, us);
	count_in(&cost->cpu, cpu_us - cost->begun_cpu_us);
	for (size_t i = 0; i < STAGE_COUNT; i++)
		cost->stages_us[i] += cost->now_us[i];
	cost->us[cost->next] = us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	cost->worst[cost->next] = (uint8_t)worst_stage(cost);
	cost->next = (cost->next + 1) % COST_TURNS;
	cost->count += cost->count < COST_TURNS;
}

static int compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	return (left > right) - (left < right);
}

static enum turn_stage stage_of_longest(const struct cost *cost)
{
	size_t longest = 0;
	for (size_t i = 1; i < cost->count; i++)
		if (cost->us[i] > cost->us[longest])
			longest = i;
	return (enum turn_stage)cost->worst[longest];
}

struct cost_figures cost_figures(const struct cost *cost)
{
	uint32_t sorted[COST_TURNS];
	unsigned last = cost->count - 1, half = last / 2, most = last * 99 / 100;
	if (cost->count == 0)
		return (struct cost_figures){NAN, NAN, NAN, ""};
	memcpy(sorted, cost->us, cost->count * sizeof(*sorted));
	qsort(sorted, cost->count, sizeof(*sorted), compare);
	return (struct cost_figures){.p50_ms = (double)sorted[half] / 1000,
		.p99_ms = (double)sorted[most] / 1000,
		.max_ms = (double)sorted[last] / 1000,
		.max_stage = turn_stage_name(stage_of_longest(cost))};
}
