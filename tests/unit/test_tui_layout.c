/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tui/layout.h"

enum { MAX_ROWS = 80, MAX_COLUMNS = 250 };

struct cover {
	unsigned char cells[MAX_ROWS][MAX_COLUMNS];
	int rows, columns;
};

static void lay(struct cover *cover, struct rect rect)
{
	for (int row = rect.row; row < rect.row + rect.rows; row++) {
		for (int column = rect.column; column < rect.column + rect.columns; column++) {
			assert_in_range(row, 0, cover->rows - 1);
			assert_in_range(column, 0, cover->columns - 1);
			cover->cells[row][column]++;
		}
	}
}

static void assert_covers(const struct layout_wish *wish, const struct layout *layout)
{
	static struct cover cover;
	memset(&cover, 0, sizeof(cover));
	cover.rows = wish->rows;
	cover.columns = wish->columns;
	lay(&cover, layout->status);
	lay(&cover, layout->footer);
	lay(&cover, layout->rule);
	for (int pane = 0; pane < PANE_COUNT; pane++)
		lay(&cover, layout->panes[pane]);
	for (int row = 0; row < wish->rows; row++)
		for (int column = 0; column < wish->columns; column++)
			if (cover.cells[row][column] != 1)
				fail_msg("%dx%d focus %d lower %d zoom %d: cell %d,%d is covered "
					 "%d times",
					wish->columns, wish->rows, (int)wish->focus,
					(int)wish->lower, (int)wish->zoom, row, column,
					cover.cells[row][column]);
}

/* What the panes could fill: a quiet fleet, a demo fleet on fire, a large one. */
static const int wanted[][PANE_COUNT] = {
	{1, 0, 0, 6, 8, 0, 0},
	{14, 14, 6, 6, 30, 3, 3},
	{500, 30, 40, 6, 1000, 60, 20},
};

static void compute(struct layout_wish *wish, struct layout *layout)
{
	layout_compute(wish, layout);
	assert_covers(wish, layout);
}

static void every_size_is_covered_without_gap_or_overlap(void **state)
{
	(void)state;
	struct layout layout;
	for (int rows = 1; rows <= MAX_ROWS; rows++) {
		for (int columns = 1; columns <= MAX_COLUMNS; columns += columns < 158 ? 7 : 1) {
			struct layout_wish wish = {.rows = rows,
				.columns = columns,
				.focus = (enum pane_id)((rows + columns) % PANE_COUNT),
				.lower =
					(enum pane_id)(1 + (rows * 3 + columns) % (PANE_COUNT - 1)),
				.zoom = (enum zoom)((rows + columns / 7) % 3)};
			memcpy(wish.wanted, wanted[(rows + columns) % 3], sizeof(wish.wanted));
			if (columns / 3 % 2)
				memcpy(wish.needed, wish.wanted, sizeof(wish.needed));
			compute(&wish, &layout);
		}
	}
}

static void the_focused_pane_is_always_on_the_screen(void **state)
{
	(void)state;
	struct layout layout;
	for (int rows = 1; rows <= MAX_ROWS; rows++) {
		for (int focus = 0; focus < PANE_COUNT; focus++) {
			struct layout_wish wish = {.rows = rows,
				.columns = rows * 3,
				.focus = (enum pane_id)focus,
				.lower = focus == PANE_bots ? PANE_detail : (enum pane_id)focus};
			memcpy(wish.wanted, wanted[focus % 3], sizeof(wish.wanted));
			compute(&wish, &layout);
			assert_in_range(layout.panes[focus].rows, 1, rows);
			assert_in_range(layout.panes[focus].columns, 1, wish.columns);
		}
	}
}

