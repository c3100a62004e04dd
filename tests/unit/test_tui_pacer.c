/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tui/frame_cut.h"
#include "tui/pacer.h"

static void frames_are_apart_unless_a_key_asks(void **state)
{
	(void)state;
	struct pacer pacer;
	pacer_begin(&pacer, 0);
	pacer_began(&pacer, 1000, 100);
	pacer_drained(&pacer, 1001);
	assert_int_equal(pacer_wait_ms(&pacer, 1010), PACER_FRAME_MS - 10);
	pacer_key(&pacer);
	assert_int_equal(pacer_wait_ms(&pacer, 1010), 0);
	pacer_began(&pacer, 1010, 100);
	assert_int_equal(pacer_wait_ms(&pacer, 1012), PACER_FRAME_MS - 2);
}

static void the_first_frames_after_the_start_are_not_held_back(void **state)
{
	(void)state;
	struct pacer pacer;
	pacer_begin(&pacer, 1000);
	assert_int_equal(pacer_wait_ms(&pacer, 1000), 0);
	pacer_began(&pacer, 1000, 100);
	assert_int_equal(pacer_wait_ms(&pacer, 1001), PACER_ANSWER_MS - 1);
	pacer_began(&pacer, 1000 + PACER_FIRST_MS, 100);
	assert_int_equal(pacer_wait_ms(&pacer, 1001 + PACER_FIRST_MS), PACER_FRAME_MS - 1);
}

static void a_fast_line_has_no_budget(void **state)
{
	(void)state;
	struct pacer pacer = {.frame_ms = 0};
	for (int64_t now = 0; now < 100000; now += 40) {
		pacer_began(&pacer, now, 26000);
		pacer_drained(&pacer, now + 5);
		assert_int_equal(pacer.budget, 0);
	}
}

/* A line of so many bytes a second, behind a buffer of 12 kB: how long a frame waits in it at worst. */
static int64_t worst_drain_ms(size_t bytes_a_second, size_t frame_bytes)
{
	struct pacer pacer = {.frame_ms = 0};
	int64_t now = 0, worst = 0;
	double queued = 0;
	const double buffer = 12000, per_ms = (double)bytes_a_second / 1000;
	for (int frame = 0; frame < 200; frame++) {
		size_t bytes =
			pacer.budget && pacer.budget < frame_bytes ? pacer.budget : frame_bytes;
		pacer_began(&pacer, now, bytes);
		queued += (double)bytes;
		double over = queued > buffer ? queued - buffer : 0;
		int64_t took = (int64_t)(over / per_ms);
		now += took;
		queued -= (double)took * per_ms;
		pacer_drained(&pacer, now);
		int64_t wait = pacer_wait_ms(&pacer, now);
		now += wait;
		queued = queued > (double)wait * per_ms ? queued - (double)wait * per_ms : 0;
		if (frame > 5 && took > worst)
			worst = took;
	}
	return worst;
}

static void on_a_slow_line_a_frame_takes_about_a_quarter_of_a_second(void **state)
{
	(void)state;
	assert_true(worst_drain_ms(20000, 26000) <= 300);
	assert_true(worst_drain_ms(20000, 26000) >= 100);
	assert_true(worst_drain_ms(100000, 26000) <= 300);
	assert_true(worst_drain_ms(5000000, 26000) <= 10);
}

static void a_line_that_recovers_gets_whole_frames_again(void **state)
{
	(void)state;
	struct pacer pacer = {.frame_ms = 0};
	pacer_began(&pacer, 0, 26000);
	pacer_drained(&pacer, 5000);
	assert_int_equal(pacer.budget, PACER_LEAST_BYTES);
	int frames = 0;
	for (int64_t now = 10000; pacer.budget && frames < 100; now += 40, frames++) {
		pacer_began(&pacer, now, pacer.budget);
		pacer_drained(&pacer, now + 1);
	}
	assert_true(frames < 10);
}

static void small_frames_prove_nothing_about_the_line(void **state)
{
	(void)state;
	struct pacer pacer = {.budget = 8000};
	for (int64_t now = 0; now < 4000; now += 40) {
		pacer_began(&pacer, now, 300);
		pacer_drained(&pacer, now + 1);
	}
	assert_int_equal(pacer.budget, 8000);
}

/* ---- which rows go ---- */

enum { ROWS = 10 };

static void fill_row(struct grid *grid, int row, unsigned number)
{
	struct canvas canvas = canvas_of(grid);
	for (int column = 0; column < grid->columns; column += 10)
		canvas_printf(&canvas, row, column, ROLE_TEXT, "%010u",
			number * 1000003u + (unsigned)row);
}

