/* SPDX-License-Identifier: MIT */
#include "core/collect/timers.h"

#include <stdlib.h>

#include "core/base/mem.h"

void timers_release(struct timers *timers)
{
	free(timers->items);
	*timers = (struct timers){0};
}

static void put(struct timers *timers, size_t place, struct timer *timer)
{
	timers->items[place - 1] = timer;
	timer->place = place;
}

static void rise(struct timers *timers, struct timer *timer)
{
	size_t place = timer->place;
	while (place > 1 && timers->items[place / 2 - 1]->due_ms > timer->due_ms) {
		put(timers, place, timers->items[place / 2 - 1]);
		place /= 2;
	}
	put(timers, place, timer);
}

static void sink(struct timers *timers, struct timer *timer)
{
	size_t place = timer->place;
	for (;;) {
		size_t child = place * 2;
		if (child > timers->count)
			break;
		if (child < timers->count &&
			timers->items[child]->due_ms < timers->items[child - 1]->due_ms)
			child++;
		if (timers->items[child - 1]->due_ms >= timer->due_ms)
			break;
		put(timers, place, timers->items[child - 1]);
		place = child;
	}
	put(timers, place, timer);
}

void timers_set(struct timers *timers, struct timer *timer, int64_t due_ms)
{
	timer->due_ms = due_ms;
	if (!timer->place) {
		timers->items = grow(
			timers->items, timers->count, &timers->capacity, sizeof(struct timer *));
		timers->count++;
		put(timers, timers->count, timer);
	}
	rise(timers, timer);
	sink(timers, timer);
}

void timers_remove(struct timers *timers, struct timer *timer)
{
	if (!timer->place)
		return;
	struct timer *last = timers->items[timers->count - 1];
	timers->count--;
	if (last != timer) {
		put(timers, timer->place, last);
		rise(timers, last);
		sink(timers, last);
	}
	timer->place = 0;
}

struct timer *timers_first(const struct timers *timers)
{
	return timers->count ? timers->items[0] : NULL;
}

struct timer *timers_take_due(struct timers *timers, int64_t now_ms)
{
	struct timer *first = timers_first(timers);
	if (!first || first->due_ms > now_ms)
		return NULL;
	timers_remove(timers, first);
	return first;
}
