/* SPDX-License-Identifier: MIT */
/* What a key is aimed at: the row that the operator saw when it was pressed, and no other. And that rows to aim at are seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/support/action_scene.h"
#include "tests/support/console.h"

enum { BOTS = 4 };

static int setup(void **state)
{
	return action_setup(state, "armed", BOTS);
}

/* `ended_ms` 0: it fires. */
static void put_alert(struct console *console, uint64_t id, unsigned severity, int64_t ended_ms)
{
	struct msg_alert *body = msg_new(MSG_alert);
	body->id = id;
	body->severity = severity;
	body->target = entity_id("bot", "ada");
	msg_set(&body->rule, "webhook_error");
	msg_set(&body->target_kind, "bot");
	msg_set(&body->target_name, "ada");
	msg_set(&body->text, "webhook 502");
	msg_set(&body->state, ended_ms ? "resolved" : "firing");
	msg_set(&body->origin, "");
	body->since_ms = console->app->now_ms - 600000 + (int64_t)id;
	body->resolved_ms = ended_ms;
	(void)model_put_if_changed(console->app->live, MSG_alert, body);
	app_dirty(console->app);
}

/* A key that was only refused, too: the next one is for the same bot. */
static void whatever_key_is_aimed_at_a_bot_keeps_the_cursor_on_it(void **state)
{
	static const char *const keys[] = {"r", "S", "! !", "y", "Y", "l", "Enter", "Enter j", "2",
		". Esc", "v v", "r ! y Enter"};
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	struct rowset *rows = pane_bots.rows(console->app->view[PANE_bots]);
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		rows->touched = false;
		action_heal(console, BOTS);
		console_advance(console, APP_ORDER_MS);
		assert_int_equal(rows->cursor, entity_id("bot", "ada"));
		console_keys(console, keys[i]);
		action_kill(console, "dan");
		console_advance(console, APP_ORDER_MS);
		assert_int_equal(rows->shown.ids[0], entity_id("bot", "dan"));
		if (rows->cursor != entity_id("bot", "ada"))
			fail_msg("after %s the cursor is on another bot", keys[i]);
		console_keys(console, "1");
	}
	/* Of a key that is for no row it is the worst as before. */
	rows->touched = false;
	action_heal(console, BOTS);
	console_advance(console, APP_ORDER_MS);
	console_keys(console, "Tab 1 P P");
	action_kill(console, "dan");
	console_advance(console, APP_ORDER_MS);
	assert_int_equal(rows->cursor, entity_id("bot", "dan"));
}

static void whatever_key_is_aimed_at_an_alert_keeps_the_cursor_on_it(void **state)
{
	static const char *const keys[] = {"r", "y", "!", "l"};
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	struct rowset *rows = pane_alerts.rows(console->app->view[PANE_alerts]);
	put_alert(console, 8, SEVERITY_WARN, 0);
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		rows->touched = false;
		put_alert(console, 9, SEVERITY_WARN, 0);
		console_keys(console, "3");
		console_advance(console, APP_ORDER_MS);
		assert_int_equal(rows->cursor, 8);
		console_keys(console, keys[i]);
		put_alert(console, 9, SEVERITY_CRIT, 0);
		console_advance(console, APP_ORDER_MS);
		assert_int_equal(rows->shown.ids[0], 9);
		if (rows->cursor != 8)
			fail_msg("after %s the cursor is on another alert", keys[i]);
	}
}

static void run_line(struct console *console, const char *line)
{
	console_keys(console, ":");
	console_type(console, line);
	console_keys(console, "Enter");
}

