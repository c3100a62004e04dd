/* SPDX-License-Identifier: MIT */
/* Logs and time at the keyboard: bars, spans, jumps, what is new; and the filters that are in force together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/format.h"
#include "core/base/str.h"
#include "core/collect/hub.h"
#include "core/engine/internal.h"
#include "core/events/writer.h"
#include "tests/support/console.h"
#include "tests/support/two_logs.h"

enum {
	LINES = 3600,
	SECOND_MS = 1000,
	TRIES = 2000,
	NOISY_FROM = 3000, /* in these ten seconds there are ten lines a second */
	NOISY_TO = 3010,
};

/* The time of a line: one a second, the last one now. */
static int64_t time_of(int number)
{
	return HARNESS_START_MS - (int64_t)(LINES - number) * SECOND_MS;
}

static void write_line(struct event_writer *writer, int number, int64_t wall_ms)
{
	char text[64];
	snprintf(text, sizeof(text), "line number %d", number);
	event_writer_event(writer, &(struct event_input){.wall_ms = wall_ms,
					   .level = number % 600 == 300  ? LOG_LEVEL_ERROR
						    : number % 100 == 50 ? LOG_LEVEL_WARN
									 : LOG_LEVEL_INFO,
					   .bot = number % 2 ? "bob" : "ada",
					   .message = text});
}

/* An hour of lines. */
static void write_hour(struct console *console)
{
	const struct event_source source = {
		.id = entity_id("source", "all.log"), .name = "all.log"};
	struct harness *harness = console->harness;
	struct event_writer *writer = event_writer_new(&source, NULL, &harness->clock);
	for (int i = 0; i < LINES; i++)
		for (int j = 0; j < (i >= NOISY_FROM && i < NOISY_TO ? 10 : 1); j++)
			write_line(writer, i, time_of(i) + j);
	assert_true(event_writer_post(writer, engine_mailbox(harness->engine), true));
	harness_settle(harness);
	event_writer_free(writer);
	console_settle(console);
}

static int set_up_at(void **state, int rows, int columns)
{
	struct console *console = two_logs_new(rows, columns);
	write_hour(console);
	console_keys(console, "5 + + X X"); /* each line by itself */
	console_expect(console, "follow");
	console_advance(console, 5000); /* what was said of that is gone */
	*state = console;
	return 0;
}

static int setup(void **state)
{
	return set_up_at(state, 24, 80);
}

static int set_up_large(void **state)
{
	return set_up_at(state, 45, 160);
}

static int set_up_small(void **state)
{
	return set_up_at(state, 12, 40);
}

static void run(struct console *console, const char *line)
{
	console_keys(console, ":");
	console_type(console, line);
	console_keys(console, "Enter");
}

/* What comes while a window follows is there when the pool has looked. */
static void await_shown(struct console *console, const char *text)
{
	for (int i = 0; i < TRIES && console_row(console, text) < 0; i++)
		console_turn(console, 10);
	console_expect(console, text);
}

/* The line under the cursor. */
static void assert_at(struct console *console, int number)
{
	char text[64];
	autostr struct str copied = STR_INIT;
	snprintf(text, sizeof(text), "line number %d", number);
	pane_logs.copy(console->app, console->app->view[PANE_logs], &copied);
	size_t length = copied.length, wanted = strlen(text);
	if (length < wanted || strcmp(copied.text + length - wanted, text) != 0)
		fail_msg("the cursor is on '%s', not on '%s'", copied.text, text);
}

static void jump_to(struct console *console, const char *time)
{
	console_keys(console, "@");
	console_type(console, time);
	console_keys(console, "Enter");
}

/* ---- bars ---- */

static void bars_stand_above_the_rows_where_there_is_room(void **state)
{
	struct console *console = *state;
	console_golden(console, "logs_bars_80x24");
	console_keys(console, "i");
	console_expect_not(console, "/bar");
	console_keys(console, "i");
	console_expect(console, "1m/bar");
}

static void large_bars_name_their_ends_and_the_bar_under_the_cursor(void **state)
{
	struct console *console = *state;
	console_expect(console, " 30s/bar ");
	console_expect(console, "3691 lines: 6 errors, 36 warnings");
	console_expect(console, format_clock(HARNESS_START_MS - 3600 * SECOND_MS, false).text);
	console_keys(console, "[ [ [");
	console_expect(console, "30 lines: 0 errors, 1 warning ");
	console_golden(console, "logs_bars_160x45");
}

