/* SPDX-License-Identifier: MIT */
/* Where the panels of a dashboard stand at any size, and what of them is in sight. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/conf/dashboard.h"
#include "tui/panes/dashboard_layout.h"
#include "widgets/chart_scale.h"

static const struct {
	int rows, columns;
} sizes[] = {{40, 160}, {19, 80}, {8, 40}, {7, 20}, {3, 10}, {100, 300}, {30, 59}};

static bool overlap(const struct rect *a, const struct rect *b)
{
	return a->row < b->row + b->rows && b->row < a->row + a->rows &&
	       a->column < b->column + b->columns && b->column < a->column + a->columns;
}

static void expect_places(const struct dashboard *dashboard, int rows, int columns)
{
	struct dashboard_layout layout;
	dashboard_layout(dashboard, rows, columns, &layout);
	assert_int_equal(layout.panel_count, dashboard->panel_count);
	for (size_t i = 0; i < layout.panel_count; i++) {
		const struct rect *one = &layout.panels[i];
		assert_true(one->row >= 0 && one->row + one->rows <= layout.rows);
		assert_true(one->column >= 0 && one->column + one->columns <= columns);
		assert_true(one->rows >= 4 && one->columns > 0);
		for (size_t other = 0; other < i; other++)
			assert_false(overlap(one, &layout.panels[other]));
		assert_true(!i || layout.line_of[i] >= layout.line_of[i - 1]);
	}
}

static void panels_stand_within_the_width_and_beside_each_other_at_any_size(void **state)
{
	struct dashboards *all = *state;
	for (size_t i = 0; i < all->count; i++)
		for (size_t size = 0; size < COUNT_OF(sizes); size++)
			expect_places(all->list[i], sizes[size].rows, sizes[size].columns);
}

static void where_there_is_room_all_of_it_is_used(void **state)
{
	struct dashboards *all = *state;
	for (size_t i = 0; i < all->count; i++) {
		struct dashboard_layout layout;
		dashboard_layout(all->list[i], 40, 160, &layout);
		assert_int_equal(layout.rows, 40);
	}
}

static void each_panel_comes_into_sight_under_the_cursor(void **state)
{
	struct dashboards *all = *state;
	for (size_t size = 0; size < COUNT_OF(sizes); size++) {
		struct dashboard_layout layout;
		int top = 0, rows = sizes[size].rows;
		dashboard_layout(all->list[0], rows, sizes[size].columns, &layout);
		for (size_t i = 0; i < layout.panel_count; i++) {
			const struct rect *rect = &layout.panels[i];
			top = dashboard_scroll(&layout, i, top, rows);
			assert_true(top >= 0 && rect->row >= top);
			assert_true(rect->rows > rows || rect->row + rect->rows <= top + rows);
		}
		assert_int_equal(dashboard_scroll(&layout, 0, top, rows), 0);
	}
}

static void at_80x24_figures_stand_by_four_and_charts_by_two(void **state)
{
	struct dashboards *all = *state;
	struct dashboard_layout layout;
	dashboard_layout(all->list[0], 19, 80, &layout);
	assert_int_equal(layout.line_of[3], 0);
	assert_int_equal(layout.line_of[4], 1);
	assert_int_equal(layout.line_of[5], 1);
	dashboard_layout(all->list[0], 8, 40, &layout);
	assert_int_equal(layout.line_of[1], 0);
	assert_int_equal(layout.line_of[2], 1);
	assert_int_equal(layout.line_of[5], 3); /* charts alone, each as high as the pane */
	assert_int_equal(layout.panels[5].rows, 8);
}

static void one_whose_panels_are_more_than_windows_scrolls(void **state)
{
	static const char row[] = "  - panels: [{title: a, queries: [{expr: b}]}]\n";
	char text[2048] = "title: x\nrows:\n";
	struct dashboard *dashboard;
	struct dashboard_layout layout;
	struct err err;
	(void)state;
	for (int i = 0; i < DASHBOARD_ROWS_MAX; i++)
		strcat(text, row);
	assert_true(dashboard_parse("x", text, strlen(text), &dashboard, NULL, &err));
	dashboard_layout(dashboard, 60, 80, &layout);
	assert_true(layout.rows > 60);
	dashboard_free(dashboard);
}

static void every_unit_is_one_that_charts_have(void **state)
{
	struct dashboards *all = *state;
	for (size_t i = 0; i < all->count; i++)
		for (size_t p = 0; p < all->list[i]->panel_count; p++) {
			const char *unit = dashboard_panel_at(all->list[i], p)->unit;
			assert_true(!*unit || chart_unit_named(unit) != chart_unit_named(""));
		}
}

static int setup(void **state)
{
	*state = dashboards_load(NULL);
	return 0;
}

static int teardown(void **state)
{
	dashboards_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(panels_stand_within_the_width_and_beside_each_other_at_any_size),
		cmocka_unit_test(where_there_is_room_all_of_it_is_used),
		cmocka_unit_test(each_panel_comes_into_sight_under_the_cursor),
		cmocka_unit_test(at_80x24_figures_stand_by_four_and_charts_by_two),
		cmocka_unit_test(one_whose_panels_are_more_than_windows_scrolls),
		cmocka_unit_test(every_unit_is_one_that_charts_have),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
