/* SPDX-License-Identifier: MIT */
/* Charts: what stands around the values: legend, limits, marks, the cursor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "core/base/attr.h"
#include "tests/support/chart_grid.h"
#include "widgets/chart.h"

#define NAN_GAP ((double)NAN)

enum { MANY = 30 };

static void what_is_stale_is_dim_and_says_since_when(void **state)
{
	(void)state;
	const double values[] = {5, 5, 5, 5};
	const struct chart_series series = {"a", values, 4, ROLE_SERIES1, 57 * MINUTE};
	struct chart chart = chart_of(&series, 1);
	struct grid *grid = chart_drawn(&chart, 12, 60, GLYPHS_FULL);
	assert_true(row_has(grid, 0, "now 5  stale 3m"));
	assert_int_equal(grid_cell(grid, 5, 59)->role, ROLE_STALE);
	assert_int_equal(grid_cell(grid, 5, 30)->role, ROLE_SERIES1);
	grid_free(grid);
	chart.now_ms = 67 * MINUTE;
	grid = chart_drawn(&chart, 12, 60, GLYPHS_FULL);
	assert_true(row_has(grid, 0, "now 5  stale 10m"));
	grid_free(grid);
}

static void a_limit_is_a_dashed_line_with_its_value_and_letter(void **state)
{
	(void)state;
	const double values[] = {10, 10, 10, 10, 60};
	const struct chart_series series = {"a", values, 5, ROLE_SERIES1, 0};
	const struct chart_limit limits[] = {
		{50, ROLE_WARN, 'w'}, {75, ROLE_CRIT, '!'}, {5000, ROLE_CRIT, '!'}};
	struct chart chart = chart_of(&series, 1);
	chart.limits = limits;
	chart.limit_count = COUNT_OF(limits);
	struct grid *grid = chart_drawn(&chart, 24, 80, GLYPHS_FULL);
	assert_true(grid_has(grid, "w 50┤╌╌╌╌") && grid_has(grid, "! 75┤╌╌╌╌"));
	assert_false(
		grid_has(grid, "5000") || grid_has(grid, "5.0k")); /* would press the values flat */
	assert_true(cells_of_role(grid, ROLE_WARN) > 60);
	grid_free(grid);
}

static void an_area_changes_its_colour_at_a_limit_only_where_a_value_passes_it(void **state)
{
	(void)state;
	const double values[] = {49.99, 60};
	const struct chart_series series = {"", values, 2, ROLE_SERIES1, 0};
	const struct chart_limit limit = {50, ROLE_WARN, 'w'};
	struct chart chart = chart_of(&series, 1);
	chart.limits = &limit;
	chart.limit_count = 1;
	chart.form = CHART_BARS;
	struct grid *grid = chart_drawn(&chart, 3, 2, GLYPHS_FULL);
	assert_int_equal(grid_cell(grid, 1, 0)->role, ROLE_SERIES1);
	assert_int_equal(grid_cell(grid, 1, 1)->role, ROLE_WARN);
	assert_int_equal(grid_cell(grid, 2, 1)->role, ROLE_SERIES1);
	grid_free(grid);
}