static void a_line_that_is_only_like_a_command_runs_nothing(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_keys(console, "1");
	run_line(console, "alrts");
	console_expect(console, "no such command 'alrts'; did you mean alerts?");
	assert_int_equal(views_now(&console->app->views)->focus, PANE_bots);
	run_line(console, "zzz");
	console_expect(console, "no such command 'zzz'; ? lists them");
	run_line(console, "re");
	console_expect(console, "which command 're'? say one of restart, reload, rewind");
	assert_null(console->app->overlay);
	run_line(console, "aler");
	assert_int_equal(views_now(&console->app->views)->focus, PANE_alerts);
	/* An exact name is enough though others begin so. */
	run_line(console, "bot");
	console_expect(console, "which command 'bot'? say one of bot_logs, bots");
	run_line(console, "bots");
	assert_int_equal(views_now(&console->app->views)->focus, PANE_bots);
	console_keys(console, ":");
	console_type(console, "alrts");
	console_keys(console, "Tab");
	console_expect(console, "> alerts");
	console_keys(console, "Enter");
	assert_int_equal(views_now(&console->app->views)->focus, PANE_alerts);
}

static void from_a_pane_of_other_things_a_bot_must_be_named_or_marked(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_keys(console, "! 7");
	run_line(console, "restart");
	console_expect(console, "restart: name a bot, or go to Bots: Services has none");
	assert_null(console->app->overlay);
	action_heal(console, BOTS);
	run_line(console, "restart cem");
	console_expect(console, "Restart cem");
	console_keys(console, "Esc 1 j Space 7");
	action_heal(console, BOTS);
	run_line(console, "restart");
	console_expect(console, "Restart bob");
}

static void alerts_that_have_ended_are_counted_and_seen_when_asked_for(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_resize(console, 45, 160);
	console_settle(console);
	console_expect(console, "3 Alerts  nothing fires");
	console_expect_not(console, "ended");
	put_alert(console, 8, SEVERITY_WARN, console->app->now_ms - 40000);
	console_settle(console);
	console_expect(console, "3 Alerts  nothing fires, 1 ended 4");
	put_alert(console, 9, SEVERITY_CRIT, console->app->now_ms - 90000);
	console_settle(console);
	console_expect(console, "3 Alerts  nothing fires, 2 ended, the last 4");
	assert_true(console_row(console, "resolved") < 0);
	for (int wide = 1; wide >= 0; wide--) {
		console_resize(console, wide ? 45 : 24, wide ? 160 : 80);
		console_keys(console, "3");
		console_expect(console, "0 firing");
		console_expect(console, "lasted 9m");
		assert_true(console_row(console, "lasted 8m") > console_row(console, "lasted 9m"));
		console_keys(console, "1");
	}
	console_keys(console, "3 + +");
	console_expect(console, "lasted 9m");
	/* Without the focus what has ended moves no other pane. */
	console_keys(console, "_ _ 5");
	console_resize(console, 45, 160);
	console_expect(console, "3 Alerts  nothing fires, 2 ended");
}

/* A cursor that was left on what has ended hides no fire. */
static void without_the_focus_alerts_show_the_worst_first(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_resize(console, 45, 160);
	for (uint64_t id = 8; id < 30; id++)
		put_alert(console, id, SEVERITY_WARN, console->app->now_ms - 1000 * (int64_t)id);
	console_settle(console);
	console_keys(console, "3 G");
	console_expect(console, "lasted 9m");
	console_keys(console, "1");
	put_alert(console, 30, SEVERITY_CRIT, 0);
	console_settle(console);
	console_expect(console, "1 firing");
	console_expect_not(console, "crit above");
	console_keys(console, "3 k");
	console_expect(
		console, "crit above"); /* the cursor is where it was, and goes on from there */
}

int main(void)
{
#define AIM_TEST(test) cmocka_unit_test_setup_teardown(test, setup, action_teardown)
	const struct CMUnitTest tests[] = {
		AIM_TEST(whatever_key_is_aimed_at_a_bot_keeps_the_cursor_on_it),
		AIM_TEST(whatever_key_is_aimed_at_an_alert_keeps_the_cursor_on_it),
		AIM_TEST(a_line_that_is_only_like_a_command_runs_nothing),
		AIM_TEST(without_the_focus_alerts_show_the_worst_first),
		AIM_TEST(from_a_pane_of_other_things_a_bot_must_be_named_or_marked),
		AIM_TEST(alerts_that_have_ended_are_counted_and_seen_when_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
