/* SPDX-License-Identifier: MIT */
/* Charts: what is drawn of values and gaps, in any size. What stands around them is in test_widgets_chart_around.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "core/base/rng.h"
#include "tests/support/chart_grid.h"
#include "tests/support/demo_charts.h"
#include "tests/support/golden.h"
#include "widgets/chart.h"

#define NAN_GAP ((double)NAN)

enum { VALUES = 200, MANY = 30 };

/* ---- figures ---- */

static void figures_do_not_invent_what_is_missing(void **state)
{
	(void)state;
	const double values[] = {NAN_GAP, 3, 9, 1, 3, NAN_GAP};
	struct chart_figures figures =
		chart_figures(&(struct chart_series){.values = values, .count = COUNT_OF(values)});
	assert_true(isnan(figures.now));
	assert_true(figures.max == 9 && figures.min == 1 && figures.mean == 4);
	figures = chart_figures(&(struct chart_series){.values = NULL, .count = 0});
	assert_true(isnan(figures.now) && isnan(figures.max) && isnan(figures.min) &&
		    isnan(figures.mean));
}

/* ---- looks ---- */

static void check_scene(size_t scene, int rows, int columns, enum glyph_set set, const char *name)
{
	struct grid *grid = grid_new(rows, columns, set);
	struct canvas canvas = canvas_of(grid);
	demo_charts_draw(&canvas, scene);
	golden_check_grid(name, grid);
	grid_free(grid);
}

static void charts_look_as_they_did(void **state)
{
	(void)state;
	check_scene(1, 24, 80, GLYPHS_FULL, "widgets_chart_area");
	check_scene(2, 24, 80, GLYPHS_FULL, "widgets_chart_lines");
	check_scene(3, 16, 60, GLYPHS_FULL, "widgets_chart_bars");
	check_scene(4, 14, 60, GLYPHS_FULL, "widgets_chart_below_zero");
	check_scene(9, 20, 70, GLYPHS_FULL, "widgets_chart_stack");
	check_scene(10, 14, 60, GLYPHS_FULL, "widgets_chart_heat");
	check_scene(7, 12, 40, GLYPHS_FULL, "widgets_chart_blocks");
	check_scene(1, 4, 20, GLYPHS_FULL, "widgets_chart_small");
	check_scene(2, 9, 120, GLYPHS_FULL, "widgets_chart_beside");
}

static void charts_of_ascii_and_of_consoles_look_as_they_did(void **state)
{
	(void)state;
	check_scene(1, 16, 60, GLYPHS_ASCII, "widgets_chart_ascii_area");
	check_scene(2, 20, 80, GLYPHS_ASCII, "widgets_chart_ascii_lines");
	check_scene(5, 12, 60, GLYPHS_ASCII, "widgets_chart_ascii_line");
	check_scene(2, 20, 80, GLYPHS_PLAIN, "widgets_chart_plain");
}

/* ---- any size, any values ---- */

static double any_value(struct rng *rng)
{
	static const double odd[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, 0, 1e308,
		-1e308, 1e-310, 1e15, 1e-9, -1};
	if (rng_below(rng, 8) == 0)
		return odd[rng_below(rng, COUNT_OF(odd))];
	return (double)rng_below(rng, 1000) - 300;
}

struct random_chart {
	double values[MANY][VALUES];
	struct chart_series series[MANY];
	struct chart_limit limits[3];
	struct chart_mark marks[4];
	struct chart chart;
};

