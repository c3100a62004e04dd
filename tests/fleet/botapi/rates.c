/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/rates.h"

#include <stdbool.h>

static const struct {
	int64_t slot_ms;
	int slots;
} windows[RATE_WINDOWS] = {{1000, 5}, {10000, 6}, {600000, 6}};

/* The slot of now, with what has left the window forgotten. */
static uint64_t *slot_of_now(struct rates *rates, int window, int64_t now_ms)
{
	int64_t now = now_ms / windows[window].slot_ms;
	int64_t passed = now - rates->last[window];
	int slots = windows[window].slots;
	for (int64_t i = 0; i < passed && i < slots; i++)
		rates->slots[window][(now - i) % slots] = 0;
	rates->last[window] = now;
	return &rates->slots[window][now % slots];
}

void rates_add(struct rates *rates, int64_t now_ms, uint64_t count)
{
	rates->total += count;
	for (int i = 0; i < RATE_WINDOWS; i++)
		*slot_of_now(rates, i, now_ms) += count;
}

static void raise_to(uint64_t *largest, uint64_t value)
{
	if (*largest < value)
		*largest = value;
}

void rates_raise(struct rates *rates, int64_t now_ms, uint64_t value)
{
	raise_to(&rates->total, value);
	for (int i = 0; i < RATE_WINDOWS; i++)
		raise_to(slot_of_now(rates, i, now_ms), value);
}

/* True when the slot of that number is in the window and was written. */
static bool is_current(const struct rates *rates, int window, int64_t now_ms, int64_t number)
{
	return number <= rates->last[window] && number >= 0 &&
	       number > rates->last[window] - windows[window].slots &&
	       number > now_ms / windows[window].slot_ms - windows[window].slots;
}

static uint64_t sum_or_largest(const struct rates *rates, int window, int64_t now_ms, bool sums)
{
	uint64_t result = 0;
	int slots = windows[window].slots;
	int64_t now = now_ms / windows[window].slot_ms;
	for (int64_t number = now - slots + 1; number <= now; number++) {
		if (!is_current(rates, window, now_ms, number))
			continue;
		uint64_t value = rates->slots[window][number % slots];
		if (sums)
			result += value;
		else
			raise_to(&result, value);
	}
	return result;
}

static double per_second(uint64_t count, int64_t ms)
{
	return ms > 0 ? (double)count * 1000 / (double)ms : 0;
}

void rates_per_second(
	const struct rates *rates, int64_t now_ms, int64_t since_ms, double ret[RATES])
{
	int64_t age_ms = now_ms > since_ms ? now_ms - since_ms : 1;
	ret[0] = per_second(rates->total, age_ms);
	for (int i = 0; i < RATE_WINDOWS; i++) {
		int64_t length_ms = windows[i].slot_ms * windows[i].slots;
		ret[i + 1] = per_second(sum_or_largest(rates, i, now_ms, true),
			age_ms < length_ms ? age_ms : length_ms);
	}
}

void rates_largest(const struct rates *rates, int64_t now_ms, double ret[RATES])
{
	ret[0] = (double)rates->total;
	for (int i = 0; i < RATE_WINDOWS; i++)
		ret[i + 1] = (double)sum_or_largest(rates, i, now_ms, false);
}
