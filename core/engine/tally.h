/* SPDX-License-Identifier: MIT */
/*
 * Counting over time in a few words of memory. A tally is a sliding count in equal slots; an
 * episode is a run of the same trouble: how often, since when, and when last; it ends when a whole
 * window passed without one. Times are mono ms for tallies, whatever the caller keeps for episodes.
 */
#ifndef BOTSWAIN_ENGINE_TALLY_H
#define BOTSWAIN_ENGINE_TALLY_H

#include <stdbool.h>
#include <stdint.h>

enum { TALLY_SLOTS = 12 };

struct tally {
	int64_t slot; /* number of the newest slot */
	float sums[TALLY_SLOTS];
	bool begun;
};

/* Adds to the slot of `now_ms`; the tally spans `span_ms`. */
void tally_add(struct tally *tally, int64_t span_ms, int64_t now_ms, double amount);
/* Adds to the slot of `at_ms`, which may lie before `now_ms`; nothing when it is older than the span. */
void tally_add_at(
	struct tally *tally, int64_t span_ms, int64_t now_ms, int64_t at_ms, double amount);
/* The sum over the last span; NaN before the first tally_add(). */
double tally_sum(const struct tally *tally, int64_t span_ms, int64_t now_ms);
/* In how many ms that may be another sum though nothing is added; INT64_MAX: never. */
int64_t tally_left_ms(const struct tally *tally, int64_t span_ms, int64_t now_ms);

struct episode {
	uint64_t count;
	int64_t since_ms, last_ms;
};

void episode_add(struct episode *episode, int64_t window_ms, int64_t at_ms, uint64_t count);
/* Forgets a run that ended. True when it did. */
bool episode_expire(struct episode *episode, int64_t window_ms, int64_t now_ms);
/* In how many ms it ends, if nothing is added; INT64_MAX: there is none. */
int64_t episode_left_ms(const struct episode *episode, int64_t window_ms, int64_t now_ms);

/* The times of the last few of something rare. */
enum { TIMES_MAX = 24 };
struct times {
	int64_t at_ms[TIMES_MAX];
	unsigned count, next;
};
void times_add(struct times *times, int64_t at_ms);
/* How many are not older than `since_ms`. */
unsigned times_since(const struct times *times, int64_t since_ms);
/* In how many ms, as `since_ms` goes on, they are fewer; INT64_MAX: never. */
int64_t times_left_ms(const struct times *times, int64_t since_ms);

#endif
