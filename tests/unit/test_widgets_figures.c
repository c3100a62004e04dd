/* SPDX-License-Identifier: MIT */
/* Gauge, log view, frames and lines of segments. */
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
#include "widgets/frame.h"
#include "widgets/gauge.h"
#include "widgets/logview.h"

/* ---- gauge ---- */

static int filled(double share, double warn, enum role role)
{
	struct grid *grid = grid_new(1, 10, GLYPHS_ASCII);
	struct canvas canvas = canvas_of(grid);
	int count = 0;
	gauge_draw(&canvas, 0, 0, 10, &(struct gauge){.share = share, .warn = warn});
	for (int i = 0; i < 10; i++)
		count += grid_cell(grid, 0, i)->role == role &&
			 grid_cell(grid, 0, i)->text[0] == '#';
	grid_free(grid);
	return count;
}

static void a_gauge_never_rounds_to_empty_or_full(void **state)
{
	(void)state;
	assert_int_equal(filled(0, 0, ROLE_GAUGE), 0);
	assert_int_equal(filled(0.001, 0, ROLE_GAUGE), 1);
	assert_int_equal(filled(0.5, 0, ROLE_GAUGE), 5);
	assert_int_equal(filled(0.999, 0, ROLE_GAUGE), 9);
	assert_int_equal(filled(1, 0, ROLE_GAUGE), 10);
	assert_int_equal(filled(7, 0, ROLE_GAUGE), 10);
	assert_int_equal(filled((double)NAN, 0, ROLE_GAUGE), 0);
	assert_int_equal(filled(0.9, 0.8, ROLE_GAUGE_WARN), 9);
}

/* ---- log view ---- */

static void log_line(const void *data, size_t line, struct log_row *ret_row)
{
	static char text[64];
	static const struct log_span spans[] = {
		{.start = 5, .length = 3}, {.start = 9, .length = 2, .current = true}};
	(void)data;
	snprintf(text, sizeof(text), "line %03zu of a log that is rather long", line);
	*ret_row = (struct log_row){.time = "12:04:07",
		.source = "shop_pay",
		.text = text,
		.repeats = "",
		.level = 'I'};
	if (line == 3)
		*ret_row = (struct log_row){.text = "mark 12:04:00",
			.rule = true,
			.time = "",
			.source = "",
			.repeats = ""};
	if (line == 5) {
		ret_row->level = 'E';
		ret_row->repeats = "x37";
		ret_row->spans = spans;
		ret_row->span_count = COUNT_OF(spans);
	}
}

static const struct logview_kind log_kind = {.row = log_line};