static void marks_are_letters_under_the_plot(void **state)
{
	(void)state;
	const double values[] = {1, 2};
	const struct chart_series series = {"a", values, 2, ROLE_SERIES1, 0};
	const struct chart_mark marks[] = {{20 * MINUTE, 'R', ROLE_STRONG, "restart"},
		{40 * MINUTE, '!', ROLE_CRIT, "alert"}, {90 * MINUTE, 'X', ROLE_CRIT, "later"}};
	struct chart chart = chart_of(&series, 1);
	chart.marks = marks;
	chart.mark_count = COUNT_OF(marks);
	struct grid *grid = grid_new(7, 60, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	struct chart_view view = chart_draw(&canvas, &chart);
	int row = view.plot.row + view.plot.rows;
	assert_string_equal(grid_cell(grid, row, chart_view_column(&view, 20 * MINUTE))->text, "R");
	assert_string_equal(grid_cell(grid, row, chart_view_column(&view, 40 * MINUTE))->text, "!");
	assert_false(grid_has(grid, "X") || grid_has(grid, "later"));
	assert_true(row_has(grid, 0, "R restart  ! alert  now 2"));
	grid_free(grid);
}

static void letters_of_marks_are_explained_once_each(void **state)
{
	(void)state;
	const double values[] = {1, 2};
	const struct chart_series series[] = {
		{"a", values, 2, ROLE_SERIES1, 0}, {"b", values, 2, ROLE_SERIES2, 0}};
	const struct chart_mark marks[] = {{20 * MINUTE, 'R', ROLE_STRONG, "restart"},
		{30 * MINUTE, 'R', ROLE_STRONG, "restart"}, {40 * MINUTE, '!', ROLE_CRIT, "alert"}};
	struct chart chart = chart_of(series, 2);
	chart.marks = marks;
	chart.mark_count = COUNT_OF(marks);
	struct grid *grid = chart_drawn(&chart, 8, 60, GLYPHS_FULL);
	assert_true(row_has(grid, 0, "a a 2  b b 2"));
	assert_true(row_has(grid, 0, "  R restart  ! alert"));
	grid_free(grid);
	grid = chart_drawn(&chart, 24, 80, GLYPHS_FULL);
	assert_true(grid_has(grid, "avg"));
	assert_true(grid_has(grid, "R restart  ! alert"));
	grid_free(grid);
	grid = chart_drawn(&chart, 8, 24, GLYPHS_FULL);
	assert_true(row_has(grid, 0, "a a 2  b b 2     ! alert"));
	grid_free(grid);
}

/* Reversed dots are gaps: what is critical is reversed where there are no colours. */
static void dots_and_dashes_are_never_drawn_reversed(void **state)
{
	(void)state;
	const double values[] = {80, 90};
	const struct chart_series series = {"a", values, 2, ROLE_CRIT, 0};
	const struct chart_limit limit = {50, ROLE_CRIT, '!'};
	const struct chart_mark mark = {30 * MINUTE, '!', ROLE_CRIT, "alert"};
	struct chart chart = chart_of(&series, 1);
	chart.limits = &limit;
	chart.limit_count = 1;
	chart.marks = &mark;
	chart.mark_count = 1;
	struct grid *grid = grid_new(12, 60, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	struct chart_view view = chart_draw(&canvas, &chart);
	for (int row = view.plot.row; row < view.plot.row + view.plot.rows; row++)
		for (int i = 0; i < view.plot.columns; i++)
			assert_int_not_equal(
				grid_cell(grid, row, view.plot.column + i)->role, ROLE_CRIT);
	grid_free(grid);
}

static void the_cursor_reads_values_into_the_legend(void **state)
{
	(void)state;
	const double one[] = {1, 2, 3, 4}, two[] = {10, 20, NAN_GAP, 40};
	const struct chart_series series[] = {
		{"one", one, 4, ROLE_SERIES1, 0}, {"two", two, 4, ROLE_SERIES2, 0}};
	struct chart chart = chart_of(series, 2);
	chart.has_cursor = true;
	chart.cursor_ms = 20 * MINUTE;
	struct grid *grid = chart_drawn(&chart, 10, 60, GLYPHS_FULL);
	assert_true(row_has(grid, 0, "00:20:00  a one 2  b two 20"));
	assert_true(row_has(grid, 9, "00:20:00"));
	grid_free(grid);
	chart.cursor_ms = 31 * MINUTE;
	grid = chart_drawn(&chart, 10, 60, GLYPHS_FULL);
	assert_true(row_has(grid, 0, "00:31:00  a one 3  b two --"));
	grid_free(grid);
	grid = chart_drawn(&chart, 24, 80, GLYPHS_FULL);
	assert_true(grid_has(grid, "00:31:00       max       min       avg"));
	grid_free(grid);
	chart.count = 1;
	grid = chart_drawn(&chart, 10, 60, GLYPHS_FULL);
	assert_true(row_has(grid, 0, "00:31:00 3  max 4  min 1"));
	grid_free(grid);
}

static void series_without_room_in_the_legend_are_counted(void **state)
{
	(void)state;
	static const double values[] = {1, 2};
	struct chart_series series[MANY];
	for (size_t i = 0; i < MANY; i++)
		series[i] = (struct chart_series){"support-en", values, 2, ROLE_SERIES1, 0};
	struct chart chart = chart_of(series, MANY);
	struct grid *grid = chart_drawn(&chart, 10, 60, GLYPHS_FULL);
	assert_true(row_has(grid, 0, "+27"));
	grid_free(grid);
	grid = chart_drawn(&chart, 24, 80, GLYPHS_FULL);
	assert_true(grid_has(grid, "and 23 more"));
	grid_free(grid);
	grid = chart_drawn(&chart, 4, 10, GLYPHS_FULL);
	assert_true(row_has(grid, 0, "a 2  +29"));
	grid_free(grid);
}

static void on_20x4_there_are_the_plot_and_one_value(void **state)
{
	(void)state;
	const double values[] = {12, 40, 31};
	const struct chart_series series = {"a name that is too long", values, 3, ROLE_SERIES1, 0};
	struct chart chart = chart_of(&series, 1);
	chart.unit = chart_unit_named("percent");
	struct grid *grid = grid_new(4, 20, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	struct chart_view view = chart_draw(&canvas, &chart);
	assert_true(row_has(grid, 0, "a name tha…  now 31%"));
	assert_int_equal(view.plot.rows, 3);
	assert_int_equal(view.plot.columns, 20);
	grid_free(grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_stale_is_dim_and_says_since_when),
		cmocka_unit_test(a_limit_is_a_dashed_line_with_its_value_and_letter),
		cmocka_unit_test(
			an_area_changes_its_colour_at_a_limit_only_where_a_value_passes_it),
		cmocka_unit_test(marks_are_letters_under_the_plot),
		cmocka_unit_test(letters_of_marks_are_explained_once_each),
		cmocka_unit_test(dots_and_dashes_are_never_drawn_reversed),
		cmocka_unit_test(the_cursor_reads_values_into_the_legend),
		cmocka_unit_test(series_without_room_in_the_legend_are_counted),
		cmocka_unit_test(on_20x4_there_are_the_plot_and_one_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