/* Ten bars a second: their step fits beside them, and their times can be told apart. */
static void bars_of_less_than_a_second_say_so(void **state)
{
	struct console *console = *state;
	for (int i = 0; i < 100; i++) {
		char line[64];
		(void)print_text(
			line, sizeof(line), "2026-03-01T11:59:5%d.%d50Z INFO tick", i / 10, i % 10);
		console_log(console, "ada", line);
	}
	run(console, "log_filter tick");
	console_keys(console, "{ { { { { {");
	await_shown(console, "0.5s/bar");
	console_keys(console, "[");
	console_expect(console, "11:59:59.500  5 lines: 0 errors, 0 warnings");
}

static void where_there_is_no_room_there_are_no_bars(void **state)
{
	struct console *console = *state;
	console_expect_not(console, "bar");
	console_keys(console, "[");
	console_expect(console, "bars need more room");
	console_keys(console, "i [");
	console_expect(console, "bars are switched off: :bars");
	console_keys(console, "i");
	console_expect(console, "bars need more room");
	console_golden(console, "logs_40x12");
}

static int number_here(struct console *console)
{
	autostr struct str copied = STR_INIT;
	pane_logs.copy(console->app, console->app->view[PANE_logs], &copied);
	const char *number = strstr(copied.text, "number ");
	assert_non_null(number);
	return atoi(number + 7);
}

/* Each bar is a minute of the clock; the hour ends with one. */
static void a_step_of_the_bars_moves_the_log_there(void **state)
{
	struct console *console = *state;
	run(console, "log_filter number");
	console_keys(console, "[");
	assert_int_equal(number_here(console), LINES - 60);
	console_keys(console, "[");
	assert_int_equal(number_here(console), LINES - 120);
	console_queue(console, "[ [ [");
	console_settle(console);
	assert_int_equal(number_here(console), LINES - 300);
	console_keys(console, "]");
	assert_int_equal(number_here(console), LINES - 240);
	console_keys(console, "G ]");
	console_expect(console, "no bar behind: G follows the newest line");
}

static void bars_without_lines_are_stepped_over(void **state)
{
	struct console *console = *state;
	run(console, "log_filter level>=error");
	console_keys(console, "[");
	assert_at(console, 3300);
	console_keys(console, "[");
	assert_at(console, 2700);
	console_keys(console, "] ]");
	assert_at(console, 3300);
	console_expect(console, "no bar behind");
}

static void bars_count_what_comes(void **state)
{
	struct console *console = *state;
	console_expect(console, " 150 "); /* the noisiest minute */
	for (int i = 0; i < 300; i++)
		console_log(console, "ada", "INFO more");
	await_shown(console, " 301 ");
}

/* ---- spans ---- */

static void a_span_limits_what_is_shown_and_counted(void **state)
{
	struct console *console = *state;
	console_keys(console, "{ { { { {"); /* 1d, 6h, 1h, 15m, 5m */
	console_expect(console, "last 5m");
	console_expect(console, "5s/bar");
	run(console, "log_filter never there");
	console_expect(console, "no line fits the filters");
	console_expect(console, " hidden");
	console_keys(console, "Esc k g");
	int64_t first_ms = (console->app->now_ms - 300 * SECOND_MS) / 5000 * 5000;
	int number = number_here(console);
	assert_true(time_of(number) >= first_ms - 5000 && time_of(number - 1) < first_ms);
	console_keys(console, "} } } } } }");
	console_expect(console, "this is all there is");
	console_keys(console, "g");
	assert_at(console, 0);
}

static void a_span_goes_around_the_line_that_the_log_stands_at(void **state)
{
	struct console *console = *state;
	jump_to(console, "11:30");
	assert_at(console, 1800);
	console_keys(console, "{ { { { {");
	assert_at(console, 1800);
	console_expect(console, "5m 11:27:30-11:32:30");
	run(console, "log_filter never there");
	console_expect(console, "300 hidden");
	console_keys(console, "Esc g");
	assert_at(console, 1650);
	for (int i = 0; i < 20; i++)
		console_keys(console, "PgDn");
	assert_at(console, 1949);
	jump_to(console, "11:10"); /* outside: it goes along */
	assert_at(console, 600);
	console_expect(console, "5m 11:07:30-11:12:30");
	console_keys(console, "G");
	console_expect(console, "last 5m");
	console_expect(console, "line number 3599");
}