static struct grid *log_grid(struct logview *view, int rows, int columns)
{
	struct grid *grid = grid_new(rows, columns, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	logview_fit(view, &log_kind, NULL, &canvas);
	logview_draw(view, &log_kind, NULL, &canvas);
	return grid;
}

static void logs_look_as_they_did(void **state)
{
	(void)state;
	struct logview view = {
		.count = 8, .cursor = 5, .focused = true, .time_cells = 8, .source_cells = 8};
	struct grid *grid = log_grid(&view, 6, 50);
	golden_check_grid("widgets_logview", grid);
	grid_free(grid);
	view.wrap = true;
	grid = log_grid(&view, 8, 40);
	golden_check_grid("widgets_logview_wrap", grid);
	grid_free(grid);
}

static void a_note_stays_in_sight_when_lines_are_wrapped(void **state)
{
	(void)state;
	struct logview view = {.count = 8, .cursor = 5, .wrap = true, .time_cells = 8};
	autostr struct str text = STR_INIT;
	struct grid *grid = log_grid(&view, 8, 40);
	grid_dump_text(grid, &text);
	assert_non_null(strstr(text.text, "x37\n"));
	assert_non_null(strstr(text.text, "E line 005 of a log"));
	grid_free(grid);
}

static void hidden_lines_take_no_row_and_no_step(void **state)
{
	(void)state;
	bool hidden[200];
	for (size_t i = 0; i < COUNT_OF(hidden); i++)
		hidden[i] = i > 100 && i < 190;
	struct logview view = {.count = 200, .follow = true, .hidden = hidden, .focused = true};
	autostr struct str text = STR_INIT;
	grid_free(log_grid(&view, 15, 40));
	for (int i = 0; i < 12; i++)
		logview_move(&view, -1);
	assert_int_equal(view.cursor, 98);
	logview_move(&view, 4);
	assert_int_equal(view.cursor, 191);
	struct grid *grid = log_grid(&view, 15, 40);
	grid_dump_text(grid, &text);
	assert_non_null(strstr(text.text, "line 100"));
	assert_non_null(strstr(text.text, "line 190"));
	assert_null(strstr(text.text, "line 101"));
	assert_null(strstr(text.text, "line 189"));
	grid_free(grid);
	logview_move(&view, -1000);
	assert_int_equal(view.cursor, 0);
}

static void following_shows_the_last_line_at_the_bottom(void **state)
{
	(void)state;
	for (int wrap = 0; wrap < 2; wrap++) {
		struct logview view = {.count = 200,
			.follow = true,
			.wrap = wrap,
			.time_cells = 8,
			.source_cells = 8};
		autostr struct str text = STR_INIT;
		struct grid *grid = log_grid(&view, 10, 40);
		grid_dump_text(grid, &text);
		assert_non_null(strstr(text.text, "line 199"));
		assert_string_not_equal(grid_cell(grid, 9, 20)->text, "");
		assert_int_equal(view.cursor, 199);
		view.count = 201;
		grid_free(grid);
		grid = log_grid(&view, 10, 40);
		str_clear(&text);
		grid_dump_text(grid, &text);
		assert_non_null(strstr(text.text, "line 200"));
		grid_free(grid);
	}
}

static void moving_up_stops_following_and_new_lines_move_nothing(void **state)
{
	(void)state;
	struct logview view = {.count = 200, .follow = true};
	grid_free(log_grid(&view, 10, 40));
	logview_move(&view, -1);
	assert_false(view.follow);
	grid_free(log_grid(&view, 10, 40));
	size_t top = view.top;
	view.count = 300;
	grid_free(log_grid(&view, 10, 40));
	assert_int_equal(view.top, top);
	assert_int_equal(view.cursor, 198);
	logview_move(&view, 1000);
	assert_int_equal(view.cursor, 299);
	assert_false(view.follow);
}

static void the_line_under_the_cursor_is_always_whole_on_screen(void **state)
{
	(void)state;
	struct logview view = {
		.count = 100, .wrap = true, .time_cells = 8, .source_cells = 8, .focused = true};
	static const long steps[] = {30, -7, 60, -99, 50, 1, 1, 1, -1, 48};
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		logview_move(&view, steps[i]);
		struct grid *grid = log_grid(&view, 9, 36);
		char wanted[32];
		autostr struct str text = STR_INIT;
		snprintf(wanted, sizeof(wanted), "line %03zu", view.cursor);
		grid_dump_text(grid, &text);
		if (view.cursor != 3)
			assert_non_null(strstr(text.text, wanted));
		grid_free(grid);
	}
}

/* ---- frames and segments ---- */

static void assert_row(const struct grid *grid, const char *wanted)
{
	autostr struct str text = STR_INIT;
	grid_dump_text(grid, &text);
	assert_string_equal(text.text, wanted);
}