static void a_wide_screen_shows_all_panes_at_useful_sizes(void **state)
{
	(void)state;
	struct layout layout;
	for (int rows = LAYOUT_WIDE_ROWS; rows <= MAX_ROWS; rows++) {
		for (size_t load = 0; load < 3; load++) {
			struct layout_wish wish = {.rows = rows,
				.columns = 160,
				.focus = PANE_bots,
				.lower = PANE_detail};
			memcpy(wish.wanted, wanted[load], sizeof(wish.wanted));
			memcpy(wish.needed, wanted[load], sizeof(wish.needed));
			compute(&wish, &layout);
			assert_true(layout.wide);
			for (int pane = 0; pane <= PANE_services; pane++)
				assert_in_range(layout.panes[pane].rows, 1, rows);
			/* those that came later have no place until they are chosen */
			for (int pane = PANE_services + 1; pane < PANE_COUNT; pane++)
				assert_int_equal(layout.panes[pane].rows, 0);
			assert_in_range(layout.panes[PANE_bots].rows, 5, rows);
			assert_in_range(layout.panes[PANE_detail].rows, 5, rows);
			assert_in_range(layout.panes[PANE_metrics].rows, 5, rows);
			assert_in_range(layout.panes[PANE_logs].rows, 5, rows);
		}
	}
}

static void quiet_panes_take_one_line_and_logs_takes_the_rows(void **state)
{
	(void)state;
	struct layout_wish wish = {
		.rows = 45, .columns = 160, .focus = PANE_bots, .lower = PANE_detail};
	struct layout quiet, busy;
	memcpy(wish.wanted, wanted[1], sizeof(wish.wanted));
	compute(&wish, &busy);
	wish.wanted[PANE_operations] = 0;
	wish.wanted[PANE_alerts] = 0;
	compute(&wish, &quiet);
	assert_int_equal(quiet.panes[PANE_alerts].rows, 1);
	assert_int_equal(quiet.panes[PANE_operations].rows, 1);
	assert_true(quiet.panes[PANE_logs].rows > busy.panes[PANE_logs].rows);
}

/* Twelve bots, six alerts of eight that fire, three operations that have ended. */
static struct layout_wish on_fire(int rows)
{
	struct layout_wish wish = {
		.rows = rows, .columns = 160, .focus = PANE_bots, .lower = PANE_detail};
	memcpy(wish.wanted,
		(const int[PANE_COUNT]){[PANE_bots] = 13,
			[PANE_detail] = 16,
			[PANE_alerts] = 9,
			[PANE_metrics] = 6,
			[PANE_logs] = 1000,
			[PANE_operations] = 4,
			[PANE_services] = 6},
		sizeof(wish.wanted));
	wish.needed[PANE_alerts] = 7;
	return wish;
}

static void what_fires_is_seen_before_operations_that_have_ended(void **state)
{
	(void)state;
	struct layout_wish wish = on_fire(45);
	struct layout layout;
	compute(&wish, &layout);
	assert_in_range(layout.panes[PANE_alerts].rows, 8, 10); /* title, heading, six alerts */
	assert_int_equal(layout.panes[PANE_operations].rows, 1);
	assert_int_equal(layout.panes[PANE_bots].rows, 14);
	assert_in_range(layout.panes[PANE_services].rows, 4, 7);
	wish.needed[PANE_alerts] = wish.wanted[PANE_alerts] = 0;
	compute(&wish, &layout);
	assert_int_equal(layout.panes[PANE_operations].rows, 5);
}

static void an_operation_that_runs_keeps_its_rows_and_logs_give_some(void **state)
{
	(void)state;
	struct layout_wish wish = on_fire(45);
	struct layout layout;
	wish.needed[PANE_operations] = wish.wanted[PANE_operations];
	compute(&wish, &layout);
	assert_int_equal(layout.panes[PANE_operations].rows, 5);
	assert_in_range(layout.panes[PANE_alerts].rows, 8, 10);
	assert_int_equal(layout.panes[PANE_bots].rows, 14);
	assert_in_range(layout.panes[PANE_logs].rows, 7, 12);
}

/* On a large screen nobody has to give way. */
static void operations_that_have_ended_keep_the_rows_that_nobody_wants(void **state)
{
	(void)state;
	struct layout_wish wish = on_fire(60);
	struct layout layout;
	compute(&wish, &layout);
	assert_int_equal(layout.panes[PANE_operations].rows, 5);
	assert_in_range(layout.panes[PANE_alerts].rows, 8, 10);
	assert_in_range(layout.panes[PANE_services].rows, 7, 7);
}

