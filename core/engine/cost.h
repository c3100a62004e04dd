/* SPDX-License-Identifier: MIT */
/*
 * What turns cost, waiting not counted: how long each took by the watch and of the processor, and on which of its stages.
 * Between the two lies what others did with the processor meanwhile; that of the processor may be a bound from above, where
 * the caller reads its clock for long turns only (begin_cost() of engine.c). All times are microseconds and come from the caller;
 * their clocks need only go forward. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_COST_H
#define BOTSWAIN_ENGINE_COST_H

#include <stddef.h>
#include <stdint.h>

enum turn_stage {
#define STAGE(name, help) STAGE_##name,
#include "core/engine/turn_stages.def"
	STAGE_COUNT
};

enum { COST_TURNS = 1000, COST_BOUNDS = 14 };

/* Turns since the start by what they took: up to each of the bounds, and more than the last. */
struct cost_histogram {
	uint64_t counts[COST_BOUNDS + 1];
	int64_t sum_us;
};

struct cost {
	struct cost_histogram watch, cpu;
	int64_t stages_us[STAGE_COUNT]; /* by the watch, since the start */
	uint32_t us[COST_TURNS];        /* the last few turns by the watch, */
	uint8_t worst[COST_TURNS];      /* and the enum turn_stage that took most of each */
	unsigned count, next;
	/* the turn under way */
	int64_t begun_us, begun_cpu_us, marked_us, now_us[STAGE_COUNT];
};

/* A turn begins: the time by the watch and that of this thread. */
void cost_begin(struct cost *cost, int64_t watch_us, int64_t cpu_us);
/* This stage of it is over; what was before belonged to it. */
void cost_stage(struct cost *cost, enum turn_stage stage, int64_t watch_us);
void cost_end(struct cost *cost, int64_t watch_us, int64_t cpu_us);

/* Of the last COST_TURNS turns; NaN and "" without one. */
struct cost_figures {
	double p50_ms, p99_ms, max_ms;
	const char *max_stage; /* that took most of the longest */
};
struct cost_figures cost_figures(const struct cost *cost);

/* The bound of a bucket in seconds; index < COST_BOUNDS. */
double cost_bound_s(size_t index);
const char *turn_stage_name(enum turn_stage stage);

#endif