static void a_span_that_follows_moves_with_the_time(void **state)
{
	struct console *console = *state;
	console_keys(console, "{ { { { { {");
	console_expect(console, "last 1m");
	console_keys(console, "k k");
	console_advance(console, 200 * SECOND_MS); /* what is read stays */
	console_expect(console, "line number 3599");
	console_keys(console, "G");
	console_advance(console, 2 * SECOND_MS);
	console_expect_not(console, "line number 3599");
}

/* ---- jumps ---- */

static void a_jump_goes_to_the_first_line_from_a_time_on(void **state)
{
	struct console *console = *state;
	jump_to(console, format_clock(time_of(1234), false).text);
	assert_at(console, 1234);
	jump_to(console, format_rfc3339(time_of(42)).text);
	assert_at(console, 42);
	jump_to(console, "2026-03-01 11:30");
	assert_at(console, 1800);
	jump_to(console, "-1h30m");
	assert_at(console, 0);
	jump_to(console, "now");
	console_expect(console, "follow");
	console_keys(console, "@");
	console_type(console, "noon");
	console_keys(console, "Enter");
	console_expect(console, "'noon' is no time");
	console_keys(console, "Esc");
}

static void a_time_of_day_that_is_to_come_was_yesterdays(void **state)
{
	struct console *console = *state;
	struct shown soon = format_clock(HARNESS_START_MS + 60 * SECOND_MS, false);
	jump_to(console, soon.text);
	assert_at(console, 0);
}

static void behind_the_last_line_the_newest_is_the_nearest(void **state)
{
	struct console *console = *state;
	run(console, "log_filter level>=error");
	jump_to(console, "-1m");
	assert_at(console, 3300);
	console_expect(console, "this is the newest before it");
}

/* ---- what is new ---- */

static void what_came_since_is_counted_exactly(void **state)
{
	struct console *console = *state;
	console_keys(console, "k k");
	console_expect(console, "G follows");
	console_expect_not(console, "new, G");
	for (int i = 0; i < 7; i++)
		console_log(console, "ada", i % 2 ? "ERROR fresh" : "INFO fresh");
	await_shown(console, "7 new, G follows");
	run(console, "log_filter level>=error");
	console_expect(console, "3 new, G follows");
	console_keys(console, "Esc f");
	console_expect_not(console, "new, G");
	console_expect(console, "follow");
}

/* ---- late lines ---- */

static void write_late(struct console *console)
{
	console_log(console, "ada", "2026-03-01T11:59:56Z INFO in time");
	console_log(console, "ada", "2026-03-01T11:59:51.5Z ERROR belated");
	console_settle(console);
}

static void a_late_line_stands_where_it_belongs_and_says_so(void **state)
{
	struct console *console = *state;
	write_late(console);
	await_shown(console, "E belated");
	int row = console_row(console, "E belated");
	assert_int_equal(row, console_row(console, "line number 3591") + 1);
	assert_int_equal(row, console_row(console, "line number 3592") - 1);
	assert_int_equal(row, console_row(console, " late"));
	console_keys(console, "e");
	run(console, "name_mark odd");
	console_expect(console, "late  odd \xe2\x97\x8f");
}

static void a_narrow_log_says_so_too(void **state)
{
	struct console *console = *state;
	write_late(console);
	await_shown(console, "in time");
	console_keys(console, "e");
	await_shown(console, "E belated");
	assert_int_equal(console_row(console, "E belated"), console_row(console, " late"));
}

/* ---- filters ---- */

static void filters_go_on_top_of_each_other_and_off_one_by_one(void **state)
{
	struct console *console = *state;
	console_keys(console, "&");
	console_type(console, "level>=warn");
	console_keys(console, "Enter &");
	console_type(console, "!50");
	console_keys(console, "Enter");
	console_expect(console, "&level>=warn -3649  &!50 -37");
	console_expect(console, "line number 3300");
	console_expect_not(console, "line number 3450");
	console_keys(console, "Esc");
	console_expect(console, "&level>=warn  ");
	console_expect_not(console, "&!50");
	console_expect(console, "line number 3450");
	console_keys(console, "Esc");
	console_expect_not(console, "hidden");
	console_keys(console, "& Enter"); /* nothing is typed: nothing changes */
	console_expect_not(console, "hidden");
}

