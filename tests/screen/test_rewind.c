/* SPDX-License-Identifier: MIT */
/* < and > move the whole screen through the recording of the engine it is attached to, and Esc comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "tests/support/fleet_scene.h"
#include "tests/support/recorded.h"
#include "tui/past.h"

static struct {
	char *folder, *file;
	struct console *console;
	struct engine *past; /* the replay's; NULL: none was asked for */
	struct settings *settings;
} scene;

/* What the engine does when a client asks for the past, in this process. */
static struct links *open_past(const struct links *links)
{
	static const char yaml[] = "environment: replay\nstate_dir: /nowhere/past\n";
	const struct engine_options options = {.replay = scene.file};
	autostr struct str report = STR_INIT;
	struct err err;
	int fds[2];
	(void)links;
	assert_null(scene.past);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_true(settings_parse(
		yaml, strlen(yaml), "/nowhere/botswain.yaml", &scene.settings, &report, &err));
	if (!engine_new(
		    scene.settings, &scene.console->harness->clock, &options, &scene.past, &err))
		fail_msg("%s", err.text);
	engine_adopt(scene.past, fds[1]);
	return links_over(link_over(client_over_past(fds[0], "", "screen")));
}

static void close_past(void)
{
	engine_free(scene.past);
	settings_unref(scene.settings);
	scene.past = NULL;
	scene.settings = NULL;
}

