/* SPDX-License-Identifier: MIT */
#include "tests/support/lane.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"

enum { HOLDS = 1 << 20, RATE_STEP_MS = 20 };

/* Bytes that came together. */
struct part {
	size_t length;
	int64_t due_ms;
};

struct lane {
	struct toxics toxics;
	struct rng rng;
	struct str bytes; /* those before `gone` have passed */
	size_t gone;
	struct part *parts; /* those before `first` have passed */
	size_t first, count, room;
	size_t passed;   /* since the toxics were told */
	int64_t next_ms; /* nothing before */
	int64_t end_ms;  /* the sender's end is told then; -1: it has not closed */
};

struct lane *lane_new(uint64_t seed)
{
	struct lane *lane = xcalloc(1, sizeof(*lane));
	rng_init(&lane->rng, seed);
	str_init(&lane->bytes);
	lane->end_ms = -1;
	return lane;
}

void lane_free(struct lane *lane)
{
	if (!lane)
		return;
	str_release(&lane->bytes);
	free(lane->parts);
	free(lane);
}

static void forget(struct lane *lane)
{
	str_clear(&lane->bytes);
	lane->gone = lane->first = lane->count = 0;
}

void lane_set(struct lane *lane, const struct toxics *toxics)
{
	lane->toxics = *toxics;
	lane->passed = 0;
	lane->next_ms = 0;
	if (toxics->swallow)
		forget(lane);
}

static size_t held(const struct lane *lane)
{
	return lane->bytes.length - lane->gone;
}

size_t lane_room(const struct lane *lane)
{
	return held(lane) < HOLDS ? HOLDS - held(lane) : 0;
}

static int64_t delay_ms(struct lane *lane)
{
	int64_t jitter_ms = lane->toxics.jitter_ms;
	return lane->toxics.latency_ms +
	       (jitter_ms > 0 ? (int64_t)rng_below(&lane->rng, (uint64_t)jitter_ms + 1) : 0);
}

void lane_put(struct lane *lane, const char *bytes, size_t length, int64_t now_ms)
{
	if (lane->toxics.swallow || !length)
		return;
	int64_t due_ms = now_ms + delay_ms(lane);
	if (lane->first < lane->count && lane->parts[lane->count - 1].due_ms > due_ms)
		due_ms = lane->parts[lane->count - 1].due_ms;
	str_add(&lane->bytes, bytes, length);
	lane->parts = grow(lane->parts, lane->count, &lane->room, sizeof(*lane->parts));
	lane->parts[lane->count++] = (struct part){length, due_ms};
}

void lane_finish(struct lane *lane, int64_t now_ms)
{
	if (lane->end_ms < 0)
		lane->end_ms = now_ms + lane->toxics.latency_ms + lane->toxics.slow_close_ms;
}

/* ---- what may pass ---- */

static size_t due(const struct lane *lane, int64_t now_ms)
{
	size_t length = 0;
	for (size_t i = lane->first; i < lane->count && lane->parts[i].due_ms <= now_ms; i++)
		length += lane->parts[i].length;
	return length;
}

static size_t at_most(size_t length, size_t limit)
{
	return limit && length > limit ? limit : length;
}

static size_t piece(const struct lane *lane, size_t length)
{
	const struct toxics *toxics = &lane->toxics;
	size_t a_step = toxics->bytes_a_second * RATE_STEP_MS / 1000;
	length = at_most(length, toxics->drip_bytes);
	length = at_most(length, toxics->slice_bytes);
	if (toxics->bytes_a_second)
		length = at_most(length, a_step ? a_step : 1);
	return length;
}

static size_t until_end(const struct lane *lane)
{
	size_t limit = lane->toxics.limit_bytes, reset = lane->toxics.reset_bytes;
	size_t first = !limit || (reset && reset < limit) ? reset : limit;
	return !first ? SIZE_MAX : first > lane->passed ? first - lane->passed : 0;
}

static enum lane_end end_of(const struct lane *lane, int64_t now_ms)
{
	const struct toxics *toxics = &lane->toxics;
	if (toxics->reset_bytes && lane->passed >= toxics->reset_bytes)
		return LANE_RESET;
	if (toxics->limit_bytes && lane->passed >= toxics->limit_bytes)
		return LANE_CLOSE;
	bool is_over = lane->end_ms >= 0 && now_ms >= lane->end_ms && !held(lane);
	return is_over && !toxics->swallow ? LANE_CLOSE : LANE_OPEN;
}

struct lane_step lane_peek(struct lane *lane, int64_t now_ms)
{
	struct lane_step step = {
		.bytes = lane->bytes.text + lane->gone, .end = end_of(lane, now_ms)};
	size_t left = until_end(lane), length = due(lane, now_ms);
	if (step.end != LANE_OPEN || now_ms < lane->next_ms)
		return step;
	length = piece(lane, length);
	step.length = length < left ? length : left;
	return step;
}

/* How long the pieces that have passed keep the next one waiting. */
static int64_t pause_ms(const struct lane *lane, size_t length)
{
	const struct toxics *toxics = &lane->toxics;
	int64_t ms = toxics->drip_bytes ? toxics->drip_ms : 0;
	if (toxics->slice_bytes && toxics->slice_ms > ms)
		ms = toxics->slice_ms;
	if (!toxics->bytes_a_second)
		return ms;
	int64_t rate_ms = (int64_t)(length * 1000 / toxics->bytes_a_second);
	return rate_ms > ms ? rate_ms : ms;
}

static void compact(struct lane *lane)
{
	if (lane->first == lane->count) {
		forget(lane);
	} else if (lane->gone >= HOLDS) {
		memmove(lane->bytes.text, lane->bytes.text + lane->gone, held(lane) + 1);
		lane->bytes.length -= lane->gone;
		lane->gone = 0;
		lane->count -= lane->first;
		memmove(lane->parts, lane->parts + lane->first, lane->count * sizeof(*lane->parts));
		lane->first = 0;
	}
}

void lane_passed(struct lane *lane, size_t length, int64_t now_ms)
{
	lane->gone += length;
	lane->passed += length;
	lane->next_ms = length ? now_ms + pause_ms(lane, length) : lane->next_ms;
	while (length) {
		struct part *part = &lane->parts[lane->first];
		size_t taken = part->length < length ? part->length : length;
		part->length -= taken;
		length -= taken;
		lane->first += !part->length;
	}
	compact(lane);
}

int64_t lane_due_ms(const struct lane *lane, int64_t now_ms)
{
	int64_t due_ms = INT64_MAX;
	if (lane->toxics.swallow)
		return INT64_MAX;
	if (lane->first < lane->count)
		due_ms = lane->parts[lane->first].due_ms;
	else if (lane->end_ms >= 0)
		due_ms = lane->end_ms;
	if (due_ms != INT64_MAX && held(lane) && due_ms < lane->next_ms)
		due_ms = lane->next_ms;
	return due_ms > now_ms ? due_ms : INT64_MAX;
}
