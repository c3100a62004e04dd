/* SPDX-License-Identifier: MIT */
/*
 * How often something happens: since the start, and in the last 5 s, minute and hour, each of them in slots, so that a
 * window moves on by a fifth or a sixth of itself. Time is an argument. Pure.
 */
#ifndef BOTSWAIN_BOTAPI_RATES_H
#define BOTSWAIN_BOTAPI_RATES_H

#include <stdint.h>

enum { RATES = 4 /* inf, 5sec, 1min, 1hour */, RATE_WINDOWS = RATES - 1, RATE_SLOTS = 6 };

struct rates {
	uint64_t total;
	uint64_t slots[RATE_WINDOWS][RATE_SLOTS];
	int64_t last[RATE_WINDOWS]; /* number of the newest slot */
};

void rates_add(struct rates *rates, int64_t now_ms, uint64_t count);
/* The largest that came, instead of the sum. */
void rates_raise(struct rates *rates, int64_t now_ms, uint64_t value);
/* Per second in each window; `since_ms` is when the counting began, before which no window reaches. */
void rates_per_second(
	const struct rates *rates, int64_t now_ms, int64_t since_ms, double ret[RATES]);
/* The largest in each window. */
void rates_largest(const struct rates *rates, int64_t now_ms, double ret[RATES]);

#endif