static void alerts_by_the_dozen_take_no_more_than_their_share(void **state)
{
	(void)state;
	struct layout_wish wish = on_fire(45);
	struct layout layout;
	wish.needed[PANE_alerts] = wish.wanted[PANE_alerts] = 60;
	wish.wanted[PANE_bots] = 500;
	compute(&wish, &layout);
	assert_in_range(layout.panes[PANE_alerts].rows, 5, 11);
	assert_in_range(layout.panes[PANE_bots].rows, 15, 20);
	assert_in_range(layout.panes[PANE_services].rows, 4, 7);
	assert_in_range(layout.panes[PANE_logs].rows, 10, 14);
}

static void at_80x24_a_digit_chooses_the_lower_half(void **state)
{
	(void)state;
	for (int lower = PANE_detail; lower < PANE_COUNT; lower++) {
		struct layout_wish wish = {.rows = 24,
			.columns = 80,
			.focus = PANE_bots,
			.lower = (enum pane_id)lower};
		struct layout layout;
		memcpy(wish.wanted, wanted[1], sizeof(wish.wanted));
		compute(&wish, &layout);
		assert_in_range(layout.panes[lower].rows, 6, 12);
		assert_in_range(layout.panes[PANE_bots].rows, 8, 14);
		assert_int_equal(layout.panes[lower].row,
			layout.panes[PANE_bots].row + layout.panes[PANE_bots].rows);
	}
}

static void on_a_wide_screen_checks_stand_where_logs_stood_until_another_pane_is_chosen(
	void **state)
{
	(void)state;
	struct layout_wish wish = {
		.rows = 45, .columns = 160, .focus = PANE_checks, .lower = PANE_checks};
	struct layout before, with, after;
	memcpy(wish.wanted, wanted[1], sizeof(wish.wanted));
	compute(&wish, &with);
	assert_int_equal(with.panes[PANE_logs].rows, 0);
	wish.focus = PANE_bots;
	compute(&wish, &after);
	assert_memory_equal(&with, &after, sizeof(with));
	wish.lower = PANE_logs;
	compute(&wish, &before);
	assert_int_equal(before.panes[PANE_checks].rows, 0);
	assert_memory_equal(
		&before.panes[PANE_logs], &with.panes[PANE_checks], sizeof(struct rect));
}

static void on_a_phone_the_focused_half_gets_the_most_rows(void **state)
{
	(void)state;
	struct layout_wish wish = {
		.rows = 12, .columns = 40, .focus = PANE_bots, .lower = PANE_logs};
	struct layout on_bots, on_logs;
	memcpy(wish.wanted, wanted[1], sizeof(wish.wanted));
	compute(&wish, &on_bots);
	wish.focus = PANE_logs;
	compute(&wish, &on_logs);
	assert_true(on_bots.bare);
	assert_true(on_bots.panes[PANE_bots].rows > on_bots.panes[PANE_logs].rows);
	assert_true(on_logs.panes[PANE_logs].rows > on_logs.panes[PANE_bots].rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_is_covered_without_gap_or_overlap),
		cmocka_unit_test(the_focused_pane_is_always_on_the_screen),
		cmocka_unit_test(a_wide_screen_shows_all_panes_at_useful_sizes),
		cmocka_unit_test(quiet_panes_take_one_line_and_logs_takes_the_rows),
		cmocka_unit_test(what_fires_is_seen_before_operations_that_have_ended),
		cmocka_unit_test(an_operation_that_runs_keeps_its_rows_and_logs_give_some),
		cmocka_unit_test(operations_that_have_ended_keep_the_rows_that_nobody_wants),
		cmocka_unit_test(alerts_by_the_dozen_take_no_more_than_their_share),
		cmocka_unit_test(at_80x24_a_digit_chooses_the_lower_half),
		cmocka_unit_test(
			on_a_wide_screen_checks_stand_where_logs_stood_until_another_pane_is_chosen),
		cmocka_unit_test(on_a_phone_the_focused_half_gets_the_most_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
