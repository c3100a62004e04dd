/* SPDX-License-Identifier: MIT */
/* The console as operators see it, a fleet of twelve with trouble in it: goldens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "tests/support/fleet_scene.h"
#include "tui/panes/metrics.h"

static const struct {
	const char *name;
	int rows, columns;
} sizes[] = {{"160x45", 45, 160}, {"80x24", 24, 80}, {"40x12", 12, 40}};

static void golden_at_all_sizes(struct console *console, const char *what)
{
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		char name[64];
		snprintf(name, sizeof(name), "console_%s_%s", what, sizes[i].name);
		console_resize(console, sizes[i].rows, sizes[i].columns);
		console_golden(console, name);
	}
}

static void the_overview_says_where_i_am_and_what_is_on_fire(void **state)
{
	golden_at_all_sizes(*state, "overview");
}

static void each_digit_shows_its_pane_below(void **state)
{
	struct console *console = *state;
	static const char *const digits[] = {"3", "4", "5", "6", "7"};
	for (size_t i = 0; i < COUNT_OF(digits); i++) {
		char name[64];
		console_keys(console, digits[i]);
		snprintf(name, sizeof(name), "console_pane_%s_80x24", digits[i]);
		console_golden(console, name);
	}
}

static void a_chart_of_a_bot_marks_its_start_and_its_alerts(void **state)
{
	struct console *console = *state;
	console_resize(console, 45, 160);
	console_keys(console, "j 4 + +");
	assert_true(metrics_choose(console->app, "bot-pending"));
	console_advance(console, 2000);
	console_expect(console, "pending updates of shop-pay");
	console_expect(console, "R started");
	console_expect(console, "! webhook_error");
	console_expect(console, "w backlog_rising");
}

static void a_chart_says_since_when_nothing_new_came(void **state)
{
	struct console *console = *state;
	console_keys(console, "j 4 + +");
	assert_true(metrics_choose(console->app, "bot-pending"));
	console_advance(console, 2000);
	console_expect_not(console, "stale 1m");
	for (int i = 0; i < 13; i++)
		console_advance(console, 10000);
	console_expect(console, "now --  stale 2m");
}

static void enter_drills_into_the_bot_and_q_comes_back(void **state)
{
	struct console *console = *state;
	console_keys(console, "j Enter");
	console_golden(console, "console_detail_80x24");
	console_keys(console, "q");
	console_expect(console, "1 Bots");
	assert_false(console->app->quit);
	console_keys(console, "q");
	assert_true(console->app->quit);
}

static void the_log_of_one_bot_is_one_key_away(void **state)
{
	struct console *console = *state;
	console_keys(console, "j l");
	console_golden(console, "console_logs_of_a_bot_80x24");
}

static void help_begins_with_the_pane_in_focus(void **state)
{
	struct console *console = *state;
	console_keys(console, "5 ?");
	console_golden(console, "console_help_80x24");
}

static void the_menu_of_actions_says_why_one_is_locked(void **state)
{
	struct console *console = *state;
	console_keys(console, ".");
	console_golden(console, "console_menu_80x24");
}

static void the_command_line_completes_names(void **state)
{
	struct console *console = *state;
	console_keys(console, ":");
	console_type(console, "rest");
	console_golden(console, "console_palette_80x24");
	console_type(console, "art sh");
	console_keys(console, "Tab");
	console_expect(console, "> restart shop-pay");
}

static void pause_holds_the_picture_under_a_banner(void **state)
{
	struct console *console = *state;
	console_keys(console, "P");
	unsigned long frames = term_headless_frames(console->term);
	fleet_live(console, 10000);
	assert_int_equal(term_headless_frames(console->term), frames);
	console_golden(console, "console_paused_80x24");
	console_keys(console, "P");
	console_expect_not(console, "PAUSED");
}

/* So often as its configuration says, and at once for a key. */
static void new_state_is_painted_when_the_interval_is_over(void **state)
{
	(void)state;
	struct console *console = console_new("state_dir: /nowhere/state\nscreen: {interval: "
					      "3s}\nbots: {orders: {token: {file: t}}}\n",
		24, 80);
	struct app *app = console->app;
	struct clock *clock = &console->harness->clock;
	app->data_mono_ms = clock_mono_ms(clock);
	unsigned long frames = term_headless_frames(console->term);
	for (int64_t past_ms = 0; past_ms < 2900; past_ms += 100) {
		app->dirty_data = true;
		assert_in_range(app_timeout_ms(app), 0, 3000 - past_ms);
		app_paint(app);
		clock_advance(clock, 100);
	}
	assert_int_equal(term_headless_frames(console->term), frames);
	clock_advance(clock, 100);
	app_paint(app);
	assert_int_equal(term_headless_frames(console->term), frames + 1);
	console_queue(console, "j");
	struct term_event event;
	while (term_next_event(console->term, &event))
		app_event(app, &event);
	app_paint(app);
	assert_int_equal(term_headless_frames(console->term), frames + 2);
	console_free(console);
}