static void a_filter_is_turned_over_switched_off_and_dropped(void **state)
{
	struct console *console = *state;
	run(console, "log_filter level>=warn");
	run(console, "log_filter bot=ada");
	run(console, "filters 1 not");
	console_expect(console, "&not (level>=warn)");
	console_expect_not(console, "line number 3550");
	run(console, "filters 2 off");
	console_expect(console, "&bot=ada (off)");
	console_expect(console, "line number 3599");
	run(console, "filters 2 on");
	console_expect_not(console, "line number 3599");
	run(console, "filters 1 drop");
	console_expect_not(console, "level");
	run(console, "filters 7 drop");
	console_expect(console, "say which filter and what");
	console_keys(console, "F");
	console_expect(console, "1  bot=ada");
	console_keys(console, "Enter");
	console_expect(console, "Turn it over");
	console_keys(console, "Tab Tab Enter");
	console_expect_not(console, "hidden");
	console_keys(console, "F");
	console_expect(console, "no filter is in force: & adds one");
}

/* 42 of 3691 lines are errors or warnings, all of them ada's. */
static void each_filter_says_what_it_hides_of_what_the_others_let_through(void **state)
{
	struct console *console = *state;
	run(console, "log_filter level>=warn");
	await_shown(console, "&level>=warn  3649 hidden");
	console_keys(console, "g"); /* of all, wherever the cursor is */
	await_shown(console, "&level>=warn  3649 hidden");
	console_keys(console, "G");
	run(console, "log_filter \"number 3\"");
	await_shown(console, "&level>=warn -3649  &\"number 3\" -33  3682 hidden");
	console_log(console, "ada", "2026-03-01T11:59:59.900Z ERROR none of that number");
	await_shown(console, "&level>=warn -3649  &\"number 3\" -34  3683 hidden");
	run(console, "log_filter bot=bob");
	await_shown(console, " -34  &bot=bob -9 ");
	run(console, "filters 2 off");
	await_shown(console, "&\"number 3\" (off)  &bot=bob -43  3692 hidden");
	run(console, "filters 1 off");
	await_shown(console, "&level>=warn (off)  &\"number 3\" (off)  &bot=bob  ");
	for (int i = 0; i <= WINDOW_CHAIN_LAST - WINDOW_CHAIN; i++)
		assert_int_equal(console->app->windows[WINDOW_CHAIN + i].asked, i < 2);
}

/* Of another day the time of day alone would be taken for today's. */
static void a_span_of_another_day_names_the_day(void **state)
{
	struct console *console = *state;
	jump_to(console, "11:30");
	console_keys(console, "{ {");
	console_expect(console, "6h 08:30:00-14:30:00");
	console_advance(console, INT64_C(25) * 3600 * SECOND_MS);
	console_expect(console, "6h 03-01 08:30-03-01 14:30");
}

static void filters_are_bounded(void **state)
{
	struct console *console = *state;
	for (int i = 0; i < 9; i++)
		run(console, "log_filter line");
	console_expect(console, "8 filters are in force already");
	console_expect(console, "&8 filters"); /* there is no room for each */
}

/* What a narrow title has room for. */
static void a_narrow_title_names_span_filters_and_news(void **state)
{
	struct console *console = *state;
	run(console, "log_filter level>=warn");
	run(console, "log_filter bot=ada");
	console_keys(console, "{ { { k"); /* 1h */
	console_log(console, "ada", "ERROR news");
	console_settle(console);
	await_shown(console, "1 new");
	console_expect(console, " 1h &2 -");
	console_golden(console, "logs_filtered_40x12");
}