/* One frame: returns the place of `row` among those sent, or -1. */
static int send(struct frame_cut *cut, struct grid *shown, const struct grid *wanted, size_t budget,
	int row)
{
	int rows[CANVAS_SIDE_MAX], place = -1;
	bool whole;
	int count = frame_cut_choose(cut, shown, wanted, ROWS, budget, rows, &whole);
	for (int i = 0; i < count; i++) {
		place = rows[i] == row ? i : place;
		grid_copy_row(shown, wanted, rows[i]);
	}
	if (!budget)
		assert_true(whole);
	return place;
}

/* `wanted` is `shown` with each row `distance` further up; what comes in at the other end is new. */
static bool is_scrolled_by(int distance, unsigned kept)
{
	struct grid *shown = grid_new(ROWS, 80, GLYPHS_FULL),
		    *wanted = grid_new(ROWS, 80, GLYPHS_FULL);
	for (int row = 0; row < ROWS; row++) {
		fill_row(shown, row, (unsigned)row);
		fill_row(wanted, row, 100 + (unsigned)row);
	}
	for (int row = 0; row < (int)kept; row++) {
		int to = distance > 0 ? row : ROWS - 1 - row;
		memcpy(&wanted->cells[to * 80], &shown->cells[(to + distance) * 80],
			80 * sizeof(struct cell));
	}
	bool scrolled = frame_scrolled(shown, wanted, ROWS);
	grid_free(shown);
	grid_free(wanted);
	return scrolled;
}

static void rows_that_moved_together_are_found(void **state)
{
	(void)state;
	assert_true(is_scrolled_by(1, 6));
	assert_true(is_scrolled_by(3, 4));
	assert_true(is_scrolled_by(-2, 5));
	assert_false(is_scrolled_by(1, 3)); /* too few */
	assert_false(is_scrolled_by(1, 0));
}

static void calm_rows_go_before_those_of_a_flood(void **state)
{
	(void)state;
	struct frame_cut cut = {.next_row = 0};
	struct grid *shown = grid_new(ROWS, 80, GLYPHS_FULL),
		    *wanted = grid_new(ROWS, 80, GLYPHS_FULL);
	int sent[ROWS] = {0};
	for (unsigned frame = 0; frame < 60; frame++) {
		for (int row = 0; row < ROWS - 1; row++)
			fill_row(wanted, row, frame);
		send(&cut, shown, wanted, 1000, -1);
		for (int row = 0; row < ROWS; row++)
			sent[row] += grid_row_changes(shown, wanted, row) == 0;
	}
	/* Of nine busy rows some three fit: each had its turn. */
	for (int row = 0; row < ROWS - 1; row++)
		assert_true(sent[row] >= 15);
	for (int row = 0; row < ROWS - 1; row++)
		fill_row(wanted, row, 1000);
	fill_row(wanted, ROWS - 1, 1);
	assert_int_equal(send(&cut, shown, wanted, 1000, ROWS - 1), 0);
	grid_free(shown);
	grid_free(wanted);
}

static void without_a_budget_every_change_goes_and_nothing_else(void **state)
{
	(void)state;
	struct frame_cut cut = {.next_row = 7};
	struct grid *shown = grid_new(ROWS, 80, GLYPHS_FULL),
		    *wanted = grid_new(ROWS, 80, GLYPHS_FULL);
	int rows[CANVAS_SIDE_MAX];
	bool whole;
	fill_row(wanted, 3, 1);
	fill_row(wanted, 8, 1);
	assert_int_equal(frame_cut_choose(&cut, shown, wanted, ROWS, 0, rows, &whole), 2);
	assert_true(whole);
	assert_int_equal(rows[0], 3);
	assert_int_equal(rows[1], 8);
	grid_free(shown);
	grid_free(wanted);
}

static void one_row_goes_even_when_it_is_too_large(void **state)
{
	(void)state;
	struct frame_cut cut = {.next_row = 0};
	struct grid *shown = grid_new(ROWS, 80, GLYPHS_FULL),
		    *wanted = grid_new(ROWS, 80, GLYPHS_FULL);
	for (int row = 0; row < ROWS; row++)
		fill_row(wanted, row, 5);
	for (int frame = 0; frame < ROWS; frame++)
		send(&cut, shown, wanted, 1, -1);
	for (int row = 0; row < ROWS; row++)
		assert_int_equal(grid_row_changes(shown, wanted, row), 0);
	grid_free(shown);
	grid_free(wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_apart_unless_a_key_asks),
		cmocka_unit_test(the_first_frames_after_the_start_are_not_held_back),
		cmocka_unit_test(a_fast_line_has_no_budget),
		cmocka_unit_test(on_a_slow_line_a_frame_takes_about_a_quarter_of_a_second),
		cmocka_unit_test(a_line_that_recovers_gets_whole_frames_again),
		cmocka_unit_test(small_frames_prove_nothing_about_the_line),
		cmocka_unit_test(rows_that_moved_together_are_found),
		cmocka_unit_test(calm_rows_go_before_those_of_a_flood),
		cmocka_unit_test(without_a_budget_every_change_goes_and_nothing_else),
		cmocka_unit_test(one_row_goes_even_when_it_is_too_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
