/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/str.h"
#include "tests/support/golden.h"
#include "widgets/sparkline.h"
#include "widgets/table.h"

static const struct table_column columns[] = {
	{.title = "S", .min = 1, .ideal = 1},
	{.title = "BOT", .min = 8, .ideal = 10},
	{.title = "WHY", .min = 6, .ideal = 14, .priority = 1, .flexible = true},
	{.title = "HOST", .min = 5, .ideal = 5, .priority = 4},
	{.title = "PEND", .align = ALIGN_RIGHT, .min = 5, .ideal = 5, .priority = 2},
	{.title = "LOAD", .min = 6, .ideal = 8, .priority = 9, .sparkline = true},
};

/* Counts the rows that it was asked for. */
struct source {
	size_t asked, lowest, highest;
};

static void cell(const void *data, size_t row, size_t column, struct cell_text *ret_cell)
{
	static const double load[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, (double)NAN, 4, 2};
	struct source *source = *(struct source *const *)data;
	if (column == 0) {
		source->asked++;
		source->lowest = row < source->lowest ? row : source->lowest;
		source->highest = row > source->highest ? row : source->highest;
	}
	ret_cell->role = column == 0 ? ROLE_OK : ROLE_TEXT;
	if (column == 5) {
		ret_cell->values = load;
		ret_cell->count = COUNT_OF(load);
		ret_cell->role = ROLE_SERIES1;
		return;
	}
	const char *texts[] = {".", row % 3 ? "bot_with_a_long_name" : "b",
		row == 1 ? "webhook 502 x38 6m" : "", "eu-1"};
	if (column < 4)
		snprintf(ret_cell->text, sizeof(ret_cell->text), "%s", texts[column]);
	else
		snprintf(ret_cell->text, sizeof(ret_cell->text), "%zu", row * row);
}

static bool marked(const void *data, size_t row)
{
	(void)data;
	return row == 2;
}

static const struct table_kind kind = {
	.columns = columns, .count = COUNT_OF(columns), .cell = cell, .marked = marked};

static struct grid *drawn(
	const struct table *table, struct source *source, int rows, int width, enum glyph_set set)
{
	struct grid *grid = grid_new(rows, width, set);
	struct canvas canvas = canvas_of(grid);
	*source = (struct source){.lowest = SIZE_MAX};
	table_draw(&kind, table, &source, &canvas);
	return grid;
}

static void it_looks_as_it_did(void **state)
{
	(void)state;
	static const int widths[] = {70, 40, 24};
	struct table table = {.rows = 40,
		.cursor = 1,
		.focused = true,
		.sort = 4,
		.descending = true,
		.fold = "9 more"};
	for (size_t i = 0; i < COUNT_OF(widths); i++) {
		char name[64];
		struct source source;
		snprintf(name, sizeof(name), "widgets_table_%d", widths[i]);
		struct grid *grid = drawn(&table, &source, 6, widths[i], GLYPHS_FULL);
		golden_check_grid(name, grid);
		grid_free(grid);
	}
}

static void only_rows_on_screen_are_asked_for(void **state)
{
	(void)state;
	struct table table = {.rows = 1000000, .cursor = 500000, .sort = -1};
	struct source source;
	table_fit(&table, table_page(20));
	grid_free(drawn(&table, &source, 20, 80, GLYPHS_FULL));
	assert_int_equal(source.asked, 19);
	assert_int_equal(source.highest - source.lowest, 18);
	assert_true(source.lowest <= 500000 && source.highest >= 500000);
}

static bool shown(const struct table *table, int width, size_t column)
{
	struct table_layout layout;
	table_layout(&kind, table, width, &layout);
	return layout.column[column] >= 0;
}

static void columns_go_by_priority_and_the_flexible_one_before_last(void **state)
{
	(void)state;
	const struct table table = {.rows = 1, .sort = -1};
	assert_true(shown(&table, 60, 5));
	assert_false(shown(&table, 45, 5)); /* before WHY loses its ideal width */
	assert_true(shown(&table, 45, 3));
	assert_false(shown(&table, 26, 3));
	assert_true(shown(&table, 26, 4));
	assert_false(shown(&table, 20, 4));
	assert_true(shown(&table, 20, 2));
	assert_false(shown(&table, 12, 2));
	assert_true(shown(&table, 12, 1));
	assert_true(shown(&table, 1, 0) && shown(&table, 1, 1));
}

static void a_column_takes_no_more_than_its_content_needs(void **state)
{
	(void)state;
	struct table_layout all, less, more;
	struct table table = {.rows = 1, .sort = -1};
	table_layout(&kind, &table, 80, &all);
	table.need[1] = 5;
	table_layout(&kind, &table, 80, &less);
	assert_int_equal(less.width[1], 5);
	assert_int_equal(less.column[5] + less.width[5], 80);
	assert_int_equal(less.width[2], all.width[2] + 5);
	table.need[1] = 500;
	table_layout(&kind, &table, 80, &more);
	assert_memory_equal(more.width, all.width, 6 * sizeof(int));
}