static void the_surroundings_of_a_line_lead_back_to_the_filters(void **state)
{
	struct console *console = *state;
	run(console, "log_filter level>=warn");
	run(console, "log_filter bot=ada");
	console_keys(console, "k k");
	assert_at(console, 3350);
	console_keys(console, "Enter");
	assert_at(console, 3350);
	console_expect(console, "line number 3351");
	console_expect(console, "Esc: back to 2 filters");
	console_keys(console, "j j j Esc");
	console_expect(console, "&level>=warn -3649  &bot=ada -0");
	assert_at(console, 3350);
	console_keys(console, "j");
	assert_at(console, 3450);
}

/* ---- marks ---- */

static void a_mark_has_a_name_and_is_gone_to(void **state)
{
	struct console *console = *state;
	jump_to(console, "11:30");
	run(console, "name_mark payday");
	console_expect(console, "payday \xe2\x97\x8f");
	jump_to(console, "11:50");
	console_keys(console, "m G");
	run(console, "marks payday");
	assert_at(console, 1800);
	console_keys(console, "G '");
	console_expect(console, "payday  03-01 11:30");
	console_expect(console, "03-01 11:50");
	console_expect(console, "all.log  line number 3000");
	console_keys(console, "Enter"); /* the newest */
	assert_at(console, 3000);
	run(console, "marks nothing");
	console_expect(console, "no mark has the name 'nothing'");
	jump_to(console, "11:40");
	console_keys(console, "M");
	console_type(console, "payday"); /* one line's: it goes along */
	console_keys(console, "Enter");
	run(console, "marks payday");
	assert_at(console, 2400);
	console_keys(console, "m");
	console_expect_not(console, "payday");
}

/* A line that is hidden now: the next one that is not. */
static void a_mark_that_is_hidden_leads_near(void **state)
{
	struct console *console = *state;
	jump_to(console, "11:30");
	console_keys(console, "m");
	run(console, "log_filter level>=error");
	console_keys(console, "G '");
	console_keys(console, "Enter");
	assert_at(console, 2100);
}

int main(void)
{
#define TIME_TEST(test) cmocka_unit_test_setup_teardown(test, setup, two_logs_teardown)
	const struct CMUnitTest tests[] = {
		TIME_TEST(bars_stand_above_the_rows_where_there_is_room),
		cmocka_unit_test_setup_teardown(
			large_bars_name_their_ends_and_the_bar_under_the_cursor, set_up_large,
			two_logs_teardown),
		cmocka_unit_test_setup_teardown(
			bars_of_less_than_a_second_say_so, set_up_large, two_logs_teardown),
		cmocka_unit_test_setup_teardown(
			where_there_is_no_room_there_are_no_bars, set_up_small, two_logs_teardown),
		TIME_TEST(a_step_of_the_bars_moves_the_log_there),
		TIME_TEST(bars_without_lines_are_stepped_over),
		TIME_TEST(bars_count_what_comes),
		TIME_TEST(a_span_limits_what_is_shown_and_counted),
		TIME_TEST(a_span_goes_around_the_line_that_the_log_stands_at),
		TIME_TEST(a_span_that_follows_moves_with_the_time),
		TIME_TEST(a_jump_goes_to_the_first_line_from_a_time_on),
		TIME_TEST(a_time_of_day_that_is_to_come_was_yesterdays),
		TIME_TEST(behind_the_last_line_the_newest_is_the_nearest),
		TIME_TEST(what_came_since_is_counted_exactly),
		TIME_TEST(a_late_line_stands_where_it_belongs_and_says_so),
		cmocka_unit_test_setup_teardown(
			a_narrow_log_says_so_too, set_up_small, two_logs_teardown),
		TIME_TEST(filters_go_on_top_of_each_other_and_off_one_by_one),
		TIME_TEST(a_filter_is_turned_over_switched_off_and_dropped),
		cmocka_unit_test_setup_teardown(
			each_filter_says_what_it_hides_of_what_the_others_let_through, set_up_large,
			two_logs_teardown),
		TIME_TEST(a_span_of_another_day_names_the_day),
		TIME_TEST(filters_are_bounded),
		TIME_TEST(a_mark_has_a_name_and_is_gone_to),
		TIME_TEST(a_mark_that_is_hidden_leads_near),
		cmocka_unit_test_setup_teardown(a_narrow_title_names_span_filters_and_news,
			set_up_small, two_logs_teardown),
		TIME_TEST(the_surroundings_of_a_line_lead_back_to_the_filters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
