/* SPDX-License-Identifier: MIT */
#include "widgets/chart_time.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/str.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define WEEK_MS   (7 * DAY_MS)
#define MONDAY_MS (4 * DAY_MS) /* 1970 began on a Thursday */

static const int64_t steps[] = {SECOND_MS, 2 * SECOND_MS, 5 * SECOND_MS, 10 * SECOND_MS,
	15 * SECOND_MS, 30 * SECOND_MS, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS,
	15 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS,
	12 * HOUR_MS, DAY_MS, 2 * DAY_MS, WEEK_MS, 2 * WEEK_MS, 4 * WEEK_MS, 13 * WEEK_MS,
	52 * WEEK_MS};

/* A label and as much air. */
static int cells_of(int64_t step_ms)
{
	return step_ms < MINUTE_MS ? 14 : 10;
}

int64_t chart_time_step(int64_t span_ms, int columns)
{
	for (size_t i = 0; span_ms > 0 && i < COUNT_OF(steps); i++)
		if ((double)steps[i] / (double)span_ms * columns >= cells_of(steps[i]))
			return steps[i];
	return 0;
}

static int64_t offset_ms(int64_t at_ms, bool local)
{
	return local ? local_offset_s(at_ms) * SECOND_MS : 0;
}

static int64_t floor_to(int64_t value, int64_t step)
{
	int64_t rest = value % step;
	return value - rest - (rest < 0 ? step : 0);
}

int64_t chart_time_next(int64_t after_ms, int64_t step_ms, bool local)
{
	int64_t phase = step_ms % WEEK_MS ? 0 : MONDAY_MS;
	int64_t wall = after_ms + offset_ms(after_ms, local) - phase;
	for (int64_t next = floor_to(wall, step_ms) + step_ms;; next += step_ms) {
		int64_t at = next + phase - offset_ms(after_ms, local);
		/* The clock may have been put on or back between. */
		at = next + phase - offset_ms(at, local);
		if (at > after_ms)
			return at;
	}
}

struct shown chart_time_text(int64_t at_ms, int64_t step_ms, bool local)
{
	struct shown clock = format_clock(at_ms, local);
	if (strcmp(clock.text, "00:00:00") == 0 || step_ms >= DAY_MS) {
		clock = format_day_clock(at_ms, local);
		clock.text[strcspn(clock.text, " ")] = '\0';
	} else if (step_ms >= MINUTE_MS && strlen(clock.text) > 5) {
		clock.text[5] = '\0';
	}
	return clock;
}

struct shown chart_moment_text(int64_t at_ms, int64_t span_ms, bool local)
{
	struct shown clock = format_clock(at_ms, local), shown = {""};
	struct shown day = format_day_clock(at_ms, local);
	if (span_ms <= DAY_MS)
		return clock;
	(void)print_text(shown.text, sizeof(shown.text), "%.5s %.8s", day.text, clock.text);
	return shown;
}

int chart_column_at(int64_t from_ms, int64_t to_ms, int columns, int64_t at_ms)
{
	if (to_ms <= from_ms || columns < 1)
		return -1;
	double place = ((double)at_ms - (double)from_ms) * columns / (double)(to_ms - from_ms);
	if (place < 0)
		return -1;
	return place < columns ? (int)place : columns;
}

int64_t chart_time_at(int64_t from_ms, int64_t to_ms, int columns, int column)
{
	if (columns < 1)
		return from_ms;
	return from_ms + (int64_t)((column + 0.5) * (double)(to_ms - from_ms) / columns);
}
