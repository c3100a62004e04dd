/* SPDX-License-Identifier: MIT */
/* A day of twenty series, a value a minute, on a whole screen of 200x50: one frame has 16 ms for all that is on it. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/rng.h"
#include "tests/bench/bench.h"
#include "widgets/chart.h"

enum { ROWS = 50, COLUMNS = 200, PAINTINGS = 200, SERIES = 20, VALUES = 1440 };

/* Each swings in its own time, with noise; one has a gap. */
static void make_up(struct chart_series *series, double values[SERIES][VALUES])
{
	struct rng rng;
	rng_init(&rng, 1);
	for (size_t i = 0; i < SERIES; i++) {
		for (size_t k = 0; k < VALUES; k++)
			values[i][k] = 100 + 80 * sin((double)k / (40 + 9 * (double)i)) +
				       (double)rng_below(&rng, 20);
		series[i] = (struct chart_series){
			"support-en", values[i], VALUES, (enum role)(ROLE_SERIES1 + i % 6), 0};
	}
	for (size_t k = 600; k < 700; k++)
		values[3][k] = NAN;
}

static double painting_ms(struct grid *grid, const struct chart *chart)
{
	struct canvas canvas = canvas_of(grid);
	int64_t start_us = clock_thread_us();
	grid_clear(grid);
	(void)chart_draw(&canvas, chart);
	return (double)(clock_thread_us() - start_us) / 1000;
}

bool bench_chart_paint(const struct bench *bench, struct figures *ret)
{
	static double values[SERIES][VALUES];
	struct chart_series series[SERIES];
	struct chart chart = {
		.series = series, .count = SERIES, .from_ms = 0, .to_ms = INT64_C(24) * 3600000};
	struct grid *grid = grid_new(ROWS, COLUMNS, GLYPHS_FULL);
	(void)bench;
	make_up(series, values);
	for (int i = 0; i < PAINTINGS; i++)
		samples_add(&ret->ours, painting_ms(grid, &chart));
	grid_free(grid);
	ret->figure = samples_percentile(&ret->ours, 99);
	snprintf(ret->note, sizeof(ret->note),
		"99th percentile of 200, processor time; median %.2f ms",
		samples_median(&ret->ours));
	return true;
}
