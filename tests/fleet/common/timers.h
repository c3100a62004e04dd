/* SPDX-License-Identifier: MIT */
/*
 * One-shot timers in a binary heap. A timer is embedded in the thing that it wakes and knows its
 * own place, so that setting, moving and cancelling cost O(log n) and no memory. All functions
 * belong to the thread of the loop.
 */
#ifndef BOTSWAIN_FLEET_TIMERS_H
#define BOTSWAIN_FLEET_TIMERS_H

#include <stddef.h>
#include <stdint.h>

struct timer {
	void (*fire)(void *data);
	void *data;
	int64_t at_ms; /* monotonic */
	size_t place;  /* 1-based place in the heap; 0: not set */
};

struct timers {
	struct timer **heap;
	size_t count, capacity;
};

/* Sets or moves; the timer must stay at its address until it fired or was cancelled. */
void timers_set(struct timers *timers, struct timer *timer, int64_t at_ms);
/* Legal on a timer that is not set. */
void timers_cancel(struct timers *timers, struct timer *timer);
/* When the first timer is due; INT64_MAX when none is set. */
int64_t timers_next_ms(const struct timers *timers);
/* Fires every timer that was due at `now_ms`; a timer that sets itself again in the past waits for
 * the next call. */
void timers_run(struct timers *timers, int64_t now_ms);
void timers_release(struct timers *timers);

#endif
