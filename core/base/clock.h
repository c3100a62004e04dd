/* SPDX-License-Identifier: MIT */
/*
 * Time as an argument. Nothing below a main() asks the system for the time: it asks the clock it
 * was given. `mono` never jumps and measures intervals; `wall` is what the operator's watch says
 * (UTC, may jump). The virtual clock moves only when told to, so a test owns time. Reading is safe
 * on any thread; moving a virtual clock belongs to the thread that made it.
 */
#ifndef BOTSWAIN_BASE_CLOCK_H
#define BOTSWAIN_BASE_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct clock {
	bool is_virtual;
	_Atomic int64_t mono_ms, wall_ms; /* virtual clock only */
};

/* The system's clocks. */
const struct clock *clock_real(void);
/* Starts a virtual clock at mono 0 and the given wall time (ms since 1970, UTC). */
void clock_init_virtual(struct clock *clock, int64_t wall_ms);
/* Moves both hands of a virtual clock. */
void clock_advance(struct clock *clock, int64_t ms);

int64_t clock_mono_ms(const struct clock *clock);
int64_t clock_wall_ms(const struct clock *clock);
/* Microseconds of the real monotonic clock, for measuring our own cost (never for deciding). */
int64_t clock_cost_us(void);
/* The same of the processor time of this thread. */
int64_t clock_thread_us(void);

#endif
