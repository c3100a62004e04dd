/* SPDX-License-Identifier: MIT */
#include "tests/fleet/common/timers.h"

#include <stdlib.h>

#include "core/base/mem.h"

static void put(struct timers *timers, size_t place, struct timer *timer)
{
	timers->heap[place - 1] = timer;
	timer->place = place;
}

static void rise(struct timers *timers, size_t place)
{
	struct timer *timer = timers->heap[place - 1];
	while (place > 1 && timers->heap[place / 2 - 1]->at_ms > timer->at_ms) {
		put(timers, place, timers->heap[place / 2 - 1]);
		place /= 2;
	}
	put(timers, place, timer);
}

static void sink(struct timers *timers, size_t place)
{
	struct timer *timer = timers->heap[place - 1];
	for (;;) {
		size_t child = place * 2;
		if (child > timers->count)
			break;
		if (child < timers->count &&
			timers->heap[child]->at_ms < timers->heap[child - 1]->at_ms)
			child++;
		if (timers->heap[child - 1]->at_ms >= timer->at_ms)
			break;
		put(timers, place, timers->heap[child - 1]);
		place = child;
	}
	put(timers, place, timer);
}

void timers_set(struct timers *timers, struct timer *timer, int64_t at_ms)
{
	timer->at_ms = at_ms;
	if (!timer->place) {
		timers->heap = grow(
			timers->heap, timers->count, &timers->capacity, sizeof(struct timer *));
		put(timers, ++timers->count, timer);
	}
	rise(timers, timer->place);
	sink(timers, timer->place);
}

void timers_cancel(struct timers *timers, struct timer *timer)
{
	size_t place = timer->place;
	if (!place)
		return;
	timer->place = 0;
	struct timer *last = timers->heap[--timers->count];
	if (last == timer)
		return;
	put(timers, place, last);
	rise(timers, place);
	sink(timers, last->place);
}

int64_t timers_next_ms(const struct timers *timers)
{
	return timers->count ? timers->heap[0]->at_ms : INT64_MAX;
}

void timers_run(struct timers *timers, int64_t now_ms)
{
	for (size_t budget = timers->count; budget && timers_next_ms(timers) <= now_ms; budget--) {
		struct timer *timer = timers->heap[0];
		timers_cancel(timers, timer);
		timer->fire(timer->data);
	}
}

void timers_release(struct timers *timers)
{
	free(timers->heap);
	*timers = (struct timers){0};
}
