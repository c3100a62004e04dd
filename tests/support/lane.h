/* SPDX-License-Identifier: MIT */
/*
 * One direction of a bad line: bytes go in as they come and out as late, as slowly and in as small pieces as they are told
 * to, always in order. No I/O and no clock: times are arguments (any ms that only grow). One thread.
 */
#ifndef BOTSWAIN_TESTS_LANE_H
#define BOTSWAIN_TESTS_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

/* All zero: a good line. They add up. */
struct toxics {
	int64_t latency_ms, jitter_ms; /* later by that, and by chance by up to that */
	size_t drip_bytes;             /* so many bytes ... */
	int64_t drip_ms;               /* ... each so often */
	size_t slice_bytes;            /* in pieces of at most that */
	int64_t slice_ms;              /* with a pause between */
	size_t bytes_a_second;         /* bandwidth */
	size_t limit_bytes,
		reset_bytes;   /* closed, or reset, when so many have passed since this was told */
	int64_t slow_close_ms; /* the end of one side reaches the other later */
	bool swallow;          /* nothing passes, also no end: what comes is gone */
};

enum lane_end { LANE_OPEN, LANE_CLOSE, LANE_RESET };

struct lane;

/* What may pass now; borrowed until the next call. */
struct lane_step {
	const char *bytes;
	size_t length;
	enum lane_end end; /* now, and no bytes are left before it; else LANE_OPEN */
};

struct lane *lane_new(uint64_t seed) MUST_CHECK;
void lane_free(struct lane *lane); /* NULL is legal */
/* Counts for what comes from now on, pace and ends also for what waits. */
void lane_set(struct lane *lane, const struct toxics *toxics);
/* How many bytes it takes now. */
size_t lane_room(const struct lane *lane);
void lane_put(struct lane *lane, const char *bytes, size_t length, int64_t now_ms);
/* The sender has closed. */
void lane_finish(struct lane *lane, int64_t now_ms);
struct lane_step lane_peek(struct lane *lane, int64_t now_ms);
/* So many of these bytes have passed. */
void lane_passed(struct lane *lane, size_t length, int64_t now_ms);
/* When lane_peek() has something that it has not now; INT64_MAX: not of itself. */
int64_t lane_due_ms(const struct lane *lane, int64_t now_ms);

#endif
