/* SPDX-License-Identifier: MIT */
/* While a screen looks back, what is now goes on: it is told of, and it is what q asks about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "core/engine/internal.h"
#include "core/engine/recorder.h"
#include "tests/support/recorded.h"
#include "tests/support/servers.h"
#include "tui/past.h"

enum { TURNS = 60, TURN_MS = 20, SETTLE_LIMIT = 400 };

static struct {
	char *folder, *state, *file;
	struct console *console;
	struct engine *past; /* the replay's; NULL: none was asked for */
	struct settings *settings;
} scene;

/* What an engine that leaves with its screen does when that asks for the past, in this process. */
static struct links *open_past(const struct links *links)
{
	static const char yaml[] = "environment: replay\nstate_dir: /nowhere/past\n";
	const struct engine_options options = {.replay = scene.file, .own = true};
	autostr struct str report = STR_INIT;
	struct err err;
	int fds[2];
	(void)links;
	assert_null(scene.past);
	recorder_drain(scene.console->harness->engine->recorder);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_true(settings_parse(
		yaml, strlen(yaml), "/nowhere/botswain.yaml", &scene.settings, &report, &err));
	if (!engine_new(
		    scene.settings, &scene.console->harness->clock, &options, &scene.past, &err))
		fail_msg("%s", err.text);
	engine_adopt(scene.past, fds[1]);
	return links_over(link_over(client_over_past(fds[0], "", "screen")));
}

/* Lets both engines and the screen work, for 1.2 s. */
static void both(struct console *console)
{
	for (int i = 0; i < TURNS; i++) {
		if (scene.past)
			(void)engine_turn(scene.past, 0);
		console_turn(console, TURN_MS);
	}
}

static void press(struct console *console, const char *keys)
{
	char *rest = NULL;
	autofree char *copy = xstrdup(keys);
	for (char *key = strtok_r(copy, " ", &rest); key; key = strtok_r(NULL, " ", &rest)) {
		console_queue(console, key);
		both(console);
	}
}

static void healthy(struct console *console, int pid)
{
	console_healthy(console, "ada", pid);
	both(console);
}

static int setup(void **state)
{
	scene.folder = recorded_folder();
	scene.state = recorded_folder();
	scene.file = xasprintf("%s/now.rec", scene.folder);
	const struct engine_options options = {.listen = true, .own = true, .record = scene.file};
	autofree char *yaml = xasprintf("environment: demo\nstate_dir: %s/state\nwrite: always\n"
					"driver: {restart: [/bin/true, '{bot}'], verify: 30m}\n"
					"bots:\n  ada: {token: {file: t}, process: {match: a}}\n",
		scene.state);
	scene.console = console_open(yaml, &options, 24, 80);
	console_healthy(scene.console, "ada", 100);
	console_advance(scene.console, ALARM_START_MS + 3000);
	healthy(scene.console, 100);
	scene.console->app->open_past = open_past;
	*state = scene.console;
	return 0;
}

static int teardown(void **state)
{
	console_free(*state);
	engine_free(scene.past);
	settings_unref(scene.settings);
	scene.past = NULL;
	scene.settings = NULL;
	remove_folder(scene.state);
	free(scene.state);
	free(scene.file);
	recorded_remove(scene.folder);
	return 0;
}

static void await_operation(struct console *console, const char *word)
{
	const char *now = "";
	for (int i = 0; i < SETTLE_LIMIT && strcmp(now, word) != 0; i++) {
		size_t count;
		const struct msg_operation *const *list =
			model_operations(console->harness->model, &count);
		both(console);
		now = count ? list[0]->state : "";
	}
	assert_string_equal(now, word);
}

/* Runs until another process is seen, or for half an hour. */
static void restart(struct console *console)
{
	healthy(console, 100);
	console_keys(console, "1 r S-Tab");
	console_type(console, "it hangs");
	console_keys(console, "Tab Tab Enter");
	await_operation(console, "verifying");
}

static void go_back_to(struct console *console, int64_t time_ms)
{
	past_go(console->app, time_ms, 0);
	both(console);
	console_expect(console, "REWIND");
}

/* ---- q ---- */

static void what_ran_then_holds_up_nobody(void **state)
{
	struct console *console = *state;
	restart(console);
	healthy(console, 100);
	int64_t then_ms = console->app->now_ms;
	healthy(console, 101);
	await_operation(console, "done");
	go_back_to(console, then_ms);
	press(console, "q");
	console_expect_not(console, "Running:");
	assert_true(console->app->quit);
}

