/* SPDX-License-Identifier: MIT */
#include "core/base/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const struct clock *clock_real(void)
{
	static const struct clock real = {.is_virtual = false};
	return &real;
}

void clock_init_virtual(struct clock *clock, int64_t wall_ms)
{
	clock->is_virtual = true;
	atomic_init(&clock->mono_ms, 0);
	atomic_init(&clock->wall_ms, wall_ms);
}

void clock_advance(struct clock *clock, int64_t ms)
{
	atomic_fetch_add(&clock->mono_ms, ms);
	atomic_fetch_add(&clock->wall_ms, ms);
}

int64_t clock_mono_ms(const struct clock *clock)
{
	return clock->is_virtual ? atomic_load(&clock->mono_ms) : read_ms(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(const struct clock *clock)
{
	return clock->is_virtual ? atomic_load(&clock->wall_ms) : read_ms(CLOCK_REALTIME);
}

static int64_t read_us(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_cost_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t clock_thread_us(void)
{
	return read_us(CLOCK_THREAD_CPUTIME_ID);
}
