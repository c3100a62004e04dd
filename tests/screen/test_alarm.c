/* SPDX-License-Identifier: MIT */
/* What a screen does when something critical begins: bell, notification, a line across the status lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/base/str.h"
#include "tests/support/console.h"

enum { MANY = 100 };

static int start(void **state, int bots, const char *more)
{
	autostr struct str yaml = STR_INIT;
	str_addf(&yaml, "environment: demo\nstate_dir: /nowhere/state\n%sbots:\n", more);
	for (int i = 0; i < bots; i++)
		str_addf(&yaml, "  b%03d: {token: {file: t}, process: {match: a}}\n", i);
	str_adds(&yaml, "  off: {token: {file: t}, process: {match: a}, enabled: no}\n");
	struct console *console = console_new(yaml.text, 24, 80);
	console_advance(console, ALARM_START_MS + 1000);
	*state = console;
	return 0;
}

static int setup(void **state)
{
	return start(state, 3, "");
}

static int setup_many(void **state)
{
	return start(state, MANY, "");
}

static int setup_silent(void **state)
{
	return start(state, 3, "screen: {bell: no, notify: no, flash: no}\n");
}

static int teardown(void **state)
{
	console_free(*state);
	return 0;
}

static void look(struct console *console, const char *bot, const char *what)
{
	harness_feed(console->harness, "obs_process bot=\"%s\" state=\"%s\"%s", bot, what,
		*what == 'r' ? " pid=7 start_ms=1772366000000" : "");
}

static void kill_bot(struct console *console, const char *bot)
{
	for (int i = 0; i < 3; i++)
		look(console, bot, "absent");
	console_settle(console);
}

static void revive(struct console *console, const char *bot)
{
	look(console, bot, "running");
	console_advance(console, 8000);
}

static unsigned bells(const struct console *console)
{
	return term_headless_bells(console->term);
}

static void a_new_critical_rings_once_and_says_what_it_is(void **state)
{
	struct console *console = *state;
	unsigned notes;
	assert_int_equal(bells(console), 0);
	kill_bot(console, "b001");
	console_expect(console, "CRIT bot_down: b001 ");
	assert_int_equal(bells(console), 1);
	assert_ptr_equal(strstr(term_headless_notified(console->term, &notes),
				 "auto|botswain demo|CRIT bot_down: b001 "),
		term_headless_notified(console->term, &notes));
	assert_int_equal(notes, 1);
	console_advance(console, ALARM_FLASH_MS + 1000);
	console_expect_not(console, "CRIT bot_down: b001 ");
	console_advance(console, 60000);
	assert_int_equal(bells(console), 1);
}

static void an_alert_that_begins_again_rings_again(void **state)
{
	struct console *console = *state;
	kill_bot(console, "b001");
	revive(console, "b001");
	console_advance(console, ALARM_GAP_MS);
	kill_bot(console, "b001");
	assert_int_equal(bells(console), 2);
}

/* Another screen, on the engine of the first. */
static void a_screen_that_attaches_to_what_fires_already_stays_silent(void **state)
{
	struct console *console = *state;
	kill_bot(console, "b001");
	console_advance(console, 1000);
	struct console *second = console_beside(console, 24, 80);
	console_advance(second, 20000);
	console_expect(second, "1 firing");
	assert_int_equal(bells(second), 0);
	kill_bot(second, "b002");
	assert_int_equal(bells(second), 1);
	console_free(second);
}

static int setup_slow(void **state)
{
	return start(state, 3, "screen: {interval: 10s}\nalerts: {bot_down: {severity: warn}}\n");
}

static bool fires(const struct console *console)
{
	size_t count, firing = 0;
	const struct msg_alert *const *alerts = model_alerts(app_model(console->app), &count);
	for (size_t i = 0; i < count; i++)
		firing += strcmp(alerts[i]->state, "firing") == 0;
	return firing > 0;
}

/* Engine and screen work, half a second, and nothing is painted. */
static void work(struct console *console)
{
	for (int i = 0; i < 10; i++) {
		clock_advance(&console->harness->clock, 50);
		(void)engine_turn(console->harness->engine, 1);
		app_step(console->app);
	}
}

/* New state alone waits for the interval; lines of a log, which are painted at once, are not shown here. */
static void what_begins_to_fire_is_painted_at_once_whatever_its_severity(void **state)
{
	struct console *console = *state;
	struct app *app = console->app;
	console_keys(console, "3 + +");
	console_advance(console, 11000);
	app->data_mono_ms = app_mono_ms(app);
	look(console, "b002", "running");
	work(console);
	assert_true(app->dirty_data);
	assert_false(app_frame_is_due(app));
	for (int i = 0; i < 3; i++)
		look(console, "b001", "absent");
	work(console);
	assert_true(fires(console));
	assert_true(app_frame_is_due(app));
	assert_int_equal(bells(console), 0);
}