/* Lets both engines and the screen work. */
static void both(struct console *console)
{
	for (int i = 0; i < 60; i++) {
		if (scene.past)
			(void)engine_turn(scene.past, 0);
		console_turn(console, 20);
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

static int setup(void **state)
{
	scene.folder = recorded_folder();
	scene.file = xasprintf("%s/now.rec", scene.folder);
	const struct engine_options options = {.record = scene.file};
	scene.console = fleet_open(&options, 45, 160);
	fleet_live(scene.console, 60000);
	harness_feed(scene.console->harness, "obs_process bot=\"orders\" state=\"absent\"");
	for (int i = 0; i < 4; i++) {
		harness_feed(scene.console->harness, "obs_process bot=\"orders\" state=\"absent\"");
		console_advance(scene.console, 2000);
	}
	console_expect(scene.console, "orders is down");
	recorded_settle(scene.console);
	scene.console->app->open_past = open_past;
	*state = scene.console;
	return 0;
}

static int teardown(void **state)
{
	console_free(*state);
	if (scene.past)
		close_past();
	free(scene.file);
	recorded_remove(scene.folder);
	return 0;
}

static void back_shows_what_was_and_escape_comes_back(void **state)
{
	struct console *console = *state;
	uint64_t cursor;
	console_keys(console, "1 j j j");
	console_advance(console, 3000);
	recorded_settle(console);
	cursor = pane_bots.rows(console->app->view[PANE_bots])->cursor;
	press(console, "< <");
	console_expect(console, "REWIND 12:0");
	console_expect(console, " ago)");
	console_expect_not(console, "orders is down");
	assert_int_equal(pane_bots.rows(console->app->view[PANE_bots])->cursor, cursor);
	press(console, "Esc");
	console_expect_not(console, "REWIND");
	console_expect(console, "orders is down");
	assert_int_equal(pane_bots.rows(console->app->view[PANE_bots])->cursor, cursor);
	close_past();
}

static void nothing_is_changed_in_the_past(void **state)
{
	struct console *console = *state;
	press(console, "<");
	press(console, "r");
	console_expect(console, "what was can't be changed: Esc comes back to now");
	press(console, "Esc");
	console_expect_not(console, "REWIND");
	close_past();
}

static void forward_ends_at_now(void **state)
{
	struct console *console = *state;
	press(console, "<");
	console_expect(console, "REWIND");
	for (int i = 0; i < 3 && console->app->past; i++)
		press(console, ">");
	assert_null(console->app->past);
	console_expect_not(console, "REWIND");
	close_past();
	press(console, ">");
	console_expect(console, "this is now; < goes back");
	press(console, "Esc");
}

/* The line of what is not now has one role from end to end. */
static void expect_a_line_of_its_own(struct console *console, bool is_past)
{
	const struct grid *grid = term_headless_grid(console->term);
	int count = 0;
	for (int column = 0; column < grid->columns; column++)
		count += grid_cell(grid, 0, column)->role == ROLE_PAST;
	assert_int_equal(count, is_past ? grid->columns : 0);
}

static void every_size_says_that_it_is_not_now_and_which_keys_lead_on(void **state)
{
	static const int sizes[][2] = {{45, 160}, {24, 80}, {12, 40}};
	struct console *console = *state;
	expect_a_line_of_its_own(console, false);
	console_expect_not(console, "Esc Now");
	press(console, "<");
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		console_resize(console, sizes[i][0], sizes[i][1]);
		console_expect(console, sizes[i][1] > 40 ? "REWIND 12:0" : "REW 12:0");
		console_expect(console, "< Back  > Ahead  Esc Now  ");
		expect_a_line_of_its_own(console, true);
	}
	console_resize(console, 45, 160);
	press(console, "?");
	console_expect_not(console, "Esc Now");
	console_expect(console, "Esc Close");
	press(console, "Esc Esc");
	expect_a_line_of_its_own(console, false);
	console_expect_not(console, "Esc Now");
	close_past();
}

static void a_file_has_no_now(void **state)
{
	(void)state;
	struct console *console = recorded_replay(scene.file, 24, 80);
	recorded_go(console, HARNESS_START_MS + 20000);
	console_expect(console, "REPLAY 2026-03-01 12:00:20Z");
	console_expect(console, "< Back  > Ahead  ");
	console_expect_not(console, "Esc Now");
	expect_a_line_of_its_own(console, true);
	console_free(console);
}

static void go(struct console *console, const char *line)
{
	struct err err = {.code = ERR_NONE};
	if (!past_go_to(console->app, line, &err))
		fail_msg("%s", err.text);
	both(console);
}

static void a_time_may_be_named(void **state)
{
	struct console *console = *state;
	struct err err = {.code = ERR_NONE};
	go(console, "12:00:30");
	console_expect(console, "REWIND 12:00:30Z");
	go(console, "2026-03-01T12:00:45Z");
	console_expect(console, "REWIND 12:00:45Z");
	go(console, "-20s");
	console_expect(console, "(2"); /* 20 s, and what went by since */
	assert_false(past_go_to(console->app, "noon", &err));
	assert_non_null(strstr(err.text, "'noon' is no time"));
	go(console, "now");
	assert_null(console->app->past);
	close_past();
}

static void an_engine_without_a_recording_says_what_to_do(void **state)
{
	(void)state;
	struct console *console = fleet_open(&(struct engine_options){.workers = false}, 24, 80);
	struct harness_screen *screen = harness_attach(console->harness);
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	struct client *client = client_over_past(fds[0], "", "screen");
	(void)client_pump(client, screen->model, 0, NULL, NULL);
	engine_adopt(console->harness->engine, fds[1]);
	harness_sync(screen);
	(void)client_pump(client, screen->model, 0, NULL, NULL);
	assert_int_equal(client_state(client), CLIENT_LOST);
	assert_string_equal(client_why(client),
		"this engine records nothing: run it as a service (`botswain serve`), or start it "
		"with --record FILE");
	client_free(client);
	harness_detach(screen);
	console_free(console);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(back_shows_what_was_and_escape_comes_back),
		cmocka_unit_test(nothing_is_changed_in_the_past),
		cmocka_unit_test(forward_ends_at_now),
		cmocka_unit_test(every_size_says_that_it_is_not_now_and_which_keys_lead_on),
		cmocka_unit_test(a_file_has_no_now),
		cmocka_unit_test(a_time_may_be_named),
		cmocka_unit_test(an_engine_without_a_recording_says_what_to_do),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