static void a_column_that_nobody_fills_is_hidden_and_its_room_used(void **state)
{
	(void)state;
	struct table_layout all, fewer;
	const struct table table = {.rows = 1, .sort = -1},
			   absent = {.rows = 1, .sort = -1, .absent = 1 << 3};
	table_layout(&kind, &table, 80, &all);
	table_layout(&kind, &absent, 80, &fewer);
	assert_int_equal(fewer.column[3], -1);
	assert_int_equal(fewer.width[2], all.width[2] + 6);
	assert_int_equal(fewer.column[5] + fewer.width[5], 80);
}

static void the_cursor_stays_on_screen(void **state)
{
	(void)state;
	struct table table = {.rows = 100};
	table_move(&table, TABLE_END, 10);
	assert_int_equal(table.cursor, 99);
	assert_int_equal(table.top, 90);
	table_move(&table, TABLE_HALF_UP, 10);
	assert_int_equal(table.cursor, 94);
	assert_int_equal(table.top, 90);
	table_move(&table, TABLE_PAGE_UP, 10);
	assert_int_equal(table.cursor, 84);
	assert_int_equal(table.top, 84);
	table_move(&table, TABLE_HOME, 10);
	assert_int_equal(table.top, 0);
	table_move(&table, TABLE_UP, 10);
	assert_int_equal(table.cursor, 0);
	table_move(&table, TABLE_PAGE_DOWN, 10);
	table_move(&table, TABLE_DOWN, 10);
	assert_int_equal(table.cursor, 11);
	assert_int_equal(table.top, 2);
}

static void rows_that_went_away_take_cursor_and_scroll_along(void **state)
{
	(void)state;
	struct table table = {.rows = 100, .cursor = 99, .top = 90};
	table.rows = 5;
	table_fit(&table, 10);
	assert_int_equal(table.cursor, 4);
	assert_int_equal(table.top, 0);
	table.rows = 0;
	table_fit(&table, 10);
	assert_int_equal(table.cursor, 0);
}

static void the_fold_line_is_one_more_place_for_the_cursor(void **state)
{
	(void)state;
	struct table table = {.rows = 3, .fold = "35 more ok"};
	table_move(&table, TABLE_END, 10);
	assert_int_equal(table.cursor, 3);
	assert_true(table_on_fold(&table));
	table.fold = NULL;
	table_fit(&table, 10);
	assert_int_equal(table.cursor, 2);
	assert_false(table_on_fold(&table));
}

static void the_position_is_said_only_when_rows_are_out_of_sight(void **state)
{
	(void)state;
	char text[32];
	struct table table = {.rows = 42, .top = 7};
	table_position(&table, 10, text, sizeof(text));
	assert_string_equal(text, "8-17/42");
	table.top = 0;
	table_position(&table, 42, text, sizeof(text));
	assert_string_equal(text, "");
}

static void sparks_show_gaps_as_gaps_and_little_as_something(void **state)
{
	(void)state;
	assert_string_equal(spark_glyph(GLYPHS_FULL, (double)NAN, 10), " ");
	assert_string_equal(spark_glyph(GLYPHS_FULL, 0, 10), "▁");
	assert_string_equal(spark_glyph(GLYPHS_FULL, 0.001, 10), "▂");
	assert_string_equal(spark_glyph(GLYPHS_FULL, 1e300, 10), "▇");
	assert_string_equal(spark_glyph(GLYPHS_FULL, (double)INFINITY, 10), "▇");
	assert_string_equal(spark_glyph(GLYPHS_FULL, -5, 10), "▁");
	assert_string_equal(spark_glyph(GLYPHS_ASCII, 10, 10), "#");
	assert_string_equal(spark_glyph(GLYPHS_ASCII, 5, 0), "_");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_looks_as_it_did),
		cmocka_unit_test(only_rows_on_screen_are_asked_for),
		cmocka_unit_test(columns_go_by_priority_and_the_flexible_one_before_last),
		cmocka_unit_test(a_column_takes_no_more_than_its_content_needs),
		cmocka_unit_test(a_column_that_nobody_fills_is_hidden_and_its_room_used),
		cmocka_unit_test(the_cursor_stays_on_screen),
		cmocka_unit_test(rows_that_went_away_take_cursor_and_scroll_along),
		cmocka_unit_test(the_fold_line_is_one_more_place_for_the_cursor),
		cmocka_unit_test(the_position_is_said_only_when_rows_are_out_of_sight),
		cmocka_unit_test(sparks_show_gaps_as_gaps_and_little_as_something),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