static void make_random(struct rng *rng, struct random_chart *any)
{
	static const char *const words[] = {"", "bytes", "ms", "ratio"};
	*any = (struct random_chart){.chart = chart_of(any->series, rng_below(rng, MANY))};
	bool wild = rng_below(rng, 2);
	for (size_t i = 0; i < MANY; i++) {
		any->series[i] = (struct chart_series){.name = i % 2 ? "support-en" : "",
			.values = any->values[i],
			.count = rng_below(rng, 3) ? rng_below(rng, VALUES) : rng_below(rng, 2),
			.role = (enum role)(ROLE_SERIES1 + i % 6),
			.stale_since_ms = i % 5 ? 0 : (int64_t)rng_below(rng, 7000000)};
		for (size_t k = 0; k < VALUES; k++)
			any->values[i][k] = wild ? any_value(rng) : (double)rng_below(rng, 90);
	}
	for (size_t i = 0; i < COUNT_OF(any->limits); i++)
		any->limits[i] = (struct chart_limit){any_value(rng), ROLE_WARN, 'w'};
	for (size_t i = 0; i < COUNT_OF(any->marks); i++)
		any->marks[i] = (struct chart_mark){
			(int64_t)rng_below(rng, 7200000) - 3600000, 'R', ROLE_STRONG, "restart"};
	any->chart.limits = any->limits;
	any->chart.limit_count = rng_below(rng, 4);
	any->chart.marks = any->marks;
	any->chart.mark_count = rng_below(rng, 5);
	any->chart.form = (enum chart_form)rng_below(rng, 6);
	any->chart.ink = (enum chart_ink)rng_below(rng, 2);
	any->chart.unit = chart_unit_named(words[rng_below(rng, COUNT_OF(words))]);
	any->chart.floats = rng_below(rng, 2);
	any->chart.by_powers = rng_below(rng, 4) == 0;
	any->chart.has_cursor = rng_below(rng, 2);
	any->chart.cursor_ms = (int64_t)rng_below(rng, 7200000) - 1800000;
	any->chart.to_ms = rng_below(rng, 9) ? any->chart.to_ms : 0;
}

/* Draws into the middle of a larger grid and looks at what lies around. */
static void check_inside(const struct chart *chart, int rows, int columns, enum glyph_set set)
{
	struct grid *grid = grid_new(rows + 2, columns + 2, set);
	struct canvas whole = canvas_of(grid);
	struct canvas canvas = canvas_sub(&whole, (struct rect){1, 1, rows, columns});
	for (int row = 0; row < grid->rows; row++)
		for (int column = 0; column < grid->columns; column++)
			if (row == 0 || column == 0 || row > rows || column > columns)
				canvas_sign(&whole, row, column, ROLE_MATCH, "@");
	struct chart_view view = chart_draw(&canvas, chart);
	assert_true(view.plot.row >= 0 && view.plot.row + view.plot.rows <= rows);
	assert_true(view.plot.column >= 0 && view.plot.column + view.plot.columns <= columns);
	for (int row = 0; row < grid->rows; row++)
		for (int column = 0; column < grid->columns; column++) {
			const struct cell *cell = grid_cell(grid, row, column);
			if (row == 0 || column == 0 || row > rows || column > columns)
				assert_true(strcmp(cell->text, "@") == 0 &&
					    cell->surface == SURFACE_SCREEN);
			else if (set == GLYPHS_ASCII)
				assert_in_range((unsigned char)cell->text[0], ' ', '~');
		}
	grid_free(grid);
}

static void nothing_is_drawn_outside_in_any_size(void **state)
{
	(void)state;
	static struct random_chart any;
	struct rng rng;
	rng_init(&rng, 5);
	for (int rows = 0; rows <= 50; rows++)
		for (int columns = 0; columns <= 200; columns += 1 + columns / 8) {
			make_random(&rng, &any);
			check_inside(&any.chart, rows, columns, (enum glyph_set)(rows % 3));
		}
	for (int i = 0; i < 1500; i++) {
		make_random(&rng, &any);
		check_inside(&any.chart, 1 + (int)rng_below(&rng, 24), 1 + (int)rng_below(&rng, 90),
			(enum glyph_set)(i % 3));
	}
}

