/* SPDX-License-Identifier: MIT */
/* One series' points: a ring of (time, value) in order of time. The owner locks. */
#ifndef BOTSWAIN_SERIES_RING_H
#define BOTSWAIN_SERIES_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct point {
	int64_t time_ms;
	double value; /* NaN: a gap begins */
};

struct ring {
	struct point *points;
	size_t first, count, room; /* room: 0 or a power of two */
};

enum { RING_FIRST_ROOM = 8 };

/* True when the next ring_push() would drop the oldest point. */
bool ring_is_full(const struct ring *ring);
/* Doubles its room. The result is the growth in bytes. */
size_t ring_grow(struct ring *ring);
/* Appends; drops the oldest when there is no room. Room must not be 0. */
void ring_push(struct ring *ring, struct point point);
/* At its place in time, whatever came before; replaces the value of the same time. Without room the oldest goes, which may
 * be this one. Room must not be 0. */
void ring_insert(struct ring *ring, struct point point);
/* Removes what lies between the two times. */
void ring_forget(struct ring *ring, int64_t after_ms, int64_t before_ms);
/* index 0 is the oldest. */
const struct point *ring_at(const struct ring *ring, size_t index);
/* Index of the first point that is not older than `time_ms`; count: none. */
size_t ring_lower(const struct ring *ring, int64_t time_ms);
/* The usual distance of its points (mean over the last few), 0 when unknown. */
int64_t ring_interval_ms(const struct ring *ring);
/* See series_query(). */
void ring_columns(const struct ring *ring, int64_t from_ms, int64_t to_ms, size_t columns,
	double *ret_values);
void ring_release(struct ring *ring);

#endif
