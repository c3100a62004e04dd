/* SPDX-License-Identifier: MIT */
/* Dashboards on the screen: figures and charts of what the engine's store has, keys, files of the operator, and what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/mem.h"
#include "tests/support/console.h"
#include "tests/support/folder.h"

enum { STEPS = 40, STEP_MS = 15000 };

static const char config[] = "environment: demo\n"
			     "state_dir: /nowhere/state\n"
			     "redis:\n  main: {host: 127.0.0.1, interval: 2s}\n"
			     "bots:\n  quiz: {transport: none}\n  orders: {transport: none}\n";

static int fed; /* steps so far */

/* Three streams: one that grows, one that stands, one that shrinks, and after ten minutes nothing but what is added: what is
 * drawn then is the same at any moment. */
static void feed(struct console *console, int steps)
{
	for (int end = fed + steps; fed < end; fed++) {
		int at = fed < STEPS ? fed : STEPS;
		harness_feed(console->harness,
			"obs_samples source=\"redis/main\" whole=true samples=["
			"{name=\"redis_stream_length\" "
			"labels=\"instance=main,job=redis,stream=grows\" value=%d} "
			"{name=\"redis_stream_length\" "
			"labels=\"instance=main,job=redis,stream=shrinks\" value=%d} "
			"{name=\"redis_stream_length\" "
			"labels=\"instance=other,job=redis,stream=stands\" value=500} "
			"{name=\"redis_stream_groups\" "
			"labels=\"instance=main,job=redis,stream=grows\" value=2} "
			"{name=\"telegram_pending_update_count\" labels=\"bot=quiz\" value=%d} "
			"{name=\"telegram_pending_update_count\" labels=\"bot=orders\" value=3} "
			"{name=\"redis_stream_entries_added_total\" "
			"labels=\"instance=main,job=redis,stream=grows\" value=%d}]",
			100 + 25 * at, 900 - 10 * at, at < STEPS - 4 ? 10 : 1500, 30 * fed);
		console_advance(console, STEP_MS);
	}
}

static void show(struct console *console, const char *args)
{
	console_keys(console, ":");
	console_type(console, "dashboard ");
	console_type(console, args);
	console_keys(console, "Enter");
	console_advance(console, 1000);
}

static int setup(void **state)
{
	struct console *console = *state = console_new(config, 24, 80);
	(void)folder_setup(NULL);
	fed = 0;
	feed(console, STEPS + 8);
	return 0;
}

static int teardown(void **state)
{
	console_free(*state);
	return folder_teardown(NULL);
}

/* It stays at a time: a window that follows is answered a little sooner or later. */
static void figures_and_charts_have_a_place_at_every_size(void **state)
{
	struct console *console = *state;
	show(console, "streams");
	console_keys(console, "{ f");
	console_advance(console, 1000);
	console_golden(console, "dashboard_80x24");
	console_resize(console, 45, 160);
	console_advance(console, 1000);
	console_golden(console, "dashboard_160x45");
	console_resize(console, 12, 40);
	console_advance(console, 1000);
	console_golden(console, "dashboard_40x12");
}

static void a_limit_that_is_passed_is_a_letter_beside_the_figure(void **state)
{
	struct console *console = *state;
	show(console, "streams");
	console_expect(console, "Waiting");
	console_expect(console, "        C\n");
}

static void enter_gives_a_panel_all_the_room_and_escape_takes_it_back(void **state)
{
	struct console *console = *state;
	show(console, "streams");
	console_keys(console, "j j j j j Enter");
	console_advance(console, 1000);
	console_expect(console, "Longest");
	console_expect_not(console, "Added by stream");
	console_keys(console, "Esc");
	console_expect(console, "Added by stream");
	console_keys(console, "Esc");
	console_expect_not(console, "Added by stream");
}

static void the_time_that_is_read_is_that_of_all_panels(void **state)
{
	struct console *console = *state;
	show(console, "streams");
	console_keys(console, "{ {");
	console_advance(console, 6000);
	console_expect(console, "grows        1.1k"); /* now */
	for (int i = 0; i < 50; i++)
		console_keys(console, "h");
	console_advance(console, 1000);
	console_expect(console, "  at ");
	console_expect_not(console, "grows        1.1k");
	console_keys(console, "Esc");
	console_expect(console, "grows        1.1k");
	console_expect_not(console, "  at ");
}

static void the_list_leads_to_each_and_brackets_go_on(void **state)
{
	struct console *console = *state;
	console_keys(console, "D");
	console_expect(console, "Redis and cache tiers");
	console_keys(console, "G Enter");
	console_expect(console, "botswain itself  1h");
	console_keys(console, "]");
	console_expect(console, "Fleet  1h");
	console_keys(console, "[ [");
	console_expect(console, "Queues and streams  1h");
	console_keys(console, "D");
	console_expect(console, "8/9");
}

/* An hour of which three minutes are kept is an empty picture. */
static void a_span_is_no_longer_than_what_is_kept_until_one_is_chosen(void **state)
{
	struct console *console = console_new(config, 24, 80);
	(void)state;
	fed = 0;
	feed(console, 8);
	show(console, "streams");
	console_expect(console, "Queues and streams  5m");
	feed(console, 24);
	console_expect(console, "Queues and streams  15m");
	feed(console, 40);
	console_expect(console, "Queues and streams  1h");
	console_keys(console, "{ {");
	feed(console, 8);
	console_expect(console, "Queues and streams  5m");
	console_free(console);
}

