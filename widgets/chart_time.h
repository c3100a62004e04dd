/* SPDX-License-Identifier: MIT */
/* The time axis of a chart: ticks on round times of the clock on the wall, and where a time stands. Pure; any thread. */
#ifndef BOTSWAIN_WIDGETS_CHART_TIME_H
#define BOTSWAIN_WIDGETS_CHART_TIME_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/format.h"

/* The smallest round step (1 s to 12 h, days, weeks) whose labels have room on so many columns; 0: none has. */
int64_t chart_time_step(int64_t span_ms, int columns);
/* The first tick later than `after_ms`: a multiple of the step on the clock (weeks begin on Mondays), UTC or local. */
int64_t chart_time_next(int64_t after_ms, int64_t step_ms, bool local);
/* 12:05, with seconds where steps have them; 11-20 where a day begins. */
struct shown chart_time_text(int64_t at_ms, int64_t step_ms, bool local);
/* A time that the cursor reads: 12:05:30, with the day before it where the span has several. */
struct shown chart_moment_text(int64_t at_ms, int64_t span_ms, bool local);

/* The column of so many in which a time lies; may be outside of them. And the time in the middle of a column. */
int chart_column_at(int64_t from_ms, int64_t to_ms, int columns, int64_t at_ms);
int64_t chart_time_at(int64_t from_ms, int64_t to_ms, int columns, int column);

#endif