static void a_storm_rings_once_in_an_interval(void **state)
{
	struct console *console = *state;
	char bot[16];
	unsigned notes;
	for (int i = 0; i < MANY; i++) {
		snprintf(bot, sizeof(bot), "b%03d", i);
		kill_bot(console, bot);
	}
	assert_int_equal(bells(console), 1 + (MANY - 1) * 200 / ALARM_GAP_MS);
	console_advance(console, ALARM_GAP_MS + 1000);
	unsigned rung = bells(console);
	assert_non_null(strstr(term_headless_notified(console->term, &notes), " more)"));
	assert_int_equal(notes, rung);
	console_advance(console, 60000);
	assert_int_equal(bells(console), rung);
}

static void all_in_one_turn_are_one_signal(void **state)
{
	struct console *console = *state;
	char bot[16];
	unsigned notes;
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < MANY; i++) {
			snprintf(bot, sizeof(bot), "b%03d", i);
			look(console, bot, "absent");
		}
	console_settle(console);
	assert_int_equal(bells(console), 1);
	assert_non_null(strstr(term_headless_notified(console->term, &notes), "(and 99 more)"));
}

static void off_means_off(void **state)
{
	struct console *console = *state;
	unsigned notes;
	kill_bot(console, "b001");
	console_advance(console, 2000);
	console_expect(console, "1 crit");
	console_expect_not(console, "CRIT bot_down");
	assert_int_equal(bells(console), 0);
	assert_string_equal(term_headless_notified(console->term, &notes), "");
	assert_int_equal(notes, 0);
}

static void run_line(struct console *console, const char *line)
{
	console_keys(console, ":");
	console_type(console, line);
	console_keys(console, "Enter");
}

static void each_part_is_switched_on_the_screen_and_the_help_says_so(void **state)
{
	struct console *console = *state;
	unsigned notes;
	run_line(console, "bell off");
	console_expect(console, "on a new critical: bell off, notifications auto, flash on");
	run_line(console, "notify osc777");
	run_line(console, "flash");
	console_expect(console, "bell off, notifications osc777, flash off");
	console_keys(console, "? /");
	console_type(console, "On a new critical");
	console_keys(console, "Enter");
	console_expect(console, "On a new critical: bell off, notifications osc777, flash off");
	console_keys(console, "Esc");
	console_advance(console, 60000);
	kill_bot(console, "b001");
	assert_int_equal(bells(console), 0);
	assert_true(starts_with(term_headless_notified(console->term, &notes), "osc777|"));
	console_expect_not(console, "CRIT bot_down");
	run_line(console, "bell maybe");
	console_expect(console, "it is on or off, not 'maybe'");
}

static void a_disabled_bot_wakes_nobody(void **state)
{
	struct console *console = *state;
	kill_bot(console, "off");
	console_advance(console, 20000);
	assert_int_equal(bells(console), 0);
}

static void a_held_picture_does_not_hold_the_bell(void **state)
{
	struct console *console = *state;
	console_keys(console, "P");
	kill_bot(console, "b001");
	assert_int_equal(bells(console), 1);
	console_expect(console, "CRIT bot_down: b001 ");
	console_advance(console, ALARM_FLASH_MS + 1000);
	console_expect(console, "PAUSED");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define ALARM_TEST(test, how) cmocka_unit_test_setup_teardown(test, how, teardown)
		ALARM_TEST(a_new_critical_rings_once_and_says_what_it_is, setup),
		ALARM_TEST(an_alert_that_begins_again_rings_again, setup),
		ALARM_TEST(a_screen_that_attaches_to_what_fires_already_stays_silent, setup),
		ALARM_TEST(a_storm_rings_once_in_an_interval, setup_many),
		ALARM_TEST(
			what_begins_to_fire_is_painted_at_once_whatever_its_severity, setup_slow),
		ALARM_TEST(all_in_one_turn_are_one_signal, setup_many),
		ALARM_TEST(off_means_off, setup_silent),
		ALARM_TEST(each_part_is_switched_on_the_screen_and_the_help_says_so, setup),
		ALARM_TEST(a_disabled_bot_wakes_nobody, setup),
		ALARM_TEST(a_held_picture_does_not_hold_the_bell, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