static void a_column_of_the_plot_is_a_time_and_back(void **state)
{
	(void)state;
	const double values[] = {1, 2, 3};
	const struct chart_series series = {"a", values, 3, ROLE_SERIES1, 0};
	struct chart chart = chart_of(&series, 1);
	struct grid *grid = grid_new(24, 80, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	struct chart_view view = chart_draw(&canvas, &chart), same = chart_layout(&canvas, &chart);
	assert_memory_equal(&view, &same, sizeof(view));
	assert_true(view.plot.columns > 60 && view.plot.rows > 18);
	for (int i = 0; i < view.plot.columns; i++)
		assert_int_equal(
			chart_view_column(&view, chart_view_time(&view, view.plot.column + i)),
			view.plot.column + i);
	grid_free(grid);
}

/* ---- values ---- */

static void a_gap_stays_empty_from_top_to_bottom(void **state)
{
	(void)state;
	const double values[] = {5, 5, NAN_GAP, 5};
	const struct chart_series series = {"", values, 4, ROLE_SERIES1, 0};
	struct chart chart = chart_of(&series, 1);
	for (int ink = CHART_BRAILLE; ink <= CHART_BLOCKS; ink++)
		for (int form = CHART_AUTO; form <= CHART_BARS; form++) {
			chart.ink = (enum chart_ink)ink;
			chart.form = (enum chart_form)form;
			struct grid *grid = chart_drawn(&chart, 2, 4, GLYPHS_FULL);
			for (int row = 0; row < 2; row++)
				assert_string_equal(grid_cell(grid, row, 2)->text, " ");
			assert_string_not_equal(grid_cell(grid, 0, 1)->text, " ");
			assert_string_not_equal(grid_cell(grid, 0, 3)->text, " ");
			grid_free(grid);
		}
}

static void a_value_alone_between_gaps_is_seen(void **state)
{
	(void)state;
	double values[100];
	for (size_t i = 0; i < COUNT_OF(values); i++)
		values[i] = i == 50 ? 7 : NAN_GAP;
	const struct chart_series series = {"", values, COUNT_OF(values), ROLE_SERIES1, 0};
	struct chart chart = chart_of(&series, 1);
	for (int form = CHART_LINE; form <= CHART_BARS; form++) {
		chart.form = (enum chart_form)form;
		struct grid *grid = chart_drawn(&chart, 2, 20, GLYPHS_FULL);
		assert_string_not_equal(grid_cell(grid, 0, 10)->text, " ");
		grid_free(grid);
	}
}

static void a_peak_between_two_columns_is_not_lost(void **state)
{
	(void)state;
	double values[1440];
	for (size_t i = 0; i < COUNT_OF(values); i++)
		values[i] = i == 777 ? 100 : 1;
	const struct chart_series series = {"", values, COUNT_OF(values), ROLE_SERIES1, 0};
	struct chart chart = chart_of(&series, 1);
	for (int form = CHART_LINE; form <= CHART_BARS; form++) {
		chart.form = (enum chart_form)form;
		if (form == CHART_HEAT)
			continue; /* it has no height */
		struct grid *grid = chart_drawn(&chart, 2, 20, GLYPHS_FULL);
		assert_string_not_equal(grid_cell(grid, 0, 777 * 20 / 1440)->text, " ");
		assert_string_equal(grid_cell(grid, 0, 1)->text, " ");
		grid_free(grid);
	}
}

static void zero_is_drawn_and_is_not_a_gap(void **state)
{
	(void)state;
	const double values[] = {0, NAN_GAP};
	const struct chart_series series = {"", values, 2, ROLE_SERIES1, 0};
	struct chart chart = chart_of(&series, 1);
	chart.ink = CHART_BLOCKS;
	struct grid *grid = chart_drawn(&chart, 1, 2, GLYPHS_FULL);
	assert_string_equal(grid_cell(grid, 0, 0)->text, "▁");
	assert_string_equal(grid_cell(grid, 0, 1)->text, " ");
	grid_free(grid);
}

static void values_below_zero_hang_from_it(void **state)
{
	(void)state;
	const double values[] = {-10, 10};
	const struct chart_series series = {"", values, 2, ROLE_SERIES1, 0};
	struct chart chart = chart_of(&series, 1);
	chart.form = CHART_BARS;
	struct grid *grid = chart_drawn(&chart, 2, 2, GLYPHS_FULL);
	assert_string_equal(grid_cell(grid, 0, 1)->text, "█");
	assert_string_equal(grid_cell(grid, 1, 0)->text, "█");
	assert_string_equal(grid_cell(grid, 1, 1)->text, " ");
	grid_free(grid);
}

static void nothing_known_has_no_figures_at_its_axis(void **state)
{
	(void)state;
	const double values[] = {NAN_GAP, NAN_GAP};
	const struct chart_series series = {"a", values, 2, ROLE_SERIES1, 0};
	struct chart chart = chart_of(&series, 1);
	struct grid *grid = chart_drawn(&chart, 24, 80, GLYPHS_FULL);
	assert_true(grid_has(grid, "no value"));
	assert_true(grid_has(grid, "now --  max --  min --  avg --"));
	assert_false(grid_has(grid, "0.5"));
	grid_free(grid);
}

static void a_cell_of_two_lines_is_the_ones_that_has_more_dots_there(void **state)
{
	(void)state;
	/* In the one cell the first has one dot, then both have two. */
	const double one[] = {NAN_GAP, 0, 0, 0}, two[] = {10, 10, 10, 10};
	struct chart_series series[] = {
		{"", one, 2, ROLE_SERIES1, 0}, {"", two, 2, ROLE_SERIES2, 0}};
	struct chart chart = chart_of(series, 2);
	struct grid *grid = chart_drawn(&chart, 1, 1, GLYPHS_FULL);
	assert_int_equal(grid_cell(grid, 0, 0)->role, ROLE_SERIES2);
	assert_string_equal(grid_cell(grid, 0, 0)->text, "⢉");
	grid_free(grid);
	series[0].values = one + 1;
	grid = chart_drawn(&chart, 1, 1, GLYPHS_FULL);
	assert_int_equal(grid_cell(grid, 0, 0)->role, ROLE_SERIES1);
	assert_string_equal(grid_cell(grid, 0, 0)->text, "⣉");
	grid_free(grid);
}

static void lines_are_told_apart_without_colours(void **state)
{
	(void)state;
	const double one[] = {1, 1}, two[] = {9, 9}, three[] = {9, 9};
	const struct chart_series series[] = {{"low", one, 2, ROLE_SERIES1, 0},
		{"high", two, 2, ROLE_SERIES2, 0}, {"as high", three, 2, ROLE_SERIES3, 0}};
	struct chart chart = chart_of(series, 3);
	struct grid *grid = chart_drawn(&chart, 12, 60, GLYPHS_FULL);
	bool seen[3] = {false};
	for (int row = 1; row < 12; row++) {
		char letter = grid_cell(grid, row, 59)->text[0];
		if (letter >= 'a' && letter <= 'c')
			seen[letter - 'a'] = true;
	}
	assert_true(seen[0] && seen[1] && seen[2]);
	assert_true(grid_has(grid, "a low 1  b high 9  c as high 9"));
	grid_free(grid);
	grid = chart_drawn(&chart, 12, 60, GLYPHS_ASCII);
	assert_true(grid_has(grid, "aaaaaaaa") && grid_has(grid, "bbbbbbbb"));
	grid_free(grid);
}

static void areas_of_a_stack_stand_on_each_other(void **state)
{
	(void)state;
	const double low[] = {50, 50}, high[] = {50, NAN_GAP};
	const struct chart_series series[] = {
		{"low", low, 2, ROLE_SERIES1, 0}, {"high", high, 2, ROLE_SERIES2, 0}};
	struct chart chart = chart_of(series, 2);
	chart.form = CHART_STACK;
	struct grid *grid = chart_drawn(&chart, 2, 2, GLYPHS_FULL);
	assert_int_equal(grid_cell(grid, 0, 0)->role, ROLE_SERIES2);
	assert_int_equal(grid_cell(grid, 1, 0)->role, ROLE_SERIES1);
	assert_int_equal(grid_cell(grid, 1, 1)->role, ROLE_SERIES1);
	assert_string_equal(grid_cell(grid, 0, 0)->text, "⣿");
	assert_int_not_equal(grid_cell(grid, 0, 1)->role, ROLE_SERIES2);
	grid_free(grid);
	assert_true(chart_stack_value(&chart, 1, 0) == 100);
	assert_true(isnan(chart_stack_value(&chart, 1, 1)));
	grid = chart_drawn(&chart, 12, 60, GLYPHS_ASCII);
	assert_true(row_has(grid, 1, "100|bbbb") && grid_has(grid, "0|aaaa"));
	grid_free(grid);
}

static void an_axis_that_floats_has_no_area_that_would_lie_about_zero(void **state)
{
	(void)state;
	const double values[] = {1000, 1001, 1002};
	const struct chart_series series = {"", values, 3, ROLE_SERIES1, 0};
	struct chart chart = chart_of(&series, 1);
	chart.floats = true;
	struct grid *grid = chart_drawn(&chart, 10, 60, GLYPHS_FULL);
	assert_true(grid_has(grid, "1002") && grid_has(grid, "1000"));
	assert_string_equal(grid_cell(grid, 7, 58)->text, " ");
	grid_free(grid);
}

static void a_heat_map_tells_nothing_from_zero_and_zero_from_little(void **state)
{
	(void)state;
	const double low[] = {0, 1, 400, NAN_GAP}, high[] = {0, 0, 0, NAN_GAP};
	const struct chart_series series[] = {
		{"10 ms", low, 4, ROLE_SERIES1, 0}, {"more", high, 4, ROLE_SERIES1, 0}};
	struct chart chart = chart_of(series, 2);
	chart.form = CHART_HEAT;
	struct grid *grid = chart_drawn(&chart, 2, 4, GLYPHS_FULL);
	static const char *const wanted[] = {"·", "░", "█", " "};
	for (int column = 0; column < 4; column++)
		assert_string_equal(grid_cell(grid, 1, column)->text, wanted[column]);
	assert_string_equal(grid_cell(grid, 0, 2)->text, "·");
	grid_free(grid);
	chart.has_cursor = true;
	chart.cursor_ms = 31 * MINUTE;
	grid = chart_drawn(&chart, 10, 60, GLYPHS_FULL);
	assert_true(row_has(grid, 0, "00:31:00  10 ms 400"));
	assert_true(grid_has(grid, "10 ms┤") && grid_has(grid, " more┤"));
	grid_free(grid);
	/* In one row they are added. */
	chart.has_cursor = false;
	grid = chart_drawn(&chart, 1, 4, GLYPHS_ASCII);
	assert_string_equal(grid_cell(grid, 0, 2)->text, "#");
	grid_free(grid);
}

static void an_axis_by_powers_shows_small_values_beside_large_ones(void **state)
{
	(void)state;
	const double small[] = {1, 1, 1}, large[] = {1000, 0, 1000};
	const struct chart_series series[] = {
		{"small", small, 3, ROLE_SERIES1, 0}, {"large", large, 3, ROLE_SERIES2, 0}};
	struct chart chart = chart_of(series, 2);
	chart.by_powers = true;
	struct grid *grid = chart_drawn(&chart, 12, 60, GLYPHS_FULL);
	assert_true(grid_has(grid, " 1k┤") && grid_has(grid, " 100┤") && grid_has(grid, "  10┤"));
	assert_true(cells_of_role(grid, ROLE_SERIES1) > 40);
	grid_free(grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_do_not_invent_what_is_missing),
		cmocka_unit_test(charts_look_as_they_did),
		cmocka_unit_test(charts_of_ascii_and_of_consoles_look_as_they_did),
		cmocka_unit_test(nothing_is_drawn_outside_in_any_size),
		cmocka_unit_test(a_column_of_the_plot_is_a_time_and_back),
		cmocka_unit_test(a_gap_stays_empty_from_top_to_bottom),
		cmocka_unit_test(a_value_alone_between_gaps_is_seen),
		cmocka_unit_test(a_peak_between_two_columns_is_not_lost),
		cmocka_unit_test(zero_is_drawn_and_is_not_a_gap),
		cmocka_unit_test(values_below_zero_hang_from_it),
		cmocka_unit_test(nothing_known_has_no_figures_at_its_axis),
		cmocka_unit_test(a_cell_of_two_lines_is_the_ones_that_has_more_dots_there),
		cmocka_unit_test(lines_are_told_apart_without_colours),
		cmocka_unit_test(areas_of_a_stack_stand_on_each_other),
		cmocka_unit_test(an_axis_that_floats_has_no_area_that_would_lie_about_zero),
		cmocka_unit_test(a_heat_map_tells_nothing_from_zero_and_zero_from_little),
		cmocka_unit_test(an_axis_by_powers_shows_small_values_beside_large_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
