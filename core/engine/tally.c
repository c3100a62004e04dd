/* SPDX-License-Identifier: MIT */
#include "core/engine/tally.h"

#include <math.h>
#include <string.h>

/* Moves the window forward to `slot`; what falls out is forgotten. */
static void roll(struct tally *tally, int64_t slot)
{
	if (!tally->begun || slot - tally->slot >= TALLY_SLOTS) {
		memset(tally->sums, 0, sizeof(tally->sums));
		tally->slot = slot;
		tally->begun = true;
	}
	while (tally->slot < slot)
		tally->sums[++tally->slot % TALLY_SLOTS] = 0;
}

void tally_add(struct tally *tally, int64_t span_ms, int64_t now_ms, double amount)
{
	int64_t slot = now_ms / (span_ms / TALLY_SLOTS);
	roll(tally, slot);
	tally->sums[slot % TALLY_SLOTS] += (float)amount;
}

void tally_add_at(
	struct tally *tally, int64_t span_ms, int64_t now_ms, int64_t at_ms, double amount)
{
	int64_t slot = at_ms / (span_ms / TALLY_SLOTS);
	tally_add(tally, span_ms, now_ms, 0);
	if (at_ms >= 0 && slot <= tally->slot && slot > tally->slot - TALLY_SLOTS)
		tally->sums[slot % TALLY_SLOTS] += (float)amount;
}

double tally_sum(const struct tally *tally, int64_t span_ms, int64_t now_ms)
{
	int64_t slot = now_ms / (span_ms / TALLY_SLOTS);
	double sum = 0;
	if (!tally->begun)
		return NAN;
	for (int64_t at = slot - TALLY_SLOTS + 1; at <= tally->slot; at++)
		if (at > tally->slot - TALLY_SLOTS && at >= 0)
			sum += (double)tally->sums[at % TALLY_SLOTS];
	return sum;
}

int64_t tally_left_ms(const struct tally *tally, int64_t span_ms, int64_t now_ms)
{
	int64_t slot_ms = span_ms / TALLY_SLOTS;
	for (size_t i = 0; tally->begun && i < TALLY_SLOTS; i++)
		if (tally->sums[i] > 0)
			return slot_ms - now_ms % slot_ms;
	return INT64_MAX;
}

int64_t episode_left_ms(const struct episode *episode, int64_t window_ms, int64_t now_ms)
{
	return episode->count ? episode->last_ms + window_ms + 1 - now_ms : INT64_MAX;
}

bool episode_expire(struct episode *episode, int64_t window_ms, int64_t now_ms)
{
	if (episode->count == 0 || now_ms - episode->last_ms <= window_ms)
		return false;
	*episode = (struct episode){0};
	return true;
}

void episode_add(struct episode *episode, int64_t window_ms, int64_t at_ms, uint64_t count)
{
	episode_expire(episode, window_ms, at_ms);
	if (episode->count == 0)
		episode->since_ms = at_ms;
	episode->count += count;
	episode->last_ms = at_ms > episode->last_ms ? at_ms : episode->last_ms;
}

void times_add(struct times *times, int64_t at_ms)
{
	times->at_ms[times->next] = at_ms;
	times->next = (times->next + 1) % TIMES_MAX;
	times->count += times->count < TIMES_MAX;
}

int64_t times_left_ms(const struct times *times, int64_t since_ms)
{
	int64_t left_ms = INT64_MAX;
	for (unsigned i = 0; i < times->count; i++)
		if (times->at_ms[i] >= since_ms && times->at_ms[i] - since_ms + 1 < left_ms)
			left_ms = times->at_ms[i] - since_ms + 1;
	return left_ms;
}

unsigned times_since(const struct times *times, int64_t since_ms)
{
	unsigned count = 0;
	for (unsigned i = 0; i < times->count; i++)
		count += times->at_ms[i] >= since_ms;
	return count;
}