static void a_narrow_heading_loses_its_hint_first_then_its_note(void **state)
{
	(void)state;
	static const struct {
		int width;
		const char *wanted;
	} table[] = {{40, "── 1 Bots ─────────── Spc mark ─ 1-9/42 ──\n"},
		{24, "── 1 Bots ──── 1-9/42 ──\n"}, {16, "── 1 Bots ──────\n"},
		{10, "── 1 B… ──\n"}};
	const struct frame frame = {
		.number = "1", .title = "Bots", .note = "1-9/42", .hint = "Spc mark"};
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct grid *grid = grid_new(1, table[i].width + (i == 0 ? 2 : 0), GLYPHS_FULL);
		struct canvas canvas = canvas_of(grid);
		frame_draw(&canvas, &frame);
		assert_row(grid, table[i].wanted);
		grid_free(grid);
	}
}

static void segments_go_by_priority(void **state)
{
	(void)state;
	const struct segment segments[] = {{.text = "prod-eu", .role = ROLE_ENV},
		{.text = "42 bots", .role = ROLE_TEXT, .priority = 1},
		{.text = "own engine", .role = ROLE_DIM, .priority = 3},
		{.text = "", .role = ROLE_CRIT},
		{.text = "12:04Z", .role = ROLE_TEXT, .right = true}};
	struct grid *grid = grid_new(1, 40, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	segments_draw(&canvas, 0, segments, COUNT_OF(segments), 2);
	assert_row(grid, " prod-eu  42 bots  own engine    12:04Z\n");
	grid_resize(grid, 1, 30);
	canvas = canvas_of(grid);
	segments_draw(&canvas, 0, segments, COUNT_OF(segments), 2);
	assert_row(grid, " prod-eu  42 bots      12:04Z\n");
	grid_resize(grid, 1, 17);
	canvas = canvas_of(grid);
	segments_draw(&canvas, 0, segments, COUNT_OF(segments), 2);
	assert_row(grid, " prod-eu  12:04Z\n");
	grid_free(grid);
}

static void hints_flow_into_the_rows_there_are(void **state)
{
	(void)state;
	const struct key_hint hints[] = {{"l", "Logs", false, 3}, {"r", "Restart", true, 2},
		{"?", "help", false, 0}, {"q", "quit", false, 1}};
	struct grid *grid = grid_new(2, 24, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	key_hints_draw(&canvas, hints, COUNT_OF(hints));
	assert_row(grid, " l Logs  r Restart(ro)\n ? help  q quit\n");
	assert_int_equal(grid_cell(grid, 0, 9)->role, ROLE_KEY_LOCKED);
	grid_resize(grid, 1, 17);
	canvas = canvas_of(grid);
	key_hints_draw(&canvas, hints, COUNT_OF(hints));
	assert_row(grid, " ? help  q quit\n");
	grid_free(grid);
}

static void the_scroll_bar_touches_the_ends_only_at_the_ends(void **state)
{
	(void)state;
	static const struct {
		size_t top;
		const char *wanted;
	} table[] = {{0, "#\n#\n|\n|\n"}, {4, "|\n#\n#\n|\n"}, {8, "|\n|\n#\n#\n"}};
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct grid *grid = grid_new(4, 1, GLYPHS_ASCII);
		struct canvas canvas = canvas_of(grid);
		scrollbar_draw(&canvas, 0, 0, 4, table[i].top, 8, 16);
		assert_row(grid, table[i].wanted);
		grid_free(grid);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gauge_never_rounds_to_empty_or_full),
		cmocka_unit_test(logs_look_as_they_did),
		cmocka_unit_test(a_note_stays_in_sight_when_lines_are_wrapped),
		cmocka_unit_test(hidden_lines_take_no_row_and_no_step),
		cmocka_unit_test(following_shows_the_last_line_at_the_bottom),
		cmocka_unit_test(moving_up_stops_following_and_new_lines_move_nothing),
		cmocka_unit_test(the_line_under_the_cursor_is_always_whole_on_screen),
		cmocka_unit_test(a_narrow_heading_loses_its_hint_first_then_its_note),
		cmocka_unit_test(segments_go_by_priority),
		cmocka_unit_test(hints_flow_into_the_rows_there_are),
		cmocka_unit_test(the_scroll_bar_touches_the_ends_only_at_the_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