static void a_silent_engine_turns_the_picture_grey(void **state)
{
	struct console *console = *state;
	clock_advance(&console->harness->clock, LINK_SILENT_MS + 1);
	app_step(console->app);
	app_paint(console->app);
	console_golden(console, "console_silent_80x24");
	console_advance(console, 1000);
	console_expect_not(console, "engine silent");
}

static void what_was_lost_is_counted_in_the_first_line(void **state)
{
	struct console *console = *state;
	console_expect_not(console, "dropped");
	harness_feed(console->harness, "obs_notes source=\"orders.log\" dropped=1234");
	fleet_live(console, 2000);
	console_expect(console, "1234 dropped");
}

static void every_table_sorts_and_filters(void **state)
{
	struct console *console = *state;
	console_keys(console, "3");
	console_expect(console, "5 firing");
	console_keys(console, "/");
	console_type(console, "alert=bot_down");
	console_keys(console, "Enter");
	console_expect(console, "/alert=bot_down  4 hidden");
	console_expect_not(console, "rate_limited");
	console_keys(console, "Esc");
	console_expect(console, "rate_limited");
	console_keys(console, "o");
	console_type(console, "target");
	console_keys(console, "Enter");
	console_expect(console, "TARGET▲");
	console_keys(console, "7 /");
	console_type(console, "clients>10");
	console_keys(console, "Enter");
	console_expect(console, "redis main");
	console_expect_not(console, "postgres main");
	console_keys(console, "Esc");
	console_expect(console, "postgres main");
}

/* The webhook of shop-pay fails for longer than booking is down; both are critical. */
static void causes_stand_before_what_follows_from_them(void **state)
{
	struct console *console = *state;
	console_expect(console, "5 firing: booking");
	console_keys(console, "3");
	assert_in_range(console_row(console, "bot_down"), 1, 23);
	assert_true(console_row(console, "bot_down") < console_row(console, "webhook_error"));
	console_expect(console, "52s booking  bot_down");
	console_expect(console, "54s shop-pay webhook_error");
}

static void an_alert_that_is_over_says_how_long_it_lasted(void **state)
{
	struct console *console = *state;
	console_keys(console, "3");
	console_expect_not(console, "lasted");
	console_healthy(console, "booking", 4242);
	console_advance(console, 1000);
	console_expect(console, "lasted 5");
	console_expect(console, "s: booking is down");
	console_expect(console, "resolved");
}

static void what_is_red_out_of_sight_is_said_in_the_title(void **state)
{
	struct console *console = *state;
	console_keys(console, ":");
	console_type(console, "sort BOT");
	console_keys(console, "Enter G");
	console_expect(console, "1 crit above");
	console_expect_not(console, "crit below");
	console_keys(console, "g");
	console_expect(console, "2 crit below");
	console_expect_not(console, "crit above");
	console_resize(console, 12, 40);
	console_expect(console, "crit below");
}

static void enter_is_offered_only_where_something_opens(void **state)
{
	struct console *console = *state;
	console_expect(console, "Enter Open");
	console_keys(console, "6");
	console_expect(console, "nothing was run yet");
	console_expect_not(console, "Enter Open");
	console_keys(console, "Enter");
	console_expect(console, "nothing to open here");
}

int main(void)
{
#define SCREEN_TEST(test) cmocka_unit_test_setup_teardown(test, fleet_setup, fleet_teardown)
	const struct CMUnitTest tests[] = {
		SCREEN_TEST(what_is_red_out_of_sight_is_said_in_the_title),
		SCREEN_TEST(enter_is_offered_only_where_something_opens),
		SCREEN_TEST(the_overview_says_where_i_am_and_what_is_on_fire),
		SCREEN_TEST(each_digit_shows_its_pane_below),
		SCREEN_TEST(a_chart_of_a_bot_marks_its_start_and_its_alerts),
		SCREEN_TEST(a_chart_says_since_when_nothing_new_came),
		SCREEN_TEST(enter_drills_into_the_bot_and_q_comes_back),
		SCREEN_TEST(the_log_of_one_bot_is_one_key_away),
		SCREEN_TEST(help_begins_with_the_pane_in_focus),
		SCREEN_TEST(the_menu_of_actions_says_why_one_is_locked),
		SCREEN_TEST(the_command_line_completes_names),
		SCREEN_TEST(every_table_sorts_and_filters),
		SCREEN_TEST(causes_stand_before_what_follows_from_them),
		SCREEN_TEST(an_alert_that_is_over_says_how_long_it_lasted),
		SCREEN_TEST(what_was_lost_is_counted_in_the_first_line),
		SCREEN_TEST(pause_holds_the_picture_under_a_banner),
		cmocka_unit_test(new_state_is_painted_when_the_interval_is_over),
		SCREEN_TEST(a_silent_engine_turns_the_picture_grey),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