static void what_runs_now_is_asked_about_also_from_then(void **state)
{
	struct console *console = *state;
	int64_t then_ms = console->app->now_ms;
	both(console);
	restart(console);
	go_back_to(console, then_ms);
	press(console, "q");
	assert_false(console->app->quit);
	console_expect(console, "Running: restart ada");
	press(console, "Enter"); /* wait */
	assert_false(console->app->quit);
	for (int i = 0; i < 20 && !console->app->quit; i++)
		healthy(console, 101);
	assert_true(console->app->quit);
	console_expect(console, "REWIND");
}

static void what_runs_now_can_be_cancelled_from_then(void **state)
{
	struct console *console = *state;
	int64_t then_ms = console->app->now_ms;
	both(console);
	restart(console);
	go_back_to(console, then_ms);
	press(console, "q Down Enter");
	await_operation(console, "cancelled");
	assert_true(console->app->quit);
}

static void a_file_holds_up_nobody(void **state)
{
	struct console *console = *state;
	restart(console);
	both(console);
	recorded_settle(console);
	const struct engine_options options = {.replay = scene.file, .own = true};
	struct console *replay =
		console_open("environment: replay\nstate_dir: /nowhere/state\n", &options, 24, 80);
	recorded_go(replay, console->app->now_ms);
	console_keys(replay, "q");
	console_expect_not(replay, "Running:");
	assert_true(replay->app->quit);
	console_free(replay);
}

/* ---- what is told ---- */

static void kill_ada(struct console *console)
{
	for (int i = 0; i < 3; i++)
		harness_feed(console->harness, "obs_process bot=\"ada\" state=\"absent\"");
	both(console);
}

static void a_critical_of_now_rings_while_the_past_is_shown(void **state)
{
	struct console *console = *state;
	unsigned notes;
	go_back_to(console, console->app->now_ms - 2000);
	assert_int_equal(term_headless_bells(console->term), 0);
	kill_ada(console);
	assert_int_equal(term_headless_bells(console->term), 1);
	assert_non_null(strstr(term_headless_notified(console->term, &notes),
		"botswain demo|CRIT bot_down: ada "));
	console_expect(console, "CRIT bot_down: ada ");
	press(console, "Esc");
	console_advance(console, ALARM_GAP_MS + 1000);
	assert_int_equal(term_headless_bells(console->term), 1); /* it was told */
}

static void what_was_then_does_not_ring(void **state)
{
	struct console *console = *state;
	kill_ada(console);
	int64_t then_ms = console->app->now_ms;
	for (int i = 0; i < 12; i++) {
		console_healthy(console, "ada", 101);
		both(console);
	}
	assert_int_equal(term_headless_bells(console->term), 1);
	go_back_to(console, then_ms);
	for (int i = 0; i < 12; i++)
		both(console);
	press(console, "Esc");
	assert_int_equal(term_headless_bells(console->term), 1);
}

static void the_first_line_says_how_it_is_now(void **state)
{
	struct console *console = *state;
	go_back_to(console, console->app->now_ms - 2000);
	console_expect(console, "now: 0 crit");
	kill_ada(console);
	for (int i = 0; i < 5; i++) /* until the line of the alarm is over */
		kill_ada(console);
	console_expect(console, "now: 1 crit");
	console_resize(console, 12, 40);
	kill_ada(console);
	console_expect(console, "now 1!");
	press(console, "Esc");
	console_expect_not(console, "now 1!");
}

/* Turns of the screen and the replay alone. */
static void without_the_engine(struct console *console)
{
	struct app *app = console->app;
	for (int i = 0; i < 5 * TURNS; i++) {
		(void)engine_turn(scene.past, 0);
		clock_advance(&console->harness->clock, TURN_MS);
		app_step(app);
		app_paint(app);
	}
}

static void an_engine_that_falls_silent_is_said_in_the_past(void **state)
{
	struct console *console = *state;
	go_back_to(console, console->app->now_ms - 2000);
	without_the_engine(console);
	console_expect(console, "now: engine lost");
	both(console);
	console_expect_not(console, "now: engine lost");
	console_expect(console, "now: 0 crit");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_ran_then_holds_up_nobody),
		TEST(what_runs_now_is_asked_about_also_from_then),
		TEST(what_runs_now_can_be_cancelled_from_then),
		TEST(a_file_holds_up_nobody),
		TEST(a_critical_of_now_rings_while_the_past_is_shown),
		TEST(what_was_then_does_not_ring),
		TEST(the_first_line_says_how_it_is_now),
		TEST(an_engine_that_falls_silent_is_said_in_the_past),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
