/* SPDX-License-Identifier: MIT */
#include "tests/support/demo_charts.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/format.h"
#include "widgets/chart.h"
#include "widgets/frame.h"

enum { VALUES = 1440, SERIES = 20, MINUTE = 60000, HOUR = 60 * MINUTE };

#define NOON (seconds_of(2026, 11, 20, 12 * 3600) * 1000)

/* A load over a day: swings, noise that is the same in every run, and a burst. */
static void load(double *values, size_t count, unsigned seed, double size)
{
	uint32_t noise = seed * 2654435761u + 1;
	double phase = seed * 0.9;
	for (size_t i = 0; i < count; i++) {
		noise = noise * 1664525u + 1013904223u;
		double at = (double)i / (double)count;
		double swing = 0.55 + 0.3 * sin(at * 6.28 + phase) + 0.1 * sin(at * 31 + phase);
		double burst = exp(-pow((at - 0.72) * 40, 2)) * (seed % 2 ? 0 : 0.7);
		values[i] =
			size * fabs(swing + burst + ((double)(noise >> 16) / 65536 - 0.5) * 0.05);
	}
}

static void gap(double *values, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		values[i] = (double)NAN;
}

static const struct chart_mark marks[] = {
	{.letter = 'R', .role = ROLE_STRONG, .name = "restart"},
	{.letter = '!', .role = ROLE_CRIT, .name = "alert"},
};

/* The span of a scene ends at noon. */
static struct chart base(int64_t span_ms)
{
	return (struct chart){.from_ms = NOON - span_ms, .to_ms = NOON};
}

static void draw_area(const struct canvas *canvas)
{
	static double values[180];
	const struct chart_limit limits[] = {{0.3, ROLE_WARN, 'w'}, {0.4, ROLE_CRIT, '!'}};
	load(values, COUNT_OF(values), 2, 0.35);
	gap(values, 40, 52);
	struct chart_mark own[2];
	memcpy(own, marks, sizeof(own));
	struct chart_series series = {"handler p95", values, COUNT_OF(values), ROLE_SERIES1, 0};
	struct chart chart = base(HOUR);
	own[0].at_ms = NOON - 43 * MINUTE;
	own[1].at_ms = NOON - 17 * MINUTE;
	chart.series = &series;
	chart.count = 1;
	chart.unit = chart_unit_named("seconds");
	chart.limits = limits;
	chart.limit_count = COUNT_OF(limits);
	chart.marks = own;
	chart.mark_count = COUNT_OF(own);
	chart_draw(canvas, &chart);
}

static void draw_lines(const struct canvas *canvas, size_t count, int64_t span_ms)
{
	static double values[SERIES][VALUES];
	static const char *const names[] = {"shop-pay", "support-en", "weather", "quiz", "courier"};
	struct chart_series series[SERIES];
	struct chart chart = base(span_ms);
	for (size_t i = 0; i < count; i++) {
		load(values[i], VALUES, (unsigned)i, (20.0 + 17 * (double)(i * 7 % 5)) * 1e6);
		series[i] = (struct chart_series){names[i % COUNT_OF(names)], values[i], VALUES,
			(enum role)(ROLE_SERIES1 + i % 6), 0};
	}
	gap(values[1], 900, 1000);
	series[2].stale_since_ms = NOON - span_ms / 5;
	chart.series = series;
	chart.count = count;
	chart.unit = chart_unit_named("bytes");
	chart.has_cursor = count < 10;
	chart.cursor_ms = NOON - span_ms / 3;
	chart_draw(canvas, &chart);
}

static void draw_bars(const struct canvas *canvas)
{
	static double errors[24], warnings[24];
	load(errors, COUNT_OF(errors), 3, 40);
	load(warnings, COUNT_OF(warnings), 4, 90);
	struct chart_series series[] = {{"errors", errors, COUNT_OF(errors), ROLE_LEVEL_ERROR, 0},
		{"warnings", warnings, COUNT_OF(warnings), ROLE_LEVEL_WARN, 0}};
	struct chart chart = base(24 * HOUR);
	chart.form = CHART_BARS;
	chart.series = series;
	chart.count = canvas->columns > 100 ? 2 : 1;
	chart_draw(canvas, &chart);
}

static void draw_below_zero(const struct canvas *canvas)
{
	static double values[300];
	load(values, COUNT_OF(values), 6, 40);
	for (size_t i = 0; i < COUNT_OF(values); i++)
		values[i] -= 25;
	struct chart_series series = {"clock is off by", values, COUNT_OF(values), ROLE_SERIES5, 0};
	struct chart chart = base(15 * MINUTE);
	chart.series = &series;
	chart.count = 1;
	chart.unit = chart_unit_named("ms");
	chart_draw(canvas, &chart);
}

static void draw_floating(const struct canvas *canvas)
{
	static double values[60];
	load(values, COUNT_OF(values), 5, 30);
	for (size_t i = 0; i < COUNT_OF(values); i++)
		values[i] += 1e4;
	gap(values, 50, 60);
	struct chart_series series = {
		"keys", values, COUNT_OF(values), ROLE_SERIES2, NOON - 10 * MINUTE};
	struct chart chart = base(HOUR);
	chart.series = &series;
	chart.count = 1;
	chart.form = CHART_LINE;
	chart.floats = true;
	chart_draw(canvas, &chart);
}

