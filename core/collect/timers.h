/* SPDX-License-Identifier: MIT */
/*
 * A binary heap of things that are due, nearest first: what lets one loop keep ten thousand bots in
 * time. The timers live in their owners' structs; a timer knows its place, so moving or removing
 * one is O(log n). Pure; owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_TIMERS_H
#define BOTSWAIN_COLLECT_TIMERS_H

#include <stddef.h>
#include <stdint.h>

struct timer {
	int64_t due_ms;
	size_t place; /* private: 1-based, 0 when not set */
	void *owner;
};

struct timers {
	struct timer **items;
	size_t count, capacity;
};

void timers_release(struct timers *timers); /* the timers themselves are their owners' */
/* Sets or moves. `timer->owner` stays as it is. */
void timers_set(struct timers *timers, struct timer *timer, int64_t due_ms);
void timers_remove(struct timers *timers, struct timer *timer); /* legal when not set */
/* The nearest, still in the heap; NULL when there is none. */
struct timer *timers_first(const struct timers *timers);
/* Takes the nearest out of the heap when it is due; NULL when nothing is. */
struct timer *timers_take_due(struct timers *timers, int64_t now_ms);

#endif
