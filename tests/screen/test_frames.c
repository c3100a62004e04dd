/* SPDX-License-Identifier: MIT */
/* When a picture is painted, and how much of it: a line of a log at once, a step of the cursor without the other panes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/rng.h"
#include "core/base/str.h"
#include "tests/support/console.h"
#include "tui/panes/bots.h"
#include "tui/picture.h"

enum { BOTS = 30, ROWS = 45, COLUMNS = 160 };

static struct console *open_console(void)
{
	autostr struct str yaml = STR_INIT;
	str_adds(&yaml, "environment: demo\nstate_dir: /nowhere/state\nbots:\n");
	for (int i = 0; i < BOTS; i++)
		str_addf(&yaml, "  bot-%02d: {token: {file: t}, logs: [l]}\n", i);
	struct console *console = console_new(yaml.text, ROWS, COLUMNS);
	console_log(console, "bot-00", "INFO the first line");
	console_settle(console);
	return console;
}

static int setup(void **state)
{
	*state = open_console();
	return 0;
}

static int teardown(void **state)
{
	console_free(*state);
	return 0;
}

static struct cell *first_cell(const struct app *app, enum pane_id id)
{
	struct rect rect = app->layout.panes[id];
	assert_true(rect.rows > 0);
	return &app->grid->cells[(size_t)rect.row * (size_t)app->grid->columns +
				 (size_t)rect.column];
}

/* Keys, and a frame for them with the time standing still: new state is not due. */
static void press(struct console *console, const char *keys)
{
	struct term_event event;
	console->app->data_mono_ms = app_mono_ms(console->app);
	console_queue(console, keys);
	while (term_next_event(console->term, &event))
		app_event(console->app, &event);
	app_paint(console->app);
}

/* The whole picture, and nobody remembers that it was drawn. */
static struct grid *draw_beside(struct app *app)
{
	struct grid *whole = grid_new(app->grid->rows, app->grid->columns, app->grid->glyphs);
	struct bots_view *bots = app->view[PANE_bots];
	struct bots_drawn drawn = bots->drawn;
	picture_draw(app, whole);
	bots->drawn = drawn;
	return whole;
}

static void assert_whole(struct console *console)
{
	struct app *app = console->app;
	struct grid *whole = draw_beside(app);
	for (int row = 0; row < whole->rows; row++)
		if (grid_row_changes(app->grid, whole, row))
			fail_msg("row %d is not what the whole picture has there", row);
	grid_free(whole);
}

static struct cell *cell_of(const struct grid *grid, struct rect rect, int row, int column)
{
	return &grid->cells[(size_t)(rect.row + row) * (size_t)grid->columns +
			    (size_t)(rect.column + column)];
}

/* Other panes may wait with what is new. */
static void assert_pane_is_whole(struct console *console, enum pane_id id)
{
	struct app *app = console->app;
	struct rect rect = app->layout.panes[id];
	struct grid *whole = draw_beside(app);
	for (int row = 0; row < rect.rows; row++)
		if (memcmp(cell_of(app->grid, rect, row, 0), cell_of(whole, rect, row, 0),
			    (size_t)rect.columns * sizeof(struct cell)) != 0)
			fail_msg("row %d of pane %d is not what the whole picture has there", row,
				(int)id + 1);
	grid_free(whole);
}

static void a_step_of_the_cursor_draws_what_the_whole_picture_has(void **state)
{
	static const char *const keys[] = {
		"j", "j j", "k", "G", "g", "C-d", "C-u", "PgDn", "Down Down Up"};
	struct console *console = *state;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		press(console, keys[i]);
		assert_whole(console);
	}
	console_expect(console, "▶");
}

static void it_leaves_the_other_panes_as_they_are(void **state)
{
	struct console *console = *state;
	struct app *app = console->app;
	press(console, "j");
	struct cell *mine = first_cell(app, PANE_logs), *bots = first_cell(app, PANE_bots);
	mine->text[0] = bots->text[0] = '#';
	press(console, "j");
	assert_int_equal(mine->text[0], '#');
	assert_int_not_equal(bots->text[0], '#');
	press(console, "Tab"); /* another key: all of it */
	assert_int_not_equal(mine->text[0], '#');
}