static void what_stays_takes_nothing_new(void **state)
{
	struct console *console = *state;
	show(console, "streams");
	console_keys(console, "f");
	console_expect(console, "stays at");
	console_keys(console, "f");
	console_expect_not(console, "stays at");
}

static void an_instance_or_a_bot_is_named_behind_it(void **state)
{
	struct console *console = *state;
	show(console, "streams other");
	console_expect(console, "stands");
	console_expect_not(console, "shrinks");
	show(console, "bot orders");
	console_expect(console, "Bot orders");
	console_expect(console, "no value in this span");
	show(console, "bot nobody");
	console_expect(console, "no bot 'nobody'");
	show(console, "nothing");
	console_expect(console, "no dashboard 'nothing'");
}

/* The screen reads the folder beside its configuration. */
static void use_folder(struct console *console)
{
	autofree char *own = folder_path("dashboards");
	assert_int_equal(mkdir(own, 0700), 0);
	console->harness->settings->path = folder_path("botswain.yaml");
}

static void an_error_of_promql_is_said_in_its_panel_with_a_caret(void **state)
{
	struct console *console = *state;
	char *path = console->harness->settings->path;
	use_folder(console);
	folder_write("dashboards/own.yaml", 0600,
		"title: Own\nrows:\n  - panels:\n"
		"      - {title: Good, kind: stat, queries: [{expr: 6 * 7}]}\n"
		"      - {title: Bad, queries: [{expr: '1'}, {expr: 'sum(rate(x[5m])'}]}\n");
	show(console, "own");
	console_expect(console, "sum(rate(x[5m])");
	console_expect(console, "^");
	console_expect(console, "Good");
	console_keys(console, "f");
	console_advance(console, 1000);
	console_golden(console, "dashboard_error_80x24");
	free(console->harness->settings->path);
	console->harness->settings->path = path;
}

static void what_promql_remarks_marks_a_panel_and_is_told_in_all_of_the_room(void **state)
{
	struct console *console = *state;
	char *path = console->harness->settings->path;
	use_folder(console);
	folder_write("dashboards/own.yaml", 0600,
		"title: Own\nrows:\n  - panels:\n"
		"      - {title: Rates, queries: [{expr: 'rate(redis_stream_length[1m])'}]}\n"
		"      - {title: Lengths, queries: [{expr: 'redis_stream_length'}]}\n"
		"      - {title: Added, queries: [{expr: 'redis_stream_entries_added_total'}]}\n"
		"      - {title: All, kind: stat, queries: [{expr: "
		"'redis_stream_entries_added_total'}]}\n");
	show(console, "own");
	console_expect(console, " ! ");
	console_expect_not(console, "PromQL info");
	console_keys(console, "Enter");
	console_advance(console, 1000);
	console_expect(console, "PromQL info: metric might not be a counter");
	console_keys(console, "Esc j Enter");
	console_advance(console, 1000);
	console_expect_not(console, "PromQL info");
	console_keys(console, "Esc j Enter");
	console_advance(console, 1000);
	console_expect(console, "counter: try rate(redis_stream_entries_added_total[5m])");
	console_keys(console, "Esc j Enter");
	console_advance(console, 1000);
	console_expect_not(console, "counter: try");
	free(console->harness->settings->path);
	console->harness->settings->path = path;
}

static void a_file_that_cannot_be_read_says_why_in_its_place(void **state)
{
	struct console *console = *state;
	char *path = console->harness->settings->path;
	use_folder(console);
	folder_write("dashboards/own.yaml", 0600, "title: Own\nraws: []\n");
	show(console, "own");
	console_expect(console, "unknown key 'raws'");
	console_expect(console, "raws: []");
	folder_write("dashboards/own.yaml", 0600,
		"title: Own\nrows: [{panels: [{title: Mended, queries: [{expr: '1'}]}]}]\n");
	show(console, "own");
	console_expect(console, "Mended");
	free(console->harness->settings->path);
	console->harness->settings->path = path;
}

static void a_panel_out_of_sight_asks_nothing(void **state)
{
	struct console *console = *state;
	size_t asked = 0;
	show(console, "fleet");
	for (int id = WINDOW_PANEL; id <= WINDOW_PANEL_LAST; id++)
		asked += console->app->windows[id].asked;
	assert_int_equal(asked, 8);
	console_keys(console, "q");
	console_advance(console, 1000);
	for (int id = WINDOW_PANEL; id <= WINDOW_PANEL_LAST; id++)
		assert_false(console->app->windows[id].asked);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_span_is_no_longer_than_what_is_kept_until_one_is_chosen),
		TEST(figures_and_charts_have_a_place_at_every_size),
		TEST(a_limit_that_is_passed_is_a_letter_beside_the_figure),
		TEST(enter_gives_a_panel_all_the_room_and_escape_takes_it_back),
		TEST(the_time_that_is_read_is_that_of_all_panels),
		TEST(the_list_leads_to_each_and_brackets_go_on),
		TEST(what_stays_takes_nothing_new),
		TEST(an_instance_or_a_bot_is_named_behind_it),
		TEST(an_error_of_promql_is_said_in_its_panel_with_a_caret),
		TEST(what_promql_remarks_marks_a_panel_and_is_told_in_all_of_the_room),
		TEST(a_file_that_cannot_be_read_says_why_in_its_place),
		TEST(a_panel_out_of_sight_asks_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
