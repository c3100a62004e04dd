/* SPDX-License-Identifier: MIT */
/*
 * When a source is asked next. Pure: time and chance are arguments, nothing waits here. A success
 * sets the next attempt one interval (+-10 %) ahead; failures back off from 0.5 s doubling to 10 s
 * with full jitter; three in a row open the circuit, and an attempt made while it is open is a
 * probe (half-open). A hold (retry_after) is to the millisecond and stronger than everything else.
 * All times are mono ms. Owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_SCHEDULE_H
#define BOTSWAIN_COLLECT_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct rng;

enum {
	SCHEDULE_BACKOFF_FIRST_MS = 500,
	SCHEDULE_BACKOFF_MAX_MS = 10000,
	SCHEDULE_BACKOFF_MIN_MS = 50, /* full jitter, but never a busy loop */
	SCHEDULE_JITTER_PERCENT = 10,
	SCHEDULE_OPEN_AFTER = 3, /* failures in a row */
};

enum circuit { CIRCUIT_CLOSED, CIRCUIT_OPEN, CIRCUIT_HALF_OPEN };

struct schedule {
	int64_t interval_ms, due_ms, held_until_ms;
	unsigned fails;
	enum circuit circuit;
};

void schedule_init(struct schedule *schedule, int64_t interval_ms, int64_t first_due_ms);
/* The next attempt: what is due, but not before a hold ends. */
int64_t schedule_next_ms(const struct schedule *schedule);
bool schedule_is_due(const struct schedule *schedule, int64_t now_ms);
/* An attempt starts: an open circuit becomes half-open. */
void schedule_begin(struct schedule *schedule);
void schedule_ok(struct schedule *schedule, int64_t now_ms, struct rng *rng);
void schedule_fail(struct schedule *schedule, int64_t now_ms, struct rng *rng);
/* As a success for the circuit (the peer answered), with an own distance to the next attempt. */
void schedule_answered(struct schedule *schedule, int64_t now_ms, int64_t wait_ms, struct rng *rng);
/* Nothing before `until_ms` (retry_after). */
void schedule_hold(struct schedule *schedule, int64_t until_ms);
/* Now, unless held. */
void schedule_hurry(struct schedule *schedule, int64_t now_ms);
/* A new interval; an attempt that is further away than it comes nearer. */
void schedule_set_interval(struct schedule *schedule, int64_t interval_ms, int64_t now_ms);
const char *circuit_word(enum circuit circuit);

#endif
