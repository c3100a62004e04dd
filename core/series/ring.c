/* SPDX-License-Identifier: MIT */
#include "core/series/ring.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"

enum { INTERVAL_POINTS = 16 };

bool ring_is_full(const struct ring *ring)
{
	return ring->count == ring->room;
}

size_t ring_grow(struct ring *ring)
{
	size_t room = ring->room ? ring->room * 2 : RING_FIRST_ROOM, old = ring->room;
	struct point *points = xreallocarray(NULL, room, sizeof(*points));
	for (size_t i = 0; i < ring->count; i++)
		points[i] = *ring_at(ring, i);
	free(ring->points);
	ring->points = points;
	ring->first = 0;
	ring->room = room;
	return (room - old) * sizeof(*points);
}

void ring_push(struct ring *ring, struct point point)
{
	assert(ring->room);
	if (ring_is_full(ring)) {
		ring->first = (ring->first + 1) & (ring->room - 1);
		ring->count--;
	}
	ring->points[(ring->first + ring->count++) & (ring->room - 1)] = point;
}

static struct point *place(struct ring *ring, size_t index)
{
	return &ring->points[(ring->first + index) & (ring->room - 1)];
}

/* A free place at `index`: the shorter side moves. */
static void open_place(struct ring *ring, size_t index)
{
	ring->count++;
	if (index < ring->count / 2) {
		ring->first = (ring->first - 1) & (ring->room - 1);
		for (size_t i = 0; i < index; i++)
			*place(ring, i) = *place(ring, i + 1);
	} else {
		for (size_t i = ring->count - 1; i > index; i--)
			*place(ring, i) = *place(ring, i - 1);
	}
}

void ring_insert(struct ring *ring, struct point point)
{
	assert(ring->room);
	size_t at = ring_lower(ring, point.time_ms);
	bool is_there = at < ring->count && place(ring, at)->time_ms == point.time_ms;
	if (!is_there && ring_is_full(ring)) {
		if (at == 0)
			return;
		ring->first = (ring->first + 1) & (ring->room - 1);
		ring->count--;
		at--;
	}
	if (!is_there)
		open_place(ring, at);
	*place(ring, at) = point;
}

void ring_forget(struct ring *ring, int64_t after_ms, int64_t before_ms)
{
	size_t to = ring_lower(ring, after_ms + 1), from = ring_lower(ring, before_ms);
	if (to >= from)
		return;
	while (from < ring->count)
		*place(ring, to++) = *place(ring, from++);
	ring->count = to;
}

const struct point *ring_at(const struct ring *ring, size_t index)
{
	assert(index < ring->count);
	return &ring->points[(ring->first + index) & (ring->room - 1)];
}

size_t ring_lower(const struct ring *ring, int64_t time_ms)
{
	size_t low = 0, high = ring->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (ring_at(ring, middle)->time_ms < time_ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int64_t ring_interval_ms(const struct ring *ring)
{
	if (ring->count < 2)
		return 0;
	size_t steps = ring->count - 1 < INTERVAL_POINTS ? ring->count - 1 : INTERVAL_POINTS;
	const struct point *newest = ring_at(ring, ring->count - 1);
	return (newest->time_ms - ring_at(ring, ring->count - 1 - steps)->time_ms) / (int64_t)steps;
}

/* The value that still holds at `end_ms`: the last point before it, unless it is too old. */
static double held(const struct ring *ring, size_t next, int64_t end_ms, int64_t interval_ms)
{
	if (next == 0)
		return NAN;
	const struct point *before = ring_at(ring, next - 1);
	return end_ms - before->time_ms <= interval_ms * 5 / 2 ? before->value : NAN;
}

void ring_columns(
	const struct ring *ring, int64_t from_ms, int64_t to_ms, size_t columns, double *ret_values)
{
	int64_t interval_ms = ring_interval_ms(ring);
	double width = (double)(to_ms - from_ms) / (double)columns;
	size_t next = ring_lower(ring, from_ms);
	for (size_t column = 0; column < columns; column++) {
		int64_t end_ms = from_ms + (int64_t)(width * (double)(column + 1));
		double sum = 0;
		size_t count = 0;
		for (; next < ring->count && ring_at(ring, next)->time_ms < end_ms; next++) {
			double value = ring_at(ring, next)->value;
			sum += isnan(value) ? 0 : value;
			count += isnan(value) ? 0 : 1;
		}
		ret_values[column] =
			count ? sum / (double)count : held(ring, next, end_ms, interval_ms);
	}
}

void ring_release(struct ring *ring)
{
	free(ring->points);
	*ring = (struct ring){0};
}
