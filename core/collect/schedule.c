/* SPDX-License-Identifier: MIT */
#include "core/collect/schedule.h"

#include "core/base/attr.h"
#include "core/base/rng.h"

void schedule_init(struct schedule *schedule, int64_t interval_ms, int64_t first_due_ms)
{
	*schedule = (struct schedule){.interval_ms = interval_ms, .due_ms = first_due_ms};
}

int64_t schedule_next_ms(const struct schedule *schedule)
{
	return schedule->due_ms > schedule->held_until_ms ? schedule->due_ms
							  : schedule->held_until_ms;
}

bool schedule_is_due(const struct schedule *schedule, int64_t now_ms)
{
	return schedule_next_ms(schedule) <= now_ms;
}

void schedule_begin(struct schedule *schedule)
{
	if (schedule->circuit == CIRCUIT_OPEN)
		schedule->circuit = CIRCUIT_HALF_OPEN;
}

void schedule_ok(struct schedule *schedule, int64_t now_ms, struct rng *rng)
{
	schedule_answered(schedule, now_ms, schedule->interval_ms, rng);
}

void schedule_answered(struct schedule *schedule, int64_t now_ms, int64_t wait_ms, struct rng *rng)
{
	schedule->fails = 0;
	schedule->circuit = CIRCUIT_CLOSED;
	schedule->due_ms = now_ms + rng_jitter(rng, wait_ms, SCHEDULE_JITTER_PERCENT);
}

static int64_t backoff_ms(unsigned fails, struct rng *rng)
{
	int64_t most = SCHEDULE_BACKOFF_FIRST_MS;
	for (unsigned i = 1; i < fails && most < SCHEDULE_BACKOFF_MAX_MS; i++)
		most *= 2;
	if (most > SCHEDULE_BACKOFF_MAX_MS)
		most = SCHEDULE_BACKOFF_MAX_MS;
	uint64_t span = (uint64_t)(most - SCHEDULE_BACKOFF_MIN_MS + 1);
	return SCHEDULE_BACKOFF_MIN_MS + (int64_t)rng_below(rng, span);
}

void schedule_fail(struct schedule *schedule, int64_t now_ms, struct rng *rng)
{
	schedule->fails++;
	if (schedule->fails >= SCHEDULE_OPEN_AFTER)
		schedule->circuit = CIRCUIT_OPEN;
	schedule->due_ms = now_ms + backoff_ms(schedule->fails, rng);
}

void schedule_hold(struct schedule *schedule, int64_t until_ms)
{
	if (until_ms > schedule->held_until_ms)
		schedule->held_until_ms = until_ms;
}

void schedule_hurry(struct schedule *schedule, int64_t now_ms)
{
	if (schedule->due_ms > now_ms)
		schedule->due_ms = now_ms;
}

void schedule_set_interval(struct schedule *schedule, int64_t interval_ms, int64_t now_ms)
{
	schedule->interval_ms = interval_ms;
	if (schedule->due_ms > now_ms + interval_ms)
		schedule->due_ms = now_ms + interval_ms;
}

const char *circuit_word(enum circuit circuit)
{
	static const char *const words[] = {
		[CIRCUIT_CLOSED] = "closed",
		[CIRCUIT_OPEN] = "open",
		[CIRCUIT_HALF_OPEN] = "half-open",
	};
	return (size_t)circuit < COUNT_OF(words) ? words[circuit] : "closed";
}