static void draw_flat(const struct canvas *canvas)
{
	static double values[4] = {1.5, 1.5, 1.5, 1.5};
	struct chart_series series = {"flat", values, COUNT_OF(values), ROLE_SERIES3, 0};
	struct chart chart = base(HOUR);
	chart.series = &series;
	chart.count = 1;
	chart.unit = chart_unit_named("/s");
	chart.ink = CHART_BLOCKS;
	chart_draw(canvas, &chart);
}

static void draw_blocks(const struct canvas *canvas)
{
	static double values[500];
	load(values, COUNT_OF(values), 8, 90);
	struct chart_series series = {"CPU", values, COUNT_OF(values), ROLE_SERIES1, 0};
	const struct chart_limit limit = {80, ROLE_WARN, 'w'};
	struct chart chart = base(6 * HOUR);
	chart.series = &series;
	chart.count = 1;
	chart.unit = chart_unit_named("percent");
	chart.ink = CHART_BLOCKS;
	chart.limits = &limit;
	chart.limit_count = 1;
	chart_draw(canvas, &chart);
}

static void draw_stack(const struct canvas *canvas)
{
	static double values[4][240];
	static const char *const names[] = {"message", "callback", "inline", "payment"};
	struct chart_series series[4];
	struct chart chart = base(4 * (int64_t)HOUR);
	for (size_t i = 0; i < COUNT_OF(series); i++) {
		load(values[i], COUNT_OF(values[i]), (unsigned)i + 3, 12 - 2 * (double)i);
		series[i] = (struct chart_series){
			names[i], values[i], COUNT_OF(values[i]), (enum role)(ROLE_SERIES1 + i), 0};
	}
	gap(values[2], 100, 130);
	chart.series = series;
	chart.count = COUNT_OF(series);
	chart.form = CHART_STACK;
	chart.unit = chart_unit_named("/s");
	chart_draw(canvas, &chart);
}

static void draw_heat(const struct canvas *canvas)
{
	static double values[8][180];
	static const char *const names[] = {
		"10 ms", "25 ms", "50 ms", "100 ms", "250 ms", "500 ms", "1 s", "more"};
	struct chart_series series[8];
	struct chart chart = base(3 * (int64_t)HOUR);
	for (size_t i = 0; i < COUNT_OF(series); i++) {
		for (size_t k = 0; k < COUNT_OF(values[i]); k++) {
			double middle =
				2.5 + 1.5 * sin((double)k / 25) + (k > 120 && k < 140 ? 3 : 0);
			values[i][k] = rint(80 * exp(-pow((double)i - middle, 2) / 1.5));
		}
		gap(values[i], 60, 70);
		series[i] = (struct chart_series){
			names[i], values[i], COUNT_OF(values[i]), ROLE_SERIES1, 0};
	}
	chart.series = series;
	chart.count = COUNT_OF(series);
	chart.form = CHART_HEAT;
	chart_draw(canvas, &chart);
}

static void draw_three(const struct canvas *canvas)
{
	draw_lines(canvas, 3, HOUR);
}

static void draw_five(const struct canvas *canvas)
{
	draw_lines(canvas, 5, 6 * (int64_t)HOUR);
}

static void draw_many(const struct canvas *canvas)
{
	draw_lines(canvas, SERIES, 24 * (int64_t)HOUR);
}

static const struct {
	const char *title;
	void (*draw)(const struct canvas *canvas);
} scenes[DEMO_CHARTS - 1] = {
	{"handlers", draw_area},
	{"resident memory", draw_five},
	{"log lines", draw_bars},
	{"clock", draw_below_zero},
	{"keys", draw_floating},
	{"flat", draw_flat},
	{"processor", draw_blocks},
	{"memory of many", draw_many},
	{"updates by kind", draw_stack},
	{"handlers by time", draw_heat},
};

/* Six of them on a page. */
static void draw_page(const struct canvas *canvas)
{
	int wide = canvas->columns >= 120 ? 3 : canvas->columns >= 60 ? 2 : 1;
	int high = 6 / wide;
	for (int i = 0; i < 6; i++) {
		struct rect rect = {i / wide * canvas->rows / high,
			i % wide * canvas->columns / wide, canvas->rows / high,
			canvas->columns / wide - 1};
		struct canvas part = canvas_sub(canvas, rect);
		struct frame frame = {
			.number = "", .title = scenes[i].title, .hint = "", .note = ""};
		struct canvas inner = frame_draw(&part, &frame);
		if (i == 1)
			draw_three(&inner);
		else
			scenes[i == 5 ? 6 : i].draw(&inner);
	}
}

void demo_charts_draw(const struct canvas *canvas, size_t scene)
{
	if (scene == 0)
		draw_page(canvas);
	else
		scenes[(scene - 1) % COUNT_OF(scenes)].draw(canvas);
}