static void of_the_rows_it_draws_the_two_that_change(void **state)
{
	struct console *console = *state;
	struct app *app = console->app;
	press(console, "j");
	struct cell *heading =
		first_cell(app, PANE_bots) + app->grid->columns; /* below the title */
	struct cell *last = heading + (ptrdiff_t)10 * app->grid->columns;
	heading->text[0] = last->text[0] = '#';
	press(console, "j");
	assert_int_equal(heading->text[0], '#');
	assert_int_equal(last->text[0], '#');
	press(console, "Space"); /* a mark: all of it */
	assert_int_not_equal(heading->text[0], '#');
	assert_int_not_equal(last->text[0], '#');
}

/* What else a key may change meanwhile: marks, a range, an order, a filter, folded rows, what is known. */
static void steps_among_all_else_draw_what_the_whole_picture_has(void **state)
{
	static const char *const keys[] = {"j", "j", "k", "j j j", "k k", "C-d", "C-u", "G", "g",
		"Space", "v", "Esc", "o", "O", "Enter", "Esc", "Tab", "S-Tab", "1", "PgDn", "PgUp",
		"u"};
	struct console *console = *state;
	struct rng rng;
	rng_init(&rng, 3);
	for (int i = 0; i < 600; i++) {
		if (rng_below(&rng, 6) == 0) {
			harness_feed(console->harness,
				"obs_webhook bot=\"bot-%02u\" pending=%u latency_ms=2",
				(unsigned)rng_below(&rng, BOTS), (unsigned)rng_below(&rng, 900));
			clock_advance(&console->harness->clock, (int64_t)rng_below(&rng, 1500));
			harness_settle(console->harness);
			app_step(console->app);
		}
		press(console, keys[rng_below(&rng, COUNT_OF(keys))]);
		if (console->app->overlay || console->app->toast.until_ms)
			continue;
		assert_pane_is_whole(console, PANE_bots);
		assert_pane_is_whole(console, PANE_detail);
	}
}

static void a_step_under_a_toast_draws_all_of_it(void **state)
{
	struct console *console = *state;
	app_toast(console->app, false, "said");
	press(console, "j");
	struct cell *logs = first_cell(console->app, PANE_logs);
	logs->text[0] = '#';
	press(console, "j");
	assert_int_not_equal(logs->text[0], '#');
	assert_whole(console);
}

static void a_new_line_does_not_wait_for_the_next_picture_of_the_state(void **state)
{
	struct console *console = *state;
	struct app *app = console->app;
	const struct window *window = &app->windows[WINDOW_LOGS];
	size_t before = window->count;
	console_log(console, "bot-01", "INFO a line that is new");
	for (int i = 0; i < 1000 && window->count == before; i++) {
		(void)engine_turn(console->harness->engine, 5);
		clock_advance(&console->harness->clock, 20);
		app_step(app);
	}
	assert_true(window->count > before);
	app->dirty = app->dirty_data = false; /* but for the line nothing is to be shown, */
	app->data_mono_ms = app_mono_ms(app); /* and no picture of the state is due */
	assert_true(console_row(console, "a line that is new") < 0);
	app_paint(app);
	assert_true(console_row(console, "a line that is new") >= 0);
}

static void all_that_an_engine_knows_at_first_waits_for_no_time_of_its_own(void **state)
{
	struct console *console = *state;
	struct app *app = console->app;
	for (int again = 0; again < 2; again++) {
		harness_feed(console->harness, "obs_getme bot=\"bot-01\" tg_id=12");
		app->engines[0].heard_epoch -= again ? 0 : 1; /* attached again, and no turn yet */
		app->dirty = app->dirty_news = false;
		app->data_mono_ms = app_mono_ms(app);
		clock_advance(&console->harness->clock, 100);
		(void)engine_turn(console->harness->engine, 5);
		app_step(app);
		assert_true(app->dirty_data);
		assert_int_equal(app->dirty, !again); /* the next turns have their time */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_step_of_the_cursor_draws_what_the_whole_picture_has, setup, teardown),
		cmocka_unit_test_setup_teardown(
			it_leaves_the_other_panes_as_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(
			of_the_rows_it_draws_the_two_that_change, setup, teardown),
		cmocka_unit_test_setup_teardown(
			steps_among_all_else_draw_what_the_whole_picture_has, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_step_under_a_toast_draws_all_of_it, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_new_line_does_not_wait_for_the_next_picture_of_the_state, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			all_that_an_engine_knows_at_first_waits_for_no_time_of_its_own, setup,
			teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
